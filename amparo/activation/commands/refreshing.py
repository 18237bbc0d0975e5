"""A device that is active asks again: a new lease, is it valid, which version it has, which update is due. LIC-1, LIC-3, UPD-2, SEC-46."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.db.models import Q

from amparo.activation import errors, queries
from amparo.activation.models import Activation
from amparo.activation.rules import devices, tokens
from amparo.activation.rules.offline import Request
from amparo.kernel.actor import SYSTEM
from amparo.products import commands as products

from .activating import renew, report
from .shared import Issued, judged, locked, note, reported, seats_of, take_nonce, token_for

SKEW_MAX = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signed:
    """A request signed by a device: the bytes that were signed, their signature, and when the device says it is."""

    message: bytes
    signature: bytes
    nonce: str
    at: datetime


def is_signed_by(device_key: str, signed: Signed) -> bool:
    """True where the device's own key signed exactly these bytes. SEC-46."""
    try:
        Ed25519PublicKey.from_public_bytes(devices.unb64(device_key)).verify(signed.signature, signed.message)
    except (InvalidSignature, ValueError):
        return False
    return True


def refresh(
    public_id: str, signed: Signed, *, version: str, built_on: date, components: dict[str, str], at: datetime
) -> Issued:
    """Begin a new lease for a device that proves its key. LIC-1, LIC-3, SEC-46.

    The same request again gives the same token; an older one is refused. A computer of which more than two parts differ keeps
    its lease and grace, and staff are told. Raises what the protocol says.
    """
    try:
        with transaction.atomic():
            licence, mine, repeated = _proven(public_id, signed, version, at)
            found, code = judged(
                licence, version=mine.version if repeated else version, built_on=mine.built_on if repeated else built_on, at=at
            )
            if not repeated:
                if not devices.is_same(mine.components, components):
                    raise errors.DeviceMismatch(licence_id=licence.pk, activation=mine.pk)
                request = Request(licence.product.code, version, built_on, mine.device_key, components, signed.nonce, signed.at)
                mine.suspect_at = None
                renew(mine, licence, seats_of(licence), request, found, source="online", actor=SYSTEM, at=at)
            return Issued(mine, token_for(mine, licence, found), code)
    except errors.DeviceMismatch as refusal:
        report(refusal, at=at)
        raise


def report_version(public_id: str, signed: Signed, *, version: str, built_on: date, at: datetime) -> Activation:
    """Write down which version a device runs, without a new lease. LIC-3. Raises what the protocol says."""
    with transaction.atomic():
        licence, mine, repeated = _proven(public_id, signed, version, at)
        if not repeated:
            if mine.version != version:
                note("version", licence, activation=mine, source="device", actor=SYSTEM, at=at, version=version)
            mine.version, mine.built_on, mine.release_id = version, built_on, licence.told_release
            mine.last_seen_at, mine.last_nonce = at, signed.nonce
            mine.save(update_fields=["version", "built_on", "release", "last_seen_at", "last_nonce"])
            if (installed := reported(licence, seats_of(licence), version, mine=mine)) is not None:
                products.report_version(licence, installed, actor=SYSTEM, at=at)
        return mine


def prove(public_id: str, signed: Signed, *, at: datetime) -> Activation:
    """Return the activation of a device that proves its key, seen now; for what only reads. Raises what the protocol says."""
    with transaction.atomic():
        _licence, mine, repeated = _proven(public_id, signed, "", at)
        if not repeated:
            mine.last_seen_at, mine.last_nonce = at, signed.nonce
            mine.save(update_fields=["last_seen_at", "last_nonce"])
        return mine


def _proven(public_id: str, signed: Signed, version: str, at: datetime) -> tuple[Any, Activation, bool]:
    """Return licence (under its lock) and activation of a request, and whether it was taken before. SEC-46.

    Raises NotActivated, SignatureInvalid, ClockSkew, Replayed.
    """
    licence = locked(Q(activations__public_id=public_id), version=version, at=at)
    mine = Activation.objects.select_related("terminal", "release").filter(public_id=public_id).first() if licence else None
    if mine is None:
        raise errors.NotActivated()
    if not is_signed_by(mine.device_key, signed):
        raise errors.SignatureInvalid(licence_id=licence.pk)
    if not mine.is_active:
        raise errors.NotActivated(licence_id=licence.pk)
    check_clock(signed.at, at=at)
    if signed.nonce == mine.last_nonce:
        return licence, mine, True
    take_nonce(mine, signed.nonce, at=at)
    return licence, mine, False


def check_clock(told: datetime, *, at: datetime) -> None:
    """Refuse a clock that is more than a day wrong; the answer tells the right time, so that the program can ask again. Raises ClockSkew."""
    if abs(told - at) > SKEW_MAX:
        raise errors.ClockSkew()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a token. `is_valid` while its program may work in full."""

    is_valid: bool
    code: str
    until: datetime | None


def validate(token: str, *, at: datetime) -> Verdict:
    """Say how a token stands now: its signature, then what became of its activation. Writes nothing. SEC-46.

    Raises TokenInvalid for what we never signed.
    """
    try:
        claims = tokens.read(token, queries.trusted_keys(), tokens.LICENCE)
    except tokens.BadToken:
        raise errors.TokenInvalid() from None
    with transaction.atomic():
        licence = locked(Q(pk=claims.get("licence")), at=at)
        mine = Activation.objects.filter(public_id=str(claims.get("activation"))).first()
        if licence is None:
            return Verdict(False, "REVOKED", None)
        ends, grace_ends = _ends(claims)
        if mine is not None and not mine.is_active:
            return Verdict(False, "NOT_ACTIVATED", None)
        if mine is not None and mine.device_key != claims.get("device"):
            return Verdict(False, "DEVICE_MISMATCH", None)
        code = "OK" if licence.withdrawn_at is None else "REVOKED"
        if mine is not None or code != "OK":
            try:  # an emergency token without a seat holds whatever else became of the licence, unless it was withdrawn
                _found, code = judged(licence, version="", built_on=date.min, at=at)
            except errors.Refused as refusal:
                return Verdict(False, refusal.code, None)
    if at >= grace_ends:
        return Verdict(False, "LEASE_EXPIRED", None)
    if at >= ends or code == "IN_GRACE":
        return Verdict(True, "IN_GRACE", grace_ends)
    return Verdict(True, "OK", ends)


def _ends(claims: dict[str, Any]) -> tuple[datetime, datetime]:
    """Return when the lease of a token ends, and its grace."""
    ends = datetime.fromtimestamp(int(claims["exp"]), UTC)
    return ends, ends + timedelta(days=int(claims.get("grace_days", 0)))
