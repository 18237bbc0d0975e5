"""Taking a case file away, and the keys that everybody may compare with. CAS-7, SEC-55."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from amparo.casefiles import access, commands, queries
from amparo.casefiles.commands.exports import path_of
from amparo.casefiles.errors import ExportOver, ExportTooLarge
from amparo.casefiles.models import Export
from amparo.casefiles.rules.archive import PIECE
from amparo.cases import access as cases
from amparo.kernel.actor import Actor
from amparo.ui.views import signed_in


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The published keys, for everybody: what a case file is compared with."""
    return render(request, "casefiles/portal/key.html", {"keys": queries.published()})


@require_safe
def key_pem(request: HttpRequest) -> HttpResponse:
    """The same keys as `amparo verify-case --key` and `openssl` take them."""
    return HttpResponse(queries.published_pem(), content_type="application/x-pem-file")


@require_POST
@signed_in
def order(request: HttpRequest, case_id: int) -> HttpResponse:
    """Make the file of a case: a small one is there at once, a big one tells how far it is. CAS-7."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    case = get_object_or_404(cases.visible_to(actor).select_related("thread", "customer"), pk=case_id)
    made = commands.order_export(
        case, key=request.POST.get("key", "")[:64] or uuid4().hex, language=actor.language,
        time_zone=str(request.zone), actor=actor, at=request.now,  # type: ignore[attr-defined]
    )  # fmt: skip
    name = "casefiles:download" if made.state == Export.State.READY else "casefiles:export"
    return redirect(name, made.public_id)


def _own(request: HttpRequest, public_id: str) -> Export:
    """Return the person's own export of a case that he may see now. SEC-11, SEC-55."""
    return get_object_or_404(access.visible_to(request.actor).select_related("case__thread"), public_id=public_id)  # type: ignore[attr-defined]


@require_safe
@signed_in
def export(request: HttpRequest, public_id: str) -> HttpResponse:
    """How far a case file is; when it is there, where it is fetched."""
    made = _own(request, public_id)
    staff = request.actor.is_staff  # type: ignore[attr-defined]
    page = {
        "export": made,
        "is_over": made.state == Export.State.OVER or made.expires_at <= request.now,  # type: ignore[attr-defined]
        "back": reverse("desk_cases:case" if staff else "cases:case", args=[made.case_id]),
        "layout": "ui/layouts/desk.html" if staff else "ui/layouts/portal.html",
    }
    region = "casefiles/_export.html" if getattr(request, "htmx", False) else "casefiles/export.html"
    return render(request, region, page)


@require_safe
@signed_in
def download(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give out a case file to who ordered it, while he may see the case and for a day. SEC-25, SEC-55.

    Raises ExportOver, ExportTooLarge.
    """
    made = _own(request, public_id)
    path = path_of(made)
    if made.state == Export.State.FAILED and made.error == "too large":
        raise ExportTooLarge(case=made.case_id)
    if made.state == Export.State.OVER or made.expires_at <= request.now or made.case.thread.purged_at:  # type: ignore[attr-defined]
        raise ExportOver(case=made.case_id)
    if made.state != Export.State.READY or not path.is_file():
        raise Http404
    answer = StreamingHttpResponse(() if request.method == "HEAD" else _pieces(path), content_type="application/zip")
    answer["Content-Length"] = str(path.stat().st_size)
    answer["Content-Disposition"] = f'attachment; filename="{made.case.number}.zip"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer  # type: ignore[return-value]


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
