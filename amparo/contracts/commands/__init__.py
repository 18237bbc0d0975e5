"""The verbs of contracts, cut by noun."""

from .cards import credits_end_at, issue_batch, redeem_bought, redeem_card, void_batch, void_card
from .contracts import (
    ask_for_contract,
    cancel,
    name_contact,
    renew,
    sell_contract,
    tell_endings,
    unname_contact,
)
from .imports import apply_import, drop_import, drop_old_imports, order_import, upload_import, work_imports
from .plans import add_plan, change_plan, put_on_sale, take_off_sale

__all__ = [
    "add_plan",
    "apply_import",
    "ask_for_contract",
    "cancel",
    "change_plan",
    "credits_end_at",
    "drop_import",
    "drop_old_imports",
    "issue_batch",
    "name_contact",
    "order_import",
    "put_on_sale",
    "redeem_bought",
    "redeem_card",
    "renew",
    "sell_contract",
    "take_off_sale",
    "tell_endings",
    "unname_contact",
    "upload_import",
    "void_batch",
    "void_card",
    "work_imports",
]
