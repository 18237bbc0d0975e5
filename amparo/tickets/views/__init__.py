"""Pages of tickets. What both audiences share stands here."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from amparo.files.queries import drafts
from amparo.threads import queries as threads
from amparo.threads.rules import draft_key
from amparo.tickets import queries
from amparo.tickets.models import Ticket
from amparo.ui.drawn import kept


def load(request: HttpRequest, number: int) -> Any:
    """Return a ticket for its page; what may not be seen does not exist. ACC-11."""
    ticket = queries.page_ticket(request.actor, number)  # type: ignore[attr-defined]
    if ticket is None:
        raise Http404
    return ticket


def conversation(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """What the record of a ticket shows, drawn once for each version of it. One statement then, none later."""
    thread = ticket.thread
    version = None if thread.purged_at else (thread.pk, thread.entry_count)
    actor = request.actor  # type: ignore[attr-defined]
    record = kept(request, "tickets/_entries.html", version, lambda: {"entries": threads.timeline(thread, actor)})
    return {"ticket": ticket, "thread": thread, "record": record}


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
    return int(text) if text.isdecimal() and len(text) < 10 else None
