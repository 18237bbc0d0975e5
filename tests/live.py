"""The service as processes, over the test database: web and stream as they run in earnest, a mail server of our own.

`world` fixtures commit (transactional tests); a browser then plays against it.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection

from amparo.casefiles.rules.proof import seed_of
from amparo.project import prepare
from amparo.project.parts import called

from .source import ROOT

CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE_SECONDS = 60  # how long what must come true may take beside everything else that runs; a test that claims a time says it


def free_port(together: int = 1) -> int:
    """Return a port that is free, with those after it.

    It lies below those that whoever connects is given: of these one might be taken meanwhile, even by who asks it in vain whether
    it answers, and so speaks with himself.
    """
    given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(200):
        port = random.SystemRandom().randrange(10_240, max(given, 20_480) - together)
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for number in range(port, port + together):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", number))
            return port
    raise AssertionError("no free port")


def until(ask, seconds: float = PATIENCE_SECONDS, every: float = 0.05):
    """Wait for a condition, never for a time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(every)
    raise AssertionError(f"{ask} did not come true in {seconds} s")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


@dataclass
class Service:
    """Where the processes listen, and where its letters went."""

    url: str
    stream_url: str
    mailbox: Path
    processes: list[subprocess.Popen] = field(default_factory=list)
    begin: dict[str, Callable[[], subprocess.Popen]] = field(default_factory=dict)
    apart: dict[str, subprocess.Popen] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def kill(self, part: str) -> None:
        """End a part that runs apart as a fault would: at once, until it is started."""
        os.killpg(self.apart[part].pid, signal.SIGKILL)
        self.apart[part].wait(10)

    def start(self, part: str) -> None:
        """Begin a part that runs apart; again after it was killed."""
        self.apart[part] = self.begin[part]()
        self.processes.append(self.apart[part])

    def part(self, name: str) -> psutil.Process:
        """Return the process of a part that runs with the others."""
        found = (part_among(psutil.Process(process.pid), name) for process in self.processes)
        return next(one for one in found if one)


def part_among(family: psutil.Process, name: str) -> psutil.Process | None:
    """Return the process below this one that serves a part (for pages and stream the one that forks the workers); «parts»: of which all are forks."""
    for process in family.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            words = called(process)
            if words[:2] == ["amparo", name] and not words[-1].startswith("worker-"):
                return process
    return None


def publish() -> None:
    """Publish the static files as a start does, once for all workers: browsers then keep what they have loaded, as in earnest."""
    with (Path(os.environ["AMPARO_TEST_FOLDER"]) / "making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepare.static_is_current():
            do = "from amparo.project import prepare; raise SystemExit(prepare.main(['static']))"
            subprocess.run([sys.executable, "-c", do], env={**os.environ, "AMPARO_BUILD": "1"}, cwd=ROOT, check=True)


def _secrets(folder: Path) -> Path:
    """What the tests sign with, for the processes: sessions and codes that a test makes are theirs too."""
    path = folder / "secrets.json"
    seed = seed_of(settings.SECRETS["signing_key"], settings.SECRET_KEY)
    path.write_text(json.dumps({**settings.SECRETS, "signing_key": base64.urlsafe_b64encode(seed).decode()}))
    return path


@contextlib.contextmanager
def service(
    tmp_path: Path, *, parts: tuple[str, ...] = ("web", "stream", "worker"), apart: tuple[str, ...] = (), smtp_port: int = 0, **environment: str
) -> Iterator[Service]:
    """Run web, stream and worker as processes on free ports until the block ends; together, but for those that a test kills and starts."""
    web, stream = free_port(), free_port()
    db = connection.settings_dict
    url = f"http://127.0.0.1:{web}"
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "amparo.project.settings", "AMPARO_BUILD": "0", "AMPARO_POOL": "6", "AMPARO_SECRETS_FILE": str(_secrets(tmp_path)),
        "DATABASE_URL": f"postgresql://{db['USER']}:{db['PASSWORD']}@localhost:{db['PORT'] or 5432}/{db['NAME']}"
        f"?host={db['HOST'] or '127.0.0.1'}",
        "AMPARO_URL": url, "AMPARO_STREAM_URL": f"http://127.0.0.1:{stream}/events", "AMPARO_DATA": str(tmp_path),
        "AMPARO_HOSTS": "127.0.0.1,localhost",
    }  # fmt: skip
    if smtp_port:
        env |= {"AMPARO_SMTP_HOST": "127.0.0.1", "AMPARO_SMTP_PORT": str(smtp_port)}
    media, admin = (free_port(), free_port()) if "media" in parts else (0, 0)
    if media:
        env |= {"AMPARO_MEDIA_URL": f"ws://127.0.0.1:{media}", "AMPARO_MEDIA_ADMIN": f"http://127.0.0.1:{admin}/admin", "AMPARO_MEDIA_FOLDER": str(tmp_path / "media")}
    scorm = free_port() if "scorm" in parts else 0
    if scorm:
        env["AMPARO_SCORM_URL"] = f"http://localhost:{scorm}"  # another origin than the pages
    env |= environment
    listening = {"web": ("--port", web), "stream": ("--port", stream), "scorm": ("--port", scorm), "media": ("--port", media, "--admin-port", admin)}
    words = {part: [part, *map(str, listening.get(part, ()))] for part in parts}
    apart = parts if len(parts) == 1 else apart
    together = [word for part in parts if part not in apart for word in ("+", *words[part])]
    made = Service(url, f"http://127.0.0.1:{stream}/events", tmp_path / "mail", environment=env)
    if "web" in parts:
        publish()
    try:
        begin = partial(subprocess.Popen, env=env, cwd=ROOT, start_new_session=True)
        for part in apart:
            log = (tmp_path / f"{part}.log").open("ab")
            made.begin[part] = partial(begin, [sys.executable, "-m", "amparo", *words[part]], stdout=log, stderr=log)
            made.start(part)
        if together:
            made.processes.append(begin([sys.executable, "-m", "amparo", "serve", "--log", str(tmp_path), *together]))
        if "web" in parts:
            until(lambda: answers(url + "/health"), 60)
        if "stream" in parts:
            until(lambda: answers(made.stream_url + "/health"), 60)
        if scorm:
            until(lambda: answers(f"http://127.0.0.1:{scorm}/health"), 60)
        yield made
    finally:
        for process in made.processes:
            if process.poll() is None:  # the number of one that is gone may be another's by now
                os.killpg(process.pid, signal.SIGTERM)
        for process in made.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
