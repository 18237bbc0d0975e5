"""Who x what: one table. ACC-11, CAS-4, CHG-1, CHG-3."""

from __future__ import annotations

import pytest
from django.urls import reverse

from amparo.cases import access, commands
from amparo.cases.queries import case_page
from amparo.conftest import NOON, make_contact, make_staff
from amparo.people.commands import remove_contact
from amparo.people.queries import actor_by_id

from .world import asked, attended, contact_row, contract_for, key, proposed

S, W, C, A, U = "see", "work", "consent", "accept", "uncharged"
# who -> what of a case of `member` (company role «member») of Abarrotes Lupita
TABLE = {
    "contact": {S, C, A},
    "member": {S, C, A},
    "own_only": set(),
    "other_contact": set(),
    "registered": set(),
    "operator": {S, W, C},
    "engineer": {S, W, C, U},
    "quality": {S},
    "sales": {S},
    "administrator": {S, W, C, U},
}
ACTS = {
    S: access.may_see, W: access.may_work, C: access.may_consent, A: access.may_accept_closing, U: access.may_close_uncharged,
}  # fmt: skip


@pytest.fixture
def case(contract, member):
    return asked(member)


@pytest.mark.parametrize("who", list(TABLE))
def test_who_may_do_what_with_a_case(case, who, request):
    """ACC-11, CAS-4"""
    actor = request.getfixturevalue(who)
    allowed = {act for act, may in ACTS.items() if may(actor, case)}
    assert allowed == TABLE[who]
    seen = S in TABLE[who]
    assert access.visible_to(actor).filter(pk=case.pk).exists() is seen
    assert access.may_see_id(actor, case.pk) is seen
    assert (case_page(actor, case.pk) is not None) is seen


@pytest.mark.parametrize("role", ["moderator", "rnd_director", "developer", "instructor", "editor"])
def test_the_other_roles_of_staff(case, role):
    """ACC-11"""
    actor = make_staff("Otra persona", role)
    assert access.may_see(actor, case) and access.may_work(actor, case) is (role == "developer")
    assert not access.may_accept_closing(actor, case)


def test_an_own_only_contact_sees_its_own(contract, own_only, contact):
    """ACC-11"""
    mine, theirs = asked(own_only), asked(contact)
    assert set(access.visible_to(own_only)) == {mine} and set(access.visible_to(contact)) == {mine, theirs}


def test_what_is_not_ones_own_is_not_there_on_any_page(contract, contact, engineer, other_customer, other_contact, own_only, registered, client_for):
    """ACC-11, SEC-7: every address of the portal and of the desk, as those who may not know."""
    from amparo.cases import urls

    contract_for(other_customer.pk)
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    body = {"seen": "1", "key": key(), "body": "x", "reasons": "x"}
    for actor in (other_contact, own_only, registered):
        client = client_for(actor)
        for route in urls.portal_urls:
            if "case_id" not in str(route.pattern):
                continue
            given = {"case_id": case.pk} | ({"need_id": 1, "choice": "now"} if "need_id" in str(route.pattern) else {})
            address = reverse(f"cases:{route.name}", kwargs=given)
            expected = 404 if actor.is_contact else 403
            assert {client.get(address).status_code, client.post(address, body).status_code} <= {expected, 405}, address
        for route in urls.desk_urls:
            given = {"case_id": case.pk} if "case_id" in str(route.pattern) else {}
            given |= {"charge_id": case.charge_id} if "charge_id" in str(route.pattern) else {}
            given |= {"need_id": 1} if "need_id" in str(route.pattern) else {}
            given |= {"what": "start"} if "what" in str(route.pattern) else {}
            given |= {"choice": "closing"} if "<str:choice>" in str(route.pattern) else {}
            address = reverse(f"desk_cases:{route.name}", kwargs=given)
            assert {client.get(address).status_code, client.post(address, body).status_code} <= {404, 405}, address
    case.refresh_from_db()
    assert case.state == "closing_proposed"


def test_staff_who_do_not_attend_cases_make_no_move(contract, contact, engineer, sales, quality, client_for):
    """ACC-11, COM-2"""
    case = attended(contact, engineer, "incident")
    for actor in (sales, quality):
        client = client_for(actor)
        for name in ("classify", "consent", "order", "closing", "need", "further", "procedure", "follow_up", "link"):
            assert client.get(reverse(f"desk_cases:{name}", args=[case.pk])).status_code == 403, name
        assert client.post(reverse("desk_cases:clock", args=[case.pk, "start"])).status_code == 403
        assert client.get(reverse("desk_cases:case", args=[case.pk])).status_code == 200
    case.refresh_from_db()
    assert case.clock_since is None


def test_visitors_are_sent_to_sign_in(contract, contact, client):
    """ACC-11"""
    case = asked(contact)
    for address in (reverse("cases:case", args=[case.pk]), reverse("desk_cases:case", args=[case.pk])):
        assert client.get(address).status_code == 302
        assert client.get(address, headers={"sec-fetch-mode": "cors"}).status_code == 401, "a script takes no page of sign-in for its answer"
        assert client.get(address, headers={"hx-request": "true", "sec-fetch-mode": "cors"}).status_code == 204, "a region sends the whole page"


def test_a_contact_who_was_removed_sees_and_decides_nothing_at_the_next_click(contract, contact, engineer, customer, client_for):
    """SEC-11: the right is computed at each use."""
    leaving = make_contact(customer, "Se Va", "member")
    client = client_for(leaving)
    case = proposed(attended(leaving, engineer, "incident"), engineer, "solved")
    assert client.get(reverse("cases:case", args=[case.pk])).status_code == 200
    remove_contact(contact_row(leaving), actor=contact, at=NOON)
    assert client.get(reverse("cases:case", args=[case.pk])).status_code == 403
    assert client.post(reverse("cases:accept_closing", args=[case.pk]), {"seen": case.closings.get().pk}).status_code == 403
    case.refresh_from_db()
    assert case.state == "closing_proposed" and not access.may_see(actor_by_id(leaving.user_id), case)


def test_an_old_tab_after_switching_the_company_writes_nothing(contract, contact, engineer, other_customer, client_for):
    """SEC-8"""
    from amparo.people.models import Contact, User

    contract_for(other_customer.pk)
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    Contact.objects.create(user_id=contact.user_id, customer=other_customer, company_role="administrator", created_at=NOON)
    User.objects.filter(pk=contact.user_id).update(acting_customer=other_customer)
    client = client_for(contact)
    for name in ("accept_closing", "write"):
        answer = client.post(reverse(f"cases:{name}", args=[case.pk]), {"seen": case.closings.get().pk, "body": "x", "reasons": "x"})
        assert answer.status_code == 404
    case.refresh_from_db()
    assert case.state == "closing_proposed"


def test_side_doors_ask_on_both_sides(contract, contact, engineer, other_customer, other_contact):
    """SEC-9: a follow-up and a link belong to one customer."""
    from amparo.cases.errors import LinkInvalid
    from amparo.kernel.refusals import NotPermitted

    contract_for(other_customer.pk)
    mine, theirs = asked(contact), asked(other_contact)
    with pytest.raises(LinkInvalid):
        commands.link_follow_up(mine, theirs, why="other", actor=engineer, at=NOON)
    with pytest.raises(NotPermitted):
        commands.open_follow_up(theirs, "x", "y", why="need", key=key(), actor=contact, at=NOON)
    with pytest.raises(NotPermitted):
        commands.write(theirs, "x", key=key(), actor=contact, at=NOON)
    with pytest.raises(LinkInvalid):
        commands.link_follow_up(mine, mine, why="other", actor=engineer, at=NOON)


def test_a_case_names_only_licences_of_its_customer(contract, contact, other_customer, engineer):
    """SEC-8"""
    from amparo.kernel.refusals import Invalid
    from amparo.products.models import Licence, Product

    product = Product.objects.create(code="caja", name="Caja", created_at=NOON)
    licence = Licence.objects.create(serial="AAA-111-BBB", serial_key="AAA111BBB", product=product, customer=other_customer, registered_at=NOON)
    for given in ({"licence_id": licence.pk}, {"product_id": 999_999}):
        with pytest.raises(Invalid):
            commands.open_case("x", "y", key=key(), actor=contact, at=NOON, **given)
