"""A screen that the customer's own browser shares, to be seen only: joined, kept in time, filmed. LIV-2, CAS-5, SEC-39."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from amparo.files import commands as files
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value
from amparo.remote import access, queries
from amparo.remote.machine import LIVE, Mode, Reason, State, Way
from amparo.remote.models import Film, Session

from .conducting import begin, decline, drop, end, pause, seen
from .offering import consent, look_up, used_up
from .shared import locked, tell

SILENT_AFTER = timedelta(seconds=20)  # without a sign of life of the page that shares
UNSEEN_AFTER = timedelta(seconds=60)  # without one of the page that sees
AWAITED = timedelta(minutes=10)  # who consented waits for the engineer no longer


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

    Raises NotPermitted, and what `begin` raises.
    """
    session = locked_free(session)
    if not access.may_conduct(actor, session):
        raise NotPermitted(session=session.pk)
    was_away = session.viewed_at is None or at - session.viewed_at > SILENT_AFTER
    standing = _kept(session, at)
    Session.objects.filter(pk=session.pk, way=Way.BROWSER.value, state__in=LIVE).update(viewed_at=at)
    session = locked_free(session)
    with contextlib.suppress(IllegalMove):  # the other page, or another tab, did it at this moment
        begun = _followed(session, standing, actor, at)
        stood = at - session.dropped_at if begun and was_away and session.dropped_at else timedelta()
        return replace(queries.standing_of(session, at=at), stood=int(stood.total_seconds()))
    return queries.standing_of(session, at=at)


def _followed(session: Session, standing: queries.Standing, actor: Actor, at: datetime) -> bool:
    """Do what follows from the engineer's sign of life; return whether the session goes on by it."""
    silent = session.seen_at is None or at - session.seen_at > SILENT_AFTER
    if standing.state == State.RUNNING and silent:
        drop(session, whose="customer", at=session.seen_at or at)  # paid is until its last sign of life; it stays silent until the next one
    elif standing.state == State.DROPPED and silent:
        if _is_past(session.dropped_at, timedelta(seconds=value("remote.resume_seconds", at=at)), at):
            end(session, reason=Reason.LOST, actor=SYSTEM, at=at)
    elif not silent and (standing.state == State.CONSENTED or (standing.state == State.DROPPED and standing.due == "go")):
        begin(session, actor=actor, at=at)
        return True
    return False


def engineer_left(session: Session, *, actor: Actor, at: datetime) -> queries.Standing:
    """The page that sees was closed: the clock stops at once; the next sign of life of one begins it anew. CAS-5. Raises NotPermitted."""
    session = locked_free(session)
    if not access.may_conduct(actor, session):
        raise NotPermitted(session=session.pk)
    if session.state == State.RUNNING:
        drop(session, whose="engineer", actor=actor, at=at)
    return queries.standing_of(session, at=at)


def locked_free(session: Session) -> Session:
    """Return the session as it stands now, without a lock."""
    return Session.objects.select_related("case__thread", "engineer").get(pk=session.pk)


def _kept(session: Session, at: datetime) -> queries.Standing:
    """Hold the session to the clock of its case, and to the engineer's page: what nobody sees is not paid. CAS-5, CHG-5."""
    standing, row = queries.standing_of(session, at=at), locked_free(session)
    with contextlib.suppress(IllegalMove):  # the other page did it at this moment
        if standing.due == "pause":
            pause(session, at=at)
        elif standing.due in ("time", "closed"):
            end(session, reason=standing.due, actor=SYSTEM, at=at)
        elif standing.state == State.RUNNING and _is_past(row.viewed_at, UNSEEN_AFTER, at):
            drop(session, whose="engineer", at=row.viewed_at or at)
        elif standing.state == State.DROPPED and _is_past(row.dropped_at, timedelta(minutes=value("remote.pause_minutes", at=at)), at):
            end(session, reason=Reason.LOST if standing.due == "go" else Reason.TIME, actor=SYSTEM, at=at)
        elif standing.state == State.CONSENTED and _is_past(row.consented_at, AWAITED, at):
            end(session, reason=Reason.LOST, actor=SYSTEM, at=at)
        else:
            return standing
    return queries.standing_of(session, at=at)


def _is_past(moment: datetime | None, span: timedelta, at: datetime) -> bool:
    return moment is not None and at - moment > span


def keep_films(session: Session, films: Sequence[tuple[Path, int]], *, actor: Actor, at: datetime) -> Session:
    """Keep what the gateway recorded with the case, one file for each part, with the milliseconds that it plays (0: nobody knows). LIV-3.

    They are copied and hashed before the transaction begins: it would hold the session for as long. Fact: `remote.filmed` with hashes
    and lengths, which the replay and the file of the case are verified by. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted()
    with contextlib.ExitStack() as stack:
        brought = [(stack.enter_context(files.bring(path)), milliseconds) for path, milliseconds in films]
        return _keep_brought(session, brought, actor, at)


@transaction.atomic
def _keep_brought(session: Session, films: Sequence[tuple[files.Received, int]], actor: Actor, at: datetime) -> Session:
    session = locked(session)
    before = session.films.count()
    kept = []
    for number, (came, milliseconds) in enumerate(films, before + 1):
        name = f"{session.number}-{number}.webm"
        file = files.keep_brought(came, subject=session.case.subject, name=name, content_type="video/webm", actor=actor, at=at)
        kept.append(Film(session=session, number=number, file=file, sha256=file.sha256, octets=file.size, milliseconds=milliseconds or None))
    Film.objects.bulk_create(kept)
    tell(
        "filmed", session, actor=actor, at=at, files=[one.file.public_id for one in kept], sha256=[one.sha256 for one in kept],
        octets=[one.octets for one in kept], milliseconds=[one.milliseconds or 0 for one in kept], count=len(kept),
    )  # fmt: skip
    return session
