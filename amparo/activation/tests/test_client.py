"""The Python client by itself: a clock that was far ahead, a receipt that nobody we know has signed. LIC-1, LIC-2, SEC-46."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "clients" / "python"))

from amparo_licence import tokens
from amparo_licence.client import Client, Product, Refused

DAY = timedelta(days=1)
T0 = datetime(2026, 11, 11, 18, tzinfo=UTC)
NAMES = ("board", "disk", "system", "network", "tpm")


@pytest.fixture
def signer():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def till(signer, tmp_path, monkeypatch):
    monkeypatch.setenv("AMPARO_LICENCE_PARTS", ",".join(f"{name}=uno{name}" for name in NAMES))
    raw = signer.public_key().public_bytes_raw()
    keys = {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": tokens.b64(raw)}]}
    return Client("http://127.0.0.1:9", Product("pos", "10.1", date(2026, 10, 1)), folder=tmp_path / "till", keys=keys)


@pytest.fixture
def token(signer, till):
    def made(at, serial=1, days=30):
        claims = {
            "product": "pos", "device": till.device_key, "components": till.components(), "match": 3, "activation": "A1", "licence": 7,
            "serial": serial, "iat": int(at.timestamp()), "exp": int((at + days * DAY).timestamp()), "grace_days": 14,
            "updates_until": "2027-01-01", "schema": 1, "schema_min": 1,
        }  # fmt: skip
        return tokens.sign(claims, signer, "k1", tokens.LICENCE)

    return made


def test_a_clock_that_once_was_far_ahead_keeps_nobody_reduced(till, token):
    """LIC-1, SEC-46: the next token sets the time right; the one that was loaded, an older one, or a copy does not."""
    till.load(token(T0), now=T0)
    assert till.state(now=T0 + 400 * DAY).mode == "reduced", "somebody set the year wrong"
    assert till.state(now=T0 + 2 * DAY).mode == "reduced", "turning it back alone gains nothing"
    till.load(token(T0), now=T0 + 2 * DAY)
    assert till.state(now=T0 + 2 * DAY).mode == "reduced"
    till.load(token(T0 + 2 * DAY, serial=2), now=T0 + 2 * DAY)
    found = till.state(now=T0 + 2 * DAY + timedelta(minutes=5))
    assert (found.mode, found.code, found.warn) == ("full", "OK", False)


def test_an_older_licence_turns_no_clock_back(till, token):
    """SEC-46: also where the licence that was loaded was thrown away."""
    older = token(T0, serial=1)
    till.load(token(T0 + 10 * DAY, serial=2), now=T0 + 10 * DAY)
    assert till.state(now=T0 + 100 * DAY).mode == "reduced"
    till.store.keep_token(None)
    till.load(older, now=T0 + 1 * DAY)
    assert till.state(now=T0 + 1 * DAY).mode == "reduced"


def test_tokens_that_were_hoarded_turn_no_lived_time_back(till, token):
    """SEC-46: who ran a year on and loads what he kept from its beginning has no more of that year; a token of now does set him right."""
    till.load(token(T0), now=T0)
    for day in range(100):
        till.state(now=T0 + day * DAY)
    hoarded = token(T0 + 1 * DAY, serial=2, days=60)
    till.load(hoarded, now=T0 + 1 * DAY)
    assert till.state(now=T0 + 1 * DAY).mode == "reduced"
    till.state(now=T0 + 900 * DAY)  # and then somebody set the year wrong
    till.load(token(T0 + 100 * DAY, serial=3), now=T0 + 100 * DAY)
    assert till.state(now=T0 + 100 * DAY).code == "OK"


def test_a_receipt_of_an_unknown_key_wipes_nothing_and_is_told_in_words(till, token, signer, monkeypatch):
    """LIC-2, SEC-46: no traceback; keys that followed are learnt first, where a trusted one tells them."""
    till.load(token(T0), now=T0)
    later = Ed25519PrivateKey.generate()
    receipt = tokens.sign({"activation": "A1"}, later, "k2", tokens.RECEIPT)
    told = {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k2", "x": tokens.b64(later.public_key().public_bytes_raw())}]}
    sets = [tokens.sign(told, later, "k2", tokens.KEYS), tokens.sign(told, signer, "k1", tokens.KEYS)]

    def ask(path, _body, _headers):
        return {"signed": sets[0]} if path.endswith("/keys") else {"receipt": receipt}

    monkeypatch.setattr(till, "_ask", ask)
    with pytest.raises(Refused) as refused:
        till.release()
    assert refused.value.code == "TOKEN_INVALID" and till.claims() is not None
    sets.reverse()
    assert till.release() == receipt and till.claims() is None
