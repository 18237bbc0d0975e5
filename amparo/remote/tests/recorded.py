"""A session with a recording, made without a line: a screen that changes its colour, some keys, an end."""

from __future__ import annotations

import json
import struct
from datetime import datetime, timedelta
from pathlib import Path

from amparo.cases.models import Case
from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM, Actor
from amparo.remote import commands
from amparo.remote.commands.shared import CUSTOMER
from amparo.remote.commands.store import path_of
from amparo.remote.models import Session
from amparo.remote.rules import record
from amparo.remote.rules.record import Kind

from .world import ADDRESS, SHOWN, offered

VERSION = b"RFB 003.008\n"
FORMAT = bytes([32, 24, 0, 1]) + struct.pack(">HHH", 255, 255, 255) + bytes([16, 8, 0, 0, 0, 0])


def session(consented: Session, engineer: Actor, *, typed: str = "hola", colours: int = 4, width: int = 64, height: int = 48, at: datetime = NOON) -> Session:
    """Begin, record and end a session that was consented to."""
    found = commands.begin(consented, actor=engineer, at=at)
    before, offset = record.genesis(found.public_id), 0
    parts: list[tuple[int, bytes, bytes]] = []
    screen = record.frame(0, Kind.HAPPENED, json.dumps({"what": "segment", "segment": 1, "mode": "control"}).encode())
    greeting = VERSION + b"\1\1" + b"\0\0\0\0" + struct.pack(">HH", width, height) + FORMAT + struct.pack(">I", 4) + b"Caja"
    screen += record.frame(10, Kind.SHOWN, greeting)
    keys = record.frame(20, Kind.DONE, VERSION + b"\1\1")
    for place, sign in enumerate(typed):
        keys += record.frame(500 + 100 * place, Kind.DONE, struct.pack(">BBHIBBHI", 4, 1, 0, ord(sign), 4, 0, 0, ord(sign)))
    parts.append((0, screen, keys))
    for number in range(colours):
        shade = bytes([40 * number % 256, 80, 255 - 30 * number % 256, 0]) * (width * height)
        update = b"\0\0\0\1" + struct.pack(">HHHHi", 0, 0, width, height, 0) + shade
        parts.append((1000 * number + 1000, record.frame(1000 * number + 1000, Kind.SHOWN, update), b""))
    parts.append((9000, record.frame(9000, Kind.HAPPENED, json.dumps({"what": "end", "reason": "stopped_by_engineer"}).encode()), b""))
    with path_of(found).open("wb") as file:
        for number, (ms, screen, given) in enumerate(parts, 1):
            link = record.seal(before, number, screen, given)
            raw = record.head(number, len(screen), len(given)) + screen + given
            file.write(raw)
            commands.add_chunk(found.pk, link, offset=offset, octets=len(raw), begins_ms=ms, ends_ms=ms)
            before, offset = link.link, offset + len(raw)
    return commands.end(found, reason="stopped_by_engineer", actor=engineer, at=at + timedelta(minutes=9))


FILMS = b"\x1aE\xdf\xa3 the first part", b"\x1aE\xdf\xa3 the second part, which is longer"


def filmed(case: Case, engineer: Actor, folder: Path) -> Session:
    """Return a session that a browser shared for a minute, over, with its film in two parts."""
    session = commands.join_by_browser(offered(case, engineer).code, answer=True, address=ADDRESS, resume="s" * 43, shown=SHOWN, at=NOON)
    commands.beat_of_engineer(session, actor=engineer, at=NOON + timedelta(seconds=1))
    session = commands.end(session, reason="stopped_by_customer", actor=CUSTOMER, at=NOON + timedelta(minutes=1))
    parts = []
    for number, content in enumerate(FILMS):
        (folder / str(number)).write_bytes(content)
        parts.append((folder / str(number), 61_400 * number))
    return commands.keep_films(session, parts, actor=SYSTEM, at=NOON + timedelta(minutes=2))
