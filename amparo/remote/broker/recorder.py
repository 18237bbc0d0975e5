"""What passed, written as it passes: chunks of at most two seconds, each chained to the one before it. LIV-2, SEC-40.

The bytes are on the disk before the link is in the database; so whatever the database knows can be verified, however the broker ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any, Final

import structlog

from amparo.remote import commands
from amparo.remote.commands.store import path_of
from amparo.remote.models import Session
from amparo.remote.rules import record
from amparo.remote.rules.record import IN_SCREEN, Kind, Link

from . import threads

log = structlog.get_logger("amparo.remote")
CHUNK_OCTETS: Final = 8_388_608
CHUNK_SECONDS: Final = 2.0
BEHIND_OCTETS: Final = 67_108_864


class Recorder:
    """Writes the record of one session; `octets` is all that passed."""

    def __init__(self, session: Session, *, since: float, before: str, number: int, offset: int) -> None:
        self.session = session
        self.octets = offset
        self.failed = ""
        self._began = time.monotonic() - (time.time() - since)  # from here on no clock that is set puts a key before or after its time
        self._before, self._number, self._offset = before, number, offset
        self._screen, self._given = bytearray(), bytearray()
        self._begins: int | None = None
        self._ends = 0
        self._waiting = 0
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._path = path_of(session)

    @classmethod
    async def open(cls, session: Session, *, since: float) -> Recorder:
        """Begin a record, or go on with one that a broker before us left: what the database does not know of is cut off."""
        number, head, offset = session.chunks, session.head, session.octets
        recorder = cls(session, since=since, before=head or record.genesis(session.public_id), number=number, offset=offset)
        await threads.on_disk(_cut, recorder._path, offset)
        return recorder

    def write(self, kind: Kind, payload: bytes) -> None:
        """Take a piece in; it is written with its chunk."""
        if not payload:
            return
        ms = self._now()
        part = self._screen if kind in IN_SCREEN else self._given
        part += record.frame(ms, kind, payload)
        self.octets += len(payload)
        if self._begins is None:
            self._begins = ms
        self._ends = ms
        if len(self._screen) + len(self._given) > CHUNK_OCTETS:
            self._cut_chunk()

    def happened(self, what: str, **told: Any) -> None:
        """Note what happened: mode, break, clipboard by its length, end."""
        self.write(Kind.HAPPENED, json.dumps({"what": what, **told}, ensure_ascii=False).encode())

    def look(self) -> None:
        """Close the chunk where it is two seconds old."""
        if self._begins is not None and self._now() - self._begins >= CHUNK_SECONDS * 1000:
            self._cut_chunk()

    @property
    def is_behind(self) -> bool:
        """True where the disk is slower than the line."""
        return self._waiting > BEHIND_OCTETS

    async def caught_up(self) -> None:
        """Wait until the disk has what it was given."""
        while self.is_behind and self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Write what is left; the record is sealed by its last link."""
        self._cut_chunk()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _now(self) -> int:
        return max(0, int((time.monotonic() - self._began) * 1000))

    def _cut_chunk(self) -> None:
        if self._begins is None:
            return
        screen, given, begins, ends = bytes(self._screen), bytes(self._given), self._begins, self._ends
        self._screen, self._given, self._begins = bytearray(), bytearray(), None
        self._waiting += len(screen) + len(given)
        task = asyncio.create_task(self._store(screen, given, begins, ends))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _store(self, screen: bytes, given: bytes, begins: int, ends: int) -> None:
        async with self._lock:  # in the order in which they were cut
            if not self.failed:
                try:
                    link = await threads.on_disk(self._stored, screen, given, begins, ends)
                except Exception as error:  # a record that cannot be kept ends its session: the bridge looks at `failed`
                    self.failed = type(error).__name__
                    log.error("a remote session cannot be recorded", session=self.session.pk, error=self.failed)
                else:
                    self._before, self._number = link.link, link.number
            self._waiting -= len(screen) + len(given)

    def _stored(self, screen: bytes, given: bytes, begins: int, ends: int) -> Link:
        number = self._number + 1
        link = record.seal(self._before, number, screen, given)
        head = record.head(number, len(screen), len(given))
        octets = len(head) + len(screen) + len(given)
        with self._path.open("r+b") as file:
            file.seek(self._offset)
            for piece in (head, screen, given):
                file.write(piece)
            file.flush()
            os.fdatasync(file.fileno())
        commands.add_chunk(self.session.pk, link, offset=self._offset, octets=octets, begins_ms=begins, ends_ms=ends)
        self._offset += octets
        return link


def _cut(path: Any, offset: int) -> None:
    """Make the file where it is not there, and cut off what no link is known of."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(descriptor, offset)
    finally:
        os.close(descriptor)
