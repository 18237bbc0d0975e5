"""Licences on terminals, for the telephone: all that a customer can do, and what only staff may, with a reason. TEL-2, LIC-2."""

from __future__ import annotations

from collections.abc import Callable
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
from amparo.activation.rules import offline
from amparo.activation.rules.devices import shown_code
from amparo.kernel.refusals import Refusal
from amparo.products import access as products
from amparo.products import commands as product_commands
from amparo.products.models import Terminal
from amparo.products.queries import by_serial
from amparo.ui.views import staff_only

from .shared import as_file, attempt, picture

FRONT = ("operator", "engineer", "sales")


@require_safe
@staff_only()
def overview(request: HttpRequest) -> HttpResponse:
    """What waits to be registered, devices to look at, the keys; and the way from a serial or a request to its licence."""
    text, serial = request.GET.get("r", "")[: offline.TEXT_MAX], request.GET.get("serial", "")[:60]
    found = by_serial(serial) if serial.strip() else None
    if found is not None:
        return redirect(_with_request(found.pk, text))
    told, wrong = None, ""
    if text:
        try:
            told = commands.read_request(text)
        except Refusal as refusal:
            wrong = str(refusal)
    page = {
        "told": told, "code": shown_code(told.code) if told else "", "wrong": wrong, "text": text, "serial": serial,
        "waiting": queries.registrations(), "watched": queries.watched(request.now), "keys": queries.key_rows(),
        "key_states": words.KEY_STATES, "may_register": access.may_override(request.actor), "may_rotate": access.may_rotate_keys(request.actor),
        "reason_form": forms.ReasonForm(), "may_read": lambda asked: products.may_check_serial(request.actor, asked),
    }  # fmt: skip
    return render(request, "activation/desk/overview.html", page)


def _with_request(licence_id: int, text: str) -> str:
    address = reverse("desk_activation:licence", args=[licence_id])
    return f"{address}?{urlencode({'r': text})}" if text else address


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")[:400]


@require_POST
@staff_only("administrator")
def rotate(request: HttpRequest) -> HttpResponse:
    """Let the next key sign. LIC-1."""
    commands.rotate_keys(actor=request.actor, at=request.now)
    messages.success(request, _("The next key signs from now on. Programs that know the published set need nothing."))
    return redirect("desk_activation:list")


@require_POST
@staff_only(*FRONT)
def register_asked(request: HttpRequest, registration_id: int) -> HttpResponse:
    """Register what a contact asked for. LIC-1."""
    asked = get_object_or_404(access.registrations_visible_to(request.actor), pk=registration_id)
    licence = commands.register_asked(asked, terminals=asked.terminals, actor=request.actor, at=request.now)
    messages.success(request, _("The licence was registered."))
    return redirect("desk_activation:licence", licence.pk)


@require_POST
@staff_only(*FRONT)
def refuse_asked(request: HttpRequest, registration_id: int) -> HttpResponse:
    """Say why a serial is not registered. LIC-1."""
    asked = get_object_or_404(access.registrations_visible_to(request.actor), pk=registration_id)
    commands.refuse_asked(asked, _reason(request), actor=request.actor, at=request.now)
    return redirect("desk_activation:list")


def _page(request: HttpRequest, licence_id: int, status: int = 200, **more: Any) -> HttpResponse:
    seen = access.licences_visible_to(request.actor).select_related("product", "customer", "terms")
    licence = get_object_or_404(seen, pk=licence_id)
    rows, terms = queries.devices_of(licence.pk, request.now), getattr(licence, "terms", None)
    text = request.GET.get("r", "")[: offline.TEXT_MAX]
    page = {
        "licence": licence, "terms": terms, "rows": rows, "gone": queries.gone_from(licence.pk), "events": queries.events_of(licence.pk),
        "answers": queries.answers_of(licence.pk),
        "moves_left": queries.moves_left(licence.pk, {row.terminal.fingerprint for row in rows}, request.now),
        "moves_allowed": queries.moves_allowed(licence.pk, request.now),
        "whole": products.may_read_serial(request.actor, licence), "event_words": words.EVENTS, "by_words": words.BY, "kinds": words.KINDS,
        "may_act": access.may_override(request.actor) and licence.withdrawn_at is None,
        "may_change_terms": access.may_change_terms(request.actor) and licence.withdrawn_at is None,
        "request_form": forms.OfflineForm(initial={"request": text}), "emergency_form": forms.EmergencyForm(), "hand_form": forms.HandForm(),
        "moves_form": forms.MovesForm(), "reason_form": forms.ReasonForm(), "open": "request" if text else "",
        "terms_form": forms.TermsForm(initial={
            "edition": terms.edition, "features": ", ".join(terms.features), "updates_until": terms.updates_until, "valid_until": terms.valid_until,
        } if terms else None),
        **more,
    }  # fmt: skip
    return render(request, "activation/desk/licence.html", page, status=status)


@require_safe
@staff_only()
def licence(request: HttpRequest, licence_id: int) -> HttpResponse:
    """A licence on its terminals, with all that may be done for a caller. TEL-2."""
    return _page(request, licence_id)


def _act(
    request: HttpRequest, licence_id: int, form: forms.forms.Form, name: str, act: Callable[[Any, dict[str, Any]], Any], said: str = ""
) -> HttpResponse:
    """Do what a form of the page asks, for a licence that the actor sees; an answer for a terminal is shown at once."""
    found = get_object_or_404(access.licences_visible_to(request.actor), pk=licence_id)
    made = attempt(form, lambda given: act(found, given))
    if made is None:
        return _page(request, licence_id, 422, **{f"{name}_form": form, "open": name})
    if isinstance(made, OfflineRequest):
        return redirect("desk_activation:answer", made.pk)
    messages.success(request, said or _("Done."))
    return redirect("desk_activation:licence", licence_id)


@require_POST
@staff_only(*FRONT)
def answer_request(request: HttpRequest, licence_id: int) -> HttpResponse:
    """Answer a request that the caller sent by mail or chat. TEL-2."""
    return _act(request, licence_id, forms.OfflineForm(request.POST), "request", lambda found, given: commands.answer_request(
        found, given["request"], terminal=given["terminal"], actor=request.actor, at=request.now
    ))  # fmt: skip


@require_POST
@staff_only(*FRONT)
def emergency_for_request(request: HttpRequest, licence_id: int) -> HttpResponse:
    """A token of a few days for a device without a seat. TEL-2."""
    return _act(request, licence_id, forms.EmergencyForm(request.POST), "emergency", lambda found, given: commands.emergency_for_request(
        found, given["request"], given["reason"], actor=request.actor, at=request.now
    ))  # fmt: skip


@require_POST
@staff_only(*FRONT)
def add_moves(request: HttpRequest, licence_id: int) -> HttpResponse:
    """Further moves for the year. LIC-2."""
    return _act(request, licence_id, forms.MovesForm(request.POST), "moves", lambda found, given: commands.add_moves(
        found, given["moves"], given["reason"], actor=request.actor, at=request.now
    ))  # fmt: skip


@require_POST
@staff_only(*FRONT)
def keep_seat(request: HttpRequest, licence_id: int) -> HttpResponse:
    """Keep a seat for a computer by its code, read over the telephone. TEL-2."""
    said = _("The seat is kept. The terminal takes it when it activates itself.")
    return _act(request, licence_id, forms.HandForm(request.POST), "hand", lambda found, given: product_commands.bind_terminal(
        found, given["name"], given["fingerprint"], actor=request.actor, at=request.now
    ), said)  # fmt: skip


@require_POST
@staff_only("sales")
def change_terms(request: HttpRequest, licence_id: int) -> HttpResponse:
    """What the licence grants. LIC-1."""
    return _act(request, licence_id, forms.TermsForm(request.POST), "terms", lambda found, given: commands.change_terms(
        found, commands.Grant(
            given["edition"], tuple(word.strip() for word in given["features"].split(",") if word.strip()), given["updates_until"], given["valid_until"]
        ), given["reason"], actor=request.actor, at=request.now,
    ))  # fmt: skip


@require_POST
@staff_only("sales")
def suspend(request: HttpRequest, licence_id: int) -> HttpResponse:
    """Stop new activations and renewals. LIC-1."""
    return _act(request, licence_id, forms.ReasonForm(request.POST), "reason", lambda found, given: commands.suspend(
        found, given["reason"], actor=request.actor, at=request.now
    ))  # fmt: skip


@require_POST
@staff_only("sales")
def resume(request: HttpRequest, licence_id: int) -> HttpResponse:
    """End a suspension. LIC-1."""
    return _act(request, licence_id, forms.ReasonForm(request.POST), "reason", lambda found, given: commands.resume(
        found, given["reason"], actor=request.actor, at=request.now
    ))  # fmt: skip


def _terminal(request: HttpRequest, terminal_id: int) -> Terminal:
    seen = access.licences_visible_to(request.actor)
    return get_object_or_404(Terminal.objects.select_related("activation", "licence"), pk=terminal_id, licence__in=seen)


@require_POST
@staff_only(*FRONT)
def release(request: HttpRequest, terminal_id: int) -> HttpResponse:
    """Free a seat for a caller, with the reason. TEL-2, LIC-2."""
    terminal = _terminal(request, terminal_id)
    commands.release_for_customer(terminal, _reason(request), actor=request.actor, at=request.now)
    messages.success(request, _("%(name)s was released. Its seat is free now.") % {"name": terminal.name})
    return redirect("desk_activation:licence", terminal.licence_id)


@require_POST
@staff_only(*FRONT)
def emergency(request: HttpRequest, terminal_id: int) -> HttpResponse:
    """Some days more for a terminal, with the reason. TEL-2."""
    mine = get_object_or_404(access.visible_to(request.actor), terminal=_terminal(request, terminal_id))
    made = commands.emergency(mine, _reason(request), actor=request.actor, at=request.now)
    return redirect("desk_activation:answer", made.pk)


@require_safe
@staff_only(*FRONT)
def licence_file(request: HttpRequest, terminal_id: int) -> HttpResponse:
    """The licence file of a terminal, to be sent to the caller. TEL-2."""
    mine = get_object_or_404(access.visible_to(request.actor), terminal=_terminal(request, terminal_id))
    return as_file(commands.licence_file(mine, actor=request.actor, at=request.now), f"licencia-{mine.device_code[:4]}.amparo")


@require_safe
@staff_only(*FRONT)
def answer(request: HttpRequest, answer_id: int) -> HttpResponse:
    """An answer for a terminal without network, to be sent to the caller. TEL-2."""
    found = get_object_or_404(access.requests_visible_to(request.actor).select_related("licence__product", "activation__terminal"), pk=answer_id)
    if request.GET.get("file"):
        return as_file(found.response, f"respuesta-{found.pk}.amparo", "RECEIPT" if found.kind == "release" else "LICENCE")
    page = {"answer": found, "picture": picture(found.response, _("Answer for the terminal")), "kinds": words.KINDS, "desk": True}
    return render(request, "activation/desk/answer.html", page)
