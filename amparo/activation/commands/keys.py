"""The keys that sign tokens: two generations live, the next one published before it signs. LIC-1."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import connection, transaction

from amparo.activation import access, queries
from amparo.activation.models import SigningKey
from amparo.activation.rules import tokens
from amparo.activation.rules.devices import b64, unb64
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.people.rules import seal, unseal


def ensure_keys(*, at: datetime) -> None:
    """Make the first two keys where there are none: one that signs, one that will."""
    if SigningKey.objects.filter(state="active").exists():
        return
    with transaction.atomic():
        _lock()
        if not SigningKey.objects.filter(state="active").exists():
            _made("active", at)
            _made("next", at)


@transaction.atomic
def rotate_keys(*, actor: Actor, at: datetime) -> SigningKey:
    """Let the next key sign from now on, publish one to follow it, and wipe the private part of the one before.

    Programs that pinned the published set know the new key already; tokens of the old one stay proven. Returns the key
    that signs now. Raises NotPermitted.
    """
    if not access.may_rotate_keys(actor):
        raise NotPermitted()
    ensure_keys(at=at)
    _lock()
    before, after = SigningKey.objects.get(state="active"), SigningKey.objects.get(state="next")
    before.state, before.sealed, before.retired_at = "retired", "", at
    before.save(update_fields=["state", "sealed", "retired_at"])
    after.state, after.active_from = "active", at
    after.save(update_fields=["state", "active_from"])
    _made("next", at)
    record("activation.keys_rotated", subject="signing-key:activation", actor=actor, at=at, kid=after.kid, before=before.kid)
    return after


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE activation_signingkey IN SHARE ROW EXCLUSIVE MODE")


def _made(state: str, at: datetime) -> SigningKey:
    key = Ed25519PrivateKey.generate()
    public = b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    return SigningKey.objects.create(
        kid=queries.thumbprint(public)[:16], public=public, state=state, sealed=seal(b64(key.private_bytes_raw()), settings.SECRETS["field_key"]),
        made_at=at, active_from=at if state == "active" else None,
    )  # fmt: skip


def signed_keys(*, at: datetime) -> dict[str, object]:
    """Return the published set of keys, and its newest ones signed by the key that signs now.

    A program that trusts one of the set may so learn the ones that follow it. What is signed stays within the length of a
    token, however often the keys were rotated; what it learnt before it keeps.
    """
    ensure_keys(at=at)
    found = {"keys": queries.published_keys()}
    told = queries.published_keys(retired_max=queries.RETIRED_SIGNED_MAX)
    active = SigningKey.objects.get(state="active")
    seed = unseal(active.sealed, settings.SECRETS["field_key"])
    assert seed is not None, "the signing key was sealed with other secrets"
    key = Ed25519PrivateKey.from_private_bytes(unb64(seed))
    claims = {"iss": settings.PUBLIC_URL, "iat": int(at.timestamp()), "keys": told}
    return {**found, "signed": tokens.sign(claims, key, active.kid, tokens.KEYS)}
