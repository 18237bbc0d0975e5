"""Who sees a chat, and who may do what in it. ACC-11, CHT-1."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .models import Chat

ATTENDING = ("operator", "engineer", "developer")


def visible_to(actor: Actor) -> QuerySet[Chat]:
    """Staff all; a contact those of its customer; one with the role «own» those it opened. As tickets. ACC-11."""
    chats = Chat.objects.all()
    if actor.is_staff or actor.is_system:
        return chats
    if not actor.is_contact or actor.customer_id is None:
        return chats.none()
    chats = chats.filter(customer_id=actor.customer_id)
    if actor.company_role == "own":
        chats = chats.filter(contact_id=actor.user_id)
    return chats


def may_see(actor: Actor, chat: Chat) -> bool:
    """The same rule for one chat that was loaded already."""
    if actor.is_staff or actor.is_system:
        return True
    if not actor.is_contact or chat.customer_id != actor.customer_id:
        return False
    return actor.company_role != "own" or actor.owns(chat.contact_id)


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a number alone: files and the stream ask this. One statement."""
    return visible_to(actor).filter(pk=number).exists()


def may_attend(actor: Actor) -> bool:
    """Be on duty for chats, take them, answer in them."""
    return actor.has_role(*ATTENDING)


def may_say(actor: Actor, chat: Chat) -> bool:
    """Say what the other side reads: the customer's people who see it, staff who attend chats."""
    return may_attend(actor) if actor.is_staff else may_see(actor, chat)


def may_whisper(actor: Actor) -> bool:
    """Write what only staff read. SEC-10."""
    return actor.is_staff


def may_configure(actor: Actor) -> bool:
    """Sites with the widget, and who knows which product."""
    return actor.has_role("administrator")


def scope_sql(actor: Actor) -> tuple[str, list[object]]:
    """Return the same rule as a condition on `chat_chat c`, for pages that ask everything in one statement. ACC-11."""
    if actor.is_staff or actor.is_system:
        return "true", []
    if not actor.is_contact or actor.customer_id is None:
        return "false", []
    if actor.company_role == "own":
        return "c.customer_id = %s AND c.contact_id = %s", [actor.customer_id, actor.user_id]
    return "c.customer_id = %s", [actor.customer_id]
