"""Giving out the bytes of a file: whole, or the one range that is asked for, in pieces. RFC 9110, 13 and 14.

Django's own FileResponse answers a range with the whole file, so nothing that was cut off could ever be gone on with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

PIECE_OCTETS = 262_144
# Nothing of a file may run, load or be framed in our origin, whatever a browser makes of it. SEC-26.
SANDBOX = "default-src 'none'; img-src 'self'; style-src 'none'; sandbox; frame-ancestors 'none'"

# Told the first octet and the one after the last that were given out.
Sent = Callable[[int, int], None]


class Unsatisfiable(ValueError):
    """The range that is asked for lies outside the file."""


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Return first and last octet of the one range asked for, None where the whole file is to be sent. RFC 9110, 14.

    What is not understood, and several ranges at once, is answered with the whole. Raises Unsatisfiable.
    """
    found = re.fullmatch(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", header or "", re.ASCII)
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = int(found[2])
        if length == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - length), size - 1
    first, last = int(found[1]), int(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return first, min(last, size - 1)


def respond(
    request: HttpRequest, path: Path, *, tag: str, size: int | None = None, accel: str = "", sent: Sent | None = None
) -> HttpResponseBase:
    """Answer GET or HEAD with a file's bytes: 200, 206, 304 or 416; a broken download goes on where it stopped.

    `tag` tells one content from another (its SHA-256). `accel`: the address at which the proxy has the file, which then
    sends it and answers ranges itself. `sent` is told once which octets were given out; with a proxy, which were asked of it.
    The caller says type, disposition and how it may be kept.
    """
    size = path.stat().st_size if size is None else size
    etag = f'"{tag}"'
    if request.headers.get("If-None-Match", "").strip() == etag:
        return _marked(HttpResponse(status=304), etag)
    header = request.headers.get("Range", "") if request.method == "GET" else ""
    if request.headers.get("If-Range", etag).strip() != etag:  # another content, or a date: from the beginning
        header = ""
    try:
        asked = byte_range(header, size)
    except Unsatisfiable:
        answer = _marked(HttpResponse(status=416), etag)
        answer["Content-Range"] = f"bytes */{size}"
        return answer
    first, last = asked or (0, size - 1)
    if accel:
        answer = _marked(HttpResponse(), etag)
        answer["X-Accel-Redirect"] = accel
        if sent is not None and request.method == "GET":
            sent(first, last + 1)
        return answer
    if request.method == "HEAD":
        whole: HttpResponseBase = HttpResponse()
    else:
        whole = StreamingHttpResponse(pieces(path, first, last, sent), status=206 if asked else 200)
    whole["Content-Length"] = str(last - first + 1)
    if asked:
        whole["Content-Range"] = f"bytes {first}-{last}/{size}"
    return _marked(whole, etag)


def _marked(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer["ETag"], answer["Accept-Ranges"] = etag, "bytes"
    return answer


def pieces(path: Path, first: int, last: int, sent: Sent | None = None) -> Iterator[bytes]:
    """Give the octets from `first` to `last` piece by piece: memory stays flat, and no database connection is held."""
    if not connection.in_atomic_block:
        connection.close()
    at = first
    try:
        with path.open("rb") as file:
            file.seek(first)
            while at <= last and (piece := file.read(min(last + 1 - at, PIECE_OCTETS))):
                yield piece
                at += len(piece)
    finally:
        if sent is not None:
            sent(first, at)


def disposition(name: str, *, inline: bool) -> str:
    """Return the header for a safe name, for old and new readers. RFC 6266."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
