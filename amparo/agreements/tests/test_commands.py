"""Versions are drafted, published for good, and accepted once, on the record. AGR-1."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, close_old_connections, transaction

from amparo.agreements import commands, queries, rules
from amparo.agreements.errors import (
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
from amparo.agreements.models import Acceptance, Agreement, AgreementVersion
from amparo.conftest import NOON, make_contact
from amparo.history import queries as history
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.policies.commands import set_value

from .conftest import BEFORE, make_version, next_version, yes

SHIPPED = ("general-conditions", "limited-telephone-advice", "extended-support", "software-development", "end-user-licence")


@pytest.mark.django_db
def test_the_five_documents_stand_as_drafts_that_ask_nobody(customer):
    """AGR-1"""
    for code in SHIPPED:
        draft = AgreementVersion.objects.get(agreement__code=code)
        assert draft.is_draft and queries.in_force(code, NOON) is None
        for text in (draft.text_es, draft.text_en):
            assert len(text.split()) > 450
        assert "Borrador por revisar por un abogado" in draft.text_es and "reviewed by a lawyer" in draft.text_en
        assert draft.title_es and draft.title_en and "<h" in draft.html_es
    assert queries.waiting(customer.pk, NOON) == []


@pytest.mark.django_db
def test_the_hash_proves_the_text(version, contact):
    """AGR-1: anybody computes it from the title and the text on paper."""
    expected = hashlib.sha256(b"Condiciones soporte\n\n# Uno\n\nSe atiende de 9 a 18.\n").hexdigest()
    said = yes(version, contact)
    assert said.text_hash == version.hash_es == expected
    assert yes(version, contact).pk == said.pk
    assert rules.fingerprint("Condiciones soporte", "# Uno\r\n\r\nSe atiende de 9 a 18.   \n\n") == expected
    assert rules.fingerprint("Condiciones soporte", "# Uno\n\nSe atiende de 9 a 19.") != expected


@pytest.mark.django_db
def test_who_accepted_what_for_whom_when_and_how_is_on_record(version, contact, customer):
    """AGR-1"""
    said = yes(version, contact, capacity="Dueña y representante")
    assert (said.user_id, said.customer_id, said.person_name) == (contact.user_id, customer.pk, "Lupita Romero")
    assert (said.capacity, said.company_role, said.how, said.language) == ("Dueña y representante", "administrator", "portal", "es")
    fact = [one for one in history.facts(f"customer:{customer.pk}") if one.name == "agreement.accepted"][-1]
    assert fact.data["sha256"] == version.hash_es and fact.data["acceptance"] == said.pk and fact.customer_id == customer.pk
    assert fact.data["capacity"] == "Dueña y representante" and fact.at == NOON
    assert queries.accepted(customer.pk, "soporte", NOON) == said
    assert queries.accepted(customer.pk, "soporte", NOON - timedelta(seconds=1)) is None
    [row] = queries.record_of(customer.pk, NOON)
    assert row["sha256"] == rules.fingerprint(row["title"], row["text"]) and row["superseded_at"] is None


@pytest.mark.django_db
def test_a_published_version_and_an_acceptance_never_change(version, contact):
    """AGR-1: the database itself refuses."""
    said = yes(version, contact)
    for act in (
        lambda: AgreementVersion.objects.filter(pk=version.pk).update(text_es="otra cosa"),
        lambda: AgreementVersion.objects.filter(pk=version.pk).update(starts_at=NOON),
        lambda: AgreementVersion.objects.filter(pk=version.pk)._raw_delete("default"),
        lambda: Acceptance.objects.filter(pk=said.pk).update(capacity="Nadie"),
        lambda: Acceptance.objects.filter(pk=said.pk)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    for act in (
        lambda: commands.revise(version, {"text_es": "x"}, actor=SYSTEM, at=NOON),
        lambda: commands.discard(version, actor=SYSTEM, at=NOON),
        lambda: commands.publish(version, starts_at=NOON, actor=SYSTEM, at=NOON),
    ):
        with pytest.raises(VersionFixed):
            act()


@pytest.mark.django_db
def test_the_database_takes_no_acceptance_of_another_text(version, contact, customer):
    """AGR-1"""
    draft = commands.draft_version(version.agreement, actor=SYSTEM, at=NOON)
    for which, text_hash in ((version, "0" * 64), (draft, version.hash_es)):
        with pytest.raises(DatabaseError), transaction.atomic():
            Acceptance.objects.create(
                version=which, customer=customer, user_id=contact.user_id, person_name="x", company_role="administrator",
                capacity="x", language="es", text_hash=text_hash, how="portal", accepted_at=NOON,
            )  # fmt: skip


@pytest.mark.django_db
def test_a_version_is_asked_once_and_the_next_one_again(version, contact, customer):
    """AGR-1: from its own date."""
    assert queries.waiting_for(customer.pk, "case", NOON) == [version]
    yes(version, contact)
    assert queries.waiting_for(customer.pk, "case", NOON) == []
    later = NOON + timedelta(days=3)
    second = next_version(version, "# Uno\n\nSe atiende de 8 a 18.", starts_at=later, at=NOON)
    assert queries.waiting_for(customer.pk, "case", later - timedelta(seconds=1)) == []
    assert queries.waiting_for(customer.pk, "case", later) == [second]
    assert queries.in_force("soporte", later - timedelta(seconds=1)) == version
    assert queries.accepted(customer.pk, "soporte", later) is None
    assert queries.record_of(customer.pk, later)[0]["superseded_at"] == later


@pytest.mark.django_db
def test_what_is_not_asked_waits_for_nobody(version, customer):
    """AGR-1: whether a document is asked at all is a setting with a date."""
    commands.govern(version.agreement, ["case"], asked_from=NOON + timedelta(days=1), actor=SYSTEM, at=NOON)
    assert queries.waiting_for(customer.pk, "case", NOON) == []
    assert queries.waiting_for(customer.pk, "case", NOON + timedelta(days=1)) == [version]
    commands.govern(version.agreement, ["case"], asked_from=None, actor=SYSTEM, at=NOON)
    assert queries.waiting(customer.pk, NOON + timedelta(days=9)) == []


@pytest.mark.django_db
def test_a_version_published_while_another_is_read_is_told(version, contact):
    """AGR-1: what was read is not in force any more; nothing is accepted, the new one is named."""
    second = next_version(version, "# Uno\n\nOtro horario.", starts_at=NOON - timedelta(minutes=1))
    with pytest.raises(NotInForce) as refusal:
        yes(version, contact)
    assert refusal.value.context["version"] == second and not Acceptance.objects.exists()
    with pytest.raises(TextMoved):
        yes(second, contact, seen=version.hash_es)


@pytest.mark.django_db
def test_a_version_to_come_is_not_accepted_yet(version, contact):
    """AGR-1"""
    coming = next_version(version, "Después", starts_at=NOON + timedelta(days=1), at=NOON)
    with pytest.raises(NotInForce):
        yes(coming, contact)


@pytest.mark.django_db
def test_only_whoever_may_bind_the_company_accepts(version, contact, member, own_only, registered, operator, other_contact):
    """AGR-1, ACC-11: administrators; members where a setting says so; nobody for another company."""
    for actor in (member, own_only):
        with pytest.raises(NotYours):
            yes(version, actor)
    for actor in (registered, operator, SYSTEM):
        with pytest.raises(NotPermitted):
            yes(version, actor)
    assert yes(version, other_contact).customer_id == other_contact.customer_id != contact.customer_id
    set_value("agreements.members_may_accept", True, from_at=NOON, actor=SYSTEM, at=NOON)
    assert yes(version, member).company_role == "member"
    with pytest.raises(NotYours):
        yes(make_version("otro"), own_only)


@pytest.mark.django_db
def test_the_capacity_is_asked_for(version, contact):
    """AGR-1: in which capacity; a title on record is one."""
    with pytest.raises(CapacityMissing):
        yes(version, contact, capacity=" \n")


@pytest.mark.django_db
def test_staff_read_it_on_the_telephone(version, contact, member, customer, other_customer, operator, quality):
    """AGR-1, TEL-2"""
    given = {"seen": version.hash_en, "language": "en", "capacity": "Owner", "actor": operator, "at": NOON}
    with pytest.raises(NotPermitted):
        commands.accept_by_telephone(version, customer.pk, contact_id=contact.contact_id, **given | {"actor": quality})
    for wrong in ({"contact_id": member.contact_id}, {"caller_name": "Cualquiera"}, {}):
        with pytest.raises(NobodyAccepts):
            commands.accept_by_telephone(version, customer.pk, **wrong, **given)
    said = commands.accept_by_telephone(version, customer.pk, contact_id=contact.contact_id, **given)
    assert (said.how, said.recorded_by_id, said.user_id) == ("telephone", operator.user_id, contact.user_id)
    assert said.text_hash == version.hash_en
    by_name = commands.accept_by_telephone(version, other_customer.pk, caller_name="Sergio", **given)
    assert (by_name.user_id, by_name.person_name) == (None, "Sergio")


@pytest.mark.django_db
def test_drafts_and_dates_are_checked(version, administrator, engineer):
    """AGR-1, SEC-49"""
    with pytest.raises(NotPermitted):
        commands.draft_version(version.agreement, actor=engineer, at=NOON)
    draft = commands.draft_version(version.agreement, actor=administrator, at=NOON)
    assert commands.draft_version(version.agreement, actor=administrator, at=NOON) == draft
    assert draft.number == 2 and draft.text_es == version.text_es and not draft.changes_es
    kept = commands.revise(draft, {"text_es": "a"}, seen=draft.revision, actor=administrator, at=NOON)
    with pytest.raises(Stale):
        commands.revise(draft, {"text_es": "b"}, seen=draft.revision, actor=administrator, at=NOON)
    with pytest.raises(TextTooLong):
        commands.revise(draft, {"text_es": "a" * (rules.TEXT_MAX + 1)}, actor=administrator, at=NOON)
    for starts_at in (NOON - timedelta(seconds=1), BEFORE):
        with pytest.raises(StartDate):
            commands.publish(kept, starts_at=starts_at, actor=administrator, at=NOON)
    empty = commands.revise(draft, {"text_en": "  "}, actor=administrator, at=NOON)
    with pytest.raises(TextMissing):
        commands.publish(empty, starts_at=NOON, actor=administrator, at=NOON)
    commands.discard(draft, actor=administrator, at=NOON)
    assert version.agreement.versions.count() == 1


@pytest.mark.django_db
def test_a_document_of_ones_own(administrator):
    """AGR-1: others that a vendor adds."""
    draft = commands.add_agreement("aviso-de-privacidad", "Aviso de privacidad", "Privacy notice", actor=administrator, at=NOON)
    assert draft.is_draft
    for code in ("aviso-de-privacidad", "Con espacios", "", "../x", "mine", "a"):
        with pytest.raises(CodeTaken):
            commands.add_agreement(code, "Uno", "One", actor=administrator, at=NOON)
    with pytest.raises(ServiceUnknown):
        commands.govern(draft.agreement, ["knowledge"], asked_from=NOON, actor=administrator, at=NOON)
    commands.discard(draft, actor=administrator, at=NOON)
    assert not Agreement.objects.filter(code="aviso-de-privacidad").exists()


@pytest.mark.django_db(transaction=True)
def test_two_contacts_accept_at_once_and_one_stands(customer):
    """AGR-1: once per version; the second gets the first's."""
    version = make_version()
    actors = [make_contact(customer, name) for name in ("Ana Uno", "Beto Dos", "Carla Tres")]
    barrier, found, failed = threading.Barrier(3), [], []

    def run(actor) -> None:
        try:
            barrier.wait(60)
            found.append(yes(version, actor).pk)
        except Exception as error:
            failed.append(error)
        finally:
            close_old_connections()
            from django.db import connection

            connection.close()

    threads = [threading.Thread(target=run, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not failed and len(set(found)) == 1 and Acceptance.objects.count() == 1
    names = [fact.name for fact in history.facts(f"customer:{customer.pk}")]
    assert names.count("agreement.accepted") == 1
