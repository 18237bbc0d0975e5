"""Who sees complaints and may do what: one table, who x what. ACC-11, COM-1, COM-2."""

from __future__ import annotations

import pytest
from django.db import transaction

from amparo.cases.tests.world import contract_for
from amparo.complaints import access, commands
from amparo.complaints.errors import Involved
from amparo.complaints.models import Complaint
from amparo.complaints.rules import Consequences
from amparo.conftest import NOON, make_staff
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.kernel.refusals import NotPermitted, Refusal

from .world import key, now, opinion, raised, refusable

# What each may do with a complaint of Abarrotes Lupita that its administrator raised; everything else is refused.
TABLE = {
    "contact": {"see", "raise", "say", "withdraw"},
    "member": {"see", "raise", "say", "withdraw"},
    "own_only": set(),
    "other_contact": set(),
    "registered": set(),
    "visitor": set(),
    "system": {"see"},
    "operator": set(),
    "engineer": set(),
    "sales": set(),
    "administrator": {"see", "note"},
    "quality": {"see", "say", "note", "take", "ask", "rule", "draft"},
    "director": {"see", "note", "answer", "draft"},
}
ACTS = ("see", "raise", "say", "withdraw", "note", "take", "ask", "answer", "rule", "draft")


def _tries(complaint: Complaint, asked, actor, fresh_case):
    chosen = {"outcome": "dismissed", "reasons": "x", "consequences": Consequences(), "key": key()}
    return {
        "raise": lambda: commands.raise_complaint(
            fresh_case, seen=fresh_case.closings.get(answer="").pk, reasons="x", key=key(), actor=actor, at=NOON
        ),
        "say": lambda: commands.say(complaint, "x", key=key(), actor=actor, at=NOON),
        "note": lambda: commands.note(complaint, "x", key=key(), actor=actor, at=NOON),
        "take": lambda: commands.take(complaint, actor=actor, at=NOON),
        "ask": lambda: commands.ask_opinion(complaint, "x", key=key(), actor=actor, at=NOON),
        "answer": lambda: commands.give_opinion(asked, "x", actor=actor, at=NOON),
        "rule": lambda: commands.rule(complaint, **chosen, actor=actor, at=NOON),
        "draft": lambda: commands.save_draft(complaint, {"reasons": "x"}, actor=actor, at=NOON),
        "withdraw": lambda: commands.withdraw(complaint, actor=actor, at=NOON),
    }


@pytest.fixture
def director(db):
    return make_staff("Dora Directora", "rnd_director")


@pytest.mark.parametrize("who", TABLE)
def test_who_may_do_what(who, request, customer, contact, engineer, quality, director):
    """ACC-11, COM-1, COM-2: each act is tried on the complaint as it was raised, and undone."""
    contract_for(customer.pk)
    actor = {"system": SYSTEM, "visitor": VISITOR}.get(who) or request.getfixturevalue(who)
    complaint, other_judge = raised(contact, engineer), make_staff("Otra Calidad", "quality")
    done = set()
    for act in ACTS:
        with transaction.atomic():
            if _may(act, now(complaint), actor, contact, engineer, other_judge):
                done.add(act)
            transaction.set_rollback(True)
    assert done == TABLE[who]


def _may(act, complaint, actor, contact, engineer, other_judge) -> bool:
    """Try one act; only the refusal of who may not counts as one."""
    if act == "see":
        seen = access.visible_to(actor).filter(pk=complaint.pk).exists()
        assert access.may_see(actor, complaint) is seen and access.may_see_id(actor, complaint.pk) is seen
        return seen
    asked = opinion(complaint, other_judge) if act == "answer" else None
    attempt = _tries(complaint, asked, actor, refusable(contact, engineer) if act == "raise" else None)[act]
    try:
        attempt()
    except (NotPermitted, Involved):
        return False
    return True


def test_one_with_the_role_own_complains_of_its_own_cases_alone(customer, contact, own_only, engineer):
    """ACC-11"""
    contract_for(customer.pk)
    mine, theirs = raised(own_only, engineer), raised(contact, engineer)
    assert list(access.visible_to(own_only)) == [mine] and access.may_see(own_only, mine)
    assert not access.may_see(own_only, theirs) and access.may_see(contact, mine)


def test_what_does_not_exist_is_seen_by_nobody(quality):
    """ACC-11"""
    assert not access.may_see_id(quality, 10**12)


def test_a_contact_who_left_does_nothing_more(customer, contact, engineer):
    """ACC-11, SEC-6"""
    from amparo.people.models import Contact
    from amparo.people.queries import actor_by_id

    contract_for(customer.pk)
    complaint = raised(contact, engineer)
    Contact.objects.filter(user=contact.user_id).update(removed_at=NOON)
    gone = actor_by_id(contact.user_id)
    for verb in (commands.say, commands.withdraw):
        with pytest.raises(Refusal):
            verb(complaint, *(["x"] if verb is commands.say else []), **({"key": "a"} if verb is commands.say else {}), actor=gone, at=NOON)


def test_files_of_a_complaint_are_seen_by_its_readers(customer, contact, other_contact, engineer, quality, administrator):
    """ACC-11, SEC-8, SEC-10: evidence by the complaint, what belongs to a note by the desk."""
    from amparo.project.subjects import may_follow, may_see

    contract_for(customer.pk)
    complaint = raised(contact, engineer)
    for actor, public, internal in (
        (contact, True, False), (other_contact, False, False), (engineer, False, False), (quality, True, True),
        (administrator, True, True),
    ):  # fmt: skip
        assert may_see(actor, complaint.subject) is public and may_see(actor, complaint.desk_subject) is internal
        assert may_follow(actor, complaint.subject) is public and may_follow(actor, complaint.desk_subject) is internal
