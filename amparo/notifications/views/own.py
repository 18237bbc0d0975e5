"""A person's own notices and choices: the same for staff and customers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amparo.ui.views import signed_in

from .. import commands, forms, queries


@require_GET
@signed_in
def notices(request: HttpRequest) -> HttpResponse:
    page = queries.notices(request.actor, request.GET.get("after", ""))
    template = "notifications/_list.html" if request.htmx else "notifications/notices.html"
    return render(request, template, {"page": page})


@require_GET
@signed_in
def badge(request: HttpRequest) -> HttpResponse:
    return render(request, "notifications/_badge.html", {"count": queries.unread_count(request.actor)})


@require_POST
@signed_in
def read(request: HttpRequest) -> HttpResponse:
    ids = [int(n) for n in request.POST.getlist("id") if n.isdecimal()] or None
    commands.mark_read(ids, actor=request.actor, at=request.now)
    return redirect("notifications:notices")


@signed_in
def choices(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        side = "staff" if request.actor.is_staff else "customer"
        commands.choose(forms.parse_choices(request.POST, side), actor=request.actor, at=request.now)
        messages.success(request, _("Your choices are kept."))
        return redirect("notifications:choices")
    return render(request, "notifications/choices.html", {"choices": queries.choices(request.actor)})
