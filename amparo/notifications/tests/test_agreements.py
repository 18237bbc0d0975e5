"""Letters of agreements: a copy as PDF, and what will be asked for. AGR-1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from amparo.agreements.tests.conftest import make_version, next_version, yes
from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM
from amparo.notifications import commands
from amparo.notifications.models import Letter
from amparo.people.queries import actor_by_id
from amparo.policies.commands import set_value

pytestmark = pytest.mark.django_db


def test_who_accepted_gets_the_copy_as_pdf(contact, member, customer, deliver):
    """AGR-1: the administrators too; nobody else."""
    set_value("agreements.members_may_accept", True, from_at=NOON, actor=SYSTEM, at=NOON)
    said = yes(make_version(), actor_by_id(member.user_id))
    deliver()
    deliver()  # a reaction may run again
    commands.send_due(at=NOON)
    assert sorted(message.to[0] for message in mail.outbox) == sorted([contact.email, member.email])
    for message in mail.outbox:
        [(name, content, kind)] = message.attachments
        assert name == "soporte-1.pdf" and kind == "application/pdf" and content[:5] == b"%PDF-"
        assert said.text_hash in message.body and "Marcos Peña" in message.body


def test_a_coming_version_is_told_to_who_accepted_one_before(contact, member, other_contact, deliver):
    """AGR-1"""
    version = make_version()
    yes(version, contact)
    deliver()
    Letter.objects.all().delete()
    next_version(version, "Otro.", starts_at=NOON + timedelta(days=20), at=NOON)
    deliver()
    [letter] = Letter.objects.filter(kind="agreement_new")
    assert letter.user_id == contact.user_id and "Cambia el horario." in letter.words["paragraphs"]


@pytest.mark.parametrize("silent", ["setting", "not asked"])
def test_nothing_is_told_where_nothing_will_be_asked(contact, deliver, silent):
    """AGR-1"""
    version = make_version(asked_from=None if silent == "not asked" else NOON - timedelta(days=100))
    yes(version, contact)
    if silent == "setting":
        set_value("agreements.tell_new_version", False, from_at=NOON, actor=SYSTEM, at=NOON)
    next_version(version, "Otro.", starts_at=NOON + timedelta(days=20), at=NOON)
    deliver()
    assert not Letter.objects.filter(kind="agreement_new").exists()
