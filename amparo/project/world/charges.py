"""Charges of the large world: the way is chosen by the rules of charging, the units move by rows of the ledger. CHG, LED."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from amparo.cases.machine import Effect
from amparo.charging.queries import ALTERNATIVES_KEPT_MAX
from amparo.charging.rules import (
    CREDIT,
    Need,
    PocketView,
    Way,
    credits_missing,
    lawful_ways,
    loses_by,
    most_beneficial,
)
from amparo.kernel.actor import SYSTEM, Actor
from amparo.ledger.models import VENDOR_POCKETS, Holder

from .talk import Talk

_PLENTY = PocketView(0, CREDIT, 10**9, datetime.max.replace(tzinfo=UTC))


class Bill:
    """One charge on its way: proposed now, then what the case makes of it."""

    def __init__(self, talk: Talk, needs: Sequence[Need], *, key: str) -> None:
        self.talk, self.tape, self.client, self.needs = talk, talk.tape, talk.client, needs
        self.id = talk.tape.number("charging.Charge")
        self.parts: list[dict[str, Any]] = []
        self.state = "proposed"
        self.row: dict[str, Any] = {
            "id": self.id, "customer_id": self.client.id, "subject": talk.subject, "key": f"{talk.subject}:{key}",
            "needs": [need.as_data() for need in needs], "proposed_at": talk.at, "proposed_by": talk.engineer.ref,
        }  # fmt: skip
        self._price()
        self.told = self.amounts if self.way else most_beneficial(lawful_ways(needs, self.tariff, [_PLENTY])).amounts
        self._tell("charge.proposed", talk.engineer, alternatives=self.row["alternatives"], missing=self.missing)

    @property
    def amounts(self) -> dict[str, int]:
        return self.way.amounts if self.way else {}

    def _price(self) -> None:
        at = self.talk.at
        self.tariff, views = self.talk.world.vendor.tariff(at), self.client.views(at)
        ways = lawful_ways(self.needs, self.tariff, views)
        self.way: Way | None = most_beneficial(ways) if ways else None
        self.missing = 0 if ways else credits_missing(self.needs, self.tariff, views)
        others = ways[1 : 1 + ALTERNATIVES_KEPT_MAX]
        assert not others or self.way is not None
        self.row |= {
            "way": self.way.as_data() if self.way else None, "tariff_value": self.way.tariff_value if self.way else 0,
            "alternatives": [way.as_data() | {"loses": loses_by(way, self.way)} for way in others],  # type: ignore[arg-type]
            "missing": self.missing, "tariff_version": self.tariff.number,
        }  # fmt: skip

    def consent(self) -> bool:
        """The customer says yes to the price of now; False where it is no longer the one that was shown."""
        shown = self.amounts
        if self.way is None:
            return False
        priced = {name: self.row[name] for name in ("way", "tariff_value", "alternatives", "missing", "tariff_version")}
        way = self.way
        self._price()
        if self.amounts != shown or not shown:
            self.row |= priced
            self.way, self.missing = way, 0
            return False
        who = self.talk.actor
        self.state = "consented"
        self.row |= {"consented_at": self.talk.at, "consented_by": who.ref, "consented_name": who.name[:160],
                     "consent_how": "portal"}  # fmt: skip
        self._tell("charge.consented", who, how="portal")
        return True

    def reserve(self) -> None:
        self._take("reserve", "reserve", SYSTEM, charged=False)
        self.state, self.row["reserved_at"] = "reserved", self.talk.at
        self._tell("charge.reserved", SYSTEM)

    def charge_now(self) -> None:
        self._take("single", "spend", self.talk.actor, charged=True)
        self.state, self.row["ended_at"] = "final", self.talk.at
        self._tell("charge.final", self.talk.actor, charged=self.amounts)

    def _take(self, kind: str, word: str, actor: Actor, *, charged: bool) -> None:
        assert self.way
        for take in sorted(self.way.takes, key=lambda one: one.pocket):
            self.client.take(take.pocket, take.amount)
            transfer = self._transfer(kind, take.unit, take.amount, take.pocket, f"{word}:{take.pocket}", actor, None)
            self.parts.append({
                "id": self.tape.number("charging.Part"), "charge_id": self.id, "pocket_id": take.pocket,
                "unit": take.unit, "amount": take.amount, "transfer_id": transfer, "charged": take.amount if charged else 0,
            })  # fmt: skip

    def settle(self) -> None:
        """The closing was accepted: what was reserved is charged. CHG-4."""
        for part in self.parts:
            part["ended_by_id"] = self._end("post", part)
            part["charged"] = part["amount"]
        self.state, self.row["ended_at"] = "final", self.talk.at
        self._tell("charge.final", self.talk.actor, charged=self.amounts)

    def release(self, reason: str) -> None:
        """What was reserved goes back, or what was only proposed is withdrawn. CHG-4."""
        for part in self.parts:
            part["ended_by_id"] = self._end("void", part)
            self.client.take(part["pocket_id"], -part["amount"])
        self.state = "released" if self.parts else "withdrawn"
        self.row |= {"ended_at": self.talk.at, "ended_because": reason}
        self._tell(f"charge.{self.state}", self.talk.actor, reason=reason)

    def _end(self, kind: str, part: dict[str, Any]) -> int:
        return self._transfer(
            kind, part["unit"], part["amount"], part["pocket_id"], f"settle:{part['id']}", self.talk.actor,
            part["transfer_id"],
        )  # fmt: skip

    def _transfer(
        self, kind: str, unit: str, amount: int, pocket: int, key: str, actor: Actor, pending: int | None
    ) -> int:
        return self.tape.add(
            "ledger.Transfer", kind=kind, customer_id=self.client.id, unit=unit, amount=amount, debit_id=pocket,
            credit_id=VENDOR_POCKETS[Holder.SPENT, unit], cause=self.talk.subject, pending_id=pending,
            key=f"{self.client.id}:charge:{self.id}:{key}", tariff_version=self.tariff.number, actor_ref=actor.ref,
            at=self.talk.at,
        )  # fmt: skip

    def effect(self, effect: Effect, what: str) -> dict[str, Any]:
        """The line of a closing about this charge."""
        return {"charge": self.id, "effect": effect.value, "what": what, "words": "", "amounts": self.amounts}

    def write(self) -> None:
        self.tape.add("charging.Charge", **self.row, state=self.state)
        for part in self.parts:
            self.tape.add("charging.Part", **part)

    def _tell(self, name: str, actor: Actor, **told: Any) -> None:
        self.talk.story.tell(
            name, actor, self.talk.at, charge=self.id, amounts=self.amounts, tariff_value=self.row["tariff_value"],
            tariff_version=self.row["tariff_version"], **told,
        )  # fmt: skip
