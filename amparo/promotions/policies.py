"""Figures of promotions that an administrator may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _between(low: int, high: int) -> Callable[[Any], Text | None]:
    return lambda value: None if low <= value <= high else _("This figure is outside its limits.")


declare(
    "promotions.code_tries",
    default=8,
    kind=int,
    label=_("Wrong promotion codes of one customer or person"),
    help=_("After this many in that time every further code is refused, right or wrong."),
    rule="PRO-1",
    group="promotions",
    check=_between(1, 1000),
)
declare(
    "promotions.code_window_minutes",
    default=15,
    kind=int,
    label=_("For how long wrong promotion codes are counted"),
    unit=_("minutes"),
    rule="PRO-1",
    group="promotions",
    check=_between(1, 1440),
)
