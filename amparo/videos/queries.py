"""Reads of videos, shaped for pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.kernel.refusals import Invalid
from amparo.products.models import Product

from . import access
from .models import Conversion, Track, Upload, Video, Watched
from .rules import webvtt

PAGE_SIZE = 24
_CARD = ("pk", "title", "theme", "product_id", "product__name", "milliseconds", "published_at", "language", "folder", "audience", "description")


@dataclass(frozen=True, slots=True)
class Chosen:
    """How the gallery is narrowed: by product, theme and language."""

    product_id: int | None = None
    theme: str = ""
    language: str = ""

    @property
    def query(self) -> dict[str, Any]:
        named = {"product": self.product_id, "theme": self.theme, "language": self.language}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Facets:
    """What the gallery can be narrowed by, for this reader: a product or theme without anything to see is not named."""

    products: list[tuple[int, str]]
    themes: list[str]


def gallery(videos: QuerySet[Video], chosen: Chosen, *, after: str = "") -> Page[dict[str, Any]]:
    """Return a page of what a reader may see, newest first, in one statement. SRC-3."""
    if chosen.product_id:
        videos = videos.filter(product_id=chosen.product_id)
    if chosen.theme:
        videos = videos.filter(theme=chosen.theme)
    if chosen.language:
        videos = videos.filter(language=chosen.language)
    if place := unmark(after, 2):
        moment, number = _moment(place[0]), place[1]
        if moment is None or not isinstance(number, int):
            raise Invalid(field="after")
        videos = videos.filter(Q(published_at__lt=moment) | Q(published_at=moment, pk__lt=number))
    rows = list(videos.order_by("-published_at", "-pk").values(*_CARD)[: PAGE_SIZE + 1])
    for row in rows:
        row["length"] = webvtt.short_clock(round(row["milliseconds"] / 1000))
    return page_of(rows, PAGE_SIZE, lambda row: (row["published_at"], row["pk"]))


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def facets(videos: QuerySet[Video]) -> Facets:
    """Return the products and themes of what a reader may see, in one statement. ACC-11."""
    rows = list(videos.order_by().values_list("product_id", "product__name", "theme").distinct())
    products = sorted({(number, name) for number, name, _theme in rows if number}, key=lambda one: one[1].lower())
    return Facets(products, sorted({theme for *_product, theme in rows if theme}, key=str.lower))


@dataclass(frozen=True, slots=True)
class Watching:
    """A video as its page shows it: captions and chapters by language, the transcript in its own one."""

    video: Video
    captions: list[tuple[str, int]]
    chapters: list[webvtt.Cue]
    chapter_tracks: list[tuple[str, int]]
    transcript: list[webvtt.Cue]
    second: int


def watching(video: Video, *, language: str, second: int) -> Watching:
    """Return what the page of a video shows, in one statement; `second` is where it begins. SRC-3.

    Chapters and transcript come in the reader's language where there are any, else in the video's own.
    """
    tracks = list(Track.objects.filter(video=video))
    by_kind = {kind: {one.language: one for one in tracks if one.kind == kind} for kind in webvtt.KINDS}
    said, heads = (by_kind[kind].get(language) or by_kind[kind].get(video.language) for kind in webvtt.KINDS)
    return Watching(
        video, _versions(by_kind["captions"], language), heads.parsed if heads else [], _versions(by_kind["chapters"], language),
        said.parsed if said else [], second if 0 < second < video.seconds else 0,
    )  # fmt: skip


def _versions(tracks: dict[str, Track], language: str) -> list[tuple[str, int]]:
    """(language, a number that changes with the text), the reader's first: the first one is shown."""
    found = [(one.language, int(one.changed_at.timestamp())) for one in tracks.values()]
    return sorted(found, key=lambda one: (one[0] != language, one[0]))


def place_of(video: Video, actor: Actor) -> int:
    """Return where a signed-in reader stopped watching, 0 at the beginning. No statement for visitors."""
    if actor.user_id is None:
        return 0
    return Watched.objects.filter(user_id=actor.user_id, video=video).values_list("second", flat=True).first() or 0


def track(video: Video, kind: str, language: str) -> Track | None:
    return Track.objects.filter(video=video, kind=kind, language=language).first()


def desk_list(actor: Actor, *, state: str = "", words: str = "") -> list[Video]:
    """Return the videos of the desk with how the last upload of each stands, the last touched first; at most 200."""
    last = Conversion.objects.filter(video=OuterRef("pk")).order_by("-pk")
    videos = access.on_desk(actor).select_related("product").annotate(
        job_state=Subquery(last.values("state")[:1]), job_percent=Subquery(last.values("percent")[:1]),
        captions=Count("tracks", filter=Q(tracks__kind="captions")), chapters=Count("tracks", filter=Q(tracks__kind="chapters")),
    )  # fmt: skip
    if state:
        videos = videos.filter(state=state)
    if words:
        videos = videos.filter(Q(title__icontains=words) | Q(theme__icontains=words))
    return list(videos.order_by(F("changed_at").desc(), "-pk")[:200])


def last_conversion(video: Video) -> Conversion | None:
    return Conversion.objects.filter(video=video).select_related("created_by").order_by("-pk").first()


def uploads_of(video: Video) -> list[Upload]:
    """Return the uploads that are not finished."""
    return list(video.uploads.filter(received_at__isnull=True).select_related("uploaded_by").order_by("-created_at")[:5])


def ahead_of(job: Conversion) -> int:
    """Return how many conversions are to be done before this one."""
    return Conversion.objects.filter(state__in=["waiting", "running"], pk__lt=job.pk).count()


def tracks_of(video: Video) -> list[Track]:
    return list(Track.objects.filter(video=video))


def products(video: Video | None = None) -> list[tuple[int, str]]:
    """Return the products that a video can be about: those that are kept up, and its own also when that no longer is."""
    own = Q(pk=video.product_id) if video is not None and video.product_id else Q()
    return list(Product.objects.filter(Q(is_active=True) | own).order_by("name").values_list("pk", "name"))


def sitemap(at: datetime) -> Iterator[tuple[str, datetime]]:
    """Give the addresses that anybody may open, with when each changed. ACC-1."""
    newest: datetime | None = None
    for number, changed_at in access.open_to_all().order_by("-pk").values_list("pk", "changed_at")[:20_000]:
        newest = max(newest, changed_at) if newest else changed_at
        yield reverse("videos:video", args=[number]), changed_at
    if newest:
        yield reverse("videos:gallery"), newest


__all__ = [
    "Chosen", "Facets", "Watching", "ahead_of", "desk_list", "facets", "gallery", "last_conversion", "place_of", "products", "sitemap", "track",
    "tracks_of", "uploads_of", "watching",
]  # fmt: skip
