"""What became of the promises made in a month, and how long they took, each by its own counting. TIM-9."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median_low

from django.db import connection

from amparo.deadlines.rules import Counting, business_days_between, business_time_between

from .calendars import calendar_of_version

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Made:
    """The promises of a kind that were made in a month (None: in the whole period), and what became of them.

    `made` is `kept` + `late` + `running` + `ended`: `late` all that lapsed, `owed` those of them that are still owed,
    `ended` those that were no longer owed before their time was over. `usual` is the median time of those that were met,
    the lower of two in the middle; `worst` the longest of all that were met or are still owed late. Both by the promises'
    own counting: seconds of business or opening hours, or within how many business days.
    """

    kind: str
    counting: str
    month: date | None
    made: int
    kept: int
    late: int
    owed: int
    running: int
    ended: int
    usual: int | None
    worst: int | None


# A promise of hours was met after its amount less what was left: the margin was reckoned when it was met, by the same
# calendar and counting, so that nothing is counted here a second time.
_MADE = """
SELECT kind_code, counting, month, count(*), count(*) FILTER (WHERE state = 'kept'), count(*) FILTER (WHERE state = 'lapsed'),
    count(*) FILTER (WHERE state = 'lapsed' AND met_at IS NULL AND ended_at IS NULL), count(*) FILTER (WHERE state = 'open'),
    count(*) FILTER (WHERE state = 'ended'),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY taken) FILTER (WHERE taken IS NOT NULL), max(taken)
FROM (
    SELECT kind_code, counting, state, met_at, ended_at, date_trunc('month', started_at AT TIME ZONE %(zone)s)::date AS month,
        CASE WHEN counting <> 'business_days' THEN floor(amount * 3600)::bigint - margin_seconds END AS taken
    FROM deadlines_promise WHERE started_at >= %(since)s AND started_at < %(until)s
) p GROUP BY GROUPING SETS ((kind_code, counting, month), (kind_code, counting)) ORDER BY 1, 2, 3 NULLS LAST
"""
_Key = tuple[str, str, date | None]


def made_between(since: datetime, until: datetime, *, zone: str, at: datetime) -> list[Made]:
    """Return figures of the promises made in a period (end exclusive), for each month and for the whole. TIM-9.

    Two statements, and one for each version of a calendar that they were counted by.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MADE, {"since": since, "until": until, "zone": zone})
        found = {(row[0], row[1], row[2]): Made(*row) for row in cursor.fetchall()}
    met, owed = _counted(since, until, zone, at)
    for key, one in found.items():
        usual = median_low(met[key]) if met[key] else one.usual
        longest = [*met[key], *owed[key], *([one.worst] if one.worst is not None else [])]
        found[key] = replace(one, usual=usual, worst=max(longest, default=None))
    return list(found.values())


def _counted(
    since: datetime, until: datetime, zone: str, at: datetime
) -> tuple[dict[_Key, list[int]], dict[_Key, list[int]]]:
    """Count what no margin tells: days of those met, and the time so far of those still owed late."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT kind_code, counting, date_trunc('month', started_at AT TIME ZONE %(zone)s)::date, calendar_version_id,
                started_at, met_at FROM deadlines_promise WHERE started_at >= %(since)s AND started_at < %(until)s
                AND ((counting = 'business_days' AND met_at IS NOT NULL)
                    OR (state = 'lapsed' AND met_at IS NULL AND ended_at IS NULL))""",
            {"since": since, "until": until, "zone": zone},
        )
        rows = cursor.fetchall()
    met: dict[_Key, list[int]] = defaultdict(list)
    owed: dict[_Key, list[int]] = defaultdict(list)
    for kind, counting, month, version, started_at, met_at in rows:
        took = time_taken(version, counting, started_at, met_at or at)
        for key in ((kind, counting, month), (kind, counting, None)):
            (met if met_at else owed)[key].append(took)
    return met, owed


def time_taken(version_id: int, counting: str, started_at: datetime, met_at: datetime) -> int:
    """Return how long something took by a counting: seconds, or within how many business days. TIM-2, TIM-3.

    What was met within the n-th business day after the day of its start, its closing included, took n days; a promise of
    n days was kept exactly where it took no more.
    """
    calendar = calendar_of_version(version_id)
    if counting == Counting.BUSINESS_DAYS:
        return business_days_between(calendar, started_at, met_at - INSTANT) + 1
    return int(business_time_between(calendar, started_at, met_at, Counting(counting)).total_seconds())


