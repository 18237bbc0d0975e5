"""A message as it is understood: who, what, when, and what came with it. Pure; any octets give one. TKT-1."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import marks, markup, replies
from .charsets import decode, one_line
from .headers import Address, Headers, moment, split
from .mime import Part, parse

TEXT_CHARACTERS_MAX = 1_000_000
SUBJECT_LENGTH_MAX = 500
_NOT_BODIES = ("text/x-amp-html", "text/watch-html")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. `inline`: the message shows it among its words."""

    filename: str
    content_type: str
    octets: bytes
    inline: bool
    cid: str = ""

    @property
    def size(self) -> int:
        return len(self.octets)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, read."""

    root: Part
    message_id: str | None
    sender: list[Address]
    to: list[Address]
    cc: list[Address]
    reply_to: list[Address]
    subject: str
    date: datetime | None
    text: str
    html: str | None
    reply: replies.Reply
    attachments: list[Attachment] = field(default_factory=list)
    auto_submitted: bool = False
    bounce: bool = False

    @property
    def headers(self) -> Headers:
        return self.root.headers

    def as_json(self) -> dict[str, Any]:
        """Return what `amparo mail parse` prints."""
        return {
            "message_id": self.message_id,
            "from": _people(self.sender),
            "to": _people(self.to),
            "cc": _people(self.cc),
            "reply_to": _people(self.reply_to),
            "subject": self.subject,
            "date": self.date.isoformat() if self.date else None,
            "text": self.text,
            "html": self.html,
            "reply": self.reply.words,
            "attachments": [
                {"filename": one.filename, "content_type": one.content_type, "size": one.size, "inline": one.inline}
                for one in self.attachments
            ],
            "auto_submitted": self.auto_submitted,
            "bounce": self.bounce,
        }


def _people(found: list[Address]) -> list[dict[str, str]]:
    return [{"name": one.name, "address": one.address} for one in found]


@dataclass(slots=True)
class _Bodies:
    """What was gathered while walking: pieces of the text in order, and the leaves that are files."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    has_html: bool = False


def read(octets: bytes) -> Letter:
    """Read a message. Never raises: what is broken is read as far as it goes."""
    root = parse(octets)
    headers, bodies = root.headers, _Bodies()
    _gather(root, bodies)
    text = "\n".join(filter(None, (one.strip("\n") for one in bodies.texts)))[:TEXT_CHARACTERS_MAX]
    html = "\n".join(bodies.htmls) if bodies.has_html else None
    bounce = marks.is_bounce(root)
    ids = headers.ids("message-id")
    return Letter(
        root=root,
        message_id=ids[0] if ids else headers.plain("message-id")[:500] or None,
        sender=headers.addresses("from"),
        to=headers.addresses("to"),
        cc=headers.addresses("cc"),
        reply_to=headers.addresses("reply-to"),
        subject=headers.text("subject", SUBJECT_LENGTH_MAX),
        date=moment(headers.plain("date")),
        text=text,
        html=html,
        reply=replies.read(text),
        attachments=_attachments(bodies.files, markup.cids(html or "")),
        auto_submitted=bounce or marks.is_auto_submitted(headers),
        bounce=bounce,
    )


def _gather(part: Part, into: _Bodies) -> None:
    if part.parts:
        if part.kind == "multipart/alternative":
            _alternative(part, into)
            return
        for one in part.parts:
            _gather(one, into)
        return
    if _is_body(part):
        _add_body(part if part.kind != "text/html" else None, part if part.kind == "text/html" else None, into)
    elif part.octets or part.filename or part.kind.startswith("multipart/"):
        into.files.append(part)


def _is_body(part: Part) -> bool:
    return part.kind in ("text/plain", "text/html", "text/enriched") and part.disposition != "attachment" and not part.filename


def _alternative(part: Part, into: _Bodies) -> None:
    """One thing said in several ways: the plain one and the HTML one are both taken; their files too."""
    inner = _Bodies()
    plain: Part | None = None
    html: Part | None = None
    for one in part.parts:
        if one.kind in _NOT_BODIES:
            continue
        if not one.parts and _is_body(one) and one.kind != "text/html" and plain is None:
            plain = one
        elif not one.parts and one.kind == "text/html" and _is_body(one):
            html = one
        elif one.parts:
            sub = _Bodies()
            _gather(one, sub)
            into.files.extend(sub.files)
            inner.texts += sub.texts
            inner.htmls += sub.htmls
            inner.has_html |= sub.has_html
        else:
            into.files.append(one)
    if plain is not None or html is not None:
        _add_body(plain, html, into, inner)
    else:
        into.texts += inner.texts
        into.htmls += inner.htmls
        into.has_html |= inner.has_html


def _add_body(plain: Part | None, html: Part | None, into: _Bodies, inner: _Bodies | None = None) -> None:
    markup_text = _text(html) if html is not None else ""
    words = _text(plain) if plain is not None else ""
    if html is not None:
        shown = markup.safe(markup_text)
        into.htmls.append(shown if shown is not None else "")
        into.has_html |= shown is not None
        if not words.strip():
            words = markup.text_of(markup_text)
    elif inner is not None and inner.has_html:
        into.htmls += inner.htmls
        into.has_html = True
        if not words.strip():
            words = "\n".join(inner.texts)
    else:
        into.htmls.append(f"<pre>{_escaped(words)}</pre>" if words.strip() else "")
    into.texts.append(words)


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(part: Part) -> str:
    label = part.params.get("charset", "")
    octets = part.octets[: TEXT_CHARACTERS_MAX * 2]
    if part.kind == "text/html" and not label:
        label = _meta_charset(octets[:2000])
    text = decode(octets, label).replace("\r\n", "\n").replace("\r", "\n")
    if part.kind == "text/plain" and part.params.get("format", "").lower() == "flowed":
        text = _flowed(text, part.params.get("delsp", "").lower() == "yes")
    return text


def _meta_charset(head: bytes) -> str:
    found = re.search(rb"charset\s?=\s?[\"']?([A-Za-z0-9_.:-]{1,40})", head)
    return found[1].decode("ascii") if found else ""


def _flowed(text: str, delsp: bool) -> str:
    """Join the lines that only the sending program broke. RFC 3676."""
    out: list[list[str]] = []
    joins, before = False, 0
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        soft = words.endswith(" ") and line != "-- "
        kept = words[:-1] if soft and delsp else words
        if joins and depth == before and line != "-- ":
            out[-1].append(kept)
        else:
            out.append([">" * depth + (" " if depth else "") + kept])
        joins, before = soft, depth
    return "\n".join("".join(pieces) for pieces in out)


def _attachments(parts: list[Part], shown: set[str]) -> list[Attachment]:
    found = []
    for number, part in enumerate(parts, 1):
        inline = bool(part.cid and part.cid in shown) or part.disposition == "inline"
        found.append(Attachment(_filename(part, number), part.kind, part.octets, inline, part.cid))
    return found


def _filename(part: Part, number: int) -> str:
    """Return what a file is called: without the path that its sender may have written, and never without a name. SEC-17."""
    name = part.filename.replace("\\", "/").rpartition("/")[2].strip()
    if name.strip(". "):
        return name
    if part.kind == "message/rfc822":
        subject = split(part.octets[:100_000], is_message=True)[0].text("subject", 80)
        return f"{one_line(subject.replace('/', '-').replace(chr(92), '-'), 80) or f'part-{number}'}.eml"
    suffix = {"message/delivery-status": ".txt", "text/rfc822-headers": ".txt", "text/calendar": ".ics"}.get(part.kind)
    return f"part-{number}{suffix or mimetypes.guess_extension(part.kind) or '.bin'}"
