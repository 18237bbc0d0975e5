"""The life of a case, and the reasons for which each kind may close: tables. CAS-3, CAS-4."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from amparo.kernel.machine import Machine


class Kind(StrEnum):
    ADVISORY = "advisory"
    INCIDENT = "incident"
    GENERAL = "general"
    DEVELOPMENT = "development"


ATTENDED_KINDS: Final = frozenset({Kind.ADVISORY, Kind.INCIDENT})  # consented to as classified, with a clock
ORDERED_KINDS: Final = frozenset({Kind.GENERAL, Kind.DEVELOPMENT})  # consented to by accepting an order


class State(StrEnum):
    REQUESTED = "requested"
    CLASSIFIED = "classified"
    ATTENTION = "attention"
    PROCEDURE = "procedure"
    CLOSING_PROPOSED = "closing_proposed"
    SILENT = "silent"
    COMPLAINT = "complaint"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


ENDED: Final = frozenset({State.CLOSED, State.WITHDRAWN})
ATTENDING: Final = frozenset({State.ATTENTION, State.PROCEDURE})


class Move(StrEnum):
    CLASSIFY = "classify"
    CONSENT = "consent"
    DECLINE = "decline"
    PROPOSE_ORDER = "propose_order"
    ACCEPT_ORDER = "accept_order"
    WITHDRAW = "withdraw"
    START_CLOCK = "start_clock"
    DECIDE = "decide"
    RAISE_NEED = "raise_need"
    AGREE_PROCEDURE = "agree_procedure"
    PROPOSE_CLOSING = "propose_closing"
    ACCEPT = "accept"
    ANSWER = "answer"
    ANSWER_UNATTENDED = "answer_unattended"
    REFUSE = "refuse"
    FALL_SILENT = "fall_silent"
    CLOSE_UNCHARGED = "close_uncharged"
    RULE = "rule"
    CANCEL_ORDER = "cancel_order"


_S, _M = State, Move
LIFE: Final[Machine[State, Move]] = Machine(
    State,
    Move,
    {
        (_S.REQUESTED, _M.CLASSIFY): _S.CLASSIFIED,
        (_S.REQUESTED, _M.WITHDRAW): _S.WITHDRAWN,
        (_S.REQUESTED, _M.PROPOSE_CLOSING): _S.CLOSING_PROPOSED,
        (_S.CLASSIFIED, _M.CLASSIFY): _S.CLASSIFIED,
        (_S.CLASSIFIED, _M.CONSENT): _S.ATTENTION,
        (_S.CLASSIFIED, _M.DECLINE): _S.REQUESTED,
        (_S.CLASSIFIED, _M.PROPOSE_ORDER): _S.CLASSIFIED,
        (_S.CLASSIFIED, _M.ACCEPT_ORDER): _S.ATTENTION,
        (_S.CLASSIFIED, _M.WITHDRAW): _S.WITHDRAWN,
        (_S.CLASSIFIED, _M.PROPOSE_CLOSING): _S.CLOSING_PROPOSED,
        (_S.ATTENTION, _M.CLASSIFY): _S.CLASSIFIED,
        (_S.ATTENTION, _M.CANCEL_ORDER): _S.CLASSIFIED,
        (_S.ATTENTION, _M.START_CLOCK): _S.ATTENTION,
        (_S.ATTENTION, _M.DECIDE): _S.ATTENTION,
        (_S.ATTENTION, _M.RAISE_NEED): _S.ATTENTION,
        (_S.ATTENTION, _M.AGREE_PROCEDURE): _S.PROCEDURE,
        (_S.ATTENTION, _M.PROPOSE_CLOSING): _S.CLOSING_PROPOSED,
        (_S.PROCEDURE, _M.START_CLOCK): _S.PROCEDURE,
        (_S.PROCEDURE, _M.DECIDE): _S.PROCEDURE,
        (_S.PROCEDURE, _M.RAISE_NEED): _S.PROCEDURE,
        (_S.PROCEDURE, _M.AGREE_PROCEDURE): _S.PROCEDURE,
        (_S.PROCEDURE, _M.PROPOSE_CLOSING): _S.CLOSING_PROPOSED,
        (_S.CLOSING_PROPOSED, _M.PROPOSE_CLOSING): _S.CLOSING_PROPOSED,
        (_S.CLOSING_PROPOSED, _M.ACCEPT): _S.CLOSED,
        (_S.CLOSING_PROPOSED, _M.ANSWER): _S.ATTENTION,
        (_S.CLOSING_PROPOSED, _M.ANSWER_UNATTENDED): _S.REQUESTED,
        (_S.CLOSING_PROPOSED, _M.REFUSE): _S.COMPLAINT,
        (_S.CLOSING_PROPOSED, _M.FALL_SILENT): _S.SILENT,
        (_S.SILENT, _M.PROPOSE_CLOSING): _S.CLOSING_PROPOSED,
        (_S.SILENT, _M.ACCEPT): _S.CLOSED,
        (_S.SILENT, _M.ANSWER): _S.ATTENTION,
        (_S.SILENT, _M.ANSWER_UNATTENDED): _S.REQUESTED,
        (_S.SILENT, _M.REFUSE): _S.COMPLAINT,
        (_S.SILENT, _M.CLOSE_UNCHARGED): _S.CLOSED,
        (_S.COMPLAINT, _M.RULE): _S.CLOSED,
    },
)


class Reason(StrEnum):
    INFORMATION_COMPLETE = "information_complete"
    MUTUAL_AGREEMENT = "mutual_agreement"
    SOLVED = "solved"
    NOT_TECHNICALLY_POSSIBLE = "not_technically_possible"
    DELIVERED = "delivered"
    SERVICE_COMPLETED = "service_completed"


REASONS: Final[Mapping[Kind, tuple[Reason, ...]]] = {
    Kind.ADVISORY: (Reason.INFORMATION_COMPLETE, Reason.MUTUAL_AGREEMENT),
    Kind.INCIDENT: (Reason.SOLVED, Reason.NOT_TECHNICALLY_POSSIBLE, Reason.MUTUAL_AGREEMENT),
    Kind.DEVELOPMENT: (Reason.DELIVERED,),
    Kind.GENERAL: (Reason.SERVICE_COMPLETED,),
}
# What must be written for a reason beside the summary. CAS-3: reason and procedure explained, both required.
REQUIRED_TEXTS: Final[Mapping[Reason, tuple[str, ...]]] = {
    Reason.NOT_TECHNICALLY_POSSIBLE: ("explanation", "procedure"),
}


class LimitChoice(StrEnum):
    """What a case asks for when its clock reaches the limit. CAS-5, CAS-9."""

    CLOSING = "closing"
    PROCEDURE = "procedure"
    FURTHER = "further"


class NeedChoice(StrEnum):
    """What the customer may choose for a need that comes up. CHG-5."""

    NOW = "now"
    LATER = "later"
    DECLINED = "declined"  # only of a further service that would be charged


class Effect(StrEnum):
    """What accepting a closing does with a charge. CHG-4, CHG-7."""

    CHARGE = "charge"
    GIVE_BACK = "give_back"
    KEEP = "keep"  # charged in advance, when its order was accepted: CHG-3


class Consent(StrEnum):
    """How the customer said yes or no, in charging's words. CHG-1."""

    PORTAL = "portal"
    TELEPHONE = "telephone"
    CHAT = "chat"
    EMAIL = "email"
    ON_SITE = "on_site"
