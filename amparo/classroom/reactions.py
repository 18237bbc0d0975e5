"""From facts of others to commands: a date of a course that is taken away is no class any more. LIV-3."""

from __future__ import annotations

from datetime import datetime

from amparo.history.queries import FactRow
from amparo.kernel.actor import SYSTEM

from . import commands
from .machine import State
from .models import LiveClass


def date_dropped(fact: FactRow) -> None:
    """Call off the class of a date that was taken out of its course."""
    starts_at = datetime.fromisoformat(str(fact.data["starts_at"]))
    found = LiveClass.objects.filter(course=fact.subject_id, lesson=int(fact.data["lesson"]), date__isnull=True, starts_at=starts_at)
    for one in found.filter(state=State.PLANNED.value).order_by("pk"):
        commands.cancel(one, reason="", actor=SYSTEM, at=fact.at)
