"""The pages: terminals of a customer, requests by picture and file, the telephone's screen. LIC-1, LIC-2, TEL-2, ACC-11."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from amparo.activation import commands, errors
from amparo.activation.models import (
    Activation,
    ActivationEvent,
    MoveAllowance,
    OfflineRequest,
    RegistrationRequest,
)
from amparo.activation.rules import devices, offline, tokens
from amparo.conftest import NOON, make_contact, make_staff
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import LimitReached

from .test_offline import tombstone
from .world import SERIAL, Device, make_licence

pytestmark = pytest.mark.django_db


@pytest.fixture
def licence(customer):
    commands.ensure_keys(at=NOON)
    return make_licence(customer)


@pytest.fixture
def active(licence, device):
    return commands.activate(SERIAL, device.request(), terminal="Caja 1", address="x", at=clock.now()).activation


def page(client, address, status=200):
    found = client.get(address)
    assert found.status_code == status, (address, found.status_code)
    return found.content.decode()


def test_the_list_costs_few_statements(licence, active, contact, client_for, django_assert_max_num_queries):
    """LIC-2"""
    client = client_for(contact)
    page(client, "/activation/")
    for address in ("/activation/", f"/activation/licences/{licence.pk}/"):
        with django_assert_max_num_queries(10):
            assert "Mostrador POS" in page(client, address)


def test_a_customer_sees_and_releases_a_dead_terminal(licence, active, contact, client_for):
    """LIC-2: name, last seen, state, release button"""
    client, address = client_for(contact), f"/activation/licences/{licence.pk}/"
    shown = page(client, address)
    assert "Caja 1" in shown and "Esta terminal ya no funciona" in shown and "Vista por última vez" in shown
    done = client.post(f"/activation/terminals/{active.terminal_id}/release/")
    assert done.status_code == 302 and "Caja 1" in page(client, address)
    assert not licence.bindings.filter(released_at__isnull=True).exists()


def test_when_the_moves_are_used_up_the_way_is_a_ticket(licence, contact, client_for):
    """LIC-2, ACC-9: TRANSFER_LIMIT then the ticket"""
    client = client_for(contact)
    for number in range(4):
        made = commands.activate(SERIAL, Device(f"c{number}").request(), terminal=f"C{number}", address="x", at=clock.now()).activation
        answer = client.post(f"/activation/terminals/{made.terminal_id}/release/")
    assert answer.status_code == 409 and "/tickets/new/" in answer.content.decode()
    assert "/tickets/new/" in page(client, f"/activation/licences/{licence.pk}/")


def test_roles_that_may_not_act_see_no_buttons_and_are_refused(licence, active, own_only, client_for):
    """ACC-11"""
    client = client_for(own_only)
    assert "Liberar" not in page(client, f"/activation/licences/{licence.pk}/")
    assert client.post(f"/activation/terminals/{active.terminal_id}/release/").status_code == 403
    assert client.get(f"/activation/terminals/{active.terminal_id}/file/").status_code == 403


def test_another_customers_terminals_are_not_there(licence, active, device, contact, other_contact, client_for):
    """ACC-11, SEC-7, SEC-8"""
    made = commands.answer_request(licence, Device("o").text(), terminal="O", actor=contact, at=clock.now())
    client = client_for(other_contact)
    for address in (f"/activation/licences/{licence.pk}/", f"/activation/terminals/{active.terminal_id}/file/", f"/activation/answers/{made.pk}/",
                    f"/activation/answers/{made.pk}/file/"):  # fmt: skip
        assert client.get(address).status_code == 404, address
    assert client.post(f"/activation/terminals/{active.terminal_id}/release/").status_code == 404
    body = {"request": Device("x").text(), "licence": licence.pk, "terminal": "X"}
    assert client.post("/activation/offline/place/", body).status_code == 404
    assert Activation.objects.filter(state="active").count() == 2
    assert Client().get(f"/activation/licences/{licence.pk}/").status_code == 302


def test_a_request_travels_by_picture_text_and_file(licence, contact, client_for):
    """LIC-1: from the camera to the answer, and the answer again"""
    client, device = client_for(contact), Device()
    text = device.text()
    scanned = client.get(offline.address("http://testserver", text).replace("HTTP://TESTSERVER", ""))
    assert scanned.status_code == 302 and scanned["Location"].startswith("/activation/offline/place/?r=")
    shown = page(client, scanned["Location"])
    assert "10.1" in shown and offline.decode(text).code[:4] in shown
    answered = client.post("/activation/offline/place/", {"request": text, "licence": licence.pk, "terminal": "Caja 9"})
    assert answered.status_code == 302
    assert "<svg" in page(client, answered["Location"]) and "qr-frame" in page(client, answered["Location"])
    file = client.get(answered["Location"] + "file/")
    assert file["Content-Disposition"].startswith("attachment") and file.content.startswith(b"-----BEGIN AMPARO LICENCE")
    for given in ({"request": text}, {"file": SimpleUploadedFile("s.amparo", offline.armoured(text).encode())}):
        again = client.post("/activation/offline/", given)
        assert again.status_code == 302 and "/offline/place/?r=" in again["Location"]
    assert OfflineRequest.objects.count() == 1


def test_what_is_no_request_is_said_beside_the_form(licence, contact, client_for):
    """LIC-1"""
    client = client_for(contact)
    for given in ({}, {"request": "hola"}, {"file": SimpleUploadedFile("x.bin", b"\x00\xff" * 50)}, {"file": SimpleUploadedFile("x.bin", b"a" * 9000)}):
        assert client.post("/activation/offline/", given).status_code == 422
    assert client.get("/activation/offline/place/?r=AAAA").status_code == 422
    assert client.get("/A/NADA")["Location"] == "/activation/offline/"
    full = client.post("/activation/offline/place/", {"request": Device().text(), "licence": "x", "terminal": ""})
    assert full.status_code == 422


def test_a_tombstone_frees_the_seat_and_shows_the_receipt(licence, contact, client_for):
    """LIC-2"""
    client, device = client_for(contact), Device()
    made = commands.answer_request(licence, device.text(), terminal="C", actor=contact, at=clock.now())
    done = client.post("/activation/offline/", {"request": tombstone(device, made.activation.public_id)})
    assert done.status_code == 302 and "recibo" in page(client, done["Location"]).lower()
    assert not licence.bindings.filter(released_at__isnull=True).exists()


@pytest.mark.parametrize("number", ["\0", "\ud800", "A" * 3000, 7])
def test_a_word_that_names_no_terminal_is_refused_in_words(licence, contact, client_for, number):
    """LIC-2, SEC-33: what it names is read before anybody has proven it."""
    parts = (tokens.canonical({"alg": tokens.ALGORITHM}), json.dumps({"activation": number}).encode(), b"x" * 64)
    answer = client_for(contact).post("/activation/offline/", {"request": ".".join(devices.b64(part) for part in parts)})
    assert answer.status_code == 422


def test_a_customer_asks_for_a_licence_and_staff_register_it(licence, contact, operator, client_for, deliver):
    """LIC-1, ACC-9"""
    client, desk = client_for(contact), client_for(operator)
    form = {"product": licence.product_id, "serial": "NUEVA-1111-AA", "terminals": 2}
    assert client.post("/activation/register/", {**form, "serial": "x"}).status_code == 422
    assert client.post("/activation/register/", form).status_code == 302
    assert client.post("/activation/register/", {**form, "serial": SERIAL})["Location"] == f"/activation/licences/{licence.pk}/"
    asked = RegistrationRequest.objects.get()
    assert "NUEVA1111AA" in page(desk, "/desk/activation/") and "NUEVA1111AA" in page(client, "/activation/")
    done = desk.post(f"/desk/activation/registrations/{asked.pk}/register/")
    assert done.status_code == 302
    deliver(clock.now())
    from amparo.notifications.models import Notice

    assert Notice.objects.filter(kind="licence", user_id=contact.user_id).exists() and Notice.objects.filter(kind="licence_asked").exists()


def test_the_telephone_does_all_of_it(licence, active, operator, sales, client_for):
    """TEL-2"""
    desk, address = client_for(operator), f"/desk/activation/licences/{licence.pk}/"
    device = Device("tel")
    found = desk.get("/desk/activation/", {"serial": SERIAL.lower(), "r": device.text()})
    assert found["Location"].startswith(address) and device.text()[:20] in page(desk, found["Location"])
    answered = desk.post(address + "offline/", {"request": device.text(), "terminal": "Caja 7"})
    assert answered.status_code == 302 and "<svg" in page(desk, answered["Location"])
    assert b"BEGIN AMPARO" in desk.get(answered["Location"] + "?file=1").content
    assert desk.post(address + "hand/", {"name": "Caja 8", "fingerprint": "abcd-efgh-2345-6723-aaaa"}).status_code == 302
    assert licence.bindings.filter(fingerprint="ABCDEFGH23456723AAAA").exists()
    assert desk.post(address + "moves/", {"moves": 2, "reason": "Mudanza"}).status_code == 302 and MoveAllowance.objects.get().moves == 2
    assert desk.post(address + "moves/", {"moves": 2, "reason": ""}).status_code == 422
    assert desk.post(address + "emergency/", {"request": Device("e").text(), "reason": "Quincena"}).status_code == 302
    assert desk.post(f"/desk/activation/terminals/{active.terminal_id}/emergency/", {"reason": "Sin red"}).status_code == 302
    assert desk.post(f"/desk/activation/terminals/{active.terminal_id}/emergency/", {"reason": ""}).status_code == 422
    assert desk.get(f"/desk/activation/terminals/{active.terminal_id}/file/").status_code == 200
    assert desk.post(f"/desk/activation/terminals/{active.terminal_id}/release/", {"reason": "Se quemó"}).status_code == 302
    assert desk.post(address + "suspend/", {"reason": "x"}).status_code == 403
    seller = client_for(sales)
    assert seller.post(address + "suspend/", {"reason": "Adeudo"}).status_code == 302 and "Adeudo" in page(desk, address)
    assert seller.post(address + "resume/", {"reason": "Pagó"}).status_code == 302
    terms = {"edition": "cadena", "features": "facturas, recetas", "updates_until": "2027-01-31", "valid_until": "", "reason": "Contrato"}
    assert seller.post(address + "terms/", terms).status_code == 302 and "cadena" in page(seller, address)
    assert "Mudanza" in page(desk, address) and "Se quemó" in page(desk, address)


def test_a_reason_with_a_sign_that_nobody_types_is_taken_without_it(licence, active, operator, client_for):
    """SEC-33"""
    desk, asked = client_for(operator), RegistrationRequest.objects.create(
        customer=licence.customer, product=licence.product, serial="NUEVA2222BB", asked_at=clock.now()
    )  # fmt: skip
    for address in (f"terminals/{active.terminal_id}/emergency/", f"terminals/{active.terminal_id}/release/", f"registrations/{asked.pk}/refuse/"):
        assert desk.post(f"/desk/activation/{address}", {"reason": "Se\0 quemó"}).status_code == 302
    assert set(ActivationEvent.objects.exclude(reason="").values_list("reason", flat=True)) == {"Se quemó"}


def test_an_answer_is_for_who_may_take_a_licence_file(licence, customer, contact, client_for):
    """LIC-1, ACC-11: not for a contact who sees its own matters alone."""
    made, own = commands.answer_request(licence, Device().text(), terminal="C", actor=contact, at=clock.now()), make_contact(customer, "Ola", "own")
    address = f"/activation/answers/{made.pk}/"
    for who, status in ((contact, 200), (own, 403)):
        client = client_for(who)
        assert client.get(address).status_code == status == client.get(f"{address}file/").status_code
        assert (address in page(client, f"/activation/licences/{licence.pk}/")) is (status == 200)


def test_keys_are_rotated_by_administrators_alone(licence, administrator, operator, client_for):
    """LIC-1"""
    assert client_for(operator).post("/desk/activation/keys/rotate/").status_code == 403
    assert client_for(administrator).post("/desk/activation/keys/rotate/").status_code == 302


def test_a_low_role_sees_no_whole_serial(licence, active, member, client_for):
    """SEC-45: of a licence, and of what is asked to be registered."""
    RegistrationRequest.objects.create(customer=licence.customer, product=licence.product, serial="NUEVA2222BB", asked_at=clock.now())
    for who, address, whole in (
        (make_staff("Ed", "editor"), "/desk/activation/", False), (member, "/activation/", False), (make_staff("Olga", "operator"), "/desk/activation/", True),
    ):  # fmt: skip
        shown = page(client_for(who), address)
        assert "22BB" in shown and ("NUEVA2222BB" in shown) is whole
    for who, address, whole in (
        (make_staff("Editora", "editor"), f"/desk/activation/licences/{licence.pk}/", False), (member, f"/activation/licences/{licence.pk}/", False),
        (member, "/activation/", False), (make_staff("Oscar", "operator"), f"/desk/activation/licences/{licence.pk}/", False),
        (make_staff("Ofelia", "operator"), f"/desk/phone/{licence.customer_id}/", False),
    ):  # fmt: skip
        assert (SERIAL in page(client_for(who), address)) is whole


def test_a_customer_asks_for_so_many_serials_a_day(licence, contact):
    """SEC-45: by its NIC, also those that were refused."""
    for number in range(40):
        asked = commands.ask_registration(f"PRUEBA{number:04}", licence.product, terminals=1, actor=contact, at=clock.now())
        commands.refuse_asked(asked, "No está en el certificado.", actor=SYSTEM, at=clock.now())
    with pytest.raises(LimitReached):
        commands.ask_registration("PRUEBA9999", licence.product, terminals=1, actor=contact, at=clock.now())


def test_every_code_has_words_for_whoever_reads_one(licence):
    """ACC-9"""
    shown = page(Client(), "/activation/codes/")
    for kind in errors.SPOKEN:
        assert f'id="{kind.code}"' in shown
    assert "OK" in shown and "TERMS_PENDING" in shown


def test_a_lapsed_lease_is_shown_as_it_is(licence, active, contact, client_for):
    """LIC-1"""
    for days, words in ((20, "en gracia"), (60, "sin noticias")):
        Activation.objects.update(lease_until=clock.now() - timedelta(days=days - 19))
        assert words in page(client_for(contact), f"/activation/licences/{licence.pk}/")
