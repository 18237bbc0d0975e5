"""Tables of videos: what is published, how its file is being converted, its captions and chapters, who watched how far."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from amparo.contracts.rules.audience import AUDIENCES

from .rules.media import Rendition
from .rules.webvtt import KINDS, Cue

STATES = ("draft", "published", "withdrawn")
JOB_STATES = ("waiting", "running", "done", "failed")
LANGUAGES = ("es", "en")


class Video(models.Model):
    """One video of the gallery. `media` is what the last good conversion made; the files lie in `folder`. SRC-3."""

    title = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    description_html = models.TextField(blank=True)
    theme = models.CharField(max_length=60, blank=True)
    product = models.ForeignKey("products.Product", models.PROTECT, null=True, blank=True, related_name="+")
    audience = models.CharField(max_length=12, default="visitor")
    language = models.CharField(max_length=5, default="es")
    state = models.CharField(max_length=12, default="draft")
    folder = models.CharField(max_length=32, blank=True)
    media = models.JSONField(default=dict)
    milliseconds = models.PositiveIntegerField(default=0)
    poster_second = models.PositiveIntegerField(default=3)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=64, null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="video_state_known"),
            models.CheckConstraint(condition=Q(audience__in=AUDIENCES), name="video_audience_known"),
            models.CheckConstraint(condition=Q(language__in=LANGUAGES), name="video_language_known"),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False, milliseconds__gt=0) & ~Q(folder=""),
                name="video_published_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="video_gallery", condition=Q(state="published")),
            models.Index(fields=["product", "-published_at"], name="video_by_product", condition=Q(state="published")),
        ]

    @property
    def subject(self) -> str:
        return f"video:{self.pk}"

    @property
    def seconds(self) -> int:
        return round(self.milliseconds / 1000)

    @property
    def is_published(self) -> bool:
        return self.state == "published"

    def rendition(self, name: str) -> Rendition | None:
        """Return the file behind a name in an address, None for a name that is not one of this video's."""
        found: dict[str, Any] | None = self.media.get(name)
        return Rendition(**found) if found else None

    @property
    def renditions(self) -> list[Rendition]:
        """The whole films, the largest first."""
        found = [Rendition(**one) for name, one in self.media.items() if name.endswith(".mp4")]
        return sorted(found, key=lambda one: -one.height)

    def __str__(self) -> str:
        return self.title


class Conversion(models.Model):
    """One upload on its way to renditions. At most one runs at a time; whoever works on it leaves signs of life."""

    video = models.ForeignKey(Video, models.PROTECT, related_name="conversions")
    folder = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=150)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    state = models.CharField(max_length=8, default="waiting")
    step = models.CharField(max_length=20, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=JOB_STATES), name="conversion_state_known"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="conversion_percent"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="conversion_hash"),
            models.UniqueConstraint(fields=["video"], condition=Q(state__in=["waiting", "running"]), name="conversion_one_open"),
        ]
        indexes = [models.Index(fields=["created_at"], name="conversion_open", condition=Q(state__in=["waiting", "running"]))]

    @property
    def is_open(self) -> bool:
        return self.state in ("waiting", "running")


class Upload(models.Model):
    """A file that an editor is sending, piece by piece; it can be gone on with until it expires. SRC-3, SEC-27.

    `ends_at` is moved on by each piece. When all of it is there (`received_at`) it becomes a conversion.
    """

    public_id = models.CharField(max_length=22, unique=True)
    video = models.ForeignKey(Video, models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=150)
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(offset__gte=0, offset__lte=F("size")), name="video_upload_within_its_size")]
        indexes = [models.Index(fields=["ends_at"], name="video_upload_by_end")]


class Track(models.Model):
    """Captions or chapters in one language: cues of plain text, as parsed; what is served is written anew from them. SEC-21."""

    video = models.ForeignKey(Video, models.PROTECT, related_name="tracks")
    kind = models.CharField(max_length=10)
    language = models.CharField(max_length=5)
    cues = models.JSONField(default=list)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "language"]
        constraints = [
            models.UniqueConstraint(fields=["video", "kind", "language"], name="track_once"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="track_kind_known"),
            models.CheckConstraint(condition=Q(language__in=LANGUAGES), name="track_language_known"),
        ]

    @property
    def parsed(self) -> list[Cue]:
        return [Cue(*one) for one in self.cues]


class Watched(models.Model):
    """How far a person watched a video, so that it goes on there. The reader's own; nobody else is shown it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    video = models.ForeignKey(Video, models.CASCADE, related_name="+")
    second = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "video"], name="watched_once")]
