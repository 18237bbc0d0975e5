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
    label=_("A lapse gives the service again"),
    help=_("What happens when a complaint is not decided in its time: a linked case in which the service is given again."),
)  # fmt: skip
declare(
    "complaints.lapse_gives_back", default=True, kind=bool, group=_G, rule="COM-6",
    label=_("A lapse gives the units back"),
    help=_("Whether what was reserved or charged is given back then. A lapse never brings nothing: where the service is not given again, the units are given back."),
)  # fmt: skip
declare(
    "complaints.compensation_credits_max", default=100, kind=int, group=_G, rule="COM-4", unit=_("credits"), check=_between(0, 10_000),
    label=_("Most credits of a compensation"), help=_("A ruling grants no more than this."),
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
