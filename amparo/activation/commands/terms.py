"""What a licence grants, suspended or not: by sales, with a reason that stays. LIC-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from amparo.activation import access, errors
from amparo.activation.models import LicenceTerms
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.products.models import Licence


@dataclass(frozen=True, slots=True)
class Grant:
    """Edition, features and days; None for a day that is not set: perpetual, and what contracts say."""

    edition: str = ""
    features: tuple[str, ...] = ()
    updates_until: date | None = None
    valid_until: date | None = None


@transaction.atomic
def change_terms(licence: Licence, grant: Grant, reason: str, *, actor: Actor, at: datetime) -> LicenceTerms:
    """Change what a licence grants; terminals learn it when they next renew. Raises NotPermitted, ReasonMissing."""
    terms = _terms(licence, reason, actor, at)
    before = {"edition": terms.edition, "updates_until": terms.updates_until, "valid_until": terms.valid_until}
    terms.edition, terms.features = grant.edition.strip(), list(grant.features)
    terms.updates_until, terms.valid_until = grant.updates_until, grant.valid_until
    _save(terms, actor, at)
    record("licence.terms_changed", subject=licence, actor=actor, at=at, reason=reason.strip(),
           before={name: str(value or "") for name, value in before.items()}, edition=terms.edition,
           updates_until=str(grant.updates_until or ""), valid_until=str(grant.valid_until or ""))  # fmt: skip
    return terms


@transaction.atomic
def suspend(licence: Licence, reason: str, *, actor: Actor, at: datetime) -> LicenceTerms:
    """Stop new activations and renewals; what is active goes on to the end of its lease and grace. Raises NotPermitted, ReasonMissing."""
    terms = _terms(licence, reason, actor, at)
    if terms.suspended_at is None:
        terms.suspended_at, terms.suspended_reason = at, reason.strip()
        _save(terms, actor, at)
        record("licence.suspended", subject=licence, actor=actor, at=at, reason=terms.suspended_reason)
    return terms


@transaction.atomic
def resume(licence: Licence, reason: str, *, actor: Actor, at: datetime) -> LicenceTerms:
    """End a suspension; again changes nothing. Raises NotPermitted, ReasonMissing."""
    terms = _terms(licence, reason, actor, at)
    if terms.suspended_at is not None:
        terms.suspended_at, terms.suspended_reason = None, ""
        _save(terms, actor, at)
        record("licence.resumed", subject=licence, actor=actor, at=at, reason=reason.strip())
    return terms


def _terms(licence: Licence, reason: str, actor: Actor, at: datetime) -> LicenceTerms:
    if not access.may_change_terms(actor):
        raise NotPermitted()
    if not reason.strip():
        raise errors.ReasonMissing()
    Licence.objects.select_for_update().get(pk=licence.pk)
    return LicenceTerms.objects.filter(licence=licence).first() or LicenceTerms(licence=licence, changed_at=at)


def _save(terms: LicenceTerms, actor: Actor, at: datetime) -> None:
    terms.changed_at, terms.changed_by_id = at, actor.user_id
    terms.save()
