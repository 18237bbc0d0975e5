"""Exchanges and lines, as an administrator sets them up. SEC-32, SEC-57."""

from __future__ import annotations

import asyncio

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.kernel.refusals import Invalid, Refusal
from amparo.live import access, commands, queries
from amparo.live.commands.exchanges import FIELDS
from amparo.live.forms import ExchangeForm, LineForm
from amparo.live.models import KINDS, Exchange
from amparo.people.rules import unseal
from amparo.ui import once
from amparo.ui.views import staff_only


@require_safe
@staff_only("administrator")
def exchanges(request: HttpRequest) -> HttpResponse:
    """Every exchange, and how each is."""
    rows = access.exchanges_visible_to(request.actor).prefetch_related("lines")
    return render(request, "live/desk/exchanges.html", {"rows": rows, "kinds": KINDS})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def add(request: HttpRequest) -> HttpResponse:
    """Set one up."""
    form = ExchangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, fresh = commands.add_exchange(form.given(), secret=form.cleaned_data["secret"], actor=request.actor, at=request.now)
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            if fresh:
                return once.show_at(request, "desk_live:exchange", made.pk, fresh)
            return redirect("desk_live:exchange", made.pk)
    return render(request, "live/desk/exchange_add.html", {"form": form}, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("administrator")
def exchange(request: HttpRequest, exchange_id: int) -> HttpResponse:
    """One exchange: how it is, its settings, its lines; a secret that was just made is shown once."""
    found = get_object_or_404(access.exchanges_visible_to(request.actor), pk=exchange_id)
    if request.method != "POST":
        return once.forget(request, _one(request, found, fresh=once.shown(request)))
    form = ExchangeForm(request.POST, made=True)
    if form.is_valid():
        try:
            commands.change_exchange(found, form.given(), secret=form.cleaned_data["secret"], actor=request.actor, at=request.now)
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk_live:exchange", found.pk)
    return _one(request, found, form=form)


def _one(
    request: HttpRequest, found: Exchange, *, form: ExchangeForm | None = None, line_form: LineForm | None = None, fresh: str = ""
) -> HttpResponse:
    lines = found.lines.select_related("user")
    context = {
        "exchange": found, "form": form or ExchangeForm(initial={name: getattr(found, name) for name in FIELDS}, made=True), "lines": lines,
        "line_form": line_form or LineForm(people=access.takers(), sip=bool(found.browser)), "fresh": fresh, "kinds": KINDS,
        "address": f"{settings.PUBLIC_URL}/live/exchange/{found.pk}/events", "error": queries.trouble(found.error), "refused": queries.refused_at(found, request.actor),
    }  # fmt: skip
    return render(request, "live/desk/exchange.html", context, status=422 if form is not None or (line_form is not None and line_form.errors) else 200)


@require_POST
@staff_only("administrator")
def check(request: HttpRequest, exchange_id: int) -> HttpResponse:
    """Try the settings now, and say in words what is wrong."""
    found = get_object_or_404(access.exchanges_visible_to(request.actor), pk=exchange_id)
    secret = unseal(found.secret_sealed, settings.SECRETS["field_key"]) or ""
    from amparo.live import (  # what speaks with exchanges is loaded where one is asked: pages have no need of it
        ami,
        sip,
    )

    try:
        if found.kind == "ami":
            asyncio.run(ami.probe(ami.Address(found.host, found.port, found.username, secret, found.transport == "tls")))
        elif found.kind == "sip":
            asyncio.run(sip.probe(ami.Address(found.host, found.port, found.username, secret), found.transport))
        elif found.seen_at is None:
            messages.error(request, _("Nothing has come from this exchange yet. Send it a message signed with its secret, as the operator guide shows."))
            return redirect("desk_live:exchange", found.pk)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It answers, and takes this user and secret.") if found.is_listened_to else _("It has told us of calls; its signature is right."))
    return redirect("desk_live:exchange", found.pk)


@require_POST
@staff_only("administrator")
def secret(request: HttpRequest, exchange_id: int) -> HttpResponse:
    """Make another secret, which the page of the exchange shows once. SEC-42."""
    found = get_object_or_404(access.exchanges_visible_to(request.actor), pk=exchange_id)
    return once.show_at(request, "desk_live:exchange", found.pk, commands.new_secret(found, actor=request.actor, at=request.now))


@require_POST
@staff_only("administrator")
def give(request: HttpRequest, exchange_id: int) -> HttpResponse:
    """Give somebody an extension."""
    found = get_object_or_404(access.exchanges_visible_to(request.actor), pk=exchange_id)
    form = LineForm(request.POST, people=access.takers(), sip=bool(found.browser))
    if form.is_valid():
        given = form.cleaned_data
        try:
            commands.give_line(
                found, given["extension"], user_id=given["user"].pk, sip_user=given.get("sip_user", ""), sip_password=given.get("sip_password", ""),
                takes_group=given["takes_group"], actor=request.actor, at=request.now,
            )  # fmt: skip
        except Invalid as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("desk_live:exchange", found.pk)
    return _one(request, found, line_form=form)


@require_POST
@staff_only("administrator")
def take_away(request: HttpRequest, exchange_id: int, line_id: int) -> HttpResponse:
    """Take an extension away."""
    found = get_object_or_404(access.exchanges_visible_to(request.actor), pk=exchange_id)
    commands.take_line_away(get_object_or_404(found.lines, pk=line_id), actor=request.actor, at=request.now)
    return redirect("desk_live:exchange", found.pk)
