"""The verbs of the tariff: a version is drafted, changed, and published from a moment; then it never changes. TAR-1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from amparo.charging import access
from amparo.charging.errors import TariffDate, TariffFixed
from amparo.charging.models import HOURS_COUNTED, MEASURES, PRICES, TariffVersion
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Stale

PRICE_MAX = 1_000_000
COUNT_MAX = 1_000


@transaction.atomic
def draft_tariff(*, actor: Actor, at: datetime) -> TariffVersion:
    """Draft a new version as a copy of the last one published; one draft at a time, so the open one is returned. TAR-1.

    Raises NotPermitted.
    """
    _ask(actor)
    with connection.cursor() as cursor:  # two administrators at once get the same draft
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('charging_tariffversion.number'))")
    if opened := TariffVersion.objects.filter(published_at__isnull=True).first():
        return opened
    last = TariffVersion.objects.order_by("-starts_at").first()
    assert last is not None, "there is the version that was shipped"
    version = TariffVersion.objects.create(
        number=(TariffVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
        drafted_by=actor.ref,
        drafted_at=at,
        **{name: getattr(last, name) for name in (*PRICES, *MEASURES)},
    )
    record("tariff.drafted", subject=version, actor=actor, at=at, number=version.number)
    return version


@transaction.atomic
def revise_tariff(
    version: TariffVersion,
    figures: Mapping[str, Any],
    *,
    note: str = "",
    seen: str | None = None,
    actor: Actor,
    at: datetime,
) -> TariffVersion:
    """Change figures of a draft; `seen` is the draft's `fingerprint` on the page. TAR-1, SEC-49.

    Raises NotPermitted, TariffFixed, Stale, Invalid.
    """
    _ask(actor)
    version = _draft(version, seen)
    for name, figure in figures.items():
        _check_figure(name, figure)
        setattr(version, name, figure)
    version.note = note[:200]
    version.save()
    record(
        "tariff.revised", subject=version, actor=actor, at=at, number=version.number, figures=dict(figures)
    )
    return version


@transaction.atomic
def discard_tariff(version: TariffVersion, *, actor: Actor, at: datetime) -> None:
    """Drop a draft. TAR-1. Raises NotPermitted, TariffFixed."""
    _ask(actor)
    version = _draft(version)
    record("tariff.discarded", subject=version, actor=actor, at=at, number=version.number)
    version.delete()


@transaction.atomic
def publish_tariff(
    version: TariffVersion, *, starts_at: datetime, seen: str | None = None, actor: Actor, at: datetime
) -> TariffVersion:
    """Publish a draft, in force from a moment to come; from now on nobody changes it. TAR-1.

    Raises NotPermitted, TariffFixed, Stale, TariffDate.
    """
    _ask(actor)
    version = _draft(version, seen)
    last = TariffVersion.objects.aggregate(last=Max("starts_at"))["last"]
    if starts_at < at or (last is not None and starts_at <= last):
        raise TariffDate(field="starts_on")
    version.starts_at, version.published_at, version.published_by = starts_at, at, actor.ref
    version.save()
    record(
        "tariff.published", subject=version, actor=actor, at=at, number=version.number, starts_at=starts_at
    )
    return version


def _ask(actor: Actor) -> None:
    if not access.may_set_tariff(actor):
        raise NotPermitted


def _draft(version: TariffVersion, seen: str | None = None) -> TariffVersion:
    locked = TariffVersion.objects.select_for_update().get(pk=version.pk)
    if not locked.is_draft:
        raise TariffFixed(tariff=locked.number)
    if seen is not None and seen != locked.fingerprint:
        raise Stale
    return locked


def _check_figure(name: str, figure: Any) -> None:
    if name == "hours_counted":
        if figure not in [code for code, _label in HOURS_COUNTED]:
            raise Invalid(field=name)
        return
    least = 1 if name in ("advisory_event", "incident", *MEASURES) else 0
    most = PRICE_MAX if name in PRICES else COUNT_MAX
    if name not in (*PRICES, *MEASURES) or type(figure) is not int or not least <= figure <= most:
        raise Invalid(field=name)
