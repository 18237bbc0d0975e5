"""Tables of agreements: documents, their versions, and who accepted which. AGR-1."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from . import rules

HOW: Final = {"portal": _("in the portal"), "telephone": _("by telephone, read by our staff")}


class Agreement(models.Model):
    """A document that governs something. `services` ask for its acceptance from `asked_from` on; null: none does."""

    code = models.CharField(max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(default=100)
    services = models.JSONField(default=list)
    asked_from = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    @property
    def subject(self) -> str:
        return f"agreement:{self.pk}"

    def __str__(self) -> str:
        return self.code


class AgreementVersion(models.Model):
    """One text of a document in both languages. A draft may be changed; once published, never again.

    In force is, at a moment, the published one that began last. `hash_*` are over `rules.canonical`.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title_es = models.CharField(max_length=rules.TITLE_MAX, blank=True)
    title_en = models.CharField(max_length=rules.TITLE_MAX, blank=True)
    text_es = models.TextField(blank=True)
    text_en = models.TextField(blank=True)
    html_es = models.TextField(blank=True)
    html_en = models.TextField(blank=True)
    changes_es = models.TextField(blank=True)
    changes_en = models.TextField(blank=True)
    hash_es = models.CharField(max_length=64, blank=True)
    hash_en = models.CharField(max_length=64, blank=True)
    starts_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    drafted_at = models.DateTimeField()
    revised_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="agreement_version_number"),
            models.UniqueConstraint(fields=["agreement", "starts_at"], name="agreement_version_start"),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(published_at__isnull=True), name="agreement_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, starts_at__isnull=True)
                | (
                    Q(published_at__isnull=False, starts_at__isnull=False)
                    & Q(hash_es__regex=r"^[0-9a-f]{64}$", hash_en__regex=r"^[0-9a-f]{64}$")
                ),
                name="agreement_published_whole",
            ),
        ]

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def subject(self) -> str:
        return f"agreement:{self.agreement_id}"

    def title_in(self, language: str | None) -> str:
        return self.title_en if rules.language_of(language) == "en" else self.title_es

    def text_in(self, language: str | None) -> str:
        return self.text_en if rules.language_of(language) == "en" else self.text_es

    def html_in(self, language: str | None) -> str:
        return self.html_en if rules.language_of(language) == "en" else self.html_es

    def changes_in(self, language: str | None) -> str:
        return self.changes_en if rules.language_of(language) == "en" else self.changes_es

    def hash_in(self, language: str | None) -> str:
        return self.hash_en if rules.language_of(language) == "en" else self.hash_es

    @property
    def title(self) -> str:
        """The title in the active language."""
        return self.title_in(translation.get_language())

    def __str__(self) -> str:
        return f"{self.title_es} {self.number}"


class Acceptance(models.Model):
    """A customer's yes to one version: who said it, in which capacity, to which text, when and how. Never changed.

    `user` is null only for somebody without access who said it on the telephone.
    """

    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="acceptances")
    customer = models.ForeignKey("people.Customer", models.PROTECT, related_name="acceptances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    person_name = models.CharField(max_length=160)
    company_role = models.CharField(max_length=20)
    capacity = models.CharField(max_length=120)
    language = models.CharField(max_length=2)
    text_hash = models.CharField(max_length=64)
    how = models.CharField(max_length=12)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "customer"], name="acceptance_once"),
            models.CheckConstraint(condition=Q(how__in=list(HOW)), name="acceptance_how_known"),
            models.CheckConstraint(condition=Q(language__in=rules.LANGUAGES), name="acceptance_language_known"),
            models.CheckConstraint(condition=Q(text_hash__regex=r"^[0-9a-f]{64}$"), name="acceptance_hash"),
            models.CheckConstraint(
                condition=Q(how="portal", user__isnull=False, recorded_by__isnull=True)
                | Q(how="telephone", recorded_by__isnull=False),
                name="acceptance_read_by_staff",
            ),
        ]
        indexes = [models.Index(fields=["customer", "-accepted_at"], name="acceptance_by_customer")]

    @property
    def subject(self) -> str:
        return f"agreement-acceptance:{self.pk}"

    @property
    def how_shown(self) -> str:
        return str(HOW[self.how])
