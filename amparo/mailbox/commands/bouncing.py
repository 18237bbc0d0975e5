"""Reports that a letter of ours did not arrive. SEC-15."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction

from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM
from amparo.kernel.reply import Thing, find_words
from amparo.mailbox import queries
from amparo.mailbox.models import BouncingAddress, Mail
from amparo.mailbox.rules import Letter
from amparo.mailbox.rules.marks import Failure, failures, returned_ids
from amparo.people.models import User

from .shared import locked, settle

TELL_AGAIN_HOURS = 24


@transaction.atomic
def note_bounce(mail: Mail, letter: Letter, *, at: datetime) -> Mail:
    """Note that a letter did not arrive: its address counts as bouncing, staff are told. Fact: `letter.bounced`.

    Only a report that returns an id which we signed is believed, and only about the person whom that letter was for:
    anybody can write a report. The others are set aside and counted nowhere.
    """
    mail = locked(mail.pk)
    if mail.state != "taken":
        return mail
    found = failures(letter.root)
    first = found[0] if found else Failure("", "", "")
    detail = " ".join(filter(None, (first.address, first.status, first.words)))
    thing, number = _letter_of(letter)
    user = User.objects.filter(pk=thing.user_id).first() if thing else None
    if thing is None or user is None:
        return settle(mail, "automatic", reason="bounce", detail=detail, at=at)
    address = user.email.lower()
    tell = _count(address, user, first, at)
    record(
        "letter.bounced", subject=f"user:{user.pk}", actor=SYSTEM, at=at, letter=number, matter=thing.subject, address=address,
        status=first.status, words=first.words, tell=tell, mail=mail.pk,
    )  # fmt: skip
    return settle(mail, "automatic", reason="bounce", detail=detail, matter=thing.subject, user_id=user.pk, at=at)


def _letter_of(letter: Letter) -> tuple[Thing | None, int | None]:
    """Return what the letter that came back was about and for whom, by the id that we signed, and its number."""
    for one in returned_ids(letter.root)[:50]:
        if things := find_words(one, secret=queries.secret()):
            number = re.search(r"-[a-z2-7]{16}\.(\d{1,15})@", one.lower())
            return things[0], int(number[1]) if number else None
    return None, None


def _count(address: str, user: User, failure: Failure, at: datetime) -> bool:
    """Count a report against an address; True where staff have not heard of it for a day."""
    row, is_new = BouncingAddress.objects.select_for_update().get_or_create(
        address=address, defaults={"user": user, "status": failure.status, "words": failure.words, "first_at": at, "last_at": at}
    )
    if is_new:
        return True
    tell = row.cleared_at is not None or row.last_at < at - timedelta(hours=TELL_AGAIN_HOURS)
    row.count, row.first_at = (1, at) if row.cleared_at else (row.count + 1, row.first_at)
    row.status, row.words, row.last_at, row.cleared_at = failure.status, failure.words, at, None
    row.save()
    return tell
