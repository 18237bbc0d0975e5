"""When the time of a message is over: with the record of its matter, or, where it reached none, by itself. CAS-2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from amparo.files import commands as files
from amparo.history.commands import purge as purge_facts
from amparo.kernel.actor import SYSTEM
from amparo.kernel.months import kept_since
from amparo.mailbox.models import Mail, PlainAnswer
from amparo.policies.queries import value

DONE_WITH = ("automatic", "answered", "discarded")


@transaction.atomic
def purge(subjects: Sequence[str], *, at: datetime) -> int:
    """Empty the mail of matters whose record is over: the message as it came and who wrote; return how many. CAS-2."""
    return _empty(Mail.objects.filter(matter__in=list(subjects)), at)


@transaction.atomic
def purge_done_with(*, at: datetime, limit: int = 500) -> int:
    """Empty mail that reached no matter and waits for nobody, after the time for which records are kept; return how many. CAS-2.

    What names a matter whose record is purged one day goes with that one. What waits for staff is kept until they decide.
    """
    if not value("casefiles.purge_on", at=at):
        return 0
    since = kept_since(at, value("casefiles.retention_months", at=at), ZoneInfo(settings.TIME_ZONE))
    over = Mail.objects.filter(state__in=DONE_WITH, entry_id__isnull=True, taken_at__lt=since)
    nowhere = Q(matter="") | Q(matter__startswith="ticket:")  # a ticket has no end
    return _empty(over.filter(nowhere).order_by("pk"), at, limit)


def _empty(mails: QuerySet[Mail], at: datetime, limit: int | None = None) -> int:
    rows = list(mails.filter(purged_at__isnull=True).select_for_update(of=("self",))[:limit])
    subjects, numbers = [mail.subject for mail in rows], [mail.pk for mail in rows]
    files.purge(subjects, actor=SYSTEM, at=at)
    purge_facts(subjects, at=at)
    PlainAnswer.objects.filter(mail__in=numbers).exclude(state="waiting").delete()
    Mail.objects.filter(pk__in=numbers).update(
        purged_at=at, title="", from_name="", from_email="", message_id="", detail="", envelope_to=[], envelope_from=None, pictures={}
    )
    return len(rows)
