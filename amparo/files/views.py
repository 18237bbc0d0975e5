"""Taking files in and giving them out: every byte through a check of rights. SEC-25 to SEC-27."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from amparo.kernel.ranges import SANDBOX, disposition, respond
from amparo.kernel.refusals import Refusal
from amparo.kernel.uploads import Limited
from amparo.ui.views import signed_in

from . import access, commands, queries
from .commands import disk
from .commands.storing import MEGABYTE, check_quota, megabytes_for
from .models import StoredFile
from .rules import UNKNOWN

OVERHEAD_OCTETS = 100_000
Kept = Callable[[HttpRequest, "Limited", str], HttpResponse]


@csrf_exempt  # the body must not be read before the right is asked; what keeps the file checks the token
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take one file of a person who is signed in; refuse everybody else before a byte is stored. SEC-27."""
    return receive(request, _guarded_keep)


def receive(request: HttpRequest, kept: Kept) -> HttpResponse:
    """Take one file of whoever acts in the request: right, quota and announced size are judged before the body is read. SEC-27.

    `kept` then keeps it: `keep`, behind whatever guards forms where the request comes from.
    """
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    if not access.may_upload(actor):
        return _no(_("Sign in to attach files."), 401 if not actor.is_signed_in else 403)
    megabytes = megabytes_for(actor, at=now)
    too_large = _("The file is larger than %(size)s MB. Make it smaller, or send it in parts.") % {"size": megabytes}
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return _no(_("The upload was cut off. Try again."), 400)
    if length > megabytes * MEGABYTE + OVERHEAD_OCTETS:
        return _no(too_large, 413)
    try:
        check_quota(actor=actor, at=now)
    except Refusal as refusal:
        return _no(str(refusal), refusal.status)
    limited = Limited(request, megabytes * MEGABYTE)
    request.upload_handlers = [limited]
    return kept(request, limited, too_large)


def keep(request: HttpRequest, limited: Limited, too_large: str) -> HttpResponse:
    """Read the body and keep its file as a draft; what is refused is said in words."""
    file = request.FILES.get("file")
    if limited.stopped:
        return _no(too_large, 413)
    if file is None:
        return _no(_("No file came. Choose it again."), 400)
    try:
        stored = commands.store(
            file, draft_key=request.POST.get("draft_key", ""), actor=request.actor, at=request.now,  # type: ignore[attr-defined]
        )  # fmt: skip
    except Refusal as refusal:
        return _no(str(refusal), refusal.status)
    return JsonResponse(shown(stored), status=201)


_guarded_keep = csrf_protect(keep)


def shown(file: StoredFile) -> dict[str, Any]:
    """What the page is told of a draft file."""
    return {"id": file.public_id, "name": file.name, "size": file.size, "url": file.url,
            "content_type": file.content_type, "is_inline": file.is_inline}  # fmt: skip


def _no(text: str, status: int) -> JsonResponse:
    return JsonResponse({"error": text}, status=status)


@require_POST
@signed_in
def discard(request: HttpRequest, public_id: str) -> HttpResponse:
    """Drop a draft file that its uploader does not want."""
    return drop(request, public_id)


def drop(request: HttpRequest, public_id: str) -> HttpResponse:
    """Drop a draft of whoever acts in the request."""
    file = queries.find(public_id)
    if file is None or not request.actor.owns(file.uploaded_by_id):  # type: ignore[attr-defined]
        raise Http404
    commands.discard(file, actor=request.actor, at=request.now)  # type: ignore[attr-defined]
    return HttpResponse(status=204)


@require_safe
def serve(request: HttpRequest, public_id: str, name: str) -> HttpResponseBase:
    """Give out a file to who may see what it belongs to; to everybody else it does not exist. ACC-11, SEC-25.

    A picture is shown as our own rendering, `?original` gives the bytes as they came to who may have them; all else is an attachment.
    """
    file = queries.find(public_id)
    if file is None or not access.may_read(request.actor, file):  # type: ignore[attr-defined]
        raise Http404
    wants_original = "original" in request.GET and access.may_read_original(request.actor, file)  # type: ignore[attr-defined]
    inline = file.is_inline and not wants_original
    sha256 = file.inline_sha256 if inline else file.sha256
    kind = file.inline_type if inline else file.content_type
    path = disk.path_of(sha256)
    if not path.exists():
        raise Http404
    accel = getattr(settings, "FILES_ACCEL_PREFIX", os.environ.get("AMPARO_ACCEL_PREFIX", ""))
    accel = f"{accel.rstrip('/')}/{sha256[:2]}/{sha256[2:4]}/{sha256}" if accel else ""
    answer = respond(request, path, tag=sha256, accel=accel)
    answer["Content-Type"] = "text/plain; charset=utf-8" if kind in ("text/plain", "text/csv") else kind or UNKNOWN
    answer["Content-Disposition"] = disposition(file.name, inline=inline)
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
