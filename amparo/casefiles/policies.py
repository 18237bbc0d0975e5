"""How long a record is kept, as an administrator may set it with effect from a date. CAS-2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _between(low: int, high: int) -> Callable[[Any], Text | None]:
    def check(value: Any) -> Text | None:
        if low <= value <= high:
            return None
        return _("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}

    return check


declare(
    "casefiles.retention_months", default=12, kind=int, group="casefiles", rule="CAS-2", unit=_("months"), check=_between(1, 240),
    label=_("How long the record of a closed case is kept"),
    help=_("Counted from its closing; until then the customer can read and export it. A change does not touch cases that are already closed."),
)  # fmt: skip
declare(
    "casefiles.notice_days", default=30, kind=int, group="casefiles", rule="CAS-2", unit=_("days"), check=_between(7, 180),
    label=_("Notice before a record is purged"),
    help=_("The customer is told this many days ahead and can export it. Nothing is purged without notice."),
)  # fmt: skip
declare(
    "casefiles.purge_on", default=True, kind=bool, group="casefiles", rule="CAS-2",
    label=_("Purge records whose time is over"),
    help=_("When off, nothing is purged automatically; the desk still shows what would be."),
)  # fmt: skip
