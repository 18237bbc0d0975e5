"""Pages of contracts: who gets them, what they cost, what they do with what is typed. ACC-11, SEC-7, SEC-8, SEC-33."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from amparo.conftest import make_staff
from amparo.contracts import commands
from amparo.contracts.models import Plan, ServiceCard, ServiceCardBatch, SupportContract
from amparo.kernel.actor import ROLES, SYSTEM
from amparo.people.models import Contact

from .conftest import left

NOW = timezone.now


@pytest.fixture
def taken(customer, plan):
    """A contract that is in force while the tests run: pages read the real clock."""
    return commands.sell_contract(customer, plan, NOW().date() - timedelta(days=30), actor=SYSTEM, at=NOW())


@pytest.fixture
def batch(db):
    return commands.issue_batch("Otoño", 10, 3, actor=SYSTEM, at=NOW())


@pytest.fixture
def run(administrator, db):
    content = "Referencia;Nombre\nA-1;Abarrotes Uno\n".encode("latin-1")
    return commands.upload_import("customers", content, "clientes.csv", actor=administrator, at=NOW())


STAFF = list(ROLES)
ALL = set(STAFF)
SALES, FRONT, ADMIN = {"sales", "administrator"}, {"sales", "administrator", "operator", "engineer"}, {"administrator"}
# route, arguments, method: who of the staff gets in
DESK = [
    ("list", (), "get", ALL), ("sell", (), "get", SALES), ("contract", ("contract",), "get", ALL),
    ("renew", ("contract",), "post", SALES), ("cancel", ("contract",), "post", SALES),
    ("name_contact", ("contract",), "post", SALES), ("unname_contact", ("contract",), "post", SALES),
    ("standing", ("customer",), "get", ALL), ("plans", (), "get", ALL), ("add_plan", (), "get", SALES),
    ("plan", ("plan",), "get", SALES), ("sale", ("plan",), "post", SALES), ("batches", (), "get", SALES),
    ("issue", (), "get", SALES), ("batch", ("batch",), "get", SALES), ("void_batch", ("batch",), "post", SALES),
    ("void_card", ("card",), "post", SALES), ("redeem", (), "get", FRONT), ("imports", (), "get", ADMIN),
    ("import_template", ("kind",), "get", ADMIN), ("import", ("run",), "get", ADMIN),
    ("import_apply", ("run",), "post", ADMIN), ("import_drop", ("run",), "post", ADMIN),
]


@pytest.fixture
def things(customer, plan, taken, batch, run):
    return {"contract": taken.pk, "customer": customer.pk, "plan": plan.pk, "batch": batch[0].pk,
            "card": batch[0].cards.first().pk, "kind": "customers", "run": run.pk}


def test_every_desk_page_lets_in_whom_it_should_and_nobody_else(things, contact, registered, client_for):
    """ACC-11, SEC-7: to others the desk does not exist"""
    everybody = {"visitor": Client(), "contact": client_for(contact), "registered": client_for(registered)}
    everybody |= {role: client_for(make_staff(f"De {role}", role)) for role in STAFF}
    for route, names, method, may in DESK:
        address = reverse(f"desk_contracts:{route}", args=[things[name] for name in names])
        for who, client in everybody.items():
            if method == "post" and who in may:
                continue  # what they do is told below
            status = getattr(client, method)(address).status_code
            if who in may:
                assert status == 200, (route, who)
            elif who == "visitor":
                assert status == 302, (route, who)
            else:
                assert status == (403 if who in ALL else 404), (route, who)


def test_no_page_changes_anything_by_get(things, administrator, client_for):
    """SEC-54"""
    client = client_for(administrator)
    for route, names, method, _may in DESK:
        if method == "post":
            assert client.get(reverse(f"desk_contracts:{route}", args=[things[name] for name in names])).status_code == 405


PORTAL = [("mine", ()), ("contract", ("contract",)), ("redeem", ())]


def test_portal_pages_are_for_contacts_and_another_customers_contract_does_not_exist(things, contact, member, own_only, other_contact, registered, operator, client_for):
    """ACC-11, SEC-7"""
    for actor in (contact, member, own_only):
        for route, names in PORTAL:
            assert client_for(actor).get(reverse(f"contracts:{route}", args=[things[name] for name in names])).status_code == 200
    assert client_for(other_contact).get(reverse("contracts:contract", args=[things["contract"]])).status_code == 404
    for actor in (registered, operator):
        assert client_for(actor).get(reverse("contracts:mine")).status_code == 403
    assert Client().get(reverse("contracts:mine")).status_code == 302


@pytest.mark.parametrize("language", ["es-mx", "en"])
def test_plans_are_for_anybody_and_standing_for_whoever_is_signed_in(plan, registered, contact, client_for, language):
    """ACC-9"""
    page = Client(headers={"accept-language": language}).get(reverse("contracts:plans"))
    assert page.status_code == 200 and b"Plus" in page.content and b"9,800.00" in page.content
    assert Client().get(reverse("contracts:standing")).status_code == 302
    for actor in (registered, contact):
        assert client_for(actor).get(reverse("contracts:standing")).status_code == 200


@pytest.mark.parametrize(
    ("route", "names", "statements"),
    [("list", (), 6), ("contract", ("contract",), 10), ("plans", (), 6), ("batches", (), 6), ("standing", ("customer",), 6)],
)
def test_desk_pages_take_few_statements(things, administrator, client_for, route, names, statements, django_assert_max_num_queries):
    """Statements include session and person."""
    client, address = client_for(administrator), reverse(f"desk_contracts:{route}", args=[things[name] for name in names])
    client.get(address)
    with django_assert_max_num_queries(statements):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(("route", "names", "statements"), [("mine", (), 6), ("contract", ("contract",), 6), ("standing", (), 5)])
def test_portal_pages_take_few_statements(things, contact, client_for, route, names, statements, django_assert_max_num_queries):
    """Statements include session and person."""
    client, address = client_for(contact), reverse(f"contracts:{route}", args=[things[name] for name in names])
    client.get(address)
    with django_assert_max_num_queries(statements):
        assert client.get(address).status_code == 200


def test_the_list_costs_the_same_however_many_contracts_there_are(customer, plan, administrator, client_for, django_assert_max_num_queries):
    """One statement for the rows, one page of fifty."""
    client = client_for(administrator)
    client.get(reverse("desk_contracts:list"))
    plan = commands.add_plan("Solo eventos", events=1, actor=SYSTEM, at=NOW())
    for _n in range(55):
        commands.sell_contract(customer, plan, timezone.localdate(NOW()), actor=SYSTEM, at=NOW())
    with django_assert_max_num_queries(5):  # session, person, policies, counts, rows
        page = client.get(reverse("desk_contracts:list"))
    assert page.content.count(b"<tr data-row>") == 50
    after = re.search(rb'href="\?([^"]*after=[^"]+)"', page.content)
    assert after is not None
    second = client.get(reverse("desk_contracts:list") + "?" + after[1].decode().replace("&amp;", "&"))
    assert second.content.count(b"<tr data-row>") == 5
    assert client.get(reverse("desk_contracts:list") + "?after=x").status_code == 422


def test_a_contract_is_sold_from_the_screen_once_for_each_form(customer, plan, sales, client_for):
    """CTR-1, CHG-10"""
    client = client_for(sales)
    first = client.get(reverse("desk_contracts:sell") + f"?customer={customer.pk}").content.decode()
    assert customer.nic_shown in first
    key = re.search(r'name="key" value="([^"]+)"', first)[1]
    form = {"customer": customer.nic_shown, "plan": plan.pk, "starts_on": "2026-11-11", "key": key}
    for _twice in range(2):
        assert client.post(reverse("desk_contracts:sell"), form).status_code == 302
    assert SupportContract.objects.count() == 1


def test_what_was_typed_is_kept_beside_the_error(plan, sales, client_for):
    """SEC-33"""
    page = client_for(sales).post(
        reverse("desk_contracts:sell"), {"customer": "99999-99", "plan": plan.pk, "starts_on": "2026-11-11"}
    )
    assert page.status_code == 422 and b"99999-99" in page.content and b"field-error" in page.content
    assert not SupportContract.objects.exists()


def test_fields_that_a_form_does_not_have_do_nothing(customer, plan, sales, administrator, client_for):
    """SEC-33"""
    client = client_for(sales)
    client.post(reverse("desk_contracts:sell"), {
        "customer": customer.nic_shown, "plan": plan.pk, "starts_on": "2026-11-11", "number": "X-1", "ends_on": "2040-01-01",
        "terms": "{}", "price": "0", "used": "1", "key": "k",
    })
    contract = SupportContract.objects.get()
    assert contract.number.startswith("P-") and contract.ends_on == date(2027, 11, 10)
    assert contract.terms["price"] == "9800.00"


@pytest.mark.parametrize("change", [{"events": "-1"}, {"events": "1.5"}, {"months": "0"}, {"price": "-1"}, {"currency": "pesos"},
                                    {"named_contacts_max": "0"}, {"name": ""}, {"events": "[]"}, {"events": ["1", "x"]}])
def test_a_plan_that_cannot_be_is_refused_beside_its_field(plan, sales, client_for, change):
    """SEC-33"""
    form = {"name": "Nuevo", "events": "1", "incidents": "1", "credits": "1", "months": "12", "price": "10", "currency": "MXN",
            "seen": plan.changed_at.isoformat()} | change
    page = client_for(sales).post(reverse("desk_contracts:plan", args=[plan.pk]), form)
    assert page.status_code == 422
    plan.refresh_from_db()
    assert (plan.name, plan.events) == ("Plus", 12)


def test_a_plan_that_moved_on_is_not_overwritten(plan, sales, administrator, client_for):
    """The page was stale: nothing was done"""
    seen = plan.changed_at.isoformat()
    commands.change_plan(plan, events=20, actor=administrator, at=NOW())
    form = {"name": "Plus", "events": "1", "incidents": "1", "credits": "1", "months": "12", "price": "10", "currency": "MXN", "seen": seen}
    assert client_for(sales).post(reverse("desk_contracts:plan", args=[plan.pk]), form).status_code == 409
    plan.refresh_from_db()
    assert plan.events == 20


def test_a_plan_is_added_and_changed_on_the_screen(sales, client_for):
    """CTR-1"""
    client = client_for(sales)
    form = {"name": "Oro", "events": "5", "incidents": "2", "credits": "9", "months": "6", "price": "1200.50", "currency": "MXN",
            "discount_percent": "15", "course_access": "on", "named_contacts_max": "3", "notes": "Visita anual"}
    assert client.post(reverse("desk_contracts:add_plan"), form).status_code == 302
    made = Plan.objects.get(name="Oro")
    assert made.benefits == {"discount_percent": 15, "course_access": True, "named_contacts_max": 3, "notes": "Visita anual"}
    assert client.post(reverse("desk_contracts:add_plan"), form).status_code == 422  # the name is taken
    client.post(reverse("desk_contracts:sale", args=[made.pk]), {"sale": "off"})
    made.refresh_from_db()
    assert not made.is_on_sale


def test_renewing_and_cancelling_on_the_screen(taken, plan, sales, client_for):
    """CTR-1"""
    client = client_for(sales)
    assert client.post(reverse("desk_contracts:renew", args=[taken.pk]), {"plan": plan.pk, "key": "k"}).status_code == 302
    assert client.post(reverse("desk_contracts:renew", args=[taken.pk]), {"plan": plan.pk, "key": "k2"}).status_code == 409
    assert client.post(reverse("desk_contracts:cancel", args=[taken.pk]), {"reason": ""}).status_code == 422
    assert client.post(reverse("desk_contracts:cancel", args=[taken.pk]), {"reason": "Devuelto"}).status_code == 302
    taken.refresh_from_db()
    assert taken.cancel_reason == "Devuelto"
    assert client.post(reverse("desk_contracts:cancel", args=[taken.pk]), {"reason": "Otra vez"}).status_code == 409
    assert client.get(reverse("desk_contracts:contract", args=[taken.pk])).status_code == 200


def test_the_codes_of_a_batch_are_on_one_page_and_on_no_other(sales, client_for):
    """CRD-1, SEC-45"""
    client = client_for(sales)
    form = {"name": "Otoño", "face_value": "10", "count": "3", "purpose": "sold", "redeem_until": "2027-01-31", "key": "k"}
    page = client.post(reverse("desk_contracts:issue"), form)
    codes = set(re.findall(r"<code>((?:[2-9A-Z]{4}-){4}[2-9A-Z]{4})</code>", page.content.decode()))
    assert page.status_code == 200 and len(codes) == 3
    assert "no-store" in page["Cache-Control"]
    batch = ServiceCardBatch.objects.get()
    assert batch.redeem_until is not None and batch.redeem_until.isoformat() == "2027-02-01T06:00:00+00:00"
    again = client.post(reverse("desk_contracts:issue"), form)
    others = [again, client.get(reverse("desk_contracts:batch", args=[batch.pk])), client.get(reverse("desk_contracts:batches"))]
    for other in others:
        assert not any(code in other.content.decode() for code in codes)
    assert ServiceCard.objects.count() == 3


def test_cards_are_voided_on_the_screen(batch, sales, client_for):
    """CRD-1"""
    client, (made, _codes) = client_for(sales), batch
    card = made.cards.first()
    client.post(reverse("desk_contracts:void_card", args=[card.pk]), {"reason": "Perdida"})
    card.refresh_from_db()
    assert card.state == "void"
    assert client.post(reverse("desk_contracts:void_batch", args=[made.pk]), {"all-reason": ""}).status_code == 422
    client.post(reverse("desk_contracts:void_batch", args=[made.pk]), {"all-reason": "Caja perdida"})
    assert {one.state for one in made.cards.all()} == {"void"}
    for state in ("", "open", "redeemed", "void", "else"):
        assert client.get(reverse("desk_contracts:batch", args=[made.pk]) + f"?state={state}").status_code == 200


def test_a_customer_redeems_a_card(customer, contact, batch, client_for):
    """CRD-1"""
    client, (_made, codes) = client_for(contact), batch
    wrong = client.post(reverse("contracts:redeem"), {"code": "nada", "key": "k"})
    assert wrong.status_code == 422 and b"field-error" in wrong.content
    for _twice in range(2):
        assert client.post(reverse("contracts:redeem"), {"code": codes[0], "key": "k1"}).status_code == 302
    assert left(customer)["credit"] == 10
    page = client.get(reverse("contracts:mine")).content.decode()
    assert codes[0][-4:] in page and codes[0] not in page


def test_a_guesser_is_told_to_wait(contact, client_for):
    """SEC-45"""
    client = client_for(contact)
    statuses = [client.post(reverse("contracts:redeem"), {"code": f"ABCD-EFGH-JKLM-NPQR-STU{n}"}).status_code for n in range(2, 9)]
    assert statuses == [422] * 6 + [429]


def test_the_customer_named_in_a_portal_form_is_not_believed(customer, other_customer, other_contact, batch, client_for):
    """SEC-8"""
    client_for(other_contact).post(
        reverse("contracts:redeem"), {"code": batch[1][0], "key": "k", "customer": customer.pk, "customer_id": customer.pk}
    )
    assert left(customer)["credit"] == 0 and left(other_customer)["credit"] == 10


def test_an_operator_redeems_for_a_caller(customer, operator, batch, client_for):
    """CRD-1, TEL-2"""
    page = client_for(operator).post(
        reverse("desk_contracts:redeem"), {"code": batch[1][0], "customer": customer.nic_shown, "key": "k"}
    )
    assert page.status_code == 302 and left(customer)["credit"] == 10


def test_names_on_a_contract(customer, contact, member, other_contact, client_for):
    """CTR-1, SEC-8"""
    plan = commands.add_plan("Uno", events=1, benefits={"named_contacts_max": 1}, actor=SYSTEM, at=NOW())
    contract = commands.sell_contract(customer, plan, timezone.localdate(NOW()), actor=SYSTEM, at=NOW() - timedelta(seconds=1))
    client, address = client_for(contact), reverse("contracts:name_contact", args=[contract.pk])
    assert client.get(reverse("contracts:contract", args=[contract.pk])).status_code == 200
    stranger = Contact.objects.get(pk=other_contact.contact_id).pk
    for wrong in (stranger, "x", "", "9" * 30):
        assert client.post(address, {"contact": wrong}).status_code == 404
    assert client_for(other_contact).post(address, {"contact": stranger}).status_code == 404
    assert client_for(member).post(address, {"contact": member.contact_id}).status_code == 403
    assert client.post(address, {"contact": member.contact_id}).status_code == 302
    assert client.get(reverse("contracts:contract", args=[contract.pk])).status_code == 200
    assert client.post(reverse("contracts:unname_contact", args=[contract.pk]), {"contact": member.contact_id}).status_code == 302


def test_a_customer_asks_sales_for_a_plan_once_a_day(customer, contact, plan, operator, client_for, facts):
    """ACC-8"""
    client = client_for(contact)
    for _twice in range(2):
        assert client.post(reverse("contracts:ask", args=[plan.pk]), {"words": "Para tres cajas"}).status_code == 302
    assert facts(customer).count("contract.asked") == 1
    assert client_for(operator).post(reverse("contracts:ask", args=[plan.pk])).status_code == 403


def test_staff_see_what_a_customer_can_use_as_he_sees_it(customer, taken, contact, operator, client_for):
    """ACC-9, TEL-1"""
    desk = client_for(operator).get(reverse("desk_contracts:standing", args=[customer.pk])).content.decode()
    portal = client_for(contact).get(reverse("contracts:standing")).content.decode()
    for page in (desk, portal):
        assert (page.count("standing-one"), page.count("is-allowed")) == (10, 9)
