"""The figure of downloads for `amparo bench`: 300 MB resumed at half over a real server, with its memory flat. UPD-2.

A server process of granian, as `amparo web` starts it, gives out a file of 300 MB to somebody signed in; the connection is
cut at half, a range with If-Range brings the rest. Measured: the hash of what came, the seconds, and by how much the resident
memory of the server's processes grew while it sent.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.people.commands import register_user
from amparo.people.queries import actor_by_id
from amparo.products.commands import add_product

from . import commands
from .commands import granting
from .commands.publishing import Sheet
from .commands.uploads import Described
from .models import Download

OCTETS = 300_000_000
PIECE = 1_048_576
MEGABYTES_MAX = 24.0  # what a process may grow by while it sends, whatever it sends


def run(octets: int = OCTETS) -> dict[str, float]:
    """Measure it; return figures as plain data. The database is to be empty; settings say where files lie."""
    at = clock.now()
    mark = secrets.token_hex(4)
    product = add_product(f"medida-{mark}", "Medida", actor=SYSTEM, at=at)
    publication = commands.prepare(product, "1.0", Sheet(notes="Medida"), released_on=at.date(), actor=SYSTEM, at=at)
    with tempfile.NamedTemporaryFile(suffix=".bin", dir=settings.DATA_DIR) as source:
        block = os.urandom(PIECE)
        for number in range(octets // PIECE + 1):
            source.write(number.to_bytes(8) + block[8:])
        source.truncate(octets)
        source.flush()
        begin = time.perf_counter()
        artifact = commands.add_file(publication, Path(source.name), Described("sdk"), name="medida.bin", actor=SYSTEM, at=at)
        taking = time.perf_counter() - begin
    commands.publish(publication, actor=SYSTEM, at=at)
    user = register_user(f"medida-{mark}@example.com", name="Medida", password="una clave larga de medida", email_verified=True, actor=SYSTEM, at=at)
    _grant, token = commands.grant(artifact, actor=actor_by_id(user.pk), at=at)
    session = SessionStore()
    session.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: "amparo.people.backends.PeopleBackend", HASH_SESSION_KEY: user.get_session_auth_hash()})
    session.create()
    found, sha256 = _served(granting.address(token, artifact), f"{settings.SESSION_COOKIE_NAME}={session.session_key}", octets)
    for _second in range(50):  # the server writes it down when the last piece was taken
        if Download.objects.filter(artifact=artifact).exists():
            break
        time.sleep(0.1)
    return {**found, "right": float(sha256 == artifact.sha256), "counted": float(Download.objects.filter(artifact=artifact).count()), "taking_seconds": taking}


def _served(path: str, cookie: str, octets: int) -> tuple[dict[str, float], str]:
    """Start a server, download half, cut, download the rest; return seconds, growth and hash."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "amparo", "web", "--port", str(port)], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        _get(port, path, cookie, first=0, stop=PIECE)  # what the first answer loads is not the download's
        before, digest, begin = _memory(server.pid), hashlib.sha256(), time.perf_counter()
        top, tag = _get(port, path, cookie, first=0, stop=octets // 2, digest=digest, pid=server.pid)
        more, _tag = _get(port, path, cookie, first=octets // 2, stop=octets, digest=digest, tag=tag, pid=server.pid)
        return {"seconds": time.perf_counter() - begin, "grown_megabytes": (max(top, more) - before) / 1e6}, digest.hexdigest()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _wait(port: int) -> None:
    for _tenth in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not start")


def _get(port: int, path: str, cookie: str, *, first: int, stop: int, digest=None, tag: str = "", pid: int = 0) -> tuple[float, str]:
    """Read octets from `first` to `stop` and hang up; return the largest memory seen and the answer's tag."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": cookie, "Host": "localhost"}
    if first:
        headers |= {"Range": f"bytes={first}-", "If-Range": tag}
    line.request("GET", path, headers=headers)
    answer = line.getresponse()
    assert answer.status == (206 if first else 200), answer.status
    left, top = stop - first, 0.0
    while left > 0 and (piece := answer.read(min(PIECE, left))):
        left -= len(piece)
        if digest is not None:
            digest.update(piece)
        if pid and left % (16 * PIECE) < PIECE:
            top = max(top, _memory(pid))
    line.close()
    return top, answer.headers["ETag"]


def _memory(pid: int) -> float:
    """Return the resident octets of a process group that are its own, without what its processes share."""
    total = 0.0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            if os.getpgid(int(folder.name)) == pid:
                text = (folder / "smaps_rollup").read_text()
                total += sum(int(row.split()[1]) for row in text.splitlines() if row.startswith("Private_")) * 1024
        except (OSError, ValueError):
            continue
    return total
