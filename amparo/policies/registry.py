"""The declared policies: what may be set, what it is shipped as, and the rule that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from amparo.kernel.refusals import Text


@dataclass(frozen=True, slots=True)
class Policy:
    """One figure. `check` returns an error sentence for a value that cannot be, else None."""

    key: str
    default: Any
    kind: type
    label: Text
    help: Text
    rule: str
    group: str
    unit: Text = ""
    check: Callable[[Any], Text | None] | None = None
    choices: tuple[tuple[str, Text], ...] = ()


_declared: dict[str, Policy] = {}


def declare(
    key: str,
    *,
    default: Any,
    kind: type,
    label: Text,
    group: str,
    rule: str = "",
    help: Text = "",
    unit: Text = "",
    check: Callable[[Any], Text | None] | None = None,
    choices: tuple[tuple[str, Text], ...] = (),
) -> Policy:
    """Declare a policy once, while the service starts; its default holds until somebody sets another value."""
    policy = Policy(key, default, kind, label, help, rule, group, unit, check, choices)
    assert _declared.get(key) in (None, policy), f"{key} is declared twice"
    _declared[key] = policy
    return policy


def policy(key: str) -> Policy:
    return _declared[key]


def all_policies() -> list[Policy]:
    return list(_declared.values())
