"""Quotations: the catalogue of standard services, quotes and their versions, orders and their delivery.

Words: an *item* of the catalogue has *versions*, never changed once published; a *formula* is a small expression over
the item's *parameters*; a *quote* has versions with lines, a validity and terms; an *order* is what the customer
accepted of a quote; a *delivery* is what was handed over, a *delay* a new date told before the old one.
Every quote belongs to a case (general or development) through the case's thread; this app never knows the case itself.

Rules: QUO-1, QUO-2, QUO-3, QUO-5, QUO-6, CAS-6, CHG-2, CHG-3, CHG-9.
Doors: `commands`, `queries`, `access`, `errors`, `rules` and `machine` (pure), `models` for types.
"""
