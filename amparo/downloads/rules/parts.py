"""Which octets of a file were given out, and whether that is all of it: pure. A download counts once. UPD-2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

PARTS_MAX = 400  # a client that asks for more pieces than that is not downloading a file


def merged(parts: Iterable[Sequence[int]]) -> list[list[int]]:
    """Return ranges (first octet, the one after the last) in order, joined where they touch; the largest where they are many."""
    found: list[list[int]] = []
    for first, end in sorted((int(a), int(b)) for a, b in parts):
        if end <= first:
            continue
        if found and first <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([first, end])
    if len(found) > PARTS_MAX:
        found = sorted(sorted(found, key=lambda one: one[1] - one[0])[-PARTS_MAX:])
    return found


def is_whole(parts: Iterable[Sequence[int]], size: int) -> bool:
    """True where ranges together are the whole of a file."""
    found = merged(parts)
    return len(found) == 1 and found[0][0] == 0 and found[0][1] >= size


def octets(parts: Iterable[Sequence[int]]) -> int:
    """Return how many octets were given out at least once."""
    return sum(end - first for first, end in merged(parts))
