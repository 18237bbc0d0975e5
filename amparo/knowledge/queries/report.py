"""The share of answers without a public source, by person, product and month. SRC-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark

from .. import rules
from ..models import Answer

MONTHS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class ShareRow:
    """Answers of a person about a product in a month, and how many of them have no public source."""

    month: date
    author_id: int | None
    author: str
    product_id: int | None
    product: str
    share: rules.Share


def _bounds(month: date) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    after = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return datetime(month.year, month.month, 1, tzinfo=zone), datetime(after.year, after.month, 1, tzinfo=zone)


def _answers(actor: Actor) -> QuerySet[Answer]:
    return Answer.objects.all() if actor.is_staff else Answer.objects.none()


# An answer has a public source where it cites one, or where an article came out of its conversation afterwards.
WITHOUT = Q(cites=0, turned_into=None)


def months(at: datetime) -> list[date]:
    """Return the months that a report can be asked for, the latest first."""
    here = timezone.localtime(at, timezone.get_default_timezone()).date().replace(day=1)
    found = [here]
    while len(found) < MONTHS_SHOWN:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def shares(actor: Actor, *, month: date) -> list[ShareRow]:
    """Return the rows of a month, whoever answered most without a source first. One statement. SRC-1."""
    begin, end = _bounds(month)
    found = (
        _answers(actor).filter(at__gte=begin, at__lt=end).order_by()
        .annotate(month=TruncMonth("at", tzinfo=timezone.get_default_timezone()))
        .values("author_id", "author__name", "author__email", "product_id", "product__name")
        .annotate(answers=Count("pk"), without=Count("pk", filter=WITHOUT))
    )  # fmt: skip
    rows = [
        ShareRow(
            month, one["author_id"], one["author__name"] or one["author__email"] or "", one["product_id"], one["product__name"] or "",
            rules.Share(one["answers"], one["without"]),
        )
        for one in found
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.share.without, row.author, row.product))


def answers_without(
    actor: Actor, *, month: date, author_id: int | None = None, product_id: int | None = None, after: str = "", size: int = 50
) -> Page[Any]:
    """Return the answers of a month that have no public source: each can be turned into an article. One statement. SRC-1."""
    begin, end = _bounds(month)
    found = _answers(actor).filter(WITHOUT, at__gte=begin, at__lt=end).select_related("author", "product", "entry__thread")
    if author_id is not None:
        found = found.filter(author_id=author_id)
    if product_id is not None:
        found = found.filter(product_id=product_id) if product_id else found.filter(product__isnull=True)
    if marked := unmark(after, 1):
        found = found.filter(pk__lt=marked[0] if isinstance(marked[0], int) else 0)
    return page_of(list(found.order_by("-pk")[: size + 1]), size, lambda one: (one.pk,))
