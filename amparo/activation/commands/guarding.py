"""Limits on guessing serials and on churn, and what staff are told of it. SEC-44, SEC-45."""

from __future__ import annotations

import ipaddress
import zlib
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count
from django.db.models.fields.json import KeyTextTransform

from amparo.activation import errors
from amparo.activation.models import ActivationEvent, KeyAttempt, UsedNonce
from amparo.activation.rules import limits
from amparo.history.commands import record
from amparo.history.models import Fact
from amparo.kernel.actor import SYSTEM, Actor
from amparo.policies.queries import value

from .shared import pepper

_FAMILY = 0x41435449
KEPT = timedelta(days=2)


def hold_back(licence: Any, *, at: datetime) -> None:
    """Refuse where too many wrong serials came before, or too much was done with this licence, or by this customer. Raises RateLimited."""
    tries = limits.Tries(licence.tries_address, licence.tries_key, 0)
    if limits.over(tries, product_max=1, **_limits(at)):
        raise _limited(at)
    if licence.acts >= value("activation.acts_hour", at=at):
        raise errors.RateLimited(licence_id=licence.pk, wait_seconds=3600, by="churn")
    if licence.customer_acts >= value("activation.customer_acts_hour", at=at):
        raise errors.RateLimited(licence_id=licence.pk, wait_seconds=3600, by="churn")


def count_wrong(key: str, address: str, product: str, *, at: datetime) -> errors.Refused:
    """Write down a serial that was not right, and return what is answered: the limit once it is reached. SEC-45.

    Tries that share an address or a serial wait for one another here, so that fifty at once are counted too. A serial that
    cannot be one is counted like any other.
    """
    since = at - timedelta(minutes=value("activation.tries_window_minutes", at=at))
    marks = {"address_hash": limits.mark("address", address, pepper()), "key_hash": limits.mark("key", key, pepper())}
    with transaction.atomic():
        _wait_in_line(*marks.values())
        recent = KeyAttempt.objects.filter(at__gt=since)
        tries = limits.Tries(
            recent.filter(address_hash=marks["address_hash"]).count(),
            recent.filter(key_hash=marks["key_hash"]).count(),
            recent.filter(product_code=product[:40]).count(),
        )
        by = limits.over(tries, product_max=value("activation.tries_product", at=at), **_limits(at))
        if not by:
            KeyAttempt.objects.create(**marks, product_code=product[:40], at=at)
            return errors.KeyUnknown()
        tell_once("activation.guessing", "activation:guard", since=since, actor=SYSTEM, at=at, by=by, product=product[:40])
    return _limited(at)


def _limits(at: datetime) -> dict[str, int]:
    return {"address_max": value("activation.tries_address", at=at), "key_max": value("activation.tries_key", at=at)}


def _limited(at: datetime) -> errors.RateLimited:
    return errors.RateLimited(wait_seconds=60 * value("activation.tries_window_minutes", at=at))


def _wait_in_line(*names: str) -> None:
    with connection.cursor() as cursor:
        for number in sorted({zlib.crc32(name.encode()) for name in names}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_FAMILY, number - 2**31])


def tell_once(
    name: str, subject: str, *, since: datetime, customer: int | None = None, actor: Actor, at: datetime, **data: Any
) -> None:
    """Put something suspicious on the record, once in a while; staff are told by it."""
    if not Fact.objects.filter(subject=subject, name=name, at__gt=since).exists():
        with transaction.atomic():
            record(name, subject=subject, actor=actor, at=at, customer=customer, **data)


def network(address: str) -> str:
    """Return a keyed mark of the network that an address belongs to (/24, /48), empty where it is none: enough to count them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    around = ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False)
    return limits.mark("network", str(around), pepper())[:32]


def tell_of_networks(*, at: datetime, limit: int = 100) -> int:
    """Tell staff of licences that were activated from many networks within a day; nobody is cut off. Returns how many. SEC-44."""
    many, since = value("activation.networks_day", at=at), at - timedelta(days=1)
    events = ActivationEvent.objects.filter(at__gt=since, at__lte=at, data__has_key="network").order_by()
    rows = events.values("licence_id", "licence__customer_id").annotate(n=Count(KeyTextTransform("network", "data"), distinct=True))
    found = list(rows.filter(n__gt=many)[:limit])
    for row in found:
        subject, customer = f"licence:{row['licence_id']}", row["licence__customer_id"]
        tell_once("activation.networks", subject, since=since, customer=customer, actor=SYSTEM, at=at, networks=row["n"])
    return len(found)


def forget(*, at: datetime) -> int:
    """Drop tries and nonces that no longer count. SEC-58."""
    tries, _kinds = KeyAttempt.objects.filter(at__lt=at - KEPT).delete()
    nonces, _kinds = UsedNonce.objects.filter(at__lt=at - KEPT - timedelta(days=1)).delete()
    return tries + nonces
