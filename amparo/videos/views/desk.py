"""Videos at the desk: the list, uploading with progress, the conversion as it goes, captions, publication. SRC-3."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.kernel.refusals import Invalid, Refusal
from amparo.kernel.uploads import Limited
from amparo.policies.queries import value
from amparo.ui.views import staff_only
from amparo.videos import access, commands, queries, words
from amparo.videos.commands import ffmpeg
from amparo.videos.commands.intake import MEGABYTE
from amparo.videos.errors import NothingToRepeat
from amparo.videos.forms import TrackForm, VideoForm
from amparo.videos.models import STATES, Video
from amparo.videos.rules import webvtt
from amparo.videos.rules.publishing import NEEDED, readiness

OVERHEAD_OCTETS = 100_000


def _loaded(request: HttpRequest, video_id: int) -> Video:
    return get_object_or_404(access.on_desk(request.actor).select_related("product"), pk=video_id)


def _beside(form: Any, wrong: Invalid) -> None:
    form.add_error(wrong.field if wrong.field in form.fields else None, str(wrong))


@require_safe
@staff_only()
def videos(request: HttpRequest) -> HttpResponse:
    """Every video, with how its last upload stands."""
    state, sought = request.GET.get("state", ""), request.GET.get("q", "")[:80]
    context = {
        "rows": queries.desk_list(request.actor, state=state if state in STATES else "", words=sought), "says": words, "state": state,
        "sought": sought, "may_edit": access.may_edit(request.actor), "can_convert": ffmpeg.is_there(), "clock": webvtt.short_clock,
    }  # fmt: skip
    return render(request, "videos/desk/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("editor")
def new(request: HttpRequest) -> HttpResponse:
    """Add a video; its file comes next."""
    form = VideoForm(request.POST or None, products=queries.products(), initial={"language": "es", "audience": "visitor", "poster_second": 3})
    if request.method == "POST" and form.is_valid():
        given = form.given()
        given.pop("poster_second", None)
        try:
            made = commands.add_video(given.pop("title"), key=request.POST.get("key", "")[:64] or None, **given, actor=request.actor, at=request.now)
        except Invalid as wrong:
            _beside(form, wrong)
        else:
            messages.success(request, _("The draft is kept. Now upload its file."))
            return redirect("desk_videos:video", made.pk)
    return render(request, "videos/desk/new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def video(request: HttpRequest, video_id: int) -> HttpResponse:
    """A video at the desk: what it lacks, its file, captions and chapters, what it says of itself."""
    found = _loaded(request, video_id)
    form = VideoForm(request.POST or None, products=queries.products(found), initial=VideoForm.initial_of(found))
    if request.method == "POST" and form.is_valid():
        try:
            kept = commands.retitle(found, given=form.given(), actor=request.actor, at=request.now)
            if kept.folder and kept.poster_second != found.poster_second:
                _new_cover(request, kept)
        except Invalid as wrong:
            _beside(form, wrong)
        else:
            messages.success(request, _("Kept."))
            return redirect("desk_videos:video", found.pk)
    return _page(request, found, form=form)


def _new_cover(request: HttpRequest, video: Video) -> None:
    """Take the cover anew; where another file is being converted just now, that one takes it."""
    with suppress(NothingToRepeat):
        commands.repeat_conversion(video, actor=request.actor, at=request.now)


def _page(request: HttpRequest, video: Video, *, form: VideoForm | None = None, track_form: TrackForm | None = None, refusal: Refusal | None = None) -> HttpResponse:
    tracks = queries.tracks_of(video)
    ready = readiness(
        has_media=bool(video.folder), description=video.description, language=video.language, tracks={(one.kind, one.language) for one in tracks}
    )
    form = form or VideoForm(products=queries.products(video), initial=VideoForm.initial_of(video))
    lacks = next((kind for kind in ("captions", "chapters") if kind in ready.missing), "captions")
    context = {
        "video": video, "form": form, "tracks": tracks, "ready": ready, "needed": NEEDED, "says": words, "refusal": refusal,
        "may_edit": access.may_edit(request.actor), "clock": webvtt.short_clock, "written": webvtt.written,
        "track_form": track_form or TrackForm(initial={"language": video.language, "kind": lacks}),
        "megabytes": value("videos.megabytes_max", at=request.now), **_state(video),
    }  # fmt: skip
    wrong = form.errors or (track_form is not None and track_form.errors) or refusal
    return render(request, "videos/desk/video.html", context, status=422 if wrong else 200)


def _state(video: Video) -> dict[str, Any]:
    job = queries.last_conversion(video)
    return {"job": job, "uploads": queries.uploads_of(video), "ahead": queries.ahead_of(job) if job and job.state == "waiting" else 0, "can_convert": ffmpeg.is_there(), "says": words}


@require_safe
@staff_only()
def work(request: HttpRequest, video_id: int) -> HttpResponse:
    """How the conversion goes, as a region that follows it."""
    found = _loaded(request, video_id)
    return render(request, "videos/desk/_work.html", {"video": found, "may_edit": access.may_edit(request.actor), **_state(found)})


@csrf_exempt  # the body must not be read before the right is asked; the inner view checks the token
@require_POST
@staff_only("editor")
def upload(request: HttpRequest, video_id: int) -> HttpResponse:
    """Take the file of a video from an editor; everybody else is refused before a byte is stored. SEC-27."""
    found = _loaded(request, video_id)
    octets_max = value("videos.megabytes_max", at=request.now) * MEGABYTE
    length = request.headers.get("Content-Length") or "0"
    if not length.isdecimal() or int(length[:18]) > octets_max + OVERHEAD_OCTETS:
        return _refused(request, found, _("The video is larger than %(size)s MB. Export it smaller, or cut it in parts.") % {"size": octets_max // MEGABYTE}, 413)
    limited = Limited(request, octets_max)
    request.upload_handlers = [limited]
    return _take(request, found, limited)


@csrf_protect
def _take(request: HttpRequest, video: Video, limited: Limited) -> HttpResponse:
    file = request.FILES.get("file")
    if limited.stopped:
        return _refused(request, video, _("The video is larger than %(size)s MB. Export it smaller, or cut it in parts.") % {"size": limited.octets_max // MEGABYTE}, 413)
    if file is None:
        return _refused(request, video, _("No file came. Choose it again."), 400)
    try:
        commands.take_source(video, file, actor=request.actor, at=request.now)
    except Refusal as refusal:
        return _refused(request, video, str(refusal), refusal.status)
    return JsonResponse({"ok": True}, status=201) if _by_script(request) else redirect("desk_videos:video", video.pk)


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _refused(request: HttpRequest, video: Video, text: str, status: int) -> HttpResponse:
    if _by_script(request):
        return JsonResponse({"error": text}, status=status)
    messages.error(request, text)
    return redirect("desk_videos:video", video.pk)


@require_POST
@staff_only("editor")
def again(request: HttpRequest, video_id: int) -> HttpResponse:
    """Try a conversion again that failed."""
    found = _loaded(request, video_id)
    commands.repeat_conversion(found, actor=request.actor, at=request.now)
    return redirect("desk_videos:video", found.pk)


@require_POST
@staff_only("editor")
def save_track(request: HttpRequest, video_id: int) -> HttpResponse:
    """Keep captions or chapters; what is no WebVTT is told with its line."""
    found = _loaded(request, video_id)
    form = TrackForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        try:
            commands.save_track(found, kind=data["kind"], language=data["language"], text=data["text"], actor=request.actor, at=request.now)
        except Invalid as wrong:
            _beside(form, wrong)
        else:
            messages.success(request, _("Kept: %(what)s, %(language)s.") % {"what": words.TRACKS[data["kind"]], "language": words.LANGUAGES[data["language"]]})
            return redirect("desk_videos:video", found.pk)
    return _page(request, found, track_form=form)


@require_POST
@staff_only("editor")
def drop_track(request: HttpRequest, video_id: int) -> HttpResponse:
    """Take captions or chapters away that a published video can do without."""
    found = _loaded(request, video_id)
    commands.drop_track(found, kind=request.POST.get("kind", ""), language=request.POST.get("language", ""), actor=request.actor, at=request.now)
    return redirect("desk_videos:video", found.pk)


@require_POST
@staff_only("editor")
def publish(request: HttpRequest, video_id: int) -> HttpResponse:
    """Show a video to its audience, or say what it lacks."""
    found = _loaded(request, video_id)
    commands.publish(found, actor=request.actor, at=request.now)
    messages.success(request, _("Published. It stands in the gallery and is found by what is said in it."))
    return redirect("desk_videos:video", found.pk)


@require_POST
@staff_only("editor")
def withdraw(request: HttpRequest, video_id: int) -> HttpResponse:
    """Show a video to nobody any more."""
    found = _loaded(request, video_id)
    commands.withdraw(found, actor=request.actor, at=request.now)
    messages.success(request, _("Withdrawn. Nobody sees it any more; nothing of it is lost."))
    return redirect("desk_videos:video", found.pk)
