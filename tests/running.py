"""A running service in a folder of its own, for tests of it as processes."""

import contextlib
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest

from amparo.project.postgres import Server
from tests.live import free_port, part_among

ROOT = Path(__file__).resolve().parents[1]
START_LIMIT_SECONDS = 150


def clean_environment(**more):
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("AMPARO_", "DATABASE_URL", "DJANGO_", "PYTEST_", "COV_"))
    }
    return {**kept, "PYTHONPATH": str(ROOT), "AMPARO_CHROMIUM": "", "AMPARO_DEMO_CUSTOMERS": "3", **more}


def amparo(*arguments, **options):
    """Run one command of ours and return what it said."""
    return subprocess.run(
        [sys.executable, "-m", "amparo", *map(str, arguments)],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


class Running:
    """An `amparo up` in a data folder."""

    def __init__(self, home, *arguments, **options):
        self.home, self.arguments, self.options = home, arguments, options
        self.start()

    def start(self):
        """Begin, and return when it has greeted or ended; again after it was stopped or killed."""
        self._start(*self.arguments, **self.options)

    def _start(self, *arguments, python=sys.executable, more_path="", **options):
        home, self.port = self.home, free_port(3)
        self.output = home.parent / f"output-{self.port}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    python,
                    "-m",
                    "amparo",
                    "up",
                    "--data",
                    str(home),
                    "--port",
                    str(self.port),
                    *arguments,
                ],
                cwd=ROOT,
                env=clean_environment(PYTHONPATH=f"{ROOT}:{more_path}"),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                **options,
            )
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while (
            "Amparo is running" not in self.text()
            and self.process.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)

    def text(self):
        return self.output.read_text()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def family(self):
        """Return all processes of the service, the supervisor first."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def part(self, name):
        """Return the process that serves a part, or that of the database."""
        up = psutil.Process(self.process.pid)
        if name != "postgres":
            return part_among(up, name)
        for process in up.children():
            with contextlib.suppress(psutil.Error):
                if process.cmdline()[0].endswith("/postgres"):
                    return process
        return None

    def stop(self, signal_number=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
            self.process.wait(40)
        return self.process.returncode


def answers(url):
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException), urllib.request.urlopen(url, timeout=3) as answer:
        return json.loads(answer.read()).get("ok") is True
    return False


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def gone(processes):
    return all(not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in processes)


@pytest.fixture(scope="module")
def folder():
    """A folder that every account can pass through; pytest's own is closed to the database's account."""
    path = Path(tempfile.mkdtemp(dir=os.environ["AMPARO_TEST_FOLDER"]))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def prepared():
    """A data folder after a first start and a clean stop, with a small demonstration world; made once for all workers."""
    home = Path(os.environ["AMPARO_TEST_FOLDER"]) / "prepared"
    with (home.parent / "making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home.parent / "made").exists():
            service = Running(home)
            assert "Amparo is running" in service.text(), service.text()
            assert service.stop() == 0
            for spare in sorted(Server(home).cluster.glob("pg_wal/0*"))[1:]:  # kept to be written again; each test copies the folder
                spare.unlink()
            (home.parent / "made").touch()
    return home


@pytest.fixture
def home(prepared, folder, request):
    """A copy of the prepared folder, for one test."""
    copy = folder / re.sub(r"\W", "", request.node.name)[:30]
    subprocess.run(["cp", "-a", prepared, copy], check=True)
    yield copy
    shutil.rmtree(copy, ignore_errors=True)


@pytest.fixture
def ending(service):
    """The running service for a test that ends it; for the next that needs it, it begins again."""
    if service.process.poll() is not None:
        service.start()
    assert is_up(service)
    return service


@pytest.fixture(scope="module")
def service(prepared, folder):
    """A running service for the tests that leave it running, whatever they do to its parts."""
    copy = folder / "served"
    subprocess.run(["cp", "-a", prepared, copy], check=True)
    yield from serve(copy)


def is_up(running):
    assert "Amparo is running" in running.text(), running.text()
    return wait_for(lambda: answers(f"http://127.0.0.1:{running.port + 1}/events/health"))


def serve(home):
    running = Running(home)
    assert is_up(running)
    yield running
    with contextlib.suppress(psutil.Error):
        family = running.family()
        running.stop(signal.SIGTERM)
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()


def database_url(home):
    return Server(home).url()


def remember(url, name, value="kept"):
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO amparo_stamp VALUES (%s, %s, now())", [name, value])


def remembered(url, name):
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT value FROM amparo_stamp WHERE name = %s", [name]).fetchone()
    return row and row[0]


def with_server(home, act):
    with Server(home) as server:
        return act(server.url())


def set_stamp(url, name, value):
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO amparo_stamp VALUES (%s, %s, now()) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, value],
        )
