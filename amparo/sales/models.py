"""Tables of sales. What they refuse by themselves is in migration 0002_guards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from . import rules
from .machine import State

METHODS = [
    ("transfer", _("Bank transfer")),
    ("cash", _("Cash")),
    ("stripe", _("Card, through Stripe")),
]
DOCUMENTS = [
    ("invoice_xml", _("Invoice (XML)")),
    ("invoice_pdf", _("Invoice (PDF)")),
    ("receipt", _("Receipt of the payment")),
]


class CardOffer(models.Model):
    """A kind of service card on sale: so many credits for so much money, without tax. CRD-1."""

    name = models.CharField(max_length=80, unique=True)
    credits = models.PositiveIntegerField()
    price = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3, default="MXN")
    is_on_sale = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-is_on_sale", "credits", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(credits__gte=1, price__gte=1), name="card_offer_is_worth_something")
        ]

    @property
    def subject(self) -> str:
        return f"card_offer:{self.pk}"

    def __str__(self) -> str:
        return self.name


class FiscalProfile(models.Model):
    """What an invoice to a customer needs, as it was last given. Each sale keeps its own copy."""

    customer = models.OneToOneField("people.Customer", models.PROTECT, related_name="fiscal")
    rfc = models.CharField(max_length=13)
    legal_name = models.CharField(max_length=200)
    regime = models.CharField(max_length=3)
    use = models.CharField(max_length=4)
    postal_code = models.CharField(max_length=5)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    def as_data(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in FISCAL_FIELDS}


FISCAL_FIELDS = ("rfc", "legal_name", "regime", "use", "postal_code")


class Sale(models.Model):
    """One order of one thing, with its price as it was when it was placed: that never changes, the database refuses it.

    Amounts are centavos. `what` is the ordered thing in plain data (`code`, `name`, `units`, and a plan's `terms`),
    `promotion` what was taken off and by which terms. `renews`: the contract that the ordered one follows.
    """

    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="sales")
    state = models.CharField(max_length=10, default=State.PLACED)
    plan = models.ForeignKey("contracts.Plan", models.PROTECT, null=True, related_name="+")
    card_offer = models.ForeignKey(CardOffer, models.PROTECT, null=True, related_name="+")
    renews = models.ForeignKey("contracts.SupportContract", models.PROTECT, null=True, related_name="+")
    what = models.JSONField()
    quantity = models.PositiveIntegerField(default=1)
    unit_price = models.PositiveBigIntegerField()
    gross = models.PositiveBigIntegerField()
    discount = models.PositiveBigIntegerField(default=0)
    net = models.PositiveBigIntegerField()
    tax_percent = models.PositiveSmallIntegerField()
    tax = models.PositiveBigIntegerField()
    total = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    promotion = models.JSONField(null=True)
    fiscal = models.JSONField(default=dict)
    returns_to = models.CharField(max_length=200, blank=True)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    placed_by_staff = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    activated_at = models.DateTimeField(null=True)
    stuck_because = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=400, blank=True)
    contract = models.OneToOneField("contracts.SupportContract", models.PROTECT, null=True, related_name="sale")
    batch = models.OneToOneField("contracts.ServiceCardBatch", models.PROTECT, null=True, related_name="sale")
    invoice_uuid = models.CharField(max_length=36, blank=True)
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="sale_key_once"),
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="sale_state_known"),
            models.CheckConstraint(
                condition=Q(plan__isnull=False, card_offer__isnull=True, quantity=1)
                | Q(plan__isnull=True, card_offer__isnull=False, renews__isnull=True),
                name="sale_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(
                    gross=F("unit_price") * F("quantity"), net=F("gross") - F("discount"), total=F("net") + F("tax")
                )
                & Q(quantity__gte=1, quantity__lte=rules.QUANTITY_MAX, tax_percent__lte=100),
                name="sale_adds_up",
            ),
            models.CheckConstraint(
                condition=~Q(state="activated")
                | Q(activated_at__isnull=False, paid_at__isnull=False)
                & (Q(contract__isnull=False) | Q(batch__isnull=False)),
                name="sale_activated_with_something",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="sale_by_customer"),
            models.Index(fields=["state", "expires_at"], name="sale_by_state"),
        ]

    @property
    def subject(self) -> str:
        return f"sale:{self.pk}"

    @property
    def number(self) -> str:
        return f"V-{self.pk}"

    @property
    def name(self) -> str:
        return self.what["name"]

    @property
    def is_of_cards(self) -> bool:
        return self.card_offer_id is not None

    @property
    def fiscal_words(self) -> dict[str, str]:
        """The codes of the tax authority with their names, as a person reads them."""
        known = {"regime": rules.REGIMES, "use": rules.USES}
        return {name: f"{self.fiscal[name]} {codes[self.fiscal[name]][0]}" for name, codes in known.items() if self.fiscal.get(name) in codes}

    @property
    def extra_units(self) -> dict[str, int]:
        return dict((self.promotion or {}).get("units") or {})

    @property
    def last_at(self) -> datetime:
        """The last moment at which it can be paid, which lies on the day that people are told."""
        return self.expires_at - timedelta(microseconds=1)

    @property
    def waits(self) -> bool:
        return self.state == State.PLACED

    def __str__(self) -> str:
        return self.number


class Payment(models.Model):
    """Money that came in for a sale; never changed. `counts`: it is the one that paid the sale. CHG-10.

    What comes a second time, or after the sale was cancelled, is written down too and does not count: it is to be given
    back.
    """

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="payments")
    method = models.CharField(max_length=10, choices=METHODS)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=120, blank=True)
    provider_ref = models.CharField(max_length=255, null=True, unique=True)
    received_on = models.DateField()
    counts = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sale"], condition=Q(counts=True), name="sale_paid_once"),
            models.CheckConstraint(
                condition=Q(method__in=[code for code, _label in METHODS]), name="payment_method_known"
            ),
        ]


class Refund(models.Model):
    """Money that was given back of a sale: a note of what staff did at the bank or the provider; never changed."""

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="refunds")
    amount = models.PositiveBigIntegerField()
    method = models.CharField(max_length=10, choices=METHODS)
    reference = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=400)
    given_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sale", "key"], name="refund_key_once"),
            models.CheckConstraint(condition=Q(amount__gte=1), name="refund_above_zero"),
        ]


class SaleDocument(models.Model):
    """A file beside a sale: the stamped invoice, which the customer downloads, or the receipt, which staff keep."""

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=12, choices=DOCUMENTS)
    file = models.OneToOneField("files.StoredFile", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")


class SoldCard(models.Model):
    """A card that a sale brought. Its code is kept sealed (its key is not in the database) until it is shown once. CRD-1.

    Shown, credited or replaced, the sealed code is gone.
    """

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="cards")
    position = models.PositiveIntegerField()
    card = models.OneToOneField("contracts.ServiceCard", models.PROTECT, related_name="sold")
    code_sealed = models.TextField(blank=True)
    shown_at = models.DateTimeField(null=True)
    shown_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sale", "position"], condition=Q(replaced_at__isnull=True), name="sold_card_position_once"
            ),
            models.CheckConstraint(
                condition=Q(code_sealed="") | Q(shown_at__isnull=True, replaced_at__isnull=True),
                name="sold_card_code_gone",
            ),
        ]


class Checkout(models.Model):
    """One visit to a payment provider's page. `reference` is ours, unguessable; `session_id` and `url` are the provider's."""

    STATES = ("asked", "open", "paid", "expired", "failed")

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="checkouts")
    way = models.CharField(max_length=10)
    reference = models.CharField(max_length=32, unique=True)
    session_id = models.CharField(max_length=255, null=True, unique=True)
    url = models.TextField(blank=True)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, default="asked")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["asked", "open", "paid", "expired", "failed"]), name="checkout_state_known"
            ),
            models.UniqueConstraint(
                fields=["sale"], condition=Q(state__in=["asked", "open"]), name="one_open_checkout_of_a_sale"
            ),
        ]
        indexes = [models.Index(fields=["looked_at"], name="checkout_open", condition=Q(state="open"))]


class ProviderEvent(models.Model):
    """A call of a payment provider that was proven to come from it: each counts once, however often it is sent."""

    event_id = models.CharField(max_length=255, unique=True)
    way = models.CharField(max_length=10)
    kind = models.CharField(max_length=80)
    checkout = models.ForeignKey(Checkout, models.PROTECT, null=True, related_name="events")
    outcome = models.CharField(max_length=20)
    received_at = models.DateTimeField()


class SealedSetting(models.Model):
    """A secret of a payment provider, sealed by a key that is not in the database. SEC-57."""

    name = models.CharField(max_length=40, unique=True)
    sealed = models.TextField()
    shown_end = models.CharField(max_length=4)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    @property
    def subject(self) -> str:
        return "payment:1"

    def as_shown(self) -> dict[str, Any]:
        return {"end": self.shown_end, "set_at": self.set_at}
