"""Which reactions follow which fact: the one table. Up is a fact.

A reaction is a function of one FactRow in an app's `reactions.py`; it runs after commit, at least once,
in one transaction with its mark, and is idempotent by the fact's id.
"""

from __future__ import annotations

_TELL = "amparo.notifications.reactions.matters."
_FAULTS = "amparo.notifications.reactions.defects."

SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {
    "ticket.opened": (_TELL + "opened",),
    "ticket.answered": (_TELL + "answered",),
    "ticket.customer_wrote": (_TELL + "customer_wrote",),
    "ticket.assigned": (_TELL + "assigned",),
    "case.opened": (_TELL + "opened",),
    "case.answered": (_TELL + "answered",),
    "case.customer_wrote": (_TELL + "customer_wrote",),
    "case.assigned": (_TELL + "assigned",),
    "case.classified": (_TELL + "classified",),
    "case.order_proposed": (_TELL + "order_proposed",),
    "case.need_raised": (_TELL + "need_raised",),
    "case.closing_proposed": (_TELL + "closing_proposed",),
    "case.closing_reminded": (_TELL + "reminded",),
    "case.closing_answered": (_TELL + "closing_answered",),
    "case.closing_refused": (_TELL + "closing_refused",),
    "case.closed": (_TELL + "closed",),
    **dict.fromkeys(
        ("case.consented", "case.consent_declined", "case.need_chosen", "case.order_accepted", "case.order_declined", "case.withdrawn"),
        (_TELL + "decided",),
    ),
    "case.clock_warned": (_TELL + "clock_warned",),
    "case.clock_reached": (_TELL + "clock_reached",),
    "promise.warned": (_TELL + "promise_warned",),
    "promise.lapsed": (_TELL + "promise_lapsed",),
    "pocket.low": ("amparo.notifications.reactions.units.warned",),
    "pocket.ending": ("amparo.notifications.reactions.units.warned",),
    "contract.sold": (_TELL + "contract_sold",),
    "contract.renewed": (_TELL + "contract_sold",),
    "contract.ending": ("amparo.notifications.reactions.units.warned", _TELL + "lead"),
    "contract.asked": (_TELL + "lead",),
    "card.redeemed": (_TELL + "contract_sold",),
    "card.guessing": (_TELL + "guessing",),
    "call.ended": (_TELL + "lead",),
    "agreement.accepted": ("amparo.notifications.reactions.agreements.accepted",),
    "agreement.published": ("amparo.notifications.reactions.agreements.published",),
    "mail.waiting": ("amparo.notifications.reactions.mail.waiting",),
    "letter.bounced": ("amparo.notifications.reactions.mail.bounced",),
    "invitation.sent": ("amparo.people.reactions.send_invitation",),
    "ticket.defect_marked": (_FAULTS + "marked",),
    "case.defect_marked": (_FAULTS + "marked",),
    "ticket.defect_corrected": ("amparo.tickets.reactions.defect_answered", _FAULTS + "corrected"),
    "case.defect_corrected": (_FAULTS + "corrected",),
    "ticket.defect_rejected": ("amparo.tickets.reactions.defect_answered", _FAULTS + "rejected"),
    "case.defect_rejected": (_FAULTS + "rejected",),
}
