"""Pages of chats. What both audiences and the widget share stands here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse

from amparo.cases import queries as case_queries
from amparo.cases import words as case_words
from amparo.chat import access, commands, queries, words
from amparo.chat.machine import State
from amparo.chat.models import CUSTOMER_LABELS, STAFF_LABELS, Chat
from amparo.files.queries import drafts
from amparo.kernel.markdown import plain
from amparo.kernel.refusals import Refusal
from amparo.policies.queries import value
from amparo.remote.rules import codes
from amparo.threads.rules import draft_key

TONES = {State.WAITING: "act", State.OPEN: "done", State.ENDED: "neutral"}
# What tells one head of a chat from another: whoever shows an older one gets the new one along with the events.
_HEAD = ("state", "assignee_id", "before", "offered_to_id", "case_id", "case_state", "case_kind", "case_moves", "ticket_id", "topic_id", "attended")
To = Callable[..., str]


def load(request: HttpRequest, chat_id: int) -> Chat:
    """Return a chat that the reader sees; what may not be seen does not exist. ACC-11."""
    return get_object_or_404(access.visible_to(request.actor), pk=chat_id)  # type: ignore[attr-defined]


def page_or_404(request: HttpRequest, chat_id: int) -> queries.Page:
    page = queries.page_of(request.actor, chat_id, at=request.now)  # type: ignore[attr-defined]
    if page is None:
        raise Http404
    return page


def addresses(namespace: str, *given: Any) -> To:
    """Return what gives the addresses of a chat's acts: portal, desk, or the frame of a site."""
    return lambda name, *rest: reverse(f"{namespace}:{name}", args=[*given, *rest])


def number(request: HttpRequest, name: str, default: int = 0) -> int:
    text = (request.POST if request.method == "POST" else request.GET).get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default


def key_of(request: HttpRequest) -> str:
    return request.POST.get("key", "")[:60] or uuid4().hex


def posted(request: HttpRequest) -> dict[str, Any]:
    """What a composer posts: text, files, and the key that makes a repeated post one message. CHG-10."""
    return {
        "files": tuple(request.POST.getlist("files")), "draft_key": request.POST.get("draft_key", "")[:40], "key": key_of(request),
    }  # fmt: skip


def head_version(page: queries.Page) -> str:
    told = repr([page.row.get(name) for name in _HEAD] + [(page.row["remote"] or {}).get(name) for name in ("id", "state")])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def context_of(request: HttpRequest, page: queries.Page, to: To) -> dict[str, Any]:
    """What a chat's page, its head and its lines know."""
    state, now = State(page.state), request.now  # type: ignore[attr-defined]
    offered = page.remote_offered(now)
    return {
        "remote_code": codes.shown(codes.code_of(offered["public_id"], settings.SECRETS["pepper"])) if offered else "",
        "page": page, "to": to, "says": words, "labels": STAFF_LABELS if page.staff else CUSTOMER_LABELS, "state": state, "tone": TONES[state],
        "head_version": head_version(page), "ended": words.sentence("ended", {"how": page.row["ended_how"], "name": ""}) if page.row["ended_how"] else "",
        "side": "staff" if page.staff else "customer", "case_words": case_words, "at": now,
    }  # fmt: skip


def envelope(request: HttpRequest, chat_id: int, to: To, *, template: str) -> JsonResponse:
    """Return what came since a number, drawn, and how the chat stands: what a page asks after each sign of the stream.

    Three statements with session and person. What one may not see any more is answered as not there. SEC-36.
    """
    since = number(request, "since")
    page = queries.events_since(request.actor, chat_id, since, at=request.now)  # type: ignore[attr-defined]
    if page is None:
        return JsonResponse({"error": "gone"}, status=404)
    context = context_of(request, page, to)
    others = [line for line in page.lines if line.kind != "event" and line.author_kind != context["side"]]
    told: dict[str, Any] = {
        "html": render_to_string("chat/_lines.html", context, request) if page.lines else "", "last": max(page.last, since), "more": page.more,
        "fresh": len(others), "who": others[-1].author_name if others else "", "text": plain(others[-1].body_html)[:120] if others else "",
        "read": page.read_by_other, "live": page.is_live, "state": page.state, "case": page.row["case_id"],
    }  # fmt: skip
    asked = (request.POST if request.method == "POST" else request.GET).get("head", "")
    if asked != context["head_version"]:
        told |= {"head": render_to_string(template, context, request), "head_version": context["head_version"]}
    return JsonResponse(told)


def no(refusal: Refusal) -> JsonResponse:
    """A refusal for the script: its sentence, and whether to send the same again makes sense."""
    return JsonResponse({"error": refusal.code, "sentence": str(refusal), "again": refusal.status == 429}, status=refusal.status)


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def beginning(request: HttpRequest) -> dict[str, Any]:
    """What the composer of a new chat starts with; the files that wait where it was refused."""
    key = draft_key(request.actor.user_id, "chat:new")  # type: ignore[attr-defined]
    waiting = drafts(key, request.actor) if request.POST.getlist("files") else []  # type: ignore[attr-defined]
    return _composer(request, key, [{"id": one.public_id, "name": one.name, "size": one.size} for one in waiting])


def writing(request: HttpRequest, page: queries.Page) -> dict[str, Any]:
    """What the composer of a chat starts with; the files that wait to be sent."""
    return _composer(request, draft_key(request.actor.user_id, page.subject), page.waiting)  # type: ignore[attr-defined]


def _composer(request: HttpRequest, key: str, waiting: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"most": value("chat.characters_max", at=request.now), "draft_key": key, "draft_files": waiting}  # type: ignore[attr-defined]


def asked_context(request: HttpRequest, page: queries.Page, to: To) -> dict[str, Any] | None:
    """What the chat's case asks of the customer now, None where it has none: as the case's own page draws it. CHG-1, CAS-4."""
    if page.row["case_id"] is None:
        return None
    case = case_queries.case_page(request.actor, page.row["case_id"])  # type: ignore[attr-defined]
    if case is None:
        return None
    return {
        "page": case, "at": request.now, "says": case_words, "closing_lines": case_queries.closing_lines,  # type: ignore[attr-defined]
        "cost_of": case_queries.cost_of, "to": lambda name, *rest: to("act", page.id, name, *rest), "chat_id": page.id,
    }  # fmt: skip


def read(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Note what was read; nothing is answered."""
    commands.read(load(request, chat_id), number(request, "seq"), actor=request.actor, at=request.now)  # type: ignore[attr-defined]
    return HttpResponse(status=204)


def typing(request: HttpRequest, chat_id: int) -> HttpResponse:
    """Tell the other side that one types."""
    try:
        commands.typing(load(request, chat_id), actor=request.actor, at=request.now)  # type: ignore[attr-defined]
    except Refusal as refusal:
        return HttpResponse(status=refusal.status)
    return HttpResponse(status=204)
