"""Tables of charging: versions of the tariff, charges, and what each takes from which pocket."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from . import rules
from .machine import State

HOURS_COUNTED = [
    (rules.HOURS_BEGUN, _("by the hour begun")),
    (rules.HOURS_NEAREST, _("to the nearest hour")),
    (rules.HOURS_COMPLETED, _("by the hour completed, at least one")),
]
CONSENT_HOW = {
    "portal": _("in the portal"),
    "telephone": _("by telephone"),
    "chat": _("in the chat"),
    "email": _("by e-mail"),
    "on_site": _("on site"),
}


class TariffVersion(models.Model):
    """One version of the prices in credits. TAR-1 to TAR-4.

    A draft may be changed; once published, with the moment from which it is in force, never again.
    """

    number = models.PositiveIntegerField(unique=True)
    note = models.CharField(_("What is new"), max_length=200, blank=True)
    advisory_event = models.PositiveIntegerField(_("Advisory event"))
    incident = models.PositiveIntegerField(_("Incident"))
    technical_hour = models.PositiveIntegerField(_("Hour of technical service"))
    online_hour = models.PositiveIntegerField(_("Exclusive hour online"))
    home_visit = models.PositiveIntegerField(_("Home visit"))
    urgent_on_site = models.PositiveIntegerField(_("Urgent on-site service"))
    outside_hours = models.PositiveIntegerField(_("Service outside opening hours"))
    further_terminal = models.PositiveIntegerField(_("Further terminal of an installation"))
    participants_per_price = models.PositiveIntegerField(
        _("Participants in an hour online per price"), default=10
    )
    terminals_per_incident = models.PositiveIntegerField(_("Terminals that one incident covers"), default=4)
    hours_counted = models.CharField(
        _("Hours are counted"), max_length=10, choices=HOURS_COUNTED, default=rules.HOURS_BEGUN
    )
    starts_at = models.DateTimeField(null=True, unique=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=40, blank=True)
    drafted_by = models.CharField(max_length=40)
    drafted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(advisory_event__gte=1, incident__gte=1), name="tariff_units_worth"
            ),
            models.CheckConstraint(
                condition=Q(participants_per_price__gte=1, terminals_per_incident__gte=1),
                name="tariff_counts",
            ),
            models.CheckConstraint(
                condition=Q(hours_counted__in=[code for code, _label in HOURS_COUNTED]),
                name="tariff_hours_counted",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, starts_at__isnull=True)
                | Q(published_at__isnull=False, starts_at__isnull=False),
                name="tariff_published_from",
            ),
        ]

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def subject(self) -> str:
        return f"tariff:{self.pk}"

    @property
    def fingerprint(self) -> str:
        """The figures in one word, for forms to send back what they were filled from."""
        return "-".join(str(getattr(self, name)) for name in (*PRICES, *MEASURES))

    def as_tariff(self) -> rules.Tariff:
        return rules.Tariff(
            number=self.number,
            prices={code: getattr(self, code) for code in rules.PRICED},
            participants_per_price=self.participants_per_price,
            terminals_per_incident=self.terminals_per_incident,
            hours_counted=self.hours_counted,
        )

    def __str__(self) -> str:
        return str(self.number)


# The fields that make a version what it is, in the order of the screens.
PRICES: Final = rules.PRICED
MEASURES: Final = ("participants_per_price", "terminals_per_incident", "hours_counted")


class Charge(models.Model):
    """What a service costs a customer, in the way that costs him least, with the ways that were not taken. CHG-1, CHG-8.

    `subject` is what is charged for (`case:41`); its record tells the charge's story. `way` and `alternatives` are
    plain data made by `rules`; `tariff_version` is the number of the version that they were priced by. A quote keeps its
    tariff while it is valid: before `tariff_ends_at` that version prices the charge again, whatever began since. QUO-3.
    """

    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="charges")
    subject = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    state = models.CharField(max_length=12, default=State.PROPOSED)
    needs = models.JSONField()
    way = models.JSONField(null=True)
    alternatives = models.JSONField(default=list)
    tariff_value = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    tariff_version = models.PositiveIntegerField()
    tariff_ends_at = models.DateTimeField(null=True)
    lessened_because = models.CharField(max_length=400, blank=True)
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=40)
    consented_at = models.DateTimeField(null=True)
    consented_by = models.CharField(max_length=40, blank=True)
    consented_name = models.CharField(max_length=160, blank=True)
    consent_how = models.CharField(max_length=12, blank=True)
    reserved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="charge_key_once"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="charge_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "withdrawn"])
                | Q(consented_at__isnull=False, way__isnull=False),
                name="charge_only_with_consent",
            ),
        ]
        indexes = [
            models.Index(fields=["subject"], name="charge_by_subject"),
            models.Index(fields=["customer", "proposed_at"], name="charge_by_customer"),
        ]

    @property
    def amounts(self) -> dict[str, int]:
        """Units that the way spends: {"incident": 1}."""
        amounts: dict[str, int] = {}
        for take in self.takes:
            amounts[take["unit"]] = amounts.get(take["unit"], 0) + take["amount"]
        return amounts

    @property
    def takes(self) -> list[dict[str, Any]]:
        return self.way["takes"] if self.way else []

    @property
    def lines(self) -> list[dict[str, Any]]:
        return self.way["lines"] if self.way else []

    @property
    def promotion(self) -> dict[str, Any] | None:
        """The promotion whose prices the way pays, with its terms as they were. PRO-1."""
        return self.way.get("promotion") if self.way else None

    @property
    def seen(self) -> str:
        """What was shown of the price, for forms to send back: see `queries.ChargeQuote.seen`."""
        return rules.seen(self.tariff_value, self.amounts) if self.way else ""

    def __str__(self) -> str:
        return f"{self.subject} {self.state}"


class Part(models.Model):
    """What a charge takes from one pocket: reserved or spent by `transfer`, ended by `ended_by`. CHG-4, CHG-10."""

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="parts")
    pocket = models.ForeignKey("ledger.Pocket", models.PROTECT, related_name="+", db_index=False)
    unit = models.CharField(max_length=10)
    amount = models.PositiveIntegerField()
    transfer = models.OneToOneField("ledger.Transfer", models.PROTECT, related_name="+")
    ended_by = models.OneToOneField("ledger.Transfer", models.PROTECT, null=True, related_name="+")
    charged = models.PositiveIntegerField(default=0)
    given_back = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(charged__lte=F("amount")) & Q(given_back__lte=F("charged")),
                name="part_within_amount",
            ),
        ]

    @property
    def spent_by(self) -> Any:
        """The transfer that charged: the post of a reservation, or the one at once."""
        return self.ended_by or self.transfer
