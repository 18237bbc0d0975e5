"""Which reactions follow which fact. The table itself stands in the composition root, above every app."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from .queries import FactRow

Reaction = Callable[[FactRow], None]


@lru_cache(1)
def table() -> dict[str, tuple[str, ...]]:
    """Return fact name -> dotted names of reactions."""
    return dict(import_string(settings.HISTORY_SUBSCRIPTIONS))


def reactions_to(name: str) -> tuple[str, ...]:
    return table().get(name, ())


@lru_cache(None)
def load(reaction: str) -> Reaction:
    """Return the function behind a reaction's dotted name."""
    return import_string(reaction)
