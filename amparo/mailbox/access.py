"""Who sees mail that came in, and who may do what with it. ACC-11, SEC-13, SEC-20."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor
from amparo.threads import access as threads
from amparo.threads.models import Entry

from .models import Mail, Mailbox

SORTING = ("operator", "engineer", "quality")


def visible_to(actor: Actor) -> QuerySet[Mail]:
    """Staff who sort mail see all of it that was not purged; nobody else sees the queue. What reached a matter is seen there."""
    return Mail.objects.filter(purged_at__isnull=True) if may_sort(actor) or actor.is_system else Mail.objects.none()


def mailboxes_visible_to(actor: Actor) -> QuerySet[Mailbox]:
    """Who sets mailboxes up sees them; nobody else does."""
    return Mailbox.objects.all() if may_configure(actor) else Mailbox.objects.none()


def may_sort(actor: Actor) -> bool:
    """Hand mail over, make tickets of it, discard it."""
    return actor.has_role(*SORTING)


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a number: the message as it came is a file of `mail:<number>`."""
    return visible_to(actor).filter(pk=number).exists()


def may_configure(actor: Actor) -> bool:
    """Set up mailboxes: administrators alone, for a mailbox holds a password."""
    return actor.has_role("administrator")


def mail_of_entry(actor: Actor, entry_id: int) -> Mail | None:
    """Return the mail behind an entry that the actor may see, None for anything else: the rule is the conversation's. SEC-11."""
    entry = Entry.objects.filter(pk=entry_id, thread__in=threads.visible_to(actor)).first()
    if entry is None or (entry.is_internal and not threads.sees_notes(actor)):
        return None
    return Mail.objects.filter(entry_id=entry_id, purged_at__isnull=True).first()
