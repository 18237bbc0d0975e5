"""What comes round for case files: those that wait to be made, and records whose time is over."""

from __future__ import annotations

from datetime import datetime

from amparo.policies.queries import value

from . import commands


def tick(*, at: datetime) -> None:
    """Make case files that wait. CAS-7."""
    commands.build_due(at=at)


def keep(*, at: datetime) -> None:
    """Compute, tell and do what retention asks for, in small steps; end case files that are a day old. CAS-2."""
    commands.publish_keys(at=at)
    commands.enrol_closed(at=at)
    commands.end_exports(at=at)
    if value("casefiles.purge_on", at=at):
        commands.tell_due(at=at)
        commands.purge_due(at=at)
        commands.remove_recordings(at=at)
