"""Which documents somebody may see: the one rule of what is published, as a queryset and as a condition of SQL. ACC-1, ACC-3, ACC-4, SEC-29."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from amparo.contracts.access import readable
from amparo.contracts.rules.audience import LICENSED, Reader
from amparo.kernel.actor import Actor

from .models import Document


def visible_to(who: Reader) -> QuerySet[Document]:
    """Return the documents that a reader may see."""
    return Document.objects.filter(readable(who))


@dataclass(frozen=True, slots=True)
class Reach:
    """What a reader may see, for statements: a condition over columns, and the marks that the index narrows by."""

    condition: str
    marks: str
    given: dict[str, Any]

    def over(self, table: str) -> str:
        """Return the condition for a table of that alias."""
        return self.condition.format(t=table)


def reach(who: Reader) -> Reach:
    """Return the rule of `visible_to` for a statement. Every statement over documents or words carries it. SEC-29."""
    if who.is_staff:
        return Reach("true", "", {})
    seen, licensed = sorted(who.levels - {LICENSED}), sorted(who.licensed)
    condition, marks = "{t}.audience = ANY(%(seen)s)", [f"'=a{level}'" for level in seen]
    given: dict[str, Any] = {"seen": seen}
    if licensed:
        condition += " OR ({t}.audience = 'licensed' AND ({t}.product_id = ANY(%(licensed)s) OR {t}.product_id IS NULL))"
        given["licensed"] = licensed
        marks += ["'=alicensed'", *(f"'=alicensed{number:d}'" for number in licensed)]
    return Reach(f"({condition})", "|".join(marks), given)


def may_see_report(actor: Actor) -> bool:
    """What was searched and not found is for whoever writes and answers. SRC-2."""
    return actor.has_role("editor", "engineer", "operator", "moderator", "quality")


def may_write_tasks(actor: Actor) -> bool:
    """Make, take and end writing tasks. SRC-1, SRC-2."""
    return actor.is_system or may_see_report(actor)


def may_set_synonyms(actor: Actor) -> bool:
    """Say which words mean the same: an administrator. SRC-2."""
    return actor.is_system or actor.has_role("administrator")
