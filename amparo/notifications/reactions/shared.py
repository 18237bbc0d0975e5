"""How a reaction tells: each reader in his own language, nobody what he did himself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation

from amparo.history.queries import FactRow
from amparo.ui import formats

from .. import commands
from ..commands import Reader, Words
from ..readers import Matter

Writing = Callable[[Matter, FactRow, Reader], Words]


def tell(kind: str, fact: FactRow, matter: Matter, people: Iterable[Reader], writing: Writing) -> None:
    told = []
    for reader in people:
        if fact.actor_ref == f"user:{reader.user_id}":
            continue  # nobody is told what he did himself
        with translation.override(reader.language):
            told.append((reader, writing(matter, fact, reader)))
    commands.tell(
        kind, told, subject=fact.subject, customer_id=matter.customer_id, fact_id=fact.id, at=moment(fact)
    )


def moment(fact: FactRow) -> datetime:
    """When it became known: later than it happened where it was caught up after a stop. TIM-10."""
    known = fact.data.get("recorded_at")
    return datetime.fromisoformat(known.replace("Z", "+00:00")) if known else fact.at


def zone(reader: Reader) -> ZoneInfo:
    return ZoneInfo(reader.time_zone or settings.TIME_ZONE)


def when(text: str, reader: Reader) -> str:
    return formats.moment_full(datetime.fromisoformat(text.replace("Z", "+00:00")), zone=zone(reader))


def subject(matter: Matter) -> str:
    return f"{matter.shown} · {matter.title}"
