"""The end of a recording's time: the bytes go, number, dates, consent and hashes stay. CAS-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.remote.machine import State
from amparo.remote.models import Session

from .shared import locked, tell
from .store import path_of

PURGED = "—"


def purge(case_id: int, *, actor: Actor, at: datetime) -> int:
    """Remove the recordings of a case whose time is over, and what was shown; return how many. The hashes stay. CAS-2.

    Repeated, it does what is left. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted(case=case_id)
    sessions = Session.objects.filter(case_id=case_id, purged_at__isnull=True)
    count = 0
    for session in sessions:
        _remove(session, at)
        count += 1
    return count


def _remove(session: Session, at: datetime) -> None:
    """Mark a recording as gone; the file goes once that is certain."""
    shown = PURGED if session.shown else ""
    Session.objects.filter(pk=session.pk).update(purged_at=at, shown=shown, end_detail="")
    path = path_of(session)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


@transaction.atomic
def remove_recording(session: Session, *, actor: Actor, at: datetime) -> bool:
    """Remove one recording whose own time is over; return whether there was one. CAS-2.

    Fact: `remote.recording_purged` with the last link. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted(session=session.pk)
    session = locked(session)
    if session.purged_at is not None or session.state != State.ENDED or not session.chunks:
        return False
    _remove(session, at)
    tell("recording_purged", session, actor=actor, at=at, head=session.head, chunks=session.chunks)
    return True
