"""Taking in: the message as it came is kept before anything of it is understood. TKT-1, SEC-17."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from amparo.files import commands as files
from amparo.history.commands import signal
from amparo.kernel.actor import SYSTEM
from amparo.mailbox.models import Arrival, Mail, Mailbox
from amparo.mailbox.rules.taking import glance, received


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message on its way in. `uid`: its number in an IMAP folder. `told_at`: when our mail server says it had it."""

    octets: bytes
    uid: int | None = None
    told_at: datetime | None = None
    envelope_to: tuple[str, ...] = ()
    envelope_from: str | None = None
    is_whole: bool = True


def take_in(
    octets: bytes,
    *,
    source: str,
    envelope_to: Sequence[str] = (),
    envelope_from: str | None = None,
    at: datetime,
) -> Mail:
    """Keep one message that a mail server hands over; once this returns it is on the disk and in the database.

    The same message again gives the first. What becomes of it is decided by a job (`understand_due`).
    """
    arrived = Arrived(octets, envelope_to=tuple(envelope_to), envelope_from=envelope_from)
    return take_in_many([arrived], source=source, at=at)[0]


@transaction.atomic
def take_in_many(
    arrivals: Sequence[Arrived], *, source: str, mailbox: Mailbox | None = None, uidvalidity: int | None = None, at: datetime
) -> list[Mail]:
    """Keep messages, all or none: their octets, their rows, and (of a folder) the numbers under which they lay there.

    A message is known again by its id and its content, whichever way it comes, and a number of a folder by itself: so
    each is taken in once, however often this is stopped and begun again. Returns the rows in the order given.
    """
    with connection.cursor() as cursor:  # one at a time: who looks whether it is there already sees what the other wrote
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('mailbox:taking', 0))")
    glances = [glance(one.octets) for one in arrivals]
    known = {row.fingerprint: row for row in Mail.objects.filter(fingerprint__in=[one.fingerprint for one in glances])}
    fresh: dict[str, tuple[Mail, bytes]] = {}
    for one, seen in zip(arrivals, glances, strict=True):
        if seen.fingerprint not in known and seen.fingerprint not in fresh:
            made = Mail(
                mailbox=mailbox, source=source, fingerprint=seen.fingerprint, size=len(one.octets), is_whole=one.is_whole,
                envelope_from=one.envelope_from[:320] if one.envelope_from is not None else None,
                envelope_to=[address[:320] for address in one.envelope_to[:100]], received_at=received(at, one.told_at),
                taken_at=at, next_at=at, from_name=seen.from_name, from_email=seen.from_email, title=seen.title,
                message_id=seen.message_id,
            )  # fmt: skip
            fresh[seen.fingerprint] = (made, one.octets)
    rows = Mail.objects.bulk_create([made for made, _octets in fresh.values()])
    kept = files.keep(
        [(row.subject, "message.eml", octets) for row, (_made, octets) in zip(rows, fresh.values(), strict=True)],
        content_type="message/rfc822", actor=SYSTEM, at=at,
    )  # fmt: skip
    for row, file in zip(rows, kept, strict=True):
        row.sha256 = file.sha256
    Mail.objects.bulk_update(rows, ["sha256"])
    known |= {row.fingerprint: row for row in rows}
    found = [known[seen.fingerprint] for seen in glances]
    if mailbox is not None and uidvalidity is not None:
        _mark(mailbox, uidvalidity, arrivals, found)
    if rows:
        signal("mail")
    return found


def _mark(mailbox: Mailbox, uidvalidity: int, arrivals: Sequence[Arrived], found: Sequence[Mail]) -> None:
    Arrival.objects.bulk_create(
        [
            Arrival(mailbox=mailbox, uidvalidity=uidvalidity, uid=one.uid, mail=mail)
            for one, mail in zip(arrivals, found, strict=True) if one.uid is not None
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    mailbox.uidvalidity = uidvalidity
    mailbox.taken_uid = max([mailbox.taken_uid, *(one.uid for one in arrivals if one.uid is not None)])
    Mailbox.objects.filter(pk=mailbox.pk).update(uidvalidity=uidvalidity, taken_uid=mailbox.taken_uid)
