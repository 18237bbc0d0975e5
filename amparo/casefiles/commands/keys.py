"""The installation's signing key, and the publication of every key that it ever signed with. CAS-7."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction

from amparo.casefiles.models import SigningKey
from amparo.casefiles.queries import published_pem
from amparo.casefiles.rules import proof


def current_key() -> Ed25519PrivateKey:
    """Return the key that signs now."""
    return proof.private_key(proof.seed_of(settings.SECRETS["signing_key"], settings.SECRETS["secret_key"]))


@transaction.atomic
def publish_keys(*, at: datetime) -> SigningKey:
    """Make sure that the key in use is published, and that those before it say until when they were; return it. CAS-7.

    The keys also stand in a file of the data folder, so that `amparo verify-case` on this machine knows them. A process that
    has not been started again since the key was replaced goes on signing with the earlier one, which is published too.
    """
    raw = proof.raw_public(current_key())
    known = SigningKey.objects.filter(fingerprint=proof.fingerprint(raw))
    found = known.first()
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE casefiles_signingkey IN SHARE ROW EXCLUSIVE MODE")
        found = known.first() or _added(raw, at)
    _write_published()
    return found


def _added(raw: bytes, at: datetime) -> SigningKey:
    SigningKey.objects.filter(until__isnull=True).update(until=at)
    return SigningKey.objects.create(fingerprint=proof.fingerprint(raw), public=raw.hex(), since=at)


def _write_published() -> None:
    path = Path(settings.PUBLISHED_KEYS)
    pem = published_pem()
    if not path.parent.is_dir() or (path.is_file() and path.read_bytes() == pem):
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(pem)
    partial.replace(path)


def replace_key(raw: bytes, *, at: datetime) -> SigningKey:
    """Publish a key that is about to be used, before the first file is signed with it; the old one stays published. CAS-7."""
    with transaction.atomic():
        publish_keys(at=at)
        key = _added(raw, at)
    _write_published()
    return key
