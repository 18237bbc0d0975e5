"""What follows in a ticket from facts of others."""

from __future__ import annotations

from amparo.history.queries import FactRow
from amparo.kernel.actor import SYSTEM

from . import commands


def defect_answered(fact: FactRow) -> None:
    """`ticket.defect_corrected`, `ticket.defect_rejected`: the ticket waits for the customer."""
    commands.follow_defect_answer(fact.subject_id, actor=SYSTEM, at=fact.at)
