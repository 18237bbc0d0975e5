"""The race rig: threads behind a barrier on real PostgreSQL, and processes that die at a chosen statement."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import close_old_connections, connection, connections


def race(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do everything at once, each in a thread and connection of its own; return results, or the exceptions."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            results[place] = acts[place]()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive(), "a thread hangs"
    return results


@contextmanager
def dies_at(statement: int, *, after: bool) -> Iterator[None]:
    """Kill this process, as by SIGKILL, before or after its n-th statement (1 is the first). BEGIN and COMMIT do not
    count, but lie between two that do."""
    count = 0

    def watch(execute, sql, params, many, context):
        nonlocal count
        count += 1
        if count == statement and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = execute(sql, params, many, context)
        if count == statement and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    with connection.execute_wrapper(watch):
        yield


def in_child(act: Callable[[], Any]) -> int:
    """Start a process that does something and ends; return its id. Call `ended` to wait for it."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        act()
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        close_old_connections()
        os._exit(status)


def ended(child: int) -> bool:
    """Wait for a process; true if it came to its own good end, false if it was killed. A fault in it fails the test."""
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, "the process failed, see its traceback"
    return True
