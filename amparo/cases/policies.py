"""The figures of cases that an administrator can change with effect from a date."""

from __future__ import annotations

import itertools
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


def _rising_days(value: list[Any]) -> Text | None:
    ok = 0 < len(value) <= 10 and all(type(day) is int and 1 <= day <= 90 for day in value)
    if ok and all(a < b for a, b in itertools.pairwise(value)):
        return None
    return _("Give business days in rising order, for example 1, 3, 7.")


_G = "cases"
declare(
    "cases.incident_minutes", default=30, kind=int, group=_G, rule="CAS-5", unit=_("minutes"), check=_between(5, 480),
    label=_("Time of an incident"), help=_("How long work on one incident may take before the customer is asked how to go on."),
)  # fmt: skip
declare(
    "cases.advisory_minutes", default=30, kind=int, group=_G, rule="CAS-9", unit=_("minutes"), check=_between(5, 480),
    label=_("Time of advice"), help=_("How long advice on one event may take before the customer is asked how to go on."),
)  # fmt: skip
declare(
    "cases.warning_minutes", default=5, kind=int, group=_G, rule="CAS-5", unit=_("minutes"), check=_between(1, 60),
    label=_("Warning before the limit"), help=_("How long before the limit the engineer is warned."),
)  # fmt: skip
declare(
    "cases.tolerance_minutes", default=5, kind=int, group=_G, rule="CAS-3", unit=_("minutes"), check=_between(0, 60),
    label=_("Time to answer the question at the limit"),
    help=_("How long after the limit a solved problem still counts as solved in time."),
)  # fmt: skip
declare(
    "cases.reminder_days", default=[1, 3, 7], kind=list, group=_G, rule="CAS-4", unit=_("business days"), check=_rising_days,
    label=_("Reminders of a proposed closing"),
    help=_("After the last one the case leaves the working queue without an answer."),
)  # fmt: skip
declare(
    "cases.tacit_acceptance_on", default=False, kind=bool, group=_G, rule="CAS-4",
    label=_("Tacit acceptance"), help=_("A proposed closing that nobody answers then counts as accepted. The customer is told so."),
)  # fmt: skip
declare(
    "cases.tacit_acceptance_days", default=10, kind=int, group=_G, rule="CAS-4", unit=_("business days"), check=_between(1, 90),
    label=_("Days until tacit acceptance"), help=_("Counted from the proposal of closing."),
)  # fmt: skip
declare(
    "cases.agreement_gives_back", default=True, kind=bool, group=_G, rule="CHG-4",
    label=_("Mutual agreement gives the incident back"),
    help=_("What is proposed when a case is closed by mutual agreement; the engineer can propose otherwise."),
)  # fmt: skip
