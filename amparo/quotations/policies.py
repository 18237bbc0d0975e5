"""The figures of quotations that an administrator can change with effect from a date."""

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


_G = "quotations"
declare(
    "quotations.valid_days", default=15, kind=int, group=_G, rule="QUO-3", unit=_("days"), check=_between(1, 180),
    label=_("Validity of a quote"), help=_("How long a quote can be accepted, unless it says otherwise. Its prices hold until then."),
)  # fmt: skip
declare(
    "quotations.warning_days", default=3, kind=int, group=_G, rule="QUO-3", unit=_("days"), check=_between(1, 30),
    label=_("Reminder before a quote expires"), help=_("The customer is reminded this many days before it expires."),
)  # fmt: skip
declare(
    "quotations.correction_days", default=3, kind=int, group=_G, rule="CAS-6", unit=_("business days"), check=_between(1, 60),
    label=_("Time to put a delivery right"),
    help=_("What does not meet its specification is put right at no charge within this many days, or within the order's own time where that is shorter."),
)  # fmt: skip
declare(
    "quotations.terms_es", default="Los créditos se cobran por adelantado al aceptar. Los cambios a lo especificado se cotizan aparte.",
    kind=str, group=_G, rule="QUO-3",
    label=_("Terms of a quote, in Spanish"), help=_("They appear on every new quote; its author can change them."),
)  # fmt: skip
declare(
    "quotations.terms_en", default="Credits are charged in advance, on acceptance. Changes to what was specified are quoted apart.",
    kind=str, group=_G, rule="QUO-3",
    label=_("Terms of a quote, in English"), help=_("They appear on every new quote; its author can change them."),
)  # fmt: skip
