"""Tables of deadlines: calendars and their versions, kinds of promises, promises with their lapse and warnings."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .machine import State
from .rules import Calendar, Counting, calendar_of

COUNTING_LABELS = {
    Counting.BUSINESS_HOURS: _("business hours"),
    Counting.OPENING_HOURS: _("opening hours"),
    Counting.BUSINESS_DAYS: _("business days"),
}
KIND_LABELS = {
    "answer.case": _("Answer in a case"),
    "answer.ticket": _("Answer in a ticket"),
    "answer.forum": _("Answer to a forum question"),
    "callback": _("Call back"),
    "fix": _("Correction of a fault"),
    "complaint": _("Ruling on a complaint"),
    "opinion": _("Technical opinion"),
    "delivery": _("Delivery of an order"),
}
PRIORITY_LABELS = {
    1: pgettext_lazy("priority", "high"),
    2: pgettext_lazy("priority", "medium"),
    3: pgettext_lazy("priority", "low"),
}
STATE_LABELS = {
    State.OPEN: pgettext_lazy("promise", "open"),
    State.KEPT: pgettext_lazy("promise", "kept"),
    State.LAPSED: pgettext_lazy("promise", "lapsed"),
    State.ENDED: pgettext_lazy("promise", "no longer owed"),
}


class ServiceCalendar(models.Model):
    """When a counter serves, under a name; the hours are in its versions. TIM-1."""

    name = models.CharField(max_length=80, unique=True)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="calendar_one_default"
            )
        ]

    @property
    def subject(self) -> str:
        return f"calendar:{self.pk}"

    def __str__(self) -> str:
        return self.name


class CalendarVersion(models.Model):
    """What a calendar was known to be from a moment on. Never changed: promises point at it. TIM-8."""

    calendar = models.ForeignKey(ServiceCalendar, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    in_force_from = models.DateTimeField()
    spec = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "number"], name="calendar_version_once")]

    def as_calendar(self, language: str = "es") -> Calendar:
        return calendar_of(self.spec, language)


class CustomerCalendar(models.Model):
    """A customer that is served by other hours than the default ones."""

    customer = models.OneToOneField("people.Customer", models.PROTECT, primary_key=True, related_name="+")
    calendar = models.ForeignKey(ServiceCalendar, models.PROTECT, related_name="customers")


class PromiseKind(models.Model):
    """What is promised, from a moment on: how much time, counted how. Never changed; a change is a new row.

    Shipped: tickets and cases (TIM-4), fixes (TIM-5), complaints (TIM-6), opinions (TIM-7).
    """

    code = models.CharField(max_length=40)
    in_force_from = models.DateTimeField()
    counting = models.CharField(
        max_length=20, choices=[(c.value, label) for c, label in COUNTING_LABELS.items()]
    )
    amount = models.DecimalField(max_digits=7, decimal_places=2)
    priority = models.PositiveSmallIntegerField(choices=list(PRIORITY_LABELS.items()))
    warn_percents = ArrayField(models.PositiveSmallIntegerField(), default=list)
    calendar = models.ForeignKey(ServiceCalendar, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["code", "-in_force_from", "-id"], name="promise_kind_in_force")]
        constraints = [
            models.CheckConstraint(
                condition=Q(counting__in=[c.value for c in Counting]), name="kind_counting_known"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="kind_amount_positive"),
            models.CheckConstraint(condition=Q(priority__in=[1, 2, 3]), name="kind_priority_known"),
        ]

    @property
    def subject(self) -> str:
        return f"promise_kind:{self.code}"

    @property
    def label(self) -> str:
        return str(KIND_LABELS.get(self.code, self.code))


def amount_of(counting: str, amount: Decimal) -> timedelta | int:
    """The stored amount as the rules take it: whole days, or hours to the second."""
    if counting == Counting.BUSINESS_DAYS:
        return int(amount)
    return timedelta(seconds=int(amount * 3600))


class Promise(models.Model):
    """A deadline, computed once when the clock started. Its times never change: the database refuses it. TIM-8."""

    kind = models.ForeignKey(PromiseKind, models.PROTECT, related_name="+", db_index=False)
    kind_code = models.CharField(max_length=40)
    subject_ref = models.CharField(max_length=80)
    customer = models.ForeignKey(
        "people.Customer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    thread_id = models.BigIntegerField(null=True)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    calendar_version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="+", db_index=False)
    counting = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=7, decimal_places=2)
    priority = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    warn_percents = ArrayField(models.PositiveSmallIntegerField())
    warn_ats = ArrayField(models.DateTimeField())
    next_warn_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default=State.OPEN.value)
    met_at = models.DateTimeField(null=True)
    met_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    margin_seconds = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=120, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="promise_key_once"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in State]), name="promise_state_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="open", met_at__isnull=True, ended_at__isnull=True)
                    | Q(state="kept", met_at__isnull=False, met_at__lte=F("due_at"), ended_at__isnull=True)
                    | Q(state="lapsed", met_at__isnull=True)
                    | Q(state="lapsed", met_at__isnull=False, met_at__gt=F("due_at"), ended_at__isnull=True)
                    | Q(state="ended", met_at__isnull=True, ended_at__isnull=False)
                ),
                name="promise_state_fits_times",
            ),
            models.CheckConstraint(
                condition=Q(met_at__isnull=True, margin_seconds__isnull=True)
                | Q(met_at__isnull=False, margin_seconds__isnull=False),
                name="promise_met_with_margin",
            ),
            models.CheckConstraint(condition=Q(due_at__gte=F("started_at")), name="promise_due_after_start"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="promise_open_due", condition=Q(state="open")),
            models.Index(
                fields=["next_warn_at"],
                name="promise_open_warn",
                condition=Q(state="open", next_warn_at__isnull=False),
            ),
            models.Index(fields=["subject_ref", "id"], name="promise_of_subject"),
            models.Index(fields=["customer", "due_at"], name="promise_of_customer"),
            models.Index(fields=["due_at", "kind_code", "state"], name="promise_report"),
        ]

    @property
    def subject(self) -> str:
        """The thing that the promise is about: facts about a promise stand on its record."""
        return self.subject_ref

    @property
    def label(self) -> str:
        return str(KIND_LABELS.get(self.kind_code, self.kind_code))

    @property
    def is_owed(self) -> bool:
        """Still to be met: open, or lapsed and neither met late nor ended."""
        return self.state in (State.OPEN, State.LAPSED) and self.met_at is None and self.ended_at is None

    @property
    def shown_state(self) -> str:
        """For the promise component: open, kept, late (met after its time), lapsed, ended."""
        return "late" if self.state == State.LAPSED and self.met_at else self.state

    def told(self) -> dict[str, Any]:
        """What each fact about it says."""
        return {"promise": self.pk, "kind": self.kind_code, "due_at": self.due_at, "thread": self.thread_id}


class PromiseLapse(models.Model):
    """That a promise lapsed: one row, whoever writes it first; so its consequence happens once. TIM-10."""

    promise = models.OneToOneField(Promise, models.PROTECT, primary_key=True, related_name="lapse")
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()


class PromiseWarning(models.Model):
    """That a percentage of a promise's time was reached: one row each. TIM-10."""

    promise = models.ForeignKey(Promise, models.PROTECT, related_name="warnings", db_index=False)
    percent = models.PositiveSmallIntegerField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["promise", "percent"], name="promise_warned_once")]
