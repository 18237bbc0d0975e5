"""Withdrawing a release: nobody gets it any more, those who have it are told, and those with a contract are looked after. UPD-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.downloads import access, queries
from amparo.downloads.errors import Published
from amparo.downloads.models import Download, Publication, RecallTask
from amparo.history.commands import record, signal
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid

from .shared import locked, permit, show_in_search


@transaction.atomic
def yank(publication: Publication, reason: str, *, seen: int | None = None, actor: Actor, at: datetime) -> Publication:
    """Withdraw a release that is out, for a reason that those who have it will read. UPD-2.

    Its files are given out no more, also to who is in the middle of them. Exactly those who took all of one, and the
    customers whose installation runs it, are told (fact `release.yanked`); for each of them with a contract in force a task
    stands on the desk. Again changes nothing. Raises NotPermitted, Invalid (reason), Published (never was), Stale.
    """
    permit(access.may_keep(actor))
    publication = locked(publication, seen)
    if publication.yanked_at is not None:
        return publication
    if publication.published_at is None:
        raise Published()
    if not reason.strip():
        raise Invalid(field="reason")
    publication.yanked_at, publication.yanked_by_id, publication.yank_reason = at, actor.user_id, reason.strip()
    publication.changed_at, publication.moves = at, publication.moves + 1
    publication.save()
    took = set(Download.objects.filter(publication=publication, customer_id__isnull=False).values_list("customer_id", flat=True))
    covered = queries.covered_among(took | queries.customers_running(publication), at=at)
    RecallTask.objects.bulk_create([RecallTask(publication=publication, customer_id=number, opened_at=at) for number in covered])
    record("release.yanked", subject=publication, actor=actor, at=at, product=publication.release.product_id,
           version=publication.release.version, reason=publication.yank_reason, tasks=len(covered))
    show_in_search(publication)
    signal("queue")
    return publication


def taken_late(download: Download, publication: Publication, *, at: datetime) -> None:
    """Tell whoever got the last octet of a file just after its release was withdrawn; part of the caller's transaction. UPD-2."""
    record("release.taken_late", subject=publication, actor=SYSTEM, at=at, customer=download.customer_id,
           user=download.user_id, version=publication.release.version, reason=publication.yank_reason)
    if download.customer_id and queries.covered_among([download.customer_id], at=at):
        RecallTask.objects.bulk_create(
            [RecallTask(publication=publication, customer_id=download.customer_id, opened_at=at)], ignore_conflicts=True
        )


@transaction.atomic
def finish_recall(task: RecallTask, note: str, *, actor: Actor, at: datetime) -> RecallTask:
    """Write down what was done with a customer of a withdrawn release; again changes nothing. Fact: `recall.done`.

    Raises NotPermitted, Invalid (note).
    """
    permit(access.may_recall(actor))
    task = RecallTask.objects.select_for_update(of=("self",)).select_related("publication__release").get(pk=task.pk)
    if task.done_at is not None:
        return task
    if not note.strip():
        raise Invalid(field="note")
    task.done_at, task.done_by_id, task.note = at, actor.user_id, note.strip()[:400]
    task.save()
    record("recall.done", subject=task.publication, actor=actor, at=at, customer=task.customer_id, note=task.note)
    return task
