"""The figures of complaints that an administrator can change with effect from a date."""

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


def _address(value: str) -> Text | None:
    if not value or ("@" in value and " " not in value and len(value) <= 254):
        return None
    return _("Give an e-mail address, or leave it empty.")


_G = "complaints"
declare(
    "complaints.lapse_gives_service_again", default=True, kind=bool, group=_G, rule="COM-6",
    label=_("If a complaint is not decided in time: repeat the service"),
    help=_("A linked case is opened in which the service is given again."),
)  # fmt: skip
declare(
    "complaints.lapse_gives_back", default=True, kind=bool, group=_G, rule="COM-6",
    label=_("If a complaint is not decided in time: give the units back"),
    help=_("What was reserved or charged is given back. It always is where the service is not repeated, so that the customer never goes away with nothing."),
)  # fmt: skip
declare(
    "complaints.compensation_credits_max", default=100, kind=int, group=_G, rule="COM-4", unit=_("credits"), check=_between(0, 10_000),
    label=_("Most credits of a compensation"), help=_("A ruling cannot grant more than this."),
)  # fmt: skip
declare(
    "complaints.compensation_days", default=365, kind=int, group=_G, rule="COM-4", unit=_("days"), check=_between(1, 3650),
    label=_("Time of compensation credits"), help=_("How long credits that a ruling grants can be used."),
)  # fmt: skip
declare(
    "complaints.head", default="", kind=str, group=_G, rule="TIM-6", check=_address,
    label=_("Head of quality control"),
    help=_("The e-mail address of the person of the staff who is warned too before a complaint lapses. Empty: the administrators are warned."),
)  # fmt: skip
