"""A session that runs: begun, dropped, back again, changed, ended; the case's clock runs with it. LIV-2, CAS-5, CAS-9, CHG-5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from amparo.cases import commands as cases
from amparo.cases.errors import ClockRunning
from amparo.cases.machine import ATTENDED_KINDS, ATTENDING
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.people.queries import actor_by_id
from amparo.remote import access
from amparo.remote.errors import Elsewhere, NotInAttention, ResumeUnknown
from amparo.remote.machine import LIVE, Mode, Move, Reason, State
from amparo.remote.models import Session
from amparo.remote.rules import codes

from .shared import CUSTOMER, locked, move, pepper, tell

CUT_AFTER = timedelta(seconds=90)
UNANSWERED_AFTER = timedelta(minutes=6)


@transaction.atomic
def begin(session: Session, *, actor: Actor, at: datetime) -> Session:
    """Let it run: both ends are there and the customer consented; the case's clock starts. LIV-2, CAS-5.

    Also after a dropped line, with a new segment. Facts: `remote.began` or `remote.resumed`, `case.clock_started`.
    Raises NotPermitted, NotInAttention, LimitUndecided, IllegalMove.
    """
    session = locked(session)
    if not access.may_conduct(actor, session):
        raise NotPermitted(session=session.pk)
    if session.case.state not in ATTENDING:
        raise NotInAttention(case=session.case_id)
    again = session.started_at is not None
    move(session, Move.BEGIN)
    _start_clock(session, actor, at)
    session.running_since = session.seen_at = at
    session.started_at = session.started_at or at
    session.dropped_at = None
    session.segments += 1
    session.clipboard = False
    session.save()
    tell("resumed" if again else "began", session, actor=actor, at=at, mode=session.mode, segment=session.segments)
    return session


def _start_clock(session: Session, actor: Actor, at: datetime) -> None:
    """Start the case's clock where it has one that stands; one that runs already goes on and is not ours to stop."""
    session.clock_ours = False
    if session.case.kind not in ATTENDED_KINDS:
        return
    try:
        with transaction.atomic():
            cases.start_clock(session.case, actor=actor, at=at)
    except ClockRunning:
        return
    session.clock_ours = True


def _stop(session: Session, at: datetime) -> None:
    """Stop counting; the caller saves. The engineer's clock is stopped in his name, while he attends cases."""
    if session.running_since is not None:
        session.seconds += max(0, round((at - session.running_since).total_seconds()))
        session.running_since = None
    if session.clock_ours:
        session.clock_ours = False
        cases.end_clock(session.case, actor=_engineer(session), at=at)


def _engineer(session: Session) -> Actor:
    return actor_by_id(session.engineer_id)


@transaction.atomic
def pause(session: Session, *, actor: Actor = SYSTEM, at: datetime) -> Session:
    """Stop the clock at its limit: nothing is seen or done until the case decided how to go on. CAS-5, CHG-5.

    The session stays open for `remote.pause_minutes`. Fact: `remote.paused`. Raises IllegalMove.
    """
    session = locked(session)
    move(session, Move.DROP)
    _stop(session, at)
    session.dropped_at = session.seen_at = at
    session.save()
    tell("paused", session, actor=actor, at=at)
    return session


@transaction.atomic
def drop(session: Session, *, whose: str = "", actor: Actor = SYSTEM, at: datetime) -> Session:
    """Note that a line broke, `whose` if that is known: the clock stops, the session waits for it. Fact: `remote.dropped`. Raises IllegalMove.

    `at` may be the last sign of life of who is away: what nobody saw is not paid.
    """
    session = locked(session)
    move(session, Move.DROP)
    _stop(session, at)
    session.dropped_at, session.seen_at = at, max(session.seen_at or at, at)
    session.save()
    tell("dropped", session, actor=actor, at=at, whose=whose)
    return session


def resume(secret: str, *, broker: str = "", at: datetime) -> Session:
    """Return the session to which the helper with this secret comes back. SEC-39.

    Raises ResumeUnknown where it is over or was away too long, and Elsewhere where it belongs to another broker.
    """
    rows = Session.objects.filter(resume_hash=codes.keyed("resume", secret[:200], pepper()), state__in=LIVE)
    session = rows.select_related("case__thread", "engineer").first()
    if session is None:
        raise ResumeUnknown()
    if session.broker and broker and session.broker != broker:
        raise Elsewhere(session.broker)
    return session


@transaction.atomic
def change_mode(session: Session, *, mode: str, answer: bool = True, shown: str = "", actor: Actor = CUSTOMER, at: datetime) -> Session:
    """Change between seeing and controlling: control by the customer's answer alone, seeing by either side. LIV-2.

    Fact: `remote.mode`, with the answer and what was shown. Raises IllegalMove, Invalid.
    """
    session = locked(session)
    if mode not in list(Mode) or (mode == Mode.CONTROL and not shown.strip()):
        raise Invalid(field="mode")
    move(session, Move.CHANGE)
    if answer:
        session.mode = mode
        if mode == Mode.CONTROL:
            session.consented = mode
    session.save()
    tell("mode", session, actor=actor, at=at, mode=mode, answer=answer, shown=shown)
    return session


@transaction.atomic
def change_clipboard(session: Session, *, on: bool, shown: str = "", actor: Actor = CUSTOMER, at: datetime) -> Session:
    """Share the clipboard, by the customer's answer, or no longer. Fact: `remote.clipboard`. Raises IllegalMove, Invalid."""
    session = locked(session)
    if on and not shown.strip():
        raise Invalid(field="clipboard")
    move(session, Move.CHANGE)
    session.clipboard = on
    session.save()
    tell("clipboard", session, actor=actor, at=at, on=on, shown=shown)
    return session


@transaction.atomic
def decline(session: Session, *, shown: str, actor: Actor = CUSTOMER, at: datetime) -> Session:
    """Take the customer's no. Facts: `remote.declined`, `remote.ended`. Raises IllegalMove."""
    session = locked(session)
    session.shown = shown
    tell("declined", session, actor=actor, at=at, mode=session.asked, shown=shown)
    finish(session, Reason.DECLINED, actor=actor, at=at)
    return session


@transaction.atomic
def end(session: Session, *, reason: str, detail: str = "", actor: Actor, at: datetime) -> Session:
    """End a session for good: clock and record are sealed. One that is over stays as it is. LIV-2, SEC-40.

    Fact: `remote.ended` with the seconds, the count of chunks and the last link. Raises NotPermitted.
    """
    session = locked(session)
    if session.state == State.ENDED:
        return session
    if actor is not CUSTOMER and not access.may_end(actor, session):
        raise NotPermitted(session=session.pk)
    finish(session, Reason(reason), detail=detail, actor=actor, at=at)
    return session


def finish(session: Session, reason: Reason, *, detail: str = "", actor: Actor, at: datetime) -> None:
    """End a locked session and save it."""
    move(session, Move.END)
    _stop(session, at)
    session.ended_at, session.end_reason, session.end_detail = at, reason.value, detail[:200]
    session.resume_hash, session.clipboard = "", False
    session.save()
    tell(
        "ended", session, actor=actor, at=at, reason=reason.value, detail=session.end_detail, seconds=session.seconds,
        chunks=session.chunks, octets=session.octets, head=session.head, mode=session.consented,
    )  # fmt: skip


def seen(session_ids: Sequence[int], *, broker: str = "", at: datetime) -> int:
    """Note that who keeps these sessions lives: their own broker, or (nothing) the page that shares; return how many.

    A broker at which an engineer waits keeps nothing alive that is another's or a page's. SEC-40
    """
    return Session.objects.filter(pk__in=list(session_ids), broker=broker, state__in=LIVE).update(seen_at=at)


def end_lost(*, at: datetime, limit: int = 100) -> int:
    """End what no broker keeps any more, at the moment when it was last seen; return how many. SEC-40.

    The clock stops then too: the customer does not pay for our fault.
    """
    done = 0
    gone = Session.objects.filter(state__in=LIVE, seen_at__lt=at - CUT_AFTER).order_by("pk")
    for pk in list(gone.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            rows = Session.objects.select_for_update(skip_locked=True, of=("self",)).select_related("case__thread", "engineer")
            session = rows.filter(pk=pk, state__in=LIVE, seen_at__lt=at - CUT_AFTER).first()
            if session is None or session.seen_at is None:
                continue
            _stop(session, min(session.seen_at, session.viewed_at or session.seen_at))
            finish(session, Reason.CUT, actor=SYSTEM, at=at)
            done += 1
    return done


def withdraw_offers(*, at: datetime, limit: int = 200) -> int:
    """Take back the codes of cases that nobody attends any more; return how many. LIV-2, SEC-39.

    No session could begin with them: without this the customer would be shown a code for a case that he accepted as closed.
    """
    vain = Session.objects.filter(state=State.OFFERED).exclude(case__state__in=ATTENDING)
    done = 0
    for pk in list(vain.order_by("pk").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            session = vain.filter(pk=pk).select_for_update(skip_locked=True, of=("self",)).select_related("case").first()
            if session is not None:
                finish(session, Reason.WITHDRAWN, actor=SYSTEM, at=at)
                done += 1
    return done
