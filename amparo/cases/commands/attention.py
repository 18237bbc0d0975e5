"""Attention: the clock, what is asked at its limit, needs that come up, an agreed procedure. CAS-5, CAS-9, CHG-5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from amparo.cases import access
from amparo.cases.errors import (
    ClockRunning,
    ClockStopped,
    LimitNotReached,
    LimitUndecided,
    NothingAsked,
    NotOffered,
    TextMissing,
)
from amparo.cases.machine import ATTENDED_KINDS, ATTENDING, LIFE, LimitChoice, Move, NeedChoice
from amparo.cases.models import Case, ClockRun, FurtherNeed
from amparo.cases.rules import minutes_granted, run_seconds
from amparo.charging.models import Charge
from amparo.charging.rules import HOURLY, Need
from amparo.history.commands import signal
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, Stale
from amparo.policies.queries import value
from amparo.threads import commands as threads

from . import charges
from .shared import how_said, locked, move, permit, place, tell, who


@transaction.atomic
def start_clock(case: Case, *, actor: Actor, at: datetime) -> Case:
    """Start the clock of attention; both sides see it run. CAS-5, CAS-9.

    Once its limit is reached it goes on only after a decision. Fact: `case.clock_started`.
    Raises NotPermitted, NotOffered, ClockRunning, LimitUndecided, IllegalMove.
    """
    case = locked(case)
    permit(access.may_work(actor, case), case)
    LIFE.after(case.state, Move.START_CLOCK)
    if case.kind not in ATTENDED_KINDS:
        raise NotOffered(case=case.pk)
    if case.clock_since is not None:
        raise ClockRunning(case=case.pk)
    if case.clock.is_over(at) and not has_consented_further(case):
        raise LimitUndecided(case=case.pk)
    last = ClockRun.objects.filter(case=case).order_by("-started_at", "-id").first()
    began = max(at, last.stopped_at) if last and last.stopped_at else at
    ClockRun.objects.create(case=case, started_at=began, started_by_id=who(actor))
    case.clock_since = began
    case.save(update_fields=["clock_since"])
    tell("clock_started", case, actor=actor, at=at, total=case.clock_seconds, limit_minutes=case.limit_minutes)
    return case


@transaction.atomic
def stop_clock(case: Case, *, actor: Actor, at: datetime) -> Case:
    """Stop the clock. Fact: `case.clock_stopped` with the seconds of this run and of all.

    Raises NotPermitted, ClockStopped.
    """
    case = locked(case)
    permit(access.may_work(actor, case), case)
    if case.clock_since is None:
        raise ClockStopped(case=case.pk)
    stop_running(case, actor=actor, at=at)
    case.save()
    return case


@transaction.atomic
def end_clock(case: Case, *, actor: Actor, at: datetime) -> None:
    """Stop the clock of what a class or a session ran, which may end by itself; one that stands is as good. CAS-5, SEC-6.

    In the name of who attended, or of the service where he may attend no more: his role was taken away, he left the staff.
    """
    case = locked(case)
    if case.clock_since is not None:
        stop_running(case, actor=actor if access.may_work(actor, case) else SYSTEM, at=at)
        case.save()


def stop_running(case: Case, *, actor: Actor, at: datetime) -> None:
    """Stop the clock of a locked case where it runs; the caller saves."""
    if case.clock_since is None:
        return
    run = ClockRun.objects.select_for_update().get(case=case, stopped_at__isnull=True)
    run.stopped_at, run.stopped_by_id = max(at, run.started_at), actor.user_id
    run.save(update_fields=["stopped_at", "stopped_by"])
    _mark_clock(case, at)
    seconds = run_seconds(run.started_at, run.stopped_at)
    case.clock_since, case.clock_seconds = None, case.clock_seconds + seconds
    tell("clock_stopped", case, actor=actor, at=at, seconds=seconds, total=case.clock_seconds)


def reach_clocks(*, at: datetime, limit: int = 200) -> int:
    """Warn of clocks near their limit and ask at those that reached it, each exactly once. CAS-5, CAS-9.

    Facts: `case.clock_warned` and `case.clock_reached`, effective at the clock's own moment however late the worker
    comes. Any number of workers may run this at once.
    """
    done = 0
    running = Case.objects.filter(clock_since__isnull=False, reached_at__isnull=True).order_by("pk")
    for pk in list(running.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            case = (
                Case.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("thread").filter(pk=pk, clock_since__isnull=False).first()
            )  # fmt: skip
            if case is not None:
                before = (case.warned_at, case.reached_at)
                _mark_clock(case, at)
                if (case.warned_at, case.reached_at) != before:
                    case.save(update_fields=["warned_at", "reached_at"])
                    done += 1
    return done


def _mark_clock(case: Case, at: datetime) -> None:
    """Tell what a clock has come to by now, each once for each limit; the caller saves."""
    warn_minutes = max(0, case.limit_minutes - value("cases.warning_minutes", at=at))
    warn_at, reach_at = case.clock.reaches(warn_minutes), case.clock.reaches(case.limit_minutes)
    holder = case.thread.assignee_id
    if case.warned_at is None and warn_at is not None and warn_at <= at:
        case.warned_at = warn_at
        tell("clock_warned", case, actor=SYSTEM, at=warn_at, minutes=warn_minutes, limit_minutes=case.limit_minutes,
             holder=holder, recorded_at=at)  # fmt: skip
    if case.reached_at is None and reach_at is not None and reach_at <= at:
        _reach(case, reach_at, recorded_at=at)


def _reach(case: Case, reached_at: datetime, recorded_at: datetime | None = None) -> None:
    if case.reached_at is None:
        case.reached_at = reached_at
        tell("clock_reached", case, actor=SYSTEM, at=reached_at, limit_minutes=case.limit_minutes,
             holder=case.thread.assignee_id, recorded_at=recorded_at or reached_at)  # fmt: skip
        signal("queue")


@transaction.atomic
def decide_at_limit(case: Case, *, choice: str, seen: int | None = None, actor: Actor, at: datetime) -> Case:
    """Answer what the case asks at its limit: propose closing, agree a procedure, or further services. CAS-5, CAS-9.

    This notes the decision and stops the clock; the closing, the procedure, or the customer's consent to what is
    charged further follows by its own command. Fact: `case.limit_decided`.
    Raises NotPermitted, LimitNotReached, IllegalMove.
    """
    case = locked(case, seen=seen)
    permit(access.may_work(actor, case), case)
    LIFE.after(case.state, Move.DECIDE)
    if choice not in list(LimitChoice):
        raise Invalid(field="choice")
    if not case.limit_minutes or not case.clock.is_over(at):
        raise LimitNotReached(case=case.pk)
    decide(case, LimitChoice(choice), actor=actor, at=at)
    case.moves += 1
    case.save()
    return case


def decide(case: Case, choice: LimitChoice, *, actor: Actor, at: datetime) -> None:
    """Stop the clock of a locked case and note the decision where its limit is reached; the caller saves."""
    stop_running(case, actor=actor, at=at)
    if case.limit_minutes and case.clock.is_over(at) and case.limit_choice != choice:
        case.limit_choice = choice.value
        tell(
            "limit_decided", case, actor=actor, at=at, choice=choice.value, total=case.clock_seconds,
            limit_minutes=case.limit_minutes,
        )  # fmt: skip


def has_consented_further(case: Case) -> bool:
    """True where the customer consented to a further service with a price. CAS-5."""
    return case.needs.filter(charge__isnull=False, choice=NeedChoice.NOW.value).exists()


@transaction.atomic
def agree_procedure(case: Case, text: str, *, key: str, seen: int | None = None, actor: Actor, at: datetime) -> Case:
    """Agree how it goes on with further services: the case stays open until its linked cases are finished. CAS-3, CAS-5.

    The procedure is told in the thread. Fact: `case.procedure_agreed`. Raises NotPermitted, TextMissing, Stale, IllegalMove.
    """
    case = locked(case)
    permit(access.may_work(actor, case), case)
    if not text.strip():
        raise TextMissing(field="procedure")
    if f"procedure:{key}" == case.last_key:
        return case
    if seen is not None and seen != case.moves:
        raise Stale(case=case.pk)
    move(case, Move.AGREE_PROCEDURE)
    decide(case, LimitChoice.PROCEDURE, actor=actor, at=at)
    case.last_key = f"procedure:{key}"
    case.save()
    entry = threads.say(
        case.thread, text, key=f"agreed:{key}", entry_kind="procedure", state=case.state, queue="attention",
        actor=actor, at=at, via="desk",
    )  # fmt: skip
    tell("procedure_agreed", case, actor=actor, at=at, text=text.strip(), entry=entry.pk)
    return case


@transaction.atomic
def raise_need(case: Case, description: str, *, key: str, actor: Actor, at: datetime) -> FurtherNeed:
    """Note a need that came up during attention, for the customer to choose: now, to the limit, or later apart. CHG-5.

    Fact: `case.need_raised`. Raises NotPermitted, TextMissing, NotOffered, IllegalMove.
    """
    return _raised(case, description, None, key, actor, at)


@transaction.atomic
def propose_further(
    case: Case, description: str, needs: Sequence[Need], *, key: str, actor: Actor, at: datetime
) -> FurtherNeed:
    """Propose a further service with its price; it is reserved only when the customer consents. CAS-5, CHG-5.

    At the limit this is the third of the answers. Facts: `case.need_raised` with `told`, and `case.limit_decided`.
    Raises NotPermitted, TextMissing, NeedInvalid, IllegalMove.
    """
    return _raised(case, description, needs, key, actor, at)


def _raised(
    case: Case, description: str, needs: Sequence[Need] | None, key: str, actor: Actor, at: datetime
) -> FurtherNeed:
    case = locked(case)
    permit(access.may_work(actor, case), case)
    if first := FurtherNeed.objects.filter(case=case, key=key).first():
        return first
    LIFE.after(case.state, Move.RAISE_NEED)
    if case.kind not in ATTENDED_KINDS:
        raise NotOffered(case=case.pk)
    if not description.strip():
        raise TextMissing(field="description")
    charge: Charge | None = None
    if needs is not None:
        charge = charges.propose(case, needs, key=f"need:{key}", actor=actor, at=at)
        if case.clock.is_over(at):
            decide(case, LimitChoice.FURTHER, actor=actor, at=at)
    need = FurtherNeed.objects.create(
        case=case, description=description.strip()[:400], charge=charge, raised_by_id=who(actor), raised_at=at, key=key
    )
    case.moves += 1
    case.save()
    tell(
        "need_raised", case, actor=actor, at=at, need=need.pk, description=need.description,
        told=charges.told(charge, needs or (), at=at) if charge else {}, charge=charge.pk if charge else None,
        missing=charge.missing if charge else 0,
    )  # fmt: skip
    place(case, at=at)
    return need


@transaction.atomic
def choose_needs(
    need: FurtherNeed,
    *,
    choice: str,
    price: str | None = None,
    how: str = "portal",
    given_by: str = "",
    actor: Actor,
    at: datetime,
) -> FurtherNeed:
    """Take the customer's choice for a need: `now` within the limit, `later` and charged apart, `declined`. CHG-5.

    For a further service with a price, `now` is the consent: it is reserved, and its hours extend the limit. Staff note
    down who said it and how. The same choice again is no second act. Fact: `case.need_chosen`.
    Raises NotPermitted, NothingAsked, Invalid, Uncertain, PriceChanged, UnitsMissing, IllegalMove.
    """
    case = locked(need.case)
    need = FurtherNeed.objects.select_for_update().get(pk=need.pk)
    permit(access.may_choose(actor, case), case)
    if choice not in list(NeedChoice) or (choice == NeedChoice.DECLINED and need.charge_id is None):
        raise Invalid(field="choice")
    if need.choice:
        if need.choice == choice:
            return need
        raise NothingAsked(case=case.pk)
    how, given_by = how_said(actor, how, given_by)
    if case.state not in ATTENDING:
        LIFE.after(case.state, Move.RAISE_NEED)
    granted = _consented(case, need, how, price, actor, at) if choice == NeedChoice.NOW and need.charge_id else 0
    if choice != NeedChoice.NOW:
        charges.drop(need.charge, reason=choice, actor=actor, at=at)
    need.choice, need.chosen_at, need.chosen_how, need.chosen_by = choice, at, how, given_by
    need.save(update_fields=["choice", "chosen_at", "chosen_how", "chosen_by"])
    case.moves += 1
    case.save()
    tell(
        "need_chosen", case, actor=actor, at=at, need=need.pk, choice=choice, how=how, given_by=given_by,
        description=need.description, charge=need.charge_id, minutes=granted, limit_minutes=case.limit_minutes,
    )  # fmt: skip
    place(case, at=at)
    return need


def _consented(case: Case, need: FurtherNeed, how: str, price: str | None, actor: Actor, at: datetime) -> int:
    """Reserve a further service and let the clock go on for its hours; the caller saves the case."""
    assert need.charge
    need.charge = charges.reserve(need.charge, how=how, price=price, actor=actor, at=at)
    granted = minutes_granted([(line["code"], line["covered"]) for line in need.charge.lines], HOURLY)
    if granted:
        case.limit_minutes += granted
        case.limit_choice, case.warned_at, case.reached_at = "", None, None
    return granted
