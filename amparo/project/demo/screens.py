"""A remote session of the demonstration with its recording: a drawn screen, a pointer, some keys, as a helper would have sent them. LIV-2."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from PIL import Image, ImageDraw, ImageFont

from amparo.cases.machine import ATTENDED_KINDS, State
from amparo.cases.models import Case
from amparo.kernel.refusals import Refusal
from amparo.people.queries import actor_by_id
from amparo.remote import commands, queries
from amparo.remote.commands.store import path_of
from amparo.remote.models import Session
from amparo.remote.rules import record
from amparo.remote.rules.record import Kind

if TYPE_CHECKING:
    from .load import World

WIDTH, HEIGHT = 960, 600
_FORMAT = bytes([32, 24, 0, 1]) + struct.pack(">HHH", 255, 255, 255) + bytes([16, 8, 0, 0, 0, 0])
_TYPED = "services.msc"
# Seconds, what the window says (nothing: what the case is about), what is typed so far, where the pointer is.
_STEPS: tuple[tuple[float, str, str, tuple[int, int]], ...] = (
    (1, "", "", (480, 300)),
    (4, "", "", (180, 570)),
    (7, "Ejecutar:", "", (220, 500)),
    *((8 + 0.4 * count, "Ejecutar:", _TYPED[:count], (220, 500)) for count in range(1, len(_TYPED) + 1, 2)),
    (15, "Servicios › Cola de impresión: detenido", "", (300, 240)),
    (19, "Servicios › Cola de impresión: en ejecución", "", (520, 410)),
    (26, "Mostrador POS: listo.", "", (610, 330)),
)


def show(world: World) -> None:
    """Record a session in a case that is attended, where there is one whose time allows it."""
    rows = Case.objects.filter(
        state=State.ATTENTION, kind__in=sorted(ATTENDED_KINDS), clock_since__isnull=True, consent_at__lte=world.now - timedelta(minutes=20),
    )  # fmt: skip
    for case in rows.select_related("thread").order_by("-kind", "-consent_at")[:10]:
        try:
            assert case.consent_at is not None, "the rows were asked for with one"
            _recorded(world, case, case.consent_at + timedelta(minutes=12))
        except Refusal:
            continue
        return


def _recorded(world: World, case: Case, at: datetime) -> None:
    engineer = world.staff["elena"]
    offer = commands.offer(case, mode="control", key="demo", actor=engineer, at=at)
    session = commands.join(
        offer.code, address="203.0.113.20", resume=f"demo-{case.pk}", system="windows", helper="1.0.0", can=("view", "control", "clipboard"),
        at=at + timedelta(minutes=1),
    )  # fmt: skip
    asked = queries.asked_of(session, at=at)["sentence"]
    session = commands.consent(session, mode="control", shown=asked, at=at + timedelta(minutes=1, seconds=30))
    began = at + timedelta(minutes=2)
    session = commands.begin(session, actor=actor_by_id(session.engineer_id), at=began)
    _write(session, case.thread.title)
    commands.end(session, reason="stopped_by_engineer", actor=engineer, at=began + timedelta(seconds=31))


def _write(session: Session, title: str) -> None:
    before, offset = record.genesis(session.public_id), 0
    began = _happened(0, what="segment", segment=1, mode="control") + record.frame(5, Kind.SHOWN, greeting())
    chunks = [(0, began, record.frame(6, Kind.DONE, b"RFB 003.008\n\1\1"))]
    for second, text, typed, (x, y) in _STEPS:
        ms = int(second * 1000)
        keys = b"".join(struct.pack(">BBHIBBHI", 4, 1, 0, ord(sign), 4, 0, 0, ord(sign)) for sign in typed[-2:])
        pointer = struct.pack(">BBHHBBHH", 5, 1, x, y, 5, 0, x, y) if not typed else b""
        chunks.append((ms, record.frame(ms, Kind.SHOWN, update(text or title, typed, (x, y))), record.frame(ms, Kind.DONE, pointer + keys)))
    chunks.append((31_000, _happened(31_000, what="end", reason="stopped_by_engineer"), b""))
    with path_of(session).open("wb") as file:
        for number, (ms, screen, given) in enumerate(chunks, 1):
            link = record.seal(before, number, screen, given)
            raw = record.head(number, len(screen), len(given)) + screen + given
            file.write(raw)
            commands.add_chunk(session.pk, link, offset=offset, octets=len(raw), begins_ms=ms, ends_ms=ms)
            before, offset = link.link, offset + len(raw)


def _happened(ms: int, **told: object) -> bytes:
    return record.frame(ms, Kind.HAPPENED, json.dumps(told).encode())


def greeting() -> bytes:
    """Return what a helper says first: its version, no password, the size of the screen."""
    return b"RFB 003.008\n\1\1\0\0\0\0" + struct.pack(">HH", WIDTH, HEIGHT) + _FORMAT + struct.pack(">I", 6) + b"CAJA-3"


def update(text: str, typed: str, pointer: tuple[int, int]) -> bytes:
    """Return one update of the whole screen, as Tight with JPEG."""
    octets = drawn(text, typed, pointer)
    size = bytes((len(octets) & 0x7F | 0x80, len(octets) >> 7 & 0x7F | 0x80, len(octets) >> 14))
    return b"\0\0\0\1" + struct.pack(">HHHHi", 0, 0, WIDTH, HEIGHT, 7) + b"\x90" + size + octets


def _fonts() -> tuple[Any, Any, Callable[[str], str]]:
    """Return a large and a small font, and what makes of a text one that they can draw: the built-in one knows no accents."""
    try:
        return ImageFont.truetype("DejaVuSans.ttf", 20), ImageFont.truetype("DejaVuSans.ttf", 15), str
    except OSError:
        return ImageFont.load_default(22), ImageFont.load_default(16), lambda text: normalize("NFKD", text).encode("latin-1", "ignore").decode("latin-1")


def drawn(text: str, typed: str, pointer: tuple[int, int]) -> bytes:
    """Draw the screen of a till, as a JPEG."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), (24, 66, 84))
    draw = ImageDraw.Draw(picture)
    large, small, says = _fonts()
    text = says(text)
    draw.rectangle((0, HEIGHT - 36, WIDTH, HEIGHT), fill=(12, 24, 30))
    draw.text((16, HEIGHT - 28), "Inicio     Mostrador POS     CAJA-3", fill=(230, 236, 238), font=small)
    draw.rounded_rectangle((150, 120, WIDTH - 150, HEIGHT - 140), 8, fill=(250, 250, 248))
    draw.rectangle((150, 120, WIDTH - 150, 156), fill=(226, 232, 234))
    draw.text((166, 128), "Mostrador POS", fill=(40, 52, 58), font=small)
    draw.text((182, 210), text, fill=(20, 28, 32), font=large)
    if typed:
        draw.rectangle((182, 260, WIDTH - 190, 300), outline=(90, 110, 120), fill=(255, 255, 255))
        draw.text((192, 268), f"{typed}|", fill=(20, 28, 32), font=large)
    x, y = pointer
    draw.polygon(((x, y), (x, y + 18), (x + 5, y + 13), (x + 12, y + 13)), fill=(255, 255, 255), outline=(0, 0, 0))
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=55)
    return made.getvalue()
