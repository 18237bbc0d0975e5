"""Who sees a complaint, who judges it, who is asked. ACC-11, COM-1, COM-2."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from amparo.cases import access as cases
from amparo.cases.models import Case
from amparo.kernel.actor import Actor

from .models import Complaint, Opinion

READING = ("quality", "rnd_director", "administrator")


def visible_to(actor: Actor) -> QuerySet[Complaint]:
    """Quality control, the director and administrators see all; a contact those on the cases that it sees. ACC-11, COM-7."""
    complaints = Complaint.objects.all()
    if actor.is_system or actor.has_role(*READING):
        return complaints
    if not actor.is_contact or actor.customer_id is None:
        return complaints.none()
    complaints = complaints.filter(customer_id=actor.customer_id)
    if actor.company_role == "own":
        complaints = complaints.filter(case__contact_id=actor.user_id)
    return complaints


def may_see(actor: Actor, complaint: Complaint) -> bool:
    """The same rule for one complaint that was loaded already."""
    if actor.is_system or actor.has_role(*READING):
        return True
    if not actor.is_contact or complaint.customer_id != actor.customer_id:
        return False
    return actor.company_role != "own" or cases.may_see_id(actor, complaint.case_id)


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a number: for files and the stream."""
    return visible_to(actor).filter(pk=number).exists()


def may_raise(actor: Actor, case: Case) -> bool:
    """Refuse a closing with a complaint: the customer alone, whoever may accept it. COM-1."""
    return cases.may_accept_closing(actor, case)


def may_withdraw(actor: Actor, complaint: Complaint) -> bool:
    """Let a complaint go and accept the closing after all: the customer alone."""
    return actor.is_contact and may_see(actor, complaint)


def may_say(actor: Actor, complaint: Complaint) -> bool:
    """Add words that both sides read: the customer, and quality control. COM-1."""
    return (actor.is_contact and may_see(actor, complaint)) or actor.has_role("quality")


def may_note(actor: Actor, complaint: Complaint) -> bool:
    """Write what never leaves the house: whoever of the staff reads complaints. SEC-10."""
    return actor.has_role(*READING)


def judges(actor: Actor) -> bool:
    """True for quality control; to be an administrator gives no right to judge. COM-2."""
    return actor.has_role("quality")


def may_judge(actor: Actor, barred: Collection[int]) -> bool:
    """Take a complaint, ask for an opinion, rule: quality control, nobody who worked on the case. COM-2, COM-3.

    `barred` is `queries.barred(complaint)`.
    """
    return judges(actor) and actor.user_id not in barred


def answers_opinions(actor: Actor) -> bool:
    """True for the research-and-development director, held in person. TIM-7."""
    return actor.has_role("rnd_director")


def may_answer(actor: Actor, opinion: Opinion, involved: Collection[int]) -> bool:
    """Give an opinion: the director, nobody who worked on the case (`queries.involved`), never who asked. COM-2."""
    return answers_opinions(actor) and actor.user_id not in involved and not actor.owns(opinion.asked_by_id)
