"""The lives of a quote and of an order: tables. QUO-3, QUO-5, CAS-6."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from amparo.kernel.machine import Machine


class Kind(StrEnum):
    """What a quoted service is: the kinds of case that are ordered."""

    GENERAL = "general"
    DEVELOPMENT = "development"


SERVICES: Final = {Kind.GENERAL.value: "case", Kind.DEVELOPMENT.value: "development"}  # whose standing is asked. ACC-7, ACC-8


class QuoteState(StrEnum):
    DRAFT = "draft"
    PRESENTED = "presented"
    CHANGE_ASKED = "change_asked"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class QuoteMove(StrEnum):
    REVISE = "revise"
    PRESENT = "present"
    ACCEPT = "accept"
    REJECT = "reject"
    ASK_CHANGE = "ask_change"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


_Q, _M = QuoteState, QuoteMove
QUOTE_LIFE: Final[Machine[QuoteState, QuoteMove]] = Machine(
    QuoteState,
    QuoteMove,
    {
        (_Q.DRAFT, _M.REVISE): _Q.DRAFT,
        (_Q.DRAFT, _M.PRESENT): _Q.PRESENTED,
        (_Q.DRAFT, _M.WITHDRAW): _Q.WITHDRAWN,
        (_Q.PRESENTED, _M.REVISE): _Q.PRESENTED,  # the version shown stands until the new one is presented
        (_Q.PRESENTED, _M.PRESENT): _Q.PRESENTED,
        (_Q.PRESENTED, _M.ACCEPT): _Q.ACCEPTED,
        (_Q.PRESENTED, _M.REJECT): _Q.REJECTED,
        (_Q.PRESENTED, _M.ASK_CHANGE): _Q.CHANGE_ASKED,
        (_Q.PRESENTED, _M.EXPIRE): _Q.EXPIRED,
        (_Q.PRESENTED, _M.WITHDRAW): _Q.WITHDRAWN,
        (_Q.CHANGE_ASKED, _M.REVISE): _Q.CHANGE_ASKED,
        (_Q.CHANGE_ASKED, _M.PRESENT): _Q.PRESENTED,
        (_Q.CHANGE_ASKED, _M.REJECT): _Q.REJECTED,
        (_Q.CHANGE_ASKED, _M.WITHDRAW): _Q.WITHDRAWN,
        (_Q.EXPIRED, _M.REVISE): _Q.EXPIRED,
        (_Q.EXPIRED, _M.PRESENT): _Q.PRESENTED,
        (_Q.EXPIRED, _M.ASK_CHANGE): _Q.CHANGE_ASKED,  # ask for it to be renewed
        (_Q.EXPIRED, _M.WITHDRAW): _Q.WITHDRAWN,
    },
)
QUOTE_ENDED: Final = frozenset({_Q.ACCEPTED, _Q.REJECTED, _Q.WITHDRAWN})
QUOTE_OPEN: Final = frozenset(QuoteState) - QUOTE_ENDED


class OrderState(StrEnum):
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    DELIVERED = "delivered"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class OrderMove(StrEnum):
    START = "start"
    TELL_DELAY = "tell_delay"
    DELIVER = "deliver"
    ACCEPT_DELIVERY = "accept_delivery"
    REFUSE_DELIVERY = "refuse_delivery"
    CANCEL = "cancel"
    CLOSE = "close"


_O, _W = OrderState, OrderMove
ORDER_LIFE: Final[Machine[OrderState, OrderMove]] = Machine(
    OrderState,
    OrderMove,
    {
        (_O.ACCEPTED, _W.START): _O.IN_PROGRESS,
        (_O.ACCEPTED, _W.TELL_DELAY): _O.ACCEPTED,
        (_O.ACCEPTED, _W.DELIVER): _O.DELIVERED,  # what is done in one go
        (_O.ACCEPTED, _W.CANCEL): _O.CANCELLED,
        (_O.ACCEPTED, _W.CLOSE): _O.FINISHED,  # the customer accepted the closing of its case
        (_O.IN_PROGRESS, _W.CLOSE): _O.FINISHED,
        (_O.DELIVERED, _W.CLOSE): _O.FINISHED,
        (_O.IN_PROGRESS, _W.TELL_DELAY): _O.IN_PROGRESS,
        (_O.IN_PROGRESS, _W.DELIVER): _O.DELIVERED,
        (_O.DELIVERED, _W.ACCEPT_DELIVERY): _O.FINISHED,
        (_O.DELIVERED, _W.REFUSE_DELIVERY): _O.IN_PROGRESS,  # put right at no charge: CAS-6
    },
)
ORDER_ENDED: Final = frozenset({_O.FINISHED, _O.CANCELLED})
