"""Standing: who may use what, and why not. Section 2, ACC-1, ACC-2, ACC-3, ACC-5, ACC-6, ACC-7, ACC-8, ACC-9, ACC-10, ACC-11."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.conftest import NOON, make_contact, make_user
from amparo.contracts import access, commands
from amparo.contracts.errors import NoStanding
from amparo.contracts.rules.standing import (
    SERVICES,
    Asked,
    Ground,
    HeldContract,
    HeldLicence,
    allowed,
    judge,
    judge_every,
)
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.people.models import Contact
from amparo.people.queries import actor_by_id
from amparo.policies.commands import set_value
from amparo.products import commands as products
from amparo.products.rules import Installed

ASKED = Asked(NOON, None, 60)
NEW = Installed("10.1", date(2026, 10, 12), True, None, "10.1", date(2026, 10, 12))
OLD = Installed("9.2", date(2025, 1, 15), False, NOON - timedelta(days=61), "10.1", date(2026, 10, 12))
GRACE = replace(OLD, superseded_at=NOON - timedelta(days=59))
LICENCE = HeldLicence(1, 7, "Caja", NEW, "10.1", NOON - timedelta(days=61))
CONTRACT = HeldContract(1, "P-1", "Plus", NOON - timedelta(days=10), NOON + timedelta(days=355))
OVER = replace(CONTRACT, ends_at=NOON - timedelta(days=1))

VISITOR_GROUND = Ground()
UNVERIFIED = Ground(signed_in=True)
REGISTERED = Ground(signed_in=True, email_verified=True)
CUSTOMER = replace(REGISTERED, has_customer=True, nic="1048271")
LICENSED = replace(CUSTOMER, licences=(LICENCE,))
COVERED = replace(CUSTOMER, contracts=(CONTRACT,))
BOTH = replace(LICENSED, contracts=(CONTRACT,))
COVERED_SERVICES = {"case", "chat", "classroom", "remote", "development"}

TABLE = {
    "visitor": (VISITOR_GROUND, {"knowledge"}),
    "registered, e-mail not verified": (UNVERIFIED, {"knowledge"}),
    "registered": (REGISTERED, {"knowledge", "forum", "downloads"}),
    "customer": (CUSTOMER, {"knowledge", "forum", "downloads", "phone_limited"}),
    "licensed": (LICENSED, {"knowledge", "forum", "downloads", "phone_limited", "ticket"}),
    "covered, not licensed": (COVERED, {"knowledge", "forum", "downloads", "phone_limited"} | COVERED_SERVICES),
    "both": (BOTH, set(SERVICES)),
    "licensed in grace": (
        replace(CUSTOMER, licences=(replace(LICENCE, installed=GRACE),)),
        {"knowledge", "forum", "downloads", "phone_limited", "ticket"},
    ),
    "old version": (
        replace(CUSTOMER, licences=(replace(LICENCE, installed=OLD),)), {"knowledge", "forum", "downloads", "phone_limited"}
    ),
    "version not told": (
        replace(CUSTOMER, licences=(replace(LICENCE, installed=None),)), {"knowledge", "forum", "downloads", "phone_limited"}
    ),
    "contract over": (replace(CUSTOMER, contracts=(OVER,)), {"knowledge", "forum", "downloads", "phone_limited"}),
    "contract cancelled": (
        replace(CUSTOMER, contracts=(replace(CONTRACT, cancelled_at=NOON),)),
        {"knowledge", "forum", "downloads", "phone_limited"},
    ),
    "contract to come": (
        replace(CUSTOMER, contracts=(replace(CONTRACT, starts_at=NOON + timedelta(seconds=1)),)),
        {"knowledge", "forum", "downloads", "phone_limited"},
    ),
}


@pytest.mark.parametrize(("ground", "may"), TABLE.values(), ids=TABLE.keys())
def test_each_standing_opens_exactly_its_services(ground, may):
    """ACC-1, ACC-2, ACC-3, ACC-5, ACC-6, ACC-7, ACC-8"""
    assert {service for service in SERVICES if allowed(judge(service, ground, ASKED))} == may


FAILS = {
    "visitor": (VISITOR_GROUND, "ticket", "signed_in", "register"),
    "unverified": (UNVERIFIED, "forum", "email", "verify_email"),
    "registered": (REGISTERED, "ticket", "customer", "become_customer"),
    "no licence": (CUSTOMER, "ticket", "licence", "get_licence"),
    "not told": (replace(CUSTOMER, licences=(replace(LICENCE, installed=None),)), "ticket", "version", "declare_version"),
    "old": (replace(CUSTOMER, licences=(replace(LICENCE, installed=OLD),)), "ticket", "version", "get_update"),
    "no contract": (LICENSED, "case", "contract", "take_contract"),
    "over": (replace(LICENSED, contracts=(OVER,)), "development", "contract", "take_contract"),
    "not named": (
        replace(COVERED, contact_id=5, contracts=(replace(CONTRACT, named_max=1, names=frozenset({6})),)),
        "case", "named", "be_named",
    ),
}


@pytest.mark.parametrize(("ground", "service", "code", "remedy"), FAILS.values(), ids=FAILS.keys())
def test_the_first_failed_condition_names_its_remedy(ground, service, code, remedy):
    """ACC-9"""
    first = next(check for check in judge(service, ground, ASKED) if check.needed and not check.passed)
    assert (first.code, first.remedy) == (code, remedy)


def test_neither_a_licence_nor_a_contract_implies_the_other():
    """ACC-5, ACC-7"""
    assert allowed(judge("ticket", LICENSED, ASKED)) and not allowed(judge("case", LICENSED, ASKED))
    assert allowed(judge("case", COVERED, ASKED)) and not allowed(judge("ticket", COVERED, ASKED))


def test_a_ticket_needs_a_licence_of_its_own_product():
    """ACC-5"""
    assert allowed(judge("ticket", LICENSED, replace(ASKED, product_id=7)))
    assert not allowed(judge("ticket", LICENSED, replace(ASKED, product_id=8)))


@pytest.mark.parametrize(
    ("came_ago", "included"), [(5, True), (11, False)], ids=["came out in force", "came out before"]
)
def test_an_update_that_came_out_while_a_contract_was_in_force_is_included_for_ever(came_ago, included):
    """UPD-1, TKT-4"""
    over = replace(CONTRACT, ends_at=NOON - timedelta(days=2))
    held = replace(LICENCE, installed=OLD, current_from=NOON - timedelta(days=came_ago))
    check = judge("ticket", replace(CUSTOMER, licences=(held,), contracts=(over,)), ASKED)[-1]
    assert not check.passed and check.remedy == ("update" if included else "get_update")
    assert check.detail == ("version_old_included" if included else "version_old")


def test_having_nothing_left_is_told_but_refuses_nothing():
    """CHG-2: to ask for a quote costs nothing"""
    for left, passed in (({}, False), ({"credit": 0}, False), ({"credit": 1}, True)):
        checks = judge("case", replace(COVERED, units=left), ASKED)
        assert allowed(checks)
        assert next(check for check in checks if check.code == "units").passed is passed


def test_the_free_services_ask_for_no_units_and_no_contract():
    """ACC-10"""
    for service in ("knowledge", "forum", "downloads", "ticket", "phone_limited"):
        codes = {check.code for check in judge(service, BOTH, ASKED)}
        assert not codes & {"units", "contract", "named"}


def test_limited_contacts():
    """CTR-1"""
    limited = replace(CONTRACT, named_max=1)
    nobody = replace(COVERED, contact_id=5, contracts=(limited,))
    assert not allowed(judge("case", nobody, ASKED))
    assert allowed(judge("case", replace(nobody, is_administrator=True), ASKED))
    named = replace(COVERED, contact_id=5, contracts=(replace(limited, names=frozenset({5})),))
    assert allowed(judge("case", named, ASKED))
    assert allowed(judge("case", replace(nobody, by_staff=True), ASKED))
    assert allowed(judge("case", replace(nobody, contracts=(limited, CONTRACT)), ASKED))


moments = st.integers(-800, 800).map(lambda days: NOON + timedelta(days=days))
contracts = st.builds(
    lambda start, days, cancelled: HeldContract(1, "P-1", "Plus", start, start + timedelta(days=days), cancelled),
    moments, st.integers(1, 800), st.none() | moments,
)
installs = st.builds(
    lambda current, gone: Installed("9.2", date(2025, 1, 15), current, None if current else gone, "10.1", date(2026, 10, 12)),
    st.booleans(), st.none() | moments,
)
licences = st.builds(
    lambda product, installed, came: HeldLicence(1, product, "Caja", installed, "10.1", came),
    st.integers(1, 3), st.none() | installs, st.none() | moments,
)
grounds = st.builds(
    Ground, signed_in=st.booleans(), email_verified=st.booleans(), by_staff=st.booleans(), has_customer=st.booleans(),
    nic=st.just("1048271"), contact_id=st.just(5), is_administrator=st.booleans(),
    licences=st.lists(licences, max_size=3).map(tuple), contracts=st.lists(contracts, max_size=3).map(tuple),
    units=st.dictionaries(st.sampled_from(["event", "incident", "credit"]), st.integers(0, 5)),
)


@given(ground=grounds, product_id=st.none() | st.integers(1, 4))
def test_standing_is_what_section_2_says_word_for_word(ground, product_id):
    """Section 2, ACC-1, ACC-2, ACC-3, ACC-5, ACC-6, ACC-7, ACC-8: against the rules written a second time, plainly"""
    asked = Asked(NOON, product_id, 60)
    present = ground.signed_in or ground.by_staff
    verified = (ground.signed_in and ground.email_verified) or ground.by_staff

    def current(one: HeldLicence) -> bool:
        i = one.installed
        if i is None:
            return False
        return i.is_current or (i.superseded_at is not None and i.superseded_at + timedelta(days=60) > NOON)

    licensed = any(current(one) for one in ground.licences if product_id is None or one.product_id == product_id)
    in_force = any(
        c.starts_at <= NOON < c.ends_at and not (c.cancelled_at is not None and c.cancelled_at <= NOON) for c in ground.contracts
    )
    expected = {
        "knowledge": True,
        "forum": present and verified,
        "downloads": present and verified,
        "phone_limited": ground.has_customer,
        "ticket": present and ground.has_customer and licensed,
    } | dict.fromkeys(COVERED_SERVICES, present and ground.has_customer and in_force)
    found = {service: judge(service, ground, asked) for service in SERVICES}
    assert judge_every(SERVICES, ground, asked) == found
    assert {service: allowed(checks) for service, checks in found.items()} == expected
    for checks in found.values():
        assert all(check.remedy for check in checks if not check.passed)  # ACC-9: never a bare refusal


# --- with the database -----------------------------------------------------------------------------------------------


def may(actor, at=NOON, **kwargs):
    return {one.service for one in access.all_standings(actor, at, **kwargs) if one.allowed}


def test_standing_of_a_contact_follows_licences_and_contracts(contact, customer, licence, contract):
    """ACC-5, ACC-7: computed at the moment of use"""
    assert may(contact) == set(SERVICES)
    assert may(contact, contract.ends_at) == {"knowledge", "forum", "downloads", "phone_limited", "ticket"}
    one_second_before = contract.ends_at - timedelta(seconds=1)
    assert "case" in may(contact, one_second_before)


def test_a_new_release_strips_nobody_overnight(contact, licence, product):
    """Section 2: sixty days of grace, set"""
    release = products.add_release(product, "10.2", date(2026, 11, 12), actor=SYSTEM, at=NOON)
    at = NOON + timedelta(days=1)
    products.make_current(release, actor=SYSTEM, at=at)
    assert access.standing(contact, "ticket", at=at + timedelta(days=59, hours=23)).allowed
    refused = access.standing(contact, "ticket", at=at + timedelta(days=60))
    assert not refused.allowed and "10.1" in refused.why_not and "10.2" in refused.why_not
    set_value("products.grace_days", 90, from_at=at, actor=SYSTEM, at=at)
    assert access.standing(contact, "ticket", at=at + timedelta(days=60)).allowed


def test_visitors_and_registered_people(registered):
    """ACC-1, ACC-2, ACC-3"""
    assert may(VISITOR) == {"knowledge"}
    assert may(registered) == {"knowledge", "forum", "downloads"}
    from allauth.account.models import EmailAddress

    EmailAddress.objects.filter(user=registered.user_id).update(verified=False)
    assert may(registered) == {"knowledge"}


def test_a_contact_stands_for_its_own_customer_whatever_is_named(contact, other_contact, other_customer, customer, licence, contract):
    """ACC-11, SEC-8"""
    assert may(other_contact, customer_id=customer.pk) == {"knowledge", "forum", "downloads", "phone_limited"}
    assert may(contact, customer_id=other_customer.pk) == set(SERVICES)


def test_staff_ask_for_a_customer(operator, customer, other_customer, licence, contract):
    """TEL-1, ACC-9"""
    assert may(operator, customer_id=customer.pk) == set(SERVICES)
    assert "case" not in may(operator, customer_id=other_customer.pk)
    assert "case" not in may(operator)


def test_a_person_of_two_companies_stands_as_the_one_it_acts_for(customer, other_customer, licence, contract):
    """ACC-11"""
    user = make_user("Dos Empresas")
    for one in (customer, other_customer):
        Contact.objects.create(user=user, customer=one, company_role="member", created_at=NOON)
    for one, expected in ((customer, True), (other_customer, False)):
        user.acting_customer = one
        user.save()
        assert access.standing(actor_by_id(user.pk), "case", at=NOON).allowed is expected


def test_a_withdrawn_licence_and_a_switched_off_customer_stand_for_nothing(contact, operator, customer, licence, contract):
    """ACC-5, SEC-11"""
    products.withdraw_licence(licence, "Devuelta", actor=SYSTEM, at=NOON)
    assert not access.standing(contact, "ticket", at=NOON).allowed
    customer.is_active = False
    customer.save()
    assert not access.standing(operator, "case", at=NOON, customer_id=customer.pk).allowed


def test_a_named_contact_is_covered_and_a_removed_one_makes_room(customer, contact, member, sales):
    """CTR-1"""
    plan = commands.add_plan("Uno", events=1, benefits={"named_contacts_max": 1}, actor=sales, at=NOON)
    contract = commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON)
    assert access.standing(contact, "case", at=NOON).allowed  # nobody named yet: the company's administrator
    assert not access.standing(member, "case", at=NOON).allowed
    commands.name_contact(contract, Contact.objects.get(pk=member.contact_id), actor=sales, at=NOON)
    assert access.standing(member, "case", at=NOON).allowed
    assert not access.standing(contact, "case", at=NOON).allowed
    other = make_contact(customer, "Nueva Persona")
    assert not access.standing(other, "case", at=NOON).allowed


def test_require_raises_with_the_reason_and_the_way_out(contact, customer, product):
    """ACC-9, TKT-4"""
    with pytest.raises(NoStanding) as refused:
        access.require(contact, "ticket", at=NOON)
    assert refused.value.status == 403 and refused.value.context["standing"].service == "ticket"
    licence = products.register_licence("SERIE-0001", product, customer, actor=SYSTEM, at=NOON)
    with pytest.raises(NoStanding) as refused:
        access.require(contact, "ticket", at=NOON, product_id=product.pk)
    assert "Caja" in str(refused.value)
    products.declare_version(licence, product.releases.get(version="10.1"), actor=contact, at=NOON)
    assert access.require(contact, "ticket", at=NOON, product_id=product.pk).allowed


def test_every_answer_costs_one_statement(contact, licence, contract, django_assert_num_queries):
    """ACC-9: the portal's home shows all of it"""
    access.all_standings(contact, NOON)
    with django_assert_num_queries(1):
        access.all_standings(contact, NOON)
    with django_assert_num_queries(1):
        access.standing(contact, "case", at=NOON)


def test_an_end_at_midnight_is_an_end_in_the_service_zone(contact, contract):
    """Section 2: until its end date, inclusive"""
    assert access.standing(contact, "case", at=datetime(2027, 11, 11, 5, 59, 59, tzinfo=UTC)).allowed
    assert not access.standing(contact, "case", at=datetime(2027, 11, 11, 6, tzinfo=UTC)).allowed


@pytest.mark.parametrize(("service", "language"), list(itertools.product(SERVICES, ["es-mx", "en"])))
def test_every_refusal_is_a_sentence_in_both_languages(service, language, registered):
    """ACC-9"""
    from django.utils import translation

    with translation.override(language):
        for actor in (VISITOR, registered):
            found = access.standing(actor, service, at=NOON)
            for condition in found.conditions:
                assert condition.detail and "%(" not in condition.detail
            assert found.allowed or found.why_not
