"""Reads of activation, shaped for pages and programs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from amparo.policies.queries import value
from amparo.products.models import Licence, Terminal

from .models import (
    Activation,
    ActivationEvent,
    MoveAllowance,
    OfflineRequest,
    RegistrationRequest,
    SigningKey,
)
from .rules.devices import b64, moves_made, unb64
from .rules.tokens import ALGORITHM, canonical

YEAR = timedelta(days=365)
EVENTS_SHOWN = 30
RETIRED_SIGNED_MAX = 12  # as many as a signed set holds within the length of a token


def thumbprint(public: str) -> str:
    """Return the thumbprint of a public key. RFC 7638, RFC 8037."""
    return b64(hashlib.sha256(canonical({"crv": "Ed25519", "kty": "OKP", "x": public})).digest())


def published_keys(*, retired_max: int | None = None) -> list[dict[str, str]]:
    """Return every key that proves a token, as JWKs: the one that signs, the one that will, and those that did, newest first. RFC 9864."""
    order = {"active": 0, "next": 1, "retired": 2}
    rows = sorted(SigningKey.objects.all(), key=lambda row: (order[row.state], -row.pk))
    rows = rows if retired_max is None else rows[: 2 + retired_max]
    return [
        {"kty": "OKP", "crv": "Ed25519", "alg": ALGORITHM, "use": "sig", "kid": row.kid, "x": row.public} for row in rows
    ]  # fmt: skip


def trusted_keys() -> dict[str, bytes]:
    """Return every published key by its name."""
    return {row.kid: unb64(row.public) for row in SigningKey.objects.all()}


def key_rows() -> list[dict[str, Any]]:
    """Return the keys as an administrator reads them, newest first."""
    return [dict(row) for row in SigningKey.objects.order_by("-pk").values("kid", "state", "made_at", "active_from", "retired_at")]


def released_codes(licence_id: int, at: datetime) -> list[str]:
    """Return the devices that customers and devices released in the last year."""
    found = ActivationEvent.objects.filter(licence=licence_id, kind="released", source__in=("device", "portal"), at__gt=at - YEAR)
    return list(found.values_list("device_code", flat=True))


def moves_allowed(licence_id: int, at: datetime) -> int:
    """Return how many moves a licence has in a year, with those that staff added."""
    added = MoveAllowance.objects.filter(licence=licence_id, at__gt=at - YEAR).aggregate(n=Sum("moves"))["n"] or 0
    return int(value("activation.moves_max", at=at)) + int(added)


def moves_left(licence_id: int, active: set[str], at: datetime) -> int:
    """Return how many seats the customer may still free by itself this year. LIC-2."""
    return max(0, moves_allowed(licence_id, at) - moves_made(released_codes(licence_id, at), active))


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A terminal as lists show it. `state`: active, renew (its lease ended, in grace), silent (grace over), hand (bound by hand)."""

    terminal: Any
    activation: Any
    state: str
    last_seen_at: datetime | None
    lease_until: datetime | None
    is_suspect: bool

    @property
    def name(self) -> str:
        return self.terminal.name


def devices_of(licence_id: int, at: datetime) -> list[DeviceRow]:
    """Return the terminals of a licence that take a seat, the one seen last first. One statement. LIC-2."""
    found = Terminal.objects.filter(licence=licence_id, released_at__isnull=True).select_related("activation")
    rows = [_row(terminal, at) for terminal in found.order_by(F("activation__last_seen_at").desc(nulls_last=True), "-bound_at")]
    return rows


def _row(terminal: Any, at: datetime) -> DeviceRow:
    mine: Activation | None = getattr(terminal, "activation", None)
    if mine is None:
        return DeviceRow(terminal, None, "hand", None, None, False)
    grace = mine.lease_until + timedelta(days=value("activation.grace_days", at=at))
    state = "active" if at < mine.lease_until else "renew" if at < grace else "silent"
    return DeviceRow(terminal, mine, state, mine.last_seen_at, mine.lease_until, mine.suspect_at is not None)


def gone_from(licence_id: int) -> list[Terminal]:
    """Return the terminals that were released last. One statement."""
    found = Terminal.objects.filter(licence=licence_id, released_at__isnull=False)
    return list(found.order_by("-released_at")[:10])


def events_of(licence_id: int) -> list[ActivationEvent]:
    """Return what happened last with a licence's devices, newest first. One statement."""
    found = ActivationEvent.objects.filter(licence=licence_id).select_related("activation__terminal")
    return list(found.order_by("-at", "-pk")[:EVENTS_SHOWN])


def answers_of(licence_id: int) -> list[OfflineRequest]:
    """Return what was answered without network, newest first. One statement."""
    found = OfflineRequest.objects.filter(licence=licence_id).select_related("activation__terminal")
    return list(found.order_by("-pk")[:EVENTS_SHOWN])


def licences_to_choose(licences: QuerySet[Licence], product: str = "") -> list[Any]:
    """Return licences among which an offline request is placed, those of its product alone, with their seats. One statement."""
    found = licences.filter(withdrawn_at__isnull=True).select_related("product", "customer")
    if product:
        found = found.filter(product__code=product)
    return list(found.annotate(bound=_bound()).order_by("product__name", "pk")[:200])


def licences_with_seats(licences: QuerySet[Licence]) -> list[Any]:
    """Return licences with how many of their seats are taken, and whether one of their terminals looks wrong. One statement."""
    suspect = Activation.objects.filter(licence=OuterRef("pk"), state="active", suspect_at__isnull=False)
    found = licences.select_related("product").annotate(bound=_bound(), is_suspect=Exists(suspect))
    return list(found.order_by(F("withdrawn_at").desc(nulls_first=True), "product__name", "pk"))


def _bound() -> Count:
    return Count("bindings", filter=Q(bindings__released_at__isnull=True))


def watched(at: datetime, *, limit: int = 50) -> list[Activation]:
    """Return the active devices that look like two with one key, newest first: for staff to look at. One statement. SEC-44."""
    found = Activation.objects.filter(state="active", suspect_at__gt=at - timedelta(days=60))
    return list(found.select_related("terminal", "licence__customer", "licence__product").order_by("-suspect_at")[:limit])


def registrations(*, customer_id: int | None = None) -> list[RegistrationRequest]:
    """Return what was asked to be registered: what waits, oldest first; of one customer also what was refused. One statement."""
    found = RegistrationRequest.objects.select_related("product", "customer", "asked_by")
    if customer_id is None:
        return list(found.filter(state="asked").order_by("pk")[:100])
    return list(found.filter(customer=customer_id).exclude(state="registered").order_by("-pk")[:20])
