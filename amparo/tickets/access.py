"""Who sees a ticket, and who may do what in it. ACC-11, TKT-2."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.defects.access import may_report
from amparo.kernel.actor import Actor
from amparo.threads import access as threads

from .machine import LIFE, Move
from .models import Ticket


def visible_to(actor: Actor) -> QuerySet[Ticket]:
    """Staff all; a contact those of its customer; one with the role «own» those it opened."""
    tickets = Ticket.objects.select_related("thread")
    if actor.is_staff or actor.is_system:
        return tickets
    if not actor.is_contact or actor.customer_id is None:
        return tickets.none()
    tickets = tickets.filter(customer_id=actor.customer_id)
    if actor.company_role == "own":
        tickets = tickets.filter(thread__opened_by_id=actor.user_id)
    return tickets


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a number alone: files, streams and notices ask this. One statement."""
    return threads.visible_to(actor).filter(kind="ticket", number=number).exists()


def may_write(actor: Actor, ticket: Ticket) -> bool:
    """Say what the other side reads."""
    return threads.may_say(actor, ticket.thread)


def may_close(actor: Actor, ticket: Ticket) -> bool:
    """Either side, at any time."""
    return threads.may_say(actor, ticket.thread) and LIFE.may(ticket.state, Move.CLOSE)


def may_reopen(actor: Actor, ticket: Ticket) -> bool:
    """Either side, when it is closed."""
    return threads.may_say(actor, ticket.thread) and LIFE.may(ticket.state, Move.REOPEN)


def may_note(actor: Actor, ticket: Ticket) -> bool:
    """Write what only staff read."""
    return threads.may_note(actor, ticket.thread)


def may_mark_defect(actor: Actor, ticket: Ticket) -> bool:
    """Mark it as a defect, once."""
    return may_report(actor) and ticket.defect_report_id is None


def may_open_for_callers(actor: Actor) -> bool:
    """Open a ticket for somebody who calls. TKT-1."""
    return actor.has_role("operator", "engineer")


