"""Reads of certificates: what a stranger may verify, and whether one is to be renewed. SRC-4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from amparo.campus.models import Certificate, Enrolment
from amparo.campus.rules.certificates import normal, outgrown
from amparo.products.models import Release

RENEW_BEFORE: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a certificate stands at a moment. `state`: in_force, expired, outgrown (its product has another major version)."""

    certificate: Certificate
    state: str
    current_version: str
    may_renew: bool


def verified(text: str, *, at: datetime) -> Standing | None:
    """Return the certificate of a code as a stranger may see it, None for any other. Two statements."""
    code = normal(text)
    if code is None:
        return None
    found = Certificate.objects.select_related("product").filter(code=code).first()
    return standing_of(found, at=at) if found is not None else None


def standing_of(certificate: Certificate, *, at: datetime) -> Standing:
    """Judge a certificate at a moment. One statement where it names a product."""
    current = ""
    if certificate.product_id is not None:
        current = Release.objects.filter(product=certificate.product_id, is_current=True).values_list("version", flat=True).first() or ""
    is_old = outgrown(certificate.product_version, current)
    state = "expired" if certificate.is_expired(at) else "outgrown" if is_old else "in_force"
    soon = certificate.valid_until is not None and certificate.valid_until - RENEW_BEFORE <= at
    return Standing(certificate, state, current, is_old or soon)


def is_due_again(enrolment: Enrolment, *, at: datetime) -> bool:
    """True where a course that was passed may be taken again: its certificate ends soon, or is of another major version."""
    certificate = Certificate.objects.filter(enrolment=enrolment).first()
    return certificate is not None and standing_of(certificate, at=at).may_renew
