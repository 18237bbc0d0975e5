"""What measuring the service as it runs needs: who is signed in, and web and stream as processes over the database of the environment."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from .models import User
from .sessions import SessionStore

START_SECONDS_MAX = 60


def cookie_of(user: User) -> str:
    """Sign a person in; return the cookie of the session."""
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """Run web and stream on free ports until the block ends; give both ports once they answer."""
    web, stream = _ports()
    more = {"AMPARO_URL": f"http://127.0.0.1:{web}", "AMPARO_STREAM_URL": f"http://127.0.0.1:{stream}/events", "AMPARO_HOSTS": "127.0.0.1,localhost"}
    processes = [
        subprocess.Popen([sys.executable, "-m", "amparo", part, "--host", "127.0.0.1", "--port", str(port)], env=os.environ | more,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for part, port in (("web", web), ("stream", stream))
    ]  # fmt: skip
    try:
        for port, path in ((web, "/health"), (stream, "/events/health")):
            _await(port, path)
        yield web, stream
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _await(port: int, path: str) -> None:
    until = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < until:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            line.request("GET", path)
            if line.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            line.close()
    raise TimeoutError(f"nothing answers at {path}")
