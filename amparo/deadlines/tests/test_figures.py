"""Figures of what was promised, against a slow recomputation promise by promise. TIM-9."""

from __future__ import annotations

import random
from datetime import timedelta
from statistics import median_low

import pytest

from amparo.conftest import NOON
from amparo.deadlines import commands, queries, tasks
from amparo.deadlines.models import Promise
from amparo.deadlines.rules import Counting, add_business_days, add_business_time

from .calendars import local

SINCE, UNTIL = local("2026-09-01 00:00"), local("2026-12-01 00:00")
ZONE = "America/Mexico_City"
KINDS = ["answer.ticket", "answer.case", "complaint", "opinion", "fix", "callback"]


def slowly(row, until):
    """The time of one promise, found by trying: the smallest whole minute, or day, whose deadline is not before it ended."""
    calendar = queries.calendar_of_version(row.calendar_version_id)
    if row.counting == "business_days":
        days = 1
        while add_business_days(calendar, row.started_at, days) < until:
            days += 1
        return days
    low, high = 0, 60 * 24 * 400
    while low < high:
        middle = (low + high) // 2
        if add_business_time(calendar, row.started_at, timedelta(minutes=middle), Counting(row.counting)) < until:
            low = middle + 1
        else:
            high = middle
    return low * 60


def slow_figures(rows, at):
    """What `made_between` says of one kind in one month, counted by hand."""
    met = [slowly(row, row.met_at) for row in rows if row.met_at]
    owed = [row for row in rows if row.state == "lapsed" and not row.met_at and not row.ended_at]
    states = [row.state for row in rows]
    return {
        "made": len(rows), "kept": states.count("kept"), "late": states.count("lapsed"), "owed": len(owed),
        "running": states.count("open"), "ended": states.count("ended"),
        "usual": median_low(met) if met else None,
        "worst": max([*met, *(slowly(row, at) for row in owed)], default=None),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_the_figures_equal_a_slow_recomputation(make, engineer, seed):
    """TIM-2, TIM-3, TIM-9: every state, hours and days, over holidays; minutes, so that trying finds them exactly."""
    rng = random.Random(seed)
    at = local("2026-11-28 10:00")
    for number in range(60):
        started = SINCE + timedelta(minutes=rng.randrange(60 * 24 * 85))
        row = make(f"ticket:{number}", kind=rng.choice(KINDS), at=started)
        word = rng.choice(["keep", "keep", "keep", "late", "end", "leave"])
        if word in ("keep", "late"):
            until = row.due_at if word == "keep" else row.due_at + timedelta(days=9)
            moment = started + timedelta(minutes=rng.randrange(1, int((until - started).total_seconds() // 60) + 1))
            commands.keep(row, actor=engineer, at=min(moment, at))
        elif word == "end":
            commands.end(row, reason="closed", actor=engineer, at=started + timedelta(minutes=5))
    tasks.tick(at=at)
    found = {(one.kind, one.month): one for one in queries.made_between(SINCE, UNTIL, zone=ZONE, at=at)}
    rows = list(Promise.objects.all())
    months = {None} | {month for _kind, month in found}
    for kind in KINDS:
        for month in months:
            of_it = [
                row for row in rows
                if row.kind_code == kind and (month is None or row.started_at.astimezone(local("2026-01-01 00:00").tzinfo).date().replace(day=1) == month)
            ]  # fmt: skip
            if not of_it:
                assert (kind, month) not in found
                continue
            shown, wanted = found[kind, month], slow_figures(of_it, at)
            for name, value in wanted.items():
                seen = getattr(shown, name)
                if name in ("usual", "worst") and value is not None and shown.counting != "business_days":
                    # What was met while closed took what had passed at the closing: the next minute is the first whose deadline is later.
                    assert 0 <= value - seen <= 60, (kind, month, name, seen, value)
                else:
                    assert seen == value, (kind, month, name, seen, value)


def test_a_promise_of_days_is_kept_where_it_took_no_more(make, engineer):
    """TIM-3: also at the very end of the last day."""
    row = make("ticket:1", kind="fix", at=NOON)
    commands.keep(row, actor=engineer, at=row.due_at)
    late = make("ticket:2", kind="fix", at=NOON)
    commands.keep(late, actor=engineer, at=late.due_at + timedelta(seconds=1))
    same_day = make("ticket:3", kind="fix", at=NOON)
    commands.keep(same_day, actor=engineer, at=NOON + timedelta(minutes=5))
    took = [queries.time_taken(one.calendar_version_id, one.counting, one.started_at, one.met_at) for one in Promise.objects.order_by("pk")]
    assert took == [3, 4, 1]


def test_figures_take_two_statements(make, engineer, django_assert_max_num_queries):
    """TIM-9"""
    commands.keep(make("ticket:1", kind="fix"), actor=engineer, at=NOON)
    make("ticket:2")
    queries.made_between(SINCE, UNTIL, zone=ZONE, at=NOON)
    with django_assert_max_num_queries(2):
        found = queries.made_between(SINCE, UNTIL, zone=ZONE, at=NOON)
    assert {(one.kind, one.made, one.running) for one in found} == {("fix", 1, 0), ("answer.ticket", 1, 1)}
