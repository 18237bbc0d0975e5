"""The ledger: units that customers hold move only by transfers, and the database refuses what must never be.

Words: a *unit* is an event, an incident or a credit; a *pocket* holds units of one kind until it ends; a *transfer*
moves them from the pocket it debits (the giver) to the one it credits (the taker). A *reservation* is a pending
transfer that is later *posted* (in whole or part) or *voided*. The vendor's pockets are where units come from (issued)
and go to (spent, expired); they have no running balance, so that no row is shared by all customers.

Rules: LED-1 to LED-6, CHG-10. How it works: `docs/algorithms/ledger.md`.
Doors: `commands`, `queries`, `errors`, `models`; `tasks.tick` for the worker.
"""
