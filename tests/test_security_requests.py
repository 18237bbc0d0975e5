"""Requests that nobody's page would send: too many fields, other people's keys, odd amounts, old tabs."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms.models import model_to_dict
from django.test import Client

from amparo.cases.models import Case
from amparo.charging.models import Charge
from amparo.conftest import NOON
from amparo.files.models import StoredFile
from amparo.kernel import clock
from amparo.ledger.models import Transfer
from amparo.people.models import Contact, Customer, StaffRole, User
from amparo.people.rules import token_hash
from amparo.threads.models import Thread
from amparo.tickets.models import Ticket

from . import matrix
from .kept import kept_world, whole_world  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db
ODD_AMOUNTS = ("-1", "0", "1.5", "NaN", "Infinity", "1e3", "9" * 30, "", "[]", "١٢٣ x", "null", "4 credit")


@pytest.fixture
def snapshot():
    """The rows of a table, to be told apart."""
    return lambda model, **where: {row.pk: model_to_dict(row) for row in model.objects.filter(**where)}


def about(licence) -> str:
    """Return how the form of a ticket names a licence."""
    return f"{licence.product_id}:{licence.pk}"


def every_field(*models, **given):
    """Return a form that names every column of some models with a value that would harm."""
    loud = {}
    for model in models:
        for field in model._meta.concrete_fields:
            kind = field.get_internal_type()
            loud |= dict.fromkeys(
                (field.name, field.attname),
                {"BooleanField": "on", "DateTimeField": "2001-01-01T00:00"}.get(kind, "1"),
            )
    return loud | given


def test_a_profile_form_changes_only_what_it_shows(whole_world, snapshot):  # noqa: F811
    """SEC-33, SEC-53: no role, company, address or switch comes in beside the fields."""
    person = whole_world.mine.member
    before = User.objects.get(pk=person.user_id)
    roles, contacts = snapshot(StaffRole), snapshot(Contact)
    matrix.client_of(person).post(
        "/people/profile/",
        every_field(
            User,
            StaffRole,
            Contact,
            name="Nuevo Nombre",
            language="en",
            theme="dark",
            time_zone="America/Mexico_City",
        ),
    )
    after = User.objects.get(pk=person.user_id)
    for kept in ("email", "password", "is_active", "pk"):
        assert getattr(after, kept) == getattr(before, kept), kept
    assert not getattr(after, "is_superuser", False) and not getattr(after, "is_staff", False)
    assert (snapshot(StaffRole), snapshot(Contact)) == (roles, contacts)


def test_what_a_customer_opens_belongs_to_the_customer(whole_world):  # noqa: F811
    """SEC-8, SEC-33: a ticket or case takes author, customer, state, moment and price from no field."""
    mine, other = whole_world.mine, whole_world.other
    client = matrix.client_of(mine.admin)
    loud = every_field(Thread, Ticket, Case, Charge, customer=other.customer.pk, customer_id=other.customer.pk, contact=other.contact.pk,
                       opened_by=other.admin.user_id, licence=other.licence.pk, state="closed", price="0", title="Muy pedida", body="Texto",
                       about=about(mine.licence), product=whole_world.product.pk, asked_kind="incident")  # fmt: skip
    for path, key in (("/tickets/new/", "mass-ticket"), ("/cases/new/", "mass-case")):
        answer = client.post(path, loud | {"key": key})
        assert answer.status_code in (302, 303, 422), path
    made = Thread.objects.filter(title="Muy pedida")
    assert made.exists()
    for thread in made:
        assert (thread.customer_id, thread.opened_by_id) == (mine.customer.pk, mine.admin.user_id)
        assert (
            thread.created_at.year > 2020 and thread.assignee_id is None and thread.state not in ("closed",)
        )
    assert not Charge.objects.filter(subject__in=[t.subject for t in made]).exclude(state="proposed").exists()


def test_a_consent_takes_no_price_of_the_customers_own(whole_world):  # noqa: F811
    """SEC-33, SEC-49: the amount comes from the tariff; fields beside it are not read."""
    from amparo.cases import commands as cases

    mine, engineer = whole_world.mine, whole_world.staff["engineer"]
    case = cases.open_case("Otra", "Otra cosa", key="own-price-1", actor=mine.admin, at=NOON)
    cases.classify(case, kind="incident", explanation="Incidente", key="op1", actor=engineer, at=NOON)
    case.refresh_from_db()
    before = Transfer.objects.count()
    loud = every_field(
        Charge,
        Transfer,
        seen=str(case.classification),
        amount="0",
        credits="0",
        way="{}",
        price="",
        tariff_version="0",
    )
    matrix.client_of(mine.admin).post(f"/cases/{case.pk}/consent/", loud)
    case.refresh_from_db()
    if case.charge.state == "reserved":
        taken = Transfer.objects.filter(pk__gt=0).order_by("-pk")[: Transfer.objects.count() - before]
        assert sum(one.amount for one in taken) >= 1
    for seen in ODD_AMOUNTS:
        answer = matrix.client_of(mine.admin).post(f"/cases/{case.pk}/closing/accept/", {"seen": seen})
        assert answer.status_code in (302, 303, 404, 409, 422), (seen, answer.status_code)


@pytest.mark.parametrize("amount", ODD_AMOUNTS)
def test_odd_amounts_get_a_word_and_no_unit(whole_world, amount):  # noqa: F811
    """SEC-49: negative, zero, fractions and what is no number, through every form that carries an amount."""
    w = whole_world
    engineer, sales, admin = (
        matrix.client_of(w.staff[role]) for role in ("engineer", "sales", "administrator")
    )
    before = Transfer.objects.count()
    tried = [
        sales.post(
            "/desk/contracts/cards/issue/",
            {
                "label": "X",
                "name": "X",
                "face_value": amount,
                "count": amount,
                "credits": amount,
                "key": "odd",
            },
        ),
        sales.post(
            "/desk/contracts/plans/add/",
            {
                "name": f"P{amount}",
                "events": amount,
                "incidents": amount,
                "credits": amount,
                "months": amount,
                "price": amount,
            },
        ),
        engineer.post(
            f"/desk/cases/{w.mine.case.pk}/further/",
            {"description": "x", "credits": amount, "technical_hour": amount, "key": "odd"},
        ),
        admin.post("/desk/policies/files.megabytes_max/", {"value": amount}),
        admin.post(f"/desk/products/licences/{w.mine.licence.pk}/number/", {"terminals": amount}),
    ]
    for number, answer in enumerate(tried):
        assert answer.status_code in (302, 303, 400, 403, 409, 422), (number, answer.status_code)
        if amount != "1e3":
            assert answer.status_code not in (302, 303) or number == 3, (number, amount)
    assert Transfer.objects.count() == before


def test_keys_of_another_tenant_are_not_there(whole_world, snapshot):  # noqa: F811
    """SEC-8: files, licences, contacts, contracts and needs of the other tenant, through each form of ours."""
    mine, other = whole_world.mine, whole_world.other
    client = matrix.client_of(mine.admin)

    def theirs():
        contacts = snapshot(Contact, customer=other.customer)
        return snapshot(Ticket), snapshot(Case), contacts, snapshot(StoredFile), Transfer.objects.count()

    before = theirs()
    tried = [
        ("/people/act-for/", {"customer": other.customer.pk}),
        (f"/people/company/contacts/{other.contact.pk}/", {"company_role": "own"}),
        (f"/people/company/contacts/{other.contact.pk}/remove/", {}),
        (f"/people/company/invitations/{other.invitation.pk}/revoke/", {}),
        (f"/contracts/{mine.contract.pk}/name/", {"contact": other.contact.pk}),
        (f"/cases/{mine.case.pk}/needs/{other.need.pk}/now/", {}),
        (f"/cases/{other.case.pk}/needs/{mine.need.pk}/now/", {}),
        (f"/activation/terminals/{other.terminal.pk}/release/", {}),
        (f"/products/licences/{other.licence.pk}/version/", {"release": whole_world.release.pk}),
        (f"/files/{other.stored.public_id}/discard/", {}),
        (
            "/tickets/new/",
            {
                "about": about(other.licence),
                "licence": other.licence.pk,
                "title": "x",
                "body": "x",
                "key": "theirs-1",
            },
        ),
        (f"/tickets/{other.ticket.pk}/write/", {"body": "x", "key": "theirs-2"}),
    ]
    for path, form in tried:
        answer = client.post(path, form)
        assert answer.status_code in (302, 303, 403, 404, 409, 422), path
    assert theirs() == before
    client.post(
        f"/tickets/{mine.ticket.pk}/write/",
        {"body": "con su archivo", "files": other.stored.public_id, "key": "theirs-3"},
    )
    assert StoredFile.objects.get(pk=other.stored.pk).subject == f"ticket:{other.ticket.pk}"


def test_keys_of_another_tenant_open_nothing_in_live_service(whole_world, snapshot):  # noqa: F811
    """SEC-8, SEC-39: files, products, needs, passes and secrets of others, in what chats, sites, telephones and shared screens are sent."""
    from amparo.cases.models import FurtherNeed
    from amparo.chat import commands as chats
    from amparo.chat.models import Chat, Message, MessageFile, Pass
    from amparo.files.commands import store
    from amparo.live.models import Dial

    mine, other, staff = whole_world.mine, whole_world.other, whole_world.staff
    client, now = matrix.client_of(mine.admin), clock.now()
    Chat.objects.filter(pk=mine.chat.pk).update(case=mine.case)
    draft = store(SimpleUploadedFile("suyo.txt", b"suyo"), draft_key="d", actor=other.admin, at=now)
    here, there = (chats.make_site(name, ["https://www.example.com"], actor=staff["administrator"], at=now)[0] for name in ("Una", "Otra"))
    Pass.objects.create(
        token_hash=token_hash("0.pase"), site=there, user_id=other.admin.user_id, customer=other.customer, created_at=now, expires_at=now + timedelta(hours=1)
    )
    User.objects.filter(pk=other.admin.user_id).update(sessions_version=0)

    def all_of_it():
        return (
            snapshot(Message), snapshot(FurtherNeed), snapshot(StoredFile), snapshot(Ticket), snapshot(Case), snapshot(Dial), Transfer.objects.count(),
            MessageFile.objects.count(), Chat.objects.count(),
        )  # fmt: skip

    before = all_of_it()
    for file, key in ((draft.public_id, "d"), (other.stored.public_id, f"ticket:new:{other.admin.user_id}"), (draft.public_id, "")):
        answer = client.post(f"/chat/{mine.chat.pk}/say/", {"body": "x", "key": f"f{key}", "files": file, "draft_key": key}, headers={"Accept": "application/json"})
        assert answer.status_code in (404, 409, 422) and all_of_it() == before, answer.content
    for path, form in (
        (f"/chat/{mine.chat.pk}/act/choose/{other.need.pk}/now/", {}), (f"/chat/{other.chat.pk}/act/choose/{mine.need.pk}/now/", {}),
        (f"/chat/{other.chat.pk}/act/accept_closing/", {"seen": "1"}), (f"/chat/{other.chat.pk}/become/case/", {"key": "b"}),
        (f"/remote/{2**62}/end/", {}), (f"/chat/{other.chat.pk}/transcript/", {}),
    ):  # fmt: skip
        assert client.post(path, form).status_code == 404, path
    held = {"X-Chat-Pass": "0.pase"}
    for path in (f"{other.chat.pk}/events/", f"{other.chat.pk}/say/", "room/", "new/"):  # of another site, and of another's chat by his own site's
        assert Client().post(f"/chat/widget/{here.public_id}/{path}", {"body": "x"}, headers=held).status_code == 401, path
    assert Client().post(f"/chat/widget/{there.public_id}/{mine.chat.pk}/say/", {"body": "x"}, headers=held).status_code == 404
    assert Client().post(f"/chat/widget/{there.public_id}/{mine.chat.pk}/become/ticket/", {"key": "x"}, headers=held).status_code == 404
    desk = matrix.client_of(staff["engineer"])
    assert desk.post(f"/desk/chat/{mine.chat.pk}/ticket/", {"title": "x", "licence": other.licence.pk, "key": "t"}).status_code == 422
    assert desk.post(f"/desk/chat/{mine.chat.pk}/transfer/", {"to": other.admin.user_id, "note": "x", "key": "h"}).status_code == 422
    for path in ("beat/", "stop/"):
        assert Client().post(f"/r/share/{path}", {"secret": "adivinado", "want": "access"}).json()["state"] == "ended"
    assert all_of_it() == before


def test_an_old_tab_writes_nothing_after_switching_company(whole_world):  # noqa: F811
    """SEC-8: what was opened for one company is not sent in the name of the other."""
    mine, other = whole_world.mine, whole_world.other
    person = mine.admin
    Contact.objects.create(
        user_id=person.user_id, customer=other.customer, company_role="member", created_at=NOON
    )
    client = matrix.client_of(person)
    for word in ({"customer": other.customer.pk}, {"contact": other.customer.pk}):
        client.post("/people/act-for/", word)
    assert client.get(f"/tickets/{other.ticket.pk}/").status_code == 200, "he acts for the other company now"
    before = Thread.objects.count(), Transfer.objects.count()
    for path, form in (
        (f"/tickets/{mine.ticket.pk}/write/", {"body": "de la otra pestaña", "key": "old-tab-1"}),
        (f"/cases/{mine.case.pk}/write/", {"body": "de la otra pestaña", "key": "old-tab-2"}),
        (f"/cases/{mine.case.pk}/needs/{mine.need.pk}/now/", {}),
        (f"/products/licences/{mine.licence.pk}/version/", {"release": whole_world.release.pk}),
    ):
        assert client.post(path, form).status_code in (403, 404), path
    old = client.post(
        "/tickets/new/", {"about": about(mine.licence), "title": "Vieja", "body": "x", "key": "old-tab-3"}
    )
    assert old.status_code in (403, 404, 409, 422)
    assert (Thread.objects.count(), Transfer.objects.count()) == before


def test_one_key_is_one_act_and_of_one_person(whole_world):  # noqa: F811
    """SEC-48, CHG-10: same key and body, one ticket; the key of another tenant is another key."""
    mine, other = whole_world.mine, whole_world.other
    form = {"title": "Con llave", "body": "Texto", "key": "shared-key-0001"}
    first = matrix.client_of(mine.admin).post("/tickets/new/", form | {"about": about(mine.licence)})
    again = matrix.client_of(mine.admin).post("/tickets/new/", form | {"about": about(mine.licence)})
    theirs = matrix.client_of(other.admin).post("/tickets/new/", form | {"about": about(other.licence)})
    assert first.status_code in (302, 303) and again["Location"] == first["Location"] != theirs["Location"]
    changed = matrix.client_of(mine.admin).post(
        "/tickets/new/", form | {"about": about(mine.licence), "body": "Otro texto"}
    )
    assert changed.status_code in (409, 422) or changed["Location"] == first["Location"]
    assert Thread.objects.filter(title="Con llave").count() == 2


def test_the_json_of_the_service_holds_only_what_is_named(whole_world):  # noqa: F811
    """SEC-34: the schemas of answers in JSON are frozen."""
    client = matrix.client_of(whole_world.staff["operator"])
    answer = client.get("/desk/search.json", {"q": "CANARIO"})
    told = json.loads(answer.content)
    rows = (
        told if isinstance(told, list) else next(value for value in told.values() if isinstance(value, list))
    )
    assert rows and {key for row in rows for key in row} <= {
        "kind",
        "label",
        "detail",
        "url",
        "icon",
        "number",
        "title",
        "hint",
        "group",
        "text",
        "code",
    }
    assert set(json.loads(Client().get("/health").content)) == {"ok", "database"}


def test_an_error_tells_nothing(whole_world, monkeypatch, capsys):  # noqa: F811
    """SEC-57: the page of a fault says that, not what; the log names route and kind, no word that was typed."""
    from amparo.web.views import portal

    def burst(*_args, **_named):
        raise RuntimeError("CANARIO-CLAVE postgresql://user:CANARIO-PASE@host/db")

    monkeypatch.setattr(portal, "render", burst)
    client = matrix.client_of(whole_world.mine.admin)
    answer = client.get("/", {"q": "CANARIO-BUSCADO"}, HTTP_USER_AGENT="CANARIO-AGENTE")
    text = answer.content.decode()
    assert (
        answer.status_code == 500
        and "CANARIO" not in text
        and "Traceback" not in text
        and "RuntimeError" not in text
    )
    printed = capsys.readouterr()
    lines = [one for one in (printed.out + printed.err).splitlines() if '"event": "request"' in one]
    assert lines and all("CANARIO" not in one for one in lines)
    assert answer["Cache-Control"] == "private, no-store"


def test_customers_cannot_reach_another_role_by_any_field(whole_world, snapshot):  # noqa: F811
    """SEC-53: nobody grants what he lacks, neither to himself nor to a friend."""
    w = whole_world
    before = snapshot(StaffRole)
    people = [
        w.mine.admin,
        w.registered,
        w.staff["operator"],
        w.staff["sales"],
        w.staff["quality"],
        w.staff["moderator"],
    ]
    for who in people:
        client = matrix.client_of(who)
        for target in (who.user_id, w.staff["operator"].user_id):
            client.post(f"/desk/people/staff/{target}/", {"roles": ["administrator"], "name": "x"})
        client.post(
            "/desk/people/staff/invite/",
            {"email": "amigo@ejemplo.mx", "name": "Amigo", "roles": ["administrator"]},
        )
    assert snapshot(StaffRole) == before
    assert Customer.objects.filter(pk=w.mine.customer.pk, is_active=True).exists()
