"""Cases of the large world: classified, consented to, attended, closed, charged by the rules themselves. CAS, CHG."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from amparo.cases.machine import Effect, Kind, Reason
from amparo.cases.rules import NEED_OF
from amparo.charging.rules import Need
from amparo.deadlines.rules import add_business_days

from .charges import Bill
from .plan import Plot
from .talk import Talk, World
from .text import as_html

PRIORITY_HIGH = 1
_SUMMARY = "Se atendió lo solicitado y se comprobó con el cliente que quedó bien."


def tell_case(world: World, plot: Plot) -> None:
    """Tell one case from its first message to where it stands."""
    case = _Case(world, plot)
    case.open()
    story: dict[str, Callable[[], None]] = {
        "requested": lambda: None, "classified": case.to_classified, "attention": case.to_attention,
        "closing": case.to_closing, "charged": case.to_accepted, "agreed": case.to_accepted, "order": case.to_delivered,
        "withdrawn": case.to_withdrawn,
    }  # fmt: skip
    story[plot.fate]()
    case.finish()


class _Case:
    def __init__(self, world: World, plot: Plot) -> None:
        self.world, self.plot, self.dice = world, plot, world.dice
        self.talk = Talk(world, plot, steps=plot.messages + 5)
        self.kind = Kind.GENERAL if plot.fate in ("order", "withdrawn") else self.dice.choice((Kind.ADVISORY, Kind.INCIDENT))
        self.row: dict[str, Any] = {"state": "requested", "moves": 0}
        self.bill: Bill | None = None
        self.seconds = 0
        self.left = plot.messages - 1

    def tell(self, name: str, actor: Any, **told: Any) -> None:
        self.talk.story.tell(f"case.{name}", actor, self.talk.at, **told)

    def moved(self, state: str, queue: str) -> None:
        self.row["state"] = state
        self.row["moves"] += 1
        self.talk.place(state, queue)

    def open(self) -> None:
        talk = self.talk
        talk.open("requested", PRIORITY_HIGH)
        cover = self.plot.client.cover_at(talk.at)
        asked = self.dice.choice(("", self.kind.value))
        self.row |= {
            "id": talk.number, "thread_id": talk.thread_id, "customer_id": self.plot.client.id,
            "contact_id": talk.actor.user_id, "asked_kind": asked, "contract_id": cover.id if cover else None,
            "product_id": self.plot.client.product, "licence_id": self.plot.client.licence, "created_at": talk.at,
        }  # fmt: skip
        self.tell(
            "opened", talk.actor, title=talk.thread["title"], asked_kind=asked, via="portal", contact=talk.actor.user_id,
            on_behalf="", contract=f"contract:{cover.id}" if cover else "", **talk.first,
        )  # fmt: skip
        if self.plot.fate != "requested" and self.dice.random() < 0.7:
            talk.later((1, 10))
            talk.assign()

    # -- what it is and what it costs ------------------------------------------------------------------------------

    def to_classified(self) -> None:
        talk = self.talk
        talk.soon()
        explanation = self.world.writer.message()
        told: dict[str, int] = {}
        if self.kind is not Kind.GENERAL:
            self.bill = Bill(talk, [Need(NEED_OF[self.kind])], key="classification:1")
            told = self.bill.told
        self.moved("classified", "answer" if self.kind is Kind.GENERAL else "consent")
        self.row |= {"kind": self.kind.value, "explanation": explanation, "classification": 1, "told": told,
                     "last_key": "classify:mundo", "charge_id": self.bill.id if self.bill else None}  # fmt: skip
        talk.answer(explanation, key="classify:1")
        self.left -= 1
        self.tell(
            "classified", talk.engineer, kind=self.kind.value, before="", classification=1, told=told,
            missing=self.bill.missing if self.bill else 0, charge=self.row["charge_id"], explanation=explanation,
        )  # fmt: skip

    def to_consented(self) -> bool:
        """The customer says yes, where there is enough to pay it with."""
        self.to_classified()
        assert self.bill
        if self.bill.way is None:
            return False
        talk = self.talk
        talk.later((4, 180))
        if not self.bill.consent():
            return False
        self.bill.reserve()
        self.moved("attention", "attention")
        limit = self.world.values[f"cases.{self.kind.value}_minutes"]
        self.row |= {"told": self.bill.amounts, "consent_at": talk.at, "consent_how": "portal", "limit_minutes": limit,
                     "consent_by": talk.actor.name[:160]}  # fmt: skip
        self.tell(
            "consented", talk.actor, how="portal", given_by=talk.actor.name, told=self.bill.amounts, charge=self.bill.id,
            classification=1, limit_minutes=limit,
        )  # fmt: skip
        return True

    def to_attention(self) -> None:
        if self.to_consented():
            self.attend()
        self.converse(self.left)

    def attend(self) -> None:
        """The clock runs once, well within its limit. CAS-5."""
        talk, row = self.talk, self.row
        talk.soon()
        seconds = self.dice.randrange(240, (row["limit_minutes"] - self.world.values["cases.warning_minutes"]) * 60)
        started_at = talk.at
        self.tell("clock_started", talk.engineer, total=0, limit_minutes=row["limit_minutes"])
        talk.at += timedelta(seconds=seconds)
        talk.reach(talk.at)
        self.tell("clock_stopped", talk.engineer, seconds=seconds, total=seconds)
        self.seconds = row["clock_seconds"] = seconds
        self.world.tape.add(
            "cases.ClockRun", case_id=talk.number, started_at=started_at, started_by_id=talk.engineer.user_id,
            stopped_at=talk.at, stopped_by_id=talk.engineer.user_id,
        )  # fmt: skip

    def converse(self, messages: int) -> None:
        """Turn by turn, the last word ours."""
        for place in range(messages, 0, -1):
            if place % 2:
                self.talk.soon()
                self.talk.answer()
            else:
                self.talk.later()
                self.talk.ask()
        self.left -= messages

    # -- how it ends -------------------------------------------------------------------------------------------------

    def to_closing(self) -> None:
        attended = self.to_consented()
        if attended:
            self.attend()
        self.converse(self.left - 1)
        if not attended:
            reason, effects = Reason.MUTUAL_AGREEMENT, []
        else:
            assert self.bill
            gives_back = self.plot.fate == "agreed"
            solved = Reason.SOLVED if self.kind is Kind.INCIDENT else Reason.INFORMATION_COMPLETE
            reason = Reason.MUTUAL_AGREEMENT if gives_back else solved
            effects = [self.bill.effect(Effect.GIVE_BACK if gives_back else Effect.CHARGE, self.kind.value)]
        self.propose(reason, effects)

    def propose(self, reason: Reason, effects: list[dict[str, Any]]) -> None:
        talk, dice = self.talk, self.dice
        talk.later()
        closing = talk.tape.number("cases.Closing")
        summary = f"{_SUMMARY}\n\n{self.world.writer.message()}"
        calendar = self.world.calendars[talk.promises[-1]["calendar_version_id"]]
        steps = [add_business_days(calendar, talk.at, days) for days in self.world.values["cases.reminder_days"]]
        self.closing: dict[str, Any] = {
            "id": closing, "case_id": talk.number, "reason": reason.value, "summary": summary,
            "summary_html": as_html(summary), "effects": effects, "seconds": self.seconds,
            "proposed_by_id": talk.engineer.user_id, "proposed_at": talk.at,
            "reminder_at": [step.isoformat() for step in steps], "next_at": steps[0], "key": f"mundo-{dice.randrange(10**9)}",
        }  # fmt: skip
        self.moved("closing_proposed", "closing")
        entry = talk.answer(summary, kind="summary", key=f"closing:{closing}")
        self.left -= 1
        told: dict[str, int] = {}
        for one in effects:
            if one["effect"] != Effect.GIVE_BACK:
                told |= one["amounts"]
        self.tell(
            "closing_proposed", talk.engineer, closing=closing, reason=reason.value, told=told, effects=effects,
            seconds=self.seconds, tacit_at=None, summary=summary, entry=entry, explanation="", procedure="",
        )  # fmt: skip

    def to_accepted(self) -> None:
        self.to_closing()
        self.accept()

    def accept(self) -> None:
        talk, closing = self.talk, self.closing
        talk.later(at_most=closing["next_at"] - timedelta(minutes=1))
        closing |= {"answer": "accepted", "answered_at": talk.at, "answered_by_id": talk.actor.user_id, "next_at": None}
        charged: dict[str, int] = {}
        for one in closing["effects"]:
            assert self.bill
            if one["effect"] == Effect.GIVE_BACK:
                self.bill.release(closing["reason"])
                continue
            if self.bill.state == "reserved":
                self.bill.settle()
            charged = one["amounts"]
        self.moved("closed", "closed")
        self.ended("accepted", closing["reason"])
        self.tell(
            "closed", talk.actor, closing=closing["id"], how="accepted", reason=closing["reason"], told=charged,
            seconds=self.seconds,
        )  # fmt: skip

    def ended(self, how: str, reason: str) -> None:
        self.row |= {"close_reason": reason, "closed_at": self.talk.at, "closed_how": how}
        self.talk.thread["closed_at"] = self.talk.at

    # -- orders --------------------------------------------------------------------------------------------------------

    def to_ordered(self) -> bool:
        """An order is proposed and, where there are credits enough, accepted: charged in advance. CHG-3."""
        self.to_classified()
        talk, dice = self.talk, self.dice
        talk.later()
        needs = [Need("general_quote", dice.randint(2, 8))]
        self.bill = Bill(talk, needs, key="order:mundo")
        self.moved("classified", "consent")
        words = self.world.writer.message()
        delivery_on = (talk.at + timedelta(days=20)).date()
        order: dict[str, Any] = {
            "id": talk.tape.number("cases.Order"), "case_id": talk.number, "description": words,
            "description_html": as_html(words), "needs": [need.as_data() for need in needs], "delivery_on": delivery_on,
            "told": self.bill.told, "charge_id": self.bill.id, "proposed_by_id": talk.engineer.user_id,
            "proposed_at": talk.at, "key": "mundo", "state": "proposed",
        }  # fmt: skip
        self.tell(
            "order_proposed", talk.engineer, order=order["id"], told=self.bill.told, missing=self.bill.missing,
            delivery_on=delivery_on, travel="", description=words,
        )  # fmt: skip
        talk.later((10, 300))
        accepted = self.plot.fate == "order" and self.bill.consent()
        order |= {"state": "accepted" if accepted else "withdrawn", "answered_at": talk.at,
                  "answered_by_id": talk.actor.user_id}  # fmt: skip
        if accepted:
            self.bill.charge_now()
            self.moved("attention", "attention")
            self.row |= {"told": self.bill.amounts, "charge_id": self.bill.id, "consent_at": talk.at,
                         "consent_how": "portal", "consent_by": talk.actor.name[:160]}  # fmt: skip
            order["told"] = self.bill.amounts
            self.tell(
                "order_accepted", talk.actor, order=order["id"], told=self.bill.amounts, charge=self.bill.id,
                in_advance=True, delivery_on=delivery_on,
            )  # fmt: skip
        self.world.tape.add("cases.Order", **order)
        return accepted

    def to_delivered(self) -> None:
        if not self.to_ordered():
            self.withdraw()
            return
        self.converse(self.left - 1)
        assert self.bill
        self.propose(Reason.SERVICE_COMPLETED, [self.bill.effect(Effect.KEEP, self.kind.value)])
        self.accept()

    def to_withdrawn(self) -> None:
        self.to_ordered()
        self.withdraw()

    def withdraw(self) -> None:
        assert self.bill
        self.converse(self.left)
        self.bill.release("withdrawn")
        self.moved("withdrawn", "closed")
        self.row |= {"closed_at": self.talk.at, "closed_how": "withdrawn"}
        self.talk.thread["closed_at"] = self.talk.at
        self.tell("withdrawn", self.talk.actor, reason="")

    def finish(self) -> None:
        if self.bill:
            self.bill.write()
        self.world.tape.add("cases.Case", **self.row)
        if hasattr(self, "closing"):
            self.world.tape.add("cases.Closing", **self.closing)
        self.talk.finish()
