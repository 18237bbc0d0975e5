"""Figures of contracts and service cards that an administrator may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _between(low: int, high: int) -> Callable[[Any], Text | None]:
    return lambda value: None if low <= value <= high else _("This figure is outside its limits.")


def _days(value: Any) -> Text | None:
    right = len(value) <= 6 and all(type(one) is int and 0 < one <= 366 for one in value)
    return None if right else _("Give at most six whole numbers of days from 1 to 366.")


declare(
    "contracts.ending_days",
    default=[30, 15, 5],
    kind=list,
    label=_("Days before a contract's end when the customer is told"),
    help=_("One notice for each, unless the contract is already renewed."),
    unit=_("days"),
    rule="LED-5",
    group="contracts",
    check=_days,
)
declare(
    "contracts.card_months",
    default=12,
    kind=int,
    label=_("How long the credits of a service card last"),
    help=_("Counted from the day the card is redeemed. Cards that were issued before keep the time they were issued with."),
    unit=_("months"),
    rule="CRD-1",
    group="contracts",
    check=_between(1, 120),
)
declare(
    "contracts.card_window_minutes",
    default=15,
    kind=int,
    label=_("For how long wrong card codes are counted"),
    unit=_("minutes"),
    rule="CRD-1",
    group="contracts",
    check=_between(1, 1440),
)
declare(
    "contracts.card_tries_person",
    default=6,
    kind=int,
    label=_("Wrong card codes of one person"),
    help=_("After this many in that time every further code is refused, right or wrong."),
    rule="CRD-1",
    group="contracts",
    check=_between(1, 1000),
)
declare(
    "contracts.card_tries_customer",
    default=12,
    kind=int,
    label=_("Wrong card codes of one customer"),
    rule="CRD-1",
    group="contracts",
    check=_between(1, 1000),
)
declare(
    "contracts.card_tries_address",
    default=20,
    kind=int,
    label=_("Wrong card codes from one network address"),
    rule="CRD-1",
    group="contracts",
    check=_between(1, 1000),
)
declare(
    "contracts.import_rows_max",
    default=5000,
    kind=int,
    label=_("Rows in one file to import"),
    group="contracts",
    check=_between(1, 50_000),
)
