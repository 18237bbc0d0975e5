"""The promise on every question: made, kept by anybody's visible answer, owed again where that is hidden. FOR-2, TIM-4, TIM-9."""

from __future__ import annotations

from datetime import datetime

from amparo.deadlines import commands as deadlines
from amparo.deadlines.models import Promise
from amparo.deadlines.queries import calendar_of_version, promises_of
from amparo.deadlines.rules import Counting, add_business_time, business_time_between
from amparo.forum import rules
from amparo.forum.models import Topic
from amparo.kernel.actor import Actor
from amparo.policies.queries import value

from .shared import answers

KIND = "answer.forum"


def promise_answer(topic: Topic, *, started_at: datetime, amount: int | None = None, actor: Actor, at: datetime) -> None:
    """Promise the answer of a locked question, and mirror by when, and from when on the desk sees it. TIM-4, TIM-8."""
    made = deadlines.promise(
        KIND, subject=topic, customer_id=None, started_at=started_at, amount=amount, actor=actor, at=at
    )
    topic.due_at, topic.due_from, topic.answered_at = made.due_at, made.started_at, None
    topic.desk_at = desk_moment(made, value("forum.desk_percent", at=at))
    topic.save(update_fields=["due_at", "due_from", "answered_at", "desk_at"])


def desk_moment(made: Promise, percent: int) -> datetime:
    """Return when so much of a promise's business time has passed. TIM-10."""
    calendar, counting = calendar_of_version(made.calendar_version_id), Counting(made.counting)
    if counting is Counting.BUSINESS_DAYS:
        return made.started_at + (made.due_at - made.started_at) * percent / 100
    whole = business_time_between(calendar, made.started_at, made.due_at, counting)
    return add_business_time(calendar, made.started_at, whole * percent / 100, counting)


def keep_answer(topic: Topic, *, by: int | None, actor: Actor, at: datetime) -> None:
    """A visible answer of somebody else stands: what is owed is kept, whoever gave it. FOR-2."""
    if topic.due_at is None or topic.answered_at is not None:
        return
    deadlines.keep_open(topic, KIND, by=by, actor=actor, at=at)
    topic.answered_at, topic.desk_at = at, None
    topic.save(update_fields=["answered_at", "desk_at"])


def end_answer(topic: Topic, *, reason: str, actor: Actor, at: datetime) -> None:
    """Nothing is owed any more, for a reason that reports tell: closed, hidden, merged, made private."""
    if topic.due_at is None or topic.answered_at is not None:
        return
    deadlines.end_open(topic, kind_code=KIND, reason=reason, actor=actor, at=at)
    topic.due_at = topic.due_from = topic.desk_at = None
    topic.save(update_fields=["due_at", "due_from", "desk_at"])


def look_again(topic: Topic, *, actor: Actor, at: datetime) -> None:
    """Set right what is owed after posts were hidden, shown, moved: kept where an answer stands, owed again where none does.

    A promise once kept stays kept for ever (TIM-9); where its answer is hidden, a new one is made with what was left of the
    time when that answer came, at least a figure of the settings: the question waits again, and the wait is measured again. FOR-2.
    """
    if topic.kind != "question" or topic.visibility != "shown" or topic.is_closed:
        return
    standing = answers(topic).order_by("id").values("author_id").first()
    if standing is not None:
        if topic.due_at is None:
            return
        keep_answer(topic, by=standing["author_id"], actor=actor, at=at)
        return
    if topic.is_owed or topic.solution_id:
        return
    earlier = promises_of(topic)
    least = value("forum.resumed_hours_min", at=at)
    if not earlier:
        promise_answer(topic, started_at=topic.created_at, actor=actor, at=at)
        return
    last = earlier[-1]
    left = last.margin_seconds if last.met_at is not None else _left_when_ended(last)
    promise_answer(topic, started_at=at, amount=rules.resumed_hours(left or 0, least), actor=actor, at=at)


def _left_when_ended(last: Promise) -> int:
    if last.ended_at is None:
        return 0
    calendar = calendar_of_version(last.calendar_version_id)
    return int(business_time_between(calendar, last.ended_at, last.due_at, Counting(last.counting)).total_seconds())
