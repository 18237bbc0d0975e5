"""Fetching from IMAP folders: each message once, whoever stops this and when. TKT-1."""

from __future__ import annotations

from datetime import datetime

import structlog

from amparo.kernel.locks import alone
from amparo.mailbox.imap import OUTAGES, Folder, folder_of
from amparo.mailbox.models import Arrival, Mailbox
from amparo.policies.queries import value

from .taking import Arrived, take_in_many

log = structlog.get_logger(__name__)
MEGABYTE = 1_000_000


def fetch(mailbox: Mailbox, *, at: datetime) -> int:
    """Take in what is new in a mailbox's folder; return how many messages. One process at a time looks into a mailbox.

    First kept, in one transaction with its number; then marked or moved there. What was kept and not yet marked when
    this was stopped is marked the next time. An outage is noted on the mailbox and tried again, never raised.
    """
    with alone(mailbox.subject) as is_ours:
        if not is_ours:
            return 0
        mailbox.refresh_from_db()
        try:
            with folder_of(mailbox) as folder:
                taken = _take(mailbox, folder, at)
        except OUTAGES as error:
            _failed(mailbox, error, at)
            return 0
    Mailbox.objects.filter(pk=mailbox.pk).update(looked_at=at, error="", failing_since=None)
    return taken


def _take(mailbox: Mailbox, folder: Folder, at: datetime) -> int:
    if mailbox.uidvalidity != folder.uidvalidity:
        # Another folder by this name: numbers begin anew, and what is known is known by its fingerprint.
        is_first = mailbox.uidvalidity is None
        mailbox.uidvalidity = folder.uidvalidity
        mailbox.taken_uid = folder.next_uid - 1 if is_first and not mailbox.takes_old else 0
        Mailbox.objects.filter(pk=mailbox.pk).update(uidvalidity=mailbox.uidvalidity, taken_uid=mailbox.taken_uid)
    _settle(mailbox, folder, at)
    count = 0
    octets_max = value("mailbox.megabytes_max", at=at) * MEGABYTE
    since = mailbox.created_at if not mailbox.takes_old and _began_anew(mailbox, folder.uidvalidity) else None
    for batch in folder.batches(folder.numbers_after(mailbox.taken_uid, since=since), octets_max=octets_max):
        arrived = [Arrived(one.octets, uid=one.uid, told_at=one.at, is_whole=one.is_whole) for one in batch]
        take_in_many(arrived, source="imap", mailbox=mailbox, uidvalidity=folder.uidvalidity, at=at)
        _settle(mailbox, folder, at)
        count += len(arrived)
    return count


def _began_anew(mailbox: Mailbox, uidvalidity: int) -> bool:
    """True where the numbers of the folder began anew (it moved to another server): then what lay in it before the mailbox
    was set up stands above `taken_uid` too, and would be answered years late."""
    return Arrival.objects.filter(mailbox=mailbox).exclude(uidvalidity=uidvalidity).exists()


def _settle(mailbox: Mailbox, folder: Folder, at: datetime) -> None:
    """Mark or move in the folder what is kept; what was too large to take stays there as it is."""
    waiting = Arrival.objects.filter(mailbox=mailbox, uidvalidity=folder.uidvalidity, settled_at__isnull=True)
    rows = list(waiting.values_list("pk", "uid", "mail__is_whole")[:1000])
    folder.settle([uid for _pk, uid, is_whole in rows if is_whole])
    Arrival.objects.filter(pk__in=[pk for pk, _uid, _whole in rows]).update(settled_at=at)


def _failed(mailbox: Mailbox, error: Exception, at: datetime) -> None:
    """Note an outage without what the server said: it may repeat the password or another's words. SEC-57."""
    log.warning("mailbox not read", mailbox=mailbox.pk, error=type(error).__name__)
    Mailbox.objects.filter(pk=mailbox.pk).update(
        looked_at=at, error=type(error).__name__[:300], failing_since=mailbox.failing_since or at
    )
