"""A closing refused, and what a case becomes when its complaint is decided. The complaint itself stands above. COM-1, COM-4 to COM-6."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.cases import access
from amparo.cases.errors import NothingAsked, TextMissing
from amparo.cases.machine import ATTENDED_KINDS, Consent, Effect, Move, NeedChoice, State
from amparo.cases.models import Case, CaseLink, Closing, FurtherNeed
from amparo.charging.models import Charge
from amparo.deadlines import commands as deadlines
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Stale
from amparo.people.models import User
from amparo.policies.queries import value
from amparo.quotations.queries import orders_of
from amparo.threads import commands as threads

from . import charges
from .closing import close
from .shared import PRIORITY_HIGH, locked, move, open_closing, permit, place, tell

Back = Mapping[int, Mapping[str, int]]  # charge id -> units


@transaction.atomic
def refuse_closing(
    case: Case, *, seen: int, reasons: str, complaint: int, decide_by: datetime, actor: Actor, at: datetime
) -> Case:
    """Refuse a closing with reasons: the case waits for quality control, its reservation stays as it is. CAS-4, COM-1.

    Called where the complaint of this number is raised, which is decided by `decide_by`. Nobody reminds, and silence
    accepts nothing any more. What the refusal asks is answered by the ruling, so no other answer is owed. Fact:
    `case.closing_refused`. Raises NotPermitted, TextMissing, Stale, IllegalMove.
    """
    case = locked(case)
    permit(access.may_accept_closing(actor, case), case)
    closing = Closing.objects.select_for_update().filter(case=case, pk=seen).first()
    if closing is None or not closing.is_open:
        raise Stale(case=case.pk)
    if not reasons.strip():
        raise TextMissing(field="reasons")
    closing.refused_at, closing.refusal, closing.next_at = at, reasons.strip(), None
    _dispute(case, closing, complaint, decide_by)
    threads.say(
        case.thread, reasons, key=f"refusal:{closing.pk}", state=case.state, queue="quality", actor=actor, at=at
    )
    _answered_by_the_ruling(case, actor, at)
    tell(
        "closing_refused", case, actor=actor, at=at, closing=closing.pk, reasons=closing.refusal, complaint=complaint,
        decide_by=decide_by,
    )  # fmt: skip
    return case


@transaction.atomic
def dispute_refused(case: Case, *, complaint: int, decide_by: datetime, actor: Actor, at: datetime) -> Closing:
    """Give a closing that was refused before there were complaints its complaint. COM-1.

    Raises NothingAsked where none waits, IllegalMove.
    """
    case = locked(case)
    permit(actor.is_system, case)
    closing = open_closing(case)
    if closing is None or closing.refused_at is None or closing.complaint is not None:
        raise NothingAsked(case=case.pk)
    _dispute(case, closing, complaint, decide_by)
    _answered_by_the_ruling(case, actor, at)
    return closing


def _dispute(case: Case, closing: Closing, complaint: int, decide_by: datetime) -> None:
    move(case, Move.REFUSE)
    closing.complaint, closing.decide_by = complaint, decide_by
    closing.save(update_fields=["refused_at", "refusal", "next_at", "complaint", "decide_by"])
    case.save()


def _answered_by_the_ruling(case: Case, actor: Actor, at: datetime) -> None:
    deadlines.end_open(case.subject, reason="complaint", actor=actor, at=at, kind_code="answer.case")
    place(case, at=at)


@transaction.atomic
def close_as_proposed(case: Case, *, how: str, actor: Actor, at: datetime) -> Case:
    """Close a case as it was proposed, its charges final: the complaint was dismissed, or its customer let it go. COM-5.

    `how` is "dismissed", or "accepted" where the customer accepts after all. Fact: `case.closed`.
    Raises NotPermitted, NothingAsked, IllegalMove.
    """
    case = locked(case)
    permit(access.may_judge(actor, case) if how == "dismissed" else access.may_accept_closing(actor, case), case)
    return close(case, _refused(case), Closing.Answer(how), Move.RULE, actor=actor, at=at)


@transaction.atomic
def close_for_customer(
    case: Case,
    *,
    how: str,
    back: Back,
    again: bool,
    effective_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> Case | None:
    """Close a case by a decision for its customer; return the linked case that gives the service again. COM-4, COM-6.

    `how` is "upheld", "partly" or "lapsed"; `back` says what of each charge of the closing is given back. With `again` the
    rest of each charge or reservation carries over to the new case, which charges nothing of its own; a reservation
    carries over whole or not at all. Without, the rest is charged finally, save what the proposal gave back.
    Facts: `case.closed`, `case.linked`; on the new case `case.opened`, `case.given_again`, `case.follows`.
    Raises NotPermitted, NothingAsked, NotGiven, IllegalMove.
    """
    case = locked(case)
    permit(access.may_judge(actor, case), case)
    closing = _refused(case)

    def carried_out() -> dict[str, int]:
        charged = []
        for one in sorted(closing.effects, key=lambda one: one["charge"]):
            charge = Charge.objects.select_for_update().get(pk=one["charge"])
            asked = dict(back.get(charge.pk, {}))
            if again and charge.state == "reserved" and not any(asked.values()):
                continue  # carries over
            if not again and Effect(one["effect"]) is Effect.GIVE_BACK:
                asked = charges.held(charge)
            rest = charges.give_some_back(charge, asked, reason=how, key=f"closing:{closing.pk}", actor=actor, at=at)
            charged.append(rest)
        return charges.total(charged)

    close(
        case, closing, Closing.Answer(how), Move.RULE, carried_out=carried_out, effective_at=effective_at,
        actor=actor, at=at,
    )  # fmt: skip
    return _give_again(case, closing, actor, at) if again else None


def _refused(case: Case) -> Closing:
    closing = open_closing(case)
    if closing is None or closing.complaint is None or case.state != State.COMPLAINT:
        raise NothingAsked(case=case.pk)
    return closing


def _give_again(case: Case, closing: Closing, actor: Actor, at: datetime) -> Case:
    """Open the linked case in which the service is given again: in attention at once where the first was attended. COM-4."""
    state = State.ATTENTION if case.is_attended else State.REQUESTED
    contact = User.objects.filter(pk=case.contact_id or 0).first()
    with translation.override(contact.language if contact else "es-mx"):
        body = _("We give you the service of %(case)s again, by complaint Q-%(number)s. It charges you nothing new.") % {
            "case": case.number, "number": closing.complaint,
        }  # fmt: skip
    opened = threads.open_thread(
        "case", customer_id=case.customer_id, title=case.thread.title, body=body, state=state.value,
        queue="attention" if case.is_attended else "answer", priority=PRIORITY_HIGH, promise_kind="answer.case",
        author=threads.Author.of(SYSTEM), opened_by_id=case.thread.opened_by_id,
        key=f"again:{closing.pk}", actor=actor, at=at, via="system",
    )  # fmt: skip
    new = Case(
        id=opened.thread.number, thread=opened.thread, customer_id=case.customer_id, contact_id=case.contact_id,
        asked_kind=case.kind, contract_id=case.contract_id, product_id=case.product_id, licence_id=case.licence_id,
        created_at=at,
    )  # fmt: skip
    if case.is_attended:
        new.kind, new.state, new.explanation, new.classification = case.kind, state.value, case.explanation, 1
        new.charge, new.told = case.charge, case.told
        new.consent_at, new.consent_how, new.consent_by = at, case.consent_how, case.consent_by
        new.limit_minutes = value(f"cases.{case.kind}_minutes", at=at) if case.kind in ATTENDED_KINDS else 0
    new.save(force_insert=True)
    tell(
        "opened", new, actor=actor, at=at, title=opened.thread.title, asked_kind=new.asked_kind, via="system",
        contact=new.contact_id, on_behalf="", contract=case.contract.subject if case.contract else "", again_of=case.pk,
        **opened.first,
    )  # fmt: skip
    _carry_needs(case, closing, new, at)
    if case.is_attended:
        tell(
            "given_again", new, actor=actor, at=at, again_of=case.pk, complaint=closing.complaint, charge=new.charge_id,
            told=charges.held(new.charge) if new.charge else {},
        )  # fmt: skip
    CaseLink.objects.create(case=case, follow_up=new, why=CaseLink.Why.COMPLAINT, at=at, by_id=actor.user_id)
    tell("linked", case, actor=actor, at=at, follow_up=new.pk, why=CaseLink.Why.COMPLAINT.value)
    record("case.follows", subject=new, actor=actor, at=at, case=case.pk, why=CaseLink.Why.COMPLAINT.value)
    return new


def _carry_needs(case: Case, closing: Closing, new: Case, at: datetime) -> None:
    """Let the charges of further services and orders carry over too: the new case closes them. CHG-5, COM-4."""
    kept = {one["charge"] for one in closing.effects if one["what"] == "further"}
    for need in case.needs.filter(charge__in=kept).select_related("charge").order_by("pk"):
        if need.charge is not None and charges.held(need.charge):
            FurtherNeed.objects.create(
                case=new, description=need.description, charge=need.charge, raised_by_id=need.raised_by_id, raised_at=at,
                choice=need.choice, chosen_at=at, chosen_how=need.chosen_how, chosen_by=need.chosen_by,
                key=f"again:{need.pk}",
            )  # fmt: skip
    for order in orders_of(case.subject):
        if order.charge_id in kept and charges.held(order.charge):
            accepted = order.accepted_by
            assert accepted is not None, "a contact accepted it"
            FurtherNeed.objects.create(
                case=new, description=f"{order.number} {order.title}"[:400], charge=order.charge, raised_by=accepted, raised_at=at,
                choice=NeedChoice.NOW.value, chosen_at=at, chosen_how=Consent.PORTAL.value, chosen_by=accepted.name[:160],
                key=f"again:{order.subject}",
            )  # fmt: skip
