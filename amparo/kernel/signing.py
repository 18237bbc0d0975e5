"""Signing by the installation's key (Ed25519), so that anybody can verify with the published public key. UPD-2, LIC-1, CAS-7.

Every signed text begins in a way of its own, so that no signature can pass for one of another kind.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@lru_cache(4)
def _key(signing_key: str, secret_key: str) -> Ed25519PrivateKey:
    if signing_key:
        return Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(signing_key))
    # Builds and tests have none; theirs comes from their other key.
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"case files of tests and builds:" + secret_key.encode()).digest())


def key_of(secrets: Mapping[str, str]) -> Ed25519PrivateKey:
    """Return the installation's signing key from its secrets."""
    return _key(secrets["signing_key"], secrets["secret_key"])


def public_of(secrets: Mapping[str, str]) -> bytes:
    """Return the 32 bytes of the public key."""
    return key_of(secrets).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def fingerprint(raw: bytes) -> str:
    """Return the name of a public key: SHA-256 of its 32 bytes, as hex."""
    return hashlib.sha256(raw).hexdigest()


def pem_of(raw: bytes) -> str:
    """Return a public key as PEM, as `openssl` reads it."""
    return Ed25519PublicKey.from_public_bytes(raw).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def verifies(raw: bytes, signature: bytes, text: bytes) -> bool:
    """True where a signature is that of a text by a key."""
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
