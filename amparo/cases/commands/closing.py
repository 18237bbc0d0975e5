"""Closing: proposed by staff, accepted by the customer alone, and what silence does. CAS-3, CAS-4, CHG-4, CHG-7, CHG-10."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from amparo.cases import access
from amparo.cases.errors import (
    BeyondLimit,
    EffectNotLawful,
    NothingAsked,
    ProcedureOpen,
    ReasonNotOfKind,
    TextMissing,
)
from amparo.cases.machine import ENDED, Effect, Kind, LimitChoice, Move, NeedChoice, Reason, State
from amparo.cases.models import Case, CaseLink, ClockRun, Closing
from amparo.cases.rules import default_effect, kind_allows, lawful_effects, solved_in_time, texts_missing
from amparo.charging import commands as charging
from amparo.charging.models import Charge
from amparo.deadlines import commands as deadlines
from amparo.deadlines.queries import calendar_for
from amparo.deadlines.rules import add_business_days
from amparo.kernel import markdown
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Stale
from amparo.policies.queries import value
from amparo.quotations import commands as quotations
from amparo.quotations.queries import orders_of
from amparo.threads import commands as threads
from amparo.threads.models import Entry

from . import charges
from .attention import decide, has_consented_further
from .shared import locked, move, open_closing, permit, place, tell, who


@transaction.atomic
def propose_closing(
    case: Case,
    *,
    reason: str,
    summary: str,
    explanation: str = "",
    procedure: str = "",
    effects: Mapping[int, str] | None = None,
    key: str,
    seen: int | None = None,
    actor: Actor,
    at: datetime,
) -> Closing:
    """Propose to close, with the reason, the summary of the services, and what each would charge or give back. CAS-4, CHG-7.

    `effects` says otherwise than the rules by charge id (`charge` or `give_back`), as far as that is lawful (CHG-4).
    The customer is told; nothing is charged. Reminders and, where it is on, the tacit acceptance are computed now and
    stay. A new proposal takes the place of an open one. The same key returns the first. Fact: `case.closing_proposed`.
    Raises NotPermitted, ReasonNotOfKind, TextMissing, BeyondLimit, ProcedureOpen, EffectNotLawful, Stale, IllegalMove.
    """
    case = locked(case)
    permit(access.may_propose_closing(actor, case), case)
    if first := Closing.objects.filter(case=case, key=key).first():
        return first
    if seen is not None and seen != case.moves:
        raise Stale(case=case.pk)
    why = _lawful_reason(case, reason, at)
    if not summary.strip():
        raise TextMissing(field="summary")
    for missing in texts_missing(why, {"explanation": explanation, "procedure": procedure}):
        raise TextMissing(field=missing)
    move(case, Move.PROPOSE_CLOSING)
    decide(case, LimitChoice.CLOSING, actor=actor, at=at)
    before = open_closing(case)
    if before is not None:
        _answered(before, Closing.Answer.REPLACED, actor, at)
    planned = _effects(case, why, effects or {}, at)
    if why in (Reason.DELIVERED, Reason.SERVICE_COMPLETED):
        quotations.deliver_with_closing(case.thread, summary, key=key, actor=actor, at=at)
    steps, tacit_at = _schedule(case, at)
    closing = Closing.objects.create(
        case=case, reason=why.value, summary=summary.strip(), summary_html=markdown.render(summary),
        explanation=explanation.strip(), procedure=procedure.strip(), effects=planned, seconds=_all_seconds(case),
        proposed_by_id=who(actor), proposed_at=at, reminder_at=[step.isoformat() for step in steps],
        next_at=min(filter(None, [*steps[:1], tacit_at]), default=None), tacit_at=tacit_at, key=key,
    )  # fmt: skip
    case.save()
    entry = threads.say(
        case.thread, _told_text(closing), key=f"closing:{closing.pk}", entry_kind="summary", state=case.state,
        queue="closing", actor=actor, at=at, via="desk",
    )  # fmt: skip
    tell(
        "closing_proposed", case, actor=actor, at=at, closing=closing.pk, reason=closing.reason, told=cost_of(closing),
        effects=planned, seconds=closing.seconds, tacit_at=tacit_at, summary=closing.summary, entry=entry.pk,
        explanation=closing.explanation, procedure=closing.procedure,
    )  # fmt: skip
    return closing


def _lawful_reason(case: Case, reason: str, at: datetime) -> Reason:
    """Return the reason where the case may close for it now. CAS-3."""
    if reason not in list(Reason) or not case.kind:
        raise ReasonNotOfKind(field="reason")
    why, kind = Reason(reason), Kind(case.kind)
    if not kind_allows(kind, why, attended=case.is_attended):
        raise ReasonNotOfKind(field="reason")
    if why is Reason.SOLVED and not solved_in_time(
        case.clock.total(at), case.limit_minutes, value("cases.tolerance_minutes", at=at),
        further_consented=has_consented_further(case),
    ):  # fmt: skip
        raise BeyondLimit(case=case.pk)
    unfinished = CaseLink.objects.filter(case=case, why=CaseLink.Why.PROCEDURE).exclude(follow_up__state__in=sorted(ENDED))
    if case.state == State.PROCEDURE and (open_ones := list(unfinished.values_list("follow_up_id", flat=True))):
        raise ProcedureOpen(case=case.pk, follow_ups=open_ones)
    return why


def _effects(case: Case, why: Reason, asked: Mapping[int, str], at: datetime) -> list[dict[str, Any]]:
    """Return what accepting would do with each charge of the case. CHG-3, CHG-4, CHG-7."""
    kind, planned = Kind(case.kind), []
    gives_back = value("cases.agreement_gives_back", at=at)
    further = case.needs.filter(charge__isnull=False, choice=NeedChoice.NOW.value).order_by("pk").select_related("charge")
    found = [(case.charge, "", True)] if case.charge and case.is_attended else []
    orders = [one for one in orders_of(case.subject) if one.charge_id != case.charge_id and one.state != "cancelled"]
    found += [(one.charge, f"{one.number} {one.title}", False) for one in orders]
    for charge, words, is_main in [*found, *((need.charge, need.description, False) for need in further)]:
        assert charge is not None
        if not (amounts := charges.held(charge)):
            continue  # given back before, when the service was given again: COM-4
        in_advance = charge.state == "final"
        if is_main or in_advance:
            usual = default_effect(
                kind, why, seconds=_all_seconds(case), in_advance=in_advance, agreement_gives_back=gives_back
            )
        else:
            usual = Effect.CHARGE
        effect = Effect(asked.get(charge.pk, usual))
        if effect not in lawful_effects(kind, why, is_main=is_main, in_advance=in_advance):
            raise EffectNotLawful(field="effects")
        planned.append({
            "charge": charge.pk, "effect": effect.value, "what": kind.value if is_main else "further", "words": words,
            "amounts": amounts,
        })  # fmt: skip
    return planned


def cost_of(closing: Closing) -> dict[str, int]:
    """Return the units that a closing takes finally, those charged in advance included. CHG-7."""
    return charges.total(one["amounts"] for one in closing.effects if one["effect"] != Effect.GIVE_BACK)


def _all_seconds(case: Case) -> int:
    return sum(run.seconds() for run in ClockRun.objects.filter(case=case, stopped_at__isnull=False))


def _schedule(case: Case, at: datetime) -> tuple[list[datetime], datetime | None]:
    """Compute the reminders and the tacit acceptance once, by the customer's calendar. CAS-4, TIM-3, TIM-8."""
    calendar = calendar_for(case.customer_id, at)
    steps = [add_business_days(calendar, at, days) for days in value("cases.reminder_days", at=at)]
    if not value("cases.tacit_acceptance_on", at=at):
        return steps, None
    return steps, add_business_days(calendar, at, value("cases.tacit_acceptance_days", at=at))


def _told_text(closing: Closing) -> str:
    parts = [closing.summary, closing.explanation, closing.procedure]
    return "\n\n".join(part for part in parts if part)


def _answered(closing: Closing, answer: str, actor: Actor, at: datetime) -> None:
    closing.answer, closing.answered_at, closing.answered_by_id = answer, at, actor.user_id
    closing.next_at = None
    closing.save(update_fields=["answer", "answered_at", "answered_by", "next_at"])


@transaction.atomic
def accept_closing(case: Case, *, seen: int, actor: Actor, at: datetime) -> Case:
    """Close a case for the customer and make its charges final, once. CAS-4, CHG-4, CHG-7, CHG-10.

    `seen` is the id of the closing that was shown. To accept the same one again is no second act. Fact: `case.closed`.
    Raises NotPermitted, Stale, IllegalMove.
    """
    case = locked(case)
    permit(access.may_accept_closing(actor, case), case)
    closing = Closing.objects.select_for_update().filter(case=case, pk=seen).first()
    if closing is not None and closing.answer == Closing.Answer.ACCEPTED:
        return case
    if closing is None or not closing.is_open:
        raise Stale(case=case.pk)
    return close(case, closing, Closing.Answer.ACCEPTED, Move.ACCEPT, actor=actor, at=at)


def close(
    case: Case,
    closing: Closing,
    how: str,
    made: Move,
    *,
    carried_out: Callable[[], dict[str, int]] | None = None,
    effective_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> Case:
    """Close a locked case by its open closing. `carried_out` does otherwise with its charges and says what they charged.

    What is still quoted in it is taken back. Raises OrderAccepted where such a quote is accepted in this very moment.

    `effective_at` is when it closed, where that is earlier than when it became known: COM-6. Units move at `at`, so that
    what was shown of the past stays true. LED-4.
    """
    moment = effective_at or at
    move(case, made)
    _answered(closing, how, actor, moment)
    done = carried_out() if carried_out else carry_out(closing, how, actor, at)
    for need in case.needs.filter(choice="", charge__isnull=False).select_related("charge"):
        charges.drop(need.charge, reason="closed", actor=actor, at=at)
    case.close_reason, case.closed_at, case.closed_how = closing.reason, moment, str(how)
    case.save()
    quotations.finish_with_case(case.thread, actor=actor, at=at)
    charges.end_quotes(case, actor=actor, at=at)  # nobody orders in a case that is over: QUO-3, CHG-3
    deadlines.end_open(case.subject, reason="closed", actor=actor, at=at, kind_code="answer.case")
    place(case, at=at)
    tell(
        "closed", case, actor=actor, at=moment, closing=closing.pk, how=str(how), reason=closing.reason, told=done,
        seconds=closing.seconds, **({"recorded_at": at} if moment != at else {}),
    )  # fmt: skip
    return case


def carry_out(closing: Closing, how: str, actor: Actor, at: datetime) -> dict[str, int]:
    """Do what the closing says with each charge; uncharged gives back whatever is reserved. Return what was charged."""
    charged: list[dict[str, int]] = []
    for one in sorted(closing.effects, key=lambda one: one["charge"]):
        charge = Charge.objects.select_for_update().get(pk=one["charge"])
        effect = Effect(one["effect"])
        if how == Closing.Answer.UNCHARGED:
            effect = Effect.GIVE_BACK if effect is Effect.CHARGE else effect
        if effect is Effect.GIVE_BACK:
            charges.give_back(charge, reason=closing.reason, actor=actor, at=at)
            continue
        if charge.state == "reserved":
            charging.settle(charge, actor=actor, at=at)
        charged.append(one["amounts"])
    return charges.total(charged)


@transaction.atomic
def answer_closing(
    case: Case,
    body: str,
    *,
    key: str,
    files: Sequence[str] = (),
    draft_key: str = "",
    via: str = "portal",
    actor: Actor,
    at: datetime,
) -> Entry:
    """Answer a proposal of closing instead of accepting it: the case goes on, the answer is owed. CAS-4, TIM-9.

    Fact: `case.closing_answered`. Raises NotPermitted, NothingSaid, IllegalMove.
    """
    case = locked(case)
    permit(access.may_accept_closing(actor, case), case)
    closing = open_closing(case)
    if closing is None or case.state not in (State.CLOSING_PROPOSED, State.SILENT):
        return threads.say(case.thread, body, files=files, draft_key=draft_key, key=key, actor=actor, at=at, via=via)
    move(case, Move.ANSWER if case.is_attended else Move.ANSWER_UNATTENDED)
    _answered(closing, Closing.Answer.ANSWERED, actor, at)
    case.save()
    queue = "attention" if case.is_attended else "answer"
    entry = threads.say(
        case.thread, body, files=files, draft_key=draft_key, key=key, state=case.state, queue=queue, actor=actor, at=at,
        via=via,
    )  # fmt: skip
    tell("closing_answered", case, actor=actor, at=at, closing=closing.pk, entry=entry.pk)
    return entry


@transaction.atomic
def remind(closing: Closing, *, at: datetime) -> Closing:
    """Take the next step of an unanswered closing: a reminder, silence after the last, or the tacit acceptance. CAS-4.

    Each reminder goes out once, however late; of several that were missed only the last is told. Facts:
    `case.closing_reminded`, then `case.went_silent`; or `case.closed` with how `tacit`.
    """
    case = locked(closing.case)
    closing = Closing.objects.select_for_update().get(pk=closing.pk)
    if not closing.is_open or closing.next_at is None or closing.next_at > at:
        return closing
    steps = closing.steps()
    due = [step for step in steps[closing.reminders_sent :] if step <= at]
    if due:
        closing.reminders_sent += len(due)
        tell(
            "closing_reminded", case, actor=SYSTEM, at=due[-1], closing=closing.pk, count=closing.reminders_sent,
            of=len(steps), told=cost_of(closing), tacit_at=closing.tacit_at, recorded_at=at,
        )  # fmt: skip
    if closing.tacit_at is not None and closing.tacit_at <= at:
        close(case, closing, Closing.Answer.TACIT, Move.ACCEPT, actor=SYSTEM, at=at)
        return closing
    if closing.reminders_sent >= len(steps) and case.state == State.CLOSING_PROPOSED:
        _fall_silent(case, at)
    left = [*steps[closing.reminders_sent :], closing.tacit_at]
    closing.next_at = min((step for step in left if step is not None), default=None)
    closing.save(update_fields=["reminders_sent", "next_at"])
    return closing


def _fall_silent(case: Case, at: datetime) -> None:
    move(case, Move.FALL_SILENT)
    case.save(update_fields=["state", "moves"])
    place(case, at=at)
    tell("went_silent", case, actor=SYSTEM, at=at)


@transaction.atomic
def mark_silent(case: Case, *, at: datetime) -> Case:
    """Let a case leave the working queue without an answer, its reservation kept. CAS-4. Raises NothingAsked, IllegalMove."""
    case = locked(case)
    closing = open_closing(case)
    if closing is None or closing.refused_at is not None:
        raise NothingAsked(case=case.pk)
    _fall_silent(case, at)
    return case


def remind_due(*, at: datetime, limit: int = 200) -> int:
    """Take the due step of up to `limit` unanswered closings; return how many. CAS-4.

    Any number of workers may run this at once: a step is taken under the case's lock and looked at again.
    """
    due = Closing.objects.filter(next_at__lte=at).order_by("next_at", "pk").select_related("case")
    count = 0
    for closing in list(due[:limit]):
        remind(closing, at=at)
        count += 1
    return count


@transaction.atomic
def close_uncharged(case: Case, *, seen: int | None = None, actor: Actor, at: datetime) -> Case:
    """Close a case that nobody answered, giving back what it reserved. CAS-4.

    What was charged in advance for an order stays as the proposal says. Fact: `case.closed` with how `uncharged`.
    Raises NotPermitted, NothingAsked, Stale, IllegalMove.
    """
    case = locked(case, seen=seen)
    permit(access.may_close_uncharged(actor, case), case)
    closing = open_closing(case)
    if closing is None:
        raise NothingAsked(case=case.pk)
    return close(case, closing, Closing.Answer.UNCHARGED, Move.CLOSE_UNCHARGED, actor=actor, at=at)


