"""What was measured, as one line each of docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of ours, beside what it is compared with. `share` is value / beside; `holds` None where nothing is promised."""

    name: str
    value: float
    unit: str
    beside_name: str = ""
    beside: float | None = None
    share: float | None = None
    target: str = ""
    holds: bool | None = None
    note: str = ""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """Take a figure as an app's `bench.run()` gives it."""
        return cls(**{name: found[name] for name in cls.__dataclass_fields__ if name in found})

    @classmethod
    def most(cls, name: str, value: float, unit: str, limit: float, note: str = "") -> Self:
        """A figure that must not be above a limit."""
        return cls(name, value, unit, target=f"≤ {limit:g} {unit}", holds=value <= limit, note=note)

    @classmethod
    def ratio(
        cls, name: str, value: float, unit: str, beside_name: str, beside: float, limit: float, note: str = ""
    ) -> Self:
        """A figure that must not be above so many times another measured in the same run."""
        share = value / beside
        return cls(name, value, unit, beside_name, beside, share, f"≤ {limit:g} ×", share <= limit, note)
