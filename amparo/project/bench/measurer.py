"""One process that answers pages and says what they cost: `python -m amparo.project.bench.measurer`, asked by lines of JSON.

Which application it is, and over which database, its environment says (DJANGO_SETTINGS_MODULE, DATABASE_URL). Costs are
processor time, of this process and of its one database backend: on a shared machine the steadiest of all figures.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_QUIET = io.BytesIO()


def forget_drawings() -> None:
    """Forget what was drawn of this page and for this reader: parts, frame, and the words of times, badges and amounts."""
    from amparo.ui import drawn, frame, pieces

    drawn.drawings.clear()
    frame.readers.clear()
    for kept in (pieces._moment, pieces._badge, pieces._amount):
        kept.cache_clear()


def cost_of(pid: int) -> float:
    """Return the seconds that a process has run, 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


class Measurer:
    """The application of this process, called as a server would call it."""

    def __init__(self) -> None:
        import django

        django.setup()
        from django.core.handlers.wsgi import WSGIHandler
        from django.db import connection

        self.application = WSGIHandler()
        self.connection = connection
        self.given: dict[str, dict[str, str]] = {}  # cookies that a session was given: kept and sent, as a browser does

    def call(self, path: str, cookie: str, body: bytes | None = None, **more: str) -> tuple[str, bytes]:
        route, _mark, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET" if body is None else "POST", "PATH_INFO": route, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1",
            "HTTP_COOKIE": "; ".join([cookie, *self.given.get(cookie, {}).values()]), "HTTP_ACCEPT": "text/html", "HTTP_ACCEPT_LANGUAGE": "es-MX,es;q=0.9",
            "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
            "wsgi.input": io.BytesIO(body) if body else _QUIET, "wsgi.multithread": True, "wsgi.multiprocess": False,
            "wsgi.run_once": False, "CONTENT_LENGTH": str(len(body or b"")), **more,
        }  # fmt: skip
        told: list[str] = []

        def begin(status: str, headers: list[tuple[str, str]]) -> None:
            told.append(status)
            for name, text in headers:
                if name == "Set-Cookie":
                    self.given.setdefault(cookie, {})[text.partition("=")[0]] = text.partition(";")[0]

        answer = self.application(environ, begin)  # type: ignore[arg-type]
        content = b"".join(answer)
        answer.close()
        return told[0], content

    def html(self, path: str, cookie: str) -> dict[str, Any]:
        """What the page shows."""
        status, content = self.call(path, cookie)
        return {"status": status, "html": content.decode()}

    def statements(self, path: str, cookie: str) -> dict[str, Any]:
        """The statements of one request, those of session and user included, transaction control left out.

        The fewest of three: now and then the pool opens a connection, which says by itself what it is.
        """
        return {"statements": min((self._asked(path, cookie) for _one in range(3)), key=len)}

    def _asked(self, path: str, cookie: str) -> list[str]:
        from django.core import signals
        from django.test.utils import CaptureQueriesContext

        self.call(path, cookie)
        kept: list[dict[str, str]] = []

        def keep(**_named: Any) -> None:
            kept.extend(self.connection.queries_log)  # before the end of the request empties it

        signals.request_finished.connect(keep, dispatch_uid="keep")
        with CaptureQueriesContext(self.connection):
            self.call(path, cookie)
        signals.request_finished.disconnect(dispatch_uid="keep")
        return [one["sql"] for one in kept if one["sql"].split(" ")[0] not in _CONTROL]

    def run(self, path: str, cookie: str, count: int) -> dict[str, Any]:
        """Milliseconds of processor time a request, of this process and of its database backend."""
        self.call(path, cookie)
        backend = self.backend()
        gc.collect()
        began_backend, began = cost_of(backend), time.process_time()
        for _one in range(count):
            status, _content = self.call(path, cookie)
        ended, ended_backend = time.process_time(), cost_of(backend)
        assert status.startswith("200"), status
        return {"app": (ended - began) / count * 1e3, "db": (ended_backend - began_backend) / count * 1e3}

    def first_views(self, path: str, cookie: str, count: int) -> dict[str, Any]:
        """The same of a page whose parts this process has never drawn: they are forgotten before each request."""
        self.call(path, cookie)
        backend = self.backend()
        gc.collect()
        app = database = 0.0
        for _one in range(count):
            forget_drawings()
            began_backend, began = cost_of(backend), time.process_time()
            status, _content = self.call(path, cookie)
            app, database = app + time.process_time() - began, database + cost_of(backend) - began_backend
        assert status.startswith("200"), status
        return {"app": app / count * 1e3, "db": database / count * 1e3}

    def backend(self) -> int:
        self.connection.close()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            found = cursor.fetchone()[0]
        self.connection.close()
        return int(found)

    def session(self, user: int) -> dict[str, Any]:
        """Sign a person in; return the cookie."""
        from importlib import import_module

        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

        person = get_user_model().objects.get(pk=user)
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user), settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = person.get_session_auth_hash()
        store.save()
        return {"cookie": f"{settings.SESSION_COOKIE_NAME}={store.session_key}"}

    def learn(self, name: str, sql: str, given: list[Any], pieces: list[list[str]]) -> dict[str, Any]:
        """Of the lean application: what a page asks and shows."""
        from amparo.project.bench.lean.urls import PAGES

        PAGES[name] = {"sql": sql, "given": given, "pieces": pieces}
        return {}


@contextlib.contextmanager
def quiet() -> Iterator[int]:
    """Let whatever the application prints go nowhere; give the file that output went to."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield kept
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(nowhere)


_CONTROL = frozenset({"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})


def main() -> None:
    """Answer one line for each line; whatever the application prints goes nowhere."""
    with quiet() as kept, os.fdopen(os.dup(kept), "w") as answers:
        measurer = Measurer()
        for line in sys.stdin:
            asked = json.loads(line)
            answers.write(json.dumps(getattr(measurer, asked.pop("do"))(**asked)) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
