"""The figures of the knowledge base that an administrator can change with effect from a date."""

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


declare(
    "knowledge.votes_max", default=40, kind=int, group="knowledge", rule="SRC-2", unit=_("an hour"), check=_between(5, 10_000),
    label=_("Answers to «Was this useful?» from one network address"),
    help=_("More than this in an hour are refused: they come from a machine."),
)  # fmt: skip
