"""The IMAP folder of a mailbox, as far as we use one. Another system: never inside a transaction."""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from amparo.people.rules import unseal

from .models import Mailbox

if TYPE_CHECKING:  # loaded where a folder is opened
    from imapclient import IMAPClient

SECONDS_MAX = 30
BATCH_MESSAGES = 50
BATCH_OCTETS = 20_000_000

# What goes wrong out there: told as it is, tried again later. Every error of imapclient is one of imaplib.
OUTAGES = (imaplib.IMAP4.error, OSError, ssl.SSLError, UnicodeError)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message of a folder: its number, its octets, when the server had it."""

    uid: int
    octets: bytes
    at: datetime | None
    is_whole: bool = True


class Folder:
    """An open folder."""

    def __init__(self, client: IMAPClient, mailbox: Mailbox) -> None:
        self.client, self.mailbox = client, mailbox
        told = client.select_folder(mailbox.folder or "INBOX")
        self.uidvalidity = int(told[b"UIDVALIDITY"])
        self.next_uid = int(told.get(b"UIDNEXT", 1))
        self.count = int(told.get(b"EXISTS", 0))

    def numbers_after(self, uid: int, *, since: datetime | None = None) -> list[int]:
        """Return the numbers of messages above one, in order; with `since` none that came long before it."""
        asked: list[object] = ["UID", f"{uid + 1}:*"]
        if since is not None:  # whole days, of the server's own clock
            asked += ["SINCE", (since - timedelta(days=1)).date()]
        return sorted(number for number in self.client.search(asked) if number > uid)

    def batches(self, numbers: Sequence[int], *, octets_max: int) -> Iterator[list[Fetched]]:
        """Yield messages in batches of bounded size; of what is larger than the limit only the head."""
        sizes: dict[int, int] = {}
        for begin in range(0, len(numbers), 500):
            found = self.client.fetch(numbers[begin : begin + 500], ["RFC822.SIZE"])
            sizes |= {number: int(told.get(b"RFC822.SIZE", 0)) for number, told in found.items()}
        batch: list[int] = []
        weight = 0
        for number in numbers:
            if number not in sizes:
                continue  # gone meanwhile
            if sizes[number] > octets_max:
                yield from self._read([number], "BODY.PEEK[HEADER]", is_whole=False)
                continue
            if batch and (len(batch) >= BATCH_MESSAGES or weight + sizes[number] > BATCH_OCTETS):
                yield from self._read(batch, "BODY.PEEK[]")
                batch, weight = [], 0
            batch.append(number)
            weight += sizes[number]
        if batch:
            yield from self._read(batch, "BODY.PEEK[]")

    def _read(self, numbers: Sequence[int], what: str, *, is_whole: bool = True) -> Iterator[list[Fetched]]:
        key = what.replace(".PEEK", "").encode()
        found = self.client.fetch(numbers, [what, "INTERNALDATE"])
        read = []
        for number in sorted(found):
            octets, at = found[number].get(key), found[number].get(b"INTERNALDATE")
            if octets is not None:
                read.append(Fetched(number, octets, at.astimezone(UTC) if isinstance(at, datetime) else None, is_whole))
        if read:
            yield read

    def settle(self, numbers: Sequence[int]) -> None:
        """Do with messages what the mailbox says is done once they are taken in; what is gone already is no matter."""
        if not numbers:
            return
        if self.mailbox.after == "move":
            self._move(numbers)
        elif self.mailbox.after == "delete":
            self.client.delete_messages(numbers)
            self.client.expunge(numbers) if self.client.has_capability("UIDPLUS") else self.client.expunge()
        else:
            self.client.add_flags(numbers, [rb"\Seen"])

    def _move(self, numbers: Sequence[int]) -> None:
        target = self.mailbox.move_to
        if not self.client.folder_exists(target):
            self.client.create_folder(target)
        if self.client.has_capability("MOVE"):
            self.client.move(numbers, target)
            return
        self.client.copy(numbers, target)
        self.client.delete_messages(numbers)
        self.client.expunge(numbers) if self.client.has_capability("UIDPLUS") else self.client.expunge()


def _sign_in(client: IMAPClient, username: str, password: str) -> None:
    """Sign in; LOGIN takes plain letters alone, a «contraseña» goes by AUTHENTICATE. RFC 3501, 4616."""
    if username.isascii() and password.isascii():
        client.login(username, password)
    else:
        client.plain_login(username, password)


@contextlib.contextmanager
def folder_of(mailbox: Mailbox) -> Iterator[Folder]:
    """Open a mailbox's folder. Raises what OUTAGES holds."""
    from imapclient import IMAPClient

    client = IMAPClient(
        mailbox.host, mailbox.port, ssl=mailbox.security == "tls", timeout=SECONDS_MAX,
        ssl_context=ssl.create_default_context() if mailbox.security == "tls" else None,
    )  # fmt: skip
    try:
        if mailbox.security == "starttls":
            client.starttls(ssl.create_default_context())
        client.normalise_times = False
        _sign_in(client, mailbox.username, unseal(mailbox.password_sealed, settings.SECRETS["field_key"]) or "")
        yield Folder(client, mailbox)
    finally:
        with contextlib.suppress(*OUTAGES):
            client.logout()
