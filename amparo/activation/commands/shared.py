"""What the verbs of activation share: the licence under its lock with all that judges it, and the token signed for a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Func, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Least

from amparo.activation import errors
from amparo.activation.models import Activation, ActivationEvent, KeyAttempt, SigningKey, UsedNonce
from amparo.activation.rules import devices, limits, standing, tokens
from amparo.contracts.models import SupportContract
from amparo.downloads import access as downloads
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.rules import unseal
from amparo.policies.queries import value
from amparo.products.models import Licence, Release, Terminal
from amparo.products.rules import version_order

YEAR = timedelta(days=365)
ACTS = ("activated", "returned", "rebound", "released")


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, and the activation that it is for. `code` is OK or IN_GRACE; `is_new` where a seat was taken."""

    activation: Activation
    token: str
    code: str
    is_new: bool = False


def pepper() -> str:
    """Return the secret under which serials and addresses are hashed."""
    return settings.SECRETS["pepper"]


def locked(where: Q, *, version: str = "", key: str = "", address: str = "", product: str = "", at: datetime) -> Any:
    """Return a licence under its lock, with all that judges it, in one statement; None where there is none.

    Everything that changes a licence's devices takes this lock first. Annotated: contract_end, kid and sealed of the
    active signing key, told_release and minor_on of the version, the wrong tries, and the acts of the last hour, of the licence
    and of all that its customer has.
    """
    window = at - timedelta(minutes=value("activation.tries_window_minutes", at=at))
    tries = KeyAttempt.objects.filter(at__gt=window)
    releases = Release.objects.filter(product=OuterRef("product"))
    small = standing.minor(version)
    contracts = SupportContract.objects.filter(customer=OuterRef("customer"), starts_at__lte=at)
    active = SigningKey.objects.filter(state="active")
    recent = ActivationEvent.objects.filter(kind__in=ACTS, at__gt=at - timedelta(hours=1)).exclude(source="staff")
    return (
        Licence.objects.select_for_update(of=("self",))
        .select_related("product", "customer", "installed", "terms")
        .annotate(
            contract_end=Subquery(
                contracts.annotate(end=Least("ends_at", Coalesce("cancelled_at", "ends_at"))).order_by("-end").values("end")[:1]
            ),
            kid=Subquery(active.values("kid")[:1]),
            sealed=Subquery(active.values("sealed")[:1]),
            told_release=Subquery(releases.filter(version=version).values("pk")[:1]),
            minor_on=Subquery(
                releases.filter(Q(version=small) | Q(version__startswith=f"{small}.")).order_by().values("product")
                .annotate(first=Min("released_on")).values("first")
            ),
            tries_address=_count(tries.filter(address_hash=limits.mark("address", address, pepper()))),
            tries_key=_count(tries.filter(key_hash=limits.mark("key", key, pepper()))),
            tries_product=_count(tries.filter(product_code=product)),
            acts=_count(recent.filter(licence=OuterRef("pk"))),
            customer_acts=_count(recent.filter(licence__customer=OuterRef("customer"))),
        )
        .filter(where)
        .first()
    )  # fmt: skip


def _count(found: QuerySet[Any]) -> Subquery:
    return Subquery(found.order_by().annotate(n=Func(F("pk"), function="COUNT")).values("n"))


def held(licence: Any, *, version: str = "", at: datetime) -> standing.Held:
    """Return what a licence from `locked` grants at a moment."""
    zone, terms = downloads.zone(), getattr(licence, "terms", None)
    end = licence.contract_end
    until = standing.updates_until(
        licence.registered_at.astimezone(zone).date(), days=value("activation.updates_days", at=at),
        of_terms=terms.updates_until if terms else None,
        contract_ends=(end - timedelta(microseconds=1)).astimezone(zone).date() if end else None,
    )  # fmt: skip
    return standing.Held(
        product=licence.product.code,
        is_withdrawn=licence.withdrawn_at is not None,
        is_suspended=bool(terms and terms.suspended_at),
        edition=terms.edition if terms else "",
        valid_until=terms.valid_until if terms else None,
        updates_until=until,
        grace_days=value("activation.grace_days", at=at),
        minors=standing.minors_of(version, updates_until=until, minor_on=licence.minor_on, patches=value("activation.patches", at=at)),
    )


def judged(licence: Any, *, version: str, built_on: date, edition: str = "", at: datetime) -> tuple[standing.Held, str]:
    """Return what a licence grants, with the versions that are included, and OK or IN_GRACE. LIC-1, UPD-1.

    Whoever was given a version to download may run it too. Raises the refusal of whatever ended the licence.
    """
    found = held(licence, version=version, at=at)
    code = standing.of_licence(found, today=at.astimezone(downloads.zone()).date())
    if code not in ("OK", "IN_GRACE"):
        raise errors.BY_CODE[code](licence_id=licence.pk)
    if edition and edition != found.edition:
        raise errors.EditionMismatch(licence_id=licence.pk)
    if standing.of_version(found, built_on=built_on, version=version) != "OK":
        if not _given_out(licence, at):
            raise errors.UpdatesExpired(licence_id=licence.pk)
        found = replace(found, minors=(standing.minor(version),))
    return found, code


def _given_out(licence: Any, at: datetime) -> bool:
    """True where the customer may download the release that runs: bought, corrected under the guarantee, taken before. UPD-1."""
    release = Release.objects.filter(pk=licence.told_release or 0, publication__published_at__isnull=False).first()
    return release is not None and downloads.entitlement(SYSTEM, release, at, customer_id=licence.customer_id).allowed


def seats_of(licence: Licence) -> list[Any]:
    """Return the seats of a licence that are taken, with the activation of each that has one. One statement."""
    taken = Terminal.objects.filter(licence=licence, released_at__isnull=True).select_related("activation__release")
    return list(taken.order_by("pk"))


def activation_on(seat: Any) -> Activation | None:
    """Return the activation of a seat from `seats_of`; None for one that was bound by hand."""
    return getattr(seat, "activation", None)


def reported(licence: Any, seats: Sequence[Any], version: str, *, mine: Activation | None = None) -> Release | None:
    """Return the newest release among what the licence's terminals report, with that of the one that asks now. LIC-3."""
    found = [one.release for seat in seats if (one := activation_on(seat)) and one.release and (mine is None or one.pk != mine.pk)]
    if licence.told_release is not None:
        found.append(Release(pk=licence.told_release, product_id=licence.product_id, version=version))
    return max(found, key=lambda release: version_order(release.version), default=None)


def signing_key(licence: Any) -> tuple[Ed25519PrivateKey, str]:
    """Return the active key that came with a licence from `locked`."""
    seed = unseal(licence.sealed or "", settings.SECRETS["field_key"])
    assert seed is not None, "the signing key was sealed with other secrets"
    return Ed25519PrivateKey.from_private_bytes(devices.unb64(seed)), licence.kid


def token_for(activation: Activation, licence: Any, found: standing.Held) -> str:
    """Sign a token for an activation as it is stored: the same row gives the same token. LIC-1, SEC-46."""
    key, kid = signing_key(licence)
    return tokens.sign(claims_of(activation, licence, found), key, kid, tokens.LICENCE)


def claims_of(activation: Activation, licence: Any, found: standing.Held) -> dict[str, Any]:
    """Return what a token says: it binds product, licence, device, dates and a serial that only counts up."""
    terms = getattr(licence, "terms", None)
    return {
        "iss": settings.PUBLIC_URL,
        "schema": tokens.SCHEMA,
        "schema_min": tokens.SCHEMA,
        "licence": licence.pk,
        "activation": activation.public_id,
        "nic": licence.customer.nic,
        "product": found.product,
        "edition": found.edition,
        "features": list(terms.features) if terms else [],
        "seats": licence.terminals,
        "updates_until": found.updates_until.isoformat(),
        "minors": list(found.minors),
        "valid_until": found.valid_until.isoformat() if found.valid_until else None,
        "grace_days": found.grace_days,
        "device": activation.device_key,
        "components": activation.components,
        "match": devices.needed(activation.components),
        "source": activation.source,
        "serial": activation.token_serial,
        "iat": int(activation.token_at.timestamp()),
        "exp": int(activation.lease_until.timestamp()),
    }


def lease_end(source: str, found: standing.Held, *, at: datetime) -> datetime:
    """Return when a lease that begins now ends: never after the licence itself, its grace included."""
    days = value("activation.offline_lease_days" if source == "offline" else "activation.lease_days", at=at)
    end = at + timedelta(days=days)
    if found.valid_until is not None:
        last = datetime.combine(found.valid_until + timedelta(days=1), datetime.min.time(), downloads.zone())
        end = max(min(end, last), at + timedelta(days=1))
    return end.replace(microsecond=0)


def take_nonce(activation: Activation, nonce: str, *, at: datetime) -> None:
    """Take a nonce once. Raises Replayed. SEC-46."""
    try:
        with transaction.atomic():
            UsedNonce.objects.create(activation=activation, nonce=nonce, at=at)
    except IntegrityError:
        raise errors.Replayed(licence_id=activation.licence_id) from None


def note(
    kind: str, licence: Licence, *, activation: Activation | None, source: str, code: str = "", reason: str = "", actor: Actor, at: datetime,
    **data: Any,
) -> ActivationEvent:  # fmt: skip
    """Write down what happened with a licence's devices."""
    return ActivationEvent.objects.create(
        licence=licence, activation=activation, kind=kind, source=source, actor_ref=actor.ref,
        device_code=code or (activation.device_code if activation else ""), reason=reason, data=data, at=at,
    )  # fmt: skip
