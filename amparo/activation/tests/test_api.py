"""What programs ask over the network: strict, without cookies, every refusal with code, sentence and remedy. SEC-33, SEC-45, SEC-46."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from joserfc import jws
from joserfc.jwk import KeySet

from amparo.activation import queries
from amparo.activation.models import Activation
from amparo.conftest import NOON
from amparo.downloads import commands as downloads
from amparo.downloads.commands.publishing import Sheet
from amparo.downloads.commands.uploads import Described
from amparo.downloads.models import Grant
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM

from .world import SERIAL, Device

pytestmark = pytest.mark.django_db
V1 = "/activation/v1/"
MINE = V1 + "activations"


@pytest.fixture
def now(monkeypatch):
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def active(client, licence, device, now):
    return device.post(client, MINE, device.activation(at=now)).json()


def path(answer, verb):
    return f"{MINE}/{answer['activation']['id']}/{verb}"


def test_a_program_activates_renews_reports_and_gives_back(client, licence, device, now):
    """LIC-1, LIC-2, LIC-3"""
    first = device.post(client, MINE, device.activation(at=now))
    assert first.status_code == 201 and first["Content-Type"] == "application/json" and not first.cookies
    answer = first.json()
    assert answer["code"] == "OK" and answer["server_time"].endswith("Z") and answer["activation"]["terminal"] == "Caja caja"
    assert device.post(client, MINE, device.activation(at=now)).status_code == 200
    renewed = device.post(client, path(answer, "refresh"), device.body(now, **device.build(), components=device.components))
    assert renewed.status_code == 200 and renewed.json()["activation"]["serial"] == 3
    device.version = "10.0"
    told = device.post(client, path(answer, "version"), device.body(now, **device.build()))
    assert told.json()["version"] == "10.0" and told.json()["is_known"]
    valid = client.post(V1 + "validate", json.dumps({"token": answer["token"]}), content_type="application/json").json()
    assert valid["valid"] and valid["code"] == "OK"
    released = device.post(client, path(answer, "release"), device.body(now))
    assert released.status_code == 200 and released.json()["receipt"].count(".") == 2
    after = client.post(V1 + "validate", json.dumps({"token": answer["token"]}), content_type="application/json").json()
    assert (after["valid"], after["code"]) == (False, "NOT_ACTIVATED") and after["remedy"]["url"]


def test_the_published_keys_prove_tokens_with_another_library(client, active):
    """LIC-1: RFC 9864 by joserfc"""
    published = client.get(V1 + "keys")
    assert published["Cache-Control"].startswith("public") and published["Content-Type"] == "application/jwk-set+json"
    keys = KeySet.import_key_set({"keys": published.json()["keys"]})
    assert {one["alg"] for one in published.json()["keys"]} == {"Ed25519"}
    found = jws.deserialize_compact(active["token"], keys, algorithms=["Ed25519"])
    assert json.loads(found.payload)["product"] == "pos" and found.headers()["typ"] == "amparo-licence+jws"


def test_the_server_tells_its_time(client, licence, now):
    assert client.get(V1 + "time").json() == {"code": "OK", "server_time": now.strftime("%Y-%m-%dT%H:%M:%SZ")}


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"is_staff": True}, "is_staff", "unknown"), ({"customer": 1}, "customer", "unknown"), ({"components": []}, "components", "type"),
        ({"components": {"board": 1}}, "components", "type"), ({"components": {"cpu": "AAAAAAAA"}}, "components", "type"), ({"components": {}}, "components", "type"),
        ({"key": None}, "key", "type"), ({"key": ["x"]}, "key", "type"), ({"version": 10.1}, "version", "type"), ({"version": "10.1\n"}, "version", "type"),
        ({"build_date": "2026-13-01"}, "build_date", "type"), ({"build_date": "1"}, "build_date", "type"), ({"build_date": "9999-01-01"}, "build_date", "type"),
        ({"device_key": "A" * 42}, "device_key", "type"), ({"device_key": "é" * 43}, "device_key", "type"), ({"nonce": "G" * 16}, "nonce", "type"),
        ({"nonce": 7}, "nonce", "type"), ({"time": "ayer"}, "time", "type"), ({"time": 1.5}, "time", "type"), ({"terminal": ""}, "terminal", "type"),
        ({"terminal": "a\u0000b"}, "terminal", "type"), ({"terminal": "x" * 81}, "terminal", "type"), ({"product": "../x"}, "product", "type"),
    ],
)  # fmt: skip
def test_anything_but_the_fields_of_the_protocol_is_refused(client, licence, device, now, change, field, reason):
    """SEC-33: unknown keys, wrong types."""
    answer = device.post(client, MINE, device.activation(at=now) | change)
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "BAD_REQUEST" and answer.json()["problem"] == {"field": field, "reason": reason}
    assert not Activation.objects.exists()


@pytest.mark.parametrize(
    ("raw", "media", "status"),
    [
        (b"{", "application/json", 400), (b"[]", "application/json", 400), (b"null", "application/json", 400), (b"\xff\xfe", "application/json", 400),
        (b"[" * 5000, "application/json", 400), (b'{"token": "a", "token": "b"}', "application/json", 400), (b"{}", "text/plain", 415),
        (b"token=a", "application/x-www-form-urlencoded", 415), (b'{"token": "' + b"a" * 9000 + b'"}', "application/json", 413),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_cheaply(client, licence, raw, media, status, django_assert_num_queries):
    """SEC-33"""
    with django_assert_num_queries(0):
        answer = client.post(V1 + "validate", raw, content_type=media)
    assert answer.status_code == status and answer.json()["detail"]


def test_every_refusal_has_a_code_a_sentence_and_a_way_out_in_the_callers_language(client, licence, device, now):
    """ACC-9: a refusal with code, sentence and remedy."""
    for language, words in (("es-MX,es;q=0.9", "Esta serie"), ("en", "This serial"), ("", "Esta serie")):
        headers = {"Accept-Language": language} if language else {}
        answer = device.post(client, MINE, device.activation("NADA-0000-1111", at=now), **headers)
        body = answer.json()
        assert answer.status_code == 404 and body["code"] == "KEY_UNKNOWN" and body["title"] == "KEY_UNKNOWN"
        assert body["detail"].startswith(words)
        assert body["remedy"]["label"] and body["remedy"]["url"].startswith("http") and body["type"].endswith("#KEY_UNKNOWN")
        assert "Accept-Language" in answer["Vary"] and answer["Cache-Control"] == "private, no-store"


def test_wrong_serials_answer_alike_and_then_wait(client, licence, device, now):
    """SEC-45"""
    shapes = set()
    for number in range(22):
        answer = device.post(client, MINE, device.activation(f"MALA-{number:04}-XX" if number % 2 else "?", at=now))
        shapes.add((answer.status_code, frozenset(answer.json()), answer.json()["detail"]))
    assert {status for status, _keys, _text in shapes} == {404, 429} and len(shapes) == 2
    assert int(answer["Retry-After"]) == 900


def test_a_request_must_be_signed_by_the_device_that_it_names(client, licence, device, now):
    """SEC-46"""
    body = device.activation(at=now)
    assert client.post(MINE, json.dumps(body), content_type="application/json").status_code == 403
    assert Device().post(client, MINE, body).json()["code"] == "SIGNATURE_INVALID"
    for signature in ("x", "*", "A" * 86, "A" * 88):
        answer = client.post(MINE, json.dumps(body), content_type="application/json", headers={"Amparo-Signature": signature})
        assert answer.json()["code"] == "SIGNATURE_INVALID"


def test_a_signature_is_good_for_one_address_alone(client, active, device, now):
    """SEC-46: a signed refresh is no release."""
    body, refresh = device.body(now), path(active, "refresh")
    raw = json.dumps(body).encode()
    import base64

    signature = base64.urlsafe_b64encode(device.key.sign(b"amparo-request/1\n" + refresh.encode() + b"\n" + raw)).decode()
    answer = client.post(path(active, "release"), raw, content_type="application/json", headers={"Amparo-Signature": signature})
    assert answer.json()["code"] == "SIGNATURE_INVALID" and Activation.objects.get().is_active


def test_a_replayed_challenge_of_another_terminal_does_nothing(client, active, licence, now):
    """SEC-46"""
    other = Device("otra")
    second = other.post(client, MINE, other.activation(at=now)).json()
    body = other.body(now, **other.build(), components=other.components)
    assert other.post(client, path(active, "refresh"), body).json()["code"] == "SIGNATURE_INVALID"
    assert other.post(client, path(second, "refresh"), body).status_code == 200
    again = other.body(now, **other.build(), components=other.components)
    assert other.post(client, path(second, "refresh"), again).status_code == 200
    assert other.post(client, path(second, "refresh"), body).json()["code"] == "REPLAYED"


def test_an_activation_that_was_sent_before_takes_no_seat_and_no_token(client, licence, device, now):
    """SEC-46: only the very last request may be sent again."""
    body = device.activation(at=now)
    first = device.post(client, MINE, body).json()
    assert device.post(client, MINE, body).json() == first
    device.post(client, path(first, "refresh"), device.body(now, **device.build(), components=device.components))
    assert device.post(client, MINE, body).json()["code"] == "REPLAYED"
    assert Activation.objects.get().token_serial == 2
    assert device.post(client, path(first, "release"), device.body(now)).status_code == 200
    assert device.post(client, MINE, body).json()["code"] == "REPLAYED"
    assert not licence.bindings.filter(released_at__isnull=True).exists()
    assert device.post(client, MINE, device.activation(at=now)).status_code == 201


def test_a_computer_that_lost_its_key_is_not_put_back_by_what_the_old_one_sent(client, licence, device, now):
    """SEC-46, LIC-2"""
    body, anew = device.activation(at=now), Device(device.word, components=device.components)
    device.post(client, MINE, body)
    assert anew.post(client, MINE, anew.activation(at=now)).status_code == 200
    assert device.post(client, MINE, body).json()["code"] == "REPLAYED"
    assert Activation.objects.get().device_key == anew.public


def test_a_clock_that_is_wrong_learns_the_time(client, licence, device, now):
    """SEC-46: the clock turned back."""
    answer = device.post(client, MINE, device.activation(at=now - timedelta(days=3)))
    assert answer.json()["code"] == "CLOCK_SKEW" and answer.json()["server_time"] == now.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_full_licences_and_mismatched_products_say_so(client, licence, device, now):
    for number in range(5):
        one = Device(f"c{number}")
        assert one.post(client, MINE, one.activation(at=now)).status_code == 201
    answer = device.post(client, MINE, device.activation(at=now)).json()
    assert answer["code"] == "SEATS_EXHAUSTED" and answer["remedy"]["url"].endswith(f"/activation/licences/{licence.pk}/")
    assert device.post(client, MINE, device.activation(at=now) | {"product": "otro"}).json()["code"] == "PRODUCT_MISMATCH"


def test_terms_that_wait_stop_nothing(client, active, device, now, licence):
    """AGR-1: pending terms never block."""
    from amparo.agreements.tests.conftest import make_version

    make_version("licencia", services=("downloads",))
    renewed = device.post(client, path(active, "refresh"), device.body(now, **device.build(), components=device.components))
    assert renewed.status_code == 200 and renewed.json()["code"] == "OK"
    assert [one["code"] for one in renewed.json()["notices"]] == ["TERMS_PENDING"]


def test_the_update_that_is_due_comes_without_asking_for_a_person(client, active, device, now):
    """UPD-2"""
    answer = device.post(client, path(active, "update"), device.body(now, **device.build()))
    assert answer.status_code == 200 and answer.json()["update"]["available"] is False


@pytest.fixture
def mixed(licence, settings, tmp_path):
    """A newer version of two files: one for every customer, one for those with a contract."""
    settings.MEDIA_ROOT = tmp_path / "files"
    at = NOON - timedelta(days=2)
    out = downloads.prepare(licence.product, "10.2", Sheet(notes="- 10.2"), released_on=at.date(), actor=SYSTEM, at=at)
    for name, kind, asks in (("a.exe", "installer", "customer"), ("b.exe", "update", "covered")):
        (tmp_path / name).write_bytes(b"MZ" + name.encode())
        downloads.add_file(out, tmp_path / name, Described(kind, "windows", asks), actor=SYSTEM, at=at)
    return downloads.publish(out, actor=SYSTEM, at=at)


def test_files_of_mixed_standing_are_told_one_by_one_and_the_same_request_makes_no_other_link(client, active, device, now, mixed):
    """UPD-2, ACC-9: what is not included says why and leads on; a request that is sent again gets what it got."""
    body = device.body(now, **device.build())
    first = device.post(client, path(active, "update"), body).json()
    files = {one["name"]: one for one in first["update"]["files"]}
    assert files["a.exe"]["included"] and files["a.exe"]["url"].endswith("/a.exe")
    assert files["b.exe"]["included"] is False and "url" not in files["b.exe"] and files["b.exe"]["why"] and files["b.exe"]["remedy"]["url"]
    assert device.post(client, path(active, "update"), body).json()["update"]["files"] == first["update"]["files"]
    assert Grant.objects.count() == 1
    assert b"".join(client.get(urlsplit(files["a.exe"]["url"]).path).streaming_content) == b"MZa.exe"
    again = device.post(client, path(active, "update"), device.body(now, **device.build())).json()
    assert again["update"]["files"][0]["url"] != files["a.exe"]["url"] and Grant.objects.count() == 2


@pytest.mark.parametrize("address", ["nothing", "activations/x/y", "activations/AAAA/refresh/more"])
def test_other_addresses_answer_in_the_same_way(client, licence, address):
    answer = client.get(V1 + address)
    assert answer.status_code == 404 and answer.json()["code"] == "NOT_FOUND"


def test_other_methods_are_told_which_is_right(client, licence):
    answer = client.get(MINE)
    assert answer.status_code == 405 and answer["Allow"] == "POST" and answer.json()["code"] == "METHOD_NOT_ALLOWED"
    assert client.post(V1 + "keys").status_code == 405


def test_no_cookie_opens_anything_here(active, client_for, contact, device, now):
    """SEC-1: a session is no device."""
    signed_in = client_for(contact)
    answer = signed_in.post(path(active, "release"), json.dumps(device.body(now)), content_type="application/json")
    assert answer.json()["code"] == "SIGNATURE_INVALID" and not answer.cookies


def test_text_of_programs_is_escaped_on_pages(client, licence, now, client_for, contact, operator):
    """SEC-22: machine-written names are text."""
    device = Device()
    body = device.activation(at=now) | {"terminal": "<script>alert(1)</script>"}
    assert device.post(client, MINE, body).status_code == 201
    for who, address in ((contact, f"/activation/licences/{licence.pk}/"), (operator, f"/desk/activation/licences/{licence.pk}/")):
        page = client_for(who).get(address).content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    assert queries.devices_of(licence.pk, now)[0].name == "<script>alert(1)</script>"


def test_whole_serials_never_come_back(client, licence, active):
    """SEC-45: masked."""
    assert SERIAL not in json.dumps(active) and "7K2M" not in json.dumps(active)
