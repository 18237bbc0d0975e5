"""The tickets, cases and calls of the demonstration, in every state."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from amparo.cases import commands as cases
from amparo.cases.errors import UnitsMissing
from amparo.cases.models import Case
from amparo.charging.rules import Need
from amparo.contracts.errors import NoStanding
from amparo.live import commands as live
from amparo.threads.commands import assign, note, tag
from amparo.tickets import commands as tickets
from amparo.tickets.models import Ticket as TicketRow

from . import complaints, faults
from .stories import CASES, TICKETS, CaseStory, Ticket

if TYPE_CHECKING:
    from amparo.contracts.models import SupportContract
    from amparo.kernel.actor import Actor
    from amparo.people.models import Customer
    from amparo.products.models import Licence

    from .load import World

# How far a ticket of the demonstration came, by its place in the row.
ENDS = ("closed", "answered", "open", "closed", "thanked", "fault", "waiting", "closed", "open", "answered")
# How far a case came.
STATES = (
    "closed", "closing_proposed", "attention", "closed", "classified", "requested", "procedure", "refused", "closed", "silent",
    "uncharged",
)  # fmt: skip


def tell(
    world: World, customer: Customer, contacts: list[Actor], licence: Licence, *, situation: str,
    held: list[SupportContract], number: int,
) -> None:  # fmt: skip
    """Let a customer have had its tickets, cases and calls."""
    current = number % 7 != 4  # the others run 9.2, which is no longer current
    if current:
        for place in range(1 + number % 3):
            _ticket(world, contacts[place % len(contacts)], licence, number * 3 + place)
    if held and situation != "ended":
        for place in range({"half_used": 3, "exhausted": 9, "new": 1, "ending": 3, "two": 3}[situation]):
            _case(world, contacts[0], licence, number, place, situation)
    if number % 4 == 0:
        _call(world, customer, contacts[0], number)


def _ticket(world: World, contact: Actor, licence: Licence, number: int) -> None:
    story, end = TICKETS[number % len(TICKETS)], ENDS[number % len(ENDS)]
    if not story.answer:
        end = "open"  # nobody has answered it yet, so it is new
    days = {"open": 0.2 + (number % 4) * 0.5, "fault": 2, "waiting": 5, "answered": 9, "thanked": 1.5}.get(end, 30 + number % 70)
    at = world.on(days, 9 + number % 7, number * 7 % 60)
    engineer = world.staff[("elena", "ivan")[number % 2]]
    ticket = tickets.open_ticket(
        story.title, story.body, licence.product_id, licence_id=licence.pk, is_fault=story.is_fault, key=f"demo-{number}-{contact.user_id}",
        actor=contact, at=at,
    )  # fmt: skip
    if story.tags:
        tag(ticket.thread, story.tags, actor=engineer, at=at + timedelta(minutes=20))
    if end == "open":
        return
    assign(ticket.thread, engineer.user_id, actor=engineer, at=at + timedelta(minutes=30))
    _answer(world, ticket, story, end, contact, engineer, number)


def _answer(
    world: World, ticket: TicketRow, story: Ticket, end: str, contact: Actor, engineer: Actor, number: int
) -> None:
    hours = 110 if end in ("closed", "thanked") and number % 11 == 0 else 2 + number % 30  # one in eleven came late
    at = min(ticket.opened_at + timedelta(hours=hours), world.now - timedelta(minutes=2))
    if number % 5 == 0:
        note(ticket.thread, "Ya lo vimos con otro cliente: revisar primero la versión instalada.", actor=engineer, at=at - timedelta(minutes=1))
    answered = False
    if story.is_fault and number % 2 == 0:
        answered = faults.report(ticket, story.title, story.answer, number=number, actor=engineer, at=at, now=world.now)
    if not answered:
        tickets.write(ticket, story.answer, key="a", via="desk", actor=engineer, at=at)
    if end in ("thanked", "closed") and story.reply:
        at = min(at + timedelta(hours=3), world.now)
        tickets.write(ticket, story.reply, key="r", actor=contact, at=at)
    if end == "closed":
        tickets.close(ticket, actor=engineer if number % 2 else contact, at=min(at + timedelta(hours=5), world.now))


def _case(world: World, contact: Actor, licence: Licence, number: int, place: int, situation: str) -> None:
    kinds = ("incident", "advisory", "incident", "general", "incident", "advisory", "development", "incident", "advisory")
    wanted = kinds[place % len(kinds)] if situation == "exhausted" else kinds[(number + place) % len(kinds)]
    stories = [story for story in CASES if story.kind == wanted]
    story = stories[(number + place) % len(stories)]
    state = "closed" if situation == "exhausted" and place < 7 else STATES[(number + place * 3) % len(STATES)]
    if place == 2 and story.kind in ("general", "development") and number % 2:
        state = "withdrawn"
    if state == "closed" and number < 16 and situation in ("half_used", "two", "ending"):
        state = "refused"  # so that complaints of every end stand in a small world too
    if story.kind in ("general", "development") and situation in ("exhausted", "new"):
        story, state = CASES[0], "requested"
    if situation == "new" and state not in ("closed", "requested", "classified"):
        state = "attention"  # the contract is of these days
    end = complaints.next_end(world) if state == "refused" else ""
    days = complaints.ENDS[end] if end else _days(state, place, situation)
    at = world.on(days, 9 + (number + place) % 7, (number * 11 + place * 7) % 50)
    case = cases.open_case(
        story.title, story.body, key=f"demo-{number}-{place}", asked_kind=story.kind, product_id=licence.product_id,
        licence_id=licence.pk, actor=contact, at=at,
    )  # fmt: skip
    if state != "requested":
        with suppress(UnitsMissing, NoStanding):  # then the case waits for a card or an agreement, and its page says so
            Attending(world, case, story, contact, number, place, complaint=end).go_to(state)


def _days(state: str, place: int, situation: str) -> float:
    if state == "closed":
        return {"exhausted": 200 - place * 18, "new": 2, "ending": 300 - place * 60}.get(situation, 45 - place * 12)
    return {"requested": 0.1, "classified": 0.6, "attention": 0.3, "closing_proposed": 1.2, "procedure": 4, "silent": 18,
            "uncharged": 40, "withdrawn": 6}[state]


class Attending:
    """One case on its way, step by step."""

    def __init__(self, world: World, case: Case, story: CaseStory, contact: Actor, number: int, place: int, *, complaint: str) -> None:
        self.world, self.case, self.story, self.contact, self.complaint = world, case, story, contact, complaint
        self.engineer = world.staff[("elena", "ivan")[(number + place) % 2]]
        self.at = case.created_at

    def later(self, minutes: int) -> None:
        self.at = min(self.at + timedelta(minutes=minutes), self.world.now - timedelta(seconds=30))

    def fresh(self) -> Case:
        return Case.objects.select_related("thread").get(pk=self.case.pk)

    def go_to(self, state: str) -> None:
        self.later(6)
        assign(self.case.thread, self.engineer.user_id, actor=self.engineer, at=self.at)
        cases.classify(self.fresh(), kind=self.story.kind, explanation=self.story.explanation, key="c", actor=self.engineer, at=self.at)
        ordered = self.story.kind in ("general", "development")
        if state == "withdrawn":
            self.later(90)
            cases.withdraw(self.fresh(), reason="Por ahora no lo haremos.", actor=self.contact, at=self.at)
            return
        if ordered:
            self._order(accept=state != "classified")
        elif state != "classified":
            self.later(9)
            case = self.fresh()
            cases.consent(case, seen=case.classification, actor=self.contact, at=self.at)
        if state != "classified":
            self._attend(state)

    def _order(self, *, accept: bool) -> None:
        self.later(25)
        order = cases.propose_order(
            self.fresh(), description=self.story.explanation, needs=[Need("general_quote", self.story.credits)],
            delivery_on=(self.at + timedelta(days=7)).date(), key="o", actor=self.engineer, at=self.at,
        )  # fmt: skip
        if accept:
            self.later(40)
            cases.accept_order(self.fresh(), seen=order.pk, actor=self.contact, at=self.at)

    def _attend(self, state: str) -> None:
        if self.story.minutes:
            self.later(4)
            live = state == "attention" and self.engineer not in self.world.at_work
            if live:  # one person attends one case at a time: this one is being attended as the visitor looks
                self.world.at_work.append(self.engineer)
                self.at = max(self.at, self.world.now - timedelta(minutes=12))
            cases.start_clock(self.fresh(), actor=self.engineer, at=self.at)
            if live:
                return
            self.later(self.story.minutes)
            cases.stop_clock(self.fresh(), actor=self.engineer, at=self.at)
        self.later(5)
        cases.write(self.fresh(), self.story.work, key="w", via="desk", actor=self.engineer, at=self.at)
        if state == "procedure":
            cases.agree_procedure(self.fresh(), "Se acordó revisar las otras cajas el próximo lunes.", key="p", actor=self.engineer, at=self.at)
        elif state != "attention":
            self._close(state)

    def _close(self, state: str) -> None:
        self.later(3)
        impossible = self.story.reason == "not_technically_possible"
        closing = cases.propose_closing(
            self.fresh(), reason=self.story.reason, summary=self.story.summary, key="x", actor=self.engineer, at=self.at,
            explanation="El lector envía dos veces cada código por un defecto de fábrica." if impossible else "",
            procedure="Cambiarlo en garantía con el proveedor; mientras tanto, usar el lector anterior." if impossible else "",
        )  # fmt: skip
        self.later(50)
        if state == "closed":
            cases.accept_closing(self.fresh(), seen=closing.pk, actor=self.contact, at=self.at)
        elif state == "uncharged":
            self.at += timedelta(days=14)
            cases.mark_silent(self.fresh(), at=self.at)
            self.later(60)
            cases.close_uncharged(self.fresh(), seen=self.fresh().moves, actor=self.engineer, at=self.at)
        elif state == "refused":
            complaints.tell(self.world, self.fresh(), closing, self.contact, self.complaint, at=self.at)


def _call(world: World, customer: Customer, contact: Actor, number: int) -> None:
    at = world.on(3 + number % 20, 11, number % 60)
    operator = world.staff["oscar"]
    call = live.start_call(
        customer.phone, key=f"demo-call-{number}", customer_id=customer.pk, caller_id=contact.user_id, caller_name=contact.name,
        actor=operator, at=at,
    )  # fmt: skip
    live.end_call(
        call, about="Pregunta por su póliza y por la versión actual", outcome="information", actor=operator,
        at=at + timedelta(minutes=4 + number % 6),
    )  # fmt: skip
