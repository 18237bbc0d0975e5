"""Tables of orders: what the customer accepted, what was delivered, what was told of a delay. QUO-5, CAS-6."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from amparo.quotations.machine import ORDER_ENDED, Kind, OrderState


class ServiceOrder(models.Model):
    """What the customer accepted of a quote, until he accepts its delivery. QUO-5.

    `due_at` is the promise in force (a delay that was told makes a new one), `first_due_at` the one of the acceptance.
    """

    quote = models.OneToOneField("quotations.Quote", models.PROTECT, related_name="order")
    version = models.OneToOneField("quotations.QuoteVersion", models.PROTECT, related_name="order")
    thread = models.ForeignKey("threads.Thread", models.PROTECT, related_name="orders")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="service_orders", db_index=False)
    kind = models.CharField(max_length=12)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=12, default=OrderState.ACCEPTED.value)
    charge = models.ForeignKey("charging.Charge", models.PROTECT, related_name="+")
    told = models.JSONField(default=dict)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    accepted_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    business_days = models.PositiveSmallIntegerField()
    first_due_at = models.DateTimeField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    rounds = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    ended_how = models.CharField(max_length=12, blank=True)
    ended_because = models.CharField(max_length=400, blank=True)
    moves = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in Kind]), name="order_kind_known"),
            models.CheckConstraint(condition=Q(state__in=[state.value for state in OrderState]), name="service_order_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(s.value for s in ORDER_ENDED), ended_at__isnull=False)
                | ~Q(state__in=sorted(s.value for s in ORDER_ENDED)) & Q(ended_at__isnull=True),
                name="order_ended_has_its_moment",
            ),
            models.CheckConstraint(condition=~Q(state="delivered") | Q(rounds__gte=1), name="order_delivered_by_a_delivery"),
            models.CheckConstraint(condition=~Q(state="in_progress") | Q(started_at__isnull=False), name="order_began"),
            models.CheckConstraint(condition=Q(due_at__gte=F("accepted_at")), name="order_due_after_acceptance"),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="order_by_customer"),
            models.Index(fields=["state", "due_at", "id"], name="order_board"),
        ]

    @property
    def subject(self) -> str:
        return f"order:{self.pk}"

    @property
    def number(self) -> str:
        return order_number(self.pk)

    @property
    def is_over(self) -> bool:
        return self.state in ORDER_ENDED

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


def order_number(pk: int) -> str:
    """`ORD-7`: how an order's number is read aloud."""
    return f"ORD-{pk}"


class Delivery(models.Model):
    """One handing over, with the words and files that stand in the case's conversation, and what the customer said. CAS-6."""

    class Answer(models.TextChoices):
        OPEN = ""
        MET = "met"
        NOT_MET = "not_met"

    order = models.ForeignKey(ServiceOrder, models.PROTECT, related_name="deliveries")
    number = models.PositiveSmallIntegerField()
    note = models.TextField()
    note_html = models.TextField()
    entry = models.ForeignKey("threads.Entry", models.PROTECT, null=True, related_name="+")
    delivered_at = models.DateTimeField()
    delivered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    reasons = models.TextField(blank=True)
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="order_delivery_once"),
            models.UniqueConstraint(fields=["order", "key"], name="delivery_key_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(answer=""), name="delivery_open_once"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True) | Q(answer__in=["met", "not_met"], answered_at__isnull=False),
                name="delivery_answered_has_its_moment",
            ),
            models.CheckConstraint(condition=~Q(answer="not_met") | ~Q(reasons=""), name="delivery_refused_with_reasons"),
        ]


class Delay(models.Model):
    """A delay told before the date, with the new date and the reason. QUO-5."""

    order = models.ForeignKey(ServiceOrder, models.PROTECT, related_name="delays")
    number = models.PositiveSmallIntegerField()
    due_before = models.DateTimeField()
    due_after = models.DateTimeField()
    reason = models.TextField()
    told_at = models.DateTimeField()
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="delay_once"),
            models.UniqueConstraint(fields=["order", "key"], name="delay_key_once"),
            models.CheckConstraint(condition=Q(told_at__lte=F("due_before")), name="delay_told_before_the_date"),
            models.CheckConstraint(condition=Q(due_after__gt=F("due_before")), name="delay_is_later"),
            models.CheckConstraint(condition=~Q(reason=""), name="delay_has_its_reason"),
        ]
