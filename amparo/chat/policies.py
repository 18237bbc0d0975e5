"""The figures of chats that an administrator can change with effect from a date."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _between(low: int, high: int) -> Any:
    def check(value: int) -> Text | None:
        if low <= value <= high:
            return None
        return _("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}

    return check


def _figure(name: str, default: int, low: int, high: int, label: Any, words: Any, unit: Any = "", rule: str = "CHT-1") -> None:
    declare(f"chat.{name}", default=default, kind=int, group="chat", rule=rule, label=label, help=words, unit=unit, check=_between(low, high))


_figure(
    "chats_per_engineer", 4, 1, 20, _("Chats at once for one engineer"),
    _("Engineers with this many are offered no more, but can still take one."),
)
_figure(
    "offer_seconds", 30, 5, 600, _("Time to take a chat that is offered"),
    _("After that the chat is offered to the next engineer."), _("seconds"),
)
_figure(
    "lost_seconds", 90, 30, 1800, _("An engineer's line counts as lost after"),
    _("If the customer is waiting for an answer, the chat is then offered to the next engineer, and the customer is told."), _("seconds"),
)
_figure(
    "absent_minutes", 10, 1, 240, _("A chat that its customer left ends after"),
    _("The transcript is kept."), _("minutes"),
)
_figure(
    "unanswered_minutes", 20, 1, 240, _("A chat that nobody takes ends after"),
    _("The customer is told, and can leave it as a ticket or a case with what was written."), _("minutes"), "CHT-2",
)
_figure("characters_max", 4000, 200, 20_000, _("Longest message of a chat"), "", _("characters"))
_figure("messages_per_minute", 40, 5, 600, _("Messages that one person may send in a minute"), _("More are refused until the minute is over."))
_figure(
    "keep_months", 12, 1, 120, _("Months for which chats without a case are kept"),
    _("A chat that belongs to a case is kept as long as its case."), _("months"), "CAS-2",
)
_figure("pass_hours", 8, 1, 72, _("Hours for which the widget knows a person"), _("After that the site has to identify the person again."), _("hours"))
