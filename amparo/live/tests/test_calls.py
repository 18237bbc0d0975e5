from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from amparo.conftest import NOON
from amparo.history.queries import facts as history
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.live import access, queries, rules
from amparo.live.commands import end_call, identify_caller, note_outcome, purge, start_call
from amparo.live.errors import CallEnded, CallOpen, NumberInvalid
from amparo.live.models import Call

LATER = NOON + timedelta(minutes=7, seconds=12)


@pytest.fixture
def call(operator, customer, contact) -> Call:
    return start_call(
        "55 5512 3456", key="k1", customer_id=customer.pk, caller_id=contact.user_id, actor=operator, at=NOON
    )


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("55 5512 3456", "+525555123456"), ("+52 (55) 5512-3456", "+525555123456"), ("+1 202-555-0123", "+12025550123"),
     ("  ", ""), ("0052 55 5512 3456", "+525555123456")],
)  # fmt: skip
def test_a_number_is_stored_the_same_however_it_is_typed(typed, stored):
    """TEL-3"""
    assert rules.e164(typed) == stored


@pytest.mark.parametrize("typed", ["hola", "12", "+", "55 5512 3456 ext. 12", "9" * 40, "'; drop table"])
def test_what_is_no_number_is_refused_beside_its_field(typed):
    """TEL-3"""
    with pytest.raises(NumberInvalid) as refused:
        rules.e164(typed)
    assert refused.value.field == "phone"


def test_a_number_is_shown_as_its_country_writes_it():
    """TEL-3"""
    assert rules.shown("+525555123456") == "55 5512 3456"
    assert rules.shown("+12025550123").startswith("+1 ")
    assert rules.shown("") == ""


def test_a_call_says_who_when_how_long_what_about_and_what_came_of_it(call, operator, customer, contact):
    """TEL-3"""
    ended = end_call(call, about="No abre la caja 3", outcome="case", linked="case:41", actor=operator, at=LATER)
    assert (ended.customer_id, ended.caller_id, ended.phone) == (customer.pk, contact.user_id, "+525555123456")
    assert ended.seconds == 432 and ended.linked == "case:41"
    last = history(call.subject)[-1]
    assert last.name == "call.ended" and last.data["seconds"] == 432 and last.customer_id == customer.pk
    assert [(row["id"], row["shown"]) for row in queries.calls_of(customer.pk, operator)] == [(call.pk, "55 5512 3456")]
    assert [row["id"] for row in queries.calls_about("case:41", operator)] == [call.pk]
    assert queries.open_calls(operator) == []


def test_the_same_key_begins_one_call(call, operator, customer, contact):
    """TEL-3, CHG-10"""
    again = start_call("5555123456", key="k1", customer_id=customer.pk, caller_id=contact.user_id, actor=operator, at=LATER)
    assert again.pk == call.pk and Call.objects.count() == 1
    with pytest.raises(Stale):
        start_call("5555000000", key="k1", actor=operator, at=LATER)


def test_a_call_ends_once_and_what_came_of_it_is_corrected_by_a_new_fact(call, operator, facts):
    """TEL-3, CAS-1"""
    with pytest.raises(CallOpen):
        note_outcome(call, outcome="advice", actor=operator, at=LATER)
    end_call(call, about="Precio", outcome="information", actor=operator, at=LATER)
    with pytest.raises(CallEnded):
        end_call(call, about="Precio", outcome="lead", actor=operator, at=LATER)
    note_outcome(call, outcome="lead", notes="Quiere la póliza Plus", actor=operator, at=LATER)
    note_outcome(call, outcome="lead", notes="Quiere la póliza Plus", actor=operator, at=LATER)
    assert facts(call) == ["call.started", "call.ended", "call.noted"]
    assert history(call.subject)[-1].data["before"]["outcome"] == "information"


def test_an_unknown_caller_is_identified_later(operator, customer, contact, facts):
    """TEL-1, TEL-3"""
    call = start_call("5555123456", key="k2", caller_name="La señora de la tienda", actor=operator, at=NOON)
    identify_caller(call, customer_id=customer.pk, caller_id=contact.user_id, actor=operator, at=LATER)
    call.refresh_from_db()
    assert call.customer_id == customer.pk and facts(call) == ["call.started", "call.identified"]


def test_a_caller_must_be_a_contact_of_the_customer(operator, customer, other_contact):
    """ACC-11, SEC-8"""
    with pytest.raises(Invalid):
        start_call("5555123456", key="k3", customer_id=customer.pk, caller_id=other_contact.user_id, actor=operator, at=NOON)
    assert not Call.objects.exists()


@pytest.mark.parametrize("changes", [{"about": "  "}, {"outcome": "happy"}, {"outcome": ""}])
def test_a_call_without_its_answers_does_not_end(call, operator, changes):
    """TEL-3"""
    with pytest.raises(Invalid):
        end_call(call, **{"about": "Precio", "outcome": "information"} | changes, actor=operator, at=LATER)
    call.refresh_from_db()
    assert call.ended_at is None


def test_the_database_refuses_what_is_no_record_of_a_call(call):
    """TEL-3"""
    for broken in ({"phone": "55 1234"}, {"linked": "a case"}, {"ended_at": NOON - timedelta(seconds=1), "about": "x", "outcome": "other"},
                   {"outcome": "other"}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Call.objects.filter(pk=call.pk).update(**broken)


def test_who_takes_and_sees_calls(call, operator, engineer, sales, quality, administrator, contact, member, registered):
    """ACC-11, TEL-3: who x what."""
    table = {  # sees, takes, notes a call of the operator
        operator: (True, True, True), engineer: (True, True, False), sales: (True, True, False),
        quality: (True, False, False), administrator: (True, True, True),
        contact: (False, False, False), member: (False, False, False), registered: (False, False, False),
    }  # fmt: skip
    for actor, expected in table.items():
        seen = access.visible_to(actor).filter(pk=call.pk).exists()
        assert (seen, access.may_take_calls(actor), access.may_note(actor, call)) == expected, actor.name
    with pytest.raises(NotPermitted):
        start_call("5555123456", key="k9", actor=contact, at=NOON)
    with pytest.raises(NotPermitted):
        end_call(call, about="x", outcome="other", actor=engineer, at=LATER)


def test_what_a_call_was_about_is_purged_with_its_case(call, operator, administrator):
    """CAS-2: that there was a call, when and by whom stays."""
    end_call(call, about="La caja 3", outcome="case", notes="Un secreto", linked="case:41", actor=operator, at=LATER)
    with pytest.raises(NotPermitted):
        purge(["case:41"], actor=administrator, at=LATER)
    assert purge(["case:42"], actor=SYSTEM, at=LATER) == []
    assert purge(["case:41"], actor=SYSTEM, at=LATER) == [call.subject]
    call.refresh_from_db()
    assert (call.about, call.notes, call.phone, call.caller_name) == ("—", "", "", "")
    assert call.seconds == 432 and call.outcome == "case"
