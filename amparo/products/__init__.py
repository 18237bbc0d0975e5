"""Products: what the vendor makes, which version is current, and who may use it on how many terminals.

Words: a *product* has *releases*, one of them current; a *licence* binds a serial to a customer for one product on a
number of *terminals*; its *installed version* is declared by a contact, confirmed by staff, or reported by the
installation. A version *counts as current* until its grace after a successor is over.

Rules: LIC-1, LIC-2, LIC-3 as far as people enter them by hand, UPD-1, the licensed standing of section 2.
Doors: `commands`, `queries` (is_current, find_by_serial), `access`, `errors`, `rules`, `models` for types.
"""
