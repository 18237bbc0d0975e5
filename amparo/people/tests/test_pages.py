"""Who may open which page of people, and what the pages do. ACC-11."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from amparo.conftest import NOON, PASSWORD, make_contact, make_customer
from amparo.kernel.actor import VISITOR
from amparo.people import commands
from amparo.people.models import Contact, Customer, Invitation, StaffRole, User

pytestmark = pytest.mark.django_db
WHO = ("visitor", "registered", "contact", "member", "own_only", "other_contact", "operator", "quality", "sales", "administrator")
SIGN_IN, OK, NO, NONE = 302, 200, 403, 404
# Rows: page, then what each of WHO gets.
TABLE = {
    "people:profile":          (SIGN_IN, OK, OK, OK, OK, OK, OK, OK, OK, OK),
    "people:security":         (SIGN_IN, OK, OK, OK, OK, OK, OK, OK, OK, OK),
    "people:sessions":         (SIGN_IN, OK, OK, OK, OK, OK, OK, OK, OK, OK),
    "people:company":          (SIGN_IN, NO, OK, OK, OK, OK, NO, NO, NO, NO),
    "people:invite":           (SIGN_IN, NO, OK, OK, OK, OK, NO, NO, NO, NO),
    "people:contact own":      (SIGN_IN, NO, OK, OK, OK, NONE, NO, NO, NO, NO),
    "desk_people:list":        (SIGN_IN, NONE, NONE, NONE, NONE, NONE, OK, OK, OK, OK),
    "desk_people:customer":    (SIGN_IN, NONE, NONE, NONE, NONE, NONE, OK, OK, OK, OK),
    "desk_people:register":    (SIGN_IN, NONE, NONE, NONE, NONE, NONE, OK, NO, OK, OK),
    "desk_people:change":      (SIGN_IN, NONE, NONE, NONE, NONE, NONE, OK, NO, OK, OK),
    "desk_people:add_contact": (SIGN_IN, NONE, NONE, NONE, NONE, NONE, OK, NO, OK, OK),
    "desk_people:contact":     (SIGN_IN, NONE, NONE, NONE, NONE, NONE, OK, NO, OK, OK),
    "desk_people:staff":       (SIGN_IN, NONE, NONE, NONE, NONE, NONE, OK, OK, OK, OK),
    "desk_people:invite_staff": (SIGN_IN, NONE, NONE, NONE, NONE, NONE, NO, NO, NO, OK),
    "desk_people:member":      (SIGN_IN, NONE, NONE, NONE, NONE, NONE, NO, NO, NO, OK),
}  # fmt: skip


def address(page: str, request) -> str:
    customer, contact = request.getfixturevalue("customer"), request.getfixturevalue("contact")
    arguments = {
        "people:contact own": ("people:contact", [contact.contact_id]),
        "desk_people:customer": ("desk_people:customer", [customer.pk]),
        "desk_people:change": ("desk_people:change", [customer.pk]),
        "desk_people:add_contact": ("desk_people:add_contact", [customer.pk]),
        "desk_people:contact": ("desk_people:contact", [customer.pk, contact.contact_id]),
        "desk_people:member": ("desk_people:member", [request.getfixturevalue("operator").user_id]),
    }
    name, args = arguments.get(page, (page, []))
    return reverse(name, args=args)


@pytest.mark.parametrize("page", TABLE)
def test_who_may_open_what(page, request, client_for):
    """ACC-11, SEC-53"""
    for who, expected in zip(WHO, TABLE[page], strict=True):
        actor = VISITOR if who == "visitor" else request.getfixturevalue(who)
        response = client_for(actor).get(address(page, request))
        assert response.status_code == expected, (page, who, response.status_code)


POSTS = [
    ("people:remove_contact", "contact", {}, ("other_contact", "registered", "quality")),
    ("people:contact", "contact", {"company_role": "own"}, ("other_contact", "registered", "quality", "member")),
    ("people:company_address", "", {"phone": "", "email": "", "address": "x"}, ("registered", "member", "quality")),
    ("people:invite", "", {"email": "x@ejemplo.mx", "name": "X", "company_role": "member", "language": "en"},
     ("registered", "member", "own_only")),
    ("desk_people:deactivate", "customer", {}, ("contact", "registered", "operator", "quality")),
    ("desk_people:change", "customer", {"name": "X"}, ("contact", "registered", "quality")),
    ("desk_people:remove_contact", "customer contact", {}, ("contact", "quality")),
    ("desk_people:member", "operator", {"roles": ["administrator"]}, ("contact", "operator", "sales", "quality")),
    ("desk_people:switch_member", "operator deactivate", {}, ("contact", "operator", "sales")),
    ("desk_people:invite_staff", "", {"email": "x@ejemplo.mx", "name": "X", "roles": ["engineer"], "language": "en"},
     ("contact", "operator", "sales")),
]  # fmt: skip


@pytest.mark.parametrize("case", POSTS, ids=lambda case: case[0])
def test_who_may_not_act(case, request, client_for, customer, contact, operator):
    """ACC-11, SEC-8, SEC-53: refused, and nothing written."""
    name, arguments, form, people = case
    values = {"contact": contact.contact_id, "customer": customer.pk, "operator": operator.user_id}
    url = reverse(name, args=[values.get(word, word) for word in arguments.split()])
    for who in people:
        actor = request.getfixturevalue(who)
        before = (Contact.objects.filter(removed_at=None).count(), Invitation.objects.count(),
                  sorted(Contact.objects.values_list("company_role", flat=True)), sorted(StaffRole.objects.values_list("user", "role")),
                  sorted(Customer.objects.values_list("name", "address", "is_active")))  # fmt: skip
        response = client_for(actor).post(url, {**form, "seen": actor.customer_id or ""})
        assert response.status_code in (403, 404), (name, who, response.status_code)
        after = (Contact.objects.filter(removed_at=None).count(), Invitation.objects.count(),
                 sorted(Contact.objects.values_list("company_role", flat=True)), sorted(StaffRole.objects.values_list("user", "role")),
                 sorted(Customer.objects.values_list("name", "address", "is_active")))  # fmt: skip
        assert after == before, (name, who)


def test_an_operator_registers_a_customer_and_invites_its_contact(client_for, operator, deliver, mailoutbox):
    """TEL-2: NIC at once; the letter after commit."""
    client = client_for(operator)
    form = {"name": "Papelería Núñez", "kind": "company", "country": "MX", "phone": "55 1234 5678", "key": "k1"}
    response = client.post(reverse("desk_people:register"), form)
    customer = Customer.objects.get()
    assert response["Location"] == reverse("desk_people:customer", args=[customer.pk])
    assert client.post(reverse("desk_people:register"), form)["Location"] == response["Location"]
    assert Customer.objects.count() == 1
    page = client.get(response["Location"]).content.decode()
    assert customer.nic_shown in page and "55 1234 5678" in page
    invite = {"email": "ana@ejemplo.mx", "name": "Ana", "company_role": "administrator", "language": "es-mx", "key": "k2"}
    client.post(reverse("desk_people:add_contact", args=[customer.pk]), invite)
    client.post(reverse("desk_people:add_contact", args=[customer.pk]), invite)
    deliver()
    (letter,) = mailoutbox
    assert letter.to == ["ana@ejemplo.mx"] and "Papelería Núñez" in letter.subject
    assert deliver() == 0 and Invitation.objects.get().token_sealed == ""
    link = next(line for line in letter.body.splitlines() if "/people/invitation/" in line).partition("8000")[2]
    visitor = Client()
    assert visitor.get(link).status_code == 200
    assert visitor.get(link).status_code == 200, "looking changes nothing"
    done = visitor.post(link, {"name": "Ana Núñez", "password": PASSWORD})
    assert done.status_code == 302, done.content.decode()
    assert visitor.get(reverse("people:company")).status_code == 200
    assert Client().get(link).status_code == 404


def test_a_form_with_an_error_loses_nothing(client_for, operator):
    client = client_for(operator)
    response = client.post(reverse("desk_people:register"), {"name": "Mía", "phone": "12", "kind": "person", "country": "MX"})
    text = response.content.decode()
    assert response.status_code == 422
    assert 'value="Mía"' in text and 'value="12"' in text and "field-error" in text


@pytest.mark.parametrize("language", ["es-mx", "en"])
def test_an_invitation_is_written_in_the_language_of_its_reader(language, customer, contact, deliver, mailoutbox):
    commands.invite_contact(customer, "ana@ejemplo.mx", "Ana", "own", language=language, actor=contact, at=NOON)
    deliver()
    (letter,) = mailoutbox
    assert letter.subject == {"es-mx": "Invitación: Abarrotes Lupita", "en": "Invitation: Abarrotes Lupita"}[language]
    html = letter.alternatives[0][0]
    assert f'lang="{language}"' in html or f'lang="{language[:2]}"' in html


def test_markup_in_names_stays_text_in_letters_and_pages(client_for, operator, deliver, mailoutbox):
    """SEC-19: escaped; user text is never a template."""
    evil = "<script>alert(1)</script>{{ 7*7 }}"
    customer = make_customer(evil)
    actor = make_contact(customer, "<img src=x onerror=alert(1)>", email="a@ejemplo.mx")
    commands.invite_contact(customer, "b@ejemplo.mx", "{% x %}<b>", "own", actor=actor, at=NOON)
    deliver()
    html = mailoutbox[0].alternatives[0][0]
    assert "<script>" not in html and "&lt;script&gt;" in html and "{{ 7*7 }}" in html
    assert "<img src=x" not in html
    pages = (reverse("desk_people:customer", args=[customer.pk]), reverse("desk_people:list"),
             reverse("desk_people:list") + "?q=%3Cscript%3E")  # fmt: skip
    for url in pages:
        text = client_for(operator).get(url).content.decode()
        assert "<script>alert" not in text and "<img src=x" not in text and "<b>" not in text


def test_an_old_tab_of_another_company_writes_nothing(client_for, contact, customer, other_customer):
    """SEC-8: switched company meanwhile."""
    Contact.objects.create(user_id=contact.user_id, customer=other_customer, company_role="administrator", created_at=NOON)
    client = client_for(contact)
    client.post(reverse("people:act_for"), {"customer": other_customer.pk})
    form = {"email": "x@ejemplo.mx", "name": "X", "company_role": "member", "language": "en", "seen": customer.pk}
    assert client.post(reverse("people:invite"), form).status_code == 409
    assert client.post(reverse("people:company_address"), {"address": "x", "seen": customer.pk}).status_code == 409
    assert not Invitation.objects.exists()
    assert client.get(reverse("people:contact", args=[contact.contact_id])).status_code == 404
    assert client.post(reverse("people:act_for"), {"customer": 999999}).status_code == 403


def test_a_contact_removed_while_signed_in_is_out_at_the_next_click(client_for, contact, member):
    """SEC-6, SEC-11"""
    client = client_for(member)
    assert client.get(reverse("people:company")).status_code == 200
    commands.remove_contact(Contact.objects.get(pk=member.contact_id), actor=contact, at=NOON)
    assert client.get(reverse("people:company")).status_code == 403


def test_a_member_of_the_staff_who_is_switched_off_is_out_at_once(client_for, administrator, operator):
    """SEC-6: also after being switched on again, old sessions stay dead."""
    client = client_for(operator)
    assert client.get(reverse("desk_people:list")).status_code == 200
    admin = client_for(administrator)
    admin.post(reverse("desk_people:switch_member", args=[operator.user_id, "deactivate"]))
    assert client.get(reverse("desk_people:list")).status_code == 302
    admin.post(reverse("desk_people:switch_member", args=[operator.user_id, "reactivate"]))
    assert client.get(reverse("desk_people:list")).status_code == 302


def test_changed_roles_end_the_sessions_but_not_ones_own(client_for, administrator, operator):
    """SEC-5: a new session id with new rights."""
    operators, admins = client_for(operator), client_for(administrator)
    before = admins.session.session_key
    admins.post(reverse("desk_people:member", args=[operator.user_id]), {"roles": ["engineer"]})
    assert operators.get(reverse("desk_people:list")).status_code == 302
    admins.post(reverse("desk_people:member", args=[administrator.user_id]), {"roles": ["administrator", "sales"]})
    assert admins.get(reverse("desk_people:staff")).status_code == 200
    assert admins.session.session_key != before


def test_the_list_of_sessions_ends_the_others(registered):
    """SEC-6"""
    here, there = Client(), Client()
    for client in (here, there):
        client.post(reverse("account_login"), {"login": registered.email, "password": PASSWORD})
    assert UserSession.objects.filter(user=registered.user_id).count() == 2
    page = here.get(reverse("people:sessions")).content.decode()
    assert page.count("127.0.0.1") == 2
    here.post(reverse("people:sessions"))
    assert here.get(reverse("people:sessions")).content.decode().count("127.0.0.1") == 1
    assert there.get(reverse("people:sessions")).status_code == 302


def test_language_and_theme(client_for, registered, client):
    client.post(reverse("people:choose_language"), {"language": "en", "next": "/account/login/"})
    assert "Sign in" in client.get(reverse("account_login")).content.decode()
    away = client.post(reverse("people:choose_language"), {"language": "en", "next": "//evil.example/"})
    assert away["Location"] == "/", "SEC-60"
    mine = client_for(registered)
    mine.post(reverse("people:choose_language"), {"language": "en"})
    mine.post(reverse("people:choose_theme"), {"theme": "dark"})
    user = User.objects.get(pk=registered.user_id)
    assert (user.language, user.theme) == ("en", "dark")
    assert 'data-theme="dark"' in mine.get(reverse("people:profile")).content.decode()
    assert mine.get(reverse("people:choose_theme")).status_code == 405, "SEC-54: looking changes nothing"


def test_forms_of_a_foreign_page_are_refused(client_for, administrator, operator):
    """SEC-54"""
    client = client_for(administrator, enforce_csrf_checks=True)
    response = client.post(reverse("desk_people:member", args=[operator.user_id]), {"roles": []})
    assert response.status_code == 403
    assert StaffRole.objects.filter(user=operator.user_id).exists()


PAGES = [("desk_people:list", 5), ("desk_people:customer", 7), ("desk_people:staff", 6), ("people:company", 7), ("people:profile", 5)]


@pytest.mark.parametrize(("page", "statements"), PAGES)
def test_pages_take_as_many_statements_with_many_rows(page, statements, client_for, operator, contact, customer, django_assert_max_num_queries):
    """A list costs the same with one row and with many."""
    for number in range(12):
        make_contact(customer, f"Persona {number}", "own")
        make_customer(f"Cliente {number}")
    client = client_for(operator if page.startswith("desk") else contact)
    url = reverse(page, args=[customer.pk] if page == "desk_people:customer" else [])
    client.get(url)
    with django_assert_max_num_queries(statements):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("after", ["x", "WzEsMl0", "WyJhIiwieCJd", "W10", "=====", "WyJhIiwxXQ"])
def test_marks_of_pages_that_were_tampered_with(after, client_for, operator):
    """SEC-30: refused, never a fault."""
    assert client_for(operator).get(reverse("desk_people:list"), {"after": after}).status_code in (200, 422)


def test_a_long_list_goes_on_where_it_stopped(client_for, operator):
    for number in range(53):
        make_customer(f"Ñandú {number:02}")
    client = client_for(operator)
    first = client.get(reverse("desk_people:list")).content.decode()
    mark = first.partition("?after=")[2].partition('"')[0]
    second = client.get(reverse("desk_people:list"), {"after": mark}).content.decode()
    assert "Ñandú 49" in first and "Ñandú 50" not in first
    assert "Ñandú 50" in second and "Ñandú 49" not in second
