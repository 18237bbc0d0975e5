"""Reads of defects."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Min, Q

from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.threads.rules import read_mark

from . import access
from .models import Defect, DefectReport


def defects(actor: Actor, *, state: str = "open", words: str = "", after: str = "", size: int = 50) -> Page[dict[str, Any]]:
    """Return a page of defects, newest first, with how many reported them and the earliest fix still owed. One statement."""
    rows = access.visible_to(actor)
    if state:
        rows = rows.filter(state=state)
    if words:
        rows = rows.filter(title__icontains=words[:100])
    if marked := read_mark(unmark(after, 1), "i"):
        rows = rows.filter(pk__lt=marked[0])
    owed = Q(reports__promise__met_at__isnull=True, reports__promise__ended_at__isnull=True)
    listed: Any = rows.annotate(
        reporters=Count("reports"),
        due_at=Min("reports__promise__due_at", filter=owed),
        started_at=Min("reports__promise__started_at", filter=owed),
    ).values(
        "id", "title", "state", "created_at", "answered_at", "reporters", "due_at", "started_at",
        product_name=F("product__name"), version=F("release__version"), corrected_version=F("corrected_in__version"),
    )  # fmt: skip
    return page_of(list(listed.order_by("-id")[: size + 1]), size, lambda row: (row["id"],))


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
