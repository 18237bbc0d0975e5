"""How a chat begins and how it ends. CHT-1, CHT-2, CHT-3."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.chat import access, queries
from amparo.chat.errors import NobodyThere
from amparo.chat.machine import EndedHow, State
from amparo.chat.models import Chat, Site
from amparo.contracts import access as standing
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.products.models import Licence
from amparo.threads.rules import clean_line, clean_text

from . import saying
from .routing import offer
from .shared import finish, locked, permit, tell, told_list


@transaction.atomic
def open_chat(
    body: str,
    *,
    product_id: int | None = None,
    files: tuple[str, ...] = (),
    draft_key: str = "",
    site: Site | None = None,
    key: str,
    actor: Actor,
    at: datetime,
) -> Chat:
    """Open a chat with its first words and offer it to an engineer at once. It costs nothing. CHT-1, CHT-3, ACC-6.

    A person has one live chat at a time: where there is one, the words are said in it. The same key opens one chat.
    Fact: `chat.opened`. Raises NotPermitted, NoStanding (with what would help), NobodyThere (with what there is instead),
    Invalid (somebody else's product), and what saying raises.
    """
    if not actor.is_contact or actor.customer_id is None or actor.user_id is None:
        raise NotPermitted()
    first = Chat.objects.filter(open_key=f"{actor.ref}:{key}").first()
    if first is not None:
        return first
    live = Chat.objects.select_for_update().filter(contact_id=actor.user_id, customer_id=actor.customer_id).exclude(state=State.ENDED.value).first()
    if live is not None:
        saying.say(live, body, key=key, files=files, draft_key=draft_key, actor=actor, at=at)
        return live
    standing.require(actor, "chat", at=at, product_id=product_id)
    if product_id is not None and not Licence.objects.filter(customer=actor.customer_id, product=product_id, withdrawn_at__isnull=True).exists():
        raise Invalid(field="product")
    if not queries.presence(at).is_there:
        raise NobodyThere(remedies=queries.instead(actor, at=at))
    chat, made = Chat.objects.get_or_create(
        contact_id=actor.user_id, customer_id=actor.customer_id, ended_at=None,
        defaults={
            "contact_name": actor.name[:120], "product_id": product_id, "about": clean_line(clean_text(body), 120) or "—",
            "language": actor.language, "site": site, "opened_at": at, "waiting_since": at, "last_at": at, "customer_seen_at": at,
            "open_key": f"{actor.ref}:{key}",
        },
    )  # fmt: skip
    if not made:  # opened from another page of the same person at this very moment
        saying.say(chat, body, key=key, files=files, draft_key=draft_key, actor=actor, at=at)
        return chat
    tell("opened", chat, actor=actor, at=at, about=chat.about, product=product_id, via="widget" if site else "portal")
    saying.say(chat, body, key=key, files=files, draft_key=draft_key, actor=actor, at=at)
    chat = locked(chat)
    offer(chat, at=at)
    return chat


@transaction.atomic
def end(chat: Chat, *, actor: Actor, at: datetime) -> Chat:
    """End a chat, by either side; the transcript stays. To end it again is no second act. Fact: `chat.ended`. CHT-1."""
    chat = locked(chat)
    permit(access.may_say(actor, chat), chat)
    if chat.is_live:
        finish(chat, EndedHow.STAFF if actor.is_staff else EndedHow.CUSTOMER, actor=actor, at=at)
    return chat


@transaction.atomic
def end_of_removed(user_id: int, customer_id: int, *, at: datetime) -> int:
    """End what a person has open for a customer whose contact he is no longer. SEC-6. Harmless when repeated."""
    found = Chat.objects.select_for_update().filter(contact_id=user_id, customer_id=customer_id).exclude(state=State.ENDED.value)
    for chat in found:
        finish(chat, EndedHow.REMOVED, actor=SYSTEM, at=at)
    told_list()
    return len(found)


@transaction.atomic
def ask_transcript(chat: Chat, *, actor: Actor, at: datetime) -> None:
    """Ask for the transcript by mail, for oneself. Fact: `chat.transcript_asked`, which the letters follow. Raises NotPermitted."""
    chat = locked(chat)
    permit(actor.is_contact and access.may_see(actor, chat), chat)
    tell("transcript_asked", chat, actor=actor, at=at, user=actor.user_id, language=actor.language)
