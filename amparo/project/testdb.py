"""The database of a test run, as a pytest plugin: `-p amparo.project.testdb`.

Loaded before Django's settings. The controlling process starts an embedded server of its own unless DATABASE_URL names one
(a crash may cost it everything, so it is fast), and makes a folder that all workers of xdist share (AMPARO_TEST_FOLDER).
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from amparo.project import debian
from amparo.project.postgres import Server, place

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "testpg"
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "statement_timeout": "120s",  # a statement that a test gave up must not hold its locks against the tests that follow
}
_server: Server | None = None
_folder: Path | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start the server, unless there is one or this is a worker of xdist."""
    global _server, _folder
    os.environ.update(debian.environment({}))
    os.environ.setdefault(
        "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
    )  # Playwright keeps an event loop in the tests' thread
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    _folder = Path(tempfile.mkdtemp(prefix="amparo-test-"))
    _folder.chmod(0o711)  # the database's account passes through it
    os.environ["AMPARO_TEST_FOLDER"] = str(_folder)
    if os.environ.get("DATABASE_URL"):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    sweep()
    _server = Server(Path(tempfile.mkdtemp(prefix="run", dir=FOLDER)), SETTINGS)
    _server.start()
    os.environ["DATABASE_URL"] = _server.url()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the server that this process started, and leave nothing of it."""
    global _server, _folder
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
        _folder = None
    if _server is not None:
        _server.stop()
        remove(_server.home)
        os.environ.pop("DATABASE_URL", None)
        _server = None


def sweep() -> None:
    """Remove what runs left behind that were killed; a running one holds its lock."""
    for home in FOLDER.glob("run*"):
        if not is_held(home / "lock"):
            remove(home)


def is_held(lock: Path) -> bool:
    import fcntl

    try:
        with lock.open("rb+") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True  # made this moment by another run
    except BlockingIOError:
        return True
    return False


def remove(home: Path) -> None:
    for folder in home.glob("postgres-*"):
        shutil.rmtree(place(home, int(folder.name.removeprefix("postgres-"))), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
