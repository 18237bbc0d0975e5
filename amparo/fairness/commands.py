"""The verb of fairness: count. TIM-9."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from amparo.complaints.queries import outcomes
from amparo.deadlines.queries import Made, made_between

from .models import Figure, Outcomes
from .rules import MONTHS, bounds, month_of, shifted

COUNTING: Final = 5_1106  # the number of the advisory lock that counting holds
_FIGURES = [field.name for field in Figure._meta.concrete_fields if field.name not in ("id", "span", "month", "kind", "counting")]


@transaction.atomic
def count(*, at: datetime) -> int:
    """Count the promises and complaints of this month and the eleven before it anew, each month and all together. TIM-9.

    Older months stand as they were counted last. Any number of workers may run this: one counts, the others leave it.
    Returns how many figures were written.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [COUNTING])
        if not cursor.fetchone()[0]:
            return 0
    zone = ZoneInfo(settings.TIME_ZONE)
    month = month_of(at, zone)
    since, until = bounds(month, MONTHS, zone)
    made = made_between(since, until, zone=str(zone), at=at)
    rows = [_figure(one, month, at) for one in made]
    Figure.objects.filter(span=MONTHS, month=month).delete()
    Figure.objects.filter(span=1, month__gte=shifted(month, 1 - MONTHS), month__lte=month).delete()
    Figure.objects.bulk_create(rows)
    for span, last in [(MONTHS, month), *((1, shifted(month, -back)) for back in range(MONTHS))]:
        ended = outcomes(*bounds(last, span, zone))
        Outcomes.objects.update_or_create(span=span, month=last, defaults={**asdict(ended), "counted_at": at})
    return len(rows)


def _figure(one: Made, month: date, at: datetime) -> Figure:
    """A row for a month, or for all twelve, named by the last of them."""
    figures = {name: getattr(one, name) for name in _FIGURES if name != "counted_at"}
    return Figure(
        span=1 if one.month else MONTHS, month=one.month or month, kind=one.kind, counting=one.counting, counted_at=at,
        **figures,
    )  # fmt: skip
