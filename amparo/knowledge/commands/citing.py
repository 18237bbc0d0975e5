"""Which answer cites which article. SRC-1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.threads.models import Entry, shown

from .. import rules
from ..models import Answer, Article, Citation, Code


@transaction.atomic
def cited(subject: str, article_ids: Iterable[int], *, actor: Actor, at: datetime) -> int:
    """Note that something (`entry:12`, `post:9`) cites articles; each once. Returns how many it cites. SRC-1.

    Only what is published to somebody counts as a source, and what staff alone read is not; a number that is nobody's is
    passed over.
    """
    published = Article.objects.filter(pk__in=list(article_ids), live=True).exclude(audience="staff")
    known: Sequence[int] = list(published.order_by("pk").values_list("pk", flat=True))
    Citation.objects.bulk_create(
        (Citation(article_id=one, subject=subject, by_id=actor.user_id, at=at) for one in known), ignore_conflicts=True
    )
    return len(known)


@transaction.atomic
def note_answer(entry: Entry, *, product_id: int | None, actor: Actor, at: datetime) -> Answer | None:
    """Count an answer of staff to a customer, with the articles that it links to. SRC-1.

    Nothing is counted twice; notes, the customer's own words and what the service says are no answers.
    """
    if entry.is_internal or entry.author_kind != "staff" or entry.kind != "message":
        return None
    numbers, codes = rules.cited_in(entry.body)
    if codes:
        numbers += Code.objects.filter(normal__in=codes).values_list("article_id", flat=True)
    cites = cited(f"entry:{entry.pk}", numbers, actor=actor, at=entry.at)
    answer, made = Answer.objects.get_or_create(
        entry=entry,
        defaults={
            "thread_id": entry.thread_id, "number": shown(entry.thread.kind, entry.thread.number), "author_id": entry.author_id,
            "product_id": product_id, "at": entry.at, "cites": cites,
        },
    )  # fmt: skip
    if made and cites:
        record("article.cited", subject=f"{entry.thread.kind}-desk:{entry.thread.number}", actor=actor, at=at, articles=sorted(set(numbers)), seq=entry.seq)
    return answer
