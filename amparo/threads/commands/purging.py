"""Emptying a conversation whose time is over. CAS-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.threads.models import Draft, Entry, Thread, Words


@transaction.atomic
def purge(thread: Thread, *, actor: Actor, at: datetime) -> int:
    """Empty what was said in a closed thread, what is searched of it, its title and drafts; return how many entries. CAS-2.

    That there were entries, when and of which side, stays; so does the thread with its number and dates. Repeated, it does
    what is left. The owner's app decides when; it records the fact. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted(thread=thread.pk)
    Thread.objects.filter(pk=thread.pk, purged_at__isnull=True).update(purged_at=at, title="", tags=[], open_key=None)
    Words.objects.filter(thread_id=thread.pk).delete()
    Draft.objects.filter(place__in=[thread.subject, thread.desk_subject]).delete()
    return Entry.objects.filter(thread_id=thread.pk).exclude(body="").update(body="", body_html="", author_name="")
