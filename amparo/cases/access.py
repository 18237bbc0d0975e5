"""Who sees a case, and who may do what in it. ACC-11, CHG-1, CAS-4."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .machine import ENDED, LIFE, Move
from .models import Case

WORKING = ("operator", "engineer", "developer")
CLOSING = ("engineer", "developer")


def visible_to(actor: Actor) -> QuerySet[Case]:
    """Staff see every case; a contact those of the customer that it acts for, one with the role «own» its own. ACC-11."""
    cases = Case.objects.all()
    if actor.is_staff or actor.is_system:
        return cases
    if not actor.is_contact or actor.customer_id is None:
        return cases.none()
    cases = cases.filter(customer_id=actor.customer_id)
    if actor.company_role == "own":
        cases = cases.filter(contact_id=actor.user_id)
    return cases


def may_see(actor: Actor, case: Case) -> bool:
    """The same rule for one case that was loaded already."""
    if actor.is_staff or actor.is_system:
        return True
    if not actor.is_contact or case.customer_id != actor.customer_id:
        return False
    return actor.company_role != "own" or actor.owns(case.contact_id)


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a number: for files and the stream."""
    return visible_to(actor).filter(pk=number).exists()


def may_open(actor: Actor) -> bool:
    """Ask for a case: a contact for its customer, or staff on behalf of one. Standing is asked beside. ACC-7."""
    return actor.is_contact or actor.has_role(*WORKING)


def may_work(actor: Actor, case: Case) -> bool:
    """Classify, run the clock, propose: who attends cases."""
    return actor.has_role(*WORKING)


def may_propose_closing(actor: Actor, case: Case) -> bool:
    """Staff who attend cases may propose to close one that is not over. CAS-4."""
    return actor.has_role(*WORKING)


def may_close_uncharged(actor: Actor, case: Case) -> bool:
    """Engineers may close what stayed without an answer, uncharged. CAS-4."""
    return actor.has_role(*CLOSING)


def is_customer(actor: Actor, case: Case) -> bool:
    """True for a contact of the case's customer who sees it: only they decide for the customer."""
    return actor.is_contact and may_see(actor, case)


def may_consent(actor: Actor, case: Case) -> bool:
    """Say yes or no to what it is and costs: the customer, or staff who note down what it said. CHG-1."""
    return is_customer(actor, case) or may_work(actor, case)


def may_accept_order(actor: Actor, case: Case) -> bool:
    """Accept a price before anything is charged: the customer alone. CHG-3."""
    return is_customer(actor, case)


def may_accept_closing(actor: Actor, case: Case) -> bool:
    """Accept or refuse a closing: the customer alone, never staff for it. CAS-4."""
    return is_customer(actor, case)


def may_judge(actor: Actor, case: Case) -> bool:
    """Close a case by what became of its complaint: quality control, or the service itself when time decides. COM-3, COM-6.

    Who of quality control may judge this one is asked where complaints are. COM-2.
    """
    return actor.is_system or actor.has_role("quality")


def may_choose(actor: Actor, case: Case) -> bool:
    """Choose what becomes of a need that came up: the customer, or staff who note down what it said. CHG-5."""
    return is_customer(actor, case) or may_work(actor, case)


def may_withdraw(actor: Actor, case: Case) -> bool:
    """The customer, or staff in its name, may withdraw what was not ordered yet. CAS-3."""
    return is_customer(actor, case) or may_work(actor, case)


def open_moves(actor: Actor, case: Case) -> list[Move]:
    """Return the moves that the state allows and the actor's role may make, for buttons; commands ask again."""
    if case.state in ENDED:
        return []
    customer = {
        Move.CONSENT: may_consent, Move.DECLINE: may_consent, Move.ACCEPT_ORDER: may_accept_order,
        Move.ACCEPT: may_accept_closing, Move.REFUSE: may_accept_closing, Move.WITHDRAW: may_withdraw,
        Move.CLOSE_UNCHARGED: may_close_uncharged, Move.RULE: may_judge,
    }  # fmt: skip
    return [move for move in LIFE.open_moves(case.state) if customer.get(move, may_work)(actor, case)]
