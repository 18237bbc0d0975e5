"""Pages of the forum. What readers, writers and moderators share stands here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest

from amparo.contracts.rules.audience import Reader
from amparo.files.access import may_upload
from amparo.files.queries import drafts
from amparo.forum import access, commands, queries
from amparo.forum.commands import Written
from amparo.forum.models import Post, Topic
from amparo.threads.rules import draft_key

_BEGAN = "amparo.forum.began"


def load(request: Any, topic_id: int, who: Reader | None = None) -> Any:
    """Return a topic for its page; what may not be seen does not exist. ACC-2, SEC-7."""
    found = queries.page_topic(request.actor, who or access.reader(request.actor, at=request.now), topic_id)
    if found is None:
        raise Http404
    return found


def visible(request: Any, topic_id: int) -> Topic:
    """Return a topic for an act upon it."""
    found = access.visible_to(request.actor, at=request.now).select_related("theme").filter(pk=topic_id).first()
    if found is None:
        raise Http404
    return found


def visible_post(request: Any, post_id: int) -> Post:
    """Return a post for an act upon it."""
    found = access.posts_visible_to(request.actor, at=request.now).select_related("topic__theme").filter(pk=post_id).first()
    if found is None:
        raise Http404
    return found


def composing(request: Any, place: str, kept: dict[str, str] | None, *, trust: int | None) -> dict[str, Any]:
    """What the composer starts with: the draft, the pictures that wait with it, and what a new member has to show."""
    actor = request.actor
    key = draft_key(actor.user_id, place)
    waiting = drafts(key, actor) if kept or request.POST.getlist("files") else []
    return {
        "place": place,
        "draft_key": key,
        "draft_body": (kept or {}).get("body", ""),
        "draft_files": [{"id": file.public_id, "name": file.name, "size": file.size} for file in waiting],
        "may_upload": may_upload(actor),
        "began": signing.dumps(request.now.isoformat(), salt=_BEGAN),
        "needs_proof": not actor.is_staff and not trust,
        "limits": queries.limits_for_new(request.now) if not actor.is_staff and not trust else None,
    }


def written(request: HttpRequest) -> Written:
    """What a composer posts, with what shows that a person wrote it."""
    given = request.POST
    return Written(
        given.get("body", ""), files=given.getlist("files"), draft_key=given.get("draft_key", "")[:40], seconds=_seconds(request),
        has_proof=commands.spend_proof(given.get("proof", ""), actor=request.actor, at=request.now),  # type: ignore[attr-defined]
        alias=given.get("alias", "")[:60],
    )  # fmt: skip


def _seconds(request: Any) -> float | None:
    """Return how long the form was open, by its signed moment; None where it does not say."""
    try:
        began = datetime.fromisoformat(signing.loads(request.POST.get("began", "")[:300], salt=_BEGAN))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (request.now - began).total_seconds()


def key_of(request: HttpRequest) -> str | None:
    """Return the key that makes a repeated post one act."""
    return request.POST.get("key", "")[:60] or None


def number(text: str) -> int | None:
    """Return a number that a form names, None where it names none."""
    return int(text) if text.isdecimal() and len(text) < 18 else None
