"""What makes a case file prove itself: keys, the manifest, and the line of a fact. Pure. CAS-7."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from amparo.history.rules import digest, link, sealed, text_of

FORMAT = "amparo-case-file/1"
MANIFEST, SIGNATURE, KEY, FACTS, RECORD, PAPER, README = (
    "manifest.json", "manifest.sig", "key.pem", "facts.jsonl", "record.jsonl", "case.pdf", "README.txt",
)  # fmt: skip
FIXED = (PAPER, FACTS, RECORD, KEY, README)  # stand first, in this order; then files/, then the two of the proof
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]{1,400}-----END PUBLIC KEY-----")


def private_key(seed: bytes) -> Ed25519PrivateKey:
    """Return the key of 32 secret bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def seed_of(signing_key: str, secret_key: str) -> bytes:
    """Return the 32 bytes of the installation's signing key. Builds and tests have none; theirs comes from their other key."""
    if signing_key:
        return base64.urlsafe_b64decode(signing_key)
    return hashlib.sha256(b"case files of tests and builds:" + secret_key.encode()).digest()


def raw_public(key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of a public key."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def fingerprint(raw: bytes) -> str:
    """Return the name of a public key: SHA-256 of its 32 bytes, as hex."""
    return hashlib.sha256(raw).hexdigest()


def grouped(word: str) -> str:
    """Return a fingerprint in groups of eight, to be read aloud and compared."""
    return " ".join(word[at : at + 8] for at in range(0, len(word), 8))


def pem_of(raw: bytes) -> bytes:
    """Return a public key as PEM, as `openssl` reads it."""
    return Ed25519PublicKey.from_public_bytes(raw).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def keys_in(pem: bytes) -> list[bytes]:
    """Return the Ed25519 keys of a text that holds one or several in PEM, as 32 bytes each; empty where there is none."""
    found = []
    for block in _PEM.findall(pem):
        try:
            key = load_pem_public_key(block)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, Ed25519PublicKey):
            found.append(raw_public(key))
    return found


def is_signed(raw: bytes, signature: bytes, signed: bytes) -> bool:
    """True where the signature over these bytes was made with the key."""
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def fact_line(
    subject: str, seq: int, version: int, hash_: str, *, head: Mapping[str, Any] | None, content: Mapping[str, Any] | None,
    salt: str, content_sha256: str,
) -> dict[str, Any]:
    """Return a fact as its line tells it. CAS-7.

    Without its content (purged) head and the content's hash stay; without its head too (not the reader's to know) only
    what the chain needs. A fact of the first kind of link without its content shows its hash alone.
    """
    line: dict[str, Any] = {"chain": subject, "seq": seq, "version": version, "hash": hash_}
    if head is not None and content is not None:
        return line | {"head": head, "content": content} | ({"salt": salt} if version == 2 else {})
    if version == 2 and head is not None:
        return line | {"head": head, "content_sha256": content_sha256}
    return line


def stub_line(subject: str, seq: int, version: int, hash_: str, *, told: str) -> dict[str, Any]:
    """Return the line of a fact that the reader is not to know of: what links it, and nothing else. SEC-10."""
    line: dict[str, Any] = {"chain": subject, "seq": seq, "version": version, "hash": hash_}
    return line | ({"digest": told} if version == 2 else {})


def link_of(previous: str, line: Mapping[str, Any]) -> str | None:
    """Return the hash that a line must have, None where its own hash is all there is. Raises KeyError, TypeError."""
    told = _told(line)
    return None if told is None else link(previous, line["seq"], told)


def _told(line: Mapping[str, Any]) -> str | None:
    if "digest" in line:
        return str(line["digest"])
    if "content" in line and line["version"] == 1:
        return text_of({**line["head"], **line["content"]})
    if "content" in line:
        return digest(line["head"], sealed(line["salt"], line["content"]))
    if "content_sha256" in line:
        return digest(line["head"], line["content_sha256"])
    return None
