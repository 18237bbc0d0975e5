"""A class as it runs: it starts with the clock of its case, and ends with who was there and what that costs. LIV-1, LIV-3, CAS-5, TAR-4."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from amparo.campus import commands as campus
from amparo.campus.models import Enrolment
from amparo.cases import commands as cases
from amparo.cases.errors import ClockRunning
from amparo.charging import commands as charging
from amparo.charging.models import Charge
from amparo.charging.queries import tariff_numbered
from amparo.classroom import access, queries
from amparo.classroom.errors import NotYet
from amparo.classroom.machine import INSTRUCTOR, LIFE, Kind, Move, State
from amparo.classroom.models import LiveClass, Participant, Presence, Recording
from amparo.classroom.rules.attendance import Stay, Used, gross, share, to_charge, took_part, used
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Refusal
from amparo.people.queries import actor_by_id
from amparo.policies.queries import value

from .shared import locked, permit, running, stir, tell


@transaction.atomic
def start(live_class: LiveClass, *, actor: Actor, at: datetime) -> LiveClass:
    """Begin a class; of a case with its clock. LIV-1, LIV-3, CAS-5, CAS-9. Fact: `class.started`.

    Raises NotPermitted, NotYet, IllegalMove, and what the case's clock raises: LimitUndecided and others.
    """
    live_class = locked(live_class)
    permit(access.may_lead(actor, live_class), live_class=live_class.pk)
    state = LIFE.after(State(live_class.state), Move.START)
    if not access.is_open(live_class, early_minutes=value("classroom.early_minutes", at=at), at=at):
        raise NotYet(live_class=live_class.pk)
    if live_class.case is not None:
        with suppress(ClockRunning):  # the attention runs already: it goes on
            cases.start_clock(live_class.case, actor=actor, at=at)
    live_class.state, live_class.began_at, live_class.is_recording = state.value, at, live_class.is_recorded
    live_class.save(update_fields=["state", "began_at", "is_recording"])
    tell("started", live_class, above=True, actor=actor, at=at, recorded=live_class.is_recorded)
    stir(live_class)
    return live_class


@transaction.atomic
def set_recording(live_class: LiveClass, on: bool, *, actor: Actor, at: datetime) -> LiveClass:
    """Begin or end to record; everybody inside is shown it. Fact: `class.recording_on` or `class.recording_off`.

    Raises NotPermitted, NotRunning.
    """
    live_class = running(live_class)
    permit(access.may_lead(actor, live_class), live_class=live_class.pk)
    if live_class.is_recording != on:
        live_class.is_recording = on
        live_class.is_recorded = live_class.is_recorded or on
        live_class.save(update_fields=["is_recording", "is_recorded"])
        tell("recording_on" if on else "recording_off", live_class, actor=actor, at=at)
        stir(live_class)
    return live_class


@transaction.atomic
def end(live_class: LiveClass, *, actor: Actor, at: datetime) -> LiveClass:
    """End a class: everybody is out, the clock stops, its attendance goes on the record, an exclusive hour is charged by it. LIV-1, TAR-4.

    Fact: `class.ended` with who was there, for how long, how many at once. Raises NotPermitted, IllegalMove.
    """
    live_class = locked(live_class)
    permit(access.may_lead(actor, live_class), live_class=live_class.pk)
    return _ended(live_class, at, actor=actor, at=at)


@transaction.atomic
def end_forgotten(live_class: LiveClass, *, at: datetime) -> LiveClass | None:
    """End a class in which nobody has been for long, at the moment when the last one left; None where somebody came meanwhile. TAR-4."""
    live_class = locked(live_class)
    quiet = value("classroom.forgotten_minutes", at=at)
    assert live_class.began_at
    stays = Presence.objects.filter(participant__live_class=live_class)
    last = max([live_class.began_at, *(stay.left_at or at for stay in stays)])
    if live_class.state != State.RUNNING or at - last < timedelta(minutes=quiet):
        return None
    return _ended(live_class, last, actor=SYSTEM, at=at)


def _ended(live_class: LiveClass, moment: datetime, *, actor: Actor, at: datetime) -> LiveClass:
    live_class.state = LIFE.after(State(live_class.state), Move.END).value
    live_class.ended_at, live_class.is_recording = moment, False
    _close_stays(live_class, moment)
    Participant.objects.filter(live_class=live_class).update(hand_at=None, floor_at=None)
    if live_class.case is not None:
        cases.end_clock(live_class.case, actor=_attending(live_class, actor), at=moment)
    there = queries.attendance(live_class)
    charged = _settled(live_class, at)
    live_class.save()
    if live_class.is_recorded:
        Recording.objects.get_or_create(live_class=live_class, defaults={"asked_at": at, "touched_at": at})
    tell(
        "ended", live_class, above=True, actor=actor, at=at, began_at=live_class.began_at, ended_at=moment, at_once=there.at_once,
        people=[{"name": row.name, "role": row.role, "minutes": row.minutes} for row in there.rows], charged=charged or {},
    )  # fmt: skip
    _note_students(live_class, at)
    stir(live_class)
    return live_class


def _attending(live_class: LiveClass, actor: Actor) -> Actor:
    """Return who stops the clock: whoever ends the class, or its instructor where time ends it."""
    return actor_by_id(live_class.instructor_id) if actor.is_system else actor


def _close_stays(live_class: LiveClass, moment: datetime) -> None:
    for stay in Presence.objects.filter(participant__live_class=live_class, left_at__isnull=True):
        stay.left_at = max(moment, stay.joined_at)
        stay.save(update_fields=["left_at"])


def _settled(live_class: LiveClass, at: datetime) -> dict[str, int] | None:
    """Charge an exclusive hour by its record, never more than was agreed to; nobody came: all of it comes back. CHG-4, TAR-4."""
    if live_class.kind != Kind.HOUR or live_class.charge is None:
        return None
    if live_class.more_charge is not None:
        charging.release(live_class.more_charge, reason="ended", actor=SYSTEM, at=at)
        live_class.more_charge, live_class.more_minutes, live_class.more_people = None, 0, 0
    assert live_class.began_at and live_class.ended_at
    found = used(list(stays_of_customer(live_class).values()), live_class.began_at, live_class.ended_at)
    if not found.minutes:
        charging.release(live_class.charge, reason="nobody_came", actor=SYSTEM, at=at)
        return {}
    agreed = Used(live_class.agreed_minutes, live_class.agreed_people)
    amounts = by_use(live_class.charge, agreed, to_charge(found, agreed))
    live_class.charge = charging.settle(live_class.charge, amount_by_unit=amounts, actor=SYSTEM, at=at)
    return amounts


def by_use(charge: Charge, agreed: Used, found: Used) -> dict[str, int]:
    """Return what of a charge is due for what was used, by the tariff that it names. TAR-1, TAR-4, PRO-1."""
    tariff = tariff_numbered(charge.tariff_version).as_tariff()
    return {unit: share(count, gross(agreed, tariff), gross(found, tariff)) for unit, count in charge.amounts.items()}


def stays_of_customer(live_class: LiveClass) -> dict[int, list[Stay]]:
    """Return the stays of the customer's people, by person; staff cost nothing."""
    rows = Presence.objects.filter(participant__live_class=live_class, participant__customer=live_class.customer_id, left_at__isnull=False)
    found: dict[int, list[Stay]] = {}
    for person, start_at, left_at in rows.exclude(participant__role=INSTRUCTOR).values_list("participant__person", "joined_at", "left_at"):
        if left_at is not None:
            found.setdefault(person, []).append((start_at, left_at))
    return found


def _note_students(live_class: LiveClass, at: datetime) -> None:
    """Note the lesson as done for everybody of the course who was there long enough. LIV-1, SRC-4."""
    if live_class.course_id is None or not live_class.lesson:
        return
    percent = value("classroom.attended_percent", at=at)
    assert live_class.began_at and live_class.ended_at
    stays: dict[int, list[Any]] = {}
    for person, came, left in Presence.objects.filter(participant__live_class=live_class).values_list("participant__person", "joined_at", "left_at"):
        stays.setdefault(person, []).append((came, left))
    found = [person for person, own in stays.items() if took_part(own, live_class.began_at, live_class.ended_at, percent)]
    for enrolment in Enrolment.objects.filter(course=live_class.course_id, person__in=found, state="started").order_by("pk"):
        try:
            with transaction.atomic():
                campus.mark_attended(enrolment, live_class.lesson, actor=SYSTEM, at=at)
        except Refusal:
            continue  # a version without this lesson, or a course that was left meanwhile


def remind_due(*, at: datetime, limit: int = 100) -> int:
    """Remind of classes that begin soon, each once. Fact: `class.soon`."""
    until = at + timedelta(minutes=value("classroom.remind_minutes", at=at))
    due = LiveClass.objects.filter(state=State.PLANNED.value, told_at__isnull=True, starts_at__lte=until, starts_at__gt=at)
    done = 0
    for pk in list(due.order_by("starts_at", "pk").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            one = LiveClass.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=pk, told_at__isnull=True, state=State.PLANNED.value).first()
            if one is not None:
                one.told_at = at
                one.save(update_fields=["told_at"])
                tell("soon", one, actor=SYSTEM, at=at, starts_at=one.starts_at)
                done += 1
    return done
