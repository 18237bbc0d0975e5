"""Reads of figures, shaped for the page, the CSV and the JSON: no counting. TIM-9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from amparo.deadlines.models import KIND_LABELS
from amparo.deadlines.queries import kind_cards

from .models import Figure, Outcomes
from .rules import MONTHS, month_of, shifted

SHOWN = ("answer.ticket", "answer.case", "complaint", "opinion", "fix", "delivery", "callback", "answer.forum")
FIGURES = ("made", "kept", "late", "owed", "running", "ended", "usual", "worst")
ENDS = ("upheld", "partly", "dismissed", "lapsed", "withdrawn")


@dataclass(frozen=True, slots=True)
class Report:
    """What is shown: figures of this month and of twelve by kind, all kinds together by month, and ends of complaints."""

    month: date
    counted_at: datetime | None
    this_month: Sequence[Figure]
    year: Sequence[Figure]
    months: Sequence[tuple[date, int, int, int]]
    complaints_month: Outcomes | None
    complaints_year: Outcomes | None
    promised: dict[str, str]
    rows: Sequence[Figure]
    ends: Sequence[Outcomes]


def report(*, at: datetime) -> Report:
    """Return the figures as they were counted last. Three statements."""
    month = month_of(at, ZoneInfo(settings.TIME_ZONE))
    first = shifted(month, 1 - MONTHS)
    rows = [one for one in Figure.objects.filter(month__gte=first, month__lte=month) if one.span == 1 or one.month == month]
    rows.sort(key=lambda one: (one.span, one.month, _place(one.kind), one.kind))
    ends = [one for one in Outcomes.objects.filter(month__gte=first, month__lte=month) if one.span == 1 or one.month == month]
    ends.sort(key=lambda one: (one.span, one.month))
    sums = {shifted(first, n): [0, 0, 0] for n in range(MONTHS)}
    for one in rows:
        if one.span == 1:
            for place, name in enumerate(("kept", "late", "running")):
                sums[one.month][place] += getattr(one, name)
    return Report(
        month=month,
        counted_at=max((one.counted_at for one in ends), default=None),
        this_month=[one for one in rows if one.span == 1 and one.month == month],
        year=[one for one in rows if one.span == MONTHS],
        months=[(day, *figures) for day, figures in sums.items()],  # type: ignore[misc]
        complaints_month=next((one for one in ends if one.span == 1 and one.month == month), None),
        complaints_year=next((one for one in ends if one.span == MONTHS), None),
        promised={card.code: card.words for card in kind_cards(at)},
        rows=rows,
        ends=ends,
    )


def _place(kind: str) -> int:
    return SHOWN.index(kind) if kind in SHOWN else len(SHOWN)


def label(kind: str) -> str:
    """Return a kind of promise in words."""
    return str(KIND_LABELS.get(kind, kind))


def plain(found: Report) -> dict[str, Any]:
    """Return the report as plain data, for machines: stable names, ISO dates, times in their own unit."""
    return {
        "counted_at": found.counted_at.isoformat() if found.counted_at else None,
        "time_zone": settings.TIME_ZONE,
        "promises": [
            {
                "months": one.span, "month": f"{one.month:%Y-%m}", "kind": one.kind, "counting": one.counting,
                **{name: getattr(one, name) for name in FIGURES},
            }
            for one in found.rows
        ],
        "complaints": [
            {"months": one.span, "month": f"{one.month:%Y-%m}", **{name: getattr(one, name) for name in ENDS}}
            for one in found.ends
        ],
    }  # fmt: skip
