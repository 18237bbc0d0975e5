"""Tables of the ledger. What they refuse by themselves is in migration 0002_guards."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Unit(models.TextChoices):
    EVENT = "event", _("Event")
    INCIDENT = "incident", _("Incident")
    CREDIT = "credit", _("Service credit")


class Holder(models.TextChoices):
    """Whose pocket: a customer's, or one of the vendor's three per unit."""

    CUSTOMER = "customer", _("Customer")
    ISSUED = "issued", _("Issued")
    SPENT = "spent", _("Spent")
    EXPIRED = "expired", _("Expired")


# The vendor's pockets have fixed numbers, so that a transfer needs no look-up; customers' begin at 1001.
VENDOR_POCKETS: Final[dict[tuple[str, str], int]] = {
    (holder, unit): number
    for number, (holder, unit) in enumerate(
        (
            (holder.value, unit.value)
            for holder in (Holder.ISSUED, Holder.SPENT, Holder.EXPIRED)
            for unit in Unit
        ),
        start=1,
    )
}
CUSTOMER_POCKETS_FROM: Final = 1001


class Pocket(models.Model):
    """Units of one kind in one hand. LED-3.

    A customer's pocket has a source (`contract:5`, `card:9`, `grace:71`), lasts from `starts_at` until `ends_at`
    (exclusive), and carries `balance` (reserved units included), `reserved`, and `issued` (all that was ever put in).
    Only transfers change these three; the database refuses anybody else. `closed_at` is set when it ended and is empty.
    """

    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="pockets")
    holder = models.CharField(max_length=10, choices=Holder.choices, default=Holder.CUSTOMER)
    unit = models.CharField(max_length=10, choices=Unit.choices)
    source = models.CharField(max_length=60)
    label = models.CharField(max_length=120, blank=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    balance = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    issued = models.IntegerField(default=0)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="pocket_unit_known"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="pocket_never_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("balance")), name="pocket_reserved_covered"
            ),
            models.CheckConstraint(condition=Q(issued__gte=0), name="pocket_issued_not_negative"),
            models.CheckConstraint(
                condition=Q(holder="customer", customer__isnull=False, starts_at__lt=F("ends_at"))
                | Q(holder__in=["issued", "spent", "expired"], customer__isnull=True, balance=0, issued=0),
                name="pocket_of_customer_or_vendor",
            ),
            models.UniqueConstraint(fields=["customer", "source", "unit"], name="pocket_once_per_source"),
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(closed_at__isnull=True), name="pocket_open_by_end"),
        ]

    @property
    def available(self) -> int:
        """What is neither used nor reserved."""
        return self.balance - self.reserved

    @property
    def subject(self) -> str:
        return f"pocket:{self.pk}"

    def __str__(self) -> str:
        return f"{self.label or self.source} ({self.unit})"


class Kind(models.TextChoices):
    SINGLE = "single", _("Transfer")
    RESERVE = "reserve", _("Reservation")
    POST = "post", _("Reservation charged")
    VOID = "void", _("Reservation given back")


class Transfer(models.Model):
    """One movement of units, final as soon as it is written. LED-1, LED-2.

    `at` is when it takes effect, `recorded_at` when the ledger learnt of it: the database sets it, and `customer`, while
    it holds the pocket. The key is stored with the customer in front, so that two customers' keys never meet.
    References have no constraint of their own: the guards check them without locking a row that others share.
    """

    kind = models.CharField(max_length=8, choices=Kind.choices)
    customer = models.ForeignKey(
        "people.Customer", models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    unit = models.CharField(max_length=10, choices=Unit.choices)
    amount = models.IntegerField()
    debit = models.ForeignKey(Pocket, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    credit = models.ForeignKey(Pocket, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    cause = models.CharField(max_length=80)
    key = models.CharField(max_length=160)
    pending = models.ForeignKey(
        "self", models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="ended_by"
    )
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="reversed_by"
    )
    tariff_version = models.IntegerField(null=True)
    actor_ref = models.CharField(max_length=40)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="transfer_key_once"),
            models.UniqueConstraint(
                fields=["pending"], condition=Q(pending__isnull=False), name="reservation_ends_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_amount_positive"),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="transfer_unit_known"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_two_pockets"),
            models.CheckConstraint(
                condition=Q(kind__in=["single", "reserve"], pending__isnull=True)
                | Q(kind__in=["post", "void"], pending__isnull=False, reverses__isnull=True),
                name="transfer_kind_fits_pending",
            ),
            models.CheckConstraint(
                condition=Q(kind="single") | Q(reverses__isnull=True), name="transfer_kind_fits_reverses"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "at"], name="transfer_by_customer"),
            models.Index(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="transfer_by_reversed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.unit} {self.debit_id} -> {self.credit_id}"


class PocketWarning(models.Model):
    """That a customer was told of a pocket, once for each reason: `low`, `ends_30`… LED-5."""

    pocket = models.ForeignKey(Pocket, models.PROTECT, related_name="warnings")
    reason = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pocket", "reason"], name="pocket_warned_once")]


class Reconciliation(models.Model):
    """A check of every customer's pockets against their transfers alone, customer by customer, kept with its result. LED-4.

    `last_customer` is how far it came: whoever goes on begins behind it. `units` holds, for each unit, what was issued,
    spent and expired by the transfers, and what the pockets show as left; `off` how far these are apart, added up without
    sign over all customers. `differences` are the pockets and transfers that do not agree, the first thousand.
    """

    state = models.CharField(max_length=10, default="running")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    customers = models.PositiveIntegerField()
    customers_done = models.PositiveIntegerField(default=0)
    last_customer = models.BigIntegerField(default=0)
    pockets = models.PositiveBigIntegerField(default=0)
    transfers = models.PositiveBigIntegerField(default=0)
    units = models.JSONField(default=dict)
    differences = models.JSONField(default=list)
    differences_count = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["running", "done"]), name="reconciliation_state_known"),
            models.CheckConstraint(
                condition=Q(state="running", ended_at__isnull=True) | Q(state="done", ended_at__isnull=False),
                name="reconciliation_ends_once",
            ),
            models.UniqueConstraint(fields=["state"], condition=Q(state="running"), name="reconciliation_one_at_a_time"),
        ]

    @property
    def subject(self) -> str:
        return f"reconciliation:{self.pk}"

    @property
    def agrees(self) -> bool:
        """True where nothing is off: every figure of the report says zero."""
        return self.state == "done" and not self.differences_count and not any(one["off"] for one in self.units.values())

    @property
    def percent(self) -> int:
        return 100 if self.state == "done" else self.customers_done * 100 // max(1, self.customers)
