"""Tables of the catalogue: items, and the versions of what each says, costs and takes. QUO-2."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from amparo.kernel import markdown
from amparo.quotations.machine import Kind
from amparo.quotations.rules.catalogue import PRICINGS, Parameter, TariffLine, Terms, parameter_from


class CatalogueItem(models.Model):
    """One standard service; what it is stands in its versions. `current` is the one that is quoted. QUO-2."""

    kind = models.CharField(max_length=12)
    is_offered = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    current = models.OneToOneField("quotations.ItemVersion", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in Kind]), name="item_kind_known"),
            models.CheckConstraint(condition=Q(is_offered=False) | Q(current__isnull=False), name="item_offered_has_version"),
        ]

    @property
    def subject(self) -> str:
        return f"item:{self.pk}"


class ItemVersion(models.Model):
    """What an item says, costs and takes. A draft may change; once published never again: quotes keep its terms. QUO-2."""

    item = models.ForeignKey(CatalogueItem, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name_es = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    text_es = models.TextField(blank=True)
    text_en = models.TextField(blank=True)
    parameters = models.JSONField(default=list)
    pricing = models.CharField(max_length=10, default="fixed")
    credits = models.PositiveIntegerField(default=0)
    formula = models.CharField(max_length=400, blank=True)
    lines = models.JSONField(default=list)
    days = models.CharField(max_length=400, default="1")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    drafted_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    published_at = models.DateTimeField(null=True)
    changes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="item_version_once"),
            models.UniqueConstraint(fields=["item"], condition=Q(published_at__isnull=True), name="item_one_draft"),
            models.CheckConstraint(condition=Q(pricing__in=PRICINGS), name="item_pricing_known"),
        ]

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def declared(self) -> tuple[Parameter, ...]:
        return tuple(parameter_from(one) for one in self.parameters)

    @property
    def terms(self) -> Terms:
        """How it is priced and how long it takes, for the rules."""
        return Terms(
            parameters=self.declared, pricing=self.pricing, credits=self.credits, formula=self.formula,
            lines=tuple(TariffLine(**one) for one in self.lines), days=self.days,
        )  # fmt: skip

    def name(self, language: str) -> str:
        return (self.name_en if language.startswith("en") else self.name_es) or self.name_es or self.name_en

    def text(self, language: str) -> str:
        return (self.text_en if language.startswith("en") else self.text_es) or self.text_es or self.text_en

    def text_html(self, language: str) -> str:
        return markdown.render(self.text(language))

    def __str__(self) -> str:
        return f"{self.name_es} ({self.number})"
