"""Which articles ask to be read again: their day came, or a new major version of their product did. SRC-2."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.products.models import Product

from .. import rules
from ..models import Article

AT_ONCE = 500


@transaction.atomic
def outgrow(product: Product, *, version: str, before: str, actor: Actor, at: datetime) -> int:
    """Ask for a review of what was written for the version before a new major one; return how many articles that are.

    Each keeps the version that it was written for, which readers are told, until somebody read it again. Fact:
    `knowledge.outgrown`, with how many of whom. Repeating it changes nothing.
    """
    live = Article.objects.select_for_update(of=("self",)).select_related("from_release", "to_release")
    since = Q(reviewed_at__lt=at) | Q(reviewed_at=None)
    found = [
        one
        for one in live.filter(since, product=product, live=True, written_for="").order_by("pk")
        if rules.is_outgrown(
            one.from_release.version if one.from_release else "", one.to_release.version if one.to_release else "", before, version
        )
    ]  # fmt: skip
    if not found:
        return 0
    Article.objects.filter(pk__in=[one.pk for one in found]).update(written_for=before)
    owners: dict[str, int] = defaultdict(int)
    for one in found:
        owners[str(one.owner_id or 0)] += 1
    record("knowledge.outgrown", subject=f"product-desk:{product.pk}", actor=actor, at=at, product=product.name, version=version, before=before,
           owners=dict(owners))  # fmt: skip
    return len(found)


@transaction.atomic
def remind_reviews(*, at: datetime) -> int:
    """Record once of each overdue review that it is; one fact for each owner. Any number of workers may run this. SRC-2."""
    today = timezone.localtime(at, timezone.get_default_timezone()).date()
    due = Article.objects.select_for_update(skip_locked=True, of=("self",)).filter(live=True, review_on__lt=today)
    due = due.filter(Q(review_told_for=None) | ~Q(review_told_for=F("review_on"))).order_by("pk")[:AT_ONCE]
    owners: dict[int, list[int]] = defaultdict(list)
    for one in due:
        owners[one.owner_id or 0].append(one.pk)
    for owner, articles in owners.items():
        Article.objects.filter(pk__in=articles).update(review_told_for=F("review_on"))
        record("knowledge.reviews_due", subject=f"reviews:{owner}", actor=SYSTEM, at=at, owner=owner, articles=articles[:20], count=len(articles))
    return len(owners)
