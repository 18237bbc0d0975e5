"""The verbs of agreements: a version is drafted, revised, published; a customer accepts it, once. AGR-1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from amparo.history.commands import record
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.people.models import Contact, Customer

from . import access, queries, rules
from .errors import (
    CapacityMissing,
    CodeTaken,
    NobodyAccepts,
    NotInForce,
    NotYours,
    ServiceUnknown,
    StartDate,
    TextMissing,
    TextMoved,
    TextTooLong,
    VersionFixed,
)
from .models import Acceptance, Agreement, AgreementVersion

WORDS = ("title_es", "title_en", "text_es", "text_en", "changes_es", "changes_en")
CAPACITY_MAX, CHANGES_MAX = 120, 4_000


@transaction.atomic
def add_agreement(code: str, title_es: str, title_en: str, *, actor: Actor, at: datetime) -> AgreementVersion:
    """Add a document with the draft of its first version, which is returned. AGR-1.

    Raises NotPermitted, CodeTaken, TextMissing.
    """
    _ask(actor)
    code = code.strip().lower()
    if not rules.CODE.fullmatch(code) or code in rules.RESERVED or Agreement.objects.filter(code=code).exists():
        raise CodeTaken(field="code")
    titles = rules.clean_line(title_es, rules.TITLE_MAX), rules.clean_line(title_en, rules.TITLE_MAX)
    if not all(titles):
        raise TextMissing(field="title_en" if titles[0] else "title_es")
    try:
        with transaction.atomic():
            agreement = Agreement.objects.create(code=code, created_at=at)
    except IntegrityError:
        raise CodeTaken(field="code") from None
    record("agreement.added", subject=agreement, actor=actor, at=at, code=code, title=titles[0])
    return AgreementVersion.objects.create(
        agreement=agreement, number=1, title_es=titles[0], title_en=titles[1], drafted_at=at, revised_at=at
    )


@transaction.atomic
def govern(
    agreement: Agreement, services: Sequence[str], *, asked_from: datetime | None, actor: Actor, at: datetime
) -> Agreement:
    """Say which services ask for a document, and from which moment; with None nothing asks for it. AGR-1.

    What is under way goes on in any case. Raises NotPermitted, ServiceUnknown.
    """
    _ask(actor)
    if unknown := set(services) - set(rules.GOVERNABLE):
        raise ServiceUnknown(field="services", services=sorted(unknown))
    agreement = Agreement.objects.select_for_update().get(pk=agreement.pk)
    agreement.services = [service for service in rules.GOVERNABLE if service in services]
    agreement.asked_from = asked_from
    agreement.save(update_fields=["services", "asked_from"])
    record(
        "agreement.governs", subject=agreement, actor=actor, at=at, services=agreement.services, asked_from=asked_from
    )
    return agreement


@transaction.atomic
def draft_version(agreement: Agreement, *, actor: Actor, at: datetime) -> AgreementVersion:
    """Draft the next version as a copy of the last one published; one draft at a time: the open one is returned. AGR-1.

    Raises NotPermitted.
    """
    _ask(actor)
    agreement = Agreement.objects.select_for_update().get(pk=agreement.pk)  # two administrators get the same draft
    if opened := agreement.versions.filter(published_at__isnull=True).first():
        return opened
    last = agreement.versions.order_by("-number").first()
    assert last is not None, "a document begins with a draft"
    copied = {name: getattr(last, name) for name in (*WORDS, "html_es", "html_en") if not name.startswith("changes")}
    version = AgreementVersion.objects.create(
        agreement=agreement, number=last.number + 1, drafted_at=at, revised_at=at, **copied
    )
    record("agreement.drafted", subject=agreement, actor=actor, at=at, version=version.number)
    return version


@transaction.atomic
def revise(
    version: AgreementVersion, words: Mapping[str, str], *, seen: int | None = None, actor: Actor, at: datetime
) -> AgreementVersion:
    """Keep what was written in a draft; `seen` is the draft's `revision` on the page. AGR-1, SEC-49.

    A draft is nobody's word yet: the record tells that it was begun, published or dropped, not each keeping of it.
    Raises NotPermitted, VersionFixed, Stale, TextTooLong.
    """
    _ask(actor)
    version = _draft(version, seen)
    for name in WORDS:
        if name in words:
            setattr(version, name, _word(name, words[name]))
    version.html_es, version.html_en = markdown.render(version.text_es), markdown.render(version.text_en)
    version.revision += 1
    version.revised_at = at
    version.save()
    return version


def _word(name: str, text: str) -> str:
    if name.startswith("title"):
        return rules.clean_line(text, rules.TITLE_MAX)
    text = rules.clean_text(text)
    if len(text) > (rules.TEXT_MAX if name.startswith("text") else CHANGES_MAX):
        raise TextTooLong(field=name)
    return text


@transaction.atomic
def discard(version: AgreementVersion, *, actor: Actor, at: datetime) -> None:
    """Drop a draft; a document that never had another version goes with it. Raises NotPermitted, VersionFixed."""
    _ask(actor)
    version = _draft(version)
    agreement = version.agreement
    record("agreement.discarded", subject=agreement, actor=actor, at=at, version=version.number, code=agreement.code)
    version.delete()
    if not agreement.versions.exists():
        agreement.delete()


@transaction.atomic
def publish(
    version: AgreementVersion, *, starts_at: datetime, seen: int | None = None, actor: Actor, at: datetime
) -> AgreementVersion:
    """Publish a draft, in force from a moment on; its text and hashes never change after that. AGR-1.

    Raises NotPermitted, VersionFixed, Stale, TextMissing, StartDate. Fact: `agreement.published`.
    """
    _ask(actor)
    agreement = Agreement.objects.select_for_update().get(pk=version.agreement_id)
    version = _draft(version, seen)
    for name in ("title_es", "title_en", "text_es", "text_en"):
        if not getattr(version, name).strip():
            raise TextMissing(field=name)
    last = agreement.versions.aggregate(last=Max("starts_at"))["last"]
    if starts_at < at or (last is not None and starts_at <= last):
        raise StartDate(field="starts_on")
    version.hash_es = rules.fingerprint(version.title_es, version.text_es)
    version.hash_en = rules.fingerprint(version.title_en, version.text_en)
    version.starts_at, version.published_at, version.published_by_id = starts_at, at, actor.user_id
    version.save()
    record(
        "agreement.published", subject=agreement, actor=actor, at=at, code=agreement.code, version=version.number,
        version_id=version.pk, starts_at=starts_at, sha256_es=version.hash_es, sha256_en=version.hash_en,
    )  # fmt: skip
    return version


@transaction.atomic
def accept(
    version: AgreementVersion, *, language: str, seen: str, capacity: str = "", actor: Actor, at: datetime
) -> Acceptance:
    """Accept a version for the customer that the contact acts for, in the text whose hash is `seen`. AGR-1.

    A customer accepts a version once: of two at once the first stands, and the second gets that one. Fact:
    `agreement.accepted` on the customer's record. Raises NotYours, NotPermitted, NotInForce, TextMoved, CapacityMissing.
    """
    if not actor.is_contact or actor.customer_id is None:
        raise NotPermitted
    if not access.may_accept(actor, actor.customer_id, at=at):
        raise NotYours
    contact = Contact.objects.filter(pk=actor.contact_id or 0, removed_at__isnull=True).first()
    if contact is None:
        raise NotPermitted
    said = Acceptance(
        version=version, customer_id=actor.customer_id, user_id=actor.user_id, person_name=actor.name[:160],
        company_role=actor.company_role or "", capacity=rules.clean_line(capacity or contact.title, CAPACITY_MAX),
        language=rules.language_of(language), how="portal", accepted_at=at,
    )  # fmt: skip
    return _said(said, seen, actor=actor, at=at)


@transaction.atomic
def accept_by_telephone(
    version: AgreementVersion, customer_id: int, *, contact_id: int | None = None, caller_name: str = "", capacity: str = "",
    language: str = "es", seen: str, actor: Actor, at: datetime,
) -> Acceptance:  # fmt: skip
    """Note down the yes of a caller to whom staff read the text. AGR-1, TEL-2.

    The caller is a contact who may bind the company; by name alone only where the company has none with access.
    Raises NotPermitted, NobodyAccepts, NotInForce, TextMoved, CapacityMissing.
    """
    if not access.may_record_by_telephone(actor):
        raise NotPermitted
    if not Customer.objects.filter(pk=customer_id, is_active=True).exists():
        raise NobodyAccepts(field="contact")
    contacts = queries.who_may_bind(customer_id, [role for role in ("administrator", "member") if access.may_bind(role, at=at)])
    chosen = next((one for one in contacts if one["id"] == contact_id), None)
    name = chosen["name"] if chosen else ("" if contacts else rules.clean_line(caller_name, 160))
    if not name:
        raise NobodyAccepts(field="contact" if contacts else "caller_name")
    said = Acceptance(
        version=version, customer_id=customer_id, user_id=chosen["user_id"] if chosen else None, person_name=name[:160],
        company_role=chosen["company_role"] if chosen else "", language=rules.language_of(language), how="telephone",
        capacity=rules.clean_line(capacity or (chosen["title"] if chosen else ""), CAPACITY_MAX),
        recorded_by_id=actor.user_id, accepted_at=at,
    )  # fmt: skip
    return _said(said, seen, actor=actor, at=at)


def _said(said: Acceptance, seen: str, *, actor: Actor, at: datetime) -> Acceptance:
    version = AgreementVersion.objects.select_related("agreement").get(pk=said.version_id)
    first = Acceptance.objects.filter(version=version, customer=said.customer_id).first()
    if first is not None:
        return first
    current = queries.in_force(version.agreement.code, at)
    if current is None or current.pk != version.pk:
        raise NotInForce(version=current)
    said.text_hash = version.hash_in(said.language)
    if seen != said.text_hash:
        raise TextMoved
    if not said.capacity:
        raise CapacityMissing(field="capacity")
    try:
        with transaction.atomic():
            said.save(force_insert=True)
    except IntegrityError:  # somebody else of the company in the same moment: the first stands
        first = Acceptance.objects.filter(version=version, customer=said.customer_id).first()
        if first is None:
            raise
        return first
    record(
        "agreement.accepted", subject=f"customer:{said.customer_id}", customer=said.customer_id, actor=actor, at=at,
        acceptance=said.pk, agreement=version.agreement.code, version=version.number, language=said.language,
        sha256=said.text_hash, person=said.person_name, user=said.user_id, capacity=said.capacity,
        company_role=said.company_role, how=said.how,
    )  # fmt: skip
    return said


def _ask(actor: Actor) -> None:
    if not access.may_edit(actor):
        raise NotPermitted


def _draft(version: AgreementVersion, seen: int | None = None) -> AgreementVersion:
    locked = AgreementVersion.objects.select_for_update(of=("self",)).select_related("agreement").filter(pk=version.pk).first()
    if locked is None:
        raise Stale
    if not locked.is_draft:
        raise VersionFixed(version=locked.number)
    if seen is not None and seen != locked.revision:
        raise Stale
    return locked
