"""Chats as staff see them: the list, the conversation, who it is. CHT-1."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from amparo.chat import access, commands, queries, words
from amparo.chat import views as shared
from amparo.chat.models import STAFF_LABELS
from amparo.kernel.refusals import Refusal
from amparo.threads import queries as threads
from amparo.threads.rules import fill
from amparo.ui.views import staff_only

HEAD = "chat/desk/_head.html"
TO = shared.addresses("desk_chat")


def listed(request: HttpRequest, current: int | None = None) -> dict[str, Any]:
    """What the list of live chats knows: rows, counts, and whether its reader is on duty."""
    rows = queries.desk_rows(request.actor)
    return {
        "rows": rows, "counts": queries.counts(rows, request.actor), "duty": queries.duty_of(request.actor), "current": current, "at": request.now,
        "may_attend": access.may_attend(request.actor), "list_url": reverse("desk_chat:column") + (f"?current={current}" if current else ""),
    }  # fmt: skip


@require_safe
@staff_only()
def chats(request: HttpRequest) -> HttpResponse:
    """The live chats, and what one may do next."""
    ended = queries.chats_of_customer(request.actor, ended=True, after=request.GET.get("after", ""), size=20)
    context = listed(request) | {"ended": ended, "there": queries.presence(request.now), "says": words, "labels": STAFF_LABELS, "tones": shared.TONES}
    return render(request, "chat/desk/chats.html", context)


@require_safe
@staff_only()
def column(request: HttpRequest) -> HttpResponse:
    """The list alone: a region that follows the stream."""
    return render(request, "chat/desk/_column.html", listed(request, shared.number(request, "current") or None))


@require_safe
@staff_only()
def chat(request: HttpRequest, chat_id: int) -> HttpResponse:
    """A chat: the conversation in the middle, the others at its left, the customer beside it."""
    return show(request, chat_id)


def show(request: HttpRequest, chat_id: int, *, refusal: Refusal | None = None, body: str = "", error: str = "", kind: str = "") -> HttpResponse:
    page = shared.page_or_404(request, chat_id)
    context = listed(request, chat_id) | shared.context_of(request, page, TO) | {
        "may_say": access.may_attend(request.actor), "templates": _templates(page), "refusal": refusal, "body": body, "error": error,
        "kind": kind or ("note" if page.waiting else "reply"),  # to whom unsent files were meant nobody may know any more
        **shared.writing(request, page),
    }  # fmt: skip
    return render(request, "chat/desk/chat.html", context, status=refusal.status if refusal else 422 if error else 200)


def _templates(page: queries.Page) -> list[dict[str, str]]:
    """The prepared answers in the customer's language, with the chat's names put in. SEC-19. One statement."""
    fields = {
        "customer": page.row["customer"], "number": page.number, "person": page.row["contact_name"], "product": page.row["product"] or "",
    }  # fmt: skip
    return [{"title": title, "body": fill(body, fields)} for title, body in threads.templates_in(page.row["language"])]


@require_safe
@staff_only()
def events(request: HttpRequest, chat_id: int) -> HttpResponse:
    """What came since a number, whispers too."""
    return shared.envelope(request, chat_id, TO, template=HEAD)


@require_POST
@staff_only()
def say(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Answer the customer, or whisper to colleagues. CHT-1, SEC-10."""
    loaded, body = shared.load(request, chat_id), request.POST.get("body", "")
    verb = commands.whisper if request.POST.get("kind") == "note" else commands.say
    try:
        verb(loaded, body, **shared.posted(request), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if shared.wants_json(request):
            return shared.no(refusal)
        if refusal.status == 403:
            raise
        return show(request, chat_id, body=body, error=str(refusal), kind=request.POST.get("kind", ""))
    if shared.wants_json(request):
        return shared.envelope(request, chat_id, TO, template=HEAD)
    return redirect(TO("chat", chat_id) + "#composer")


@require_POST
@staff_only()
def read(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Note what was read."""
    return shared.read(request, chat_id)


@require_POST
@staff_only()
def typing(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Tell the customer that one types."""
    return shared.typing(request, chat_id)


@require_POST
@staff_only()
def take(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Take a chat that waits. CHT-1."""
    try:
        commands.take(shared.load(request, chat_id), actor=request.actor, at=request.now)
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        return show(request, chat_id, refusal=refusal)
    return redirect("desk_chat:chat", chat_id)


@require_POST
@staff_only()
def pass_on(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Say that one cannot take it now: the next is asked."""
    commands.pass_on(shared.load(request, chat_id), actor=request.actor, at=request.now)
    return redirect("desk_chat:list")


@require_POST
@staff_only()
def end(request: HttpRequest, chat_id: int) -> HttpResponse:
    """End a chat."""
    commands.end(shared.load(request, chat_id), actor=request.actor, at=request.now)
    return redirect("desk_chat:chat", chat_id)


@require_POST
@staff_only()
def duty(request: HttpRequest) -> HttpResponse:
    """Switch «I attend chats» on or off. CHT-1."""
    commands.set_duty(request.POST.get("on") == "1", actor=request.actor, at=request.now)
    return redirect("desk_chat:list")


@require_safe
@staff_only()
def of_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """The chats of a case, beside its page: which, when, with whom. CAS-1."""
    return render(request, "chat/desk/_of_case.html", {"chats": queries.of_case(request.actor, case_id)})
