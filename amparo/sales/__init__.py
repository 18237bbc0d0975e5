"""Sales: plans and service cards ordered with a price in money, paid, activated once, invoiced.

Words: a *sale* is one order of one thing, with its price and tax as they were when it was placed; an *offer* is what can
be ordered (a plan on sale, or a kind of service card); a *payment* is money that came in; a *checkout* is one visit to
the page of a payment provider; *fiscal data* is what an invoice needs. Credits are the quotations' matter; here is money.

A way of paying stands behind one interface (`payments/`): recorded (a transfer or cash that staff confirm) and Stripe
Checkout. Activation (the contract is sold, the cards are issued) is one transaction with the confirmation, once.

Rules: CTR-1, CRD-1, PRO-1, CHG-10 as far as money goes.
Doors: `commands` (place, confirm_payment, cancel, …), `queries` (offers, price), `access`, `errors`, `models`.
"""
