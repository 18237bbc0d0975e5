"""How quality control looks at a complaint: takes it, asks for an opinion, keeps a draft. COM-2, TIM-7."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from amparo.complaints import access, queries
from amparo.complaints.errors import (
    Involved,
    NobodyToAsk,
    OpinionAsked,
    OpinionGiven,
    OpinionTooLate,
    ReasonsMissing,
)
from amparo.complaints.machine import Move, State
from amparo.complaints.models import Complaint, Opinion, RulingDraft
from amparo.deadlines import commands as deadlines
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value
from amparo.threads.errors import TooLong
from amparo.threads.rules import clean_text

from .shared import locked, move, tell

DRAFT_CHARACTERS_MAX = 60_000


def _permit_judge(actor: Actor, complaint: Complaint) -> None:
    """Raise NotPermitted for who does not judge, Involved for who worked on the case. COM-2."""
    if not access.judges(actor):
        raise NotPermitted(complaint=complaint.pk)
    if not access.may_judge(actor, queries.barred(complaint)):
        raise Involved(complaint=complaint.pk)


@transaction.atomic
def take(complaint: Complaint, *, actor: Actor, at: datetime) -> Complaint:
    """Take a complaint to review it; another may take it over. To take one's own is no act. COM-2.

    Fact: `complaint.taken`. Raises NotPermitted, Involved, AlreadyDecided.
    """
    complaint = locked(complaint)
    _permit_judge(actor, complaint)
    if complaint.is_open and actor.owns(complaint.judge_id):
        return complaint
    move(complaint, Move.TAKE)
    _hold(complaint, actor, at)
    complaint.save(update_fields=["state", "judge", "taken_at"])
    tell("taken", complaint, actor=actor, at=at, judge=actor.user_id)
    return complaint


def _hold(complaint: Complaint, actor: Actor, at: datetime) -> None:
    complaint.judge_id, complaint.taken_at = actor.user_id, at
    deadlines.hold_open(complaint.subject, holder_id=actor.user_id, actor=actor, at=at)


@transaction.atomic
def ask_opinion(complaint: Complaint, question: str, *, key: str, actor: Actor, at: datetime) -> Opinion:
    """Ask the research-and-development director for a written opinion: his promise starts. COM-2, TIM-7.

    The complaint's own time goes on (COM-6). The same key returns the first. Fact: `complaint.opinion_asked`.
    Raises NotPermitted, Involved, ReasonsMissing, TooLong, OpinionAsked, NobodyToAsk, AlreadyDecided.
    """
    complaint = locked(complaint)
    _permit_judge(actor, complaint)
    if first := Opinion.objects.filter(complaint=complaint, key=f"{actor.ref}:{key}").first():
        return first
    if complaint.state == State.OPINION:
        raise OpinionAsked(complaint=complaint.pk)
    move(complaint, Move.ASK_OPINION)
    question = _text(question, "question", at)
    if not queries.whom_to_ask(complaint, asker_id=actor.user_id):
        raise NobodyToAsk(complaint=complaint.pk)
    if complaint.judge_id is None:
        _hold(complaint, actor, at)
    promise = deadlines.promise(
        "opinion", subject=complaint.subject, customer_id=complaint.customer_id, actor=actor, at=at
    )
    assert actor.user_id is not None
    opinion = Opinion.objects.create(
        complaint=complaint, question=question, question_html=markdown.render(question), asked_by_id=actor.user_id,
        asked_at=at, promise=promise, due_at=promise.due_at, key=f"{actor.ref}:{key}",
    )  # fmt: skip
    complaint.save(update_fields=["state", "judge", "taken_at"])
    tell("opinion_asked", complaint, actor=actor, at=at, opinion=opinion.pk, due_at=opinion.due_at)
    return opinion


def _text(text: str, field: str, at: datetime) -> str:
    text = clean_text(text)
    if not text:
        raise ReasonsMissing(field=field)
    if len(text) > value("threads.body_characters_max", at=at):
        raise TooLong(field=field)
    return text


@transaction.atomic
def give_opinion(opinion: Opinion, text: str, *, actor: Actor, at: datetime) -> Opinion:
    """Answer in writing, signed by the sign-in: name, moment and the hash of the text stand on the chain. COM-2, TIM-7.

    Late is late, and still an opinion while the complaint is open; it extends nothing (COM-6). The same text again by the
    same person is no second act. Fact: `complaint.opinion_given`.
    Raises NotPermitted, Involved, OpinionTooLate, OpinionGiven, ReasonsMissing, TooLong.
    """
    complaint = locked(opinion.complaint)
    opinion = Opinion.objects.select_for_update().get(pk=opinion.pk)
    if not access.answers_opinions(actor):
        raise NotPermitted(opinion=opinion.pk)
    text = _text(text, "body", at)
    if opinion.answered_at is not None:
        if actor.owns(opinion.answered_by_id) and opinion.body == text:
            return opinion
        raise OpinionGiven(opinion=opinion.pk)
    if opinion.ended_at is not None or not complaint.is_open:
        raise OpinionTooLate(opinion=opinion.pk)
    if not access.may_answer(actor, opinion, queries.involved(complaint)):
        raise Involved(opinion=opinion.pk)
    move(complaint, Move.GIVE_OPINION)
    deadlines.keep(opinion.promise, actor=actor, at=at)
    opinion.body, opinion.body_html = text, markdown.render(text)
    opinion.signature = hashlib.sha256(text.encode()).hexdigest()
    opinion.answered_by_id, opinion.answered_name, opinion.answered_at = actor.user_id, actor.name[:160], at
    opinion.save()
    complaint.save(update_fields=["state"])
    RulingDraft.objects.filter(complaint=complaint, user_id=actor.user_id or 0).delete()
    tell(
        "opinion_given", complaint, actor=actor, at=at, opinion=opinion.pk, by=actor.user_id, by_name=opinion.answered_name,
        sha256=opinion.signature, late=at > opinion.due_at,
    )  # fmt: skip
    return opinion


@transaction.atomic
def save_draft(complaint: Complaint, fields: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """Keep what a person writes of a ruling or an opinion; it is nobody else's to read. No fact.

    Raises NotPermitted, TooLong.
    """
    if not (access.judges(actor) or access.answers_opinions(actor)) or actor.user_id is None:
        raise NotPermitted(complaint=complaint.pk)
    if sum(len(str(name)) + len(str(text)) for name, text in fields.items()) > DRAFT_CHARACTERS_MAX:
        raise TooLong()
    RulingDraft.objects.update_or_create(
        complaint=complaint, user_id=actor.user_id, defaults={"fields": dict(fields), "updated_at": at}
    )
