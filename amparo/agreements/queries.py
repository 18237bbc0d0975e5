"""Reads of agreements: what is in force, what a customer accepted, what waits. AGR-1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone, translation

from amparo.kernel import documents as paperwork
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.people.models import Contact
from amparo.policies.queries import value
from amparo.ui.jinja import at_moment

from . import access
from .models import Acceptance, Agreement, AgreementVersion

PAGE = 50
PRINTED_MAX = 32  # of about 50 kB each


def _current(at: datetime) -> Subquery:
    """The version in force of an agreement that the outer query names."""
    begun = AgreementVersion.objects.filter(agreement=OuterRef("agreement"), starts_at__lte=at)
    return Subquery(begun.order_by("-starts_at").values("pk")[:1])


def versions_in_force(at: datetime) -> QuerySet[AgreementVersion]:
    """Return the version in force of each document, in their order. One statement."""
    found = AgreementVersion.objects.filter(starts_at__lte=at, pk=_current(at))
    return found.select_related("agreement").order_by("agreement__position", "agreement_id")


def in_force(code: str, at: datetime) -> AgreementVersion | None:
    """Return the version of a document in force at a moment, None where it has none yet. AGR-1."""
    return versions_in_force(at).filter(agreement__code=code).first()


def accepted(customer_id: int, code: str, at: datetime) -> Acceptance | None:
    """Return the customer's acceptance, up to a moment, of the version then in force; None where there is none. AGR-1."""
    return (
        Acceptance.objects.filter(
            customer=customer_id, accepted_at__lte=at, version__in=versions_in_force(at).filter(agreement__code=code)
        )
        .select_related("version__agreement")
        .first()
    )


def is_asked(version: AgreementVersion, at: datetime) -> bool:
    """True where the services that a document governs ask for its acceptance at a moment."""
    asked_from = version.agreement.asked_from
    return bool(version.agreement.services) and asked_from is not None and asked_from <= at


def waiting_for(customer_id: int, service: str, at: datetime) -> list[AgreementVersion]:
    """Return the versions in force that a service asks for and the customer has not accepted, in order. AGR-1."""
    return list(_waiting(customer_id, at).filter(agreement__services__contains=[service]))


def waiting(customer_id: int, at: datetime) -> list[AgreementVersion]:
    """Return every version in force that some service asks for and the customer has not accepted."""
    return list(_waiting(customer_id, at).exclude(agreement__services=[]))


def _waiting(customer_id: int, at: datetime) -> QuerySet[AgreementVersion]:
    said = Acceptance.objects.filter(customer=customer_id, accepted_at__lte=at).values("version")
    return versions_in_force(at).filter(agreement__asked_from__lte=at).exclude(pk__in=said)


def acceptances_of(customer_id: int) -> list[Acceptance]:
    """Return all that a customer accepted, newest first. One statement."""
    found = Acceptance.objects.filter(customer=customer_id).select_related("version__agreement", "recorded_by")
    return list(found.order_by("-accepted_at", "-pk"))


def capacity_of(user_id: int | None, customer_id: int | None) -> str:
    """Return in which capacity a person accepted for a customer last, empty where never."""
    said = Acceptance.objects.filter(user=user_id or 0, customer=customer_id or 0).order_by("-pk")
    return said.values_list("capacity", flat=True).first() or ""


def record_of(customer_id: int, at: datetime) -> list[dict[str, Any]]:
    """Return what a customer had accepted by a moment, as plain data with the accepted text, for a case file. CAS-7.

    `sha256` is that of the canonical text: title, empty line, Markdown text (`rules.canonical`).
    """
    found = Acceptance.objects.filter(customer=customer_id, accepted_at__lte=at).select_related("version__agreement")
    return [
        {
            "agreement": one.version.agreement.code,
            "version": one.version.number,
            "in_force_from": one.version.starts_at,
            "language": one.language,
            "title": one.version.title_in(one.language),
            "text": one.version.text_in(one.language),
            "sha256": one.text_hash,
            "accepted_at": one.accepted_at,
            "accepted_by": one.person_name,
            "capacity": one.capacity,
            "how": one.how,
            "superseded_at": superseded,
        }
        for one in found.order_by("accepted_at", "pk")
        for superseded in [_superseded_at(one.version, at)]
    ]


def _superseded_at(version: AgreementVersion, at: datetime) -> datetime | None:
    later = AgreementVersion.objects.filter(
        agreement=version.agreement_id, starts_at__gt=version.starts_at, starts_at__lte=at
    )
    return later.order_by("starts_at").values_list("starts_at", flat=True).first()


def versions_of(agreement: Agreement, actor: Actor) -> list[AgreementVersion]:
    """Return the versions of a document that somebody may read, newest first."""
    return list(access.visible_to(actor).filter(agreement=agreement).order_by("-number"))


def before(version: AgreementVersion) -> AgreementVersion | None:
    """Return the published version that a version follows."""
    earlier = AgreementVersion.objects.filter(
        agreement=version.agreement_id, published_at__isnull=False, number__lt=version.number
    )
    return earlier.order_by("-number").first()


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as the desk lists it."""

    agreement: Agreement
    current: AgreementVersion | None
    coming: AgreementVersion | None
    draft: AgreementVersion | None
    acceptances: int

    @property
    def shown(self) -> AgreementVersion | None:
        return self.current or self.coming or self.draft


def documents(at: datetime) -> list[DocumentRow]:
    """Return every document with its version in force, the next one, the draft, and how many accepted. Three statements."""
    versions = list(AgreementVersion.objects.order_by("starts_at", "number"))
    counted = dict(Acceptance.objects.order_by().values_list("version").annotate(n=Count("pk")))
    found = []
    for agreement in Agreement.objects.order_by("position", "pk"):
        own = [version for version in versions if version.agreement_id == agreement.pk]
        begun = [one for one in own if one.starts_at is not None and one.starts_at <= at]
        coming = [one for one in own if one.starts_at is not None and one.starts_at > at]
        current = begun[-1] if begun else None
        found.append(
            DocumentRow(
                agreement, current, coming[0] if coming else None, next((one for one in own if one.is_draft), None),
                counted.get(current.pk, 0) if current else 0,
            )
        )
    return found


def acceptances_page(
    actor: Actor, *, customer_id: int | None = None, code: str = "", version: int | None = None, words: str = "",
    after: str = "", size: int = PAGE,
) -> Page[Acceptance]:
    """Return who accepted what, newest first. One statement."""
    found = filtered(actor, customer_id=customer_id, code=code, version=version, words=words)
    if place := unmark(after, 1):
        found = found.filter(pk__lt=place[0])
    return page_of(list(found[: size + 1]), size, lambda one: (one.pk,))


def filtered(
    actor: Actor, *, customer_id: int | None = None, code: str = "", version: int | None = None, words: str = ""
) -> QuerySet[Acceptance]:
    """Return acceptances of a document, a version of it, and a customer by name, NIC or person."""
    found = access.acceptances_visible_to(actor).select_related("recorded_by")
    if customer_id is not None:
        found = found.filter(customer=customer_id)
    if code:
        found = found.filter(version__agreement__code=code)
    if version is not None:
        found = found.filter(version__number=version)
    if words.strip():
        asked = Q(customer__name__icontains=words.strip()) | Q(person_name__icontains=words.strip())
        if digits := "".join(sign for sign in words if sign.isdecimal()):
            asked |= Q(customer__nic=digits)
        found = found.filter(asked)
    return found.order_by("-pk")


def customers_to_tell(version: AgreementVersion) -> Sequence[int]:
    """Return the customers that accepted an earlier version of the document."""
    said = Acceptance.objects.filter(version__agreement=version.agreement_id).exclude(version=version)
    return list(said.order_by("customer").values_list("customer", flat=True).distinct())


def who_may_bind(customer_id: int, roles: Sequence[str]) -> list[dict[str, Any]]:
    """Return the contacts in force of a customer that may accept for it: id, name, title, role."""
    rows = Contact.objects.filter(
        customer=customer_id, removed_at__isnull=True, user__is_active=True, company_role__in=roles
    )
    found = rows.order_by("user__name").values("id", "title", "company_role", "user_id", name=F("user__name"))
    return [dict(row) for row in found]


def printed(version: AgreementVersion, language: str, *, at: datetime) -> bytes:
    """Return a published version in one language as PDF, made once in a process: it never changes. Raises NoDocuments."""
    vendor = tuple(str(value(f"identity.{name}", at=at)) for name in ("name", "legal_name", "telephone"))
    return _printed(version.pk, language, version.hash_in(language), vendor)


@lru_cache(maxsize=PRINTED_MAX)
def _printed(version_id: int, language: str, text_hash: str, vendor: tuple[str, ...]) -> bytes:
    """`text_hash` and `vendor` stand on the paper: with others it is another paper."""
    version = AgreementVersion.objects.get(pk=version_id)
    return paper(version, language, at=version.starts_at or version.drafted_at)


def paper(version: AgreementVersion, language: str, *, acceptance: Acceptance | None = None, at: datetime) -> bytes:
    """Return a version in one language as PDF, with the acceptance on it where there is one. Raises NoDocuments."""
    with translation.override(language), at_moment(at, timezone.get_current_timezone()):
        context = {
            "version": version, "language": language, "title": version.title_in(language), "html": version.html_in(language),
            "hash": version.hash_in(language), "acceptance": acceptance,
        }  # fmt: skip
        return paperwork.pdf("agreements/agreement_paper.html", context)


def paper_of(acceptance_id: int, *, at: datetime) -> bytes | None:
    """Return what was accepted as PDF, in the language in which it was read. Raises NoDocuments."""
    said = Acceptance.objects.select_related("version__agreement", "customer").filter(pk=acceptance_id).first()
    return paper(said.version, said.language, acceptance=said, at=at) if said else None
