"""Seats: taken once by each device, never more than there are, known again after repairs, freed in one moment. LIC-1, LIC-2."""

from __future__ import annotations

from datetime import UTC, date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from amparo.activation import commands, errors, queries
from amparo.activation.models import Activation, ActivationEvent, KeyAttempt
from amparo.activation.rules import tokens
from amparo.activation.rules.devices import component
from amparo.conftest import NOON, make_customer
from amparo.kernel.actor import SYSTEM
from amparo.policies.commands import set_value
from amparo.products import commands as products

from .world import Device, parts

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def kinds(licence):
    return list(ActivationEvent.objects.filter(licence=licence).order_by("pk").values_list("kind", flat=True))


def statements(act):
    with CaptureQueriesContext(connection) as captured:
        act()
    return [one["sql"] for one in captured.captured_queries if not one["sql"].startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"))]


def test_an_activation_takes_a_seat_and_gives_a_token_that_anybody_can_prove(activate, licence, device, facts):
    """LIC-1, LIC-3"""
    made = activate(device)
    claims = tokens.read(made.token, queries.trusted_keys(), tokens.LICENCE)
    assert made.is_new and made.code == "OK"
    assert (claims["licence"], claims["product"], claims["device"], claims["serial"]) == (licence.pk, "pos", device.public, 1)
    assert claims["exp"] == int((NOON + 30 * DAY).timestamp()) and claims["components"] == device.components and claims["match"] == 3
    assert licence.bindings.get().name == "Caja caja"
    licence.refresh_from_db()
    assert licence.installed.version == "10.1" and licence.version_source == "reported"
    assert kinds(licence) == ["activated"] and facts(licence)[-1] == "terminal.bound"


def test_the_same_device_again_gets_its_own_activation_and_no_new_seat(activate, licence, device):
    """LIC-2"""
    first, again = activate(device), activate(device, NOON + DAY)
    assert again.activation.pk == first.activation.pk and not again.is_new
    assert licence.bindings.count() == 1 and again.activation.token_serial == 2


def test_the_same_request_again_gives_the_same_token(licence, device):
    """LIC-1"""
    request = device.request()
    tokens_ = [commands.activate(licence.serial, request, terminal="Caja", address="x", at=NOON + n * timedelta(minutes=1)).token for n in range(3)]
    assert len(set(tokens_)) == 1


def test_an_activation_costs_six_statements_at_most(activate, device):
    """LIC-1"""
    from amparo.deadlines.queries import service_calendar

    service_calendar(NOON)
    activate(Device("otra", version="10.0"))
    done = statements(lambda: activate(device))
    assert len(done) <= 6, "\n".join(done)
    assert len(statements(lambda: activate(device, NOON + DAY))) <= 6


def test_seats_run_out_with_the_way_to_release_one(activate, licence):
    """LIC-2, ACC-9"""
    for number in range(5):
        activate(Device(f"c{number}"))
    with pytest.raises(errors.SeatsExhausted) as refused:
        activate(Device("sexta"))
    assert refused.value.code == "SEATS_EXHAUSTED" and licence.bindings.count() == 5
    assert refused.value.remedies[0].url.endswith(f"/activation/licences/{licence.pk}/")


def test_a_seat_bound_by_hand_counts_and_is_taken_by_the_device_with_its_code(activate, licence, operator):
    """LIC-2, TEL-2"""
    device = Device()
    kept = products.bind_terminal(licence, "Caja por teléfono", device.request().code, actor=operator, at=NOON)
    for number in range(4):
        activate(Device(f"c{number}"))
    assert activate(device).activation.terminal_id == kept.pk
    assert licence.bindings.filter(released_at__isnull=True).count() == 5


def test_a_computer_with_a_new_system_has_its_seat_again(activate, licence):
    """LIC-2: a new system and a new disk are no new machine."""
    old = Device("uno")
    first = activate(old)
    new = Device("uno", components=parts("uno") | {"disk": component("pos", "disk", "nuevo"), "system": component("pos", "system", "nuevo")})
    again = activate(new, NOON + DAY)
    assert again.activation.pk == first.activation.pk and not again.is_new
    assert Activation.objects.get().device_key == new.public and licence.bindings.count() == 1
    assert "rebound" in kinds(licence)
    with pytest.raises(errors.SignatureInvalid):
        refresh(first.activation, old, NOON + DAY)


def test_two_that_take_a_seat_from_each_other_are_stopped_and_told(activate, licence, facts):
    """LIC-2, SEC-44"""
    with pytest.raises(errors.TransferLimit):
        for turn in range(10):
            activate(Device("gemela"), NOON + turn * timedelta(minutes=5))
    assert "activation.moves_exhausted" in facts(licence) and licence.bindings.count() == 1


def test_a_computer_that_shares_two_parts_is_another_computer(activate, licence):
    """LIC-2"""
    activate(Device("uno"))
    activate(Device("dos", components=parts("dos") | {name: parts("uno")[name] for name in ("board", "disk")}))
    assert licence.bindings.count() == 2


def refresh(activation, device, at=NOON, *, components=None, nonce=""):
    return commands.refresh(
        activation.public_id, device.signed(at=at, nonce=nonce), version=device.version, built_on=device.built_on,
        components=components or device.components, at=at,
    )  # fmt: skip


def test_a_refresh_begins_a_new_lease_and_takes_changed_parts_over(activate, licence, device):
    """LIC-1, LIC-2"""
    made = activate(device)
    later = NOON + 10 * DAY
    first_change = device.components | {"disk": component("pos", "disk", "b"), "network": component("pos", "network", "b")}
    again = refresh(made.activation, device, later, components=first_change)
    assert again.activation.lease_until == later + 30 * DAY and again.activation.components == first_change
    second_change = first_change | {"board": component("pos", "board", "b"), "tpm": component("pos", "tpm", "b")}
    assert refresh(made.activation, device, later + DAY, components=second_change).activation.components == second_change
    assert kinds(licence).count("drifted") == 2


def test_a_copy_with_the_same_key_keeps_its_lease_and_staff_are_told(activate, licence, device, facts):
    """SEC-44, SEC-46: flagged, never a silent cut."""
    made = activate(device)
    with pytest.raises(errors.DeviceMismatch):
        refresh(made.activation, device, NOON + DAY, components=parts("copia"))
    stored = Activation.objects.get()
    assert stored.is_active and stored.lease_until == made.activation.lease_until and stored.suspect_at == NOON + DAY
    assert "activation.mismatch" in facts(licence) and queries.watched(NOON + DAY)
    with pytest.raises(errors.DeviceMismatch):
        activate(Device("copia", key=device.key), NOON + DAY)
    assert refresh(made.activation, device, NOON + 2 * DAY).activation.suspect_at is None


def test_a_signed_request_is_taken_once(activate, licence, device):
    """SEC-46: a replayed challenge."""
    made = activate(device)
    first = refresh(made.activation, device, NOON + DAY, nonce="a" * 16)
    assert refresh(made.activation, device, NOON + DAY, nonce="a" * 16).token == first.token
    refresh(made.activation, device, NOON + DAY, nonce="b" * 16)
    with pytest.raises(errors.Replayed):
        refresh(made.activation, device, NOON + DAY, nonce="a" * 16)


def test_a_request_signed_by_another_device_does_nothing(activate, licence, device):
    """SEC-46: a challenge replayed on another terminal."""
    one, other = activate(device), Device("otra")
    activate(other)
    with pytest.raises(errors.SignatureInvalid):
        refresh(one.activation, other, NOON)
    with pytest.raises(errors.SignatureInvalid):
        commands.release_by_device(one.activation.public_id, other.signed(), at=NOON)
    assert licence.bindings.filter(released_at__isnull=True).count() == 2


def test_a_clock_that_is_wrong_is_told_the_right_time(activate, device):
    """SEC-46: the clock turned back."""
    made = activate(device)
    with pytest.raises(errors.ClockSkew):
        commands.refresh(
            made.activation.public_id, device.signed(at=NOON - 2 * DAY), version="10.1", built_on=device.built_on,
            components=device.components, at=NOON,
        )  # fmt: skip


def test_a_device_gives_its_seat_back_at_once_and_gets_a_receipt(activate, licence, device):
    """LIC-2: deactivated is free, in the same transaction."""
    made = activate(device)
    receipt = commands.release_by_device(made.activation.public_id, device.signed(), at=NOON)
    claims = tokens.read(receipt, queries.trusted_keys(), tokens.RECEIPT)
    assert claims["activation"] == made.activation.public_id
    assert licence.bindings.filter(released_at__isnull=True).count() == 0
    assert commands.release_by_device(made.activation.public_id, device.signed(), at=NOON + DAY) == receipt
    with pytest.raises(tokens.BadToken):
        tokens.read(receipt, queries.trusted_keys(), tokens.LICENCE)
    with pytest.raises(errors.NotActivated):
        refresh(made.activation, device)


def test_a_customer_frees_the_seat_of_a_dead_terminal_three_times_a_year(activate, licence, contact, operator, facts):
    """LIC-2, TEL-2, SEC-44"""
    for number in range(3):
        commands.release_dead(activate(Device(f"c{number}")).activation.terminal, actor=contact, at=NOON)
    last = activate(Device("c4")).activation.terminal
    with pytest.raises(errors.TransferLimit) as refused:
        commands.release_dead(last, actor=contact, at=NOON)
    assert "ticket" in str(refused.value.remedies[0].url) and "activation.moves_exhausted" in facts(licence)
    commands.add_moves(licence, 1, "Cambió toda la tienda", actor=operator, at=NOON)
    commands.release_dead(last, actor=contact, at=NOON)
    fifth = activate(Device("c5")).activation.terminal
    with pytest.raises(errors.ReasonMissing):
        commands.release_for_customer(fifth, " ", actor=operator, at=NOON)
    commands.release_for_customer(fifth, "Se quemó", actor=operator, at=NOON)
    assert commands.release_dead(activate(Device("c6"), NOON + 366 * DAY).activation.terminal, actor=contact, at=NOON + 366 * DAY).released_at


def test_a_device_that_comes_back_is_no_move(activate, licence, device):
    """LIC-2"""
    for turn in range(6):
        at = NOON + turn * DAY
        made = activate(device, at)
        commands.release_by_device(made.activation.public_id, device.signed(at=at), at=at)
    assert queries.moves_left(licence.pk, set(), NOON + 6 * DAY) == 2


def test_churn_is_held_up_and_told(activate, licence, device, facts):
    """SEC-44"""
    set_value("activation.acts_hour", 10, from_at=NOON - DAY, actor=SYSTEM, at=NOON - DAY)
    with pytest.raises(errors.RateLimited):
        for turn in range(20):
            at = NOON + turn * timedelta(minutes=1)
            made = activate(device, at)
            commands.release_by_device(made.activation.public_id, device.signed(at=at), at=at)
    assert "activation.churn" in facts(licence)


def test_a_customer_is_held_up_by_all_its_licences_together(activate, licence, customer, facts):
    """SEC-44: by its NIC; another customer's terminals notice nothing."""
    set_value("activation.customer_acts_hour", 10, from_at=NOON - DAY, actor=SYSTEM, at=NOON - DAY)
    second = products.register_licence("CAJA-SEGU-NDA1", licence.product, customer, terminals=20, actor=SYSTEM, at=NOON - DAY)
    others = products.register_licence("CAJA-OTRO-0001", licence.product, make_customer("Otra"), terminals=2, actor=SYSTEM, at=NOON - DAY)
    for number in range(5):
        activate(Device(f"a{number}"))
        activate(Device(f"b{number}"), serial=second.serial)
    with pytest.raises(errors.RateLimited):
        activate(Device("c"), serial=second.serial)
    assert "activation.churn" in facts(second) and activate(Device("d"), serial=others.serial).is_new


def test_another_edition_is_no_guess(licence, device, sales):
    """SEC-45: the serial was right; a shop that installed the wrong program is not locked out."""
    commands.change_terms(licence, commands.Grant(edition="cadena"), "Contrato", actor=sales, at=NOON)
    for _turn in range(25):
        with pytest.raises(errors.EditionMismatch):
            commands.activate(licence.serial, device.request(), terminal="C", edition="tienda", address="198.51.100.7", at=NOON)
    assert not KeyAttempt.objects.exists()
    assert commands.activate(licence.serial, device.request(), terminal="C", edition="cadena", address="198.51.100.7", at=NOON).is_new


def test_a_licence_in_many_networks_a_day_is_told_once_and_goes_on(activate, licence, facts):
    """SEC-44: networks are counted by keyed marks, addresses are not kept."""
    set_value("activation.networks_day", 3, from_at=NOON - DAY, actor=SYSTEM, at=NOON - DAY)
    for number, address in enumerate(("203.0.113.5", "203.0.113.77", "2001:db8:1::1", "2001:db8:1:2::9", "198.51.100.7")):
        activate(Device(f"r{number}"), address=address)
    assert commands.tell_of_networks(at=NOON) == 0, "three networks: two of the five share one, twice"
    last = Device("r6")
    licence.terminals = 6
    licence.save(update_fields=["terminals"])
    activate(last, address="192.0.2.1")
    assert commands.tell_of_networks(at=NOON) == 1 == commands.tell_of_networks(at=NOON + timedelta(minutes=9))
    assert facts(licence).count("activation.networks") == 1
    assert not any("203.0" in str(data) for data in ActivationEvent.objects.values_list("data", flat=True))
    assert commands.tell_of_networks(at=NOON + 2 * DAY) == 0


def test_wrong_serials_get_one_answer_then_a_limit_and_staff_are_told(activate, licence, facts):
    """SEC-45: same answer, limit by address, alarm, hashed."""
    said = set()
    for number in range(25):
        with pytest.raises(errors.Refused) as refused:
            activate(serial=f"NADA-{number:04}-ZZZZ")
        said.add((refused.value.code, str(refused.value)))
    assert {code for code, _sentence in said} == {"KEY_UNKNOWN", "RATE_LIMITED"} and len(said) == 2
    with pytest.raises(errors.RateLimited):
        activate()
    assert activate(address="198.51.100.9").is_new
    assert facts("activation:guard") == ["activation.guessing"]
    assert "NADA" not in str(list(KeyAttempt.objects.values()))
    assert activate(at=NOON + timedelta(minutes=16)).code == "OK"
    commands.forget(at=NOON + 4 * DAY)
    assert not KeyAttempt.objects.exists()


def test_unknown_and_impossible_serials_cost_the_same(activate):
    """SEC-45: same time."""

    def tried(serial):
        def act():
            with pytest.raises(errors.KeyUnknown):
                activate(serial=serial)

        return [line.split(" ")[0] for line in statements(act)]

    tried("AQUI-TAMPOCO-0")
    assert tried("NADA-0000-0000") == tried("?") == tried("x" * 60)


def test_a_serial_of_another_product_says_so_and_counts_as_a_guess(activate, licence, device):
    """LIC-1, SEC-45"""
    with pytest.raises(errors.ProductMismatch):
        activate(device, product="otro")
    assert KeyAttempt.objects.count() == 1


@pytest.mark.parametrize(
    ("grant", "code"),
    [
        (commands.Grant(valid_until=date(2026, 10, 1)), "EXPIRED"),
        (commands.Grant(edition="cadena"), "EDITION_MISMATCH"),
    ],
)
def test_what_a_licence_grants_is_asked(licence, device, sales, grant, code):
    """LIC-1"""
    commands.change_terms(licence, grant, "Contrato nuevo", actor=sales, at=NOON)
    with pytest.raises(errors.Refused) as refused:
        commands.activate(licence.serial, device.request(), terminal="C", edition="tienda", address="x", at=NOON)
    assert refused.value.code == code


def test_grace_is_told_and_stops_nobody(activate, licence, sales):
    """LIC-1"""
    commands.change_terms(licence, commands.Grant(valid_until=date(2026, 11, 5)), "Renta", actor=sales, at=NOON)
    assert activate().code == "IN_GRACE"


def test_suspended_and_withdrawn_licences_activate_nothing(activate, licence, sales):
    """LIC-1"""
    commands.suspend(licence, "No pagó", actor=sales, at=NOON)
    with pytest.raises(errors.Suspended):
        activate()
    commands.resume(licence, "Pagó", actor=sales, at=NOON)
    made = activate(device := Device())
    products.withdraw_licence(licence, "Devuelta", actor=sales, at=NOON)
    with pytest.raises(errors.Revoked):
        refresh(made.activation, device)
    assert commands.validate(made.token, at=NOON).code == "REVOKED"


def test_a_version_built_while_updates_ran_runs_for_ever_and_a_later_one_is_refused(activate, licence, sales):
    """UPD-1: the day of the build decides, never today's."""
    commands.change_terms(licence, commands.Grant(updates_until=date(2026, 1, 1)), "x", actor=sales, at=NOON)
    far = NOON + 3000 * DAY
    assert activate(Device("vieja"), far).code == "OK"
    assert activate(Device("corregida", version="10.1.7", built_on=date(2034, 1, 1)), far).code == "OK"
    with pytest.raises(errors.UpdatesExpired):
        activate(Device("nueva", version="11.0", built_on=date(2028, 1, 1)), far)


def test_the_newest_version_among_the_terminals_counts(activate, licence):
    """LIC-3"""
    activate(Device("a", version="10.1"))
    activate(Device("b", version="10.0"))
    licence.refresh_from_db()
    assert licence.installed.version == "10.1"
    device = Device("c", version="10.0")
    made = activate(device)
    commands.report_version(made.activation.public_id, device.signed(), version="10.0", built_on=device.built_on, at=NOON)
    licence.refresh_from_db()
    assert licence.installed.version == "10.1"


def test_the_database_keeps_what_happened(activate, licence, device):
    """LIC-2: append-only, released for ever, one active seat for a device."""
    made = activate(device)
    for act in (
        lambda: ActivationEvent.objects.update(reason="otra"),
        lambda: ActivationEvent.objects.all().delete(),
        lambda: Activation.objects.update(token_serial=0),
        lambda: Activation.objects.filter(pk=made.activation.pk).update(public_id="x"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    products.release_terminal(made.activation.terminal, actor=SYSTEM, at=NOON)
    stored = Activation.objects.get()
    assert stored.state == "released" and stored.released_at == NOON
    with pytest.raises(IntegrityError), transaction.atomic():
        Activation.objects.update(state="active", released_at=None)


def test_keys_rotate_and_what_the_old_one_signed_stays_proven(activate, device, administrator, operator):
    """LIC-1"""
    from amparo.kernel.refusals import NotPermitted

    made = activate(device)
    before = queries.published_keys()
    with pytest.raises(NotPermitted):
        commands.rotate_keys(actor=operator, at=NOON)
    commands.rotate_keys(actor=administrator, at=NOON)
    after = queries.published_keys()
    assert after[0]["kid"] == before[1]["kid"], "the one that was published before it signed"
    assert len(after) == 3 and commands.validate(made.token, at=NOON).is_valid
    pinned = {one["kid"]: tokens_key(one["x"]) for one in before}
    claims = tokens.read(commands.signed_keys(at=NOON)["signed"], pinned, tokens.KEYS)
    assert [one["kid"] for one in claims["keys"]] == [one["kid"] for one in after]
    assert commands.validate(activate(Device("otra")).token, at=NOON).is_valid


def test_the_signed_set_stays_valid_after_any_number_of_rotations(activate, device, administrator):
    """LIC-1: a program that learns each time goes on; what the first key signed stays proven, here and there."""
    made = activate(device)
    known = {one["kid"]: tokens_key(one["x"]) for one in queries.published_keys()}
    for _turn in range(40):
        commands.rotate_keys(actor=administrator, at=NOON)
        told = commands.signed_keys(at=NOON)
        assert len(told["signed"]) <= tokens.TOKEN_MAX
        known |= {one["kid"]: tokens_key(one["x"]) for one in tokens.read(told["signed"], known, tokens.KEYS)["keys"]}
    assert len(told["keys"]) == len(known) == 42
    assert commands.validate(made.token, at=NOON).is_valid and tokens.read(made.token, known, tokens.LICENCE)


def tokens_key(x):
    from amparo.activation.rules.devices import unb64

    return unb64(x)


def test_validating_says_how_a_token_stands(activate, licence, device):
    """LIC-1, SEC-46"""
    made = activate(device)
    assert commands.validate(made.token, at=NOON).until == (NOON + 30 * DAY).astimezone(UTC)
    assert commands.validate(made.token, at=NOON + 31 * DAY).code == "IN_GRACE"
    assert not commands.validate(made.token, at=NOON + 50 * DAY).is_valid
    commands.release_by_device(made.activation.public_id, device.signed(), at=NOON)
    assert commands.validate(made.token, at=NOON).code == "NOT_ACTIVATED"
    with pytest.raises(errors.TokenInvalid):
        commands.validate(made.token[:-3] + "AAA", at=NOON)


