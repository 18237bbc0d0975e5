"""Tables of case files: keys, exports, when a record is over, and what stops its purge. CAS-2, CAS-7."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


def new_public_id() -> str:
    """Return 128 random bits as they stand in the address of an export."""
    return secrets.token_urlsafe(16)


class SigningKey(models.Model):
    """A public key with which case files were or are signed; it stays published for ever. CAS-7."""

    fingerprint = models.CharField(max_length=64, unique=True)
    public = models.CharField(max_length=64)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(until__isnull=True), name="signing_key_one_in_use"),
            models.CheckConstraint(condition=Q(public__regex=r"^[0-9a-f]{64}$"), name="signing_key_is_ed25519"),
        ]


class Export(models.Model):
    """One making of a case file for one person, who alone may fetch it, while he may see the case, for a day. SEC-55."""

    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"
        OVER = "over"

    OPEN: ClassVar = ("waiting", "ready")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id)
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    language = models.CharField(max_length=10)
    time_zone = models.CharField(max_length=60)
    key = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING.value)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    percent = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asked_by", "key"], name="export_key_once"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "ready", "failed", "over"]), name="export_state_known"),
            models.CheckConstraint(condition=~Q(state="ready") | Q(ready_at__isnull=False), name="export_ready_has_its_moment"),
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="export_waiting", condition=Q(state="waiting")),
            models.Index(fields=["expires_at"], name="export_to_end", condition=Q(state__in=["waiting", "ready", "failed"])),
            models.Index(fields=["asked_by", "-asked_at"], name="export_by_person"),
        ]

    @property
    def subject(self) -> str:
        return f"export:{self.pk}"


class Retention(models.Model):
    """When the content of a closed case is purged, and that it was. CAS-2.

    `due_at` is computed once, when the case closes, from the months in force then. `told_at` is when the customer was told,
    `purge_at` the day that the notice named. `counts` says what was emptied.
    """

    case = models.OneToOneField("cases.Case", models.PROTECT, related_name="retention", primary_key=True)
    customer_id = models.BigIntegerField()
    closed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    purge_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(due_at__gt=models.F("closed_at")), name="retention_after_closing"),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True, purge_at__isnull=True) | Q(told_at__isnull=False, purge_at__gt=models.F("told_at")),
                name="retention_told_says_when",
            ),
            models.CheckConstraint(condition=Q(purged_at__isnull=True) | Q(purge_at__isnull=False), name="retention_purged_was_told"),
        ]
        indexes = [
            models.Index(fields=["due_at", "case"], name="retention_due", condition=Q(purged_at__isnull=True)),
            models.Index(fields=["-purged_at", "case"], name="retention_purged", condition=Q(purged_at__isnull=False)),
        ]


class Hold(models.Model):
    """Why a case's, or all of a customer's, content must not be purged for now: set and lifted by an administrator. CAS-2."""

    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="+")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+")
    reason = models.TextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    set_at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    lifted_at = models.DateTimeField(null=True)
    lifted_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(lifted_at__isnull=True, case__isnull=False), name="hold_of_case_once"),
            models.UniqueConstraint(fields=["customer"], condition=Q(lifted_at__isnull=True, case__isnull=True), name="hold_of_customer_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_has_its_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lifted_because="")
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_because=""),
                name="hold_lifted_with_a_reason",
            ),
        ]

    @property
    def subject(self) -> str:
        """Staff alone know of it."""
        return f"case-desk:{self.case_id}" if self.case_id else f"customer-desk:{self.customer_id}"
