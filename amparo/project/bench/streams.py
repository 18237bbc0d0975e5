"""The stream under 2,000 idle clients on one process: how long a change takes to reach a page, and the memory it needs."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import psutil

from .figures import Figure

CLIENTS, PER_PERSON = 2_000, 20
LIMIT_MS = 50.0
CHANGES, PAUSE_SECONDS = 200, 0.05


def run() -> list[Figure]:
    """Start a stream process over the database of the environment, connect, change, wait for the news."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, max(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    people = sessions(CLIENTS // PER_PERSON)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "amparo", "stream", "--host", "127.0.0.1", "--port", str(port)],
        env=os.environ | {"AMPARO_URL": f"http://127.0.0.1:{port}"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        return asyncio.run(Crowd(port, people, server.pid).measure())
    finally:
        server.terminate()
        server.wait(30)


def sessions(count: int) -> list[tuple[str, str]]:
    """Sign so many customers' administrators in; return each one's cookie and topic."""
    from django.db import connections

    from amparo.people.bench import cookie_of
    from amparo.people.models import Contact

    found = []
    contacts = Contact.objects.filter(company_role="administrator", removed_at__isnull=True).select_related("user")
    for contact in contacts.order_by("id")[:count]:
        found.append((cookie_of(contact.user), f"customer:{contact.customer_id}"))
    connections.close_all()
    return found


class Crowd:
    """The clients, all in this process."""

    def __init__(self, port: int, people: Sequence[tuple[str, str]], pid: int) -> None:
        self.port, self.people, self.pid = port, people, pid
        self.sent: dict[int, float] = {}
        self.milliseconds: list[float] = []
        self.ready = 0
        self.lost = 0

    async def client(self, cookie: str, topic: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"GET /events?t={topic} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nOrigin: http://127.0.0.1:{self.port}\r\n"
            f"Cookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        try:
            if b" 200 " not in await reader.readline():
                self.lost += 1
                return
            self.ready += 1
            while line := await reader.readline():
                if line.startswith(b"data: customer:"):
                    number = int(line.rpartition(b"|")[2])
                    self.milliseconds.append((time.perf_counter() - self.sent[number]) * 1e3)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def measure(self) -> list[Figure]:
        await self._wait_for_server()
        tasks = []
        for place in range(CLIENTS):
            tasks.append(asyncio.create_task(self.client(*self.people[place % len(self.people)])))
            if place % 50 == 49:  # pages open one after the other, not all at once
                await asyncio.sleep(0.1)
        deadline = time.monotonic() + 60
        while self.ready + self.lost < CLIENTS and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        await self._change()
        memory = sum(p.memory_full_info().pss for p in self._family()) / 1e6
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ordered = sorted(self.milliseconds)
        expected = CHANGES * self.ready // len(self.people)
        p50, p99 = (ordered[int(len(ordered) * part)] for part in (0.5, 0.99))
        missing = "" if len(ordered) == expected else f"; {expected - len(ordered)} news were lost"
        return [
            Figure.most(
                f"a change reaches a page, {self.ready:,} idle clients, p99", p99, "ms", LIMIT_MS,
                f"p50 {p50:.1f} ms, {len(ordered):,} news{missing}; clients on the same two cores",
            ),
            Figure(f"memory of the stream with {self.ready:,} clients", memory, "MB"),
        ]  # fmt: skip

    async def _wait_for_server(self) -> None:
        for _try in range(300):
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            except OSError:
                await asyncio.sleep(0.1)
        raise RuntimeError("the stream does not start")

    async def _change(self) -> None:
        """Tell of a change as a command does: at commit, by the database."""
        import psycopg

        async with await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            for number in range(CHANGES):
                topic = self.people[number * 7 % len(self.people)][1]
                self.sent[number] = time.perf_counter()
                await connection.execute("SELECT pg_notify('amparo_stream', %s)", [f"{topic}|{number}"])
                await asyncio.sleep(PAUSE_SECONDS)
            await asyncio.sleep(1)

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.pid)
        return [parent, *parent.children(recursive=True)]


