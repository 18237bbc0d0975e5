"""The verbs of products: releases come out, licences are registered, versions told, terminals bound."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.people.models import Customer

from . import access
from .errors import (
    ChecksOpen,
    CodeTaken,
    LicenceWithdrawn,
    NoTerminalLeft,
    OtherProduct,
    SerialNotTaken,
    SerialTaken,
    TerminalBound,
    TooFewTerminals,
    VersionTaken,
)
from .models import Licence, Product, Release, Terminal
from .rules import serial_key


def _permit(allowed: bool) -> None:
    if not allowed:
        raise NotPermitted()


@transaction.atomic
def add_product(code: str, name: str, description: str = "", *, actor: Actor, at: datetime) -> Product:
    """Add a product; its releases come after. LIC-1. Raises NotPermitted, CodeTaken."""
    _permit(access.may_edit_products(actor))
    try:
        with transaction.atomic():
            product = Product.objects.create(
                code=code.strip().lower(), name=name.strip(), description=description, created_at=at
            )
    except IntegrityError:
        raise CodeTaken(field="code") from None
    record("product.added", subject=product, actor=actor, at=at, code=product.code, title=product.name)
    return product


@transaction.atomic
def change_product(
    product: Product, *, name: str, description: str, is_active: bool, actor: Actor, at: datetime
) -> Product:
    """Change how a product is called and whether it is still registered for anybody."""
    _permit(access.may_edit_products(actor))
    product = Product.objects.select_for_update().get(pk=product.pk)
    before = {"name": product.name, "is_active": product.is_active}
    product.name, product.description, product.is_active = name.strip(), description, is_active
    product.save(update_fields=["name", "description", "is_active"])
    record("product.changed", subject=product, actor=actor, at=at, before=before,
           after={"name": product.name, "is_active": is_active})
    return product


@transaction.atomic
def add_release(
    product: Product, version: str, released_on: date, notes: str = "", *, actor: Actor, at: datetime
) -> Release:
    """Add a version of a product; it is not current until it is made so. LIC-1. Raises NotPermitted, VersionTaken."""
    _permit(access.may_edit_products(actor))
    try:
        with transaction.atomic():
            release = Release.objects.create(
                product=product, version=version.strip(), released_on=released_on, notes=notes, created_at=at
            )
    except IntegrityError:
        raise VersionTaken(field="version") from None
    record("release.added", subject=product, actor=actor, at=at, version=release.version, released_on=released_on)
    return release


@transaction.atomic
def come_out_on(release: Release, released_on: date, *, actor: Actor, at: datetime) -> Release:
    """Write down the day on which a release really came out; what UPD-1 asks of contracts is that day. Raises NotPermitted."""
    _permit(access.may_edit_products(actor))
    release = Release.objects.select_for_update().get(pk=release.pk)
    before, release.released_on = release.released_on, released_on
    release.save(update_fields=["released_on"])
    record("release.day_changed", subject=release, actor=actor, at=at, before=before, after=released_on)
    return release


@transaction.atomic
def make_current(release: Release, *, despite: str = "", actor: Actor, at: datetime) -> Release:
    """Make a release its product's current one, under the product's lock; making it so again changes nothing.

    The one before is superseded from this moment, and counts as current for its grace. UPD-1, ACC-5. Every delivered
    development is looked at with it before (QUO-7); staff may go on `despite` that for a reason, which is on the record.
    Raises NotPermitted, ChecksOpen with the way to what is open.
    """
    _permit(access.may_edit_products(actor))
    product = Product.objects.select_for_update().get(pk=release.product_id)
    release = Release.objects.select_for_update().get(pk=release.pk)
    if release.is_current:
        return release
    waiting = access.open_checks(release)
    if waiting and not despite.strip():
        raise ChecksOpen(f"{ChecksOpen.message} {waiting[0]}", remedies=[waiting[1]])
    before = Release.objects.filter(product=product, is_current=True).first()
    if before is not None:
        before.is_current, before.superseded_at = False, at
        before.save(update_fields=["is_current", "superseded_at"])
    release.is_current, release.superseded_at = True, None
    release.current_from = at
    release.save(update_fields=["is_current", "superseded_at", "current_from"])
    record("release.made_current", subject=product, actor=actor, at=at, release=release.pk, version=release.version,
           before=before.version if before else "", despite=despite.strip()[:400] if waiting else "")
    return release


@transaction.atomic
def register_licence(
    serial: str,
    product: Product,
    customer: Customer,
    *,
    terminals: int = 1,
    installed: Release | None = None,
    key: str | None = None,
    actor: Actor,
    at: datetime,
) -> Licence:
    """Bind a serial to a customer for a product; a version given by staff counts as confirmed. LIC-1, LIC-3.

    Raises NotPermitted, SerialNotTaken, SerialTaken, OtherProduct, Invalid (terminals). The same `key`
    returns the first result.
    """
    _permit(access.may_register(actor))
    if key and (first := Licence.objects.filter(key=key).first()):
        return first
    normal = serial_key(serial)
    if normal is None:
        raise SerialNotTaken(field="serial")
    if terminals < 1:
        raise Invalid(field="terminals")
    _same_product(product, installed)
    try:
        with transaction.atomic():
            licence = Licence.objects.create(
                serial=serial.strip().upper(), serial_key=normal, product=product, customer=customer,
                terminals=terminals, installed=installed, confirmed_at=at if installed else None,
                confirmed_by_id=actor.user_id if installed else None,
                registered_at=at, registered_by_id=actor.user_id, key=key or None,
            )
    except IntegrityError:
        if key and (first := Licence.objects.filter(key=key).first()):
            return first
        raise SerialTaken(field="serial") from None
    record("licence.registered", subject=licence, actor=actor, at=at, product=product.pk, terminals=terminals,
           serial_end=licence.serial_masked, version=installed.version if installed else "")
    return licence


@transaction.atomic
def declare_version(licence: Licence, release: Release, *, actor: Actor, at: datetime) -> Licence:
    """Write down which version a contact says is installed, until the installation itself reports it. LIC-3."""
    licence = _locked(licence)
    _permit(access.may_declare(actor, licence))
    _same_product(licence.product, release)
    before = licence.installed
    licence.installed = release
    licence.declared_at, licence.declared_by_id = at, actor.user_id
    licence.confirmed_at = licence.confirmed_by_id = licence.reported_at = None
    licence.save(update_fields=["installed", "declared_at", "declared_by", "confirmed_at", "confirmed_by", "reported_at"])
    record("licence.version_declared", subject=licence, actor=actor, at=at,
           before=before.version if before else "", version=release.version)
    return licence


@transaction.atomic
def confirm_version(licence: Licence, release: Release, *, actor: Actor, at: datetime) -> Licence:
    """Write down which version staff found installed; it overrules what was declared. LIC-3."""
    _permit(access.may_register(actor))
    licence = _locked(licence)
    _same_product(licence.product, release)
    before = licence.installed
    licence.installed = release
    licence.confirmed_at, licence.confirmed_by_id, licence.reported_at = at, actor.user_id, None
    licence.save(update_fields=["installed", "confirmed_at", "confirmed_by", "reported_at"])
    record("licence.version_confirmed", subject=licence, actor=actor, at=at,
           before=before.version if before else "", version=release.version)
    return licence


@transaction.atomic
def change_terminals(licence: Licence, terminals: int, *, actor: Actor, at: datetime) -> Licence:
    """Change on how many terminals a licence may be active; never below those that are. LIC-2."""
    _permit(access.may_register(actor))
    licence = _locked(licence)
    if terminals < max(1, licence.bindings.filter(released_at__isnull=True).count()):
        raise TooFewTerminals(field="terminals")
    before, licence.terminals = licence.terminals, terminals
    licence.save(update_fields=["terminals"])
    record("licence.terminals_changed", subject=licence, actor=actor, at=at, before=before, after=terminals)
    return licence


@transaction.atomic
def bind_terminal(licence: Licence, name: str, fingerprint: str, *, actor: Actor, at: datetime) -> Terminal:
    """Make a licence active on a terminal, under the licence's lock, so that the limit holds. LIC-2.

    Raises NotPermitted, LicenceWithdrawn, TerminalBound, NoTerminalLeft.
    """
    licence = _locked(licence)
    _permit(access.may_bind(actor, licence))
    mark = "".join(fingerprint.split()).upper()
    if not mark or not name.strip():
        raise Invalid(field="fingerprint" if name.strip() else "name")
    bound = licence.bindings.filter(released_at__isnull=True)
    if bound.filter(fingerprint=mark).exists():
        raise TerminalBound(field="fingerprint")
    if bound.count() >= licence.terminals:
        raise NoTerminalLeft()
    terminal = Terminal.objects.create(
        licence=licence, name=name.strip(), fingerprint=mark, bound_at=at, bound_by_id=actor.user_id
    )
    record("terminal.bound", subject=licence, actor=actor, at=at, terminal=terminal.pk, title=terminal.name)
    return terminal


def take_seat(licence: Licence, name: str, fingerprint: str, *, installed: Release | None, actor: Actor, at: datetime) -> Terminal:
    """Bind a terminal that activated itself, and take the version that it reports. LIC-2, LIC-3.

    The caller holds the licence's lock, has counted the seats that are taken, and chose `installed` (None: no change).
    Part of the caller's transaction; three statements, two where the version is what it was.
    """
    terminal = Terminal.objects.create(
        licence=licence, name=name, fingerprint=fingerprint, bound_at=at, bound_by_id=actor.user_id
    )
    told = _report(licence, installed, at)
    record("terminal.bound", subject=licence, actor=actor, at=at, terminal=terminal.pk, title=terminal.name, **told)
    return terminal


def report_version(licence: Licence, release: Release, *, actor: Actor, at: datetime) -> Licence:
    """Write down the version that an installation reports itself; it overrules what people said. LIC-3.

    The caller holds the licence's lock; part of its transaction. The same again writes nothing.
    """
    told = _report(licence, release, at)
    if told:
        record("licence.version_reported", subject=licence, actor=actor, at=at, **told)
    return licence


def _report(licence: Licence, release: Release | None, at: datetime) -> dict[str, Any]:
    if release is None or (licence.installed_id == release.pk and licence.reported_at is not None):
        return {}
    before = licence.installed.version if licence.installed else ""
    licence.installed, licence.reported_at = release, at
    licence.save(update_fields=["installed", "reported_at"])
    return {"before": before, "version": release.version}


@transaction.atomic
def release_terminal(terminal: Terminal, *, actor: Actor, at: datetime) -> Terminal:
    """End a licence's activation on a terminal, so that another can take its place; again changes nothing. LIC-2."""
    licence = Licence.objects.select_for_update().get(pk=terminal.licence_id)
    _permit(access.may_bind(actor, licence))
    terminal = Terminal.objects.get(pk=terminal.pk)
    if terminal.released_at is not None:
        return terminal
    terminal.released_at, terminal.released_by_id = at, actor.user_id
    terminal.save(update_fields=["released_at", "released_by"])
    record("terminal.released", subject=licence, actor=actor, at=at, terminal=terminal.pk, title=terminal.name)
    return terminal


@transaction.atomic
def withdraw_licence(licence: Licence, reason: str, *, actor: Actor, at: datetime) -> Licence:
    """End a licence (returned, replaced, misused): it no longer makes anybody licensed."""
    _permit(access.may_withdraw(actor))
    licence = _locked(licence)
    if not reason.strip():
        raise Invalid(field="reason")
    licence.withdrawn_at, licence.withdrawn_reason = at, reason.strip()
    licence.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    record("licence.withdrawn", subject=licence, actor=actor, at=at, reason=licence.withdrawn_reason)
    return licence


def _locked(licence: Licence) -> Licence:
    found = (
        Licence.objects.select_for_update(of=("self",)).select_related("product", "installed").get(pk=licence.pk)
    )
    if found.withdrawn_at is not None:
        raise LicenceWithdrawn()
    return found


def _same_product(product: Product, release: Release | None) -> None:
    if release is not None and release.product_id != product.pk:
        raise OtherProduct(field="version")
