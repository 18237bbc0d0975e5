"""From the offer of a session to the customer's consent: codes, guesses, the question. LIV-2, SEC-39."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from amparo.cases.commands.attention import has_consented_further
from amparo.cases.errors import LimitUndecided
from amparo.cases.machine import ATTENDED_KINDS, ATTENDING
from amparo.cases.models import Case
from amparo.contracts import access as standing
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.policies.queries import value
from amparo.remote import access
from amparo.remote.errors import (
    CodeExpired,
    CodeUnknown,
    CodeUsed,
    Elsewhere,
    NotInAttention,
    SessionOpen,
    TooMany,
)
from amparo.remote.machine import Mode, Move, Reason, State, Way
from amparo.remote.models import Miss, Session, new_public_id
from amparo.remote.rules import codes

from . import guessing
from .conducting import finish
from .shared import CUSTOMER, Offer, locked, move, pepper, tell

TRIES = 20


@transaction.atomic
def offer(case: Case, *, mode: str, way: str = Way.HELPER.value, key: str, actor: Actor, at: datetime) -> Offer:
    """Offer a remote session of a case: its code is told to the customer, who consents at the other end. LIV-2, LIV-3.

    The same key returns the first offer. An offer whose code nobody entered yet gives way to a new one.
    Fact: `remote.offered`. Raises NotPermitted, NoStanding, NotInAttention, LimitUndecided, SessionOpen, Invalid.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("thread", "contact").get(pk=case.pk)
    if not access.may_offer(actor, case):
        raise NotPermitted(case=case.pk)
    if first := Session.objects.filter(case=case, key=key).first():
        return Offer(first, codes.code_of(first.public_id, pepper()))
    if mode not in list(Mode) or way not in (Way.HELPER, Way.BROWSER):  # of MeshCentral links are made, it knows no code of ours
        raise Invalid(field="mode")
    require_attention(case, actor=actor, at=at)
    for before in Session.objects.select_for_update().filter(case=case).exclude(state=State.ENDED).select_related("case"):
        if before.state != State.OFFERED:
            raise SessionOpen(case=case.pk)
        finish(before, Reason.WITHDRAWN, actor=actor, at=at)
    session = _created(case, mode if way != Way.BROWSER else Mode.VIEW.value, way, key, actor, at)
    tell("offered", session, actor=actor, at=at, mode=session.asked, way=way)
    return Offer(session, codes.code_of(session.public_id, pepper()))


def require_attention(case: Case, *, actor: Actor, at: datetime) -> None:
    """See that a case may be attended at its customer's computer now. CHG-1, CAS-5. Raises NotInAttention, NoStanding, LimitUndecided."""
    if case.state not in ATTENDING:
        raise NotInAttention(case=case.pk)
    standing.require_going_on(actor, "remote", at=at, customer_id=case.customer_id)
    if case.kind in ATTENDED_KINDS and case.clock.is_over(at) and not has_consented_further(case):
        raise LimitUndecided(case=case.pk)


def _created(case: Case, mode: str, way: str, key: str, actor: Actor, at: datetime) -> Session:
    """Make the session; a code that waits already is drawn again: two of a thousand million are the same now and then."""
    assert actor.user_id is not None
    expires_at = at + timedelta(minutes=value("remote.code_minutes", at=at))
    for _try in range(TRIES):
        public_id = new_public_id()
        hashed = codes.code_hash(codes.code_of(public_id, pepper()), pepper())
        try:
            with transaction.atomic():
                return Session.objects.create(
                    public_id=public_id, case=case, engineer_id=actor.user_id, way=way, asked=mode, code_hash=hashed, key=key,
                    language=case.contact.language if case.contact else "es-mx", offered_at=at, expires_at=expires_at,
                )  # fmt: skip
        except IntegrityError:
            continue
    raise RuntimeError("no free code was found")


@transaction.atomic
def offer_again(session: Session, *, key: str, actor: Actor, at: datetime) -> Offer:
    """Offer the same again with a new code, after one that expired or was withdrawn. Raises what `offer` raises."""
    return offer(session.case, mode=session.asked, way=session.way, key=key, actor=actor, at=at)


def look_up(typed: str, *, address: str, at: datetime) -> Session:
    """Return the session whose code somebody typed; it is not used up by that. SEC-39.

    A code that was never given counts as a miss of its network, and of the block that it aimed at.
    Raises TooMany, CodeUnknown, CodeExpired, CodeUsed.
    """
    network = codes.keyed("network", codes.network_of(address), pepper())
    since = at - timedelta(minutes=value("remote.misses_minutes", at=at))
    if Miss.objects.filter(network=network, at__gt=since).count() >= value("remote.misses_max", at=at):
        raise TooMany()
    code = codes.normal(typed)
    found = None
    if code:
        rows = Session.objects.filter(code_hash=codes.code_hash(code, pepper())).select_related("case__thread", "engineer")
        found = rows.order_by("-offered_at", "-pk").first()
    if found is None or found.offered_at <= at - timedelta(hours=1):
        guessing.missed(code, network, since, address=address, at=at)
        raise CodeUnknown()
    if found.state == State.OFFERED and at < found.expires_at:
        return found
    if found.state == State.OFFERED or found.end_reason in (Reason.EXPIRED, Reason.WITHDRAWN, Reason.GUESSED):
        raise CodeExpired()
    raise CodeUsed()


def join(
    typed: str, *, address: str, resume: str, broker: str = "", system: str = "", helper: str = "", can: Sequence[str] = ("view",), at: datetime
) -> Session:
    """Use up a code: from now on the session belongs to the helper that holds the secret `resume`. SEC-39.

    Fact: `remote.joined`. Raises what `look_up` raises, and Elsewhere where the session belongs to another broker.
    """
    found = look_up(typed, address=address, at=at)  # before the transaction: a miss counts although it is refused
    with transaction.atomic():
        return used_up(found, resume, broker, system, helper, can, at)


def used_up(found: Session, resume: str, broker: str, system: str, helper: str, can: Sequence[str], at: datetime) -> Session:
    """Use up the code of a session that was looked up, in the caller's transaction. Raises CodeUsed, Elsewhere."""
    session = locked(found)
    if session.state != State.OFFERED:
        raise CodeUsed()
    if session.broker and broker and session.broker != broker:
        raise Elsewhere(session.broker)
    move(session, Move.JOIN)
    session.resume_hash, session.broker = codes.keyed("resume", resume, pepper()), broker or session.broker
    session.system, session.helper, session.can = system[:20], helper[:20], [one for one in ("view", "control", "clipboard") if one in can]
    session.joined_at = session.seen_at = at
    session.save()
    tell("joined", session, actor=CUSTOMER, at=at, system=session.system, helper=session.helper)
    return session


@transaction.atomic
def consent(session: Session, *, mode: str, shown: str, actor: Actor = CUSTOMER, at: datetime) -> Session:
    """Take the customer's yes, for the mode that was asked or for less, with the text that was shown. LIV-2.

    Fact: `remote.consented`. Raises IllegalMove, Invalid.
    """
    session = locked(session)
    if mode not in list(Mode) or not shown.strip() or (mode == Mode.CONTROL and session.asked != Mode.CONTROL):
        raise Invalid(field="mode")
    move(session, Move.CONSENT)
    session.mode = session.consented = mode
    session.shown, session.consented_at, session.seen_at = shown, at, at
    session.save()
    tell("consented", session, actor=actor, at=at, mode=mode, asked=session.asked, shown=shown, how=session.way)
    return session


def expire_offers(*, at: datetime, limit: int = 200) -> int:
    """End the offers whose code nobody entered in time; return how many."""
    due = Session.objects.filter(state=State.OFFERED, expires_at__lte=at).order_by("pk")
    done = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            rows = Session.objects.select_for_update(skip_locked=True, of=("self",)).select_related("case")
            session = rows.filter(pk=pk, state=State.OFFERED).first()
            if session is not None:
                finish(session, Reason.EXPIRED, actor=SYSTEM, at=at)
                done += 1
    return done
