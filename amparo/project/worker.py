"""The worker: reactions to facts as they come, and the jobs that come round.

Threads: one LISTENs and delivers facts within milliseconds, one ticks, others do what takes its time or waits for others.
Any number of workers may run: every piece of work is claimed in the database, so each is done once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError, close_old_connections, connection
from django.utils import translation

from amparo.history.commands import deliver_pending
from amparo.kernel import clock

from .stream_dsn import listen_dsn

log = structlog.get_logger("amparo.worker")

# What comes round: dotted name of a function of `at`, and every how many seconds.
TICKS: tuple[tuple[str, float], ...] = (
    ("amparo.deadlines.tasks.tick", 2),
    ("amparo.notifications.tasks.tick", 3),
    ("amparo.ledger.tasks.tick", 30),
    ("amparo.contracts.tasks.tick", 60),
    ("amparo.cases.tasks.tick", 5),
    ("amparo.chat.tasks.tick", 1),
    ("amparo.chat.tasks.keep", 600),
    ("amparo.complaints.tasks.tick", 2),
    ("amparo.remote.tasks.tick", 5),
    ("amparo.remote.tasks.keep", 600),
    ("amparo.quotations.tasks.tick", 5),
    ("amparo.sales.tasks.tick", 30),
    ("amparo.campus.tasks.tick", 10),
    ("amparo.threads.tasks.tick", 30),
    ("amparo.live.tasks.tick", 30),
    ("amparo.live.tasks.keep", 60),
    ("amparo.forum.tasks.tick", 60),
    ("amparo.casefiles.tasks.keep", 60),
    ("amparo.mailbox.tasks.keep", 60),
    ("amparo.editor.tasks.tick", 5),
    ("amparo.knowledge.tasks.tick", 600),
    ("amparo.search.tasks.tick", 600),
    ("amparo.activation.tasks.tick", 600),
    ("amparo.files.tasks.tick", 600),
    ("amparo.people.tasks.tick", 600),
    ("amparo.classroom.tasks.remind", 20),
    ("amparo.project.worker.heartbeat", 10),
)
# What asks other systems and may wait for them: beside what must be in time.
OUTSIDE: tuple[tuple[str, float], ...] = (("amparo.classroom.tasks.tick", 10), ("amparo.mailbox.tasks.tick", 15), ("amparo.sales.tasks.look", 60))

# What takes its time, in a thread of its own, so that no promise waits for it.
LONG: tuple[tuple[str, float], ...] = (
    ("amparo.ledger.tasks.reconcile", 2),
    ("amparo.fairness.tasks.tick", 600),
    ("amparo.contracts.tasks.imports", 1),
    ("amparo.downloads.tasks.tick", 3),
    ("amparo.remote.tasks.films", 5),
    ("amparo.remote.tasks.verify", 5),
    ("amparo.campus.tasks.sweep", 3600),
)
# Files of cases, for which somebody waits at a page: one with hours of recordings takes minutes, in which promises still lapse in time.
EXPORTS: tuple[tuple[str, float], ...] = (("amparo.casefiles.tasks.tick", 1),)
# Videos take minutes of processor each: apart, so that nothing else waits for them.
FILMS: tuple[tuple[str, float], ...] = (("amparo.classroom.tasks.films", 2), ("amparo.videos.tasks.tick", 2), ("amparo.project.demo_films.tick", 5))


def tick_functions(table: tuple[tuple[str, float], ...] = TICKS) -> list[tuple[Callable[..., object], float]]:
    found = []
    for dotted, seconds in table:
        module, _sep, name = dotted.rpartition(".")
        try:
            found.append((getattr(import_module(module), name), seconds))
        except ModuleNotFoundError as missing:
            if missing.name and not module.startswith(missing.name):
                raise
    return found


def heartbeat(*, at: object) -> None:
    """Leave a sign of life that `amparo doctor` reads."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO project_heartbeat (part, at) VALUES ('worker', now()) "
            "ON CONFLICT (part) DO UPDATE SET at = now()"
        )


def deliver_forever(stop: threading.Event) -> None:
    """Deliver facts as they are committed; look every two seconds for what was postponed."""
    while not stop.is_set():
        try:
            with psycopg.connect(listen_dsn(), autocommit=True) as listener:
                listener.execute("LISTEN amparo_work")
                while not stop.is_set():
                    while deliver_pending(at=clock.now()) and not stop.is_set():
                        pass
                    for _notice in listener.notifies(timeout=2, stop_after=1):
                        pass
        except (psycopg.Error, DatabaseError) as error:
            log.warning("delivery waits for the database", error=type(error).__name__)
            stop.wait(1)
        finally:
            close_old_connections()


def tick_forever(stop: threading.Event, table: tuple[tuple[str, float], ...] = TICKS) -> None:
    """Run what comes round; one failing piece never stops the others."""
    due = {function: 0.0 for function, _seconds in tick_functions(table)}
    rhythm = dict(tick_functions(table))
    while not stop.is_set():
        for function in due:
            if time.monotonic() >= due[function] and not stop.is_set():
                due[function] = time.monotonic() + rhythm[function]
                run_tick(function)
        stop.wait(0.25)
    close_old_connections()


def run_tick(function: Callable[..., object]) -> None:
    try:
        function(at=clock.now())
    except Exception as error:  # the edge of the worker
        log.error(
            "tick failed",
            tick=f"{function.__module__}.{function.__name__}",
            error=type(error).__name__,
            exc_info=True,
        )
        with contextlib.suppress(Exception):
            connection.close()
    finally:
        close_old_connections()


def run() -> int:
    """Work until SIGTERM or SIGINT; what is under way is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    translation.activate("es-mx")
    threads = [
        threading.Thread(target=deliver_forever, args=(stop,), name="deliver"),
        threading.Thread(target=tick_forever, args=(stop,), name="tick"),
        threading.Thread(target=tick_forever, args=(stop, LONG), name="long"),
        threading.Thread(target=tick_forever, args=(stop, OUTSIDE), name="outside"),
        threading.Thread(target=tick_forever, args=(stop, EXPORTS), name="exports"),
        threading.Thread(target=tick_forever, args=(stop, FILMS), name="films"),
    ]
    for thread in threads:
        thread.start()
    listening = listen_for_mail()
    while not stop.wait(0.5):
        if not all(thread.is_alive() for thread in threads):
            log.error("a thread of the worker died")
            stop.set()
            return 1
    if listening is not None:
        listening.stop()
    import_module("amparo.videos.tasks").interrupt()
    for thread in threads:
        thread.join(20)
    return 0


def listen_for_mail() -> Any:
    """Take in what a mail server hands over, where AMPARO_LMTP says at which address (`127.0.0.1:8024`)."""
    host, _sep, port = os.environ.get("AMPARO_LMTP", "").rpartition(":")
    if not port.isdecimal():
        return None
    from amparo.mailbox import lmtp

    try:
        return lmtp.start(host.strip("[]") or "127.0.0.1", int(port))
    except OSError as error:  # another worker of this machine listens there
        log.warning("not listening for LMTP", error=type(error).__name__, address=os.environ["AMPARO_LMTP"])
        return None
