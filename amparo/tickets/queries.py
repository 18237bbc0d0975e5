"""Reads of tickets, shaped for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Subquery
from django.db.models.functions import JSONObject

from amparo.contracts import access as standing
from amparo.contracts import queries as contracts
from amparo.deadlines.queries import kind_cards, open_promises
from amparo.kernel.actor import Actor
from amparo.kernel.prepared import Kept
from amparo.people.queries import contacts_of, customer_card
from amparo.products.queries import licences_of
from amparo.threads import queries as threads
from amparo.threads.models import Draft
from amparo.threads.rules import fill

from . import access
from .models import Ticket


def _page_ticket(actor: Actor, *, number: int, place: str) -> QuerySet[Ticket]:
    draft = Draft.objects.filter(user_id=actor.user_id or 0, place=place).annotate(
        as_json=JSONObject(body="body", kind="kind")
    )
    return (
        access.visible_to(actor)
        .select_related(
            "thread__assignee", "customer", "product", "release", "licence", "defect_report__defect",
            "defect_report__promise", "thread__opened_by",
        )
        .annotate(draft=Subquery(draft.values("as_json")[:1]))
        .filter(pk=number)
    )  # fmt: skip


_page_ticket_kept = Kept(_page_ticket)


def page_ticket(actor: Actor, number: int) -> Any:
    """Return a ticket with all that its page shows, and the reader's own draft as `.draft`; None where not to be seen.

    One statement. ACC-11.
    """
    return next(iter(_page_ticket_kept(actor, number=number, place=f"ticket:{number}")), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """A licence about which a ticket may be opened, or why not. TKT-4."""

    licence_id: int
    product_id: int
    product: str
    version: str
    serial: str
    standing: standing.Standing

    @property
    def value(self) -> str:
        return f"{self.product_id}:{self.licence_id}"


def choices(actor: Actor, *, at: datetime, customer_id: int | None = None) -> list[Choice]:
    """Return what a ticket can be about: the customer's licences, each with its standing; those that may, first. TKT-4.

    One statement, and one for each product.
    """
    customer = actor.customer_id if actor.is_contact else customer_id
    if customer is None:
        return []
    judged: dict[int, standing.Standing] = {}
    found = []
    for row in licences_of(customer, at):
        licence = row.licence
        if licence.withdrawn_at is not None:
            continue
        product = licence.product_id
        if product not in judged:
            judged[product] = standing.standing(actor, "ticket", at=at, product_id=product, customer_id=customer)
        version = licence.installed.version if licence.installed else ""
        found.append(Choice(licence.pk, product, licence.product.name, version, licence.serial_masked, judged[product]))
    return sorted(found, key=lambda one: not one.standing.allowed)


def answer_time_in_words(at: datetime, code: str = "answer.ticket") -> str:
    """Return the maximum time in which a ticket is answered, as it is set now: «48 horas hábiles». TKT-3, TIM-4."""
    return next((card.words for card in kind_cards(at) if card.code == code), "")


@dataclass(frozen=True, slots=True)
class WhoPanel:
    """What stands beside a thread: who it is about, what they have, what else is open. TEL-1."""

    card: Any
    contracts: list[contracts.ContractRow]
    licences: list[Any]
    matters: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    opened_by_id: int | None


def who_panel(
    customer_id: int, *, actor: Actor, at: datetime, but_thread: int | None = None, opened_by_id: int | None = None
) -> WhoPanel:
    """Return the customer beside a ticket or case, for staff. Five statements, asked for by a region of its own."""
    matters = threads.customer_threads(actor, customer_id=customer_id, open_only=True, size=8).rows
    return WhoPanel(
        card=customer_card(customer_id),
        contracts=contracts.contracts(at=at, show="in_force", customer_id=customer_id),
        licences=[row for row in licences_of(customer_id, at) if row.state != "withdrawn"],
        matters=[row for row in matters if row["id"] != but_thread],
        contacts=contacts_of(actor, customer_id),
        opened_by_id=opened_by_id,
    )


def filled_templates(ticket: Ticket, actor: Actor, *, language: str) -> list[dict[str, str]]:
    """Return the prepared answers in a language with this ticket's names put in. SEC-19. One statement."""
    opened_by = ticket.thread.opened_by
    fields = {
        "customer": ticket.customer.name,
        "number": ticket.shown_number,
        "person": opened_by.get_full_name() if opened_by else ticket.customer.name,
        "product": ticket.product.name,
    }
    return [{"title": title, "body": fill(body, fields)} for title, body in threads.templates_in(language)]


def answer_due_at(ticket: Ticket) -> datetime | None:
    """Return until when an answer is owed, None where none is. The thread knows the earliest promise of any kind; only
    where that is the fix guarantee a statement is needed. TIM-9."""
    due_at, report = ticket.thread.due_at, ticket.defect_report
    if due_at is None or report is None or report.promise is None or report.promise.due_at != due_at:
        return due_at
    owed = open_promises(ticket.subject, "answer.ticket")
    return owed[0].due_at if owed else None


def customer_language(ticket: Ticket) -> str:
    """The language in which the customer is written to: that of whoever opened the ticket."""
    return ticket.thread.opened_by.language if ticket.thread.opened_by else "es-mx"
