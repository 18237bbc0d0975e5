"""Writing: the preview and the draft, for customers and staff alike."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from amparo.kernel import markdown
from amparo.threads import access, commands
from amparo.threads.rules import place_parts
from amparo.ui.views import signed_in

PREVIEW_CHARACTERS_MAX = 60_000


@require_POST
@signed_in
def preview(request: HttpRequest) -> HttpResponse:
    """Return the safe HTML of a Markdown text, as it will be shown. SEC-21."""
    return HttpResponse(markdown.render(request.POST.get("body", "")[:PREVIEW_CHARACTERS_MAX]))


@require_POST
@signed_in
def draft(request: HttpRequest, place: str) -> HttpResponse:
    """Keep what the person has written at a place that they may see; what they may not see does not exist."""
    parts = place_parts(place)
    if parts is None:
        raise Http404
    kind, number = parts
    if number is not None and not access.visible_to(request.actor).filter(kind=kind, number=number).exists():
        raise Http404
    commands.save_draft(
        place, body=request.POST.get("body", ""), kind=request.POST.get("kind", "reply"),
        title=request.POST.get("title", ""), has_files=bool(request.POST.getlist("files")), actor=request.actor, at=request.now,
    )  # fmt: skip
    return HttpResponse(status=204)
