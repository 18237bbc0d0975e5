"""The parts of a message. Pure; depth, number and size are limited, and time is linear. SEC-17.

The standard library's parser asks every boundary of every level for each line and calls itself for each level, so that
a small hostile message costs minutes. Here each level cuts its own slice once, and what is nested deeper is kept as a file.
"""

from __future__ import annotations

import binascii
import quopri
import re
from dataclasses import dataclass, field

from .charsets import one_line
from .headers import Headers, base64_octets, parameters, split

DEPTH_MAX = 12
PARTS_MAX = 300
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")


@dataclass(slots=True)
class Part:
    """A part: its kind, its headers, its octets (decoded), and the parts inside it."""

    kind: str
    headers: Headers
    params: dict[str, str]
    octets: bytes = b""
    parts: list[Part] = field(default_factory=list)
    disposition: str = ""
    filename: str = ""
    cid: str = ""
    is_whole: bool = True

    @property
    def is_multipart(self) -> bool:
        return bool(self.parts)


@dataclass(slots=True)
class _Count:
    left: int = PARTS_MAX


def parse(octets: bytes) -> Part:
    """Return the tree of a message's parts. Whatever the octets are, there is a tree."""
    if b"\n" not in octets[:100_000] and b"\r" in octets:
        octets = octets.replace(b"\r", b"\n")
    return _part(octets, 0, _Count(), "text/plain")


def _part(octets: bytes, depth: int, count: _Count, default: str) -> Part:
    count.left -= 1
    headers, body = split(octets, is_message=depth == 0)
    kind, params = parameters(headers.first("content-type"))
    if not _TYPE.fullmatch(kind):
        kind = default if not kind or "/" not in kind else "application/octet-stream"
    shown, given = parameters(headers.first("content-disposition"))
    part = Part(kind, headers, params, disposition=re.split(r"[\s;]", shown, maxsplit=1)[0][:40])
    part.filename = one_line(given.get("filename") or params.get("name", ""), 255)
    part.cid = headers.plain("content-id").strip("<> ")[:250]
    if kind.startswith("multipart/"):
        _open(part, body, depth, count)
        if part.parts:
            return part
        part.kind = "text/plain" if depth == 0 or not part.filename else part.kind
        part.is_whole = False
    part.octets = _decoded(body, headers.plain("content-transfer-encoding").lower())
    return part


def _open(part: Part, body: bytes, depth: int, count: _Count) -> None:
    boundary = part.params.get("boundary", "").rstrip()[:200]
    if not boundary or depth >= DEPTH_MAX:
        return
    default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
    line = re.compile(rb"(?:\A|\n)--" + re.escape(boundary.encode("utf_8", "replace")) + rb"(--)?[ \t]*\r?(?=\n|\Z)")
    start: int | None = None
    for found in line.finditer(body):
        if start is not None:
            end = found.start() - (body[found.start() - 1 : found.start()] == b"\r")
            part.parts.append(_part(body[start : max(start, end)], depth + 1, count, default))
        start = found.end() + 1
        if found[1] or count.left <= 0:
            part.is_whole = bool(found[1])
            return
    if start is not None:
        part.is_whole = False
        part.parts.append(_part(body[start:], depth + 1, count, default))


def _decoded(body: bytes, coding: str) -> bytes:
    coding = coding.strip("\"' ;")
    if coding == "base64":
        return base64_octets(body)
    if coding in ("quoted-printable", "quotedprintable"):
        return quopri.decodestring(body)
    if coding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uu(body)
    return body


def _uu(body: bytes) -> bytes:
    out = []
    for line in body.splitlines():
        if line.startswith((b"begin ", b"end")) or not line.strip():
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue
    return b"".join(out)
