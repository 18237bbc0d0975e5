"""Reads of defects."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q

from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.threads.rules import read_mark

from . import access
from .machine import State
from .models import Defect, DefectReport

FAR_MAX = 10_000


def defects(
    actor: Actor,
    *,
    state: str = "open",
    words: str = "",
    product_id: int | None = None,
    mine: bool = False,
    after: str = "",
    size: int = 50,
) -> Page[dict[str, Any]]:
    """Return a page of defects with how many reported them and the earliest fix still owed. One statement. TIM-5.

    Open ones by that deadline, those without one last, the oldest first; answered ones by number, newest first.
    `mine`: those that the actor has, and those of tickets and cases that are his.
    """
    rows = access.visible_to(actor)
    if product_id is not None:
        rows = rows.filter(product_id=product_id)
    if mine:
        own = DefectReport.objects.filter(defect=OuterRef("pk"), thread__assignee_id=actor.user_id)
        rows = rows.filter(Q(holder_id=actor.user_id) | Q(Exists(own)))
    if state:
        rows = rows.filter(state=state)
    if words:
        rows = rows.filter(title__icontains=words[:100])
    marked = read_mark(unmark(after, 1), "i")
    if marked and state != State.OPEN:
        rows = rows.filter(pk__lt=marked[0])
    owed = Q(reports__promise__met_at__isnull=True, reports__promise__ended_at__isnull=True)
    listed: Any = rows.annotate(
        reporters=Count("reports"),
        due_at=Min("reports__promise__due_at", filter=owed),
        started_at=Min("reports__promise__started_at", filter=owed),
    ).values(
        "id", "title", "state", "created_at", "answered_at", "reporters", "due_at", "started_at",
        product_name=F("product__name"), version=F("release__version"), corrected_version=F("corrected_in__version"),
        holder_name=F("holder__name"), own=Q(holder_id=actor.user_id or 0),
    )  # fmt: skip
    if state != State.OPEN:
        return page_of(list(listed.order_by("-id")[: size + 1]), size, lambda row: (row["id"],))
    # What is open is few, and its deadline is reckoned from its reports: pages are cut by place.
    begin = min(max(marked[0], 0), FAR_MAX) if marked else 0
    ordered = listed.order_by(F("due_at").asc(nulls_last=True), "id")
    return page_of(list(ordered[begin : begin + size + 1]), size, lambda _row: (begin + size,))


def reports_of(defect: Defect) -> list[DefectReport]:
    """Return who reported a defect, with thread, customer and promise. One statement."""
    return list(
        DefectReport.objects.filter(defect=defect).select_related("thread", "customer", "promise").order_by("reported_at")
    )


def report_of(source: str) -> DefectReport | None:
    """Return the report that a ticket or case made, with its defect and promise. One statement."""
    return DefectReport.objects.select_related("defect", "promise").filter(source=source).first()


def known_defects(product_id: int, *, limit: int = 30) -> list[dict[str, Any]]:
    """Return defects of a product that a further report may join: id, title, state, version; the newest first."""
    rows: Any = Defect.objects.filter(product_id=product_id).exclude(state="not_a_defect").order_by("-id")
    return list(rows.values("id", "title", "state", version=F("release__version"))[:limit])


def reports_for(actor: Actor, *, limit: int = 100) -> list[DefectReport]:
    """Return what the actor's customer reported, what is owed first. One statement. ACC-11."""
    rows = access.visible_reports(actor).select_related(
        "defect__product", "defect__release", "defect__corrected_in", "promise", "thread"
    )
    return list(rows.order_by(F("answered_at").desc(nulls_first=True), "-reported_at")[:limit])


def reported(actor: Actor, defect_id: int) -> list[DefectReport]:
    """Return the actor's own reports of one defect, empty where it never reported it. One statement. ACC-11."""
    rows = access.visible_reports(actor).filter(defect=defect_id)
    rows = rows.select_related("defect__product", "defect__release", "defect__corrected_in", "promise", "thread")
    return list(rows.order_by("reported_at"))
