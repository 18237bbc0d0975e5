"""Tables of the knowledge base."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from amparo.editor.models import AUDIENCE_LABELS, LANGUAGE_LABELS, Edited

from . import rules
from .machine import KINDS, REVIEW_DAYS

KIND_LABELS = {
    "article": _("Article"),
    "document": _("Technical document"),
    "guide": _("Step-by-step guide"),
    "troubleshooting": _("Troubleshooting guide"),
    "problem": _("Known problem"),
    "question": _("Frequent question"),
    "help": _("Help of a version"),
}
PART_LABELS = {
    "intro": _("Introduction"),
    "symptom": _("Symptom"),
    "cause": _("Cause"),
    "solution": pgettext_lazy("of a problem", "Solution"),
    "steps": _("Steps"),
}
REVIEW_LABELS = {90: _("Every 3 months"), 180: _("Every 6 months"), 365: _("Every year"), 0: _("Never")}


class Theme(models.Model):
    """What an article is about, across products: invoicing, printing, cash register."""

    name_es = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60, blank=True)
    slug = models.SlugField(max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name_es", "id"]

    def name_in(self, language: str) -> str:
        return self.name_en if language.startswith("en") and self.name_en else self.name_es

    def __str__(self) -> str:
        return self.name_es


class Article(Edited):
    """An article: its row is what is published. `rendered` is the safe HTML of its parts, made once when it goes live. SRC-2."""

    title = models.CharField(_("title"), max_length=200, help_text=_("As somebody with the problem would say it."))
    kind = models.CharField(_("kind"), max_length=20, default="article", choices=list(KIND_LABELS.items()))
    theme = models.ForeignKey(Theme, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("theme"))
    from_release = models.ForeignKey(
        "products.Release", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("first version that it is about")
    )
    to_release = models.ForeignKey(
        "products.Release", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("last version that it is about")
    )
    codes = models.CharField(
        _("error codes"), max_length=600, blank=True, help_text=_("Exactly as the program shows them, separated by commas.")
    )
    summary = models.TextField(_("summary"), blank=True, max_length=500, help_text=_("One or two sentences, for lists and searches."))
    intro = models.TextField(_("introduction"), blank=True, max_length=40_000)
    symptom = models.TextField(_("symptom"), blank=True, max_length=20_000)
    cause = models.TextField(_("cause"), blank=True, max_length=20_000)
    solution = models.TextField(_("solution"), blank=True, max_length=40_000)
    steps = models.TextField(_("steps"), blank=True, max_length=40_000)
    sources = models.TextField(
        _("sources of other makers"), blank=True, max_length=4_000,
        help_text=_("One a line: title, a bar, address. What others publish is linked, never copied."),
    )  # fmt: skip
    review_days = models.PositiveSmallIntegerField(_("to be reviewed"), default=180, choices=[(n, REVIEW_LABELS[n]) for n in REVIEW_DAYS])

    slug = models.SlugField(max_length=80, blank=True, editable=False)
    rendered = models.JSONField(default=list, editable=False)
    updated_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    review_on = models.DateField(null=True, editable=False)
    reviewed_at = models.DateTimeField(null=True, editable=False)
    # The version it was written for, since a new major one became current; "" once it was read again.
    written_for = models.CharField(max_length=60, blank=True, default="", db_default="", editable=False)
    review_told_for = models.DateField(null=True, editable=False)
    source = models.CharField(max_length=60, blank=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(null=True, editable=False)
    key = models.CharField(max_length=80, null=True, unique=True, editable=False)

    KEPT = (
        "slug", "rendered", "updated_at", "version", "review_on", "reviewed_at", "written_for", "review_told_for", "source",
        "created_by_id", "created_at", "key",
    )  # fmt: skip
    published_hook = "amparo.knowledge.commands.publish_done"
    unpublished_hook = "amparo.knowledge.commands.unpublish_done"
    preview_view = "amparo.knowledge.views.preview.article"

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="article_kind_known"),
            models.CheckConstraint(condition=Q(audience__in=list(AUDIENCE_LABELS)), name="article_audience_known"),
            models.CheckConstraint(condition=Q(language__in=list(LANGUAGE_LABELS)), name="article_language_known"),
            models.UniqueConstraint(
                fields=["translation_group", "language"], condition=Q(live=True), name="article_one_a_language"
            ),
        ]
        indexes = [
            models.Index(fields=["product", "theme"], condition=Q(live=True), name="article_by_product"),
            models.Index(fields=["review_on"], condition=Q(live=True), name="article_by_review"),
            models.Index(fields=["owner"], name="article_by_owner"),
            models.Index(fields=["owner"], condition=Q(live=True) & ~Q(written_for=""), name="article_outgrown"),
        ]

    @property
    def subject(self) -> str:
        return f"article:{self.pk}"

    @property
    def address_slug(self) -> str:
        """What follows the number in its address; the number alone finds it."""
        return self.slug or slugify(self.title)[:80] or "articulo"

    def clean(self) -> None:
        """What an editor can be told before it is published. SRC-2, SRC-5."""
        super().clean()
        wrong: dict[str, Any] = {}
        releases = [one for one in (self.from_release, self.to_release) if one is not None]
        if any(one.product_id != self.product_id for one in releases):
            wrong["from_release"] = _("The versions belong to another product.")
        elif len(releases) == 2 and not rules.in_order(releases[0].version, releases[1].version):
            wrong["to_release"] = _("The last version comes before the first.")
        if bad := rules.bad_codes(self.codes):
            wrong["codes"] = _("This is no error code: %(code)s") % {"code": bad[0]}
        elif taken := self._taken_code():
            wrong["codes"] = _("%(code)s belongs to the article «%(title)s» already.") % taken
        if bad := rules.bad_sources(self.sources):
            wrong["sources"] = _("Give a title, a bar and an address that begins with https:// in this line: %(line)s") % {"line": bad[0]}
        if wrong:
            raise ValidationError(wrong)

    def _taken_code(self) -> dict[str, str] | None:
        normal = [rules.normal_code(one) for one in rules.split_codes(self.codes)]
        other = Code.objects.filter(normal__in=normal, language=self.language).exclude(article_id=self.pk)
        found = other.select_related("article").first() if normal else None
        return {"code": found.shown, "title": found.article.title} if found else None

    def __str__(self) -> str:
        return self.title


class Relation(models.Model):
    """An article that is worth reading with another one."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="relations")
    other = models.ForeignKey(Article, models.CASCADE, related_name="related_from")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "other"], name="relation_once"),
            models.CheckConstraint(condition=~Q(article=models.F("other")), name="relation_is_with_another"),
        ]


class Code(models.Model):
    """An error code of a published article: what `/e/CODE` looks up. One article a code and language. SRC-2."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="error_codes")
    normal = models.CharField(max_length=40)
    shown = models.CharField(max_length=60)
    language = models.CharField(max_length=5)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["normal", "language"], name="error_code_once")]


class Attachment(models.Model):
    """A file that belongs to an article; who may read the article may have it."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="attachments")
    file = models.ForeignKey("files.StoredFile", models.PROTECT, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "file"], name="attachment_once")]


class Version(models.Model):
    """What was published, each time: never changed. What staff compare. SRC-2."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="article_version_once")]


class Vote(models.Model):
    """Whether an article was useful to a reader, and a private word to its owner. One a reader; anybody may. SRC-2."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="votes")
    reader = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    useful = models.BooleanField()
    word = models.TextField(blank=True, max_length=2_000)
    sought = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=0)
    address = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "reader"], name="vote_once")]
        indexes = [
            models.Index(fields=["address", "at"], name="vote_by_address"),
            models.Index(fields=["article", "at"], condition=~Q(word="") & Q(closed_at__isnull=True), name="vote_word_open"),
        ]


class Flag(models.Model):
    """Staff say that an article is wrong, until its owner says that it is put right or was not. SRC-2."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="flags")
    reason = models.TextField(max_length=2_000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True, max_length=2_000)

    class Meta:
        indexes = [models.Index(fields=["article"], condition=Q(closed_at__isnull=True), name="flag_open")]


class Answer(models.Model):
    """An answer that staff gave to a customer in writing, and how many articles it cites. SRC-1.

    Written by the reaction to the fact of the answer; what the report of public sources counts.
    """

    entry = models.OneToOneField("threads.Entry", models.PROTECT, related_name="+")
    thread_id = models.BigIntegerField()
    number = models.CharField(max_length=20)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    product = models.ForeignKey("products.Product", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    cites = models.PositiveSmallIntegerField(default=0)
    turned_into = models.ForeignKey(Article, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["at"], name="answer_by_time"), models.Index(fields=["thread_id"], name="answer_by_thread")]


class Citation(models.Model):
    """An article that something cites: an answer (`entry:12`), a topic, a call. SRC-1."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="citations")
    subject = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "subject"], name="citation_once")]
        indexes = [models.Index(fields=["subject"], name="citation_by_subject")]
