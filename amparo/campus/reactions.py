"""What follows in the campus from facts of others. SRC-4."""

from __future__ import annotations

from amparo.history.queries import FactRow

from . import commands


def made_current(fact: FactRow) -> None:
    """`release.made_current`: a new major version outgrows the certificates of the one before."""
    commands.outgrow(int(fact.subject_id), version=str(fact.data["version"]), before=str(fact.data.get("before") or ""), at=fact.at)
