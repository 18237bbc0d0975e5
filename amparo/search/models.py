"""Tables of search: documents and their parts, words of titles, synonyms, the log, and writing tasks."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from amparo.contracts.rules.audience import AUDIENCES

KIND_LABELS = {
    "article": _("Articles"), "video": _("Videos"), "release": _("Downloads"), "topic": _("Forum"), "post": _("News"),
    "course": _("Courses"),
}  # fmt: skip
KIND_ICONS = {
    "article": "file-text", "video": "player-play", "release": "download", "topic": "messages", "post": "news", "course": "school",
}  # fmt: skip
KINDS = tuple(KIND_LABELS)


class Document(models.Model):
    """Something that is published, as the index knows it: one row a subject, written by `commands.index` alone. SRC-2.

    The vectors (`heads` of title, codes, product and summary; `words` of all) are columns that the database makes out of
    the others. Besides words they hold marks of kind, audience, product and language, so that the index narrows by them.
    """

    subject = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=12)
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    codes = ArrayField(models.CharField(max_length=40), default=list)
    inner_codes = ArrayField(models.CharField(max_length=40), default=list)
    title_words = ArrayField(models.CharField(max_length=40), default=list)
    url = models.CharField(max_length=500)
    audience = models.CharField(max_length=12)
    product = models.ForeignKey("products.Product", models.CASCADE, null=True, related_name="+")
    product_name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=2, default="es")
    weight = models.SmallIntegerField(default=0)
    published_at = models.DateTimeField()
    body = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="document_kind_known"),
            models.CheckConstraint(condition=models.Q(audience__in=AUDIENCES), name="document_audience_known"),
        ]


class Part(models.Model):
    """A place inside a document where a search may land: for a video the second at which something is said."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="parts")
    key = models.CharField(max_length=40)
    position = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "key"], name="part_once")]


class Word(models.Model):
    """A step of how many titles hold a word, for one audience: what «did you mean» chooses from. Steps are only added."""

    word = models.CharField(max_length=40)
    plain = models.CharField(max_length=40)
    audience = models.CharField(max_length=12)
    product_id = models.BigIntegerField(null=True)
    step = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["word", "audience", "product_id"], name="word_by_word")]


class SynonymGroup(models.Model):
    """Words that mean the same to whoever searches, as they were written, and in their light form. SRC-2."""

    words = ArrayField(models.CharField(max_length=60))
    lights = ArrayField(models.TextField())
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()

    @property
    def subject(self) -> str:
        return f"synonyms:{self.pk}"


class Search(models.Model):
    """What somebody searched and what came of it; who it was nobody can tell. SRC-2, TKT-3.

    `who` is a hash that tells searchers apart within a month; `was_hidden` is true where something was found that this
    reader may not see. It is told to nobody but the report.
    """

    token = models.UUIDField(unique=True)
    at = models.DateTimeField()
    words = models.CharField(max_length=200)
    normal = models.CharField(max_length=200)
    who = models.CharField(max_length=32)
    place = models.CharField(max_length=12)
    kinds = models.CharField(max_length=80, blank=True)
    product_id = models.BigIntegerField(null=True)
    language = models.CharField(max_length=5, blank=True)
    results = models.PositiveIntegerField()
    was_hidden = models.BooleanField(default=False)
    clicked_position = models.PositiveSmallIntegerField(null=True)
    clicked_subject = models.CharField(max_length=60, blank=True)
    next_act = models.CharField(max_length=20, blank=True)
    next_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["who", "at"], name="search_by_who"),
            models.Index(fields=["at"], name="search_by_at"),
            models.Index(fields=["at", "normal"], name="search_not_found", condition=models.Q(results=0, was_hidden=False)),
        ]


class WritingTask(models.Model):
    """Something to write because people look for it and do not find it. SRC-1, SRC-2."""

    class State(models.TextChoices):
        OPEN = "open", _("To be written")
        TAKEN = "taken", _("Being written")
        DONE = "done", _("Written")
        DROPPED = "dropped", _("Not needed")

    words = models.CharField(max_length=200)
    normal = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    searches = models.PositiveIntegerField(default=0)
    searchers = models.PositiveIntegerField(default=0)
    tickets = models.PositiveIntegerField(default=0)
    written = models.CharField(max_length=60, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["normal"], condition=models.Q(state__in=("open", "taken")), name="writing_task_once_open"),
            models.CheckConstraint(condition=models.Q(state__in=("open", "taken", "done", "dropped")), name="writing_task_state_known"),
        ]

    @property
    def subject(self) -> str:
        return f"writing:{self.pk}"
