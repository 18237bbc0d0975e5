"""The record of a session, read: verified, played, and as a line of what happened and was typed. LIV-2, CAS-7."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from amparo.kernel.months import kept_since
from amparo.policies.queries import value
from amparo.remote.machine import State
from amparo.remote.models import Chunk, Film, Session
from amparo.remote.rules import typed
from amparo.remote.rules.record import Broken, Frame, Kind, Link, check, frames, read_chunk


@dataclass(frozen=True, slots=True)
class Played:
    """One chunk of a record with its parts."""

    link: Link
    begins_ms: int
    screen: bytes
    input: bytes


@dataclass(frozen=True, slots=True)
class TimeLine:
    """What happened, oldest first (milliseconds, kind, words or text), and how long the record is."""

    rows: list[dict[str, Any]]
    length_ms: int
    typed_count: int


def path_of(session: Session) -> Path:
    """Return where a session's record lies."""
    return Path(settings.RECORDINGS_ROOT) / f"{session.public_id}.amr"


def open_record(session: Session) -> BinaryIO:
    """Open a record for reading. Raises Broken where the file is not there."""
    try:
        return path_of(session).open("rb")
    except FileNotFoundError:
        raise Broken("gone") from None


def links_of(session: Session) -> list[Link]:
    """Return the chain of a record. One statement."""
    rows = Chunk.objects.filter(session=session).order_by("number").values_list("number", "screen_sha256", "input_sha256", "link")
    return [Link(*row) for row in rows]


def verified(session: Session) -> tuple[int, Broken | None]:
    """Verify a whole record against its chain; return how many chunks, and what does not hold (None: it is whole)."""
    links = links_of(session)
    try:
        with open_record(session) as file:
            last = check(session.public_id, links, file)
    except Broken as broken:
        return len(links), broken
    if len(links) != session.chunks or (links and last != session.head):
        return len(links), Broken("last")
    return len(links), None


def play(session: Session) -> Iterator[Played]:
    """Yield the chunks of a record in order, in flat memory. Raises Broken."""
    with open_record(session) as file:
        for chunk in Chunk.objects.filter(session=session).order_by("number").iterator(chunk_size=200):
            file.seek(chunk.offset)
            screen, given = read_chunk(file, chunk.number)
            yield Played(Link(chunk.number, chunk.screen_sha256, chunk.input_sha256, chunk.link), chunk.begins_ms, screen, given)


def screen_of(session: Session, number: int) -> bytes | None:
    """Return the screen of one chunk, None where there is no such chunk. Raises Broken."""
    chunk = Chunk.objects.filter(session=session, number=number).first()
    if chunk is None:
        return None
    with open_record(session) as file:
        file.seek(chunk.offset)
        return read_chunk(file, chunk.number)[0]


def time_line(session: Session, *, reveal: bool) -> TimeLine:
    """Return what happened and what was typed, with dots for the letters unless it is revealed. Raises Broken."""
    rows: list[dict[str, Any]] = []
    done: list[Frame] = []
    last = count = 0
    for chunk in play(session):
        for one in typed.in_order(frames(chunk.screen), frames(chunk.input)):
            last = max(last, one.ms)
            if one.kind == Kind.HAPPENED:
                told = json.loads(one.payload)
                if told.get("what") == "segment":  # the input begins anew with each segment
                    count += _typed(done, rows, reveal)
                    done = []
                rows.append({"ms": one.ms, **told})
            elif one.kind == Kind.DONE:
                done.append(one)
            elif one.kind == Kind.CLIPBOARD and reveal:
                rows.append({"ms": one.ms, "what": "clipboard_text", **json.loads(one.payload)})
    count += _typed(done, rows, reveal)
    rows.sort(key=lambda row: (row["ms"], row["what"] == "end"))  # a key of the last millisecond was before the end
    return TimeLine(rows, last, count)


def _typed(done: list[Frame], rows: list[dict[str, Any]], reveal: bool) -> int:
    count = 0
    for one in typed.stretches(done):
        text = one.text if reveal or one.kind != "typed" else typed.masked(one.text)
        rows.append({"ms": one.begins_ms, "until": one.ends_ms, "what": one.kind, "text": text})
        count += len(one.text) if one.kind == "typed" else 0
    return count


def recordings_of(case_id: int) -> list[Session]:
    """Return the sessions of a case whose recordings should be there, oldest first: for the file of the case. CAS-7."""
    rows = Session.objects.filter(case_id=case_id, state=State.ENDED, chunks__gt=0, purged_at__isnull=True)
    return list(rows.select_related("engineer", "case").order_by("pk"))


def due_recordings(*, at: datetime, after: int = 0, limit: int = 50) -> list[Session]:
    """Return recordings of closed cases and films that were kept for their own time, `remote.recording_months`. CAS-2."""
    before = kept_since(at, value("remote.recording_months", at=at), ZoneInfo(settings.TIME_ZONE))
    recorded = Q(chunks__gt=0) | Exists(Film.objects.filter(session=OuterRef("pk")))
    old = Session.objects.filter(recorded, state=State.ENDED, ended_at__lt=before, purged_at__isnull=True, case__closed_at__isnull=False)
    return list(old.filter(pk__gt=after).select_related("case").order_by("pk")[:limit])
