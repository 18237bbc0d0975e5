"""`amparo test`: all tests, on a database that lives as long as they do (or on that of DATABASE_URL)."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from amparo.project import debian

ROOT = Path(__file__).resolve().parents[3]


def workers() -> int:
    """Return how many tests run at once: one more than there are processors, for tests of processes and browsers wait much."""
    return len(os.sched_getaffinity(0)) + 1


def main(argv: Sequence[str]) -> int:
    """Become pytest: its output and its exit status are ours."""
    arguments = list(argv)
    if not any(
        word == "-n" or word.startswith(("-n", "--numprocesses", "-x", "--pdb")) for word in arguments
    ):
        arguments = ["-n", str(workers()), "--dist", "loadfile", "--no-loadscope-reorder", *arguments]
    environment = debian.environment()
    if shell := debian.headless_shell():
        environment["AMPARO_CHROMIUM_SHELL"] = shell
    if browser := debian.chromium():
        environment["AMPARO_CHROMIUM"] = browser
    environment.pop("AMPARO_SECRETS_FILE", None)
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *arguments], environment)  # noqa: S606
