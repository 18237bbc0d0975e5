"""What tests of case files share: a case with a bit of everything, and its file."""

from __future__ import annotations

import io
import itertools
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile

from amparo.casefiles.commands.building import make
from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.cases.tests import world
from amparo.conftest import NOON
from amparo.files import commands as files
from amparo.kernel.actor import Actor
from amparo.threads import commands as threads

ZONE = ZoneInfo("America/Mexico_City")
_numbers = itertools.count(1)


def upload(content: bytes, name: str, *, actor: Actor, at: datetime = NOON) -> tuple[str, str]:
    draft_key = f"d{next(_numbers)}"
    return files.store(SimpleUploadedFile(name, content), draft_key=draft_key, actor=actor, at=at).public_id, draft_key


def wrote(case: Case, body: str, *, actor: Actor, at: datetime = NOON, content: bytes = b"", name: str = "") -> None:
    public_id, draft_key = upload(content, name, actor=actor, at=at) if content else ("", "")
    threads.say(case.thread, body, files=[public_id] if public_id else [], draft_key=draft_key, actor=actor, at=at)


def noted(case: Case, body: str, *, actor: Actor, at: datetime = NOON, content: bytes = b"", name: str = "") -> None:
    public_id, draft_key = upload(content, name, actor=actor, at=at) if content else ("", "")
    threads.note(case.thread, body, files=[public_id] if public_id else [], draft_key=draft_key, actor=actor, at=at)


def told(contact: Actor, engineer: Actor, *, at: datetime = NOON) -> Case:
    """An incident in attention: messages of both sides with files, a note with a file, a clock, a need, an assignment."""
    case = world.attended(contact, engineer, "incident", at=at)
    wrote(case, "Aquí va la foto: señal «rota» 💥\n\nCon dos párrafos.", actor=contact, at=at, content=b"la foto", name="foto uno.txt")
    wrote(case, "La vemos.", actor=engineer, at=at + timedelta(minutes=5), content=b"el manual", name="manual.txt")
    threads.assign(case.thread, engineer.user_id, actor=engineer, at=at + timedelta(minutes=6))
    noted(case, "INTERNO-SECRETO: el cliente es difícil", actor=engineer, at=at, content=b"INTERNO-BYTES", name="INTERNO-ARCHIVO.txt")
    world.run_clock(case, engineer, 12, at=at + timedelta(minutes=10))
    cases.raise_need(case, description="Respaldo semanal", key=world.key(), actor=engineer, at=at + timedelta(minutes=20))
    return world.fresh(case)


def closed(contact: Actor, engineer: Actor, *, at: datetime = NOON) -> Case:
    """The same, closed and charged."""
    case = told(contact, engineer, at=at)
    need = case.needs.get()
    cases.choose_needs(need, choice="later", actor=contact, at=at + timedelta(minutes=25))
    case = world.proposed(case, engineer, "solved", at=at + timedelta(minutes=30))
    return world.accepted(case, contact, at=at + timedelta(minutes=40))


def made(case: Case, folder: Path, *, language: str = "es-mx", at: datetime = NOON) -> Path:
    """Return the path of a case's file."""
    path = folder / f"{case.number}-{next(_numbers)}.zip"
    out = io.BytesIO()
    make(case, out, language=language, zone=ZONE, at=at)
    path.write_bytes(out.getvalue())
    return path
