"""Kinds of promises: what is promised, changed with effect from a moment. TIM-2, TIM-4."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from amparo.deadlines import access
from amparo.deadlines.errors import BadCalendar, UnknownKind
from amparo.deadlines.models import PromiseKind
from amparo.deadlines.rules import Counting
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted, Stale

AMOUNT_MAX = Decimal(2000)


@transaction.atomic
def set_kind(
    code: str,
    *,
    counting: Counting,
    amount: Decimal,
    priority: int,
    warn_percents: Iterable[int],
    calendar_id: int | None = None,
    from_at: datetime,
    seen: int | None = None,
    actor: Actor,
    at: datetime,
) -> PromiseKind:
    """Change what a kind of promise says, from a moment on. What is promised already stays as it was. TIM-4, TIM-8.

    `amount` is in hours, or in days for business days. `seen` is the row that the person looked at.
    Raises NotPermitted, UnknownKind, BadCalendar, Stale.
    """
    if not access.may_change_kind(actor):
        raise NotPermitted(kind=code)
    rows = PromiseKind.objects.select_for_update().filter(code=code).order_by("id")
    newest = max((row.pk for row in rows), default=None)
    if newest is None:
        raise UnknownKind(kind=code)
    if seen is not None and seen != newest:
        raise Stale(kind=code)
    percents = sorted(set(warn_percents))
    _check(counting, amount, priority, percents)
    if from_at < at:
        raise BadCalendar(
            _("A change takes effect now or later: what was promised before stays."), field="from_at"
        )
    kind = PromiseKind.objects.create(
        code=code,
        in_force_from=from_at,
        counting=counting.value,
        amount=amount,
        priority=priority,
        warn_percents=percents,
        calendar_id=calendar_id,
        made_at=at,
        made_by_id=actor.user_id,
    )
    record(
        "promise_kind.changed",
        subject=kind,
        actor=actor,
        at=at,
        from_at=from_at,
        counting=counting.value,
        amount=str(amount),
        priority=priority,
        warn_percents=percents,
        calendar=calendar_id,
    )
    return kind


def _check(counting: Counting, amount: Decimal, priority: int, percents: list[int]) -> None:
    if not 0 < amount <= AMOUNT_MAX:
        raise BadCalendar(_("Give more than nothing and at most 2,000."), field="amount")
    if counting is Counting.BUSINESS_DAYS and amount != int(amount):
        raise BadCalendar(_("Business days are whole. Give a whole number."), field="amount")
    if priority not in (1, 2, 3):
        raise BadCalendar(_("The priority is high, medium or low."), field="priority")
    if len(percents) > 6 or any(not 0 < percent < 100 for percent in percents):
        raise BadCalendar(_("Give up to six percentages between 1 and 99."), field="warn_percents")
