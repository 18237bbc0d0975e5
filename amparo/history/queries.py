"""Reads of the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .models import Chain, Fact
from .rules import GENESIS, link


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


def faults_of_chain(subject: str) -> Iterator[str]:
    """Yield what is wrong with a subject's chain; nothing where it is whole. CAS-1."""
    previous, seq = GENESIS, 0
    for fact in Fact.objects.filter(subject=subject).order_by("seq").iterator():
        seq += 1
        if fact.seq != seq:
            yield f"{subject}: {seq} is missing"
            seq = fact.seq
        if link(previous, fact.seq, fact.body) != fact.hash:
            yield f"{subject}: {fact.seq} was altered"
        previous = fact.hash
    head = Chain.objects.filter(subject=subject).first()
    if (head.seq if head else 0) != seq or (head and head.hash != previous):
        yield f"{subject}: the end is missing"
