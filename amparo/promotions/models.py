"""Tables of promotions. What they refuse by themselves is in migration 0002_guards."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from . import rules

SCOPES = [(rules.MONEY, _("Plans and service cards, in money")), (rules.SERVICES, _("Services, in credits"))]
KINDS = [
    (rules.PERCENT, _("Per cent off")),
    (rules.AMOUNT, _("Amount off")),
    (rules.EXTRA, _("Extra units")),
]


class Promotion(models.Model):
    """What is promised to whom, of what, and when. A draft may be changed; once published it stays as it is. PRO-1.

    `value` is a per cent, centavos, or credits; `units` the extra ones of each piece. `goods`: what it is for, empty for
    all of its scope. `plans` and `products` are ids: the customer has a contract of one, a licence of one.
    """

    name = models.CharField(max_length=80)
    words = models.TextField(blank=True)
    scope = models.CharField(max_length=10, choices=SCOPES)
    kind = models.CharField(max_length=10, choices=KINDS)
    value = models.PositiveIntegerField(default=0)
    units = models.JSONField(default=dict)
    goods = models.JSONField(default=list)
    plans = models.JSONField(default=list)
    products = models.JSONField(default=list)
    needs_contract = models.BooleanField(default=False)
    code = models.CharField(max_length=40, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    uses_max = models.PositiveIntegerField(null=True)
    uses_per_customer_max = models.PositiveIntegerField(null=True)
    follows = models.ForeignKey("self", models.PROTECT, null=True, related_name="versions")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=[rules.MONEY, rules.SERVICES]), name="promotion_scope_known"),
            models.CheckConstraint(
                condition=Q(kind=rules.PERCENT, value__gte=1, value__lte=100)
                | Q(kind=rules.AMOUNT, value__gte=1, value__lte=rules.AMOUNT_MAX)
                | Q(kind=rules.EXTRA, value=0, scope=rules.MONEY),
                name="promotion_gives_something",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name="promotion_has_a_length"
            ),
            models.CheckConstraint(
                condition=(Q(uses_max__isnull=True) | Q(uses_max__gte=1))
                & (Q(uses_per_customer_max__isnull=True) | Q(uses_per_customer_max__gte=1)),
                name="promotion_uses_above_zero",
            ),
        ]
        indexes = [models.Index(fields=["code"], name="promotion_by_code", condition=~Q(code=""))]

    @property
    def subject(self) -> str:
        return f"promotion:{self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def last_at(self) -> datetime | None:
        """The last moment, which lies on the day that people are told."""
        return self.ends_at - timedelta(microseconds=1) if self.ends_at else None

    def state(self, at: datetime) -> str:
        """Return draft, coming, running or over."""
        if self.is_draft:
            return "draft"
        if self.ends_at is not None and self.ends_at <= at:
            return "over"
        return "coming" if at < self.starts_at else "running"

    def terms(self) -> rules.Terms:
        return rules.Terms(
            id=self.pk, name=self.name, scope=self.scope, kind=self.kind, value=self.value,
            units=tuple(sorted((unit, int(n)) for unit, n in self.units.items())), goods=frozenset(self.goods),
            starts_at=self.starts_at, ends_at=self.ends_at, has_code=bool(self.code), needs_contract=self.needs_contract,
            plans=frozenset(self.plans), products=frozenset(self.products), uses_max=self.uses_max,
            uses_per_customer_max=self.uses_per_customer_max, published=not self.is_draft,
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name


class PromotionUse(models.Model):
    """That a sale or charge took a promotion; given up where the sale or charge came to nothing. PRO-1, CHG-10."""

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="uses")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+")
    subject = models.CharField(max_length=80)
    saved = models.PositiveIntegerField(default=0)
    used_at = models.DateTimeField()
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(given_up_at__isnull=True), name="promotion_once_for_a_thing"
            )
        ]
        indexes = [models.Index(fields=["promotion", "customer"], name="promotion_use_by_customer")]


class PromotionClaim(models.Model):
    """That a customer entered a promotion's code: from then on it is looked at for him. PRO-1."""

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="claims")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["promotion", "customer"], name="promotion_claimed_once")]


class CodeTry(models.Model):
    """A promotion code that somebody tried and that was not right; counted for a short time. SEC-45."""

    user_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "at"], name="promo_try_by_customer"),
            models.Index(fields=["user_id", "at"], name="promo_try_by_user"),
        ]
