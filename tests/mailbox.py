"""A mail server of our own: takes letters by SMTP and lays them into a Maildir, as a real one does."""

from __future__ import annotations

import contextlib
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from .live import free_port, until


@dataclass(frozen=True)
class LetterIn:
    """A letter as its reader sees it, and to whom the envelope brought it."""

    to: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"]).strip()

    @cached_property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return part.get_content() if part is not None else ""

    def link(self, path: str) -> str:
        """Return the first link of the text whose path begins so."""
        return re.search(rf"https?://[^/\s]+{path}\S*", self.text).group(0)


class Mailbox:
    """A Maildir with a server before it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.read: dict[Path, LetterIn] = {}
        mailbox.Maildir(str(folder), create=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        box = mailbox.Maildir(str(self.folder))
        for recipient in envelope.rcpt_tos:  # each has its own copy, with the envelope's address
            box.add(b"Delivered-To: " + recipient.encode() + b"\r\n" + (envelope.original_content or b""))
        return "250 kept"

    def letters(self, to: str = "") -> list[LetterIn]:
        """Return what has arrived, for one address or for all, oldest first."""
        paths = sorted((self.folder / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in paths:
            if path not in self.read:
                message = message_from_bytes(path.read_bytes(), policy=default)
                self.read[path] = LetterIn(str(message["Delivered-To"]), message)
        return [one for path in paths if to in ("", (one := self.read[path]).to)]

    def wait_for(self, to: str, words: str, seconds: float = 30) -> LetterIn:
        """Return the newest letter to an address that has these words in its subject or text."""

        def arrived() -> list[LetterIn]:
            return [one for one in self.letters(to) if words in one.subject + "\n" + one.text]

        return until(arrived, seconds)[-1]


@contextlib.contextmanager
def mail_server(folder: Path) -> Iterator[Mailbox]:
    """Run the server in a thread until the block ends."""
    box = Mailbox(folder)
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
