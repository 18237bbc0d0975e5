"""For whom something is published, and who belongs to that: pure. Section 2, ACC-1, ACC-2, ACC-3, ACC-4.

Articles, posts, videos, releases, topics and courses each say one audience; a list, a page, a search, a feed and a count
ask the same Reader. An audience holds those of every wider one: who is covered is a customer, who is a customer is registered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .standing import (
    COVERED,
    REGISTERED,
    Asked,
    Ground,
    allowed,
    customer,
    judge_all,
    licensed_products,
    signed_in,
)

VISITOR, REGISTERED_, CUSTOMER, LICENSED, COVERED_, STAFF = "visitor", "registered", "customer", "licensed", "covered", "staff"
AUDIENCES: Final[tuple[str, ...]] = (VISITOR, REGISTERED_, CUSTOMER, LICENSED, COVERED_, STAFF)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the audiences he belongs to, and the products of which he has a current licence.

    What is published for `licensed` is for those of its product; where it names none, for those of any.
    """

    levels: frozenset[str]
    licensed: frozenset[int] = frozenset()

    @property
    def is_staff(self) -> bool:
        return STAFF in self.levels

    @property
    def key(self) -> str:
        """The same for readers who may see the same: what a cache is kept by. SEC-12."""
        return ",".join([*sorted(self.levels), *map(str, sorted(self.licensed))])

    def may_see(self, audience: str, product_id: int | None = None) -> bool:
        """True where this reader belongs to an audience. An audience that is not known belongs to nobody."""
        if self.is_staff and audience in AUDIENCES:
            return True
        if audience == LICENSED:
            return bool(self.licensed) if product_id is None else product_id in self.licensed
        return audience in self.levels


ANYBODY: Final = Reader(frozenset({VISITOR}))
OF_STAFF: Final = Reader(frozenset(AUDIENCES))


def reader_of(ground: Ground, asked: Asked) -> Reader:
    """Return the reader whom a ground describes, judged at the moment of use. ACC-1, ACC-2, ACC-3, ACC-4."""
    levels, licensed = {VISITOR}, frozenset[int]()
    if allowed(judge_all(REGISTERED, ground, asked)):
        levels.add(REGISTERED_)
    if allowed(judge_all((signed_in, customer), ground, asked)):
        levels.add(CUSTOMER)
        licensed = licensed_products(ground, asked)
        if allowed(judge_all(COVERED, ground, asked)):
            levels.add(COVERED_)
    if licensed:
        levels.add(LICENSED)
    return Reader(frozenset(levels), licensed)
