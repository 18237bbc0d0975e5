"""A screen that the customer's own browser shares, to be seen only: joined, kept in time, filmed. LIV-2, CAS-5, SEC-39."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from amparo.files import commands as files
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value
from amparo.remote import access, queries
from amparo.remote.machine import Mode, Reason, State, Way
from amparo.remote.models import Session

from .conducting import begin, decline, drop, end, pause, seen
from .offering import consent, look_up, used_up
from .shared import locked, tell

SILENT_AFTER = timedelta(seconds=20)


def join_by_browser(typed: str, *, answer: bool, address: str, resume: str, shown: str, at: datetime) -> Session:
    """Use up a code from the page that shares: the customer's answer and the text that was shown go with it. LIV-2, SEC-39.

    The session becomes one that is seen only, whatever was offered. Facts: `remote.joined`, `remote.consented` or `remote.declined`.
    Raises what `look_up` raises.
    """
    found = look_up(typed, address=address, at=at)  # before the transaction: a miss counts although it is refused
    with transaction.atomic():
        session = locked(found)
        if session.state == State.OFFERED:
            session.way = Way.BROWSER.value
            session.save(update_fields=["way"])
        session = used_up(session, resume, "", "browser", "", ("view",), at)
        if not answer:
            return decline(session, shown=shown, at=at)
        return consent(session, mode=Mode.VIEW.value, shown=shown, at=at)


def beat_of_customer(session: Session, *, at: datetime) -> queries.Standing:
    """Take a sign of life of the page that shares, and do what the clock asks. CAS-5."""
    seen([session.pk], at=at)
    return _kept(session, at)


def beat_of_engineer(session: Session, *, actor: Actor, at: datetime) -> queries.Standing:
    """Take a sign of life of the page that sees: what was dropped goes on when the other page is back, and ends when it is not. SEC-39.

    Raises NotPermitted.
    """
    session = locked_free(session)
    standing = _kept(session, at)
    silent = session.seen_at is None or at - session.seen_at > SILENT_AFTER
    if standing.state == State.RUNNING and silent:
        drop(session, at=session.seen_at or at)  # paid is until its last sign of life; and it stays silent until the next one
    elif standing.state == State.DROPPED and silent and session.dropped_at is not None:
        if at - session.dropped_at > timedelta(seconds=value("remote.resume_seconds", at=at)):
            end(session, reason=Reason.LOST, actor=SYSTEM, at=at)
    elif not silent and (standing.state == State.CONSENTED or (standing.state == State.DROPPED and standing.due == "go")):
        begin(session, actor=actor, at=at)
    else:
        return standing
    return queries.standing_of(session, at=at)


def engineer_left(session: Session, *, actor: Actor, at: datetime) -> queries.Standing:
    """The page that sees was closed: the clock stops at once; the next sign of life of one begins it anew. CAS-5. Raises NotPermitted."""
    session = locked_free(session)
    if not access.may_conduct(actor, session):
        raise NotPermitted(session=session.pk)
    if session.state == State.RUNNING:
        drop(session, actor=actor, at=at)
    return queries.standing_of(session, at=at)


def locked_free(session: Session) -> Session:
    """Return the session as it stands now, without a lock."""
    return Session.objects.select_related("case__thread", "engineer").get(pk=session.pk)


def _kept(session: Session, at: datetime) -> queries.Standing:
    """Hold the session to the clock of its case. CAS-5, CHG-5."""
    standing = queries.standing_of(session, at=at)
    if standing.due == "pause":
        pause(session, at=at)
    elif standing.due in ("time", "closed"):
        end(session, reason=standing.due, actor=SYSTEM, at=at)
    elif standing.state == State.DROPPED and _waited_too_long(session, at):
        end(session, reason=Reason.TIME, actor=SYSTEM, at=at)
    else:
        return standing
    return queries.standing_of(session, at=at)


def _waited_too_long(session: Session, at: datetime) -> bool:
    row = locked_free(session)
    return row.dropped_at is not None and at - row.dropped_at > timedelta(minutes=value("remote.pause_minutes", at=at))


@transaction.atomic
def keep_films(session: Session, films: Sequence[Path], *, actor: Actor, at: datetime) -> Session:
    """Keep what the gateway recorded with the case, one file for each part. Fact: `remote.filmed` with the hashes. LIV-3.

    Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted()
    session = locked(session)
    kept = [
        files.keep_path(path, subject=session.case.subject, name=f"{session.number}-{number}.webm", content_type="video/webm", actor=actor, at=at)
        for number, path in enumerate(films, 1)
    ]
    hashes = [one.sha256 for one in kept]
    tell("filmed", session, actor=actor, at=at, files=[one.public_id for one in kept], sha256=hashes, count=len(kept))
    return session

