"""What staff can cite while they write. SRC-1."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from amparo.contracts.access import readable
from amparo.contracts.rules.audience import Reader
from amparo.search.queries import search

from .. import rules
from ..models import KIND_LABELS, Article, Code


@dataclass(frozen=True, slots=True)
class Citable:
    """An article as it is offered to be cited."""

    id: int
    title: str
    url: str
    kind: str
    audience: str = "visitor"
    product: str = ""


def cite(who: Reader, words: str, *, product_id: int | None = None, limit: int = 8) -> list[Citable]:
    """Return what may be cited for some words, best first; the latest where there are none yet. SRC-1.

    An exact error code comes first. `who` is whoever will read the answer: what he may not read is no source for him.
    """
    words = words.strip()[:200]
    if not words:
        return _articles(who, list(_latest(who, product_id, limit)))
    exact = list(Code.objects.filter(normal=rules.normal_code(words)).values_list("article_id", flat=True)) if rules.normal_code(words) else []
    hits = search(who, words, kinds=("article",), product_id=product_id, limit=limit).hits
    numbers = exact + [int(hit.subject.partition(":")[2]) for hit in hits]
    return _articles(who, list(dict.fromkeys(numbers)))[:limit]


def _latest(who: Reader, product_id: int | None, limit: int) -> list[int]:
    found = Article.objects.filter(readable(who), live=True)
    if product_id is not None:
        found = found.filter(Q(product_id=product_id) | Q(product=None))
    return list(found.order_by("-updated_at").values_list("pk", flat=True)[:limit])


def _articles(who: Reader, numbers: list[int]) -> list[Citable]:
    found = Article.objects.filter(readable(who), pk__in=numbers, live=True).select_related("product")
    by_number = {
        one.pk: Citable(
            one.pk, one.title, reverse("knowledge:article", args=[one.pk, one.slug]), str(KIND_LABELS[one.kind]), one.audience,
            one.product.name if one.product else "",
        )
        for one in found
    }  # fmt: skip
    return [by_number[number] for number in numbers if number in by_number]
