"""Tables of contracts. What they refuse by themselves is in migration 0002_guards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

UNITS = ("event", "incident", "credit")


class Plan(models.Model):
    """What is on sale. Contracts keep its terms as they were when they were taken. CTR-1.

    `benefits`: `discount_percent` (int), `course_access` (bool), `named_contacts_max` (int or null), `notes` (words).
    """

    name = models.CharField(max_length=80, unique=True)
    description = models.TextField(blank=True)
    events = models.PositiveIntegerField(default=0)
    incidents = models.PositiveIntegerField(default=0)
    credits = models.PositiveIntegerField(default=0)
    months = models.PositiveSmallIntegerField(default=12, validators=[MinValueValidator(1)])
    price = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="MXN")
    benefits = models.JSONField(default=dict)
    is_on_sale = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-is_on_sale", "price", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(months__gte=1, months__lte=120), name="plan_has_a_length"),
            models.CheckConstraint(condition=Q(price__gte=0), name="plan_price_not_negative"),
        ]

    @property
    def subject(self) -> str:
        return f"plan:{self.pk}"

    @property
    def allotments(self) -> dict[str, int]:
        return {"event": self.events, "incident": self.incidents, "credit": self.credits}

    def terms(self) -> dict[str, Any]:
        """Return the terms as a contract keeps them. CTR-1."""
        return {
            "plan_name": self.name,
            "events": self.events,
            "incidents": self.incidents,
            "credits": self.credits,
            "months": self.months,
            "price": str(self.price),
            "currency": self.currency,
            "benefits": dict(self.benefits),
        }

    def __str__(self) -> str:
        return self.name


class SupportContract(models.Model):
    """A customer's preferential support («póliza») from a day to a day, inclusive. ACC-7, CTR-1.

    `starts_at` and `ends_at` (exclusive) are those days in the service's zone, fixed when the contract was taken.
    Whether it is in force is computed when it is asked. Terms and times never change; the database refuses it.
    """

    number = models.CharField(max_length=40, unique=True)
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="contracts")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="contracts")
    terms = models.JSONField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    renewed_from = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="renewal")
    sold_at = models.DateTimeField()
    sold_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    cancel_reason = models.TextField(blank=True)
    key = models.CharField(max_length=80, null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on"), starts_at__lt=F("ends_at")), name="contract_has_a_length"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | ~Q(cancel_reason=""), name="contract_cancelled_for_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-ends_at"], name="contract_by_customer"),
            models.Index(fields=["ends_at"], name="contract_by_end"),
        ]

    @property
    def subject(self) -> str:
        return f"contract:{self.pk}"

    @property
    def plan_name(self) -> str:
        return self.terms["plan_name"]

    @property
    def allotments(self) -> dict[str, int]:
        return {unit: int(self.terms[unit + "s"]) for unit in UNITS}

    @property
    def named_contacts_max(self) -> int | None:
        return self.terms["benefits"].get("named_contacts_max")

    def in_force(self, at: datetime) -> bool:
        """True from the start of its first day to the end of its last, unless cancelled before. Section 2."""
        return self.starts_at <= at < self.ends_at and (self.cancelled_at is None or at < self.cancelled_at)

    def __str__(self) -> str:
        return self.number


class NamedContact(models.Model):
    """A contact whom a contract with a limit of named contacts covers. CTR-1."""

    contract = models.ForeignKey(SupportContract, models.PROTECT, related_name="named")
    contact = models.ForeignKey("people.Contact", models.PROTECT, related_name="+")
    named_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "contact"], name="named_contact_once")]


class ContractNotice(models.Model):
    """That a customer was told of a contract's end, once for each threshold. LED-5."""

    contract = models.ForeignKey(SupportContract, models.PROTECT, related_name="notices")
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "days"], name="contract_told_once")]


class ServiceCardBatch(models.Model):
    """Service cards issued together: each for so many credits, which last so long from redeeming. CRD-1."""

    PURPOSES = [("sold", _("For sale")), ("given", _("Given away"))]

    name = models.CharField(max_length=80)
    face_value = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    purpose = models.CharField(max_length=10, choices=PURPOSES, default="sold")
    months = models.PositiveSmallIntegerField()
    redeem_until = models.DateTimeField(null=True)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    key = models.CharField(max_length=80, null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(face_value__gte=1, count__gte=1), name="batch_is_worth_something"),
            models.CheckConstraint(condition=Q(purpose__in=["sold", "given"]), name="batch_purpose_known"),
        ]

    @property
    def subject(self) -> str:
        return f"cards:{self.pk}"

    @property
    def redeem_last_at(self) -> datetime | None:
        """The last moment at which its cards can be redeemed, which lies on the day that people are told."""
        return self.redeem_until - timedelta(microseconds=1) if self.redeem_until else None

    def __str__(self) -> str:
        return self.name


class ServiceCard(models.Model):
    """A prepaid voucher. Its code is shown once, at issue; here is only its HMAC and its last four signs. CRD-1."""

    batch = models.ForeignKey(ServiceCardBatch, models.PROTECT, related_name="cards")
    position = models.PositiveIntegerField()
    code_hash = models.CharField(max_length=64, unique=True)
    code_end = models.CharField(max_length=4)
    redeemed_at = models.DateTimeField(null=True)
    redeemed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="cards")
    redeem_key = models.CharField(max_length=80, blank=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    void_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="card_position_once"),
            models.CheckConstraint(
                condition=Q(redeemed_at__isnull=True) | Q(voided_at__isnull=True), name="card_redeemed_or_void"
            ),
            models.CheckConstraint(
                condition=Q(redeemed_at__isnull=True, customer__isnull=True)
                | Q(redeemed_at__isnull=False, customer__isnull=False),
                name="card_redeemed_for_a_customer",
            ),
        ]

    @property
    def subject(self) -> str:
        return f"card:{self.pk}"

    @property
    def state(self) -> str:
        if self.redeemed_at is not None:
            return "redeemed"
        return "void" if self.voided_at is not None else "open"

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.position}"


class CardAttempt(models.Model):
    """A code that somebody tried and that was not right; counted for a short time. CRD-1, SEC-45."""

    address_hash = models.CharField(max_length=64)
    user_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["address_hash", "at"], name="attempt_by_address"),
            models.Index(fields=["user_id", "at"], name="attempt_by_user"),
            models.Index(fields=["customer_id", "at"], name="attempt_by_customer"),
        ]


class ImportRun(models.Model):
    """A CSV file that was uploaded, looked at, and perhaps imported; its text is dropped afterwards.

    A long file is looked at and imported by the worker: it is `waiting` until its rows were judged (`found` keeps what
    was found), and `ordered` from when somebody asked for it until it is in.
    """

    KINDS = [
        ("customers", _("Customers")),
        ("contacts", _("Contacts")),
        ("licences", _("Licences")),
        ("contracts", _("Contracts")),
    ]
    STATES = [
        ("waiting", _("Being looked at")),
        ("checked", _("Waiting for you")),
        ("ordered", _("Being imported")),
        ("applied", _("Imported")),
        ("dropped", _("Dropped")),
    ]

    kind = models.CharField(max_length=12, choices=KINDS)
    file_name = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=STATES, default="checked")
    rows = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=80, null=True, unique=True)
    found = models.JSONField(default=dict)
    letters = models.BooleanField(default=False)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["customers", "contacts", "licences", "contracts"]), name="import_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "checked", "ordered"], ended_at__isnull=True)
                | Q(state__in=["applied", "dropped"], ended_at__isnull=False, text=""),
                name="import_state_known",
            ),
        ]

    @property
    def subject(self) -> str:
        return f"import:{self.pk}"


class ImportProgress(models.Model):
    """How far the worker came with an import. Written beside its transaction, so that it can be read before that ends."""

    run_id = models.BigIntegerField(primary_key=True)
    done = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

