"""SCORM packages at an origin of their own: what foreign authors wrote runs here, far from the pages and their cookies. SRC-4, SEC-28.

An address is signed, for one enrolment and one lesson, and ends after some hours; before, it is asked again and again
whether the lessons are still open to the person (ACC-4). No cookie is read or set; nothing is
served but the files of that package and our player, which speaks with the page around it by messages of exact origins.
"""

from __future__ import annotations

import mimetypes
import os
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core import signing  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from amparo.campus.commands import scorm  # noqa: E402
from amparo.campus.models import Package  # noqa: E402
from amparo.kernel import clock  # noqa: E402

CHUNK = 65_536
JUDGED_SECONDS, JUDGED_MAX = 30, 10_000
OURS = Path(__file__).resolve().parents[1] / "campus" / "static" / "campus" / "player.js"
SCRIPTS = {"1.2": "scorm12.min.js", "2004": "scorm2004.min.js"}
PLAYER = """<!doctype html><html lang="es"><head><meta charset="utf-8"><title>SCORM</title>
<style>html,body,iframe{{margin:0;border:0;width:100%;height:100%}}body{{overflow:hidden}}</style></head>
<body><iframe id="player" title="{title}" data-portal="{portal}" data-standard="{standard}" data-entry="../content/{entry}"></iframe>
<script src="api.js"></script><script src="player.js"></script></body></html>
"""
# Courses bring scripts and styles of their own, inline too; they reach nothing but their own files.
CONTENT = "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'self' {portal}"
FRAME = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors {portal}"
Start = Callable[[str, list[tuple[str, str]]], Any]


@lru_cache(maxsize=64)
def package(number: int) -> Package:
    """Return a package; it never changes."""
    return Package.objects.get(pk=number)


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """Answer with the player or a file of a package, to whoever holds a signed address that has not ended."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return _refuse(start, "405 Method Not Allowed")
    if environ.get("PATH_INFO") == "/health":
        return _text(start, b"ok", "text/plain", FRAME)
    try:
        token, _sep, path = environ.get("PATH_INFO", "").encode("latin-1").decode().lstrip("/").partition("/")
        enrolment, _lesson, number = scorm.opened(token)
        close_old_connections()
        if not _is_open(enrolment, number, anew=path == "_player/"):
            return _refuse(start, "403 Forbidden")
        found = package(number)
    except (signing.BadSignature, UnicodeDecodeError, ValueError, Package.DoesNotExist):
        return _refuse(start, "403 Forbidden")
    if path == "_player/":
        page = PLAYER.format(title=escape(found.title), portal=escape(settings.PUBLIC_URL), standard=found.standard, entry=escape(found.entry))
        return _text(start, page.encode(), "text/html; charset=utf-8", FRAME)
    if path == "_player/player.js":
        return _text(start, OURS.read_bytes(), "text/javascript; charset=utf-8", FRAME)
    if path == "_player/api.js":
        return _text(start, (Path(settings.BASE_DIR) / ".cache" / "vendor" / SCRIPTS[found.standard]).read_bytes(), "text/javascript; charset=utf-8", FRAME)
    if not path.startswith("content/") or path.removeprefix("content/") not in found.files:
        return _refuse(start, "404 Not Found")
    return _file(start, environ, found, path.removeprefix("content/"))


_judged: dict[tuple[int, int], float] = {}


def _is_open(enrolment: int, number: int, *, anew: bool) -> bool:
    """Ask whether the lessons are open: anew for the player, else as judged half a minute ago, for a course has hundreds of files."""
    now, which = time.monotonic(), (enrolment, number)
    if not anew and _judged.get(which, 0) > now:
        return True
    if len(_judged) > JUDGED_MAX:
        _judged.clear()
    if not scorm.still_open(enrolment, number, at=clock.now()):
        _judged.pop(which, None)
        return False
    _judged[which] = now + JUDGED_SECONDS
    return True


def _headers(kind: str, size: int, policy: str) -> list[tuple[str, str]]:
    return [
        ("Content-Type", kind), ("Content-Length", str(size)), ("Content-Security-Policy", policy.format(portal=settings.PUBLIC_URL)),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store" if kind.startswith("text/html") else "private, max-age=3600"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ]  # fmt: skip


def _refuse(start: Start, status: str) -> Iterable[bytes]:
    start(status, [one for one in _headers("text/plain", len(status), FRAME) if one[0] != "Cache-Control"] + [("Cache-Control", "no-store")])
    return [status.encode()]


def _text(start: Start, body: bytes, kind: str, policy: str) -> Iterable[bytes]:
    start("200 OK", _headers(kind, len(body), policy))
    return [body]


def _file(start: Start, environ: dict[str, Any], found: Package, path: str) -> Iterable[bytes]:
    digest, size = found.files[path]
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind in ("application/javascript", "application/json"):
        kind += "; charset=utf-8"
    try:
        stream = scorm.path_of(digest).open("rb")
    except OSError:
        return _refuse(start, "404 Not Found")
    start("200 OK", _headers(kind, size, CONTENT))
    if environ["REQUEST_METHOD"] == "HEAD":
        stream.close()
        return [b""]
    return _pieces(stream)


def _pieces(stream: Any) -> Iterable[bytes]:
    with stream:
        while piece := stream.read(CHUNK):
            yield piece
