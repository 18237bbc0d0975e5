"""The verbs of the ledger: of transfers, which move units, and of reconciliations, which prove that none is lost."""

from .reconciliations import drop_old, reconcile, reconcile_nightly, work
from .transfers import (
    TAKE,
    end_early,
    expire_due,
    give_back,
    hold_pockets,
    issue,
    open_pocket,
    post,
    reserve,
    spend,
    take_back,
    void,
    warn_due,
)

__all__ = [
    "TAKE",
    "drop_old",
    "end_early",
    "expire_due",
    "give_back",
    "hold_pockets",
    "issue",
    "open_pocket",
    "post",
    "reconcile",
    "reconcile_nightly",
    "reserve",
    "spend",
    "take_back",
    "void",
    "warn_due",
    "work",
]
