"""Tables of notices and letters."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Preference(models.Model):
    """What a person chose for a kind; without a row the kind's own defaults hold."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    page = models.BooleanField()
    mail = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="preference_once")]


class Notice(models.Model):
    """A line in a person's page: what happened, and where it leads."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    subject_ref = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    url = models.CharField(max_length=200)
    fact_id = models.BigIntegerField()
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact_id", "user", "kind"], name="notice_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_by_user"),
            models.Index(fields=["subject_ref"], name="notice_by_subject"),
            models.Index(fields=["user"], name="notice_unread", condition=models.Q(read_at__isnull=True)),
        ]


class Letter(models.Model):
    """An e-mail to one person: waiting, sent, given up, dropped because the right to read it was lost, or come back."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    subject_ref = models.CharField(max_length=80)
    customer_id = models.BigIntegerField(null=True)
    words = models.JSONField()
    fact_id = models.BigIntegerField()
    state = models.CharField(max_length=10, default="waiting")
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fact_id", "user", "kind"], name="letter_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "sent", "given_up", "dropped", "bounced"]), name="letter_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["subject_ref"], name="letter_by_subject"),
            models.Index(fields=["not_before"], name="letter_waiting", condition=models.Q(state="waiting")),
        ]


class UnitWarning(models.Model):
    """That units or a contract run low or end, waiting to be told: once a day, all of a customer's in one letter. LED-5."""

    fact_id = models.BigIntegerField(unique=True)
    customer_id = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    subject_ref = models.CharField(max_length=80)
    said = models.JSONField()
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "at"], name="unit_warning_waiting", condition=models.Q(told_at__isnull=True)),
            models.Index(fields=["customer_id", "told_at"], name="unit_warning_told"),
        ]
