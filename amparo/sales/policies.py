"""Figures of sales that an administrator may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _between(low: int, high: int) -> Callable[[Any], Text | None]:
    return lambda value: None if low <= value <= high else _("This figure is outside its limits.")


declare(
    "sales.tax_percent",
    default=16,
    kind=int,
    label=_("Value added tax (IVA)"),
    help=_("Prices of plans and cards do not include it; it is added to the order. Orders already placed keep their rate."),
    unit="%",
    rule="CTR-1",
    group="sales",
    check=_between(0, 100),
)
declare(
    "sales.order_days",
    default=10,
    kind=int,
    label=_("How long an order waits for payment"),
    help=_("After that it expires by itself. Its price and promotion hold until then."),
    unit=_("days"),
    rule="PRO-1",
    group="sales",
    check=_between(1, 120),
)
declare(
    "sales.transfer_words",
    default="",
    kind=str,
    label=_("How to pay by transfer or cash"),
    help=_("Bank, CLABE and what to write as the reference. Customers read it in their order."),
    rule="CTR-1",
    group="sales",
)
