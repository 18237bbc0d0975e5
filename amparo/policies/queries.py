"""Reads of policies, from a cache in each process that lives a few seconds: a change is seen soon everywhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .models import PolicyValue
from .registry import Policy, all_policies, policy

CACHE_SECONDS_MAX = 2.0
_cache: dict[str, list[tuple[datetime, Any]]] | None = None
_loaded = 0.0


def forget() -> None:
    """Drop this process's cache."""
    global _cache
    _cache = None


def _history() -> dict[str, list[tuple[datetime, Any]]]:
    global _cache, _loaded
    if _cache is None or time.monotonic() - _loaded > CACHE_SECONDS_MAX:
        fresh: dict[str, list[tuple[datetime, Any]]] = {}
        rows = PolicyValue.objects.order_by("key", "from_at", "id").values_list("key", "from_at", "value")
        for key, from_at, set_value in rows:
            fresh.setdefault(key, []).append((from_at, set_value))
        _cache, _loaded = fresh, time.monotonic()
    return _cache


def value(key: str, *, at: datetime) -> Any:
    """Return a policy's value in force at a moment."""
    found = policy(key).default
    for from_at, set_value in _history().get(key, ()):
        if from_at <= at:
            found = set_value
    return found


def group(name: str, *, at: datetime) -> dict[str, Any]:
    """Return the values of a group, keyed by the last part of each key."""
    return {p.key.rpartition(".")[2]: value(p.key, at=at) for p in all_policies() if p.group == name}


def versions(key: str) -> list[PolicyValue]:
    """Return what a policy was set to, newest first."""
    return list(PolicyValue.objects.filter(key=key).select_related("set_by").order_by("-from_at", "-id"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a policy stands: its value in force, what is set for later, and whether it is as shipped."""

    policy: Policy
    value: Any
    since: datetime | None
    later: tuple[tuple[datetime, Any], ...]

    @property
    def is_shipped(self) -> bool:
        return self.value == self.policy.default


def standing(key: str, *, at: datetime) -> Standing:
    """Return how one policy stands."""
    declared, found, since, later = policy(key), policy(key).default, None, []
    for from_at, set_value in _history().get(key, ()):
        if from_at <= at:
            found, since = set_value, from_at
        else:
            later.append((from_at, set_value))
    return Standing(declared, found, since, tuple(later))


def standings(*, at: datetime) -> dict[str, list[Standing]]:
    """Return how all policies stand, by group, the groups and figures in the order of their declaration."""
    found: dict[str, list[Standing]] = {}
    for declared in all_policies():
        if declared.group != "identity":
            found.setdefault(declared.group, []).append(standing(declared.key, at=at))
    return found


def is_declared(key: str) -> bool:
    """True for the key of a policy."""
    return any(declared.key == key for declared in all_policies())
