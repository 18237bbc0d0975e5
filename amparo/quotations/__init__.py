"""Quotations: the catalogue, quotes and their versions, orders and their delivery, development requests. QUO-1 to QUO-5, CAS-6, CHG-2, CHG-3, CHG-9."""
