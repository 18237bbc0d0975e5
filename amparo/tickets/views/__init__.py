"""Pages of tickets. What both audiences share stands here."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from amparo.files.queries import drafts
from amparo.threads import queries as threads
from amparo.threads.rules import draft_key
from amparo.tickets import queries
from amparo.tickets.models import Ticket


def load(request: HttpRequest, number: int) -> Any:
    """Return a ticket for its page; what may not be seen does not exist. ACC-11."""
    ticket = queries.page_ticket(request.actor, number)  # type: ignore[attr-defined]
    if ticket is None:
        raise Http404
    return ticket


def via_words(via: str) -> str:
    """Say how an entry came, where it did not come by the page."""
    words = {"phone": _("by telephone"), "email": _("by e-mail"), "chat": _("by chat"), "import": _("imported")}
    return words.get(via, "")


def conversation(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """What the record of a ticket shows. One statement."""
    return {
        "ticket": ticket,
        "thread": ticket.thread,
        "entries": threads.timeline(ticket.thread, request.actor),  # type: ignore[attr-defined]
        "via_words": via_words,
    }


def writing(request: HttpRequest, place: str, draft: dict[str, str] | None) -> dict[str, Any]:
    """What the composer starts with: the draft that was kept, and the files that wait with it."""
    actor = request.actor  # type: ignore[attr-defined]
    key = draft_key(actor.user_id, place)
    waiting = drafts(key, actor) if draft or request.POST.getlist("files") else []
    return {
        "place": place,
        "draft_key": key,
        "draft_body": (draft or {}).get("body", ""),
        "draft_kind": (draft or {}).get("kind", "reply"),
        "draft_files": [{"id": file.public_id, "name": file.name, "size": file.size} for file in waiting],
    }


def posted_text(request: HttpRequest) -> dict[str, Any]:
    """What a composer posts: text, files, and the key that makes a repeated post one act. CHG-10."""
    return {
        "body": request.POST.get("body", ""),
        "files": request.POST.getlist("files"),
        "draft_key": request.POST.get("draft_key", "")[:40],
        "key": request.POST.get("key", "")[:60] or None,
    }


def number_seen(request: HttpRequest) -> int | None:
    """Return what the page showed, None where it does not say."""
    text = request.POST.get("seen", "")
    return int(text) if text.isdigit() and len(text) < 10 else None
