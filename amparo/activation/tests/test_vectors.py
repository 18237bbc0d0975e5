"""The test vectors: what they say holds for the service, for the Python client, and for OpenSSL's command line. LIC-1, SEC-46."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from amparo.activation.rules import devices, grace, offline, tokens, vectors
from amparo.project import debian

FOLDER = Path(__file__).resolve().parents[3] / "clients" / "vectors"
sys.path.insert(0, str(FOLDER.parent / "python"))

import amparo_licence.fingerprint  # noqa: E402
import amparo_licence.grace  # noqa: E402
import amparo_licence.offline  # noqa: E402
import amparo_licence.tokens  # noqa: E402


def read(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def test_the_vectors_are_those_that_the_command_makes():
    """LIC-1: `amparo licence-keys vectors` makes them anew."""
    stored = {str(path.relative_to(FOLDER)): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    assert stored == vectors.made()


@pytest.mark.parametrize("one", read("tokens.json"), ids=lambda one: one["name"])
def test_tokens_are_taken_or_refused_by_service_and_client_alike(one):
    """SEC-46: an altered file, a swapped algorithm, another key"""
    keys = {key["kid"]: devices.unb64(key["x"]) for key in read("keys.json")["keys"]}
    assert amparo_licence.tokens.key_set(read("keys.json")) == keys
    for verify in (tokens.read, amparo_licence.tokens.read):
        try:
            assert verify(one["token"], keys, tokens.LICENCE) == one.get("claims") and one["valid"]
        except ValueError:
            assert not one["valid"]


def test_devices_are_named_and_sign_alike():
    """LIC-2"""
    told = read("devices.json")
    public = devices.unb64(told["device_key"])
    for code in (devices.device_code, amparo_licence.tokens.device_code):
        assert code(public) == told["device_code"]
    for part in told["components"]:
        for make in (devices.component, amparo_licence.fingerprint.component):
            assert make(part["product"], part["name"], part["value"]) == part["component"]
    request = told["request"]
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(devices.unb64(told["private"]))
    message = f"amparo-request/1\n{request['path']}\n{request['body']}".encode()
    assert key.sign(message) == base64.urlsafe_b64decode(request["signature"])
    assert tokens.read(told["tombstone"], {told["device_code"]: public}, tokens.TOMBSTONE)["serial"] == 3


def test_a_clock_is_set_right_alike():
    """SEC-46: what hoarded tokens may turn back, and what not."""
    for one in read("clock.json"):
        given = {name: None if one[name] is None else vectors.AT + timedelta(days=one[name]) for name in ("highest", "newest")}
        for module in (grace, amparo_licence.grace):
            became = module.set_right(issued_at=vectors.AT + timedelta(days=one["issued"]), lived_days=one["lived_days"], **given)
            assert became == vectors.AT + timedelta(days=one["becomes"]), one


@pytest.mark.parametrize("one", read("requests.json"))
def test_requests_are_written_and_read_alike(one):
    """LIC-1"""
    told = offline.decode(one["letters"])
    assert (told.product, told.version, told.device_key, told.components) == (one["product"], one["version"], one["device_key"], one["components"])
    assert offline.decode(one["address"]) == told == offline.decode(offline.armoured(one["letters"]))
    written = amparo_licence.offline.encode(
        product=one["product"], version=one["version"], built_on=date.fromisoformat(one["build_date"]), device_key=one["device_key"],
        components=one["components"], nonce=one["nonce"], at=datetime.fromisoformat(one["time"]),
    )  # fmt: skip
    assert written == one["letters"]
    assert amparo_licence.offline.armoured(written) == offline.armoured(written)
    assert amparo_licence.offline.address("https://soporte.example/", written) == one["address"]


@pytest.mark.parametrize("module", [grace, amparo_licence.grace])
def test_grace_is_decided_alike(module):
    """LIC-1: never stop a shop; SEC-46: a clock turned back gains nothing"""
    at, day = vectors.AT, timedelta(days=1)
    lease = module.Lease(at, at + 30 * day, 14, date(2027, 3, 31), ("10.1",))
    for one in read("grace.json"):
        found = module.judge(
            lease, now=at + one["day"] * day, highest=None if one["highest"] is None else at + one["highest"] * day,
            built_on=date.fromisoformat(one["built"]), minor=one["minor"], shop_is_open=one["open"], was_reduced=one["was_reduced"],
        )  # fmt: skip
        assert (found.mode, found.code, found.warn) == (one["mode"], one["code"], one["warn"]), one
        if one["open"] and not one["was_reduced"] and one["built"] == "2026-10-01":
            assert found.mode == "full", "no shop is stopped in its opening hours"


def test_openssl_proves_a_token_and_refuses_an_altered_one(tmp_path):
    """LIC-1, SEC-46: the second verifier"""
    openssl = debian.openssl()
    assert openssl is not None, "`make setup` brings it in"
    told = FOLDER / "openssl"

    def proves(message: bytes) -> bool:
        (tmp_path / "message.bin").write_bytes(message)
        done = subprocess.run(
            [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", told / "public.pem", "-rawin", "-in", tmp_path / "message.bin",
             "-sigfile", told / "signature.bin"], env=debian.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode == 0 and "Successfully" in done.stdout

    message = (told / "message.bin").read_bytes()
    assert proves(message)
    assert not proves(message.replace(b"a", b"b", 1))
