"""Tables of quotes and their versions. The constraints repeat the life of machine.py; triggers keep what was shown. QUO-3."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from amparo.kernel import markdown
from amparo.quotations.machine import QUOTE_ENDED, Kind, QuoteState
from amparo.quotations.rules.quotes import CURRENCIES, Line, line_from


class Quote(models.Model):
    """A price offered for a service before anything is done. It belongs to a case, through the case's thread. QUO-1, QUO-3.

    `shown` is the number of the version that the customer sees (0: none yet), `valid_until` its exclusive end, `moves`
    counts moves so that a stale page is noticed. A change after a delivery that met the specification names its order
    in `changes_order` (CAS-6).
    """

    thread = models.ForeignKey("threads.Thread", models.PROTECT, related_name="quotes")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="quotes", db_index=False)
    contact = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=12, default=QuoteState.DRAFT.value)
    shown = models.PositiveSmallIntegerField(default=0)
    valid_until = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    item_version = models.ForeignKey("quotations.ItemVersion", models.PROTECT, null=True, related_name="+")
    changes_order = models.ForeignKey("quotations.ServiceOrder", models.PROTECT, null=True, related_name="changed_by")
    moves = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    presented_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    words = models.CharField(max_length=400, blank=True)
    key = models.CharField(max_length=120, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in Kind]), name="quote_kind_known"),
            models.CheckConstraint(condition=Q(state__in=[state.value for state in QuoteState]), name="quote_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["presented", "change_asked", "accepted", "rejected", "expired"])
                | Q(shown__gte=1, valid_until__isnull=False, presented_at__isnull=False),
                name="quote_shown_before_it_is_decided",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in QUOTE_ENDED), decided_at__isnull=False)
                | ~Q(state__in=sorted(s.value for s in QUOTE_ENDED)) & Q(decided_at__isnull=True),
                name="quote_decided_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="quote_by_customer"),
            models.Index(fields=["state", "-id"], name="quote_by_state"),
            models.Index(fields=["valid_until"], name="quote_expiry", condition=Q(state="presented")),
        ]

    @property
    def subject(self) -> str:
        return f"quote:{self.pk}"

    @property
    def number(self) -> str:
        return quote_number(self.pk)

    @property
    def last_day(self) -> date | None:
        """The last day on which it can be accepted."""
        return last_day(self.valid_until)

    def is_valid(self, at: datetime) -> bool:
        return self.valid_until is not None and at < self.valid_until

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


def quote_number(pk: int) -> str:
    """`COT-7`: how a quote's number is read aloud."""
    return f"COT-{pk}"


def last_day(until: datetime | None) -> date | None:
    """Return the last day before an exclusive end."""
    return timezone.localtime(until - timedelta(microseconds=1)).date() if until else None


class QuoteVersion(models.Model):
    """What was offered: lines, delivery, travel, terms. Presented once, and never changed after. QUO-3, CHG-9.

    `needs` is what charging was asked for, `told` the units the customer was told, by the tariff named.
    """

    quote = models.ForeignKey(Quote, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    lines = models.JSONField(default=list)
    text = models.TextField(blank=True)
    business_days = models.PositiveSmallIntegerField(default=5)
    terms = models.TextField(blank=True)
    valid_days = models.PositiveSmallIntegerField(default=15)
    travel_amount = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    travel_currency = models.CharField(max_length=3, default="MXN")
    travel_text = models.CharField(max_length=200, blank=True)
    values = models.JSONField(default=dict)
    needs = models.JSONField(default=list)
    told = models.JSONField(default=dict)
    tariff_version = models.PositiveIntegerField(default=0)
    charge = models.ForeignKey("charging.Charge", models.PROTECT, null=True, related_name="+")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    drafted_at = models.DateTimeField()
    presented_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    presented_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quote", "number"], name="quote_version_once"),
            models.UniqueConstraint(fields=["quote"], condition=Q(presented_at__isnull=True), name="quote_one_draft"),
            models.CheckConstraint(condition=Q(travel_currency__in=CURRENCIES), name="quote_currency_known"),
            models.CheckConstraint(
                condition=Q(presented_at__isnull=True)
                | Q(charge__isnull=False, valid_until__isnull=False, business_days__gte=1, tariff_version__gte=1),
                name="quote_version_shown_is_whole",
            ),
        ]

    @property
    def own_lines(self) -> tuple[Line, ...]:
        return tuple(line_from(one) for one in self.lines)

    @property
    def last_day(self) -> date | None:
        return last_day(self.valid_until)

    @property
    def text_html(self) -> str:
        return markdown.render(self.text)

    @property
    def travel(self) -> dict[str, Any]:
        """Travel expenses as pages take them; empty where there are none."""
        if self.travel_amount is None and not self.travel_text:
            return {}
        return {"amount": self.travel_amount, "currency": self.travel_currency, "text": self.travel_text}
