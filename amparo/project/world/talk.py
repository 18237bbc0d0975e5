"""One conversation of the large world: what is said, what is promised and how that ended, step by step in time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from amparo.deadlines import queries as deadlines
from amparo.deadlines.models import amount_of
from amparo.deadlines.queries.kinds import Terms
from amparo.deadlines.rules import Calendar, Counting, add_business_time, business_time_between, warning_times
from amparo.history.rules import sha256
from amparo.kernel.actor import SYSTEM, Actor

from .people import DAYS, Vendor
from .plan import ENDED, Plot
from .tape import Row, Story, Tape
from .text import Writer, as_html

WORKER_LATE = timedelta(seconds=2)  # so much after the moment the worker writes what it brings
STORY_DAYS = 8


@dataclass
class World:
    """What every story needs."""

    tape: Tape
    vendor: Vendor
    writer: Writer
    dice: random.Random
    now: datetime
    numbers: dict[str, int] = field(default_factory=dict)
    terms: dict[tuple[str, int, int], Terms] = field(default_factory=dict)
    calendars: dict[int, Calendar] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def learn(self) -> None:
        """Ask before the stories begin what is promised in each month: afterwards the connection is taken."""
        for kind in ("answer.ticket", "answer.case"):
            for ago in range(0, DAYS + 40, 7):
                at = self.now - timedelta(days=ago)
                terms = deadlines.terms(kind, customer_id=None, at=at)
                self.terms.setdefault((kind, at.year, at.month), terms)
                if terms.version_id not in self.calendars:
                    self.calendars[terms.version_id] = deadlines.calendar_of_version(terms.version_id)


class Talk:
    """A thread with its entries, promises and record. Times only go forward."""

    def __init__(self, world: World, plot: Plot, *, steps: int) -> None:
        self.world, self.tape, self.plot, self.dice = world, world.tape, plot, world.dice
        self.client, self.at = plot.client, plot.at
        self.actor = self.dice.choice(plot.client.contacts)
        self.engineer = self.dice.choice(world.vendor.engineers)
        world.numbers[plot.kind] += 1
        self.number = world.numbers[plot.kind]
        self.subject = f"{plot.kind}:{self.number}"
        self.story = Story(self.tape, self.subject, plot.client.id)
        until = min(plot.at + timedelta(days=STORY_DAYS), world.now - timedelta(hours=1))
        self.gap = (until - plot.at) / (steps + 2)
        self.promises: list[Row] = []
        self.thread: Row = {}
        self.first: Row = {}
        self.thread_id = self.tape.number("threads.Thread")

    # -- time --------------------------------------------------------------------------------------------------------

    def later(self, minutes: tuple[int, int] | None = None, at_most: datetime | None = None) -> datetime:
        """Go on: by so many minutes, or by a part of what each step may take; the worker writes what came due."""
        gap = timedelta(minutes=self.dice.uniform(*minutes)) if minutes else self.gap * self.dice.random() ** 2
        self.at += max(timedelta(seconds=20), min(gap, self.gap))
        if at_most is not None:
            self.at = min(self.at, at_most)
        self.reach(self.at)
        return self.at

    def soon(self) -> datetime:
        """Go on as staff do who keep what they promise, mostly."""
        return self.later((3, 50) if self.dice.random() < 0.85 else None)

    # -- what is promised --------------------------------------------------------------------------------------------

    def owe(self) -> None:
        """Make the promise to answer, as `deadlines.commands.promise` does. TIM-8."""
        code, at = f"answer.{self.plot.kind}", self.at
        terms = self.world.terms[code, at.year, at.month]
        calendar = self.world.calendars[terms.version_id]
        counting, amount = Counting(terms.counting), amount_of(terms.counting, terms.amount)
        due_at = add_business_time(calendar, at, amount, counting)
        plan = warning_times(calendar, at, due_at, amount, counting, terms.warn_percents)
        row: Row = {
            "id": self.tape.number("deadlines.Promise"), "kind_id": terms.kind_id, "kind_code": code,
            "subject_ref": self.subject, "customer_id": self.client.id, "thread_id": self.thread_id,
            "holder_id": self.thread.get("assignee_id"), "calendar_version_id": terms.version_id,
            "counting": terms.counting, "amount": terms.amount, "priority": terms.priority, "started_at": at,
            "due_at": due_at, "warn_percents": [percent for percent, _ in plan], "warn_ats": [when for _, when in plan],
            "next_warn_at": plan[0][1] if plan else None, "state": "open", "end_reason": "",
        }  # fmt: skip
        self.promises.append(row)
        self._told("promise.made", row, self.actor, at, started_at=at)

    def reach(self, at: datetime) -> None:
        """Write the warnings and lapses that the worker would have written until a moment. TIM-10."""
        for row in self.promises:
            if row["state"] != "open":
                continue
            while row["next_warn_at"] is not None and row["next_warn_at"] + WORKER_LATE <= at:
                self._warn(row, row["next_warn_at"])
            if row["due_at"] + WORKER_LATE <= at:
                recorded_at = row["due_at"] + WORKER_LATE
                row["state"], row["next_warn_at"] = "lapsed", None
                self.tape.add(
                    "deadlines.PromiseLapse", promise_id=row["id"], effective_at=row["due_at"], recorded_at=recorded_at
                )
                self._told(
                    "promise.lapsed", row, SYSTEM, row["due_at"], recorded_at=recorded_at, holder=row["holder_id"]
                )

    def _warn(self, row: Row, moment: datetime) -> None:
        percent = row["warn_percents"][row["warn_ats"].index(moment)]
        recorded_at = moment + WORKER_LATE
        self.tape.add(
            "deadlines.PromiseWarning", promise_id=row["id"], percent=percent, effective_at=moment, recorded_at=recorded_at
        )
        row["next_warn_at"] = min((when for when in row["warn_ats"] if when > moment), default=None)
        self._told(
            "promise.warned", row, SYSTEM, moment, recorded_at=recorded_at, percent=percent, priority=row["priority"],
            holder=row["holder_id"],
        )  # fmt: skip

    def keep(self) -> None:
        """The answer was given now: what is owed is kept, or met late. TIM-9."""
        for row in self.promises:
            if row["state"] not in ("open", "lapsed") or "met_at" in row:
                continue
            kept = row["state"] == "open" and self.at <= row["due_at"]
            margin = business_time_between(
                self.world.calendars[row["calendar_version_id"]], self.at, row["due_at"], Counting(row["counting"])
            )
            row |= {
                "state": "kept" if kept else "lapsed", "met_at": self.at, "met_by_id": self.engineer.user_id,
                "next_warn_at": None, "margin_seconds": int(margin.total_seconds()),
            }  # fmt: skip
            self._told(
                "promise.kept" if kept else "promise.met_late", row, self.engineer, self.at,
                margin_seconds=row["margin_seconds"], by=self.engineer.user_id,
            )  # fmt: skip

    def _told(self, name: str, row: Row, actor: Actor, at: datetime, **more: Any) -> None:
        told = {"promise": row["id"], "kind": row["kind_code"], "due_at": row["due_at"], "thread": self.thread_id}
        self.story.tell(name, actor, at, **told, **more)

    # -- what is said ------------------------------------------------------------------------------------------------

    def open(self, state: str, priority: int) -> None:
        """The customer writes the first message; the clock starts."""
        self.thread = {
            "id": self.thread_id, "kind": self.plot.kind, "number": self.number, "customer_id": self.client.id,
            "title": self.world.writer.title()[:200], "opened_by_id": self.actor.user_id, "assignee_id": None,
            "state": state, "queue": "answer", "priority": priority, "created_at": self.at, "last_at": self.at,
            "last_public_at": self.at, "last_customer_at": self.at, "entry_count": 0, "public_count": 0,
            "open_key": f"{self.actor.ref}:mundo-{self.subject}",
        }  # fmt: skip
        self.first = self._add(self.actor, "customer", self.world.writer.message(), "message", "portal", None)
        self.owe()

    def ask(self, name: str = "customer_wrote") -> None:
        """The customer writes again. TIM-9."""
        entry = self._add(self.actor, "customer", self.world.writer.message(), "message", "portal", None)
        self.thread["last_customer_at"] = self.at
        self.owe()
        self._said(name, self.actor, entry, "portal")

    def answer(self, body: str = "", *, kind: str = "message", key: str | None = None) -> int:
        """Staff answer: what is owed is kept."""
        body = body or self.world.writer.message()
        entry = self._add(self.engineer, "staff", body, kind, "desk", f"{self.engineer.ref}:{key}" if key else None)
        self.keep()
        self.thread["last_staff_at"] = self.at
        self._said("answered", self.engineer, entry, "desk")
        return int(entry["entry"])

    def note(self) -> None:
        """Staff note what the customer never reads, on the chain that only staff know of. SEC-10."""
        entry = self._add(self.engineer, "staff", self.world.writer.message(), "note", "desk", None, is_internal=True)
        desk = Story(self.tape, f"{self.plot.kind}-desk:{self.number}", None)
        desk.tell(f"{self.plot.kind}.noted", self.engineer, self.at, seq=self.thread["entry_count"], **entry)
        desk.end()

    def assign(self) -> None:
        """Staff take the thread; what is owed is theirs to keep."""
        self.thread["assignee_id"] = self.engineer.user_id
        for row in self.promises:
            if row["state"] in ("open", "lapsed") and "met_at" not in row:
                row["holder_id"] = self.engineer.user_id
        self.story.tell(f"{self.plot.kind}.assigned", self.engineer, self.at, to=self.engineer.user_id, before=None)

    def _add(
        self, who: Actor, author_kind: str, body: str, kind: str, via: str, key: str | None, is_internal: bool = False
    ) -> Row:
        """Add an entry; return what a fact tells of it."""
        thread = self.thread
        thread["entry_count"] += 1
        thread["last_at"] = self.at
        if not is_internal:
            thread["public_count"] += 1
            thread["last_public_at"] = self.at
        number = self.tape.add(
            "threads.Entry", thread_id=self.thread_id, customer_id=self.client.id, seq=thread["entry_count"], kind=kind,
            is_internal=is_internal, author_id=who.user_id, author_kind=author_kind, author_name=who.name, body=body,
            body_html=as_html(body), via=via, at=self.at, key=key,
        )  # fmt: skip
        return {"entry": number, "body_sha256": sha256(body)}

    def _said(self, name: str, actor: Actor, entry: Row, via: str) -> None:
        self.story.tell(f"{self.plot.kind}.{name}", actor, self.at, seq=self.thread["entry_count"], via=via, **entry)

    # -- the end -----------------------------------------------------------------------------------------------------

    def place(self, state: str, queue: str) -> None:
        self.thread |= {"state": state, "queue": queue}

    def finish(self) -> None:
        """Write the thread as it stands, with what is still owed."""
        if self.plot.fate not in ENDED:
            self.reach(self.world.now)
        owed = [row for row in self.promises if row["state"] in ("open", "lapsed") and "met_at" not in row]
        if owed:
            first = min(owed, key=lambda row: row["due_at"])
            self.thread |= {"due_at": first["due_at"], "due_from": first["started_at"]}
        for row in self.promises:
            self.tape.add("deadlines.Promise", **row)
        self.tape.add("threads.Thread", **self.thread)
        self.story.end()
