"""Without network: request and answer by file or picture, tombstones, emergencies, the telephone. LIC-1, LIC-2, TEL-2."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.activation import commands, errors, queries
from amparo.activation.models import Activation, ActivationEvent, OfflineRequest, RegistrationRequest
from amparo.activation.rules import devices, offline, tokens
from amparo.conftest import NOON
from amparo.kernel.refusals import NotPermitted
from amparo.products import commands as products

from .world import Device

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def tombstone(device, public_id, **claims):
    return tokens.sign({"activation": public_id, "nonce": "0" * 16, "iat": int(NOON.timestamp()), **claims}, device.key, devices.device_code(devices.unb64(device.public)), tokens.TOMBSTONE)


def test_a_request_is_answered_and_the_answer_kept(licence, device, contact):
    """LIC-1: the same request gets the same answer, and one seat."""
    text = device.text()
    first = commands.answer_request(licence, text, terminal="Caja 2", actor=contact, at=NOON)
    again = commands.answer_request(licence, offline.armoured(text), terminal="Otra", actor=contact, at=NOON + DAY)
    assert again.pk == first.pk and again.response == first.response and licence.bindings.get().name == "Caja 2"
    claims = tokens.read(first.response, queries.trusted_keys(), tokens.LICENCE)
    assert claims["device"] == device.public and claims["source"] == "offline"
    assert claims["exp"] == int((NOON + 365 * DAY).timestamp())


def test_a_request_and_its_answer_fit_into_pictures(licence, device, contact):
    """LIC-1: a request in QR version 6 as a web address, an answer in a picture that a screen of 390 px shows."""
    import segno

    address = offline.address("https://soporte.mostrador.example", device.text())
    request = segno.make(address, error="l", boost_error=False)
    answer = segno.make(commands.answer_request(licence, device.text(), terminal="C", actor=contact, at=NOON).response, error="l", boost_error=False)
    assert int(request.version) <= 7 and request.mode == "alphanumeric"
    assert int(answer.version) <= 20
    assert 358 / (answer.symbol_size(border=4)[0]) >= 3, "modules of three points on a telephone"


def test_a_released_terminal_does_not_come_back_by_its_old_request(licence, device, contact):
    """LIC-2, SEC-46"""
    text = device.text()
    made = commands.answer_request(licence, text, terminal="C", actor=contact, at=NOON)
    commands.release_dead(made.activation.terminal, actor=contact, at=NOON)
    with pytest.raises(errors.Replayed):
        commands.answer_request(licence, text, terminal="C", actor=contact, at=NOON)
    assert commands.answer_request(licence, device.text(), terminal="C", actor=contact, at=NOON).pk != made.pk


@pytest.mark.parametrize("bad", ["", "x", "A" * 150, "hola mundo", "https://elsewhere/x", "A" * 3000, "ÑÑÑÑ", "AAAA====", "-----BEGIN AMPARO REQUEST-----"])
def test_what_is_no_request_is_refused_in_words(bad):
    """LIC-1"""
    with pytest.raises(errors.RequestInvalid):
        commands.read_request(bad)


def test_one_wrong_letter_is_noticed(device):
    """LIC-1: each letter is checked."""
    text = device.text()
    for place in range(0, len(text), 7):
        wrong = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(errors.RequestInvalid):
            commands.read_request(wrong)
    assert commands.read_request(f"  {text.lower()}\n").device_key == device.public


def test_a_device_without_network_gives_its_licence_back(licence, device, contact, other_contact):
    """LIC-2: the signed tombstone."""
    made = commands.answer_request(licence, device.text(), terminal="C", actor=contact, at=NOON)
    word = tombstone(device, made.activation.public_id)
    with pytest.raises(errors.NotActivated):
        commands.answer_tombstone(word, actor=other_contact, at=NOON)
    with pytest.raises(errors.TokenInvalid):
        commands.answer_tombstone(tombstone(Device(), made.activation.public_id), actor=contact, at=NOON)
    with pytest.raises(errors.TokenInvalid):
        commands.answer_tombstone(made.response, actor=contact, at=NOON)
    done = commands.answer_tombstone(tokens.armoured(word, "RELEASE"), actor=contact, at=NOON)
    assert commands.answer_tombstone(word, actor=contact, at=NOON).pk == done.pk
    assert tokens.read(done.response, queries.trusted_keys(), tokens.RECEIPT)["activation"] == made.activation.public_id
    assert not licence.bindings.filter(released_at__isnull=True).exists()
    assert commands.validate(made.response, at=NOON).code == "NOT_ACTIVATED", "later use of the old file is seen"


def test_a_licence_file_is_given_again(licence, device, contact, own_only):
    """LIC-1"""
    made = commands.answer_request(licence, device.text(), terminal="C", actor=contact, at=NOON)
    assert commands.licence_file(made.activation, actor=contact, at=NOON + DAY) == made.response
    with pytest.raises(NotPermitted):
        commands.licence_file(made.activation, actor=own_only, at=NOON)


def test_staff_give_a_shop_some_days_more_with_a_reason(licence, device, operator, contact, activate, facts):
    """TEL-2"""
    made = activate(device)
    late = NOON + 60 * DAY
    with pytest.raises(NotPermitted):
        commands.emergency(made.activation, "x", actor=contact, at=late)
    with pytest.raises(errors.ReasonMissing):
        commands.emergency(made.activation, " ", actor=operator, at=late)
    given = commands.emergency(made.activation, "Sin internet tras la tormenta", actor=operator, at=late)
    claims = tokens.read(given.response, queries.trusted_keys(), tokens.LICENCE)
    assert claims["exp"] == int((late + 7 * DAY).timestamp()) and claims["grace_days"] == 0 and claims["serial"] == 2
    assert "activation.emergency" in facts(licence)
    assert ActivationEvent.objects.filter(kind="emergency", reason__startswith="Sin internet").exists()


def test_a_computer_without_a_seat_gets_an_emergency_token_too(licence, operator, activate, sales):
    """TEL-2: seats full, licence over: the shop opens."""
    for number in range(5):
        activate(Device(f"c{number}"))
    commands.suspend(licence, "Adeudo", actor=sales, at=NOON)
    device = Device("nueva")
    given = commands.emergency_for_request(licence, device.text(), "Caja quemada, hoy es quincena", actor=operator, at=NOON)
    claims = tokens.read(given.response, queries.trusted_keys(), tokens.LICENCE)
    assert claims["activation"] == "" and claims["device"] == device.public and Activation.objects.count() == 5
    assert commands.validate(given.response, at=NOON).code == "OK"
    products.withdraw_licence(licence, "x", actor=sales, at=NOON)
    with pytest.raises(errors.Revoked):
        commands.emergency_for_request(licence, Device().text(), "y", actor=operator, at=NOON)


def test_an_answer_for_one_licence_is_no_answer_for_another(licence, device, contact, other_contact):
    """ACC-11, SEC-8"""
    with pytest.raises(NotPermitted):
        commands.answer_request(licence, device.text(), terminal="C", actor=other_contact, at=NOON)
    assert not OfflineRequest.objects.exists()


def test_a_contact_asks_for_a_serial_and_staff_register_it(licence, contact, other_contact, own_only, operator, facts):
    """LIC-1"""
    product = licence.product
    assert commands.ask_registration(licence.serial, product, terminals=1, actor=contact, at=NOON).pk == licence.pk
    asked = commands.ask_registration("nueva-0001-zz", product, terminals=3, actor=contact, at=NOON)
    assert commands.ask_registration("NUEVA 0001 ZZ", product, terminals=3, actor=contact, at=NOON).pk == asked.pk
    with pytest.raises(NotPermitted):
        commands.ask_registration("OTRA-0001", product, terminals=1, actor=own_only, at=NOON)
    foreign = commands.ask_registration(licence.serial, product, terminals=1, actor=other_contact, at=NOON)
    assert isinstance(foreign, RegistrationRequest), "whose a serial is, is not told"
    made = commands.register_asked(asked, terminals=3, actor=operator, at=NOON)
    assert (made.customer_id, made.terminals, made.serial_key) == (contact.customer_id, 3, "NUEVA0001ZZ")
    refused = commands.refuse_asked(foreign, "Está a nombre de otra empresa", actor=operator, at=NOON)
    assert refused.state == "refused" and queries.registrations(customer_id=other_contact.customer_id)[0].answer
