"""What tests of agreements share: a document that asks, published long ago."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from amparo.agreements import commands
from amparo.agreements.models import AgreementVersion
from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM

BEFORE = NOON - timedelta(days=100)


def make_version(
    code: str = "soporte", text: str = "# Uno\n\nSe atiende de 9 a 18.", *, services: tuple[str, ...] = ("case",),
    asked_from: datetime | None = BEFORE, at: datetime = BEFORE,
) -> AgreementVersion:
    """A published document that services ask for."""
    draft = commands.add_agreement(code, f"Condiciones {code}", f"Conditions {code}", actor=SYSTEM, at=at)
    commands.revise(draft, {"text_es": text, "text_en": text + " (en)"}, actor=SYSTEM, at=at)
    version = commands.publish(draft, starts_at=at, actor=SYSTEM, at=at)
    commands.govern(version.agreement, services, asked_from=asked_from, actor=SYSTEM, at=at)
    version.agreement.refresh_from_db()
    return version


def next_version(version: AgreementVersion, text: str, *, starts_at: datetime, at: datetime | None = None) -> AgreementVersion:
    """The next version of the same document."""
    at = at or starts_at
    draft = commands.draft_version(version.agreement, actor=SYSTEM, at=at)
    commands.revise(draft, {"text_es": text, "text_en": text + " (en)", "changes_es": "Cambia el horario."}, actor=SYSTEM, at=at)
    return commands.publish(draft, starts_at=starts_at, actor=SYSTEM, at=at)


def yes(version: AgreementVersion, actor, at: datetime = NOON, **more: str):
    """A contact's acceptance of the Spanish text."""
    given = {"language": "es", "seen": version.hash_es, "capacity": "Dueña"} | more
    return commands.accept(version, actor=actor, at=at, **given)


@pytest.fixture
def version(db) -> AgreementVersion:
    return make_version()
