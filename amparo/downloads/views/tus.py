"""Uploads that can be gone on with: tus 1.0 (creation, termination, expiration) for the staff who keep releases. UPD-2, SEC-27."""

from __future__ import annotations

import base64
import binascii
from email.utils import format_datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from amparo.downloads import access, commands
from amparo.downloads.commands import disk
from amparo.downloads.commands.uploads import Described
from amparo.downloads.models import Publication, Upload
from amparo.kernel.refusals import Refusal
from amparo.policies.queries import value
from amparo.ui.views import staff_only

VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"


def _marked(answer: HttpResponse) -> HttpResponse:
    answer["Tus-Resumable"] = VERSION
    answer["Cache-Control"] = "no-store"
    return answer


def _no(text: str, status: int) -> HttpResponse:
    return _marked(HttpResponse(text, status=status, content_type="text/plain; charset=utf-8"))


def _number(request: HttpRequest, header: str) -> int | None:
    text = request.headers.get(header, "")
    return int(text) if text.isdecimal() and len(text) < 16 else None


def _said(request: HttpRequest) -> dict[str, str]:
    """Return what the client says of the file: pairs of a name and base64, as tus has it."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "")[:4000].split(","):
        name, _sep, coded = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(coded, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            continue
    return found


@require_http_methods(["POST", "OPTIONS"])
@staff_only(*access.KEEPING)
def create(request: HttpRequest, release_id: int) -> HttpResponse:
    """Begin an upload; whatever cannot be taken is refused before a byte of it is stored."""
    if request.method == "OPTIONS":
        answer = _marked(HttpResponse(status=204))
        answer["Tus-Version"], answer["Tus-Extension"] = VERSION, "creation,termination,expiration"
        answer["Tus-Max-Size"] = str(value("downloads.upload_megabytes_max", at=request.now) * 1_000_000)
        return answer
    publication = get_object_or_404(Publication, release_id=release_id)
    if request.headers.get("Tus-Resumable") != VERSION:
        return _no("", 412)
    size, said = _number(request, "Upload-Length"), _said(request)
    if size is None or not said.get("filename"):
        return _no("", 400)
    described = Described(said.get("kind", ""), said.get("platform", ""), said.get("asks", ""), said.get("title", ""))
    try:
        upload = commands.begin_upload(publication, said["filename"], size, described, actor=request.actor, at=request.now)
    except Refusal as refusal:
        return _no(str(refusal), refusal.status)
    answer = _marked(HttpResponse(status=201))
    answer["Location"] = reverse("desk_downloads:upload", args=[upload.public_id])
    answer["Upload-Expires"] = format_datetime(upload.ends_at, usegmt=True)
    return answer


@require_http_methods(["HEAD", "PATCH", "DELETE"])
@staff_only(*access.KEEPING)
def piece(request: HttpRequest, public_id: str) -> HttpResponse:
    """Tell how much is here (HEAD), take the next piece (PATCH), drop it (DELETE). An upload is its sender's alone."""
    upload = Upload.objects.filter(public_id=public_id, uploaded_by_id=request.actor.user_id, refused_at__isnull=True).first()
    if upload is None:
        return _no("", 404)
    if request.headers.get("Tus-Resumable") != VERSION and request.method != "HEAD":
        return _no("", 412)
    if upload.received_at is None and request.now >= upload.ends_at:
        return _no("", 410)
    if request.method == "DELETE":
        commands.cancel_upload(upload, actor=request.actor, at=request.now)
        return _marked(HttpResponse(status=204))
    if request.method == "PATCH":
        offset = _number(request, "Upload-Offset")
        if request.content_type != PIECE_TYPE:
            return _no("", 415)
        if offset is None:
            return _no("", 400)
        try:
            upload = commands.append(upload, offset, request, actor=request.actor, at=request.now)
        except Refusal as refusal:
            return _no(str(refusal), refusal.status)
        return _told(upload, upload.offset, 204)
    here = upload.size
    if upload.received_at is None:
        try:
            here = disk.length(upload.public_id)
        except FileNotFoundError:
            return _no("", 404)
    return _told(upload, here, 200)


def _told(upload: Upload, here: int, status: int) -> HttpResponse:
    answer = _marked(HttpResponse(status=status))
    answer["Upload-Offset"], answer["Upload-Length"] = str(here), str(upload.size)
    answer["Upload-Expires"] = format_datetime(upload.ends_at, usegmt=True)
    return answer
