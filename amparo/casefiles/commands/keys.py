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

PUBLISHED = "case-file-keys.pem"


def current_key() -> Ed25519PrivateKey:
    """Return the key that signs now."""
    return proof.private_key(proof.seed_of(settings.SECRETS["signing_key"], settings.SECRETS["secret_key"]))


@transaction.atomic
def publish_keys(*, at: datetime) -> SigningKey:
    """Make sure that the key in use is published, and that those before it say until when they were; return it. CAS-7.

    The keys also stand in a file of the data folder, so that `amparo verify-case` on this machine knows them.
    """
    raw = proof.raw_public(current_key())
    found = SigningKey.objects.filter(fingerprint=proof.fingerprint(raw), until__isnull=True).first()
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE casefiles_signingkey IN SHARE ROW EXCLUSIVE MODE")
        SigningKey.objects.filter(until__isnull=True).exclude(fingerprint=proof.fingerprint(raw)).update(until=at)
        found, _new = SigningKey.objects.update_or_create(
            fingerprint=proof.fingerprint(raw), defaults={"public": raw.hex(), "until": None}, create_defaults={"public": raw.hex(), "since": at}
        )
    _write_published()
    return found


def _write_published() -> None:
    path = Path(settings.DATA_DIR) / PUBLISHED
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
        SigningKey.objects.filter(until__isnull=True).update(until=at)
        key = SigningKey.objects.create(fingerprint=proof.fingerprint(raw), public=raw.hex(), since=at)
    _write_published()
    return key
