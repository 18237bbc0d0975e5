"""Products: releases, licences, versions, terminals. LIC-1, LIC-2, LIC-3, section 2."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from amparo.conftest import NOON, make_customer, make_staff
from amparo.kernel.actor import ROLES, SYSTEM
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.products import access, commands, queries
from amparo.products.errors import (
    CodeTaken,
    LicenceWithdrawn,
    NoTerminalLeft,
    OtherProduct,
    SerialNotTaken,
    SerialTaken,
    TerminalBound,
    TooFewTerminals,
    VersionTaken,
)
from amparo.products.models import Licence, Product, Release
from amparo.products.rules import Installed, counts_as_current, masked, serial_key, version_order

STAFF = list(ROLES)


@pytest.fixture
def product(db):
    """Caja: 9.2, then 10.1 since a month."""
    made = commands.add_product("caja", "Caja", actor=SYSTEM, at=NOON - timedelta(days=900))
    for version, days in (("9.2", 600), ("10.1", 30)):
        at = NOON - timedelta(days=days)
        commands.make_current(
            commands.add_release(made, version, at.date(), actor=SYSTEM, at=at), actor=SYSTEM, at=at
        )
    return made


@pytest.fixture
def licence(customer, product):
    return commands.register_licence("CAJA-7K2M-9XQ4-0001", product, customer, terminals=2, actor=SYSTEM, at=NOON)


def version(product: Product, text: str) -> Release:
    return product.releases.get(version=text)


# --- pure -------------------------------------------------------------------------------------------------------------


def test_a_version_counts_as_current_for_the_grace_after_its_successor():
    """Section 2, ACC-5"""
    old = Installed("9.2", date(2025, 1, 1), False, NOON, "10.1", date(2026, 10, 12))
    for days, current in ((0, True), (59.99, True), (60, False), (61, False)):
        assert counts_as_current(old, at=NOON + timedelta(days=days), grace_days=60) is current
    assert not counts_as_current(old, at=NOON, grace_days=0)


def test_whoever_tries_the_next_version_is_not_behind_and_an_old_one_never_current_is():
    """Section 2"""
    ahead = Installed("11.0b", date(2026, 11, 1), False, None, "10.1", date(2026, 10, 12))
    ancient = Installed("5.0", date(2015, 1, 1), False, None, "10.1", date(2026, 10, 12))
    assert counts_as_current(ahead, at=NOON, grace_days=60) and not counts_as_current(ancient, at=NOON, grace_days=60)
    assert counts_as_current(Installed("1.0", date(2020, 1, 1), False, NOON), at=NOON + timedelta(days=999), grace_days=60)


@pytest.mark.parametrize(
    ("text", "key"),
    [("caja-7k2m 9xq4.0001", "CAJA7K2M9XQ40001"), ("ABC123", "ABC123"), ("abc12", None), ("A" * 41, None), ("ABC-12é", None), ("", None), ("ABC'123", None)],
)
def test_serials_are_compared_by_letters_and_digits(text, key):
    """LIC-1"""
    assert serial_key(text) == key


@given(st.from_regex(r"[0-9A-Z]{6,40}", fullmatch=True))
def test_a_masked_serial_shows_four_signs(serial):
    """SEC-45"""
    assert masked(serial).removeprefix("•••• ") == serial[-4:]


def test_versions_sort_as_people_count():
    versions = ["10.1", "9.2", "10.0", "9.10", "10.0b", "10"]
    assert sorted(versions, key=version_order) == ["9.2", "9.10", "10", "10.0", "10.0b", "10.1"]


# --- releases -----------------------------------------------------------------------------------------------------------


def test_one_release_is_current_and_the_one_before_is_superseded(product, facts):
    """LIC-1"""
    assert list(product.releases.filter(is_current=True).values_list("version", flat=True)) == ["10.1"]
    assert version(product, "9.2").superseded_at == NOON - timedelta(days=30)
    assert facts(product) == ["product.added", *["release.added", "release.made_current"] * 2]
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.filter(product=product).update(is_current=True, superseded_at=None)


def test_making_it_current_again_changes_nothing_and_going_back_works(product):
    """LIC-1: a withdrawn release"""
    commands.make_current(version(product, "10.1"), actor=SYSTEM, at=NOON)
    assert version(product, "10.1").current_from == NOON - timedelta(days=30)
    commands.make_current(version(product, "9.2"), actor=SYSTEM, at=NOON)
    assert version(product, "9.2").superseded_at is None and version(product, "10.1").superseded_at == NOON


def test_codes_and_versions_are_used_once(product):
    """LIC-1"""
    with pytest.raises(CodeTaken):
        commands.add_product("caja", "Otra", actor=SYSTEM, at=NOON)
    with pytest.raises(VersionTaken):
        commands.add_release(product, "10.1", date(2026, 1, 1), actor=SYSTEM, at=NOON)


# --- licences -----------------------------------------------------------------------------------------------------------


def test_a_serial_is_registered_once_however_it_is_written(licence, product, other_customer, facts):
    """LIC-1"""
    with pytest.raises(SerialTaken):
        commands.register_licence("caja 7k2m 9xq4 0001", product, other_customer, actor=SYSTEM, at=NOON)
    with pytest.raises(SerialNotTaken):
        commands.register_licence("no", product, other_customer, actor=SYSTEM, at=NOON)
    with pytest.raises(Invalid):
        commands.register_licence("SERIE-1", product, other_customer, terminals=0, actor=SYSTEM, at=NOON)
    assert facts(licence) == ["licence.registered"]


def test_the_same_key_registers_once(product, customer, operator):
    """CHG-10"""
    made = [commands.register_licence("SERIE-0001", product, customer, actor=operator, at=NOON, key="k") for _n in range(2)]
    assert made[0] == made[1]


def test_the_whole_serial_stands_on_no_fact(licence):
    """SEC-45"""
    from amparo.history.models import Fact

    bodies = " ".join(Fact.objects.filter(subject=licence.subject).values_list("body", flat=True))
    assert "CAJA7K2M" not in bodies and "7K2M" not in bodies


def test_the_version_is_declared_by_a_contact_and_confirmed_by_staff(licence, product, contact, operator, other_contact, facts):
    """LIC-3"""
    assert not queries.is_current(licence, NOON)
    licence = commands.declare_version(licence, version(product, "10.1"), actor=contact, at=NOON)
    assert queries.is_current(licence, NOON) and licence.version_source == "declared"
    licence = commands.confirm_version(licence, version(product, "9.2"), actor=operator, at=NOON)
    assert licence.version_source == "confirmed" and queries.is_current(licence, NOON)
    assert not queries.is_current(licence, NOON + timedelta(days=30))
    for act, actor in ((commands.declare_version, operator), (commands.declare_version, other_contact), (commands.confirm_version, contact)):
        with pytest.raises(NotPermitted):
            act(licence, version(product, "10.1"), actor=actor, at=NOON)
    assert facts(licence)[1:] == ["licence.version_declared", "licence.version_confirmed"]


def test_a_version_of_another_product_is_refused(licence, contact):
    """LIC-3, SEC-8"""
    other = commands.add_product("otro", "Otro", actor=SYSTEM, at=NOON)
    release = commands.add_release(other, "1.0", date(2026, 1, 1), actor=SYSTEM, at=NOON)
    with pytest.raises(OtherProduct):
        commands.declare_version(licence, release, actor=contact, at=NOON)


def test_terminals_are_limited_and_a_released_one_makes_room(licence, operator, contact, own_only):
    """LIC-2"""
    one = commands.bind_terminal(licence, "Caja 1", "aa bb 1", actor=operator, at=NOON)
    with pytest.raises(TerminalBound):
        commands.bind_terminal(licence, "Otra vez", "AABB1", actor=operator, at=NOON)
    commands.bind_terminal(licence, "Caja 2", "AABB2", actor=contact, at=NOON)
    with pytest.raises(NoTerminalLeft):
        commands.bind_terminal(licence, "Caja 3", "AABB3", actor=operator, at=NOON)
    with pytest.raises(TooFewTerminals):
        commands.change_terminals(licence, 1, actor=operator, at=NOON)
    with pytest.raises(NotPermitted):
        commands.release_terminal(one, actor=own_only, at=NOON)
    for _twice in range(2):
        commands.release_terminal(one, actor=contact, at=NOON)
    commands.bind_terminal(licence, "Caja 3", "AABB3", actor=operator, at=NOON)
    commands.change_terminals(licence, 5, actor=operator, at=NOON)
    commands.bind_terminal(licence, "Caja 1", "AABB1", actor=operator, at=NOON)


def test_a_withdrawn_licence_is_never_current_and_takes_no_act(licence, product, sales, operator, contact):
    """LIC-1"""
    commands.confirm_version(licence, version(product, "10.1"), actor=operator, at=NOON)
    licence = commands.withdraw_licence(licence, "Devuelta", actor=sales, at=NOON)
    assert not queries.is_current(licence, NOON)
    for act in (
        lambda: commands.declare_version(licence, version(product, "10.1"), actor=contact, at=NOON),
        lambda: commands.bind_terminal(licence, "C", "X", actor=operator, at=NOON),
        lambda: commands.withdraw_licence(licence, "Otra", actor=sales, at=NOON),
    ):
        with pytest.raises(LicenceWithdrawn):
            act()


def test_who_may_do_what(product, customer, licence, contact):
    """ACC-11"""
    for role in STAFF:
        actor = make_staff(f"De {role}", role)
        assert access.may_edit_products(actor) is (role in ("developer", "administrator"))
        assert access.may_register(actor) is (role in ("operator", "engineer", "sales", "administrator"))
        assert access.may_withdraw(actor) is (role in ("sales", "administrator"))
        assert access.may_check_serial(actor, licence) is (role in ("operator", "engineer", "sales", "administrator"))
        assert not access.may_read_serial(actor, licence)
    for act in (
        lambda: commands.add_product("x", "X", actor=contact, at=NOON),
        lambda: commands.add_release(product, "1", date(2026, 1, 1), actor=contact, at=NOON),
        lambda: commands.make_current(version(product, "9.2"), actor=contact, at=NOON),
        lambda: commands.register_licence("SERIE-9", product, customer, actor=contact, at=NOON),
        lambda: commands.change_terminals(licence, 9, actor=contact, at=NOON),
        lambda: commands.withdraw_licence(licence, "x", actor=contact, at=NOON),
        lambda: commands.change_product(product, name="X", description="", is_active=False, actor=contact, at=NOON),
    ):
        with pytest.raises(NotPermitted):
            act()


def test_licences_are_found_by_serial_and_by_its_beginning(licence, product, customer, django_assert_num_queries):
    """TEL-1: one indexed statement"""
    for n in range(30):
        commands.register_licence(f"CAJB-{n:06}", product, customer, actor=SYSTEM, at=NOON)
    with django_assert_num_queries(1):
        (found,) = queries.find_by_serial("caja-7k2m")
    assert (found["id"], found["customer_id"], found["nic"]) == (licence.pk, customer.pk, customer.nic)
    assert [row["id"] for row in queries.find_by_serial("CAJA 7K2M 9XQ4 0001")] == [licence.pk]
    assert len(queries.find_by_serial("cajb")) == queries.FOUND_MAX
    assert queries.find_by_serial("caj") == queries.find_by_serial("%%%%") == queries.find_by_serial("ZZZZ") == []
    assert queries.by_serial("caja 7k2m9xq4-0001") == licence and queries.by_serial("x") is None


def test_the_search_by_serial_uses_its_index(licence):
    """TEL-1: under 100 ms over 100,000 customers"""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM products_licence WHERE serial_key LIKE 'CAJA7K%'")
        plan = " ".join(row[0] for row in cursor.fetchall())
    assert "Index" in plan and "serial_key" in plan


# --- pages --------------------------------------------------------------------------------------------------------------

DESK = [
    ("list", (), set(STAFF)), ("add", (), {"developer", "administrator"}), ("product", ("product",), set(STAFF)),
    ("licences", (), set(STAFF)), ("register", (), {"operator", "engineer", "sales", "administrator"}),
    ("licence", ("licence",), set(STAFF)), ("of_customer", ("customer",), set(STAFF)),
]
EDITORS, FRONT = {"developer", "administrator"}, {"operator", "engineer", "sales", "administrator"}
POSTS = {
    ("change", "product"): EDITORS, ("add_release", "product"): EDITORS, ("make_current", "release"): EDITORS,
    ("confirm_version", "licence"): FRONT, ("change_terminals", "licence"): FRONT, ("withdraw", "licence"): {"sales", "administrator"},
}


@pytest.fixture
def things(product, customer, licence):
    terminal = commands.bind_terminal(licence, "Caja 1", "AA1", actor=SYSTEM, at=NOON)
    return {"product": product.pk, "customer": customer.pk, "licence": licence.pk, "release": version(product, "9.2").pk,
            "terminal": terminal.pk}


def test_every_desk_page_lets_in_whom_it_should(things, contact, registered, client_for):
    """ACC-11, SEC-7"""
    clients = {role: client_for(make_staff(f"De {role}", role)) for role in STAFF}
    outside = {"contact": client_for(contact), "registered": client_for(registered)}
    for route, names, may in DESK:
        address = reverse(f"desk_products:{route}", args=[things[name] for name in names])
        for role, client in clients.items():
            assert client.get(address).status_code == (200 if role in may else 403), (route, role)
        for client in outside.values():
            assert client.get(address).status_code == 404
        assert Client().get(address).status_code == 302
    for (route, name), may in POSTS.items():
        address = reverse(f"desk_products:{route}", args=[things[name]])
        for role, client in clients.items():
            assert client.get(address).status_code in (403, 405)
            if role not in may:
                assert client.post(address).status_code == 403, (route, role)
        assert outside["contact"].post(address).status_code == 404


def test_the_whole_serial_is_its_owners_and_staff_find_it_by_what_they_are_told(things, licence, contact, own_only, member, client_for):
    """SEC-45, TEL-1"""
    desk = [reverse("desk_products:licence", args=[licence.pk]), reverse("desk_products:of_customer", args=[things["customer"]]),
            reverse("desk_products:licences") + "?q=CAJA-7K2M"]
    for role in ("editor", "operator", "administrator"):
        client = client_for(make_staff(f"De {role}", role))
        for address in desk:
            page = client.get(address).content.decode()
            assert licence.serial not in page and licence.serial[-4:] in page, (role, address)
    for actor, whole in ((contact, True), (member, False), (own_only, False)):
        for address in (reverse("products:licences"), reverse("products:licence", args=[licence.pk])):
            page = client_for(actor).get(address).content.decode()
            assert (licence.serial in page) is whole and licence.serial[-4:] in page


def test_another_customers_licence_does_not_exist(things, licence, product, other_contact, client_for):
    """SEC-7, SEC-8"""
    client = client_for(other_contact)
    for route, name in (("licence", "licence"), ("declare", "licence")):
        method = client.get if route == "licence" else client.post
        assert method(reverse(f"products:{route}", args=[things[name]]), {"version": things["release"]}).status_code == 404
    licence.refresh_from_db()
    assert licence.installed is None


def test_a_contact_declares_on_the_screen(things, licence, product, contact, client_for):
    """LIC-2, LIC-3"""
    client = client_for(contact)
    client.post(reverse("products:declare", args=[licence.pk]), {"version": version(product, "10.1").pk})
    licence.refresh_from_db()
    assert licence.version_source == "declared"
    other = commands.add_product("otro", "Otro", actor=SYSTEM, at=NOON)
    foreign = commands.add_release(other, "1.0", date(2026, 1, 1), actor=SYSTEM, at=NOON)
    for wrong in (foreign.pk, "", "x", "99999999999999999999"):
        client.post(reverse("products:declare", args=[licence.pk]), {"version": wrong})
    licence.refresh_from_db()
    assert licence.installed.version == "10.1"


def test_staff_register_and_confirm_on_the_screen(product, customer, operator, client_for):
    """LIC-1, TEL-2"""
    client = client_for(operator)
    form = {"customer": customer.nic_shown, "product": product.pk, "serial": "SERIE-0001", "terminals": "2", "version": "10.1", "key": "k"}
    assert client.get(reverse("desk_products:register") + f"?customer={customer.pk}").content.decode().count(customer.nic_shown)
    for wrong in ({"customer": "1"}, {"version": "77"}, {"serial": "x"}, {"terminals": "0"}):
        assert client.post(reverse("desk_products:register"), form | wrong | {"key": "w"}).status_code == 422
    for _twice in range(2):
        assert client.post(reverse("desk_products:register"), form).status_code == 302
    licence = Licence.objects.get()
    assert licence.version_source == "confirmed"
    client.post(reverse("desk_products:confirm_version", args=[licence.pk]), {"version": version(product, "9.2").pk})
    client.post(reverse("desk_products:change_terminals", args=[licence.pk]), {"terminals": "7"})
    licence.refresh_from_db()
    assert (licence.installed.version, licence.terminals) == ("9.2", 7)


def test_developers_keep_products_and_releases_on_the_screen(product, client_for):
    """LIC-1"""
    client = client_for(make_staff("Dora Desarrollo", "developer"))
    assert client.post(reverse("desk_products:add"), {"code": "caja", "name": "X"}).status_code == 422
    assert client.post(reverse("desk_products:add"), {"code": "almacen", "name": "Almacén"}).status_code == 302
    new = reverse("desk_products:add_release", args=[product.pk])
    assert client.post(new, {"version": "10.1", "released_on": "2026-12-01"}).status_code == 422
    assert client.post(new, {"version": "10.2", "released_on": "2026-12-01"}).status_code == 302
    client.post(reverse("desk_products:make_current", args=[version(product, "10.2").pk]))
    assert queries.current_release(product).version == "10.2"
    change = reverse("desk_products:change", args=[product.pk])
    assert client.post(change, {"name": ""}).status_code == 422
    assert client.post(change, {"name": "Caja Plus", "description": ""}).status_code == 302
    product.refresh_from_db()
    assert (product.name, product.is_active) == ("Caja Plus", False)


def test_pages_take_few_statements(things, customer, product, contact, operator, client_for, django_assert_max_num_queries):
    """The same for one licence or fifty"""
    for n in range(50):
        commands.register_licence(f"SERIE-{n:04}", product, customer, actor=SYSTEM, at=NOON)
    desk, portal = client_for(operator), client_for(contact)
    for client, address in (
        (desk, reverse("desk_products:list")), (desk, reverse("desk_products:licences") + "?q=SERIE"),
        (desk, reverse("desk_products:of_customer", args=[customer.pk])), (portal, reverse("products:licences")),
    ):
        client.get(address)
        with django_assert_max_num_queries(6):
            assert client.get(address).status_code == 200


def test_a_customer_with_the_same_serials_elsewhere_sees_only_his_own(product, customer, other_contact, licence, client_for):
    """ACC-11"""
    commands.register_licence("OTRA-0001", product, make_customer("Tercero"), actor=SYSTEM, at=NOON)
    page = client_for(other_contact).get(reverse("products:licences")).content.decode()
    assert "0001" not in page
