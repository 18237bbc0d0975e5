"""Sales: orders of plans and service cards, their price in money with tax, payment, and what the payment activates. CTR-1, CRD-1, PRO-1."""
