"""Chats as their customer sees them. CHT-1, CHT-2, CHG-1, CAS-4."""

from __future__ import annotations

import contextlib
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.cases import commands as cases
from amparo.cases.errors import NothingAsked
from amparo.cases.models import FurtherNeed
from amparo.charging.errors import PriceChanged
from amparo.chat import access, commands, queries, words
from amparo.chat import views as shared
from amparo.chat.errors import NobodyThere
from amparo.chat.models import CUSTOMER_LABELS
from amparo.contracts.access import standing
from amparo.contracts.errors import NoStanding
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, LimitReached, Refusal
from amparo.products.queries import licences_of
from amparo.ui.views import contact_only

HEAD = "chat/portal/_head.html"
TO = shared.addresses("chat")


@require_safe
@contact_only
def chats(request: HttpRequest) -> HttpResponse:
    """The door to a chat: who attends now and how many wait, or what there is instead; and the chats of before."""
    return render(request, "chat/portal/chats.html", door(request, request.actor) | _before(request))


def _before(request: HttpRequest) -> dict[str, Any]:
    page = queries.chats_of_customer(request.actor, after=request.GET.get("after", ""))
    return {"chats": page, "labels": CUSTOMER_LABELS, "tones": shared.TONES, "says": words}


def door(request: HttpRequest, actor: Actor, **more: Any) -> dict[str, Any]:
    """What the door of chats knows: the standing, how the counter stands, what one may ask about. CHT-1, ACC-9."""
    found = standing(actor, "chat", at=request.now)
    live = access.visible_to(actor).filter(contact_id=actor.user_id).exclude(state="ended").first()
    there = queries.presence(request.now)
    assert actor.customer_id is not None
    products = {row.licence.product_id: row.licence.product.name for row in licences_of(actor.customer_id, request.now) if row.licence.withdrawn_at is None}
    return {
        "standing": found, "live_chat": live, "there": there, "products": sorted(products.items(), key=lambda item: item[1]),
        "instead": [] if there.is_there else queries.instead(actor, at=request.now), "error": "", "body": "", **shared.beginning(request), **more,
    }  # fmt: skip


@require_POST
@contact_only
def new(request: HttpRequest) -> HttpResponse:
    """Open a chat with its first words. Whatever is refused keeps the text. CHT-1."""
    body = request.POST.get("body", "")
    try:
        chat = commands.open_chat(body, product_id=shared.number(request, "product") or None, **shared.posted(request), actor=request.actor, at=request.now)
    except (Invalid, LimitReached, NobodyThere, NoStanding) as refusal:
        context = door(request, request.actor, error=str(refusal), body=body) | _before(request)
        return render(request, "chat/portal/chats.html", context, status=refusal.status)
    return redirect("chat:chat", chat.pk)


@require_safe
def chat(request: HttpRequest, chat_id: int) -> HttpResponse:
    """A chat with its last words; staff who come by a link of a ticket or case are brought to the desk."""
    if request.actor.is_staff:
        return redirect("desk_chat:chat", chat_id)
    return _chat(request, chat_id)


@contact_only
def _chat(request: HttpRequest, chat_id: int) -> HttpResponse:
    return show(request, chat_id)


def show(request: HttpRequest, chat_id: int, *, refusal: Refusal | None = None, body: str = "", error: str = "") -> HttpResponse:
    page = shared.page_or_404(request, chat_id)
    context = shared.context_of(request, page, TO) | {
        "asked": shared.asked_context(request, page, TO), "refusal": refusal, "body": body, "error": error, **shared.writing(request, page),
    }  # fmt: skip
    return render(request, "chat/portal/chat.html", context, status=refusal.status if refusal else 422 if error else 200)


@require_safe
@contact_only
def events(request: HttpRequest, chat_id: int) -> HttpResponse:
    """What came since a number."""
    return shared.envelope(request, chat_id, TO, template=HEAD)


@require_POST
@contact_only
def say(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Say something; the script gets what came since, a browser without one the page. CHT-1."""
    loaded, body = shared.load(request, chat_id), request.POST.get("body", "")
    try:
        commands.say(loaded, body, **shared.posted(request), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if shared.wants_json(request):
            return shared.no(refusal)
        if refusal.status == 403:
            raise
        return show(request, chat_id, body=body, error=str(refusal))
    if shared.wants_json(request):
        return shared.envelope(request, chat_id, TO, template=HEAD)
    return redirect(TO("chat", chat_id) + "#answer")


@require_POST
@contact_only
def read(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Note what was read."""
    return shared.read(request, chat_id)


@require_POST
@contact_only
def typing(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Tell that one types."""
    return shared.typing(request, chat_id)


@require_POST
@contact_only
def end(request: HttpRequest, chat_id: int) -> HttpResponse:
    """End a chat; its transcript stays."""
    commands.end(shared.load(request, chat_id), actor=request.actor, at=request.now)
    return redirect("chat:chat", chat_id)


@require_POST
@contact_only
def transcript(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Ask for the transcript by mail."""
    commands.ask_transcript(shared.load(request, chat_id), actor=request.actor, at=request.now)
    messages.success(request, _("We send it to %(email)s.") % {"email": request.actor.email})
    return redirect("chat:chat", chat_id)


@require_POST
@contact_only
def become(request: HttpRequest, chat_id: int, what: str) -> HttpResponse:
    """Leave a chat as a ticket or a case, with what was written, in one act. CHT-2."""
    loaded = shared.load(request, chat_id)
    try:
        if what == "ticket":
            ticket = commands.become_ticket(loaded, "", key=shared.key_of(request), actor=request.actor, at=request.now)
            messages.success(request, _("We have your ticket %(number)s, with what was said in the chat.") % {"number": ticket.shown_number})
            return redirect("tickets:ticket", ticket.pk)
        if what != "case":
            raise Http404
        case = commands.become_case(loaded, "", ends=True, key=shared.key_of(request), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if refusal.status == 403 and not isinstance(refusal, NoStanding):
            raise
        return show(request, chat_id, refusal=refusal)
    messages.success(request, _("We have your case %(number)s, with what was said in the chat.") % {"number": case.number})
    return redirect("cases:case", case.pk)


@require_safe
@contact_only
def asked(request: HttpRequest, chat_id: int) -> HttpResponse:
    """What the chat's case asks now: a region of the page."""
    page = shared.page_or_404(request, chat_id)
    return render(request, "chat/portal/_asked.html", {"asked": shared.asked_context(request, page, TO), "refusal": None, "to": TO, "page": page})


@require_POST
@contact_only
def act(request: HttpRequest, chat_id: int, what: str, need_id: int = 0, choice: str = "") -> HttpResponse:
    """Answer in the chat what its case asks: the case's own commands decide. CHG-1, CHG-5, CAS-4."""
    loaded = shared.load(request, chat_id)
    try:
        answer_case(request, loaded, what, need_id, choice)
    except Refusal as refusal:
        if refusal.status == 403 and not isinstance(refusal, NoStanding):
            raise
        return show(request, chat_id, refusal=refusal)
    return redirect("chat:chat", chat_id)


def answer_case(request: HttpRequest, loaded: Any, what: str, need_id: int, choice: str) -> None:
    """Hand an answer to the commands of the chat's case. Raises Http404 for no such answer, and what they raise."""
    case, who = commands.case_of(loaded), {"actor": request.actor, "at": request.now}
    seen, price = shared.number(request, "seen"), request.POST.get("price") or None
    try:
        if what == "choose" and (need := FurtherNeed.objects.filter(pk=need_id, case=case).first()):
            cases.choose_needs(need, choice=choice, price=price, how="chat", **who)
        elif what == "consent":
            cases.consent(case, seen=seen, price=price, how="chat", **who)
        elif what == "decline":
            cases.decline_consent(case, seen=seen, how="chat", **who)
        elif what == "requote":
            cases.requote(case, **who)
        elif what == "accept_order":
            cases.accept_order(case, seen=seen, price=price, **who)
        elif what == "decline_order":
            cases.decline_order(case, seen=seen, **who)
        elif what == "accept_closing":
            cases.accept_closing(case, seen=seen, **who)
        elif what == "answer":
            key = shared.key_of(request)
            cases.write(case, request.POST.get("body", ""), key=key, via="chat", **who)
        else:
            raise Http404
    except PriceChanged:
        with contextlib.suppress(NothingAsked):
            cases.requote(case, **who)
        raise
