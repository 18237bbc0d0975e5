"""How a complaint is decided: by a ruling in its time, or by the lapse of it; never by both. COM-3 to COM-6, TIM-6."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.complaints import queries, rules
from amparo.complaints.errors import FITS, AlreadyDecided, DoesNotFit, LapseStands, ReasonsMissing
from amparo.complaints.machine import MOVE_OF, OPEN, RULINGS, Move, Outcome, State
from amparo.complaints.models import Complaint, Ruling, RulingDraft
from amparo.complaints.rules import NOTHING, Consequences
from amparo.deadlines import commands as deadlines
from amparo.deadlines.models import Promise
from amparo.kernel import markdown
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid
from amparo.ledger import commands as ledger
from amparo.ledger.models import Pocket
from amparo.people.queries import user_by_id
from amparo.policies.queries import value
from amparo.threads.errors import TooLong
from amparo.threads.rules import clean_text

from .raising import end_opinion
from .review import _permit_judge
from .shared import locked, move, promise_of, tell

log = structlog.get_logger(__name__)
LOCK_WAIT_MS_MAX = 1_000
MEASURE_CHARACTERS_MAX = 2_000


@transaction.atomic
def rule(
    complaint: Complaint,
    *,
    outcome: str,
    reasons: str,
    consequences: Consequences = NOTHING,
    key: str,
    actor: Actor,
    at: datetime,
) -> Ruling:
    """Decide a complaint with reasons; its consequences are carried out in the same transaction. COM-3 to COM-5.

    Upheld: the service is given again in a linked case with nothing new charged, and what is chosen besides. Partly: what
    is chosen. Dismissed: the case closes as proposed, its charges final. A ruling whose moment is after the deadline, or
    that comes after the lapse was written, is none: the lapse stands (COM-6). The same key returns the first.
    Facts: `complaint.ruled`; on the case `case.closed`.
    Raises NotPermitted, Involved, AlreadyDecided, LapseStands, ReasonsMissing, TooLong, DoesNotFit, Invalid.
    """
    complaint = locked(complaint)
    promise = promise_of(complaint)
    _permit_judge(actor, complaint)
    first = Ruling.objects.filter(complaint=complaint).first()
    if first is not None and first.key == f"{actor.ref}:{key}":
        return first
    _still_open(complaint, promise, at)
    how, text = _outcome(outcome), _text(reasons, at)
    disputed = queries.disputed(complaint)
    most = value("complaints.compensation_credits_max", at=at)
    if (wrong := rules.fault(how, consequences, disputed, credits_max=most)) is not None:
        raise DoesNotFit(FITS[wrong[1]], field=wrong[0])
    if len(consequences.measure) > MEASURE_CHARACTERS_MAX:
        raise TooLong(field="measure")
    move(complaint, MOVE_OF[how])
    end_opinion(complaint, reason="ruled", actor=actor, at=at)
    linked = _carry_out(complaint, how, consequences, actor=actor, at=at)
    grant = _grant(complaint, consequences.credits, actor=actor, at=at)
    ruling = Ruling.objects.create(
        complaint=complaint, outcome=how.value, reasons=text, reasons_html=markdown.render(text), by_id=actor.user_id,
        by_name=actor.name[:160], at=at, recorded_at=at, again=consequences.again, given_back=_as_data(consequences),
        credits=consequences.credits, measure=consequences.measure.strip(), grant=grant, linked_case=linked,
        key=f"{actor.ref}:{key}",
    )  # fmt: skip
    deadlines.keep(promise, actor=actor, at=at)
    complaint.judge_id, complaint.taken_at = actor.user_id, complaint.taken_at or at
    complaint.decided_at, complaint.recorded_at = at, at
    complaint.save()
    RulingDraft.objects.filter(complaint=complaint).delete()
    tell("ruled", complaint, actor=actor, at=at, by_name=ruling.by_name, **_told(ruling))
    return ruling


def _still_open(complaint: Complaint, promise: Promise, at: datetime) -> None:
    """The promise is locked: either its lapse is written, or it cannot be before this transaction ends. COM-6."""
    if complaint.state == State.LAPSED or (complaint.is_open and promise.state == "lapsed"):
        raise LapseStands(complaint=complaint.pk)
    if not complaint.is_open:
        raise AlreadyDecided(complaint=complaint.pk)
    if not rules.is_in_time(at, complaint.due_at):
        raise LapseStands(complaint=complaint.pk)


def _outcome(outcome: str) -> Outcome:
    if outcome not in [one.value for one in RULINGS]:
        raise Invalid(field="outcome")
    return Outcome(outcome)


def _text(reasons: str, at: datetime) -> str:
    text = clean_text(reasons)
    if not text:
        raise ReasonsMissing(field="reasons")
    if len(text) > value("threads.body_characters_max", at=at):
        raise TooLong(field="reasons")
    return text


def _carry_out(
    complaint: Complaint, how: Outcome, chosen: Consequences, *, effective_at: datetime | None = None, actor: Actor, at: datetime
) -> Case | None:
    if how is Outcome.DISMISSED:
        cases.close_as_proposed(complaint.case, how=how.value, actor=actor, at=at)
        return None
    return cases.close_for_customer(
        complaint.case, how=how.value, back=chosen.back, again=chosen.again, effective_at=effective_at, actor=actor, at=at
    )


def _grant(complaint: Complaint, credits: int, *, actor: Actor, at: datetime) -> Pocket | None:
    """Put credits that the ruling grants into a pocket of their own. COM-4, LED-3."""
    if not credits:
        return None
    person = user_by_id(complaint.raised_by_id) if complaint.raised_by_id else None
    with translation.override(person.language if person else "es-mx"):
        label = _("Compensation of complaint %(number)s") % {"number": complaint.number}
    ends_at = at + timedelta(days=value("complaints.compensation_days", at=at))
    pocket = ledger.open_pocket(
        complaint.customer_id, "credit", complaint.subject, label, at, ends_at, actor=actor, at=at
    )
    ledger.issue(pocket, credits, cause=complaint.subject, key=f"{complaint.subject}:compensation", actor=actor, at=at)
    return pocket


def _as_data(chosen: Consequences) -> dict[str, dict[str, int]]:
    """Units given back by charge, as it is kept: nothing of what is nothing."""
    back = {str(charge): {unit: n for unit, n in units.items() if n} for charge, units in chosen.back.items()}
    return {charge: units for charge, units in sorted(back.items()) if units}


def _told(ruling: Ruling) -> dict[str, object]:
    total: dict[str, int] = {}
    for units in ruling.given_back.values():
        for unit, count in units.items():
            total[unit] = total.get(unit, 0) + count
    return {
        "outcome": ruling.outcome, "reasons": ruling.reasons, "again": ruling.again, "linked_case": ruling.linked_case_id,
        "given_back": total, "credits": ruling.credits, "measure": ruling.measure, "ruling": ruling.pk,
    }  # fmt: skip


@transaction.atomic
def lapse(complaint: Complaint, *, at: datetime) -> Complaint:
    """Decide a complaint for its customer because its time is over: effective at the deadline, however late this runs. COM-6.

    What it brings the settings say, as they were at the deadline. Of what is decided, or still in its time, nothing is
    done: so it happens once. Facts: `complaint.lapsed`, at the deadline's moment; on the case `case.closed`.
    """
    complaint = locked(complaint)
    promise = promise_of(complaint)
    if not complaint.is_open or rules.is_in_time(at, complaint.due_at):
        return complaint
    due_at = complaint.due_at
    if promise.is_owed:
        deadlines.end(promise, reason="lapsed", actor=SYSTEM, at=at)
    move(complaint, Move.LAPSE)
    end_opinion(complaint, reason="lapsed", actor=SYSTEM, at=at)
    chosen = rules.of_lapse(
        queries.disputed(complaint),
        gives_again=value("complaints.lapse_gives_service_again", at=due_at),
        gives_back=value("complaints.lapse_gives_back", at=due_at),
    )
    linked = _carry_out(complaint, Outcome.LAPSED, chosen, effective_at=due_at, actor=SYSTEM, at=at)
    ruling = Ruling.objects.create(
        complaint=complaint, outcome=Outcome.LAPSED.value, at=due_at, recorded_at=at, again=chosen.again,
        given_back=_as_data(chosen), linked_case=linked, key="lapse",
    )  # fmt: skip
    complaint.decided_at, complaint.recorded_at = due_at, at
    complaint.save()
    tell("lapsed", complaint, actor=SYSTEM, at=due_at, recorded_at=at, judge=complaint.judge_id, **_told(ruling))
    return complaint


def lapse_due(*, at: datetime, limit: int = 200) -> int:
    """Lapse up to `limit` complaints whose time is over; return how many. COM-6, TIM-6.

    Any number of workers may run this at once: each complaint is taken by one, in a transaction of its own. What somebody
    holds just now, such as a ruling, is left to the next round.
    """
    due = Complaint.objects.filter(state__in=OPEN, due_at__lt=at).order_by("due_at", "id")
    done = 0
    for number in list(due.values_list("pk", flat=True)[:limit]):
        try:
            with transaction.atomic():
                done += _lapse_free(number, at)
        except OperationalError as held:
            log.info("complaint left to the next round", complaint=number, reason=type(held.__cause__).__name__)
        except Exception as fault:  # the edge of the job: what is wrong with one keeps none of the others waiting
            log.error("complaint not lapsed", complaint=number, error=type(fault).__name__, exc_info=True)
    return done


def _lapse_free(number: int, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_WAIT_MS_MAX}ms"])
    free = Complaint.objects.select_for_update(skip_locked=True).filter(pk=number, state__in=OPEN).first()
    if free is None:
        return 0
    lapse(free, at=at)
    return 1
