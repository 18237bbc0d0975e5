"""The verbs of live service."""

from .callbacks import settle_callback
from .calls import end_call, identify_caller, link_call, note_outcome, pass_on_to_sales, start_call
from .dialling import ask_to_dial, dialled, take_dials
from .events import choose_caller, compare_calls, sweep, take_delivery, take_event, tell_of_browser
from .exchanges import (
    add_exchange,
    change_exchange,
    give_line,
    new_secret,
    note_heard,
    note_state,
    pause_line,
    take_line_away,
)
from .retention import forget, purge

__all__ = [
    "add_exchange", "ask_to_dial", "change_exchange", "choose_caller", "compare_calls", "dialled", "end_call", "forget", "give_line", "identify_caller", "link_call", "new_secret",
    "note_heard", "note_outcome", "note_state", "pass_on_to_sales", "pause_line", "purge", "settle_callback", "start_call", "sweep", "take_delivery", "take_dials",
    "take_event", "take_line_away", "tell_of_browser",
]  # fmt: skip
