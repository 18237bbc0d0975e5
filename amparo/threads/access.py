"""Who sees a thread, and who may do what in it. ACC-11."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .models import Thread

ANSWERING = ("operator", "engineer", "developer", "quality")


def visible_to(actor: Actor) -> QuerySet[Thread]:
    """Staff see every thread; a contact those of the customer that it acts for, one with the role «own» those it opened."""
    threads = Thread.objects.all()
    if actor.is_staff or actor.is_system:
        return threads
    if not actor.is_contact or actor.customer_id is None:
        return threads.none()
    threads = threads.filter(customer_id=actor.customer_id)
    if actor.company_role == "own":
        threads = threads.filter(opened_by_id=actor.user_id)
    return threads


def may_see(actor: Actor, thread: Thread) -> bool:
    """The same rule for one thread that was loaded already."""
    if actor.is_staff or actor.is_system:
        return True
    if not actor.is_contact or thread.customer_id != actor.customer_id:
        return False
    return actor.company_role != "own" or actor.owns(thread.opened_by_id)


def may_say(actor: Actor, thread: Thread) -> bool:
    """Write what the customer reads: its contacts who see the thread, staff who answer, the service itself."""
    if thread.purged_at is not None:
        return False
    if actor.is_staff:
        return actor.has_role(*ANSWERING)
    return may_see(actor, thread)


def may_note(actor: Actor, thread: Thread) -> bool:
    """Write an internal note: all staff. Nothing is written any more where the content was purged. CAS-2."""
    return (actor.is_staff or actor.is_system) and thread.purged_at is None


def may_assign(actor: Actor, thread: Thread) -> bool:
    """Give a thread to somebody: whoever may answer."""
    return actor.has_role(*ANSWERING)


def may_tag(actor: Actor, thread: Thread) -> bool:
    """Sort threads by words: all staff."""
    return actor.is_staff


def may_edit_templates(actor: Actor) -> bool:
    """Write the prepared answers."""
    return actor.has_role("operator", "engineer", "editor")


def sees_notes(actor: Actor) -> bool:
    """Internal entries exist for staff alone. SEC-10."""
    return actor.is_staff or actor.is_system
