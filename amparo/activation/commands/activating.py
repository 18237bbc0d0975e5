"""A licence becomes active on a device: seats under the licence's lock, the same device never twice. LIC-1, LIC-2, SEC-44."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from amparo.activation import errors
from amparo.activation.models import Activation, ActivationEvent
from amparo.activation.rules import devices, standing
from amparo.activation.rules.offline import Request
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.ids import random_code
from amparo.products import commands as products
from amparo.products.models import Licence, Terminal
from amparo.products.rules import serial_key

from . import guarding
from .keys import ensure_keys
from .shared import (
    Issued,
    activation_on,
    judged,
    lease_end,
    locked,
    note,
    reported,
    seats_of,
    take_nonce,
    token_for,
)

REBINDS_MAX, REBINDS_DAYS = 5, 30
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """How an activation is asked for. `source` is kept on it; `by` and `network` on the event: device, portal, staff; a keyed mark."""

    terminal: str
    source: str
    by: str
    edition: str = ""
    network: str = ""


def activate(
    serial: str, request: Request, *, terminal: str, edition: str = "", address: str, actor: Actor = SYSTEM, at: datetime
) -> Issued:
    """Activate a licence on the device that asks, by its serial. LIC-1, LIC-2, SEC-44, SEC-45.

    The same device again gets its own activation, and no new seat; a computer that lost its key but has three of its five
    parts takes its seat again. Not atomic as a whole: that a serial was tried stays written though it is refused.
    Raises what the protocol says. Six statements at most.
    """
    key = serial_key(serial) or ""
    asked = Asked(terminal, "online", "device", edition, guarding.network(address))
    try:
        with transaction.atomic():
            licence = locked(Q(serial_key=key or "-"), version=request.version, key=key, address=address, product=request.product, at=at)
            if licence is not None:
                guarding.hold_back(licence, at=at)
                return issue(licence, request, asked, actor=actor, at=at)
    except errors.EditionMismatch:
        raise  # the serial is right, the program on the computer is not: nobody guesses
    except errors.ProductMismatch as refusal:
        limited = guarding.count_wrong(key or serial[:60], address, request.product, at=at)
        raise (limited if isinstance(limited, errors.RateLimited) else refusal) from None
    except errors.Refused as refusal:
        report(refusal, at=at)
        raise
    raise guarding.count_wrong(key or serial[:60], address, request.product, at=at)


def issue(licence: Any, request: Request, asked: Asked, *, actor: Actor, at: datetime) -> Issued:
    """Activate a licence that `locked` returned; part of the caller's transaction. Raises what the protocol says."""
    if licence.product.code != request.product:
        raise errors.ProductMismatch(licence_id=licence.pk)
    if licence.kid is None:
        ensure_keys(at=at)
        licence = locked(Q(pk=licence.pk), version=request.version, at=at)
    found, code = judged(licence, version=request.version, built_on=request.built_on, edition=asked.edition, at=at)
    seats = seats_of(licence)
    mine = next((one for seat in seats if (one := activation_on(seat)) and one.device_key == request.device_key), None)
    if mine is not None:
        if not devices.is_same(mine.components, request.components):
            raise errors.DeviceMismatch(licence_id=licence.pk, activation=mine.pk)
        activation = _renewed(mine, licence, seats, request, asked, found, actor=actor, at=at)
    elif (known := _known_again(seats, request)) is not None:
        activation = _rebound(known, licence, seats, request, asked, found, actor=actor, at=at)
    else:
        activation = _new(licence, seats, request, asked, found, actor=actor, at=at)
    token = token_for(activation, licence, found)
    return Issued(activation, token, code, is_new=mine is None and known is None)


def _known_again(seats: list[Any], request: Request) -> Activation | None:
    """The activation of a computer that lost its key, the one with the most parts in common; none where a seat is kept for it."""
    if any(seat.fingerprint == request.code for seat in seats):
        return None
    found = [one for seat in seats if (one := activation_on(seat)) and devices.is_known_again(one.components, request.components)]
    return max(found, key=lambda one: devices.matches(one.components, request.components), default=None)


def _new(
    licence: Any, seats: list[Any], request: Request, asked: Asked, found: standing.Held, *, actor: Actor, at: datetime
) -> Activation:
    """Take a seat: one that is kept for this device by its code, or a free one."""
    kept = next((seat for seat in seats if activation_on(seat) is None and seat.fingerprint == request.code), None)
    installed = reported(licence, seats, request.version)
    if kept is None:
        if len(seats) >= licence.terminals:
            raise errors.SeatsExhausted(licence_id=licence.pk)
        kept = products.take_seat(licence, asked.terminal, request.code, installed=installed, actor=actor, at=at)
    elif installed is not None:
        products.report_version(licence, installed, actor=actor, at=at)
    return _inserted(licence, kept, request, asked, found, actor=actor, at=at)


def _inserted(
    licence: Any, seat: Terminal, request: Request, asked: Asked, found: standing.Held, *, actor: Actor, at: datetime
) -> Activation:
    """Write an activation, its nonce and its event, in one statement. Raises Replayed for what this device sent before. SEC-46."""
    activation = Activation(
        public_id=random_code(20), licence=licence, terminal=seat, source=asked.source, device_key=request.device_key,
        device_code=request.code, components=request.components, version=request.version, built_on=request.built_on,
        release_id=licence.told_release, token_at=at.replace(microsecond=0), lease_until=lease_end(asked.source, found, at=at),
        last_seen_at=at, last_nonce=request.nonce, created_at=at,
    )  # fmt: skip
    fields = [field for field in Activation._meta.concrete_fields if not field.primary_key]
    given = [field.get_db_prep_save(getattr(activation, field.attname), connection) for field in fields]
    columns, marks = ", ".join(f'"{field.column}"' for field in fields), ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH made AS (INSERT INTO activation_activation ({columns}) SELECT {marks} WHERE NOT EXISTS ("  # noqa: S608
            "SELECT FROM activation_usednonce u JOIN activation_activation a ON a.id = u.activation_id "
            "WHERE a.licence_id = %s AND a.device_key = %s AND u.nonce = %s) RETURNING id), "
            "used AS (INSERT INTO activation_usednonce (activation_id, nonce, at) SELECT id, %s, %s FROM made) "
            "INSERT INTO activation_activationevent (licence_id, activation_id, kind, source, actor_ref, device_code, reason, data, at) "
            "SELECT %s, id, 'activated', %s, %s, %s, '', %s::jsonb, %s FROM made RETURNING activation_id",
            [*given, licence.pk, request.device_key, request.nonce, request.nonce, at, licence.pk, asked.by, actor.ref, request.code, json.dumps(_noted(asked) | {"version": request.version}), at],
        )
        made = cursor.fetchone()
    if made is None:
        raise errors.Replayed(licence_id=licence.pk)
    activation.pk = made[0]
    return activation


def _noted(asked: Asked) -> dict[str, str]:
    return {"network": asked.network} if asked.network else {}


def _renewed(
    mine: Activation, licence: Any, seats: list[Any], request: Request, asked: Asked, found: standing.Held, *, actor: Actor, at: datetime
) -> Activation:
    """Give a device that is active already a new token; the same request again gives the same one."""
    if mine.last_nonce == request.nonce:
        return mine
    take_nonce(mine, request.nonce, at=at)
    renew(mine, licence, seats, request, found, source=asked.source, actor=actor, at=at)
    if mine.terminal.name != asked.terminal and asked.terminal:
        Terminal.objects.filter(pk=mine.terminal_id).update(name=asked.terminal)
    return mine


def renew(
    mine: Activation, licence: Any, seats: list[Any], request: Request, found: standing.Held, *, source: str, actor: Actor, at: datetime
) -> None:
    """Begin a new lease; parts that changed are taken over, and a version that changed is reported. LIC-3."""
    drifted = mine.components != request.components
    if drifted:
        # A part that could not be read this time is no change: it is known as it was.
        merged = mine.components | request.components
        drifted, mine.components = merged != mine.components, merged
    changed = mine.version != request.version
    mine.version, mine.built_on, mine.release_id = request.version, request.built_on, licence.told_release
    mine.token_serial += 1
    mine.source, mine.last_nonce, mine.last_seen_at = source, request.nonce, at
    mine.token_at = at.replace(microsecond=0)
    mine.lease_until = max(mine.lease_until, lease_end(source, found, at=at)) if source == "offline" else lease_end(source, found, at=at)
    mine.save(update_fields=[
        "components", "version", "built_on", "release", "token_serial", "source", "last_nonce", "last_seen_at", "token_at",
        "lease_until", "device_key", "device_code", "suspect_at",
    ])  # fmt: skip
    if drifted:
        note("drifted", licence, activation=mine, source="device", actor=actor, at=at)
    if changed:
        note("version", licence, activation=mine, source="device", actor=actor, at=at, version=request.version)
    if (installed := reported(licence, seats, request.version, mine=mine)) is not None:
        products.report_version(licence, installed, actor=actor, at=at)


def _rebound(
    known: Activation, licence: Any, seats: list[Any], request: Request, asked: Asked, found: standing.Held, *, actor: Actor, at: datetime
) -> Activation:
    """Let a computer with a new key have the seat that it has already: no move, nothing to ask anybody. LIC-2.

    Two that take it from each other are two computers: after a few times it is refused, and staff are told.
    """
    recent = ActivationEvent.objects.filter(activation=known, kind="rebound", at__gt=at - REBINDS_DAYS * DAY)
    if recent.count() >= REBINDS_MAX:
        raise errors.TransferLimit(licence_id=licence.pk, activation=known.pk)
    take_nonce(known, request.nonce, at=at)
    before, known.device_key, known.device_code = known.device_code, request.device_key, request.code
    Terminal.objects.filter(pk=known.terminal_id).update(fingerprint=request.code, name=asked.terminal or known.terminal.name)
    renew(known, licence, seats, request, found, source=asked.source, actor=actor, at=at)
    note("rebound", licence, activation=known, source=asked.by, actor=actor, at=at, before=before, **_noted(asked))
    return known


def report(refusal: errors.Refused, *, at: datetime) -> None:
    """Tell staff of what looks like two devices with one key, of churn, and of moves that are used up; never cut anybody off."""
    licence_id, number = refusal.context.get("licence_id"), refusal.context.get("activation")
    names = {"DEVICE_MISMATCH": "activation.mismatch", "TRANSFER_LIMIT": "activation.moves_exhausted"}
    name = names.get(refusal.code)
    if refusal.context.get("by") == "churn":
        name = "activation.churn"
    if name is None or licence_id is None:
        return
    subject = f"licence:{licence_id}"
    if name == "activation.mismatch" and number:
        Activation.objects.filter(pk=number, state="active").update(suspect_at=at)
    guarding.tell_once(name, subject, since=at - DAY, customer=_customer(licence_id), actor=SYSTEM, at=at)


def _customer(licence_id: int) -> int | None:
    return Licence.objects.filter(pk=licence_id).values_list("customer_id", flat=True).first()
