"""The table of posts."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from amparo.editor.models import AUDIENCE_LABELS, LANGUAGE_LABELS, Edited

from .rules import tags_of


class Post(Edited):
    """A piece of news: its row is what is published. `rendered` is its safe HTML, made once when it goes live. SRC-3."""

    title = models.CharField(_("title"), max_length=160)
    summary = models.TextField(_("summary"), max_length=400, help_text=_("One or two sentences, for lists, feeds and searches."))
    body = models.TextField(_("text"), max_length=60_000)
    tags = models.CharField(_("tags"), max_length=300, blank=True, help_text=_("Separated by commas, at most eight."))

    slug = models.SlugField(max_length=80, blank=True, editable=False)
    tag_slugs = ArrayField(models.CharField(max_length=40), default=list, editable=False)
    rendered = models.TextField(blank=True, editable=False)
    changed_at = models.DateTimeField(null=True, editable=False)
    author_name = models.CharField(max_length=120, blank=True, editable=False)
    cover = models.ForeignKey("files.StoredFile", models.PROTECT, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False, db_index=False)
    key = models.CharField(max_length=80, null=True, unique=True, editable=False)

    KEPT = ("slug", "tag_slugs", "rendered", "changed_at", "author_name", "cover_id", "created_at", "created_by_id", "key")
    published_hook = "amparo.blog.commands.publish_done"
    unpublished_hook = "amparo.blog.commands.unpublish_done"
    preview_view = "amparo.blog.views.preview.post"

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        constraints = [
            models.CheckConstraint(condition=Q(audience__in=list(AUDIENCE_LABELS)), name="post_audience_known"),
            models.CheckConstraint(condition=Q(language__in=list(LANGUAGE_LABELS)), name="post_language_known"),
            models.CheckConstraint(condition=Q(live=False) | Q(published_at__isnull=False) | Q(rendered=""), name="post_live_is_dated"),
            models.UniqueConstraint(fields=["translation_group", "language"], condition=Q(live=True), name="post_one_a_language"),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="post_newest", condition=Q(live=True)),
            models.Index(fields=["product", "-published_at"], name="post_by_product", condition=Q(live=True)),
            GinIndex(fields=["tag_slugs"], name="post_by_tag"),
        ]

    @property
    def subject(self) -> str:
        return f"post:{self.pk}"

    @property
    def address_slug(self) -> str:
        """What follows the number in its address; the number alone finds it."""
        return self.slug or slugify(self.title)[:80] or "noticia"

    @property
    def tag_list(self) -> list[tuple[str, str]]:
        return tags_of(self.tags)

    def __str__(self) -> str:
        return self.title
