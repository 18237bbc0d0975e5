"""The verbs of sales, cut by noun."""

from .activating import activate, credit_cards, issue_again, show_codes
from .checkouts import begin_checkout, hear, look_again, look_at_open, set_secret
from .invoicing import attach_invoice, keep_fiscal, make_out_to
from .offers import add_card_offer, change_card_offer
from .ordering import Order, cancel, expire_due, place
from .paying import Received, confirm_payment, record_refund

__all__ = [
    "Order",
    "Received",
    "activate",
    "add_card_offer",
    "attach_invoice",
    "begin_checkout",
    "cancel",
    "change_card_offer",
    "confirm_payment",
    "credit_cards",
    "expire_due",
    "hear",
    "issue_again",
    "keep_fiscal",
    "look_again",
    "look_at_open",
    "make_out_to",
    "place",
    "record_refund",
    "set_secret",
    "show_codes",
]
