"""Databases for measuring: one empty and migrated, copied as often as needed; worlds in the copies."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from amparo.project import installation, prepare

ROOT = Path(__file__).resolve().parents[3]
PREFIX = "amparo_measure_"
Say = Callable[[str], None]


def address(url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


class Databases:
    """The databases of one run, made when they are first asked for, dropped in the end."""

    def __init__(self, url: str, secrets: Path, say: Say, *, keep: bool) -> None:
        self.url, self.secrets, self.say, self.keep = url, secrets, say, keep
        self.admin = psycopg.connect(address(url, "postgres"), autocommit=True)
        self.seconds: dict[str, float] = {}

    def _exists(self, name: str) -> bool:
        return self.admin.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def _make(self, name: str, template: str) -> str:
        self.admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
        return address(self.url, name)

    def empty(self) -> str:
        """A migrated database without anybody."""
        name = f"{PREFIX}empty"
        if self._exists(name) and (self.keep or name in self.seconds):
            return address(self.url, name)
        began = time.monotonic()
        self.say("an empty database")
        self._make(name, "template0")
        self.run(name, "django", "migrate", "-v", "0")
        self.run(name, "django", "createcachetable", "-v", "0")
        self.seconds[name] = time.monotonic() - began
        return address(self.url, name)

    def copy(self, what: str) -> str:
        """A copy of the empty one."""
        self.empty()
        return self._make(f"{PREFIX}{what}", f"{PREFIX}empty")

    def world(self, what: str, sizes: Sequence[int]) -> str:
        """A world of so many customers, tickets, cases and messages."""
        name = f"{PREFIX}{what}"
        if self._exists(name) and (self.keep or name in self.seconds):
            return address(self.url, name)
        self.copy(what)
        began = time.monotonic()
        self.say(f"the {what} world: {sizes[0]:,} customers, {sizes[1]:,} tickets, {sizes[2]:,} cases, {sizes[3]:,} messages")
        names = ("--customers", "--tickets", "--cases", "--messages")
        self.run(name, "world", *(str(word) for pair in zip(names, sizes, strict=True) for word in pair))
        self.seconds[name] = time.monotonic() - began
        return address(self.url, name)

    def run(self, name: str, *words: str) -> None:
        """Run a command of ours over a database."""
        done = subprocess.run(
            [sys.executable, "-m", "amparo", *words], cwd=ROOT, capture_output=True, text=True, check=False,
            env=environment(address(self.url, name), self.secrets),
        )  # fmt: skip
        if done.returncode:
            raise installation.Problem(f"amparo {' '.join(words)} failed:\n{done.stdout[-1500:]}{done.stderr[-3000:]}")

    def close(self) -> None:
        with contextlib.suppress(psycopg.Error):
            if not self.keep:
                for (name,) in self.admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"]):
                    self.admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.admin.close()


def environment(url: str, secrets: Path) -> dict[str, str]:
    """What a process of ours needs to run as in earnest over a database."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AMPARO_", "DJANGO_"))}
    return kept | {"DATABASE_URL": url, "AMPARO_SECRETS_FILE": str(secrets), "AMPARO_DATA": str(secrets.parent)}


@contextlib.contextmanager
def secrets_of_run() -> Iterator[Path]:
    """The secrets of an installation that lives as long as this run; static files are published if they are not."""
    with tempfile.TemporaryDirectory(prefix="amparo-bench-") as folder:
        path = Path(folder) / "secrets.json"
        path.write_text(json.dumps(installation.make_secrets()))
        if not prepare.static_is_current():
            env = {k: v for k, v in os.environ.items() if not k.startswith("AMPARO_")} | {"AMPARO_BUILD": "1"}
            subprocess.run([sys.executable, "-m", "amparo.project.prepare", "static"], cwd=ROOT, env=env, check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
        yield path
