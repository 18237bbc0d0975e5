"""Uploads that can be gone on with: tus 1.0 (creation, termination, expiration), what is the same for every kind of file.

An app says who may send what; here is only how it is spoken. A refusal keeps its own status and sentence. UPD-2, SRC-3, SEC-27.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Protocol, TypeVar

from django.http import HttpRequest, HttpResponse

from .refusals import Refusal

VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"
METADATA_LENGTH_MAX = 4000


class Growing(Protocol):
    """An upload as the protocol sees it."""

    size: int
    offset: int
    ends_at: datetime
    received_at: datetime | None


T = TypeVar("T", bound=Growing)


@dataclass(frozen=True, slots=True)
class Announced:
    """What a client says of the file it is going to send."""

    size: int
    name: str
    said: dict[str, str]


def options(octets_max: int) -> HttpResponse:
    """Answer what is spoken here."""
    answer = _marked(HttpResponse(status=204))
    answer["Tus-Version"], answer["Tus-Extension"] = VERSION, "creation,termination,expiration"
    answer["Tus-Max-Size"] = str(octets_max)
    return answer


def create(request: HttpRequest, begin: Callable[[Announced], tuple[str, Growing]]) -> HttpResponse:
    """Begin an upload; `begin` returns its address, or refuses it before a byte of it is stored."""
    if request.headers.get("Tus-Resumable") != VERSION:
        return no("", 412)
    size, said = _number(request, "Upload-Length"), _said(request)
    if size is None or not said.get("filename"):
        return no("", 400)
    try:
        address, upload = begin(Announced(size, said["filename"], said))
    except Refusal as refusal:
        return no(str(refusal), refusal.status)
    answer = _marked(HttpResponse(status=201))
    answer["Location"] = address
    answer["Upload-Expires"] = format_datetime(upload.ends_at, usegmt=True)
    return answer


def piece(
    request: HttpRequest, upload: T | None, *, length: Callable[[T], int], append: Callable[[T, int], T], cancel: Callable[[T], None], now: datetime
) -> HttpResponse:
    """Tell how much is here (HEAD), take the next piece (PATCH), drop it (DELETE).

    `upload` is the caller's own, None where there is none; `length` says how much lies on the disk (FileNotFoundError where
    nothing does), `append` takes a piece that begins at an octet.
    """
    if upload is None:
        return no("", 404)
    if request.headers.get("Tus-Resumable") != VERSION and request.method != "HEAD":
        return no("", 412)
    if upload.received_at is None and now >= upload.ends_at:
        return no("", 410)
    if request.method == "DELETE":
        cancel(upload)
        return _marked(HttpResponse(status=204))
    if request.method == "PATCH":
        return _patched(request, upload, append)
    here = upload.size
    if upload.received_at is None:
        try:
            here = length(upload)
        except FileNotFoundError:
            return no("", 404)
    return _told(upload, here, 200)


def _patched(request: HttpRequest, upload: T, append: Callable[[T, int], T]) -> HttpResponse:
    offset = _number(request, "Upload-Offset")
    if request.content_type != PIECE_TYPE:
        return no("", 415)
    if offset is None:
        return no("", 400)
    try:
        upload = append(upload, offset)
    except Refusal as refusal:
        return no(str(refusal), refusal.status)
    return _told(upload, upload.offset, 204)


def no(text: str, status: int) -> HttpResponse:
    """Answer with a refusal in words."""
    return _marked(HttpResponse(text, status=status, content_type="text/plain; charset=utf-8"))


def _marked(answer: HttpResponse) -> HttpResponse:
    answer["Tus-Resumable"] = VERSION
    answer["Cache-Control"] = "no-store"
    return answer


def _told(upload: Growing, here: int, status: int) -> HttpResponse:
    answer = _marked(HttpResponse(status=status))
    answer["Upload-Offset"], answer["Upload-Length"] = str(here), str(upload.size)
    answer["Upload-Expires"] = format_datetime(upload.ends_at, usegmt=True)
    return answer


def _number(request: HttpRequest, header: str) -> int | None:
    text = request.headers.get(header, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _said(request: HttpRequest) -> dict[str, str]:
    """Return what the client says of the file: pairs of a name and base64, as tus has it. What is not that is passed over."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "")[:METADATA_LENGTH_MAX].split(","):
        name, _sep, coded = pair.strip().partition(" ")
        try:
            text = base64.b64decode(coded, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            continue
        if "\0" not in text:
            found[name] = text
    return found
