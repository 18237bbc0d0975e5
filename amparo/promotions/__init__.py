"""Promotions: lower prices and extra units, for whom, of what, when, and why or why not.

Words: a *promotion* takes a per cent or an amount off a price, or adds units to what is bought; its *scope* is money
(plans and service cards) or services (prices in credits); its *terms* are what it says, and stay as they were once it is
published; a *use* is one sale or charge that took it; a *claim* is a customer who entered its code. The discount on
services that a plan includes counts as one more promotion. Of all that apply one is taken: the best for the customer.

Rules: PRO-1, CTR-1 as far as the discount on services goes.
Doors: `rules` (best, reductions, why), `queries` (for_money, for_services, simulate), `commands` (use, give_up,
claim_code and those of a promotion), `access`, `errors`, `models` for types.
"""
