"""Which reactions follow which fact: the one table. Up is a fact.

A reaction is a function of one FactRow in an app's `reactions.py`; it runs after commit, at least once,
in one transaction with its mark, and is idempotent by the fact's id.
"""

from __future__ import annotations

SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {
    "invitation.sent": ("amparo.people.reactions.send_invitation",),
    "ticket.defect_corrected": ("amparo.tickets.reactions.defect_answered",),
    "ticket.defect_rejected": ("amparo.tickets.reactions.defect_answered",),
}
