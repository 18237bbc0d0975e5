"""Reads of products, shaped for pages and for the rungs above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from amparo.policies.queries import value

from .models import Licence, Product, Release
from .rules import Installed, counts_as_current, counts_until, serial_key, version_order

FOUND_MAX = 20


def grace_days(at: datetime) -> int:
    return int(value("products.grace_days", at=at))


def with_installed(licences: QuerySet[Licence]) -> QuerySet[Licence]:
    """Return licences with their product, installed release, current release and active terminals, in one statement."""
    current = Release.objects.filter(product=OuterRef("product"), is_current=True)
    return licences.select_related("product", "installed", "customer").annotate(
        current_version=Subquery(current.values("version")[:1]),
        current_released_on=Subquery(current.values("released_on")[:1]),
        bound=Count("bindings", filter=Q(bindings__released_at__isnull=True)),
    )


def installed_of(licence: Any) -> Installed | None:
    """Return what `rules.counts_as_current` asks, None where nobody said which version is installed."""
    if licence.installed is None:
        return None
    if not hasattr(licence, "current_released_on"):
        licence = with_installed(Licence.objects.filter(pk=licence.pk)).get()
    release = licence.installed
    return Installed(
        release.version, release.released_on, release.is_current, release.superseded_at,
        licence.current_version or "", licence.current_released_on,
    )


def is_current(licence: Licence, at: datetime) -> bool:
    """Tell whether a licence's installed version counts as current. ACC-5, LIC-3.

    Without a version told by anybody it does not; a withdrawn licence never does.
    """
    installed = installed_of(licence)
    if installed is None or licence.withdrawn_at is not None:
        return False
    return counts_as_current(installed, at=at, grace_days=grace_days(at))


def current_release(product: Product) -> Release | None:
    return Release.objects.filter(product=product, is_current=True).first()


@dataclass(frozen=True, slots=True)
class LicenceRow:
    """A licence as lists show it. `state`: current, grace, old, unknown, withdrawn."""

    licence: Any
    state: str
    counts_until: datetime | None
    current_version: str
    bound: int


def licence_row(licence: Any, at: datetime) -> LicenceRow:
    """Return a licence from `with_installed` with how its version stands at a moment."""
    days, installed = grace_days(at), installed_of(licence)
    until = counts_until(installed, grace_days=days) if installed else None
    if licence.withdrawn_at is not None:
        state = "withdrawn"
    elif installed is None:
        state = "unknown"
    elif not counts_as_current(installed, at=at, grace_days=days):
        state = "old"
    else:
        state = "grace" if until is not None else "current"
    return LicenceRow(licence, state, until, licence.current_version or "", licence.bound)


def licences_of(customer_id: int, at: datetime) -> list[LicenceRow]:
    """Return a customer's licences, those in use first. One statement."""
    found = with_installed(Licence.objects.filter(customer_id=customer_id)).order_by(
        F("withdrawn_at").desc(nulls_first=True), "product__name", "id"
    )
    return [licence_row(licence, at) for licence in found]


def find_by_serial(text: str, *, limit: int = FOUND_MAX) -> list[dict[str, Any]]:
    """Return licences whose serial is, or begins with, what was typed; for the telephone. TEL-1. One statement.

    Fewer than four signs find nothing. Keys: id, serial, customer_id, customer name, nic, phone, product, withdrawn_at.
    """
    key = "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())
    if len(key) < 4:
        return []
    found = (
        Licence.objects.filter(serial_key__startswith=key)
        .order_by("serial_key")
        .values(
            "id", "serial", "customer_id", "withdrawn_at", name=F("customer__name"), nic=F("customer__nic"),
            phone=F("customer__phone"), product_name=F("product__name"),
        )
    )
    return [dict(row) for row in found[:limit]]


def by_serial(text: str) -> Licence | None:
    """Return the one licence with this serial, however it is written."""
    key = serial_key(text)
    return Licence.objects.select_related("product", "customer").filter(serial_key=key).first() if key else None


def products_with_counts() -> list[dict[str, Any]]:
    """Return products by name with their current version, releases and licences. One statement."""
    current = Release.objects.filter(product=OuterRef("pk"), is_current=True)
    releases = Release.objects.filter(product=OuterRef("pk")).order_by().values("product").annotate(n=Count("id"))
    licences = (
        Licence.objects.filter(product=OuterRef("pk"), withdrawn_at__isnull=True)
        .order_by().values("product").annotate(n=Count("id"))
    )
    found = Product.objects.order_by("-is_active", "name", "id").values(
        "id", "code", "name", "is_active",
        current=Subquery(current.values("version")[:1]),
        released_on=Subquery(current.values("released_on")[:1]),
        releases_n=Subquery(releases.values("n")),
        licences_n=Subquery(licences.values("n")),
    )
    return [dict(row) for row in found]


def releases_of(product: Product) -> list[Release]:
    """Return a product's releases, newest version first."""
    return newest_first(list(Release.objects.filter(product=product)))


def newest_first(releases: Sequence[Release]) -> list[Release]:
    return sorted(releases, key=lambda one: (one.released_on, version_order(one.version)), reverse=True)


def installations(product: Product) -> dict[int | None, int]:
    """Return how many licences have each release installed, by the release's id (None: nobody said)."""
    rows = Licence.objects.filter(product=product, withdrawn_at__isnull=True).values("installed").annotate(n=Count("id"))
    return {row["installed"]: row["n"] for row in rows.order_by()}
