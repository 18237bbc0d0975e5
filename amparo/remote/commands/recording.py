"""The record's chain in the database, and the reading of what was typed. LIV-2, SEC-40."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.remote import access
from amparo.remote.errors import Purged
from amparo.remote.models import Chunk, Session
from amparo.remote.rules.record import Link

from .shared import locked, tell


@transaction.atomic
def add_chunk(session_id: int, link: Link, *, offset: int, octets: int, begins_ms: int, ends_ms: int) -> None:
    """Put one more link on the chain of a session's record; its bytes are written already."""
    Chunk.objects.create(
        session_id=session_id, number=link.number, offset=offset, octets=octets, begins_ms=begins_ms, ends_ms=ends_ms,
        screen_sha256=link.screen_sha256, input_sha256=link.input_sha256, link=link.link,
    )  # fmt: skip
    Session.objects.filter(pk=session_id).update(chunks=link.number, head=link.link, octets=offset + octets)


@transaction.atomic
def reveal(session: Session, *, actor: Actor, at: datetime) -> Session:
    """Note that somebody reads what was typed, unmasked; the page shows it afterwards. Fact: `remote.revealed`.

    Raises NotPermitted, Purged.
    """
    session = locked(session)
    if not access.may_reveal(actor, session):
        raise NotPermitted(session=session.pk)
    if session.purged_at is not None:
        raise Purged(session=session.pk)
    tell("revealed", session, actor=actor, at=at)
    return session
