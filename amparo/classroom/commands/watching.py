"""What the gateway tells becomes attendance; and what nobody allowed is undone. LIV-1, SEC-38."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from amparo.classroom import access
from amparo.classroom.machine import INSTRUCTOR, Place, State
from amparo.classroom.models import LiveClass, Participant, Presence
from amparo.classroom.rules.notices import JOINED, LEFT, SCREEN, SENDS, STARTED, Notice
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM
from amparo.people.queries import actor_in

from .shared import stir, tell


@dataclass(frozen=True, slots=True)
class Undo:
    """Somebody is to be sent out of a room at the gateway: an impostor, or who sends without the floor."""

    room: str
    participant: str
    why: str


@transaction.atomic
def note(notices: Sequence[Notice], proven: Callable[[str, str, str], bool], *, at: datetime) -> list[Undo]:
    """Write down who joined and who left, and return who is to be sent out again. LIV-1, SEC-38.

    `proven(word, room, participant)` judges the proof of who it is. The same notices again change nothing.
    """
    undo: list[Undo] = []
    for notice in notices:
        if notice.what == STARTED:
            _close_all(notice.at)
            continue
        own = (
            Participant.objects.select_related("live_class").filter(word=notice.participant, live_class__room=notice.room).first()
            if len(notice.participant) <= 40 and len(notice.room) <= 40 else None
        )  # fmt: skip
        if own is None:
            if notice.what != LEFT and LiveClass.objects.filter(room=notice.room).exists():
                undo.append(_undone(notice, "unknown"))
        elif notice.what == LEFT:
            _left(own, notice)
        elif not proven(notice.proof, notice.room, notice.participant):
            undo.append(_undone(notice, "not proven", own))
        elif own.place != Place.ADMITTED or own.live_class.state != State.RUNNING:
            undo.append(_undone(notice, "not admitted"))
        elif notice.what == SENDS and not may_send(own, screen=notice.screen):
            undo.append(_undone(notice, "without the floor"))
        elif notice.what == SENDS and notice.most > 1:
            undo.append(_undone(notice, "more than one camera or voice"))
        elif notice.what == JOINED and not notice.screen:
            _joined(own, notice)
    return undo


def _undone(notice: Notice, why: str, impersonated: Participant | None = None) -> Undo:
    if impersonated is not None:
        record("class.impostor", subject=impersonated.live_class.subject, actor=SYSTEM, at=notice.at, customer=impersonated.live_class.customer_id,
               person=impersonated.person_id, who=impersonated.name)  # fmt: skip
    return Undo(notice.room, notice.participant + (SCREEN if notice.screen else ""), why)


def may_send(own: Participant, *, screen: bool) -> bool:
    """Tell whether somebody inside may send now: a screen the instructor alone, sound and camera whoever has the floor too. LIV-1."""
    return own.role == INSTRUCTOR or (own.floor_at is not None and not screen)


def _joined(own: Participant, notice: Notice) -> None:
    _stay, made = Presence.objects.get_or_create(participant=own, handle=notice.handle, defaults={"joined_at": notice.at})
    if made:
        stir(own.live_class)


def _left(own: Participant, notice: Notice) -> None:
    if notice.screen:
        return
    stays = Presence.objects.select_for_update(no_key=True).filter(participant=own, left_at__isnull=True)
    if not notice.handle.startswith("0."):
        # A connection that we know closes its own stay, however often it is told; one that we never saw, those before it.
        known = own.stays.filter(handle=notice.handle).exists()
        stays = stays.filter(handle=notice.handle) if known else stays.filter(joined_at__lt=notice.at)
    done = 0
    for stay in stays:
        stay.left_at = max(notice.at, stay.joined_at)
        stay.save(update_fields=["left_at"])
        done += 1
    if done:
        if not own.stays.filter(left_at__isnull=True).exists() and own.hand_at is not None:
            own.hand_at = None
            own.save(update_fields=["hand_at"])
        stir(own.live_class)


def _close_all(moment: datetime) -> None:
    """The gateway began anew: whoever was in it before is no more, until he joins again."""
    for stay in Presence.objects.select_for_update(no_key=True).filter(left_at__isnull=True, joined_at__lt=moment):
        stay.left_at = moment
        stay.save(update_fields=["left_at"])


@transaction.atomic
def send_out_lost(live_class: LiveClass, present: set[str], *, at: datetime) -> int:
    """Send out who is in a class that he may see no more, or leads without the right to: his contact was removed, his enrolment
    cancelled, his role taken away. SEC-6, SEC-38.

    The rights of this moment count, in the company for which he came in. Fact: `class.sent_out`.
    """
    done = 0
    inside = Participant.objects.select_for_update(of=("self",), no_key=True).filter(live_class=live_class, place=Place.ADMITTED.value)
    for own in inside.filter(word__in=present).order_by("pk"):
        actor = actor_in(own.person_id, own.customer_id)
        if access.may_see_id(actor, live_class.pk) and (own.role != INSTRUCTOR or access.may_lead(actor, live_class)):
            continue
        own.place, own.hand_at, own.floor_at = Place.OUT.value, None, None
        own.save(update_fields=["place", "hand_at", "floor_at"])
        tell("sent_out", live_class, actor=SYSTEM, at=at, person=own.person_id, who=own.name)
        done += 1
    if done:
        stir(live_class)
    return done


@transaction.atomic
def close_absent(live_class: LiveClass, present: set[str], *, at: datetime) -> int:
    """Close the stays of those whom the gateway no longer knows: a notice was lost. Who joined a moment ago is left alone."""
    done = 0
    stays = Presence.objects.select_for_update(of=("self",), no_key=True).select_related("participant")
    for stay in stays.filter(participant__live_class=live_class, left_at__isnull=True):
        if stay.participant.word not in present and (at - stay.joined_at).total_seconds() > 15:
            stay.left_at = max(at, stay.joined_at)
            stay.save(update_fields=["left_at"])
            done += 1
    if done:
        stir(live_class)
    return done
