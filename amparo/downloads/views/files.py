"""Giving out files: a click makes a right, the right's address gives the bytes. ACC-3, UPD-2, SEC-11, SEC-25, SEC-26."""

from __future__ import annotations

import os
from functools import partial

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe

from amparo.downloads import access, commands, queries
from amparo.downloads.commands import disk, granting
from amparo.downloads.models import Artifact
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.kernel.ranges import SANDBOX, disposition, respond
from amparo.ui.views import signed_in


def _artifact(request: HttpRequest, artifact_id: int) -> Artifact:
    seen = access.visible_to(request.actor, at=request.now)
    found = Artifact.objects.select_related("publication__release__product").filter(publication__in=seen)
    return get_object_or_404(found, pk=artifact_id)


@require_POST
@signed_in
def take(request: HttpRequest, artifact_id: int) -> HttpResponse:
    """Give the person a right to the file and send the browser to it. The link works where he is signed in. UPD-1."""
    artifact = _artifact(request, artifact_id)
    _grant, token = commands.grant(artifact, actor=request.actor, at=request.now)
    return redirect(granting.address(token, artifact))


@require_POST
@signed_in
def link(request: HttpRequest, artifact_id: int) -> HttpResponse:
    """Make a link for a program that downloads, shown this once; it works from few places and for some days."""
    artifact = _artifact(request, artifact_id)
    made, token = commands.grant(artifact, how="link", actor=request.actor, at=request.now)
    page = {"artifact": artifact, "grant": made, "address": settings.PUBLIC_URL + granting.address(token, artifact)}
    return render(request, "downloads/portal/link.html", page)


@require_safe
def give(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Give out the bytes of a right, whole or the range that is asked for; the right is asked again each time. SEC-11, SEC-25."""
    grant = commands.open_grant(token[:80], address=request.META.get("REMOTE_ADDR", ""), actor=request.actor, at=request.now)
    artifact = grant.artifact
    path = disk.path_of(artifact.sha256)
    if not path.exists():
        raise Http404
    prefix = getattr(settings, "DOWNLOADS_ACCEL_PREFIX", os.environ.get("AMPARO_ACCEL_DOWNLOADS", "")).rstrip("/")
    accel = f"{prefix}/{artifact.sha256[:2]}/{artifact.sha256[2:4]}/{artifact.sha256}" if prefix else ""
    answer = respond(request, path, tag=artifact.sha256, size=artifact.size, accel=accel, sent=partial(_sent, grant.pk))
    answer["Content-Type"] = "application/octet-stream"
    answer["Content-Disposition"] = disposition(artifact.name, inline=False)
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _sent(grant_id: int, first: int, end: int) -> None:
    if end > first:
        commands.note_sent(grant_id, first, end, actor=SYSTEM, at=clock.now())


@require_safe
def checksum(request: HttpRequest, artifact_id: int) -> HttpResponse:
    """The line that was signed, as `sha256sum --check` reads it. UPD-2."""
    artifact = _artifact(request, artifact_id)
    return _small(request, queries.checksum_of(artifact), f"{artifact.name}.sha256", artifact)


@require_safe
def signature(request: HttpRequest, artifact_id: int) -> HttpResponse:
    """The signature of that line, 64 octets, as `openssl pkeyutl -verify` reads it. UPD-2."""
    artifact = _artifact(request, artifact_id)
    return _small(request, bytes.fromhex(artifact.signature), f"{artifact.name}.sha256.sig", artifact)


def _small(request: HttpRequest, octets: bytes, name: str, artifact: Artifact) -> HttpResponse:
    answer = HttpResponse(octets, content_type="application/octet-stream")
    answer["Content-Disposition"] = disposition(name, inline=False)
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    if artifact.publication.audience == "visitor" and not request.actor.is_signed_in:
        patch_cache_control(answer, public=True, max_age=3600)
    else:
        answer["Cache-Control"] = "private, no-store"
    return answer
