"""Test vectors for those who write clients in other languages: made of fixed seeds, the same at every making. Pure. LIC-1."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import devices, grace, offline, tokens

AT = datetime(2026, 11, 11, 18, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BUILT = date(2026, 10, 1)


def _key(word: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"amparo-vectors/1 {word}".encode()).digest())


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _claims() -> dict[str, Any]:
    return {
        "iss": "https://soporte.example", "schema": 1, "schema_min": 1, "licence": 7, "activation": "A2B3C4D5E6F7G8H9J2K3", "nic": "1048271",
        "product": "pos", "edition": "", "features": ["facturación"], "seats": 5, "updates_until": "2027-03-31", "minors": ["10.1"],
        "valid_until": None, "grace_days": 14, "device": devices.b64(_public(_key("device"))), "components": _components(), "match": 3,
        "source": "online", "serial": 3, "iat": int(AT.timestamp()), "exp": int((AT + 30 * DAY).timestamp()), "of_a_later_schema": {"ignored": True},
    }  # fmt: skip


def _components() -> dict[str, str]:
    return {name: devices.component("pos", name, f"vector {name}") for name in devices.COMPONENTS}


def made() -> dict[str, bytes]:
    """Return every file of the vectors by its name."""
    found: dict[str, Any] = {
        "keys.json": _keys(), "tokens.json": _tokens(), "devices.json": _devices(), "requests.json": _requests(), "grace.json": _grace(),
        "clock.json": _clock(),
    }  # fmt: skip
    files = {name: (json.dumps(one, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode() for name, one in found.items()}
    first, second, third = tokens.sign(_claims(), _key("service"), "vector-active", tokens.LICENCE).split(".")
    files["openssl/message.bin"] = f"{first}.{second}".encode()
    files["openssl/signature.bin"] = devices.unb64(third)
    files["openssl/public.pem"] = _key("service").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return files


def _keys() -> dict[str, Any]:
    return {
        "keys": [
            {"kty": "OKP", "crv": "Ed25519", "alg": tokens.ALGORITHM, "use": "sig", "kid": kid, "x": devices.b64(_public(_key(word)))}
            for kid, word in (("vector-active", "service"), ("vector-next", "next"))
        ]
    }


def _tokens() -> list[dict[str, Any]]:
    """Tokens with what a client must say of each."""
    claims, key = _claims(), _key("service")
    good = tokens.sign(claims, key, "vector-active", tokens.LICENCE)
    head, body, signature = good.split(".")
    other_claims = devices.b64(tokens.canonical(claims | {"seats": 500}))
    raw = bytearray(devices.unb64(signature))
    raw[10] ^= 1
    hidden = _hmac_token(claims)
    return [
        {"name": "good", "token": good, "valid": True, "claims": claims},
        {"name": "signed by the next key", "token": tokens.sign(claims, _key("next"), "vector-next", tokens.LICENCE), "valid": True, "claims": claims},
        {"name": "altered claims", "token": f"{head}.{other_claims}.{signature}", "valid": False},
        {"name": "altered signature", "token": f"{head}.{body}.{devices.b64(bytes(raw))}", "valid": False},
        {"name": "a key that nobody pinned", "token": tokens.sign(claims, _key("stranger"), "vector-stranger", tokens.LICENCE), "valid": False},
        {"name": "a stranger under our key's name", "token": tokens.sign(claims, _key("stranger"), "vector-active", tokens.LICENCE), "valid": False},
        {"name": "algorithm none", "token": f"{_head(alg='none')}.{body}.", "valid": False},
        {"name": "algorithm of the old name, properly signed", "token": _signed(_head(alg="EdDSA"), body, key), "valid": False},
        {"name": "HMAC with the public key as secret", "token": hidden, "valid": False},
        {"name": "a receipt as a licence", "token": tokens.sign(claims, key, "vector-active", tokens.RECEIPT), "valid": False},
        {"name": "critical header, properly signed", "token": _signed(_head(crit=["b64"]), body, key), "valid": False},
        {"name": "key in the header, properly signed by it", "token": _signed(
            _head(kid="vector-stranger", jwk={"kty": "OKP", "crv": "Ed25519", "x": devices.b64(_public(_key("stranger")))}), body, _key("stranger")
        ), "valid": False},
        {"name": "two parts", "token": f"{head}.{body}", "valid": False},
        {"name": "padding in base64url", "token": good + "==", "valid": False},
        {"name": "nothing", "token": "", "valid": False},
    ]  # fmt: skip


def _head(**changes: Any) -> str:
    return devices.b64(tokens.canonical({"alg": tokens.ALGORITHM, "kid": "vector-active", "typ": tokens.LICENCE, **changes}))


def _signed(head: str, body: str, key: Ed25519PrivateKey) -> str:
    return f"{head}.{body}.{devices.b64(key.sign(f'{head}.{body}'.encode()))}"


def _hmac_token(claims: dict[str, Any]) -> str:
    signed = f"{_head(alg='HS256')}.{devices.b64(tokens.canonical(claims))}"
    return f"{signed}.{devices.b64(hmac.new(_public(_key('service')), signed.encode(), hashlib.sha256).digest())}"


def _devices() -> dict[str, Any]:
    key, path = _key("device"), "/activation/v1/activations/A2B3C4D5E6F7G8H9J2K3/refresh"
    body = json.dumps(
        {"nonce": "0123456789abcdef", "time": "2026-11-11T18:00:00Z", "version": "10.1", "build_date": BUILT.isoformat(), "components": _components()},
        sort_keys=True, separators=(",", ":"),
    )  # fmt: skip
    message = b"amparo-request/1\n" + path.encode() + b"\n" + body.encode()
    return {
        "private": devices.b64(key.private_bytes_raw()), "device_key": devices.b64(_public(key)), "device_code": devices.device_code(_public(key)),
        "components": [
            {"product": "pos", "name": name, "value": f"vector {name}", "component": value} for name, value in _components().items()
        ] + [{"product": "pos", "name": "board", "value": "  VECTOR Board\n", "component": _components()["board"]}],
        "request": {"path": path, "body": body, "signature": base64.urlsafe_b64encode(key.sign(message)).decode()},
        "tombstone": tokens.sign(
            {"activation": "A2B3C4D5E6F7G8H9J2K3", "licence": 7, "serial": 3, "nonce": "0123456789abcdef", "iat": int(AT.timestamp())},
            key, devices.device_code(_public(key)), tokens.TOMBSTONE,
        ),
    }  # fmt: skip


def _requests() -> list[dict[str, Any]]:
    found = []
    for names in (devices.COMPONENTS, ("system",), ("disk", "tpm")):
        request = offline.Request(
            "pos", "10.1.7", BUILT, devices.b64(_public(_key("device"))), {name: _components()[name] for name in names}, "0123456789abcdef", AT
        )
        letters = offline.encode(request)
        found.append({
            "product": request.product, "version": request.version, "build_date": BUILT.isoformat(), "device_key": request.device_key,
            "components": request.components, "nonce": request.nonce, "time": "2026-11-11T18:00:00Z", "letters": letters,
            "address": offline.address("https://soporte.example", letters),
        })  # fmt: skip
    return found


def _clock() -> list[dict[str, Any]]:
    """What the highest time becomes when a token is loaded; days count from the making of the newest token before, null: there was none."""
    found = []
    for issued in (-1.0, 0.0, 2.0, 30.0, 400.0):
        for highest in (None, 3.0, 60.0, 400.0):
            for lived_days in (0, 1, 45, 500):
                for is_first in (False, True):
                    told = grace.set_right(
                        issued_at=AT + issued * DAY, highest=None if highest is None else AT + highest * DAY, newest=None if is_first else AT, lived_days=lived_days
                    )
                    found.append({
                        "issued": issued, "highest": highest, "newest": None if is_first else 0.0, "lived_days": lived_days, "becomes": (told - AT) / DAY,
                    })  # fmt: skip
    return found


def _grace() -> list[dict[str, Any]]:
    """The decisions of a program, case by case; days count from the token's making, its lease ends after 30, grace after 44."""
    found = []
    lease = grace.Lease(AT, AT + 30 * DAY, 14, date(2027, 3, 31), ("10.1",))
    for day in (-2.0, -0.5, 0.0, 29.9, 30.0, 43.9, 44.0, 400.0):
        for highest in (None, 20.0, 44.5):
            for shop_is_open, was_reduced in ((False, False), (True, False), (True, True)):
                verdict = grace.judge(
                    lease, now=AT + day * DAY, highest=None if highest is None else AT + highest * DAY, built_on=BUILT, minor="10.1",
                    shop_is_open=shop_is_open, was_reduced=was_reduced,
                )  # fmt: skip
                found.append({
                    "day": day, "highest": highest, "open": shop_is_open, "was_reduced": was_reduced, "built": BUILT.isoformat(), "minor": "10.1",
                    "mode": verdict.mode, "code": verdict.code, "warn": verdict.warn,
                })  # fmt: skip
    for built, minor in ((date(2027, 3, 31), "11.0"), (date(2027, 4, 1), "11.0"), (date(2030, 1, 1), "10.1")):
        verdict = grace.judge(lease, now=AT, highest=None, built_on=built, minor=minor, shop_is_open=False)
        found.append({
            "day": 0.0, "highest": None, "open": False, "was_reduced": False, "built": built.isoformat(), "minor": minor,
            "mode": verdict.mode, "code": verdict.code, "warn": verdict.warn,
        })  # fmt: skip
    return found
