"""The figures of business time for `amparo bench`: what a question costs, beside the bare bisection under it.

No database. Ten years with Mexican holidays, a thousand random questions, warm; processor time, the best of several rounds, since what
is measured is the code and not the neighbours.
"""

from __future__ import annotations

import json
import random
import timeit
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time

from .rules import (
    Calendar,
    Counting,
    add_business_days,
    add_business_time,
    business_time_between,
    public_holidays,
)

QUESTIONS = 1_000
TARGET_MICROSECONDS = 3.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run(rounds: int = 7) -> list[dict[str, object]]:
    """Measure and return figures as plain data; under two seconds."""
    calendar = Calendar(
        "America/Mexico_City",
        (((540, 1080),),) * 5 + ((), ()),
        holidays={day: names["es"] for day, names in public_holidays("MX", "", 2020, 2031).items()},
    )
    dice = random.Random(20)
    first = datetime(2020, 1, 2, tzinfo=UTC)
    starts = [first + timedelta(seconds=dice.randrange(10 * 365 * 86400)) for _ in range(QUESTIONS)]
    ends = [start + timedelta(seconds=dice.randrange(30 * 86400)) for start in starts]
    amounts = [timedelta(hours=dice.randrange(1, 100)) for _ in starts]
    limit = _limit(calendar, starts, amounts, rounds)
    figures = []
    for counting in (Counting.BUSINESS_HOURS, Counting.OPENING_HOURS):

        def add(counting: Counting = counting) -> list[datetime]:
            return [add_business_time(calendar, s, a, counting) for s, a in zip(starts, amounts, strict=True)]

        def between(counting: Counting = counting) -> list[timedelta]:
            return [
                business_time_between(calendar, s, e, counting) for s, e in zip(starts, ends, strict=True)
            ]

        figures.append(_figure(f"add_business_time, {counting.value}", _micros(add, rounds), limit))
        figures.append(_figure(f"business_time_between, {counting.value}", _micros(between, rounds), limit))
    days = _micros(lambda: [add_business_days(calendar, start, 3) for start in starts], rounds)
    figures.append(_figure("add_business_days", days, limit))
    return figures


def _micros(ask: Callable[[], object], rounds: int) -> float:
    ask()
    return min(timeit.repeat(ask, timer=process_time, number=3, repeat=rounds)) / 3 / QUESTIONS * 1e6


def _limit(calendar: Calendar, starts: list[datetime], amounts: list[timedelta], rounds: int) -> float:
    """The same sums with nothing around them: one table, two bisections, times as they come in and go out."""
    for start, amount in zip(starts, amounts, strict=True):
        add_business_time(calendar, start, amount)
    opens, closes, base, passed, _total = calendar.built[0].business

    def add(start: datetime, amount: timedelta) -> datetime:
        gap = start - _EPOCH
        at = (gap.days * 86400 + gap.seconds) * 1_000_000 + gap.microseconds
        index = bisect_right(opens, at) - 1
        wanted = base[index] + min(at, closes[index]) + (amount.days * 86400 + amount.seconds) * 1_000_000
        return _EPOCH + timedelta(0, 0, wanted - base[bisect_left(passed, wanted) - 1])

    return _micros(
        lambda: [add(start, amount) for start, amount in zip(starts, amounts, strict=True)], rounds
    )


def _figure(name: str, value: float, limit: float) -> dict[str, object]:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": "µs a call",
        "beside_name": "bare bisection",
        "beside": round(limit, 2),
        "share": round(value / limit, 2),
        "target": f"≤ {TARGET_MICROSECONDS:g} µs",
        "holds": value <= TARGET_MICROSECONDS,
        "note": "ten years with holidays, warm",
    }


if __name__ == "__main__":
    for figure in run():
        print(json.dumps(figure, ensure_ascii=False))
