"""Defects: faults of a product's version that customers reported, and what became of them. TKT-5, TIM-5.

Words: *defect* (one fault of a product, «Defecto D-7»), *report* (a ticket or case that reported it; several may),
*fix guarantee* (the promise `fix` that a covered customer's report starts), *corrected* (the correction was handed
over), *not a defect* (a reasoned answer that ends what was promised).
Doors: `commands`, `queries`, `access`, `errors`, `models` for types. What reported it is named by a typed string
(`ticket:41`, `case:2041`), for those apps stand above.
"""
