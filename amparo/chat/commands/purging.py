"""What chats are emptied of when their time is over. That they were, who and when, stays. CAS-2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from amparo.chat.machine import EndedHow, State
from amparo.chat.models import Chat, HandOver, Message, Pass
from amparo.files import commands as files
from amparo.history import commands as history
from amparo.kernel.actor import SYSTEM, Actor
from amparo.policies.queries import value

from .shared import finish

PURGED = "—"
HAND_OVERS_KEPT = timedelta(hours=1)


@transaction.atomic
def purge(case_ids: Sequence[int], *, actor: Actor, at: datetime) -> list[str]:
    """Empty the chats of cases whose record is purged; return the subjects of their facts and files, for whoever empties those. CAS-2."""
    return _emptied(list(Chat.objects.select_for_update().filter(case__in=list(case_ids), purged_at__isnull=True)), actor, at)


@transaction.atomic
def keep(*, at: datetime, limit: int = 200) -> int:
    """Empty chats without a case whose months are over, and forget passes and used words of sites. CAS-2, SEC-42."""
    Pass.objects.filter(expires_at__lt=at).delete()
    HandOver.objects.filter(at__lt=at - HAND_OVERS_KEPT).delete()
    old = at - timedelta(days=30 * value("chat.keep_months", at=at))
    found = Chat.objects.select_for_update(skip_locked=True).filter(state=State.ENDED.value, case__isnull=True, purged_at__isnull=True, ended_at__lt=old)
    subjects = _emptied(list(found.order_by("pk")[:limit]), SYSTEM, at)
    files.purge(subjects, actor=SYSTEM, at=at)
    history.purge(subjects, at=at)
    return len(subjects) // 2


def _emptied(chats: list[Chat], actor: Actor, at: datetime) -> list[str]:
    subjects: list[str] = []
    for chat in chats:
        if chat.is_live:
            finish(chat, EndedHow.STAFF, actor=actor, at=at)
        chat.purged_at, chat.about, chat.contact_name = at, PURGED, ""
        chat.save(update_fields=["purged_at", "about", "contact_name"])
        Message.objects.filter(chat=chat).update(body="", body_html="", author_name="", data={}, purged_at=at)
        subjects += [chat.subject, chat.desk_subject]
    return subjects
