"""Tables of general development requests: what is asked for, as it was sent, as it was frozen. QUO-4, CAS-6."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q


class ServiceRequest(models.Model):
    """The form that specifies a custom development: a draft of one customer, then the specification of its case. QUO-4.

    What is written now stands here; what was sent stands in versions that never change. `thread` is that of the case
    that it opened, `origin` that of the advisory case out of which it came (CAS-8). `order` froze it: CAS-6 measures
    deliveries against `frozen_hash`.
    """

    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="service_requests", db_index=False)
    contact = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    title = models.CharField(max_length=160, blank=True)
    product = models.ForeignKey("products.Product", models.PROTECT, null=True, related_name="+", db_index=False)
    product_version = models.CharField(max_length=40, blank=True)
    content = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1)
    sent = models.PositiveSmallIntegerField(default=0)
    thread = models.OneToOneField("threads.Thread", models.PROTECT, null=True, related_name="request")
    origin = models.ForeignKey("threads.Thread", models.PROTECT, null=True, related_name="led_to_requests")
    acceptance = models.ForeignKey("agreements.Acceptance", models.PROTECT, null=True, related_name="+", db_index=False)
    order = models.OneToOneField("quotations.ServiceOrder", models.PROTECT, null=True, related_name="request")
    frozen_hash = models.CharField(max_length=64, blank=True)
    frozen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sent=0, thread__isnull=True, sent_at__isnull=True)
                | Q(sent__gte=1, thread__isnull=False, sent_at__isnull=False, discarded_at__isnull=True),
                name="request_sent_has_its_case",
            ),
            models.CheckConstraint(
                condition=Q(frozen_at__isnull=True, order__isnull=True, frozen_hash="")
                | Q(frozen_at__isnull=False, order__isnull=False, sent__gte=1, frozen_hash__regex=r"^[0-9a-f]{64}$"),
                name="request_frozen_by_its_order",
            ),
        ]
        indexes = [models.Index(fields=["customer", "-id"], name="request_by_customer")]

    @property
    def subject(self) -> str:
        return f"request:{self.pk}"

    @property
    def number(self) -> str:
        return request_number(self.pk)

    @property
    def is_draft(self) -> bool:
        return self.sent == 0

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


def request_number(pk: int) -> str:
    """`SOL-7`: how a request's number is read aloud."""
    return f"SOL-{pk}"


class RequestVersion(models.Model):
    """A request as it was sent: never changed. `hash` is over `rules.requests.canonical`. CAS-6."""

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160, blank=True)
    product = models.CharField(max_length=120, blank=True)
    product_version = models.CharField(max_length=40, blank=True)
    content = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    hash = models.CharField(max_length=64)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    sent_by_name = models.CharField(max_length=160)
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="request_version_once"),
            models.CheckConstraint(condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="request_version_hash"),
        ]

    @property
    def parts(self) -> dict[str, Any]:
        return self.content
