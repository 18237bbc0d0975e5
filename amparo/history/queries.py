"""Reads of the record."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .models import Chain, Delivery, Fact
from .rules import GENESIS, digest, head_of, link, parts, sealed


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact as reactions and pages get it."""

    id: int
    subject: str
    seq: int
    name: str
    actor_ref: str
    customer_id: int | None
    at: datetime
    data: dict[str, Any]

    @property
    def subject_id(self) -> int:
        """The number in the subject: 41 of `case:41`."""
        return int(self.subject.rpartition(":")[2])

    @property
    def subject_kind(self) -> str:
        return self.subject.partition(":")[0]


def row(fact: Fact) -> FactRow:
    return FactRow(
        fact.pk, fact.subject, fact.seq, fact.name, fact.actor_ref, fact.customer_id, fact.at, fact.data
    )


def facts(subject: str) -> list[FactRow]:
    """Return a subject's facts, oldest first."""
    return [row(fact) for fact in Fact.objects.filter(subject=subject).order_by("seq").defer("body", "hash")]


def owes_reactions(subjects: Collection[str]) -> set[str]:
    """Return which of some subjects have a fact whose reaction has not run yet. One statement."""
    owed = Delivery.objects.filter(done_at__isnull=True, fact__subject__in=list(subjects))
    return set(owed.values_list("fact__subject", flat=True))


def faults_of_chain(subject: str) -> Iterator[str]:
    """Yield what is wrong with a subject's chain; nothing where it is whole. CAS-1, CAS-2."""
    previous, seq = GENESIS, 0
    for fact in Fact.objects.filter(subject=subject).order_by("seq").iterator():
        seq += 1
        if fact.seq != seq:
            yield f"{subject}: {seq} is missing"
            seq = fact.seq
        told = _told(fact)
        if told is None or (told and link(previous, fact.seq, told) != fact.hash):
            yield f"{subject}: {fact.seq} was altered"
        previous = fact.hash
    head = Chain.objects.filter(subject=subject).first()
    if (head.seq if head else 0) != seq or (head and head.hash != previous):
        yield f"{subject}: the end is missing"


def _told(fact: Fact) -> str | None:
    """Return what a fact's link is made over; empty where only the next link holds it (purged, of the first kind); None
    where the columns tell something else than the text that was hashed."""
    head = head_of(name=fact.name, subject=fact.subject, actor=fact.actor_ref, at=fact.at, customer=fact.customer_id)
    if fact.purged_at is not None:
        if fact.body or fact.data:
            return None
        return digest(head, fact.content_sha256) if fact.hash_version == 2 else ""
    try:
        said, content = parts(fact.body)
    except (ValueError, KeyError, AttributeError):
        return None
    if said != head or content["data"] != fact.data:
        return None
    if fact.hash_version == 1:
        return fact.body
    if sealed(fact.salt, content) != fact.content_sha256:
        return None
    return digest(head, fact.content_sha256)
