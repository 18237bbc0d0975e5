"""Inside a class: coming in, being let in, the hand, the floor, silence, the chat. LIV-1."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from amparo.classroom import access
from amparo.classroom.errors import ClassFull, FloorFull, NotInside, NotYet, PeopleNotAgreed, TooSlow
from amparo.classroom.machine import INSTRUCTOR, PLACES, STUDENT, Kind, Place, State, Step
from amparo.classroom.models import Line, LiveClass, Participant, Presence
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid
from amparo.policies.queries import value

from .shared import led, locked, new_word, permit, running, stir, tell

FRESH_SECONDS = 90  # who was let in a moment ago is on his way
LINES_MAX, LINES_SECONDS = 10, 10


@transaction.atomic
def enter(live_class: LiveClass, *, actor: Actor, at: datetime) -> Participant:
    """Ask for one's place: whoever leads has it, others wait to be let in where there is a waiting room. LIV-1, TAR-4.

    The caller has loaded the class by `visible_to`. Again is the same place. Raises NotYet, NotInside, ClassFull, PeopleNotAgreed.
    """
    live_class = locked(live_class)
    leads = access.may_lead(actor, live_class)
    if not leads and not access.is_open(live_class, early_minutes=value("classroom.early_minutes", at=at), at=at):
        raise NotYet(live_class=live_class.pk)
    own, made = Participant.objects.select_for_update(no_key=True).get_or_create(
        live_class=live_class, person_id=actor.user_id,
        defaults={
            "customer_id": actor.customer_id if actor.is_contact else None, "name": actor.name[:160], "word": new_word("p"), "asked_at": at,
            "role": INSTRUCTOR if leads else STUDENT,
        },
    )  # fmt: skip
    if own.place == Place.OUT:
        raise NotInside(live_class=live_class.pk)
    comes_in = leads or ((own.place == Place.ADMITTED or not live_class.has_waiting_room) and live_class.state == State.RUNNING)
    if comes_in:
        if not leads:
            _hold_place(live_class, own, at)
        own.place, own.admitted_at = Place.ADMITTED.value, at
    own.role, own.asked_at = INSTRUCTOR if leads else STUDENT, at
    own.save(update_fields=["place", "admitted_at", "role", "asked_at"])
    if made or comes_in:
        stir(live_class)
    return own


def _hold_place(live_class: LiveClass, own: Participant, at: datetime) -> None:
    """Raise ClassFull or PeopleNotAgreed where there is no place left; who was there just now has his still."""
    others = _inside(live_class, at).exclude(pk=own.pk)
    if others.filter(role=STUDENT).count() >= value("classroom.students_max", at=at):
        raise ClassFull(live_class=live_class.pk)
    if live_class.kind == Kind.HOUR and own.customer_id is not None and others.filter(customer=live_class.customer_id, role=STUDENT).count() >= live_class.agreed_people:
        raise PeopleNotAgreed(live_class=live_class.pk)


def _inside(live_class: LiveClass, at: datetime):  # type: ignore[no-untyped-def]
    here = Presence.objects.filter(participant=OuterRef("pk"), left_at__isnull=True)
    fresh = Q(admitted_at__gt=at - timedelta(seconds=FRESH_SECONDS))
    return Participant.objects.filter(Q(Exists(here)) | fresh, live_class=live_class, place=Place.ADMITTED.value)


@transaction.atomic
def admit(participant: Participant, *, actor: Actor, at: datetime) -> Participant:
    """Let somebody in who waits, or who was sent out. Again changes nothing. Raises NotPermitted, NotRunning, ClassFull, PeopleNotAgreed."""
    live_class, own = led(participant, actor=actor)
    if own.place == Place.ADMITTED:
        return own
    place = PLACES.after(Place(own.place), Step.ADMIT)
    _hold_place(live_class, own, at)
    own.place, own.admitted_at = place.value, at
    own.save(update_fields=["place", "admitted_at"])
    stir(live_class)
    return own


@transaction.atomic
def send_out(participant: Participant, *, actor: Actor, at: datetime) -> Participant:
    """Send somebody out; he comes in again only when he is let in. Again changes nothing. Fact: `class.sent_out`. Raises NotPermitted, NotRunning."""
    live_class, own = led(participant, actor=actor)
    permit(own.role == STUDENT, live_class=live_class.pk)
    if own.place == Place.OUT:
        return own
    own.place = PLACES.after(Place(own.place), Step.SEND_OUT).value
    own.hand_at = own.floor_at = None
    own.save(update_fields=["place", "hand_at", "floor_at"])
    tell("sent_out", live_class, actor=actor, at=at, person=own.person_id, who=own.name)
    stir(live_class)
    return own


def _own(live_class: LiveClass, actor: Actor) -> Participant:
    own = Participant.objects.select_for_update(no_key=True).filter(live_class=live_class, person=actor.user_id or 0).first()
    if own is None or own.place != Place.ADMITTED:
        raise NotInside(live_class=live_class.pk)
    return own


@transaction.atomic
def raise_hand(live_class: LiveClass, *, actor: Actor, at: datetime) -> Participant:
    """Raise one's hand; the first raised stands first. Again changes nothing. Raises NotRunning, NotInside."""
    live_class = running(live_class)
    own = _own(live_class, actor)
    if own.hand_at is None and own.floor_at is None:
        own.hand_at = at
        own.save(update_fields=["hand_at"])
        stir(live_class)
    return own


@transaction.atomic
def lower_hand(live_class: LiveClass, *, actor: Actor, at: datetime) -> Participant:
    """Take one's hand down, or give the floor back. Again changes nothing. Raises NotRunning, NotInside."""
    live_class = running(live_class)
    own = _own(live_class, actor)
    if own.hand_at is not None or own.floor_at is not None:
        own.hand_at = own.floor_at = None
        own.save(update_fields=["hand_at", "floor_at"])
        stir(live_class)
    return own


@transaction.atomic
def give_floor(participant: Participant, *, actor: Actor, at: datetime) -> Participant:
    """Let a student speak and be seen; at most so many at once, with the instructor. LIV-1. Fact: `class.floor_given`.

    Raises NotPermitted, NotRunning, NotInside, FloorFull.
    """
    live_class, own = led(participant, actor=actor)
    if own.place != Place.ADMITTED or own.role != STUDENT:
        raise NotInside(live_class=live_class.pk)
    if own.floor_at is not None:
        return own
    speaking = Participant.objects.filter(live_class=live_class, floor_at__isnull=False).count()
    if speaking + 1 >= value("classroom.floor_max", at=at):
        raise FloorFull(live_class=live_class.pk)
    own.floor_at, own.hand_at, own.is_muted = at, None, False
    own.save(update_fields=["floor_at", "hand_at", "is_muted"])
    tell("floor_given", live_class, actor=actor, at=at, person=own.person_id, who=own.name)
    stir(live_class)
    return own


@transaction.atomic
def take_floor(participant: Participant, *, actor: Actor, at: datetime) -> Participant:
    """Take the floor from a student. Again changes nothing. Fact: `class.floor_taken`. Raises NotPermitted, NotRunning."""
    live_class, own = led(participant, actor=actor)
    if own.floor_at is not None:
        own.floor_at = None
        own.save(update_fields=["floor_at"])
        tell("floor_taken", live_class, actor=actor, at=at, person=own.person_id, who=own.name)
        stir(live_class)
    return own


@transaction.atomic
def mute(participant: Participant, on: bool, *, actor: Actor, at: datetime) -> Participant:
    """Stop somebody's voice, or let it through again; the gateway is told by the caller. Raises NotPermitted, NotRunning, NotInside."""
    live_class, own = led(participant, actor=actor)
    if own.floor_at is None:
        raise NotInside(live_class=live_class.pk)
    if own.is_muted != on:
        own.is_muted = on
        own.save(update_fields=["is_muted"])
        stir(live_class)
    return own


@transaction.atomic
def say(live_class: LiveClass, body: str, *, key: str, actor: Actor, at: datetime) -> Line:
    """Write into the chat of a class. The same key returns the first. Raises NotRunning, NotInside, Invalid, TooSlow."""
    live_class = running(live_class)
    own = _own(live_class, actor)
    body = body.strip()
    if not body or len(body) > 2000 or "\x00" in body:
        raise Invalid(field="body")
    if first := Line.objects.filter(participant=own, key=key).first():
        return first
    if Line.objects.filter(participant=own, at__gt=at - timedelta(seconds=LINES_SECONDS)).count() >= LINES_MAX:
        raise TooSlow(live_class=live_class.pk)
    made = Line.objects.create(live_class=live_class, participant=own, body=body, at=at, key=key)
    stir(live_class)
    return made
