"""A customer's terminals: who is active where, released when dead, activated without network. LIC-1, LIC-2, ACC-11."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.activation import access, commands, forms, queries, words
from amparo.activation.models import OfflineRequest
from amparo.activation.rules import offline as requests
from amparo.activation.rules.devices import shown_code
from amparo.kernel.refusals import NotPermitted, Refusal
from amparo.products import access as products
from amparo.products.models import Licence, Terminal
from amparo.ui.views import contact_only

from .shared import as_file, attempt, picture


@require_safe
def codes(request: HttpRequest) -> HttpResponse:
    """What each answer of the service means, for whoever reads one on a till. ACC-9."""
    return render(request, "activation/portal/codes.html", {"rows": words.codes()})


@require_safe
@contact_only
def licences(request: HttpRequest) -> HttpResponse:
    """Every licence with its terminals in use. LIC-2."""
    page = {
        "rows": queries.licences_with_seats(access.licences_visible_to(request.actor)),
        "asked": queries.registrations(customer_id=request.actor.customer_id),
        "may_read": lambda licence: products.may_read_serial(request.actor, licence),
        "may_ask": request.actor.company_role != "own",
    }
    return render(request, "activation/portal/licence_list.html", page)


@contact_only
def register(request: HttpRequest) -> HttpResponse:
    """Register a licence by the serial of its certificate. LIC-1."""
    form = forms.SerialForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = attempt(form, lambda given: commands.ask_registration(
            given["serial"], given["product"], terminals=given["terminals"], actor=request.actor, at=request.now
        ))  # fmt: skip
        if isinstance(made, Licence):
            return redirect("activation:licence", made.pk)
        if made is not None:
            messages.success(request, _("Thank you. We check the certificate and tell you when the licence is registered."))
            return redirect("activation:licences")
    return render(request, "activation/portal/register.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@contact_only
def licence(request: HttpRequest, licence_id: int) -> HttpResponse:
    """The terminals of a licence: name, last seen, state, and a button for the one that died. LIC-2."""
    found = get_object_or_404(access.licences_visible_to(request.actor).select_related("product"), pk=licence_id)
    rows = queries.devices_of(found.pk, request.now)
    page = {
        "licence": found,
        "rows": rows,
        "gone": queries.gone_from(found.pk),
        "moves_left": queries.moves_left(found.pk, {row.terminal.fingerprint for row in rows}, request.now),
        "whole": products.may_read_serial(request.actor, found),
        "may_act": access.may_activate(request.actor, found) and found.withdrawn_at is None,
        "answers": queries.answers_of(found.pk) if access.may_take_file(request.actor, found) else [],
        "kinds": words.KINDS,
    }
    return render(request, "activation/portal/licence.html", page)


def _terminal(request: HttpRequest, terminal_id: int) -> Terminal:
    seen = access.licences_visible_to(request.actor)
    return get_object_or_404(Terminal.objects.select_related("activation", "licence"), pk=terminal_id, licence__in=seen)


@require_POST
@contact_only
def release(request: HttpRequest, terminal_id: int) -> HttpResponse:
    """«Esta terminal ya no funciona»: its seat is free at once. LIC-2."""
    terminal = _terminal(request, terminal_id)
    commands.release_dead(terminal, actor=request.actor, at=request.now)
    messages.success(request, _("%(name)s was released. Its seat is free now.") % {"name": terminal.name})
    return redirect("activation:licence", terminal.licence_id)


@require_safe
@contact_only
def licence_file(request: HttpRequest, terminal_id: int) -> HttpResponse:
    """The licence file of a terminal, again. LIC-1."""
    terminal = _terminal(request, terminal_id)
    mine = get_object_or_404(access.visible_to(request.actor), terminal=terminal)
    return as_file(commands.licence_file(mine, actor=request.actor, at=request.now), f"licencia-{mine.device_code[:4]}.amparo")


@contact_only
def offline(request: HttpRequest) -> HttpResponse:
    """Hand in what a terminal without network shows: a request, or its word that it gave its licence up. LIC-1."""
    form = forms.RequestForm(request.POST, request.FILES) if request.method == "POST" else forms.RequestForm()
    if request.method == "POST":
        made = attempt(form, lambda given: _handed_in(request, given["request"]))
        if isinstance(made, OfflineRequest):
            messages.success(request, _("The terminal was released. Its seat is free now."))
            return redirect("activation:answer", made.pk)
        if made:
            return redirect(f"{reverse('activation:place')}?{urlencode({'r': made})}")
    page = render(request, "activation/portal/offline.html", {"form": form}, status=422 if form.errors else 200)
    page["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"  # nowhere else is it asked for
    return page


def _handed_in(request: HttpRequest, text: str) -> OfflineRequest | str:
    if "." in text and "://" not in text and text.strip().count(".") >= 2:
        return commands.answer_tombstone(text, actor=request.actor, at=request.now)
    commands.read_request(text)
    return requests.found_in(text)


@contact_only
def place(request: HttpRequest) -> HttpResponse:
    """Choose the licence and name the terminal of a request; the answer is shown as picture and file. LIC-1."""
    text = (request.POST.get("request") or request.GET.get("r") or "")[: requests.TEXT_MAX]
    told = commands.read_request(text)
    rows = queries.licences_to_choose(access.licences_visible_to(request.actor), told.product)
    form = forms.PlaceForm(request.POST if request.method == "POST" else None, initial={"request": text, "licence": rows[0].pk if len(rows) == 1 else None})
    if request.method == "POST":
        made = attempt(form, lambda given: _answered(request, given))
        if made is not None:
            return redirect("activation:answer", made.pk)
    page = {
        "form": form, "told": told, "code": shown_code(told.code), "rows": rows, "text": requests.found_in(text),
        "refusal": getattr(form, "refusal", None), "chosen": form["licence"].value(),
        "may_read": lambda licence: products.may_read_serial(request.actor, licence),
    }  # fmt: skip
    return render(request, "activation/portal/place.html", page, status=422 if form.errors else 200)


def _answered(request: HttpRequest, given: dict[str, Any]) -> OfflineRequest:
    found = get_object_or_404(access.licences_visible_to(request.actor), pk=given["licence"])
    return commands.answer_request(found, given["request"], terminal=given["terminal"], actor=request.actor, at=request.now)


@contact_only
def scanned(request: HttpRequest, text: str) -> HttpResponse:
    """Where the picture on a till leads a telephone's camera."""
    try:
        commands.read_request(text)
    except Refusal:
        messages.error(request, _("The picture was not read to its end. Scan it again, or hand in the text or the file."))
        return redirect("activation:offline")
    return redirect(f"{reverse('activation:place')}?{urlencode({'r': text})}")


def _kept(request: HttpRequest, answer_id: int) -> OfflineRequest:
    """An answer holds a licence file: it is for who may take one. Raises NotPermitted."""
    seen = access.requests_visible_to(request.actor).select_related("licence__product", "activation__terminal")
    found = get_object_or_404(seen, pk=answer_id)
    if not access.may_take_file(request.actor, found.licence):
        raise NotPermitted()
    return found


@require_safe
@contact_only
def answer(request: HttpRequest, answer_id: int) -> HttpResponse:
    """The answer for a terminal without network: picture, text, file; kept. LIC-1."""
    found = _kept(request, answer_id)
    page = {"answer": found, "picture": picture(found.response, _("Answer for the terminal")), "kinds": words.KINDS, "desk": False}
    return render(request, "activation/portal/answer.html", page)


@require_safe
@contact_only
def answer_file(request: HttpRequest, answer_id: int) -> HttpResponse:
    found = _kept(request, answer_id)
    return as_file(found.response, f"respuesta-{found.pk}.amparo", "RECEIPT" if found.kind == "release" else "LICENCE")
