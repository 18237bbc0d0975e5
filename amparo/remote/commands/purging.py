"""The end of a recording's time: bytes and films go, number, dates, consent and hashes stay. CAS-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.files import commands as files
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.media.rooms import janus
from amparo.remote.machine import State
from amparo.remote.models import Session
from amparo.remote.queries import room_of

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
        _remove(session, actor, at)
        count += 1
    return count


def _remove(session: Session, actor: Actor, at: datetime) -> None:
    """Mark a recording as gone; its bytes go once that is certain, those of films with the other files that are purged."""
    shown = PURGED if session.shown else ""
    Session.objects.filter(pk=session.pk).update(purged_at=at, shown=shown, end_detail="")
    files.purge_some(list(session.films.values_list("file_id", flat=True)), actor=actor, at=at)
    path, room = path_of(session), room_of(session)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    transaction.on_commit(lambda: janus.forget(room))  # tracks that could not be read are kept as long


@transaction.atomic
def remove_recording(session: Session, *, actor: Actor, at: datetime) -> bool:
    """Remove one recording whose own time is over, or the films of one; return whether there was one. CAS-2.

    Fact: `remote.recording_purged` with the last link and the hashes of the films. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted(session=session.pk)
    session = locked(session)
    if session.purged_at is not None or session.state != State.ENDED or not session.was_recorded:
        return False
    _remove(session, actor, at)
    films = list(session.films.order_by("number").values_list("sha256", flat=True))
    tell("recording_purged", session, actor=actor, at=at, head=session.head, chunks=session.chunks, films=films)
    return True
