"""What a case is and costs is told and consented to before it is attended. CHG-1, CHG-4, CHG-6."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from amparo.cases import commands
from amparo.cases.errors import KindInvalid, NotOffered, OrderAccepted, TextMissing, Uncertain, UnitsMissing
from amparo.charging.errors import PriceChanged
from amparo.charging.queries import explain
from amparo.conftest import NOON
from amparo.contracts.errors import NoStanding
from amparo.deadlines.queries import open_promises
from amparo.history.queries import facts as history
from amparo.kernel.actor import SYSTEM
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.people.commands import remove_contact
from amparo.threads.errors import KeyReused

from .world import (
    asked,
    attended,
    card_for,
    classified,
    contact_row,
    contract_for,
    fresh,
    key,
    left,
    ordered,
    reserved,
)  # fmt: skip


def test_a_covered_contact_opens_a_case_with_a_number_and_a_promise(contract, contact, facts):
    """CAS-1, ACC-7, TIM-4"""
    case = commands.open_case("No abre la caja 3", "Desde ayer.", key="a", asked_kind="incident", actor=contact, at=NOON)
    case = fresh(case)
    assert case.number == f"C-{case.thread.number}" and case.state == "requested" and case.kind == ""
    assert case.thread.queue == "answer" and case.thread.priority == 1
    assert [promise.kind_code for promise in open_promises(case.subject)] == ["answer.case"]
    assert "case.opened" in facts(case)
    assert history(case.subject)[-1].data["contract"] == contract.subject


def test_the_same_key_opens_one_case_and_other_words_are_refused(contract, contact):
    """CHG-10, SEC-48"""
    first = commands.open_case("Título", "Texto", key="a", actor=contact, at=NOON)
    assert commands.open_case("Título", "Texto", key="a", actor=contact, at=NOON).pk == first.pk
    with pytest.raises(KeyReused):
        commands.open_case("Título", "Otra cosa", key="a", actor=contact, at=NOON)


def test_without_a_contract_in_force_there_is_no_case_and_the_way_to_one_is_told(customer, contact):
    """ACC-7, ACC-9"""
    with pytest.raises(NoStanding) as refused:
        asked(contact)
    assert refused.value.status == 403 and refused.value.context["standing"].why_not
    contract_for(customer.pk, starts_on=date(2025, 1, 1), months=12)
    with pytest.raises(NoStanding):
        asked(contact)


def test_staff_open_a_case_on_behalf_of_a_contact(contract, contact, operator, own_only):
    """CAS-1, CHG-1"""
    case = commands.open_case(
        "No abre", "Dice que no abre.", key="a", contact_id=own_only.contact_id, via="phone", actor=operator, at=NOON
    )
    assert case.contact_id == own_only.user_id and case.customer_id == contact.customer_id
    entry = case.thread.entries.get()
    assert (entry.author_id, entry.typed_by_id, entry.via) == (own_only.user_id, operator.user_id, "phone")


def test_staff_open_no_case_for_a_removed_contact(contract, contact, operator, own_only):
    """ACC-11"""
    remove_contact(contact_row(own_only), actor=contact, at=NOON)
    with pytest.raises(Invalid):
        commands.open_case("x", "y", key="a", contact_id=own_only.contact_id, via="phone", actor=operator, at=NOON)


def test_classifying_tells_what_it_is_and_what_it_costs_and_takes_nothing(contract, contact, engineer, facts):
    """CHG-1"""
    case = asked(contact)
    commands.classify(case, kind="incident", explanation="Es un incidente: revisaremos a distancia.", key="a", actor=engineer, at=NOON)
    case = fresh(case)
    assert (case.state, case.kind, case.told) == ("classified", "incident", {"incident": 1})
    assert case.thread.queue == "consent" and case.charge.state == "proposed"
    assert left(case.customer_id) == {"event": 5, "incident": 3, "credit": 20}
    told = history(case.subject)[-1]
    assert told.name == "case.classified" and told.data["told"] == {"incident": 1}
    assert open_promises(case.subject) == []
    assert case.thread.entries.order_by("-seq").first().body.startswith("Es un incidente")


def test_the_consent_reserves_and_only_then_attention_begins(contract, contact, engineer):
    """CHG-1, CHG-4"""
    case = classified(contact, engineer, "incident")
    with pytest.raises(IllegalMove):
        commands.start_clock(case, actor=engineer, at=NOON)
    commands.consent(case, seen=case.classification, actor=contact, at=NOON)
    case = fresh(case)
    assert (case.state, case.consent_how, case.consent_by, case.limit_minutes) == ("attention", "portal", "Lupita Romero", 30)
    assert left(case.customer_id)["incident"] == 2 and reserved(case.customer_id)["incident"] == 1
    assert case.charge.state == "reserved"


def test_a_double_click_on_the_consent_reserves_once(contract, contact, engineer, facts):
    """CHG-10"""
    case = classified(contact, engineer, "advisory")
    for _ in range(2):
        commands.consent(case, seen=1, actor=contact, at=NOON)
    assert reserved(case.customer_id)["event"] == 1 and facts(case).count("case.consented") == 1


def test_a_consent_by_telephone_says_who_gave_it_and_how(contract, contact, operator):
    """CHG-1"""
    case = classified(contact, operator, "incident")
    for how, who in (("portal", "Lupita"), ("telephone", "  "), ("", "Lupita"), ("dream", "Lupita")):
        with pytest.raises(Uncertain):
            commands.consent(case, seen=1, how=how, given_by=who, actor=operator, at=NOON)
    commands.consent(case, seen=1, how="telephone", given_by="Lupita Romero", actor=operator, at=NOON)
    fact = next(f for f in history(case.subject) if f.name == "case.consented")
    assert (fact.data["how"], fact.data["given_by"], fact.actor_ref) == ("telephone", "Lupita Romero", operator.ref)


def test_a_consent_to_an_earlier_classification_is_stale(contract, contact, engineer):
    """CHG-1, CHG-10"""
    case = classified(contact, engineer, "advisory")
    commands.classify(case, kind="incident", explanation="Es un incidente.", key="b", actor=engineer, at=NOON)
    with pytest.raises(Stale):
        commands.consent(case, seen=1, actor=contact, at=NOON)
    assert reserved(case.customer_id) == {"event": 0, "incident": 0, "credit": 0}
    commands.consent(case, seen=2, actor=contact, at=NOON)
    assert reserved(case.customer_id) == {"event": 0, "incident": 1, "credit": 0}


def test_reclassifying_in_attention_gives_back_stops_the_clock_and_asks_again(contract, contact, engineer, facts):
    """CHG-1, CHG-4"""
    case = attended(contact, engineer, "advisory")
    commands.start_clock(case, actor=engineer, at=NOON)
    commands.classify(case, kind="incident", explanation="Resultó un incidente.", key="b", actor=engineer, at=NOON + timedelta(minutes=9))
    case = fresh(case)
    assert (case.state, case.clock_since, case.clock_seconds, case.consent_at) == ("classified", None, 0, None)
    assert reserved(case.customer_id) == {"event": 0, "incident": 0, "credit": 0} and left(case.customer_id)["event"] == 5
    assert "case.clock_stopped" in facts(case)


def test_two_engineers_classify_at_once_and_the_second_is_told(contract, contact, engineer, operator):
    """CHG-1"""
    case = asked(contact)
    commands.classify(case, kind="incident", explanation="Incidente.", key="a", seen=0, actor=engineer, at=NOON)
    commands.classify(case, kind="incident", explanation="Incidente.", key="a", seen=0, actor=engineer, at=NOON)
    with pytest.raises(Stale):
        commands.classify(case, kind="advisory", explanation="Asesoría.", key="b", seen=0, actor=operator, at=NOON)
    assert fresh(case).kind == "incident" and fresh(case).classification == 1


def test_the_customer_may_say_no_and_nothing_is_attended(contract, contact, engineer):
    """CHG-1"""
    case = classified(contact, engineer, "incident")
    commands.decline_consent(case, seen=1, reason="Mejor mañana", actor=contact, at=NOON)
    case = fresh(case)
    assert (case.state, case.thread.queue, case.charge) == ("requested", "answer", None)
    assert left(case.customer_id)["incident"] == 3


def test_the_second_incident_of_an_exhausted_contract_is_paid_with_four_credits(customer, contact, engineer):
    """CHG-6, CHG-8"""
    contract_for(customer.pk, events=0, incidents=1, credits=10)
    attended(contact, engineer, "incident")
    case = classified(contact, engineer, "incident")
    assert case.told == {"credit": 4}
    commands.consent(case, seen=1, actor=contact, at=NOON)
    assert left(customer.pk) == {"event": 0, "incident": 0, "credit": 6}
    assert "4" in explain(case.charge, "es").why


def test_with_too_little_of_anything_it_is_told_how_many_are_missing_and_how(customer, contact, engineer):
    """CHG-3, CHG-6"""
    contract_for(customer.pk, events=0, incidents=0, credits=1)
    case = classified(contact, engineer, "incident")
    assert fresh(case).charge.missing == 3 and case.told == {"credit": 4}
    with pytest.raises(UnitsMissing) as refused:
        commands.consent(case, seen=1, actor=contact, at=NOON)
    assert refused.value.context["missing"] == 3 and "3" in str(refused.value)
    assert fresh(case).state == "classified"
    card_for(customer.pk, 5)
    shown = explain(fresh(case).charge, "es", at=NOON)
    commands.consent(case, seen=1, price=shown.seen, actor=contact, at=NOON)
    assert left(customer.pk)["credit"] == 2 and fresh(case).state == "attention"


def test_a_price_that_changed_since_it_was_shown_is_asked_for_again(customer, contact, engineer):
    """CHG-1, TAR-1"""
    contract_for(customer.pk, events=0, incidents=1, credits=10)
    case, other = classified(contact, engineer, "incident"), classified(contact, engineer, "incident")
    commands.consent(other, seen=1, actor=contact, at=NOON)
    with pytest.raises(PriceChanged):
        commands.consent(case, seen=1, actor=contact, at=NOON)
    assert reserved(customer.pk)["credit"] == 0
    commands.requote(case, actor=contact, at=NOON)
    assert fresh(case).told == {"credit": 4}
    commands.consent(case, seen=1, actor=contact, at=NOON)
    assert reserved(customer.pk) == {"event": 0, "incident": 1, "credit": 4}


def test_a_contract_that_ended_before_the_consent_begins_nothing(customer, contact, engineer):
    """ACC-7, CHG-6"""
    contract = contract_for(customer.pk, starts_on=date(2025, 11, 12), months=12)  # its last day is 11 November 2026
    case = classified(contact, engineer, "incident")
    with pytest.raises(NoStanding):
        commands.consent(case, seen=1, actor=contact, at=contract.ends_at)
    assert fresh(case).state == "classified"


def test_a_removed_contact_consents_to_nothing(contract, contact, member, engineer):
    """ACC-11, SEC-11"""
    from amparo.people.queries import actor_by_id

    case = classified(member, engineer, "incident")
    remove_contact(contact_row(member), actor=contact, at=NOON)
    with pytest.raises(NotPermitted):
        commands.consent(case, seen=1, actor=actor_by_id(member.user_id), at=NOON)


@pytest.mark.parametrize("kind", ["", "quick", "ticket"])
def test_an_unknown_kind_is_refused(contract, contact, engineer, kind):
    """CAS-3"""
    with pytest.raises(KindInvalid):
        commands.classify(asked(contact), kind=kind, explanation="x", key="a", actor=engineer, at=NOON)


def test_a_classification_without_words_is_none(contract, contact, engineer):
    """CHG-1"""
    with pytest.raises(TextMissing):
        commands.classify(asked(contact), kind="incident", explanation=" ", key="a", actor=engineer, at=NOON)


def test_general_services_are_not_consented_to_but_ordered(contract, contact, engineer):
    """CHG-2, CHG-3"""
    case = classified(contact, engineer, "general")
    assert case.charge is None and fresh(case).thread.queue == "answer"
    with pytest.raises(NotOffered):
        commands.consent(case, seen=1, actor=contact, at=NOON)
    assert left(case.customer_id) == {"event": 5, "incident": 3, "credit": 20}


def test_what_was_ordered_is_not_reclassified(contract, contact, engineer):
    """CHG-3"""
    with pytest.raises(OrderAccepted):
        commands.classify(ordered(contact, engineer), kind="incident", explanation="x", key=key(), actor=engineer, at=NOON)


def test_the_service_itself_classifies_nothing(contract, contact):
    """CHG-1"""
    with pytest.raises(NotPermitted):
        commands.classify(asked(contact), kind="incident", explanation="x", key="a", actor=SYSTEM, at=NOON)
