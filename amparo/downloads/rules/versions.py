"""Versions as people write them: order, lines, the way from one to another. Pure. UPD-1, LIC-3.

Versions have one to six numbers («10.1», «v9.2.4»), perhaps a letter («10.1b», a correction of 10.1) and perhaps a word after
a hyphen («10.2-beta.1», before 10.2). What follows a plus tells builds apart and orders nothing, as in semantic versions.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import total_ordering

_FORM = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,5})([a-z]{0,3})(?:-([0-9a-z.-]{1,30}))?(?:\+[0-9a-z.-]{0,30})?", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version that can be compared: 9.2 before 10.0, 10.2-beta.1 before 10.2, 10.2 before 10.2b and 10.2.1."""

    numbers: tuple[int, ...]
    letter: str = ""
    before: tuple[tuple[int, int, str], ...] = ()

    @property
    def order(self) -> tuple[object, ...]:
        trimmed = self.numbers
        while len(trimmed) > 1 and trimmed[-1] == 0:
            trimmed = trimmed[:-1]
        return (trimmed, self.letter, not self.before, self.before)

    @property
    def line(self) -> tuple[int, int]:
        """The first two numbers: what changes behind them only corrects. UPD-1."""
        return (self.numbers[0], self.numbers[1] if len(self.numbers) > 1 else 0)

    def __lt__(self, other: Version) -> bool:
        return self.order < other.order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.order == other.order

    def __hash__(self) -> int:
        return hash(self.order)


def parse(text: str) -> Version | None:
    """Return a version, None where it is not one."""
    found = _FORM.fullmatch(text.strip().lower())
    if found is None:
        return None
    words = re.split(r"[.-]", found[3]) if found[3] else []
    before = tuple((0, int(word), "") if word.isdecimal() else (1, 0, word) for word in words)
    return Version(tuple(int(number) for number in found[1].split(".")), found[2], before)


def order(text: str) -> tuple[bool, tuple[object, ...]]:
    """Return a key that sorts versions, what is none first."""
    found = parse(text)
    return (found is not None, found.order if found else (text,))


def is_newer(one: str, other: str) -> bool:
    """True where `one` comes after `other`; what is no version is never newer and always older."""
    a, b = parse(one), parse(other)
    return a is not None and (b is None or b < a)


def corrects(version: str, other: str) -> bool:
    """True where a version only corrects another: the same first two numbers, and not before it. UPD-1.

    10.1.2 and 10.1b correct 10.1; 10.2 is a major update of it, for it brings new features.
    """
    a, b = parse(version), parse(other)
    return a is not None and b is not None and a.line == b.line and not a.before and b <= a


@dataclass(frozen=True, slots=True)
class Step:
    """A release on the way: its version and the lowest from which one comes to it (empty: from any)."""

    version: str
    minimum: str = ""


def way(installed: str, target: str, steps: Iterable[Step]) -> tuple[str, ...] | None:
    """Return the versions to install one after the other, the target last; None where there is no way. UPD-2.

    The fewest steps; of ways that are as short, the one over the newest versions. From a version that is not told
    every release without a minimum is reached, and none other.
    """
    known = {step.version: step for step in steps if parse(step.version)}
    if target not in known:
        return None
    here = parse(installed)
    queue: deque[tuple[str, ...]] = deque([(target,)])
    seen = {target}
    while queue:
        path = queue.popleft()
        minimum = parse(known[path[0]].minimum)
        if minimum is None or (here is not None and minimum <= here):
            return path
        first = parse(path[0])
        assert first is not None
        between = [
            (found, word) for word in known
            if word not in seen and (found := parse(word)) and minimum <= found < first and (here is None or here < found)
        ]  # fmt: skip
        for _found, word in sorted(between, reverse=True):
            seen.add(word)
            queue.append((word, *path))
    return None
