"""Without network: a request that came by file or picture is answered by one, and remembered; and what a shop gets in need. LIC-1, TEL-2."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from amparo.activation import access, errors
from amparo.activation.models import Activation, OfflineRequest
from amparo.activation.rules import devices, offline, standing, tokens
from amparo.activation.rules.offline import Request
from amparo.downloads import access as downloads
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value
from amparo.products.models import Licence

from .activating import Asked, issue, report
from .keys import ensure_keys
from .releasing import free, receipt
from .shared import claims_of, held, judged, locked, note, signing_key, token_for


def read_request(text: str) -> Request:
    """Read what was scanned, pasted or uploaded. Raises RequestInvalid."""
    try:
        return offline.decode(text)
    except offline.BadRequest:
        raise errors.RequestInvalid() from None


def answer_request(licence: Licence, text: str, *, terminal: str, actor: Actor, at: datetime) -> OfflineRequest:
    """Activate a device that has no network, and keep the answer: the same request gets it again. LIC-1, LIC-2, TEL-2.

    A request whose seat was released since is not taken again. Raises NotPermitted, RequestInvalid, Replayed, and what the
    protocol says.
    """
    request, digest = read_request(text), _digest(text)
    by = "staff" if actor.is_staff else "portal"
    try:
        with transaction.atomic():
            found = locked(Q(pk=licence.pk), version=request.version, at=at)
            if not access.may_activate(actor, found):
                raise NotPermitted()
            if (first := _answered(licence, "activate", digest)) is not None:
                if first.activation is None or not first.activation.is_active:
                    raise errors.Replayed(licence_id=licence.pk)
                return first
            made = issue(found, request, Asked(terminal.strip() or request.code[:4], "offline", by), actor=actor, at=at)
            note("offline", found, activation=made.activation, source=by, actor=actor, at=at)
            return _kept(licence, made.activation, "activate", digest, made.token, "", actor, at)
    except errors.Refused as refusal:
        report(refusal, at=at)
        raise


def answer_tombstone(text: str, *, actor: Actor, at: datetime) -> OfflineRequest:
    """Free the seat of a device that wiped its licence without network, by its own signed word; keep the receipt. LIC-2, SEC-46.

    Again gives the same receipt. Raises TokenInvalid, NotPermitted, NotActivated, TransferLimit.
    """
    try:
        token = tokens.unarmoured(text)
        claims = tokens.claims_unproven(token)
    except tokens.BadToken:
        raise errors.TokenInvalid() from None
    public_id = claims.get("activation")
    is_one = isinstance(public_id, str) and public_id.isascii() and public_id.isalnum()  # nobody has proven it yet
    mine = access.visible_to(actor).filter(public_id=public_id).first() if is_one else None
    if mine is None:
        raise errors.NotActivated()
    try:
        tokens.read(token, {devices.device_code(devices.unb64(mine.device_key)): devices.unb64(mine.device_key)}, tokens.TOMBSTONE)
    except tokens.BadToken:
        raise errors.TokenInvalid(licence_id=mine.licence_id) from None
    digest = hashlib.sha256(token.encode()).hexdigest()
    try:
        with transaction.atomic():
            licence = locked(Q(pk=mine.licence_id), at=at)
            if not access.may_activate(actor, licence):
                raise NotPermitted()
            if (first := _answered(licence, "release", digest)) is not None:
                return first
            free(licence, mine.terminal, source="staff" if actor.is_staff else "device", actor=actor, at=at)
            return _kept(licence, mine, "release", digest, receipt(licence, mine.public_id, at=at), "", actor, at)
    except errors.TransferLimit as refusal:
        report(refusal, at=at)
        raise


def licence_file(activation: Activation, *, actor: Actor, at: datetime) -> str:
    """Return the token of an activation again, as it was signed last: lost files cost nothing. LIC-1.

    Raises NotPermitted, NotActivated, and what ended the licence.
    """
    with transaction.atomic():
        licence = locked(Q(pk=activation.licence_id), version=activation.version, at=at)
        if not access.may_take_file(actor, licence):
            raise NotPermitted()
        activation = Activation.objects.get(pk=activation.pk)
        if not activation.is_active:
            raise errors.NotActivated(licence_id=licence.pk)
        found, _code = judged(licence, version=activation.version, built_on=activation.built_on, at=at)
        return token_for(activation, licence, found)


@transaction.atomic
def emergency(activation: Activation, reason: str, *, actor: Actor, at: datetime) -> OfflineRequest:
    """Give a terminal a few days more, whatever its lease says, so that no shop stands still. TEL-2.

    Withdrawn licences get none. Raises NotPermitted, ReasonMissing, Revoked, NotActivated.
    """
    licence = _for_emergency(activation.licence_id, activation.version, reason, actor, at)
    activation = Activation.objects.get(pk=activation.pk)
    if not activation.is_active:
        raise errors.NotActivated(licence_id=licence.pk)
    activation.token_serial += 1
    activation.token_at = at.replace(microsecond=0)
    activation.lease_until = max(activation.lease_until, _until(at))
    activation.save(update_fields=["token_serial", "token_at", "lease_until"])
    found = _stretched(held(licence, at=at), activation, at)
    token = token_for(activation, licence, found)
    return _told(licence, activation, hashlib.sha256(token.encode()).hexdigest(), token, reason, actor, at)


@transaction.atomic
def emergency_for_request(licence: Licence, text: str, reason: str, *, actor: Actor, at: datetime) -> OfflineRequest:
    """Give a device that has no seat a token of a few days, by its request; it takes no seat. TEL-2.

    Raises NotPermitted, ReasonMissing, RequestInvalid, ProductMismatch, Revoked.
    """
    request, digest = read_request(text), _digest(text)
    found = _for_emergency(licence.pk, request.version, reason, actor, at)
    if found.product.code != request.product:
        raise errors.ProductMismatch(licence_id=licence.pk)
    if (first := _answered(licence, "emergency", digest)) is not None:
        return first
    lent = Activation(
        licence=found, public_id="", source="staff", device_key=request.device_key, components=request.components, version=request.version,
        built_on=request.built_on, token_serial=1, token_at=at.replace(microsecond=0), lease_until=_until(at),
    )  # fmt: skip
    key, kid = signing_key(found)
    token = tokens.sign(claims_of(lent, found, _stretched(held(found, at=at), lent, at)), key, kid, tokens.LICENCE)
    return _told(found, None, digest, token, reason, actor, at)


def _for_emergency(licence_id: int, version: str, reason: str, actor: Actor, at: datetime) -> Any:
    if not access.may_override(actor):
        raise NotPermitted()
    if not reason.strip():
        raise errors.ReasonMissing()
    ensure_keys(at=at)
    licence = locked(Q(pk=licence_id), version=version, at=at)
    if licence.withdrawn_at is not None:
        raise errors.Revoked(licence_id=licence_id)
    return licence


def _until(at: datetime) -> datetime:
    return at.replace(microsecond=0) + timedelta(days=value("activation.emergency_days", at=at))


def _stretched(found: standing.Held, activation: Activation, at: datetime) -> standing.Held:
    """What an emergency token says: this build and these days are included, and no grace comes on top."""
    last = _until(at).astimezone(downloads.zone()).date()
    return standing.Held(
        product=found.product, is_withdrawn=False, is_suspended=False, edition=found.edition,
        valid_until=max(found.valid_until, last) if found.valid_until else None,
        updates_until=max(found.updates_until, activation.built_on), grace_days=0,
    )  # fmt: skip


def _told(
    licence: Any, activation: Activation | None, digest: str, token: str, reason: str, actor: Actor, at: datetime
) -> OfflineRequest:
    note("emergency", licence, activation=activation, source="staff", reason=reason.strip(), actor=actor, at=at)
    record("activation.emergency", subject=licence, actor=actor, at=at, reason=reason.strip(), until=_until(at))
    return _kept(licence, activation, "emergency", digest, token, reason.strip(), actor, at)


def _digest(text: str) -> str:
    return hashlib.sha256(offline.found_in(text).encode()).hexdigest()


def _answered(licence: Licence, kind: str, digest: str) -> OfflineRequest | None:
    return OfflineRequest.objects.select_related("activation").filter(licence=licence, kind=kind, digest=digest).first()


def _kept(
    licence: Licence, activation: Activation | None, kind: str, digest: str, response: str, reason: str, actor: Actor, at: datetime
) -> OfflineRequest:
    return OfflineRequest.objects.create(
        licence_id=licence.pk, activation=activation, kind=kind, digest=digest, response=response, reason=reason, made_at=at,
        made_by_id=actor.user_id,
    )  # fmt: skip
