"""Figures of products that an administrator may change."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Text
from amparo.policies.registry import declare


def _days(value: Any) -> Text | None:
    return None if 0 <= value <= 730 else _("Write a number of days from 0 to 730.")


declare(
    "products.grace_days",
    default=60,
    kind=int,
    label=_("Grace for the previous version"),
    help=_("How long a version still counts as current after the next one comes out."),
    unit=_("days"),
    rule="ACC-5",
    group="products",
    check=_days,
)
