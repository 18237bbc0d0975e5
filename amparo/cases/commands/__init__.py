"""The verbs of cases."""

from .attention import (
    agree_procedure,
    choose_needs,
    decide_at_limit,
    end_clock,
    propose_further,
    raise_need,
    reach_clocks,
    start_clock,
    stop_clock,
)
from .classification import classify, consent, decline_consent, requote
from .closing import (
    accept_closing,
    answer_closing,
    close_uncharged,
    mark_silent,
    propose_closing,
    remind,
    remind_due,
)
from .disputes import close_as_proposed, close_for_customer, dispute_refused, refuse_closing
from .lessening import charge_less
from .opening import link_follow_up, mark_defect, open_case, open_follow_up, withdraw, write
from .orders import accept_order, decline_order, propose_order
from .purging import purge
from .quotes import follow_accepted, follow_cancelled, follow_ended, follow_presented, quote_service
from .requests import begin_development, open_development

__all__ = [
    "accept_closing",
    "accept_order",
    "agree_procedure",
    "answer_closing",
    "begin_development",
    "charge_less",
    "choose_needs",
    "classify",
    "close_as_proposed",
    "close_for_customer",
    "close_uncharged",
    "consent",
    "decide_at_limit",
    "decline_consent",
    "decline_order",
    "dispute_refused",
    "end_clock",
    "follow_accepted",
    "follow_cancelled",
    "follow_ended",
    "follow_presented",
    "link_follow_up",
    "mark_defect",
    "mark_silent",
    "open_case",
    "open_development",
    "open_follow_up",
    "propose_closing",
    "propose_further",
    "propose_order",
    "purge",
    "quote_service",
    "raise_need",
    "reach_clocks",
    "refuse_closing",
    "remind",
    "remind_due",
    "requote",
    "start_clock",
    "stop_clock",
    "withdraw",
    "write",
]
