"""What opens by itself when somebody calls: the caller's card on the screen of whose telephone rings. TEL-1, TEL-2."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amparo.live import access as live_access
from amparo.live import commands as live
from amparo.live import queries as calls
from amparo.ui.views import staff_only

from .. import forms, phone
from .phone import ROLES

REFUSED_SHOWN = timedelta(minutes=2)  # after that it stands on the page of calls alone


@require_GET
@staff_only(*ROLES)
def ring(request: HttpRequest) -> HttpResponse:
    """The region at the side of every page of the desk: who calls me now, with everything at once; nothing while nobody does."""
    rings = calls.on_screen(request.actor)
    has_line = bool(rings) or live_access.own_lines(request.actor).exists()
    context = {
        "rings": rings, "has_line": has_line, "announcement": calls.announcement(request.now) if rings else "",
        "sights": {one.id: phone.glance(one.customer_id, request.actor, at=request.now) for one in rings[:2] if one.customer_id},
        "choices": {one.id: calls.candidates(one.number) for one in rings if one.matches > 1 and not one.customer_id},
        "refused": [] if rings else calls.refused_dials(request.actor, since=request.now - REFUSED_SHOWN, by_exchange=True, limit=1),
    }  # fmt: skip
    return render(request, "web/desk/_ring.html", context)


@require_GET
@staff_only(*ROLES)
def unknown(request: HttpRequest, line_id: int) -> HttpResponse:
    """A caller whom nobody knows, whom several may be, or who withholds the number: find, choose, register, pass on. TEL-2."""
    one = calls.one_on_screen(line_id, request.actor)
    if one is None:
        raise Http404
    if one.customer_id and not request.htmx:
        return redirect("desk_web:caller", one.customer_id)
    words = request.GET.get("q", "")[:80]
    context = {
        "ring": one, "words": words, "found": phone.search(words, request.actor) if len(words.strip()) > 1 else [],
        "choices": calls.candidates(one.number) if one.matches > 1 else [], "lead": forms.Lead(), "end_form": forms.EndCall(),
        "call": next((row for row in calls.open_calls(request.actor) if row["line_id"] == one.id), None), "start": forms.StartCall(),
    }  # fmt: skip
    return render(request, "web/desk/_ring_callers.html" if request.htmx else "web/desk/unknown.html", context)


@require_POST
@staff_only(*ROLES)
def lead(request: HttpRequest, call_id: int) -> HttpResponse:
    """Tell sales what the caller wants, while the call goes on. TEL-2."""
    call = get_object_or_404(live_access.visible_to(request.actor), pk=call_id)
    form = forms.Lead(request.POST)
    if form.is_valid():
        live.pass_on_to_sales(call, **form.cleaned_data, actor=request.actor, at=request.now)
        messages.success(request, _("Sales was told."))
    else:
        messages.error(request, _("Write what was asked for."))
    return redirect("desk_web:caller", call.customer_id) if call.customer_id else redirect("desk_web:phone")
