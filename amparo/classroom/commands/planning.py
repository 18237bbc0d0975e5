"""Planning: of a course, as advice in a case, an exclusive hour with its price and the customer's yes. LIV-1, LIV-3, TAR-1, TAR-4, CHG-1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.campus import commands as campus
from amparo.campus.models import ClassDate, Course
from amparo.cases.machine import ATTENDED_KINDS, ENDED
from amparo.cases.models import Case
from amparo.charging import commands as charging
from amparo.charging.errors import CreditsMissing, PriceChanged
from amparo.charging.models import Charge
from amparo.charging.rules import Need
from amparo.classroom import access
from amparo.classroom.errors import ClassInvalid, NothingToAgree
from amparo.classroom.machine import LIFE, OPEN, Kind, Move, State
from amparo.classroom.models import LiveClass
from amparo.contracts.access import require
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Remedy
from amparo.people.models import Customer, User

from .shared import locked, new_word, permit, stir, tell

MINUTES_MAX, PEOPLE_MAX = 600, 200


@transaction.atomic
def plan_for_course(date: ClassDate, instructor: User, *, recorded: bool = False, key: str, actor: Actor, at: datetime) -> LiveClass:
    """Give the date of a course's live class a room here; the lesson leads to it. LIV-1, LIV-3. Fact: `class.scheduled`.

    The same date again is the same class. Raises NotPermitted, ClassInvalid.
    """
    permit(access.may_plan(actor, Kind.COURSE))
    date = ClassDate.objects.select_for_update(of=("self",), no_key=True).select_related("lesson__section__course", "cohort").get(pk=date.pk)
    if first := LiveClass.objects.filter(date=date).first():
        return first
    course: Course = date.lesson.section.course
    made = _made(
        Kind.COURSE, date.lesson.title, date.starts_at, date.minutes, instructor, key, actor, at,
        course=course, date=date, lesson=date.lesson_id, cohort=date.cohort, uid=date.uid, is_recorded=recorded, has_waiting_room=False,
    )  # fmt: skip
    campus.place_class(date, settings.PUBLIC_URL + reverse("classroom:class", args=[made.pk]), actor=actor, at=at)
    tell("scheduled", made, above=True, actor=actor, at=at, starts_at=made.starts_at, minutes=made.minutes)
    return made


@transaction.atomic
def plan_for_case(case: Case, starts_at: datetime, *, minutes: int, recorded: bool = False, key: str, actor: Actor, at: datetime) -> LiveClass:
    """Give advice in the classroom, of a case that is attended; its clock runs while the class does. LIV-1, LIV-3, CAS-5, CAS-9.

    Fact: `class.scheduled`, on the case's record too. The same key returns the first. Raises NotPermitted, ClassInvalid.
    """
    permit(access.may_plan(actor, Kind.ADVICE))
    if first := LiveClass.objects.filter(created_by=actor.user_id, key=key).first():
        return first
    case = Case.objects.select_for_update(of=("self",), no_key=True).select_related("thread").get(pk=case.pk)
    if case.state in ENDED or case.kind not in ATTENDED_KINDS:
        raise ClassInvalid(_("A class can be planned in a case for advice or an incident that is not closed."), field="case")
    made = _made(
        Kind.ADVICE, case.thread.title, starts_at, minutes, User.objects.get(pk=actor.user_id or 0), key, actor, at,
        case=case, customer_id=case.customer_id, is_recorded=recorded,
    )  # fmt: skip
    tell("scheduled", made, above=True, actor=actor, at=at, starts_at=made.starts_at, minutes=made.minutes)
    return made


@transaction.atomic
def plan_hour(
    customer: Customer, title: str, starts_at: datetime, *, minutes: int, people: int, recorded: bool = False, key: str, actor: Actor, at: datetime
) -> LiveClass:
    """Propose an exclusive hour to a customer, with its price by the hours and his people at once. TAR-1, TAR-4, CHG-1.

    Nothing is taken before he agrees. Fact: `class.proposed`. Raises NotPermitted, NoStanding, ClassInvalid.
    """
    permit(access.may_plan(actor, Kind.HOUR))
    if first := LiveClass.objects.filter(created_by=actor.user_id, key=key).first():
        return first
    require(actor, "classroom", at=at, customer_id=customer.pk)
    if not title.strip():
        raise ClassInvalid(_("Say what it is about."), field="title")
    if not 1 <= people <= PEOPLE_MAX:
        raise ClassInvalid(_("Give a whole number from %(low)s to %(high)s.") % {"low": 1, "high": PEOPLE_MAX}, field="people")
    made = _made(
        Kind.HOUR, title.strip(), starts_at, minutes, User.objects.get(pk=actor.user_id or 0), key, actor, at,
        customer=customer, agreed_minutes=minutes, agreed_people=people, state=State.PROPOSED.value, is_recorded=recorded,
    )  # fmt: skip
    needs = [Need("online_hour", minutes=minutes, participants=people)]
    charge = charging.propose(made, customer.pk, needs, key=f"{made.subject}:hour", actor=actor, at=at)
    made.charge = charge
    made.save(update_fields=["charge"])
    tell("proposed", made, actor=actor, at=at, starts_at=starts_at, minutes=minutes, people=people, cost=charge.amounts, missing=charge.missing)
    return made


def _minutes(minutes: int) -> int:
    if not 1 <= minutes <= MINUTES_MAX:
        raise ClassInvalid(_("Give a whole number from %(low)s to %(high)s.") % {"low": 1, "high": MINUTES_MAX}, field="minutes")
    return minutes


def _made(kind: Kind, title: str, starts_at: datetime, minutes: int, instructor: User, key: str, actor: Actor, at: datetime, **more: Any) -> LiveClass:
    if starts_at < at - timedelta(hours=1) or starts_at > at + timedelta(days=400):
        raise ClassInvalid(_("Choose a moment from now on."), field="starts_at")
    fields: dict[str, Any] = {"uid": uuid4().hex, **more}
    return LiveClass.objects.create(
        kind=kind.value, title=title[:200], starts_at=starts_at, minutes=_minutes(minutes), instructor=instructor, room=new_word("class"),
        created_by_id=actor.user_id or 0, created_at=at, key=key, **fields,
    )  # fmt: skip


@transaction.atomic
def agree(live_class: LiveClass, *, price: str | None = None, how: str = "portal", actor: Actor, at: datetime) -> LiveClass:
    """Put the customer's yes to an exclusive hour on the record and set its credits aside. CHG-1, CHG-4, TAR-1.

    Facts: `class.agreed`, and those of the charge. Raises NotPermitted, NoStanding, PriceChanged, CreditsMissing, IllegalMove.
    """
    live_class = locked(live_class)
    permit(access.may_agree(actor, live_class), live_class=live_class.pk)
    state = LIFE.after(State(live_class.state), Move.AGREE)
    require(actor, "classroom", at=at, customer_id=live_class.customer_id)
    assert live_class.charge is not None
    live_class.charge = _reserved(live_class.charge, price=price, how=how, actor=actor, at=at)
    live_class.state = state.value
    live_class.save(update_fields=["state"])
    tell("agreed", live_class, actor=actor, at=at, cost=live_class.charge.amounts, how=how, starts_at=live_class.starts_at)
    return live_class


def _reserved(charge: Charge, *, price: str | None, how: str, actor: Actor, at: datetime) -> Charge:
    with counted():
        charge = charging.consent(charge, how=how, seen=price, actor=actor, at=at)
        return charging.reserve(charge, actor=SYSTEM, at=at)


@contextmanager
def counted() -> Iterator[None]:
    """Tell how many credits are missing, and how they are got. CHG-3."""
    try:
        yield
    except CreditsMissing as short:
        missing = int(short.context.get("missing", 0))
        words = ngettext(
            "%(count)s credit is missing for this hour. Nothing was taken. Redeem a service card and come back.",
            "%(count)s credits are missing for this hour. Nothing was taken. Redeem a service card and come back.", missing,
        ) % {"count": missing}  # fmt: skip
        raise CreditsMissing(words, missing=missing, remedies=(Remedy(_("Redeem a service card"), reverse("contracts:redeem")),)) from None


@transaction.atomic
def propose_more(live_class: LiveClass, *, minutes: int, people: int, key: str, actor: Actor, at: datetime) -> LiveClass:
    """Propose that an exclusive hour lasts longer, or that more come at once: the whole with its price, for the customer's yes. CHG-5, TAR-4.

    Until he says yes no more is charged, and no more are let in, than was agreed to. The same key proposes once. Fact: `class.more_proposed`.
    Raises NotPermitted, ClassInvalid, NothingToAgree.
    """
    live_class = locked(live_class)
    permit(access.may_lead(actor, live_class), live_class=live_class.pk)
    if live_class.kind != Kind.HOUR or live_class.state not in OPEN:
        raise NothingToAgree(live_class=live_class.pk)
    charge_key = f"{live_class.subject}:{key}"
    if live_class.more_charge is not None and live_class.more_charge.key == charge_key:
        return live_class  # sent twice
    if not 1 <= people <= PEOPLE_MAX or (minutes, people) == (live_class.agreed_minutes, live_class.agreed_people):
        raise ClassInvalid(field="people")
    _withdraw_more(live_class, actor, at)
    assert live_class.customer_id is not None
    needs = [Need("online_hour", minutes=_minutes(minutes), participants=people)]
    live_class.more_charge = charging.propose(live_class, live_class.customer_id, needs, key=charge_key, actor=actor, at=at)
    live_class.more_minutes, live_class.more_people = minutes, people
    live_class.save(update_fields=["more_charge", "more_minutes", "more_people"])
    tell("more_proposed", live_class, actor=actor, at=at, minutes=minutes, people=people, missing=live_class.more_charge.missing)
    return live_class


def _withdraw_more(live_class: LiveClass, actor: Actor, at: datetime) -> None:
    if live_class.more_charge is not None:
        charging.release(live_class.more_charge, reason="replaced", actor=SYSTEM, at=at)
        live_class.more_charge, live_class.more_minutes, live_class.more_people = None, 0, 0


@transaction.atomic
def agree_more(live_class: LiveClass, *, price: int | None = None, how: str = "portal", actor: Actor, at: datetime) -> LiveClass:
    """Put the customer's yes to more on the record: the whole is set aside instead of what was, or nothing changes. CHG-5, TAR-4.

    `price` is the value in credits that the page showed: a dearer one he has not said yes to.

    Fact: `class.more_agreed`. Raises NotPermitted, NothingToAgree, CreditsMissing, PriceChanged.
    """
    live_class = locked(live_class)
    permit(access.may_agree(actor, live_class), live_class=live_class.pk)
    if live_class.more_charge is None or live_class.charge is None or live_class.state not in OPEN:
        raise NothingToAgree(live_class=live_class.pk)
    before, whole = live_class.charge, live_class.more_charge
    charging.release(before, reason="replaced", actor=SYSTEM, at=at)
    whole = _reserved(charging.requote(whole, actor=SYSTEM, at=at), price=None, how=how, actor=actor, at=at)
    if price is not None and (whole.way or {}).get("tariff_value", 0) > price:
        raise PriceChanged
    live_class.charge, live_class.agreed_minutes, live_class.agreed_people = whole, live_class.more_minutes, live_class.more_people
    live_class.more_charge, live_class.more_minutes, live_class.more_people = None, 0, 0
    live_class.minutes = max(live_class.minutes, live_class.agreed_minutes)
    live_class.save()
    tell("more_agreed", live_class, actor=actor, at=at, minutes=live_class.agreed_minutes, people=live_class.agreed_people, cost=whole.amounts, how=how)
    return live_class


@transaction.atomic
def move(live_class: LiveClass, starts_at: datetime, *, actor: Actor, at: datetime) -> LiveClass:
    """Set another moment for a class that has not begun; calendars take it over by its number of changes. Fact: `class.moved`.

    Raises NotPermitted, ClassInvalid, NothingToAgree.
    """
    live_class = locked(live_class)
    permit(access.may_lead(actor, live_class) or access.may_plan(actor, live_class.kind), live_class=live_class.pk)
    if live_class.state not in (State.PROPOSED, State.PLANNED):
        raise NothingToAgree(live_class=live_class.pk)
    if live_class.date_id is not None:
        raise ClassInvalid(_("The date of this class is the course's: set another one there and take this one away."), field="starts_at")
    if starts_at <= at or starts_at > at + timedelta(days=400):
        raise ClassInvalid(_("Choose a moment from now on."), field="starts_at")
    before, live_class.starts_at = live_class.starts_at, starts_at
    live_class.changes, live_class.told_at = live_class.changes + 1, None
    live_class.save(update_fields=["starts_at", "changes", "told_at"])
    tell("moved", live_class, above=True, actor=actor, at=at, before=before, starts_at=starts_at, minutes=live_class.minutes)
    return live_class


@transaction.atomic
def cancel(live_class: LiveClass, *, reason: str, actor: Actor, at: datetime) -> LiveClass:
    """Call a class off before it begins; what was set aside comes back whole. Fact: `class.cancelled`. Raises NotPermitted, IllegalMove."""
    live_class = locked(live_class)
    may = access.may_lead(actor, live_class) or access.may_plan(actor, live_class.kind)
    permit(may or actor.is_system or (live_class.state == State.PROPOSED and access.may_agree(actor, live_class)), live_class=live_class.pk)
    live_class.state = LIFE.after(State(live_class.state), Move.CANCEL).value
    live_class.ended_at, live_class.changes = at, live_class.changes + 1
    _withdraw_more(live_class, actor, at)
    if live_class.charge is not None:
        charging.release(live_class.charge, reason="cancelled", actor=SYSTEM, at=at)
    live_class.save()
    tell("cancelled", live_class, above=True, actor=actor, at=at, reason=reason.strip()[:400], starts_at=live_class.starts_at)
    stir(live_class)
    return live_class
