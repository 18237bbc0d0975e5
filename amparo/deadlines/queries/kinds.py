"""What is promised: the kinds in force, and in words. TIM-4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext

from amparo.deadlines.errors import NoCalendar, UnknownKind
from amparo.deadlines.models import KIND_LABELS, PRIORITY_LABELS, PromiseKind
from amparo.deadlines.rules import Counting
from amparo.ui import formats

from .calendars import NEWEST_KNOWN


@dataclass(frozen=True, slots=True)
class Terms:
    """By what a promise of a kind would be computed at a moment."""

    kind_id: int
    counting: str
    amount: Decimal
    priority: int
    warn_percents: list[int]
    version_id: int


_TERMS = f"""
SELECT k.id, k.counting, k.amount, k.priority, k.warn_percents, v.id
FROM (SELECT * FROM deadlines_promisekind WHERE code = %(code)s AND in_force_from <= %(at)s
      ORDER BY in_force_from DESC, id DESC LIMIT 1) k
LEFT JOIN LATERAL (
    SELECT v.id FROM deadlines_calendarversion v
    WHERE v.calendar_id = COALESCE(
        (SELECT calendar_id FROM deadlines_customercalendar WHERE customer_id = %(customer)s),
        k.calendar_id,
        (SELECT id FROM deadlines_servicecalendar WHERE is_default))
    ORDER BY {NEWEST_KNOWN} LIMIT 1) v ON true
"""  # noqa: S608 all parts stand in this app


def terms(code: str, *, customer_id: int | None, at: datetime) -> Terms:
    """The kind and the calendar version in force: the customer's own calendar, the kind's, or the default. TIM-8.

    One statement. Raises UnknownKind, NoCalendar.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TERMS, {"code": code, "customer": customer_id, "at": at})
        row = cursor.fetchone()
    if row is None:
        raise UnknownKind(kind=code)
    if row[5] is None:
        raise NoCalendar()
    return Terms(*row)


def amount_in_words(counting: str, amount: Decimal | int) -> str:
    """«48 horas hábiles», «1 hora de servicio», «3 días hábiles»."""
    whole = int(amount)
    if whole != amount:
        text = formats.number(float(amount))
        if counting == Counting.BUSINESS_HOURS:
            return gettext("%(count)s business hours") % {"count": text}
        return gettext("%(count)s opening hours") % {"count": text}
    if counting == Counting.BUSINESS_DAYS:
        return formats.business_days(whole)
    if counting == Counting.BUSINESS_HOURS:
        return formats.business_hours(whole)
    return formats.opening_hours(whole)


@dataclass(frozen=True)
class KindCard:
    """A kind on the page of kinds: what is in force now, and what comes."""

    code: str
    label: str
    in_force: dict[str, Any]
    coming: dict[str, Any] | None
    newest_id: int

    @property
    def words(self) -> str:
        return amount_in_words(self.in_force["counting"], self.in_force["amount"])

    @property
    def priority(self) -> str:
        return str(PRIORITY_LABELS[self.in_force["priority"]])


_COLUMNS = (
    "id",
    "code",
    "in_force_from",
    "counting",
    "amount",
    "priority",
    "warn_percents",
    "calendar_id",
    "calendar__name",
)


def kind_cards(at: datetime) -> list[KindCard]:
    """All kinds, in the order of their labels' table. One statement."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in PromiseKind.objects.order_by("in_force_from", "id").values(*_COLUMNS):
        rows.setdefault(row["code"], []).append(row)
    order = list(KIND_LABELS)
    cards = []
    for code in sorted(rows, key=lambda code: (order.index(code) if code in order else len(order), code)):
        past = [row for row in rows[code] if row["in_force_from"] <= at]
        future = [row for row in rows[code] if row["in_force_from"] > at]
        if past:
            cards.append(
                KindCard(
                    code=code,
                    label=str(KIND_LABELS.get(code, code)),
                    in_force=past[-1],
                    coming=future[0] if future else None,
                    newest_id=max(row["id"] for row in rows[code]),
                )
            )
    return cards


def kind_history(code: str) -> list[dict[str, Any]]:
    """What a kind said from when on, newest first, with who set it."""
    return list(
        PromiseKind.objects.filter(code=code)
        .order_by("-in_force_from", "-id")
        .values(*_COLUMNS, "made_at", "made_by__name")
    )
