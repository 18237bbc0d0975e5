"""Tokens: compact JWS with Ed25519, and their armour for mail and sticks. Pure. LIC-1, SEC-46.

One algorithm is taken, whatever a header says; `typ` keeps a receipt from passing for a licence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .devices import b64, unb64

ALGORITHM: Final = "Ed25519"  # RFC 9864
SCHEMA: Final = 1
LICENCE, RECEIPT, TOMBSTONE, KEYS = (
    "amparo-licence+jws", "amparo-receipt+jws", "amparo-tombstone+jws", "amparo-keys+jws",
)  # fmt: skip
TOKEN_MAX: Final = 4096
_BEGIN, _END = "-----BEGIN AMPARO {}-----", "-----END AMPARO {}-----"
_ARMOUR = re.compile(r"-----BEGIN AMPARO (LICENCE|RECEIPT|RELEASE)-----\s+(.+?)\s+-----END AMPARO \1-----", re.DOTALL)


class BadToken(ValueError):
    """What was given is not a token of ours."""


def canonical(claims: Mapping[str, Any]) -> bytes:
    """Return claims as the bytes that are signed."""
    return json.dumps(claims, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sign(claims: Mapping[str, Any], key: Ed25519PrivateKey, kid: str, typ: str) -> str:
    """Return a compact JWS over the claims."""
    head = b64(canonical({"alg": ALGORITHM, "kid": kid, "typ": typ}))
    signed = f"{head}.{b64(canonical(claims))}"
    return f"{signed}.{b64(key.sign(signed.encode()))}"


def read(token: str, keys: Mapping[str, bytes], typ: str) -> dict[str, Any]:
    """Return the claims of a token that one of the keys (kid -> 32 bytes) signed. Raises BadToken.

    The header chooses among the keys that are trusted, and nothing else: not the algorithm, not the kind.
    """
    head, claims, signed, signature = _parts(token)
    if head.get("alg") != ALGORITHM or head.get("typ") != typ or "crit" in head:
        raise BadToken("another algorithm or kind")
    raw = keys.get(str(head.get("kid", "")))
    if raw is None:
        raise BadToken("an unknown key")
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise BadToken("not what was signed") from None
    return claims


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    if len(token) > TOKEN_MAX or token.count(".") != 2:
        raise BadToken("not a token")
    first, second, third = token.split(".")
    try:
        head, claims = json.loads(unb64(first)), json.loads(unb64(second))
        signature = unb64(third)
    except (ValueError, RecursionError):
        raise BadToken("not a token") from None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        raise BadToken("not a token")
    return head, claims, f"{first}.{second}".encode(), signature


def claims_unproven(token: str) -> dict[str, Any]:
    """Return what a token says, whoever signed it: to find the key that must have. Raises BadToken."""
    return _parts(token)[1]


def armoured(token: str, word: str = "LICENCE") -> str:
    """Return a token as a file for mail and sticks: lines of 64 characters between two marks."""
    lines = [token[at : at + 64] for at in range(0, len(token), 64)]
    return "\n".join([_BEGIN.format(word), *lines, _END.format(word), ""])


def unarmoured(text: str) -> str:
    """Return the token of a file or of what was pasted, with or without its marks. Raises BadToken."""
    if len(text) > 4 * TOKEN_MAX:
        raise BadToken("too long")
    found = _ARMOUR.search(text)
    return re.sub(r"\s+", "", found[2] if found else text)
