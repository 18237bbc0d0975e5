"""What the verbs of mail share: what became of a message, and what of it is said in a matter."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.files import commands as files
from amparo.files.errors import BadFile, QuotaUsed
from amparo.history.commands import record, signal
from amparo.kernel.actor import SYSTEM, Actor
from amparo.mailbox.models import Mail
from amparo.mailbox.rules import Attachment, Letter
from amparo.mailbox.rules import read as read_letter
from amparo.policies.queries import value

OCTETS_MAX = 200_000_000
SMALL_PICTURE_OCTETS = 4_000  # emblems of signatures and counting pictures: they stay in the message as it came


@dataclass(frozen=True, slots=True)
class Said:
    """What of a message is said in a matter: the words, its files as drafts, and which picture is which file."""

    body: str
    files: tuple[str, ...]
    pictures: dict[str, str]
    key: str


class Upload:
    """An attachment as the files app takes uploads."""

    def __init__(self, name: str, octets: bytes) -> None:
        self.name, self.octets = name, octets

    def chunks(self, size: int = 65_536) -> Iterator[bytes]:
        reader = io.BytesIO(self.octets)
        while piece := reader.read(size):
            yield piece


def letter_of(mail: Mail) -> Letter:
    """Read the message as it came, again."""
    return read_letter(files.octets_of(mail.subject, octets_max=OCTETS_MAX))


def prepared(mail: Mail, letter: Letter, *, actor: Actor, at: datetime) -> Said:
    """Store the files of a message as drafts of its author, and word what is said. Asks the virus scanner, so never in a transaction.

    What cannot be attached (too large, too many, infected) is named in the words; all of it stays in the message as it came.
    """
    key = mail.subject
    stored: list[str] = []
    pictures: dict[str, str] = {}
    left_out: list[str] = []
    most = value("files.per_message_max", at=at)
    for one in worth_keeping(letter.attachments):
        if len(stored) >= most:
            left_out.append(one.filename)
            continue
        try:
            file = files.store(Upload(one.filename, one.octets), draft_key=key, actor=actor, at=at)
        except (BadFile, QuotaUsed):
            left_out.append(one.filename)
            continue
        stored.append(file.public_id)
        if one.cid and file.is_inline:
            pictures[one.cid] = file.url
    with translation.override(actor.language):
        body = worded(letter, left_out, characters_max=value("threads.body_characters_max", at=at))
    return Said(body, tuple(stored), pictures, key)


def worth_keeping(attachments: Iterable[Attachment]) -> list[Attachment]:
    """Return the files of a message that stand beside its words; emblems of signatures do not."""
    return [
        one for one in attachments
        if one.octets and not (one.inline and one.cid and one.content_type.startswith("image/") and one.size < SMALL_PICTURE_OCTETS)
    ]  # fmt: skip


def worded(letter: Letter, left_out: list[str], *, characters_max: int) -> str:
    """Return the words that are said: what is new in the message, what was left out named below."""
    words = letter.reply.with_questions.strip() or letter.subject or _("(a message without words)")
    notes = []
    if left_out:
        names = ", ".join(left_out[:20])
        notes.append(_("Not attached, but kept with the e-mail: %(names)s") % {"names": names[:1000]})
    room = characters_max - sum(len(note) + 2 for note in notes) - 200
    if len(words) > room:
        words = words[:room].rsplit("\n", 1)[0] if "\n" in words[room // 2 : room] else words[:room]
        notes.insert(0, _("… The rest stands in the whole e-mail."))
    return "\n\n".join([words, *notes])


def locked(mail_id: int) -> Mail:
    """Return a message locked to the end of the transaction."""
    return Mail.objects.select_for_update(of=("self",)).get(pk=mail_id)


def settle(mail: Mail, state: str, *, reason: str = "", detail: str = "", at: datetime, **fields: Any) -> Mail:
    """Write what became of a message; open pages are told."""
    mail.state, mail.reason, mail.detail = state, reason, detail[:500]
    for name, given in fields.items():
        setattr(mail, name, given)
    mail.save(update_fields=["state", "reason", "detail", *fields])
    signal("mail")
    return mail


@transaction.atomic
def let_wait(mail: Mail, reason: str, *, detail: str = "", at: datetime, **fields: Any) -> Mail:
    """Let a message wait for staff, with the reason. They are told of the first within an hour. Fact: `mail.waiting`."""
    mail = locked(mail.pk)
    if mail.state != "taken":
        return mail
    quiet = Mail.objects.filter(state="waiting", decided_at__isnull=True, next_at__gt=at - timedelta(hours=1)).exists()
    settle(mail, "waiting", reason=reason, detail=detail, at=at, next_at=at, **fields)
    record("mail.waiting", subject=mail, actor=SYSTEM, at=at, reason=reason, tell=not quiet)
    return mail
