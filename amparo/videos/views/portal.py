"""The gallery, the page of a video, and its bytes: each through the one visibility rule. SRC-3, ACC-1, SEC-25."""

from __future__ import annotations

import os

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from amparo.kernel import markdown
from amparo.kernel.ranges import SANDBOX, respond
from amparo.ui.views import signed_in
from amparo.videos import access, commands, queries, words
from amparo.videos.commands import disk
from amparo.videos.models import LANGUAGES
from amparo.videos.rules import webvtt

TYPES = {"mp4": "video/mp4", "m4s": "video/mp4", "m3u8": "application/vnd.apple.mpegurl", "jpg": "image/jpeg"}


def tongue() -> str:
    return (translation.get_language() or "es").split("-")[0]


def _second(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def chosen(request: HttpRequest) -> queries.Chosen:
    product, language = request.GET.get("product", ""), request.GET.get("language", "")
    return queries.Chosen(
        int(product) if product.isdecimal() and len(product) < 15 else None, request.GET.get("theme", "")[:60], language if language in LANGUAGES else ""
    )


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """The videos that the reader may see, by product and theme. SRC-3."""
    visible = access.visible_to(request.actor, at=request.now)
    narrowed = chosen(request)
    page = queries.gallery(visible, narrowed, after=request.GET.get("after", ""))
    context = {
        "page": page, "facets": queries.facets(visible), "chosen": narrowed, "query": urlencode(narrowed.query), "says": words,
        "tongue": tongue(),
    }  # fmt: skip
    return render(request, "videos/portal/gallery.html", context)


@require_safe
def video(request: HttpRequest, video_id: int) -> HttpResponse:
    """A video with its player, chapters and transcript; `?t=83` begins there, else where the reader stopped. SRC-3."""
    actor = request.actor
    found = get_object_or_404(access.visible_to(actor, at=request.now).select_related("product"), pk=video_id)
    asked = _second(request.GET.get("t", ""))
    shown = queries.watching(found, language=tongue(), second=asked or queries.place_of(found, actor))
    context = {
        "shown": shown, "video": found, "says": words, "asked": bool(asked), "clock": webvtt.short_clock, "tongue": tongue(),
        "summary": markdown.excerpt(found.description, 200), "transcript": " ".join(cue.text for cue in shown.transcript)[:5000],
        "marks": [(cue.text, cue.second, cue.end // 1000) for cue in shown.chapters],
    }  # fmt: skip
    return render(request, "videos/portal/video.html", context)


@require_safe
def media(request: HttpRequest, video_id: int, name: str) -> HttpResponseBase:
    """Give out one file of a video to who may see it; to everybody else it does not exist. SEC-25, SEC-26."""
    found = get_object_or_404(access.may_play(request.actor, at=request.now), pk=video_id)
    rendition = found.rendition(name)
    if rendition is None:
        raise Http404
    path = disk.path_of(found.pk, found.folder, rendition.name)
    if not path.exists():
        raise Http404
    prefix = getattr(settings, "FILES_ACCEL_PREFIX", os.environ.get("AMPARO_ACCEL_PREFIX", ""))
    accel = f"{prefix.rstrip('/')}/{disk.accel_path(found.pk, found.folder, rendition.name)}" if prefix else ""
    answer = respond(request, path, tag=rendition.sha256, size=rendition.size, accel=accel)
    answer["Content-Type"] = TYPES[name.rpartition(".")[2]]
    return _kept(request, answer)


@require_safe
def track(request: HttpRequest, video_id: int, kind: str, language: str) -> HttpResponseBase:
    """Give out captions or chapters, written anew from plain cues. SEC-21."""
    found = get_object_or_404(access.may_play(request.actor, at=request.now), pk=video_id)
    cues = queries.track(found, kind, language)
    if cues is None:
        raise Http404
    return _kept(request, HttpResponse(webvtt.written(cues.parsed), content_type="text/vtt; charset=utf-8"))


def _kept(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """What anybody may see may be kept for a while; what a session opened is kept by nobody. SEC-12."""
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store" if request.actor.is_signed_in else "public, max-age=600"
    patch_vary_headers(answer, ("Cookie",))  # type: ignore[arg-type]
    return answer


@require_POST
@signed_in
def keep_place(request: HttpRequest, video_id: int) -> HttpResponse:
    """Keep where a signed-in reader stands."""
    found = get_object_or_404(access.visible_to(request.actor, at=request.now), pk=video_id)
    commands.keep_place(found, _second(request.POST.get("second", "")), actor=request.actor, at=request.now)
    return HttpResponse(status=204)
