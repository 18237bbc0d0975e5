"""How long a start takes, and how much memory the service takes at rest: a real `make run` in a folder of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

from amparo.project.parts import called

ROOT = Path(__file__).resolve().parents[2]
FIRST_PAGE = "/account/login/"
REST_SECONDS = 5
LIMIT_SECONDS = 300
PARTS = ("parts", "web", "stream", "worker")  # «parts» is the process that they are forks of
PORTS = 4


@dataclass(frozen=True)
class Start:
    """Seconds from `make run` to the first page, for each start after the first; megabytes of each part at rest.

    Memory is the proportional set size: what forks share is counted once.
    """

    first_start_seconds: float
    first_page_seconds: list[float]
    memory_megabytes: dict[str, float]

    @property
    def memory_together(self) -> float:
        return sum(self.memory_megabytes.values())


def measure(starts: int = 3) -> Start:
    """Start an empty installation once to make it, then some times more with the clock running."""
    home = Path(tempfile.mkdtemp(prefix="amparo-start-"))
    home.chmod(0o711)
    try:
        first, _ = one_start(home / "data")
        found = [one_start(home / "data", rest=number == starts - 1) for number in range(starts)]
        return Start(first, [seconds for seconds, _ in found], found[-1][1])
    finally:
        shutil.rmtree(home, ignore_errors=True)


def one_start(data: Path, *, rest: bool = False) -> tuple[float, dict[str, float]]:
    """Return the seconds to the first page, and (after a rest) the memory of the parts; then stop."""
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AMPARO_", "DATABASE_URL", "DJANGO_"))}
    began = time.monotonic()
    make = subprocess.Popen(
        ["make", "--no-print-directory", "run", f"ARGS=--data {data} --port {port} --no-demo"],
        cwd=ROOT,
        env=kept,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    try:
        while not answers(f"http://127.0.0.1:{port}{FIRST_PAGE}"):
            if make.poll() is not None or time.monotonic() - began > LIMIT_SECONDS:
                raise RuntimeError("the service does not start")
            time.sleep(0.02)
        seconds = time.monotonic() - began
        if rest:
            time.sleep(REST_SECONDS)
        return seconds, memory(make.pid) if rest else {}
    finally:
        for child in psutil.Process(make.pid).children() if make.poll() is None else ():
            child.send_signal(signal.SIGINT)
        make.wait(60)


def memory(pid: int) -> dict[str, float]:
    """Return the megabytes of each part below a process."""
    found = dict.fromkeys(PARTS, 0.0)
    for process in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            words = called(process)
            if words[:1] == ["amparo"] and (part := " ".join(words[1:2])) in found:
                found[part] += process.memory_full_info().pss / 1e6
    return {name: round(megabytes, 1) for name, megabytes in found.items()}


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def free_port() -> int:
    """Return a port that is free, with those after it, which the other parts take."""
    for _try in range(100):
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            first = held.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            for beside in range(1, PORTS):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port + beside))
            return port
    raise RuntimeError("no ports are free")
