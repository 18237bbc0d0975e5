"""The pages of cases, on both sides: what is asked, what is refused, what is never shown."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from amparo.cases import commands
from amparo.cases.models import Case, FurtherNeed, Order
from amparo.charging.rules import Need
from amparo.contracts.commands import cancel
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.policies.commands import set_value
from amparo.threads import commands as threads

from .world import (
    MINUTE,
    asked,
    attended,
    card_for,
    classified,
    closing_of,
    contract_for,
    fresh,
    key,
    left,
    ordered,
    proposed,
    reserved,
)

NOW = clock.now()


@pytest.fixture
def covered(customer):
    return contract_for(customer.pk, starts_on=timezone.localdate(NOW).replace(day=1))


@pytest.fixture
def portal(client_for, contact):
    return client_for(contact)


@pytest.fixture
def desk(client_for, engineer):
    return client_for(engineer)


def page(client, name, *args, status=200, **data):
    answer = client.get(reverse(name, args=args), data)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def send(client, name, *args, status=302, **data):
    answer = client.post(reverse(name, args=args), data)
    assert answer.status_code == status, (answer.status_code, answer.content.decode()[:3000])
    return answer.content.decode() if status != 302 else answer["Location"]


def hidden(html, name):
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


def test_a_customer_asks_consents_and_accepts_in_the_portal(covered, contact, engineer, portal, desk):
    """CAS-1, CHG-1, CAS-4: the whole life over the pages."""
    form = page(portal, "cases:new")
    assert "1 incidente" in form or "1 incident" in form
    where = send(portal, "cases:new", key=hidden(form, "key"), title="No abre la caja 3", asked_kind="incident", body="Desde ayer.")
    case = Case.objects.get()
    assert where == reverse("cases:case", args=[case.pk])
    send(desk, "desk_cases:classify", case.pk, kind="incident", explanation="", seen=0, key="a")
    html = page(portal, "cases:case", case.pk)
    send(portal, "cases:consent", case.pk, seen=hidden(html, "seen"), price=hidden(html, "price"))
    assert fresh(case).state == "attention"
    send(desk, "desk_cases:clock", case.pk, "start")
    assert 'data-clock="attention"' in page(portal, "cases:case", case.pk)
    assert 'data-clock="attention"' in page(desk, "desk_cases:case", case.pk)
    send(desk, "desk_cases:clock", case.pk, "stop")
    prepared = page(desk, "desk_cases:closing", case.pk)
    assert "No abre la caja 3" in prepared
    send(desk, "desk_cases:closing", case.pk, key=hidden(prepared, "key"), seen=hidden(prepared, "seen"), reason="solved", summary="Se abrió.")
    closing = page(portal, "cases:case", case.pk)
    assert "Se abrió." in closing and reserved(case.customer_id, NOW)["incident"] == 1
    send(portal, "cases:accept_closing", case.pk, seen=closing_of(case).pk)
    assert left(case.customer_id, NOW)["incident"] == 2 and fresh(case).state == "closed"
    page(portal, "cases:case", case.pk)
    page(portal, "cases:record", case.pk)
    page(desk, "desk_cases:record", case.pk)


def test_who_is_not_covered_is_told_what_is_missing_instead_of_a_form(customer, portal):
    """ACC-7, ACC-9"""
    html = page(portal, "cases:new", status=403)
    assert "<textarea" not in html


def test_errors_stand_beside_their_field_and_nothing_typed_is_lost(covered, portal):
    """CAS-1"""
    html = send(portal, "cases:new", status=422, key="a", title="", body="Lo que escribí")
    assert "Lo que escribí" in html and 'data-field="title"' in html and not Case.objects.exists()


def test_a_repeated_post_opens_one_case(covered, portal):
    """CHG-10"""
    first = send(portal, "cases:new", key="k", title="Uno", body="Texto")
    assert send(portal, "cases:new", key="k", title="Uno", body="Texto") == first and Case.objects.count() == 1


def test_a_stale_consent_shows_the_new_state_and_takes_nothing(covered, contact, engineer, portal):
    """CHG-1, CHG-10"""
    case = classified(contact, engineer, "advisory", at=NOW)
    commands.classify(case, kind="incident", explanation="Es un incidente.", key="z", actor=engineer, at=NOW)
    html = send(portal, "cases:consent", case.pk, status=409, seen=1)
    assert 'class="refusal"' in html and "decision-consent" in html and reserved(case.customer_id, NOW)["event"] == 0


def test_a_price_that_changed_is_shown_anew_and_then_consented_to(customer, contact, engineer, portal):
    """TAR-1, CHG-1"""
    contract_for(customer.pk, events=0, incidents=1, credits=10, starts_on=timezone.localdate(NOW))
    case, other = (classified(contact, engineer, "incident", at=NOW) for _ in range(2))
    html = page(portal, "cases:case", case.pk)
    commands.consent(other, seen=1, actor=contact, at=NOW)
    again = send(portal, "cases:consent", case.pk, status=409, seen=hidden(html, "seen"), price=hidden(html, "price"))
    assert reserved(customer.pk, NOW)["credit"] == 0
    send(portal, "cases:consent", case.pk, seen=hidden(again, "seen"), price=hidden(again, "price"))
    assert reserved(customer.pk, NOW)["credit"] == 4


def test_too_few_units_are_told_with_the_way_out_and_a_card_opens_it(customer, contact, engineer, portal):
    """CHG-3, CHG-6"""
    contract_for(customer.pk, events=0, incidents=0, credits=1, starts_on=timezone.localdate(NOW))
    case = classified(contact, engineer, "incident", at=NOW)
    html = page(portal, "cases:case", case.pk)
    assert "decision-consent" not in html and reverse("contracts:redeem") in html and "3" in html
    card_for(customer.pk, 5, at=NOW)
    html = page(portal, "cases:case", case.pk)
    send(portal, "cases:consent", case.pk, seen=hidden(html, "seen"), price=hidden(html, "price"))
    assert left(customer.pk, NOW)["credit"] == 2


def test_an_order_is_seen_and_accepted(covered, contact, engineer, portal, desk):
    """CHG-3"""
    case = classified(contact, engineer, "general", at=NOW)
    form = page(desk, "desk_cases:order", case.pk)
    assert "credits" in send(desk, "desk_cases:order", case.pk, status=422, key="a", description="Importar", delivery_on="2031-01-15")
    send(desk, "desk_cases:order", case.pk, key=hidden(form, "key"), seen=hidden(form, "seen"), description="Importar **todo**", delivery_on="2031-01-15", credits=6, travel="$850")
    html = page(portal, "cases:case", case.pk)
    assert "<strong>todo</strong>" in html and "$850" in html
    send(portal, "cases:accept_order", case.pk, seen=Order.objects.get().pk, price=hidden(html, "price"))
    assert left(case.customer_id, NOW)["credit"] == 14
    page(desk, "desk_cases:case", case.pk)


def test_an_order_without_enough_credits_says_how_many_are_missing(covered, contact, engineer, portal):
    """CHG-3"""
    case = classified(contact, engineer, "development", at=NOW)
    order = commands.propose_order(case, description="Reporte", needs=[Need("general_quote", 25)], delivery_on=NOW.date(), key="a", actor=engineer, at=NOW)
    html = page(portal, "cases:case", case.pk)
    assert reverse("contracts:redeem") in html
    html = send(portal, "cases:accept_order", case.pk, status=409, seen=order.pk)
    assert "5" in re.search(r'class="refusal".*?</div></div>', html, re.S)[0] and fresh(case).state == "classified"
    send(portal, "cases:decline_order", case.pk, seen=order.pk)


def test_needs_are_chosen_in_the_portal_and_further_services_consented_to(covered, contact, engineer, portal, desk):
    """CHG-5"""
    case = attended(contact, engineer, "incident", at=NOW)
    send(desk, "desk_cases:need", case.pk, key="a", description="El cajón de dinero")
    send(desk, "desk_cases:further", case.pk, key="b", description="Una hora más", technical_hour=1)
    first, second = FurtherNeed.objects.order_by("pk")
    html = page(portal, "cases:case", case.pk)
    assert "El cajón de dinero" in html and "Una hora más" in html
    send(portal, "cases:choose", case.pk, first.pk, "later")
    send(portal, "cases:choose", case.pk, second.pk, "now", price=hidden(html, "price"))
    assert reserved(case.customer_id, NOW)["credit"] == 4
    send(portal, "cases:choose", case.pk, second.pk, "perhaps", status=422)


def test_a_need_of_another_case_is_not_there(covered, contact, engineer, other_customer, other_contact, portal):
    """SEC-8"""
    contract_for(other_customer.pk, starts_on=timezone.localdate(NOW))
    mine, theirs = attended(contact, engineer, "incident", at=NOW), attended(other_contact, engineer, "incident", at=NOW)
    need = commands.raise_need(theirs, "Ajeno", key="a", actor=engineer, at=NOW)
    send(portal, "cases:choose", mine.pk, need.pk, "now", status=404)
    send(portal, "cases:choose", theirs.pk, need.pk, "now", status=404)
    assert not FurtherNeed.objects.get().choice


def test_staff_note_down_a_consent_by_telephone(covered, contact, operator, client_for):
    """CHG-1"""
    case = classified(contact, operator, "incident", at=NOW)
    client = client_for(operator)
    html = page(client, "desk_cases:consent", case.pk)
    send(client, "desk_cases:consent", case.pk, status=422, seen=hidden(html, "seen"), given_by="", how="telephone", answer="yes")
    send(client, "desk_cases:consent", case.pk, seen=hidden(html, "seen"), price=hidden(html, "price"), given_by="Lupita", how="telephone", answer="yes")
    assert fresh(case).consent_by == "Lupita"


def test_at_the_limit_the_desk_asks_and_leads_on(covered, contact, engineer, desk):
    """CAS-5"""
    case = attended(contact, engineer, "incident", at=NOW - 60 * MINUTE)
    commands.start_clock(case, actor=engineer, at=NOW - 50 * MINUTE)
    commands.stop_clock(case, actor=engineer, at=NOW - 19 * MINUTE)
    html = page(desk, "desk_cases:case", case.pk)
    for choice in ("closing", "procedure", "further"):
        assert reverse("desk_cases:decide", args=[case.pk, choice]) in html
    assert send(desk, "desk_cases:decide", case.pk, "procedure") == reverse("desk_cases:procedure", args=[case.pk])
    send(desk, "desk_cases:procedure", case.pk, key="a", procedure="Se reinstalará.")
    assert fresh(case).state == "procedure"
    send(desk, "desk_cases:decide", case.pk, "nothing", status=404)
    send(desk, "desk_cases:follow_up", case.pk, key="b", title="Servidor", why="procedure", body="Reinstalar", asked_kind="general")
    other = Case.objects.order_by("-pk").first()
    html = page(desk, "desk_cases:case", case.pk) + page(desk, "desk_cases:beside", case.pk)
    assert f"C-{other.pk}" in html
    send(desk, "desk_cases:closing", case.pk, status=409, key="c", reason="mutual_agreement", summary="x")


def test_a_closing_that_is_not_lawful_is_told_beside_the_form(covered, contact, engineer, desk):
    """CAS-3"""
    case = attended(contact, engineer, "incident", at=NOW)
    html = send(desk, "desk_cases:closing", case.pk, status=422, key="a", reason="not_technically_possible", summary="Lo que escribí", explanation="x", procedure="")
    assert "Lo que escribí" in html and 'class="field has-error"' in html


def test_the_price_is_shown_while_one_chooses(covered, contact, desk):
    """CHG-1, CHG-8"""
    case = asked(contact, at=NOW)
    assert "decision-figure" in page(desk, "desk_cases:price", case.pk, kind="incident")
    assert "decision-figure" not in page(desk, "desk_cases:price", case.pk, kind="general")
    page(desk, "desk_cases:price", case.pk, kind="hacker")


def test_what_the_customer_is_told_names_the_limit_that_is_set(covered, contact, administrator, desk):
    """CHG-1, CAS-5"""
    set_value("cases.incident_minutes", 45, from_at=NOW, actor=administrator, at=NOW)
    case = asked(contact, at=NOW)
    send(desk, "desk_cases:classify", case.pk, key="a", kind="incident", explanation="")
    assert "45 minutos" in page(desk, "desk_cases:case", case.pk)


def test_a_note_is_seen_by_staff_alone(covered, contact, engineer, portal, desk):
    """SEC-10"""
    case = attended(contact, engineer, "incident", at=NOW)
    send(desk, "desk_cases:write", case.pk, key="a", kind="note", body="SECRETO del cliente difícil")
    send(desk, "desk_cases:write", case.pk, key="b", kind="reply", body="Respuesta pública")
    send(desk, "desk_cases:write", case.pk, key="c", kind="", body="OTRO SECRETO por descuido")
    assert "SECRETO" in page(desk, "desk_cases:case", case.pk)
    for name in ("cases:case", "cases:record"):
        html = page(portal, name, case.pk)
        assert "SECRETO" not in html
    assert "Respuesta pública" in page(portal, "cases:case", case.pk)


def test_an_empty_message_says_so_and_what_was_typed_stays(covered, contact, engineer, portal, desk):
    """TKT-1"""
    case = attended(contact, engineer, "incident", at=NOW)
    assert "composer" in send(portal, "cases:write", case.pk, status=422, key="a", body="   ")
    assert "composer" in send(desk, "desk_cases:write", case.pk, status=422, key="a", kind="reply", body="")


def test_lists_show_what_the_reader_may_see(covered, contact, own_only, engineer, other_contact, client_for, portal, desk):
    """ACC-11"""
    case, own = classified(contact, engineer, "incident", at=NOW), asked(own_only, at=NOW)
    assert f"C-{case.pk}" in page(portal, "cases:cases") and f"C-{own.pk}" in page(portal, "cases:cases")
    html = page(client_for(own_only), "cases:cases")
    assert f"C-{own.pk}" in html and f"C-{case.pk}" not in html
    assert f"C-{case.pk}" not in page(client_for(other_contact), "cases:cases")
    assert f"C-{case.pk}" in page(desk, "desk_cases:cases", state="classified", kind="incident")
    assert f"C-{case.pk}" not in page(desk, "desk_cases:cases", view="closed")
    page(desk, "desk_cases:cases", state="broken", status=422)
    page(portal, "cases:cases", view="closed")


def test_get_changes_nothing(covered, contact, engineer, portal):
    """CHG-10"""
    case = classified(contact, engineer, "incident", at=NOW)
    for name in ("consent", "decline", "accept_closing", "withdraw", "write", "requote", "accept_order"):
        page(portal, f"cases:{name}", case.pk, status=405)
    assert fresh(case).moves == Case.objects.get(pk=case.pk).moves


def test_a_case_of_sixty_entries_takes_six_statements(covered, contact, engineer, portal, desk, django_assert_max_num_queries):
    """CAS-1: four beside session and user."""
    case = attended(contact, engineer, "incident", at=NOW)
    for n in range(60):
        threads.say(case.thread, f"Mensaje {n}", key=f"m{n}", actor=engineer if n % 2 else contact, at=NOW)
    for client, name in ((portal, "cases:case"), (desk, "desk_cases:case")):
        page(client, name, case.pk)
        with django_assert_max_num_queries(6):
            page(client, name, case.pk)


def test_the_lists_take_four_statements(covered, contact, engineer, portal, desk, django_assert_max_num_queries):
    """CAS-7"""
    for _ in range(5):
        classified(contact, engineer, "incident", at=NOW)
    for client, name in ((portal, "cases:cases"), (desk, "desk_cases:cases")):
        page(client, name)
        with django_assert_max_num_queries(4):
            page(client, name)


def test_the_page_speaks_both_languages(covered, engineer, client_for, customer):
    """CAS-7"""
    from amparo.conftest import make_contact

    english = make_contact(customer, "Ann Smith", language="en")
    case = proposed(attended(english, engineer, "incident", at=NOW), engineer, "solved", at=NOW)
    assert "Review and accept the closing" in page(client_for(english), "cases:case", case.pk)
    other = make_contact(customer, "Ana", language="es-mx")
    assert "Revise y acepte el cierre" in page(client_for(other), "cases:case", case.pk)


def test_regions_are_fetched_alone(covered, contact, engineer, portal, desk):
    """The stream's fetch gets the region, not the page."""
    case = attended(contact, engineer, "incident", at=NOW)
    for client, name in ((portal, "cases:case"), (desk, "desk_cases:case")):
        region = "case" if name == "cases:case" else "thread-head"
        html = client.get(reverse(name, args=[case.pk]), headers={"HX-Request": "true", "HX-Target": region}).content.decode()
        assert "<html" not in html and case.thread.title in html
    record = desk.get(reverse("desk_cases:case", args=[case.pk]), headers={"HX-Request": "true", "HX-Target": "record"})
    assert "Desde ayer no abre." in record.content.decode() and "thread-number" not in record.content.decode()


def test_closing_uncharged_from_the_desk(covered, contact, engineer, desk):
    """CAS-4"""
    case = proposed(attended(contact, engineer, "incident", at=NOW), engineer, "solved", at=NOW)
    commands.mark_silent(case, at=NOW)
    send(desk, "desk_cases:uncharged", case.pk, seen=fresh(case).moves)
    assert fresh(case).closed_how == "uncharged" and left(case.customer_id, NOW)["incident"] == 3


def test_a_contract_cancelled_meanwhile_is_told(covered, contact, engineer, administrator, portal):
    """ACC-7, ACC-9"""
    case = classified(contact, engineer, "incident", at=NOW)
    cancel(covered, "no pagó", actor=SYSTEM, at=NOW)
    send(portal, "cases:consent", case.pk, status=403, seen=1)
    assert ordered and key


def test_a_case_that_reports_a_fault_becomes_a_defect_with_its_guarantee(covered, contact, engineer, customer, desk, facts):
    """TKT-5, TIM-5"""
    from amparo.deadlines.queries import open_promises
    from amparo.products.models import Licence, Product

    product = Product.objects.create(code="caja", name="Caja", created_at=NOW)
    Licence.objects.create(serial="AAA-111-BBB", serial_key="AAA111BBB", product=product, customer=customer, registered_at=NOW)
    case = attended(contact, engineer, "incident", at=NOW)
    page(desk, "desk_cases:defect", case.pk)
    send(desk, "desk_cases:defect", case.pk, product=product.pk, title="No imprime el corte")
    assert "case.defect_marked" in facts(case) and "fix" in {p.kind_code for p in open_promises(case.subject)}
    assert "compromiso de corregirlo" in page(desk, "desk_cases:case", case.pk)
