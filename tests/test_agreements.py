"""Agreements on the way to a service: asked once for each version when something new begins, never elsewhere. AGR-1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amparo.agreements import commands as agreements
from amparo.agreements.tests.conftest import make_version, next_version, yes
from amparo.cases import commands as cases
from amparo.conftest import NOON
from amparo.contracts import access as standing
from amparo.contracts.errors import NoStanding
from amparo.kernel.actor import SYSTEM
from amparo.tickets import commands as tickets

pytestmark = pytest.mark.django_db


def open_case(actor, key: str, **more):
    return cases.open_case("No imprime", "Desde hoy.", key=key, actor=actor, at=NOON, **more)


def test_a_new_case_asks_and_the_way_out_leads_back(whole_world, client_for):
    """AGR-1, ACC-9"""
    version, admin = make_version(), whole_world.mine.admin
    with pytest.raises(NoStanding) as refusal:
        open_case(admin, "k1")
    found = refusal.value.context["standing"]
    condition = next(one for one in found.conditions if one.code == "agreement")
    assert not condition.passed and "Condiciones soporte" in condition.detail
    assert condition.remedy and condition.remedy.url == "/agreements/accept/?service=case&next=%2Fcases%2Fnew%2F"
    page = client_for(admin).get("/cases/new/")
    assert page.status_code == 403 and "/agreements/accept/?service=case" in page.content.decode()
    yes(version, admin)
    assert open_case(admin, "k1").pk
    after = standing.standing(admin, "case", at=NOON)
    assert after.allowed and "versión 1" in next(one for one in after.conditions if one.code == "agreement").detail


def test_what_is_under_way_goes_on(whole_world):
    """AGR-1: consent, writing, the closing and the ticket that is open ask for nothing."""
    mine, engineer = whole_world.mine, whole_world.staff["engineer"]
    version = make_version()
    yes(version, mine.admin, at=NOON)
    case = open_case(mine.admin, "k1")
    cases.classify(case, kind="advisory", explanation="Se atiende como asesoría", key="c1", actor=engineer, at=NOON)
    case.refresh_from_db()
    later = NOON + timedelta(minutes=5)
    next_version(version, "Otro texto.", starts_at=later)
    with pytest.raises(NoStanding):
        cases.open_case("Otro", "Desde hoy.", key="k2", actor=mine.admin, at=later)
    cases.write(case, "Sigue igual.", key="w1", actor=mine.admin, at=later)
    cases.consent(case, seen=case.classification, actor=mine.admin, at=later)
    tickets.write(mine.ticket, "Sigue igual.", key="w2", actor=mine.admin, at=later)
    assert standing.standing_going_on(mine.admin, "case", at=later).allowed


def test_only_what_it_governs_asks(whole_world):
    """AGR-1: a ticket, reading, and another service ask for nothing."""
    make_version("desarrollo", services=("development",))
    found = {one.service: one.allowed for one in standing.all_standings(whole_world.mine.admin, NOON)}
    assert not found["development"] and found["case"] and found["ticket"] and found["knowledge"]
    assert open_case(whole_world.mine.admin, "k1").pk
    visitor = standing.all_standings(whole_world.registered, NOON)
    assert all(one.code != "agreement" for service in visitor for one in service.conditions)


def test_a_member_is_told_who_accepts_and_staff_read_it_out(whole_world):
    """AGR-1, ACC-9, TEL-2"""
    version, mine, operator = make_version(), whole_world.mine, whole_world.staff["operator"]
    told = standing.standing(mine.member, "case", at=NOON)
    assert "administrador" in told.why_not and told.remedy and told.remedy.url.startswith("/agreements/accept/")
    by_staff = standing.standing(operator, "case", at=NOON, customer_id=mine.customer.pk)
    assert by_staff.remedy and by_staff.remedy.url == f"/desk/agreements/by-telephone/?customer={mine.customer.pk}&service=case"
    agreements.accept_by_telephone(
        version, mine.customer.pk, contact_id=mine.admin.contact_id, capacity="Dueña", seen=version.hash_es, actor=operator, at=NOON
    )
    assert open_case(operator, "k1", contact_id=mine.contact.pk).pk


def test_standing_still_asks_one_statement(whole_world):
    """ACC-9: agreements ride in the statement that gathers all."""
    admin = whole_world.mine.admin
    for code in ("soporte", "generales", "otro"):
        yes(make_version(code, services=("case", "development")), admin)
    standing.all_standings(admin, NOON)
    with CaptureQueriesContext(connection) as captured:
        assert all(one.allowed for one in standing.all_standings(admin, NOON) if one.service in ("case", "development"))
    assert len(captured) == 1


def test_nothing_else_stands_in_the_way(whole_world, client_for):
    """AGR-1: reading, matters under way and signing out work while something waits."""
    make_version("todo", services=("case", "ticket", "development", "phone_limited", "downloads"))
    browser, mine = client_for(whole_world.mine.admin), whole_world.mine
    for path in ("/", "/agreements/", f"/cases/{mine.case.pk}/", f"/tickets/{mine.ticket.pk}/", "/statements/", "/contracts/standing/"):
        assert browser.get(path).status_code == 200, path
    assert browser.post("/account/logout/").status_code == 302


def test_a_new_ticket_asks_too_where_it_is_governed(whole_world, client_for):
    """AGR-1"""
    version, mine = make_version(services=("ticket",)), whole_world.mine
    with pytest.raises(NoStanding):
        tickets.open_ticket("Otra", "Texto", whole_world.product.pk, key="t9", actor=mine.admin, at=NOON)
    page = client_for(mine.admin).get("/tickets/new/").content.decode()
    assert "/agreements/accept/?service=ticket" in page
    agreements.govern(version.agreement, [], asked_from=None, actor=SYSTEM, at=NOON)
    assert tickets.open_ticket("Otra", "Texto", whole_world.product.pk, key="t9", actor=mine.admin, at=NOON).pk
