"""Uploads that can be gone on with, for the staff who keep releases. UPD-2, SEC-27."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from amparo.downloads import access, commands
from amparo.downloads.commands import disk
from amparo.downloads.commands.uploads import MEGABYTE, Described
from amparo.downloads.models import Publication, Upload
from amparo.kernel import tus
from amparo.policies.queries import value
from amparo.ui.views import staff_only


@require_http_methods(["POST", "OPTIONS"])
@staff_only(*access.KEEPING)
def create(request: HttpRequest, release_id: int) -> HttpResponse:
    """Begin an upload; whatever cannot be taken is refused before a byte of it is stored."""
    if request.method == "OPTIONS":
        return tus.options(value("downloads.upload_megabytes_max", at=request.now) * MEGABYTE)
    publication = get_object_or_404(Publication, release_id=release_id)

    def begin(given: tus.Announced) -> tuple[str, Upload]:
        described = Described(*(given.said.get(name, "") for name in ("kind", "platform", "asks", "title")))
        upload = commands.begin_upload(publication, given.name, given.size, described, actor=request.actor, at=request.now)
        return reverse("desk_downloads:upload", args=[upload.public_id]), upload

    return tus.create(request, begin)


@require_http_methods(["HEAD", "PATCH", "DELETE"])
@staff_only(*access.KEEPING)
def piece(request: HttpRequest, public_id: str) -> HttpResponse:
    """Tell how much is here, take the next piece, drop it. An upload is its sender's alone."""
    upload = Upload.objects.filter(public_id=public_id, uploaded_by_id=request.actor.user_id, refused_at__isnull=True).first()
    return tus.piece(
        request, upload, length=lambda one: disk.growing().length(one.public_id),
        append=lambda one, offset: commands.append(one, offset, request, actor=request.actor, at=request.now),
        cancel=lambda one: commands.cancel_upload(one, actor=request.actor, at=request.now), now=request.now,
    )  # fmt: skip
