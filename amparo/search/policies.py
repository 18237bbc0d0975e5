"""The figures of search."""

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


_G = "search"
declare(
    "search.kept_days", default=180, kind=int, group=_G, rule="SRC-2", unit=_("days"), check=_between(1, 1_000),
    label=_("How long searches are kept"), help=_("Searches are kept without personal data, for the report on what was not found."),
)  # fmt: skip
declare(
    "search.per_minute_max", default=60, kind=int, group=_G, rule="SRC-2", unit=_("searches"), check=_between(5, 10_000),
    label=_("Searches by one person in a minute"), help=_("Beyond this the person is asked to wait."),
)  # fmt: skip
declare(
    "search.ticket_hours", default=4, kind=int, group=_G, rule="TKT-3", unit=_("hours"), check=_between(1, 72),
    label=_("How long a ticket counts as following a search"), help=_("If the person opens a ticket within this many hours, the search did not help."),
)  # fmt: skip
