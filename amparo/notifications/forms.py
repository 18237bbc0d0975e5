"""The matrix of choices as a form posts it."""

from __future__ import annotations

from django.http import QueryDict

from .kinds import kinds_for


def parse_choices(posted: QueryDict, side: str) -> dict[str, tuple[bool, bool]]:
    """Return kind -> (page, mail); what is not ticked is off."""
    return {kind.code: (f"page-{kind.code}" in posted, f"mail-{kind.code}" in posted) for kind in kinds_for(side)}
