"""Uploads that can be gone on with, for the editors of videos. SRC-3, SEC-27."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from amparo.kernel import tus
from amparo.policies.queries import value
from amparo.ui.views import staff_only
from amparo.videos import access, commands
from amparo.videos.commands import disk
from amparo.videos.commands.intake import MEGABYTE
from amparo.videos.models import Upload


@require_http_methods(["POST", "OPTIONS"])
@staff_only("editor")
def create(request: HttpRequest, video_id: int) -> HttpResponse:
    """Begin an upload; whatever cannot be taken is refused before a byte of it is stored."""
    if request.method == "OPTIONS":
        return tus.options(value("videos.megabytes_max", at=request.now) * MEGABYTE)
    video = get_object_or_404(access.on_desk(request.actor), pk=video_id)

    def begin(given: tus.Announced) -> tuple[str, Upload]:
        upload = commands.begin_upload(video, given.name, given.size, actor=request.actor, at=request.now)
        return reverse("desk_videos:piece", args=[upload.public_id]), upload

    return tus.create(request, begin)


@require_http_methods(["HEAD", "PATCH", "DELETE"])
@staff_only("editor")
def piece(request: HttpRequest, public_id: str) -> HttpResponse:
    """Tell how much is here, take the next piece, drop it. An upload is its sender's alone."""
    upload = Upload.objects.filter(public_id=public_id, uploaded_by_id=request.actor.user_id).select_related("video").first()
    return tus.piece(
        request, upload, length=lambda one: disk.growing().length(one.public_id),
        append=lambda one, offset: commands.append(one, offset, request, actor=request.actor, at=request.now),
        cancel=lambda one: commands.cancel_upload(one, actor=request.actor, at=request.now), now=request.now,
    )  # fmt: skip


@require_POST
@staff_only("editor")
def cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Drop an upload that is not finished."""
    upload = get_object_or_404(Upload, public_id=public_id)
    commands.cancel_upload(upload, actor=request.actor, at=request.now)
    return redirect("desk_videos:video", upload.video_id)
