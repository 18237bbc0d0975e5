"""The public keys of the installation, for everybody. CAS-7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from amparo.casefiles.models import SigningKey
from amparo.casefiles.rules import proof


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as the page shows it; one that has not signed yet has no day."""

    fingerprint: str
    pem: str
    since: datetime | None
    until: datetime | None

    @property
    def grouped(self) -> str:
        return proof.grouped(self.fingerprint)


def published() -> list[KeyRow]:
    """Return the key in use, then those before it, the newest first."""
    raw = proof.raw_public(proof.private_key(proof.seed_of(settings.SECRETS["signing_key"], settings.SECRETS["secret_key"])))
    used = proof.fingerprint(raw)
    rows = {row.fingerprint: row for row in SigningKey.objects.order_by("-since", "-pk")}
    current = rows.pop(used, None)
    first = KeyRow(used, proof.pem_of(raw).decode(), current.since if current else None, None)
    return [first, *(KeyRow(row.fingerprint, proof.pem_of(bytes.fromhex(row.public)).decode(), row.since, row.until) for row in rows.values())]


def published_rows() -> list[SigningKey]:
    """Return the keys as the database has them, the newest first: also one that this process does not sign with yet."""
    return list(SigningKey.objects.order_by("-since", "-pk"))


def published_pem() -> bytes:
    """Return all published keys in one text, as `amparo verify-case --key` takes it."""
    return "".join(dict.fromkeys(row.pem for row in published())).encode()
