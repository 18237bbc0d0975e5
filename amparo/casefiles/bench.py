"""The figures of case files for `amparo bench`: a case of 2,000 entries and 100 MB of files, in time and memory. CAS-7.

The case is filled behind the commands (rows as they would write them), the file is made by the command's own code. Beside it
stands the plain copying and hashing of the same files. Memory is the growth of the process's peak over what a small case took.
"""

from __future__ import annotations

import hashlib
import os
import resource
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from amparo.casefiles.commands.building import make
from amparo.casefiles.rules.verifier import verify
from amparo.cases.commands import open_case
from amparo.cases.models import Case
from amparo.contracts.commands import add_plan, sell_contract
from amparo.files.commands import disk
from amparo.files.models import StoredFile
from amparo.history.commands import record
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.ids import make_nic
from amparo.people.models import Contact, Customer, User
from amparo.people.queries import actor_by_id
from amparo.threads.models import Entry, EntryFile, Thread

ENTRIES, FILES, OCTETS = 2_000, 20, 5_000_000
SECONDS_MAX, VERIFY_MAX, GROWTH_MEGABYTES_MAX = 10.0, 10.0, 24.0
WORDS = "Buenos días, ¿cómo va la importación del catálogo de la señora Ñuñez? Quedan 12,340 artículos por revisar. "
ZONE = ZoneInfo("America/Mexico_City")


def run() -> list[dict[str, object]]:
    """Measure and return figures as plain data."""
    at = clock.now()
    with tempfile.TemporaryDirectory(prefix="amparo-bench-") as folder:
        settings.MEDIA_ROOT, settings.EXPORTS_ROOT, settings.PUBLISHED_KEYS = (Path(folder) / name for name in ("files", "exports", "keys.pem"))
        settings.EXPORTS_ROOT.mkdir()
        contact = _contact(at)
        small, large = _case(contact, at, 20, 1, 1_000), _case(contact, at, ENTRIES, FILES, OCTETS)
        _made(small, Path(folder) / "small.zip", at)
        before = _peak()
        path = Path(folder) / "large.zip"
        seconds = min(_made(large, path, at) for _round in range(2))
        growth = _peak() - before
        plain = _plain(Path(folder))
        began = time.perf_counter()
        verdict = verify(path)
        looked = time.perf_counter() - began
        assert verdict.is_valid, verdict.problems
        size = path.stat().st_size / 1e6
    what = f"{ENTRIES:,} entries and {FILES * OCTETS // 1_000_000} MB of files"
    return [
        _figure(f"case file of {what}", seconds, "s", SECONDS_MAX, "copying and hashing the files", plain, f"{size:.0f} MB, {verdict.facts:,} facts"),
        _figure("its memory beyond that of a small one", growth, "MB", GROWTH_MEGABYTES_MAX, "", None, "growth of the process's peak"),
        _figure("verifying it", looked, "s", VERIFY_MAX, "copying and hashing the files", plain, ""),
    ]


def _figure(name: str, value: float, unit: str, limit: float, beside: str, peer: float | None, note: str) -> dict[str, object]:
    return {
        "name": name, "value": value, "unit": unit, "beside_name": beside, "beside": peer,
        "share": value / peer if peer else None, "target": f"≤ {limit:g} {unit}", "holds": value <= limit, "note": note,
    }  # fmt: skip


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _made(case: Case, path: Path, at: datetime) -> float:
    began = time.perf_counter()
    with path.open("w+b") as out:
        make(case, out, language="es-mx", zone=ZONE, at=at)
    return time.perf_counter() - began


def _plain(folder: Path) -> float:
    began = time.perf_counter()
    with (folder / "copy").open("wb") as out:
        for path in sorted(settings.MEDIA_ROOT.rglob("*")):
            if path.is_file():
                digest = hashlib.sha256()
                with path.open("rb") as file:
                    while piece := file.read(262_144):
                        digest.update(piece)
                        out.write(piece)
    return time.perf_counter() - began


def _contact(at: datetime) -> Actor:
    number = int(at.timestamp()) % 8_000_000 + 1_000_000
    user = User.objects.create_user(f"medida.{number}@ejemplo.mx", None, name="Lupita Medida", language="es-mx")
    customer = Customer.objects.create(nic=make_nic(number), name="Abarrotes Medida", created_at=at)
    Contact.objects.create(user=user, customer=customer, company_role="administrator", created_at=at)
    plan = add_plan(f"Medida {number}", events=5, incidents=5, credits=50, months=12, price="1000.00", actor=SYSTEM, at=at)
    sell_contract(plan=plan, customer=customer, starts_on=at.date(), key="medida", actor=SYSTEM, at=at)
    return actor_by_id(user.pk)


@transaction.atomic
def _case(contact: Actor, at: datetime, entries: int, files: int, octets: int) -> Case:
    case = open_case("Importar el catálogo", "Son muchos artículos.", key=f"m{entries}", asked_kind="", actor=contact, at=at)
    rows = [
        Entry(
            thread_id=case.thread_id, customer_id=case.customer_id, seq=seq, kind="message", author_id=contact.user_id,
            author_kind="customer" if seq % 2 else "staff", author_name="Lupita Medida" if seq % 2 else "Elena Ingeniera",
            body=WORDS * (1 + seq % 9), body_html="", at=at + timedelta(minutes=seq), file_count=int(seq <= files + 1),
        )
        for seq in range(2, entries + 2)
    ]  # fmt: skip
    Entry.objects.bulk_create(rows, batch_size=500)
    Thread.objects.filter(pk=case.thread_id).update(entry_count=entries + 1, public_count=entries + 1)
    for row in rows:
        record(
            "case.customer_wrote" if row.author_kind == "customer" else "case.answered", subject=case, actor=contact, at=row.at,
            entry=row.pk, seq=row.seq, via="portal",
        )  # fmt: skip
    for row in rows[:files]:
        raw = os.urandom(octets)
        sha256 = hashlib.sha256(raw).hexdigest()
        path = disk.path_of(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        file = StoredFile.objects.create(
            sha256=sha256, size=octets, content_type="application/zip", name=f"respaldo-{row.seq}.zip", uploaded_by_id=contact.user_id,
            customer_id=case.customer_id, subject=case.subject, created_at=at, attached_at=at,
        )  # fmt: skip
        EntryFile.objects.create(entry=row, file=file)
    return case
