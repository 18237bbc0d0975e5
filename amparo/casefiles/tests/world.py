"""What tests of case files share: a case with a bit of everything, and its file."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
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


WORD = "ZAPOTE"  # stands in whatever anybody says in `developed`


def developed(contact: Actor, engineer: Actor, quality: Actor, director: Actor, settle: Callable[[datetime], None], *, at: datetime = NOON) -> Case:
    """A development from its request, with a file, to a dismissed complaint: every text in it has `WORD` in it."""
    from amparo.complaints import commands as complaints
    from amparo.complaints.rules import NOTHING
    from amparo.kernel.actor import SYSTEM
    from amparo.live import commands as live
    from amparo.products import commands as products
    from amparo.quotations import commands as quotations
    from amparo.quotations.rules.quotes import Content, Line

    product = products.add_product("caja", "Caja", actor=SYSTEM, at=at)
    request = quotations.begin_request(title=f"{WORD} título", key="r", actor=contact, at=at)
    public_id, draft_key = upload(b"ZAPOTE especificado", f"{WORD}-especificado.txt", actor=contact, at=at)
    parts = {part: f"{WORD} {part}" for part in ("aim", "present", "wanted", "data", "acceptance")}
    dropped, its_key = upload(b"ZAPOTE descartado", f"{WORD}-descartado.txt", actor=contact, at=at)
    kept = {"title": f"{WORD} título", "product_id": product.pk, "actor": contact, "at": at}
    request = quotations.keep_request(request, parts, add=[dropped], draft_key=its_key, **kept)
    request = quotations.keep_request(request, parts, keep=[], add=[public_id], draft_key=draft_key, **kept)
    case = cases.open_development(request, actor=contact, at=at)
    content = Content(lines=(Line(f"{WORD} línea", 1, 6),), business_days=5, text=f"{WORD} texto", terms=f"{WORD} términos", valid_days=15)
    quote = quotations.draft_quote(case.thread, kind="development", title=f"{WORD} cotización", content=content, key="q", actor=engineer, at=at)
    quote = quotations.present_quote(quote, actor=engineer, at=at)
    settle(at)
    order = quotations.accept_quote(quote, seen=1, actor=contact, at=at)
    settle(at)
    order = quotations.start_order(order, actor=engineer, at=at)
    quotations.deliver(order, f"{WORD} entregado", key="d", actor=engineer, at=at)
    noted(world.fresh(case), f"{WORD} nota", actor=engineer, at=at)
    settle(at)
    call = live.start_call(phone="+525512345678", customer_id=contact.customer_id, key="c", actor=engineer, at=at)
    live.end_call(call, about=f"{WORD} llamada", outcome="case", notes=f"{WORD} apunte", linked=case.subject, actor=engineer, at=at)
    cases.propose_closing(world.fresh(case), reason="delivered", summary=f"{WORD} resumen", key="cl", actor=engineer, at=at)
    settle(at)
    case = world.fresh(case)
    public_id, draft_key = upload(b"ZAPOTE prueba", f"{WORD}-prueba.txt", actor=contact, at=at)
    complaint = complaints.raise_complaint(
        case, seen=world.closing_of(case).pk, reasons=f"{WORD} queja", files=[public_id], draft_key=draft_key, key="k", actor=contact, at=at
    )
    complaints.note(complaint, f"{WORD} nota de calidad", key="n", actor=quality, at=at)
    asked = complaints.ask_opinion(complaint, f"{WORD} pregunta", key="o", actor=quality, at=at)
    complaints.give_opinion(asked, f"{WORD} dictamen", actor=director, at=at)
    complaints.rule(complaint, outcome="dismissed", reasons=f"{WORD} razones", consequences=NOTHING, key="r", actor=quality, at=at)
    settle(at)
    return world.fresh(case)
