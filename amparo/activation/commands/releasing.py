"""A seat becomes free: by its device, by the customer for one that died, by staff. LIC-2, SEC-44."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from amparo.activation import access, errors, queries
from amparo.activation.models import Activation, MoveAllowance
from amparo.activation.rules import devices, tokens
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted
from amparo.products import commands as products
from amparo.products.models import Licence, Terminal

from .activating import report
from .keys import ensure_keys
from .refreshing import Signed, check_clock, is_signed_by
from .shared import activation_on, locked, note, seats_of, signing_key, take_nonce


def release_by_device(public_id: str, signed: Signed, *, at: datetime) -> str:
    """Free the seat of a device that proves its key, and return a signed receipt; again returns the receipt. LIC-2, SEC-46.

    Raises NotActivated, SignatureInvalid, ClockSkew, TransferLimit.
    """
    try:
        with transaction.atomic():
            licence = locked(Q(activations__public_id=public_id), at=at)
            mine = Activation.objects.select_related("terminal").filter(public_id=public_id).first() if licence else None
            if mine is None:
                raise errors.NotActivated()
            if not is_signed_by(mine.device_key, signed):
                raise errors.SignatureInvalid(licence_id=licence.pk)
            check_clock(signed.at, at=at)
            if mine.is_active:
                take_nonce(mine, signed.nonce, at=at)
                free(licence, mine.terminal, source="device", actor=SYSTEM, at=at)
            return receipt(licence, public_id, at=at)
    except errors.TransferLimit as refusal:
        report(refusal, at=at)
        raise


def release_dead(terminal: Terminal, *, actor: Actor, at: datetime) -> Terminal:
    """Free the seat of a terminal that no longer works, for its customer, in one transaction; again changes nothing. LIC-2.

    Raises NotPermitted, TransferLimit (then staff do it, through a ticket).
    """
    try:
        with transaction.atomic():
            licence = locked(Q(pk=terminal.licence_id), at=at)
            if not access.may_activate(actor, licence):
                raise NotPermitted()
            return free(licence, terminal, source="staff" if actor.is_staff else "portal", actor=actor, at=at)
    except errors.TransferLimit as refusal:
        report(refusal, at=at)
        raise


@transaction.atomic
def release_for_customer(terminal: Terminal, reason: str, *, actor: Actor, at: datetime) -> Terminal:
    """Free a seat for a caller, whatever was moved this year; the reason stays. TEL-2. Raises NotPermitted, ReasonMissing."""
    licence = locked(Q(pk=terminal.licence_id), at=at)
    if not access.may_override(actor):
        raise NotPermitted()
    if not reason.strip():
        raise errors.ReasonMissing()
    return free(licence, terminal, source="staff", reason=reason.strip(), actor=actor, at=at)


def free(licence: Any, terminal: Terminal, *, source: str, reason: str = "", actor: Actor, at: datetime) -> Terminal:
    """Free a seat of a licence that `locked` returned; what customers and devices do counts as a move. Raises TransferLimit."""
    terminal = Terminal.objects.select_related("activation").get(pk=terminal.pk)
    if terminal.released_at is not None:
        return terminal
    mine = activation_on(terminal)
    code = terminal.fingerprint[:20]
    if source != "staff" and not may_move(licence, code, seats_of(licence), at=at):
        raise errors.TransferLimit(licence_id=licence.pk)
    terminal = products.release_terminal(terminal, actor=actor, at=at)
    note("released", licence, activation=mine, source=source, code=code, reason=reason, actor=actor, at=at, title=terminal.name)
    return terminal


def may_move(licence: Licence, code: str, seats: Iterable[Any], *, at: datetime) -> bool:
    """True where the year has a move left for this device. A device that came back since is no move."""
    released = queries.released_codes(licence.pk, at)
    active = {seat.fingerprint for seat in seats} - {code}
    return devices.moves_made([*released, code], active) <= queries.moves_allowed(licence.pk, at)


def receipt(licence: Any, public_id: str, *, at: datetime) -> str:
    """Sign that an activation's seat is free. The same activation gives the same receipt as long as the same key signs."""
    if licence.kid is None:
        ensure_keys(at=at)
        licence = locked(Q(pk=licence.pk), at=at)
    mine = Activation.objects.get(public_id=public_id)
    assert mine.released_at is not None
    key, kid = signing_key(licence)
    claims = {
        "iss": settings.PUBLIC_URL, "licence": licence.pk, "activation": public_id, "device": mine.device_key,
        "released": int(mine.released_at.timestamp()), "serial": mine.token_serial,
    }  # fmt: skip
    return tokens.sign(claims, key, kid, tokens.RECEIPT)


@transaction.atomic
def add_moves(licence: Licence, moves: int, reason: str, *, actor: Actor, at: datetime) -> MoveAllowance:
    """Give a customer further moves for a year, for a reason that stays. LIC-2, TEL-2. Raises NotPermitted, ReasonMissing."""
    if not access.may_override(actor):
        raise NotPermitted()
    if not reason.strip():
        raise errors.ReasonMissing()
    made = MoveAllowance.objects.create(licence=licence, moves=moves, reason=reason.strip(), at=at, by_id=actor.user_id)
    note("moves_added", licence, activation=None, source="staff", reason=reason.strip(), actor=actor, at=at, moves=moves)
    record("activation.moves_added", subject=licence, actor=actor, at=at, moves=moves, reason=reason.strip())
    return made
