"""Tokens: compact JWS with Ed25519. One algorithm, pinned keys; the header chooses among them and decides nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = "Ed25519"  # RFC 9864
LICENCE, RECEIPT, TOMBSTONE, KEYS = (
    "amparo-licence+jws",
    "amparo-receipt+jws",
    "amparo-tombstone+jws",
    "amparo-keys+jws",
)
TOKEN_MAX = 4096
SCHEMA = 1
_ARMOUR = re.compile(r"-----BEGIN AMPARO (LICENCE|RECEIPT|RELEASE)-----\s+(.+?)\s+-----END AMPARO \1-----", re.DOTALL)


class BadToken(ValueError):
    """What was given is not a token that a trusted key signed."""


def b64(raw: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """Return the bytes of strict base64url without padding."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise ValueError("not base64url")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


def canonical(claims: Mapping[str, Any]) -> bytes:
    """Return claims as the bytes that are signed."""
    return json.dumps(claims, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sign(claims: Mapping[str, Any], key: Ed25519PrivateKey, kid: str, typ: str) -> str:
    """Return a compact JWS over the claims."""
    head = b64(canonical({"alg": ALGORITHM, "kid": kid, "typ": typ}))
    signed = f"{head}.{b64(canonical(claims))}"
    return f"{signed}.{b64(key.sign(signed.encode()))}"


def key_set(jwks: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the Ed25519 keys of a JWK set by their names; others are passed over."""
    found = {}
    for one in jwks.get("keys", []):
        if one.get("kty") == "OKP" and one.get("crv") == "Ed25519" and isinstance(one.get("kid"), str):
            raw = unb64(one["x"])
            if len(raw) == 32:
                found[one["kid"]] = raw
    return found


def read(token: str, keys: Mapping[str, bytes], typ: str = LICENCE) -> dict[str, Any]:
    """Return the claims of a token. Raises BadToken unless one of the keys signed exactly this, as this kind."""
    if len(token) > TOKEN_MAX or token.count(".") != 2:
        raise BadToken("not a token")
    first, second, third = token.split(".")
    try:
        head, claims, signature = json.loads(unb64(first)), json.loads(unb64(second)), unb64(third)
    except (ValueError, RecursionError):
        raise BadToken("not a token") from None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        raise BadToken("not a token")
    if head.get("alg") != ALGORITHM or head.get("typ") != typ or "crit" in head:
        raise BadToken("another algorithm or kind")
    raw = keys.get(str(head.get("kid", "")))
    if raw is None:
        raise BadToken("an unknown key")
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, f"{first}.{second}".encode())
    except (InvalidSignature, ValueError):
        raise BadToken("not what was signed") from None
    return claims


def armoured(token: str, word: str = "LICENCE") -> str:
    """Return a token as a file for mail and sticks."""
    lines = [token[at : at + 64] for at in range(0, len(token), 64)]
    return "\n".join([f"-----BEGIN AMPARO {word}-----", *lines, f"-----END AMPARO {word}-----", ""])


def unarmoured(text: str) -> str:
    """Return the token of a file or of what was typed, with or without its marks."""
    if len(text) > 4 * TOKEN_MAX:
        raise BadToken("too long")
    found = _ARMOUR.search(text)
    return re.sub(r"\s+", "", found[2] if found else text)


def device_code(public: bytes) -> str:
    """Return the code by which people name a device."""
    return base64.b32encode(hashlib.sha256(b"amparo-device/1\n" + public).digest()).decode()[:20]
