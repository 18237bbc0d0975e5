"""The verbs of defects. TKT-5, TIM-5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from amparo.contracts.queries import in_force
from amparo.deadlines import commands as deadlines
from amparo.files import commands as files_of
from amparo.files.models import StoredFile
from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.products.models import Release
from amparo.threads import commands as threads
from amparo.threads.models import Thread
from amparo.threads.rules import clean_line, clean_text

from . import access
from .errors import AlreadyReported, OtherProduct, ReasonMissing, ReportMoment
from .machine import LIFE, Move, State
from .models import Defect, DefectReport


@transaction.atomic
def report(
    thread: Thread,
    *,
    product_id: int,
    release_id: int | None = None,
    title: str,
    description: str = "",
    reported_at: datetime,
    defect: Defect | None = None,
    actor: Actor,
    at: datetime,
) -> DefectReport:
    """Mark what a thread reports as a defect, a new one or one that is known; each thread once. TKT-5.

    Where the customer had a contract in force when it reported, the fix guarantee runs from that moment: promise `fix`
    on the thread's subject. A corrected defect that is reported again is open again. Facts: `defect.reported` on the
    defect, `<kind>.defect_marked` on the thread. Raises NotPermitted, AlreadyReported, OtherProduct, ReportMoment.
    """
    if not access.may_report(actor):
        raise NotPermitted(thread=thread.pk)
    thread = threads.locked(thread.pk)
    if DefectReport.objects.filter(source=thread.subject).exists():
        raise AlreadyReported(source=thread.subject)
    if not thread.created_at <= reported_at <= at:
        raise ReportMoment(field="reported_at")
    if defect is None:
        defect = _new(product_id, release_id, title or thread.title, description, actor, at)
    else:
        defect = _known(defect, product_id)
    covered = bool(in_force(thread.customer_id, reported_at))
    owed = None
    if covered:
        owed = deadlines.promise(
            "fix", subject=thread.subject, customer_id=thread.customer_id, thread_id=thread.pk, started_at=reported_at,
            holder_id=thread.assignee_id, actor=actor, at=at, key=f"fix:{thread.subject}",
        )  # fmt: skip
        threads.settle_due(thread)
    row = DefectReport.objects.create(
        defect=defect, source=thread.subject, thread=thread, customer_id=thread.customer_id, reported_at=reported_at,
        marked_at=at, marked_by_id=actor.user_id, is_covered=covered, promise=owed,
    )  # fmt: skip
    told: dict[str, Any] = {"defect": defect.pk, "covered": covered, "reported_at": reported_at}
    record("defect.reported", subject=defect, actor=actor, at=at, source=thread.subject, **told)
    due_at = owed.due_at if owed else None
    record(f"{thread.kind}.defect_marked", subject=thread, actor=actor, at=at, due_at=due_at, **told)
    signal("defects")
    return row


def _new(product_id: int, release_id: int | None, title: str, text: str, actor: Actor, at: datetime) -> Defect:
    if release_id is not None and not Release.objects.filter(pk=release_id, product=product_id).exists():
        raise Invalid(field="release")
    return Defect.objects.create(
        product_id=product_id, release_id=release_id, title=clean_line(title, 200), description=clean_text(text),
        created_at=at, created_by_id=actor.user_id,
    )  # fmt: skip


def _known(defect: Defect, product_id: int) -> Defect:
    defect = Defect.objects.select_for_update().get(pk=defect.pk)
    if defect.product_id != product_id or not LIFE.may(defect.state, Move.REPORT_AGAIN):
        raise OtherProduct(field="defect")
    defect.state = LIFE.after(defect.state, Move.REPORT_AGAIN).value
    defect.save(update_fields=["state"])
    return defect


@transaction.atomic
def take(defect: Defect, *, actor: Actor, at: datetime) -> Defect:
    """Take a defect upon oneself: what is promised about it counts for this person. TIM-9. Raises NotPermitted."""
    return _hold(defect, actor.user_id, actor, at)


@transaction.atomic
def give_up(defect: Defect, *, actor: Actor, at: datetime) -> Defect:
    """Give a defect back to everybody who may correct it. Raises NotPermitted."""
    return _hold(defect, None, actor, at)


def _hold(defect: Defect, holder_id: int | None, actor: Actor, at: datetime) -> Defect:
    defect = Defect.objects.select_for_update().get(pk=defect.pk)
    if not access.may_hold(actor, defect):
        raise NotPermitted(defect=defect.pk)
    if defect.holder_id == holder_id:
        return defect
    defect.holder_id = holder_id
    defect.save(update_fields=["holder"])
    record("defect.taken" if holder_id else "defect.given_up", subject=defect, actor=actor, at=at)
    signal("defects")
    return defect


@transaction.atomic
def correct(
    defect: Defect,
    *,
    answer: str,
    release_id: int | None = None,
    files: Sequence[str] = (),
    draft_key: str = "",
    actor: Actor,
    at: datetime,
) -> Defect:
    """The correction is handed over, in a release or in files: whoever reported it is told, and the guarantee is kept. TIM-5.

    The files belong to the defect and are read by the customers who reported it, also when their contract is over
    (UPD-1). Facts: `defect.corrected` on the defect, `<kind>.defect_corrected` on each thread. Raises NotPermitted,
    IllegalMove, ReasonMissing, Invalid (a release of another product), NotAttachable.
    """
    defect, reports, text = _ask(defect, Move.CORRECT, answer, actor)
    if release_id is not None and not Release.objects.filter(pk=release_id, product=defect.product_id).exists():
        raise Invalid(field="release")
    defect.corrected_in_id = release_id
    handed = files_of.attach(files, subject=defect.subject, draft_key=draft_key, actor=actor, at=at) if files else []
    given = {"release": release_id, "files": [_written(file) for file in handed]}
    _settle(defect, Move.CORRECT, text, actor, at, given)
    for row in reports:
        _tell_reporter(row, "defect_corrected", text, actor, at, given)
    return defect


def _written(file: StoredFile) -> dict[str, Any]:
    """What the record keeps of a file that was handed over: enough to prove which one it was. CAS-1."""
    return {"name": file.name, "size": file.size, "sha256": file.sha256}


@transaction.atomic
def reject(defect: Defect, *, reason: str, actor: Actor, at: datetime) -> Defect:
    """Answer that it is not a defect, with the reason: whoever reported it gets it, and what was promised ends. TIM-5.

    Facts: `defect.not_a_defect` on the defect, `<kind>.defect_rejected` on each thread. Raises NotPermitted,
    IllegalMove, ReasonMissing.
    """
    defect, reports, text = _ask(defect, Move.REJECT, reason, actor)
    _settle(defect, Move.REJECT, text, actor, at, {})
    for row in reports:
        _tell_reporter(row, "defect_rejected", text, actor, at, {})
    return defect


def _ask(defect: Defect, move: Move, text: str, actor: Actor) -> tuple[Defect, list[DefectReport], str]:
    """Lock the threads in key order, then the defect: the order in which a report takes them."""
    if not access.may_answer(actor, defect):
        raise NotPermitted(defect=defect.pk)
    text = clean_text(text)
    if not text:
        raise ReasonMissing(field="answer")
    reports = list(DefectReport.objects.filter(defect=defect, answered_at=None).order_by("thread_id"))
    for row in reports:
        row.thread = threads.locked(row.thread_id)
    defect = Defect.objects.select_for_update().get(pk=defect.pk)
    LIFE.after(defect.state, move)
    return defect, reports, text


def _settle(defect: Defect, move: Move, text: str, actor: Actor, at: datetime, given: dict[str, Any]) -> None:
    defect.state = LIFE.after(defect.state, move).value
    defect.answer, defect.answered_at, defect.answered_by_id = text, at, actor.user_id
    defect.save(update_fields=["state", "answer", "answered_at", "answered_by", "corrected_in"])
    name = "defect.corrected" if defect.state == State.CORRECTED else "defect.not_a_defect"
    record(name, subject=defect, actor=actor, at=at, answer=text, **given)
    signal("defects")


def _tell_reporter(
    row: DefectReport, name: str, text: str, actor: Actor, at: datetime, given: dict[str, Any]
) -> None:
    """Say the answer in the thread and settle what was promised there. Threads told before are left alone."""
    thread = row.thread
    row.answered_at = at
    row.save(update_fields=["answered_at"])
    if row.promise_id and row.promise is not None and row.promise.is_owed:
        if name == "defect_corrected":
            deadlines.keep(row.promise, actor=actor, at=at)
        else:
            deadlines.end(row.promise, reason="not_a_defect", actor=actor, at=at)
    threads.say(thread, text, key=f"{name}:{row.pk}", actor=actor, at=at, via="desk")
    threads.settle_due(thread)
    record(f"{thread.kind}.{name}", subject=thread, actor=actor, at=at, defect=row.defect_id, answer=text, **given)
