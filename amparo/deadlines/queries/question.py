"""The calculator: a question put to a calendar, answered with the steps of the count, in words. TIM-2, TIM-3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, ngettext

from amparo.deadlines.errors import BadCalendar
from amparo.deadlines.models import amount_of
from amparo.deadlines.rules import Calendar, Counting, Step, add_business_time, explain, together
from amparo.ui import formats

from .calendars import calendar_named, service_calendar
from .kinds import amount_in_words

HOURS_MAX = 10_000


@dataclass(frozen=True)
class StepLine:
    """A step with its sentence."""

    step: Step
    words: str


@dataclass(frozen=True)
class Answer:
    """What was asked, and the answer with its steps."""

    calendar: Calendar
    start: datetime
    counting: Counting
    amount: Decimal
    due_at: datetime
    lines: tuple[StepLine, ...]

    @property
    def asked(self) -> str:
        return amount_in_words(self.counting, self.amount)


def answer(calendar: Calendar, start: datetime, amount: Decimal, counting: Counting) -> Answer:
    """Answer a question in words of the active language. Raises NeverOpen, BeyondCalendar, BadCalendar."""
    if not amount.is_finite() or not 0 < amount <= HOURS_MAX:
        raise BadCalendar(gettext("Give more than nothing and at most 10,000."), field="amount")
    if counting is Counting.BUSINESS_DAYS and amount != int(amount):
        raise BadCalendar(gettext("Business days are whole. Give a whole number."), field="amount")
    exact = amount_of(counting.value, amount)
    steps = together(explain(calendar, start, exact, counting))
    due_at = add_business_time(calendar, start, exact, counting)
    lines = tuple(StepLine(step, _words(calendar, step, counting)) for step in steps)
    return Answer(calendar, start, counting, amount, due_at, lines)


def answer_question(
    start: str | datetime,
    *,
    business_hours: Decimal | float | str | None = None,
    opening_hours: Decimal | float | str | None = None,
    business_days: int | str | None = None,
    calendar: str | None = None,
) -> dict[str, Any]:
    """The answer of `amparo deadline` as JSON: `due_at` in UTC, `steps` each with its `words`.

    `start` is ISO 8601; a time without zone is the calendar's. Exactly one amount is given.
    Raises BadCalendar (also for wrong use), NoCalendar, NeverOpen, BeyondCalendar.
    """
    given = [
        (Counting.BUSINESS_HOURS, business_hours),
        (Counting.OPENING_HOURS, opening_hours),
        (Counting.BUSINESS_DAYS, business_days),
    ]
    given = [(counting, value) for counting, value in given if value is not None]
    if len(given) != 1:
        raise BadCalendar(gettext("Give one of business hours, opening hours or business days."))
    counting, value = given[0]
    try:
        amount = Decimal(str(value))
        moment = datetime.fromisoformat(start) if isinstance(start, str) else start
    except (InvalidOperation, ValueError):
        raise BadCalendar(gettext("Write the time as 2026-12-11T16:00 and the amount as a number.")) from None
    known = calendar_named(calendar) if calendar else service_calendar()
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(known.zone))
    found = answer(known, moment, amount, counting)
    return {
        "due_at": _utc(found.due_at),
        "due_local": known.local(found.due_at).isoformat(),
        "zone": known.zone,
        "from": _utc(moment),
        "counting": counting.value,
        "amount": str(amount),
        "steps": [_as_json(line) for line in found.lines],
    }


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _as_json(line: StepLine) -> dict[str, Any]:
    step = line.step
    found: dict[str, Any] = {
        "kind": step.kind,
        "on": step.on.isoformat(),
        "until": step.until.isoformat() if step.until else None,
        "from": _utc(step.begins_at),
        "to": _utc(step.ends_at),
        "reason": step.reason or None,
        "name": step.name or None,
        "number": step.number or None,
    }
    if step.kind == "counted":
        found |= {
            "counted_seconds": int(step.counted.total_seconds()),
            "left_seconds": int(step.left.total_seconds()),
        }
    return {key: value for key, value in found.items() if value is not None} | {"words": line.words}


# -- words -----------------------------------------------------------------------------------------------------------


def _words(calendar: Calendar, step: Step, counting: Counting) -> str:
    zone = ZoneInfo(calendar.zone)
    day = formats.day_full(step.on)
    if step.kind == "start":
        if not step.moved:
            return gettext("Starts at once: %(day)s, %(time)s is business time.") % _at(step, zone, day)
        return gettext(
            "Asked outside business time: starts at the next business moment, %(day)s, %(time)s."
        ) % _at(step, zone, day)
    if step.kind == "start_day":
        return gettext("%(day)s is the day of the start and does not count.") % {"day": _first_up(day)}
    if step.kind == "skipped":
        return _first_up(_skipped(step, day))
    if step.kind == "counted":
        return _counted(step, zone, day, counting)
    if step.kind == "counted_day":
        return gettext("%(day)s: business day %(number)s, until %(time)s.") % {
            "day": _first_up(day),
            "number": step.number,
            "time": _close(step, zone),
        }
    due = {"day": day, "time": _close(step, zone)}
    if due["time"] != "24:00":
        return gettext("Due on %(day)s at %(time)s.") % due
    next_day = formats.day_full(step.on + timedelta(1))
    return gettext("Due on %(day)s at 24:00, which is %(next)s, 00:00.") % (due | {"next": next_day})


def _at(step: Step, zone: ZoneInfo, day: str) -> dict[str, str]:
    assert step.begins_at is not None
    return {"day": day, "time": formats.clock(step.begins_at, zone=zone)}


def _skipped(step: Step, day: str) -> str:
    several = step.until is not None and step.until > step.on
    days = (
        gettext("%(first)s to %(last)s") % {"first": day, "last": formats.day_full(step.until)}
        if (several and step.until)
        else day
    )
    count = (step.until - step.on).days + 1 if step.until else 1
    if step.reason == "weekday":
        return ngettext("%(days)s: not a business day.", "%(days)s: no business days.", count) % {
            "days": days
        }
    if step.reason == "holiday":
        return gettext("%(days)s: public holiday, %(name)s.") % {"days": days, "name": step.name}
    if step.name:
        return gettext("%(days)s: closed, %(name)s.") % {"days": days, "name": step.name}
    return gettext("%(days)s: closed.") % {"days": days}


def _counted(step: Step, zone: ZoneInfo, day: str, counting: Counting) -> str:
    given = {
        "day": _first_up(day),
        "from": formats.clock(step.begins_at, zone=zone) if step.begins_at else "",
        "to": _close(step, zone),
        "counted": _length(step.counted),
        "left": _length(step.left),
    }
    words = (
        gettext("%(day)s, from %(from)s to %(to)s: %(counted)s; %(left)s left.")
        if step.left
        else gettext("%(day)s, from %(from)s to %(to)s: %(counted)s; that completes it.")
    ) % given
    if step.day_hours and counting is Counting.BUSINESS_HOURS:
        words += " " + gettext("The clocks change: this day has %(hours)s hours.") % {
            "hours": formats.number(round(step.day_hours, 2) if step.day_hours % 1 else int(step.day_hours))
        }
    return words


def _close(step: Step, zone: ZoneInfo) -> str:
    """The end of a step by the wall clock; the end of the day is 24:00, not 00:00 of the next."""
    assert step.ends_at is not None
    local = step.ends_at.astimezone(zone)
    return "24:00" if local.date() > step.on else formats.clock(step.ends_at, zone=zone)


def _length(length: timedelta) -> str:
    """Hours and minutes as people count business time: never days, which are of 24 hours only by chance."""
    seconds = int(length.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, second = divmod(rest, 60)
    parts = [gettext("%(count)s h") % {"count": formats.number(hours)}] if hours else []
    if minutes:
        parts.append(gettext("%(count)s min") % {"count": minutes})
    if second:
        parts.append(gettext("%(count)s s") % {"count": second})
    return " ".join(parts) or gettext("%(count)s s") % {"count": 0}


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
