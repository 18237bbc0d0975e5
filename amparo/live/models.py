"""Tables of live service."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """What came of a call. TEL-2, TEL-3."""

    INFORMATION = "information", _("Information was given")
    ADVICE = "advice", _("Limited free advice was given")
    TICKET = "ticket", _("A ticket was opened or followed up")
    CASE = "case", _("A case was opened or followed up")
    LEAD = "lead", _("Passed on to sales")
    REGISTERED = "registered", _("A customer was registered")
    PRODUCT = "product", _("A product was registered")
    OTHER = "other", _("Something else")
    DROPPED = "dropped", _("The line was cut or nobody spoke")


class Call(models.Model):
    """One telephone conversation: who, when, how long, what about, what came of it. TEL-3."""

    phone = models.CharField(max_length=20, blank=True)
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, blank=True, related_name="calls")
    caller = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    caller_name = models.CharField(max_length=120, blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    is_outgoing = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    about = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    notes = models.TextField(blank=True)
    linked = models.CharField(max_length=80, blank=True)
    key = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(phone="") | Q(phone__regex=r"^\+[0-9]{4,15}$"), name="call_phone_is_e164"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="call_ends_after_its_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="")
                | Q(ended_at__isnull=False, outcome__in=Outcome.values) & ~Q(about=""),
                name="call_ended_says_what_came",
            ),
            models.CheckConstraint(condition=Q(linked="") | Q(linked__regex=r"^[a-z]+:[0-9]+$"), name="call_link_is_typed"),
        ]
        indexes = [
            models.Index(fields=["customer", "-started_at"], name="call_by_customer"),
            models.Index(fields=["linked"], name="call_by_link", condition=~Q(linked="")),
            models.Index(fields=["taken_by"], name="call_open", condition=Q(ended_at__isnull=True)),
            models.Index(fields=["-started_at"], name="call_by_time"),
        ]

    @property
    def subject(self) -> str:
        return f"call:{self.pk}"

    @property
    def seconds(self) -> int | None:
        """How long it took, None while it goes on."""
        if self.ended_at is None:
            return None
        return max(0, int((self.ended_at - self.started_at).total_seconds()))

    def same_request(self, **asked: Any) -> bool:
        """True where a repeated key asks for the same call. CHG-10."""
        return all(getattr(self, name) == wanted for name, wanted in asked.items())
