"""The figures of the campus that an administrator can change with effect from a date."""

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


def _days(value: list[int]) -> Text | None:
    if 0 < len(value) <= 8 and all(type(day) is int and 1 <= day <= 366 for day in value):
        return None
    return _("Give one to eight numbers of days, from 1 to 366.")


_G = "campus"
declare(
    "campus.reminder_days", default=[90, 60, 30, 7], kind=list, group=_G, rule="SRC-4", unit=_("days"), check=_days,
    label=_("Reminders before a certificate expires"), help=_("Its holder is told this many days ahead that it can be renewed."),
)  # fmt: skip
declare(
    "campus.seats_max", default=50, kind=int, group=_G, rule="SRC-4", unit=_("seats"), check=_between(1, 50),
    label=_("Seats bought at once"), help=_("The most seats in a course that a company buys in one order."),
)  # fmt: skip
