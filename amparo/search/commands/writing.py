"""Writing tasks: what was searched and not found is written by somebody. SRC-1, SRC-2."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.search import access, queries, rules
from amparo.search.errors import TaskEnded
from amparo.search.models import WritingTask

_OPEN = (WritingTask.State.OPEN, WritingTask.State.TAKEN)


@transaction.atomic
def make_task(words: str, *, actor: Actor, at: datetime) -> WritingTask:
    """Make a writing task of words that were searched; the open one where there is one. SRC-2. Raises NotPermitted, Invalid."""
    if not access.may_write_tasks(actor):
        raise NotPermitted()
    words, normal = " ".join(rules.clean(words).split())[:200], rules.normal(words)
    if not normal:
        raise Invalid(field="words")
    counted = queries.not_found_of(normal)
    try:
        with transaction.atomic():
            task = WritingTask.objects.create(
                words=words, normal=normal, searches=counted.searches, searchers=counted.searchers, tickets=counted.tickets,
                created_by_id=actor.user_id, created_at=at,
            )  # fmt: skip
    except IntegrityError:  # somebody made it a moment ago: one task for the same words
        return WritingTask.objects.get(normal=normal, state__in=_OPEN)
    record("writing.asked", subject=task, actor=actor, at=at, words=words)
    return task


def _locked(task: WritingTask, actor: Actor) -> WritingTask:
    if not access.may_write_tasks(actor):
        raise NotPermitted()
    task = WritingTask.objects.select_for_update().get(pk=task.pk)
    if task.state not in _OPEN:
        raise TaskEnded()
    return task


@transaction.atomic
def take_task(task: WritingTask, *, actor: Actor, at: datetime) -> WritingTask:
    """Take a writing task, also from a colleague. Raises NotPermitted, TaskEnded."""
    task = _locked(task, actor)
    if task.assignee_id != actor.user_id or task.state != WritingTask.State.TAKEN:
        task.state, task.assignee_id = WritingTask.State.TAKEN, actor.user_id
        task.save(update_fields=["state", "assignee"])
        record("writing.taken", subject=task, actor=actor, at=at)
    return task


@transaction.atomic
def finish_task(task: WritingTask, written: str = "", *, actor: Actor, at: datetime) -> WritingTask:
    """Say that it is written, where it can be told by which thing (`article:4`). SRC-1. Raises NotPermitted, TaskEnded."""
    task = _locked(task, actor)
    task.state, task.written, task.ended_at = WritingTask.State.DONE, written[:60], at
    task.save(update_fields=["state", "written", "ended_at"])
    record("writing.done", subject=task, actor=actor, at=at, written=written)
    return task


@transaction.atomic
def drop_task(task: WritingTask, reason: str, *, actor: Actor, at: datetime) -> WritingTask:
    """Say that nothing is to be written, and why. Raises NotPermitted, TaskEnded, Invalid."""
    if not reason.strip():
        raise Invalid(field="reason")
    task = _locked(task, actor)
    task.state, task.note, task.ended_at = WritingTask.State.DROPPED, rules.clean(reason)[:2_000], at
    task.save(update_fields=["state", "note", "ended_at"])
    record("writing.dropped", subject=task, actor=actor, at=at, reason=task.note)
    return task


def written(source: str, by: str, *, at: datetime) -> bool:
    """End the task that something published came from (`search:7`); false where it came from none, or it ended. SRC-1."""
    kind, _sep, number = source.partition(":")
    if kind != "search" or not number.isdecimal() or len(number) > 18:
        return False
    task = WritingTask.objects.filter(pk=int(number), state__in=_OPEN).first()
    if task is None:
        return False
    finish_task(task, by, actor=SYSTEM, at=at)
    return True
