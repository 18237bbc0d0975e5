"""The database of a test run, as a pytest plugin: `-p amparo.project.testdb`.

A database is migrated once for each state of the migrations and then copied, which takes a second instead of most of a minute.
Loaded before Django's settings. The controlling process starts an embedded server of its own unless DATABASE_URL names one
(a crash may cost it everything, so it is fast), and makes a folder that all workers of xdist share (AMPARO_TEST_FOLDER).
"""

import contextlib
import gc
import hashlib
import importlib
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest
from _pytest.runner import runtestprotocol

from amparo.project import debian
from amparo.project.postgres import Server, place

P = ParamSpec("P")
T = TypeVar("T")
FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "testpg"
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "shared_preload_libraries": "",  # nobody reads how long statements of tests took
    "statement_timeout": "120s",  # a statement that a test gave up must not hold its locks against the tests that follow
}
# The first worker migrates a database; the second begins with what needs none.
LONGEST = (
    "test_demo.py", "test_operations.py", "test_matrix.py", "test_stories_classroom.py", "test_stories_telephone.py", "test_stories.py",
    "test_stories_open_house.py", "test_operations_backup.py", "test_stories_remote.py", "test_stories_sharing.py", "test_stories_chat.py",
    "test_stories_live.py", "test_stories_media.py", "test_remote_helper_windows.py", "test_remote_helper_linux.py", "test_remote_broker.py",
    "test_outlets.py", "test_mail_in.py", "test_stories_complaints.py", "test_stories_quotes.py", "test_operations_role.py", "test_world.py",
    "test_browser.py", "test_security_requests.py", "test_licence_client.py", "test_scorm.py", "test_browser_trap.py",
    "test_operations_postgres.py", "test_imports_by_worker.py", "test_rules_oracle.py",
)  # fmt: skip
# Tests are rewritten when they are loaded, which takes ten seconds of each process: what becomes of them is kept, whatever else is not.
sys.dont_write_bytecode = False
gc.set_threshold(50_000, 20, 20)  # what is loaded stays: it need not be looked through after each seven hundred objects
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
    (_folder / "templates").mkdir()
    os.environ["AMPARO_COMPILED_TEMPLATES"] = str(_folder / "templates")
    if os.environ.get("DATABASE_URL"):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    sweep()
    _server = Server(Path(tempfile.mkdtemp(prefix="run", dir=FOLDER)), SETTINGS)
    _server.start()
    os.environ["DATABASE_URL"] = _server.url()
    os.environ["AMPARO_TEST_SERVER"] = str(_server.home)


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Let every test database be a copy of one that is migrated already; one that is kept is made anew when migrations changed."""
    from django.db import connections
    from django.db.backends.postgresql.creation import DatabaseCreation

    # One connection to a thread. Django keeps another while an event loop runs in it, as one does around Playwright: it was left
    # open when the browser was closed first, and the next test with a browser took it up, whatever had become of it.
    connections._connections = threading.local()  # type: ignore[attr-defined]

    def create_test_db(self: Any, verbosity: int = 1, autoclobber: bool = False, serialize: bool = True, keepdb: bool = False) -> str:
        name = self._get_test_db_name()
        with self._nodb_cursor() as cursor:
            state = _state_of_migrations()
            if not (keepdb and _made_from(cursor, name) == state):
                template = _template(self, cursor, state)
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
                cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS '{state}'")
        self.connection.close()
        self.connection.settings_dict["NAME"] = name
        self.connection.ensure_connection()
        return name

    DatabaseCreation.create_test_db = create_test_db  # type: ignore[assignment, method-assign]
    if os.environ.get("AMPARO_TEST_SERVER"):  # it goes with its server
        DatabaseCreation.destroy_test_db = lambda self, *_more, **_named: self.connection.close()  # type: ignore[method-assign]


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each worker of a whole run load its share of the tests first: all load all, and what one made of a file the others read."""
    number, count = os.environ.get("PYTEST_XDIST_WORKER", "")[2:], int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if number and session.config.args_source is session.config.ArgsSource.TESTPATHS:
        root = FOLDER.parents[1]
        files = sorted([*root.glob("amparo/*/tests/test_*.py"), *root.glob("tests/test_*.py")])
        for path in files[int(number) :: count]:
            with contextlib.suppress(Exception, pytest.skip.Exception):  # said when it is collected
                importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))


def _made_from(cursor: Any, name: str) -> str | None:
    cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
    row = cursor.fetchone()
    return row and row[0]


def with_room(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Return what the function returns; the frames of all that it calls lie in one piece of memory.

    CPython keeps the frames of a thread in pieces of 16 kB. It asks the system for one when a call needs it, and gives it back when that
    call returns: a loop whose calls begin where a piece happens to end does both each time, which took a fifth of the walk over
    every address. A frame that claims much has a piece of that size made, in which all that follow find room.
    """
    return function(*given, **named)


# Just more than half a megabyte, so that a piece of a megabyte is made and half is left. What nobody touches takes no memory.
with_room.__code__ = with_room.__code__.replace(co_stacksize=66_000)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """As pytest runs a test by itself; only where its frames lie differs."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    with_room(runtestprotocol, item, nextitem=nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_collection_finish() -> None:
    """Look no more at what is loaded now: with so many modules, each full collection of garbage would cost half a second."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that the small files fill what is left at the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (places.get(item.path.name, len(places)), not item.nodeid.startswith("tests/")))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the server that this process started, and leave nothing of it."""
    global _server, _folder
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
        _folder = None
    if _server is not None:
        if _server.process:
            _server.process.send_signal(signal.SIGQUIT)  # nothing of it is kept: no checkpoint
        _server.stop()
        remove(_server.home)
        for name in ("DATABASE_URL", "AMPARO_TEST_SERVER"):
            os.environ.pop(name, None)
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


# ---------------------------------------------------------------------------- the migrated database that is copied

TEMPLATES_KEPT = 8
LOCK = 7_340_021


def _template(creation: Any, cursor: Any, state: str) -> str:
    """Return the name of a migrated database; whoever comes first makes it, the others wait for it."""
    name = f"amparo_template_{state}"
    cursor.execute("SET statement_timeout = 0")
    cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            _migrate(creation, cursor, name)
            _drop_old(cursor)
    finally:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return name


def _migrate(creation: Any, cursor: Any, name: str) -> None:
    """Make it under another name first: a run that was killed leaves nothing behind that looks whole."""
    from django.core.management import call_command

    from amparo.project.migrating import migrate_empty

    connection, making = creation.connection, f"{name}_making"
    cursor.execute(f'DROP DATABASE IF EXISTS "{making}"')
    cursor.execute(f'CREATE DATABASE "{making}"')
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = making
    try:
        migrate_empty()
        call_command("createcachetable", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
    cursor.execute(f'ALTER DATABASE "{making}" RENAME TO "{name}"')
    cursor.execute("SELECT clock_timestamp()::text")
    cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS 'made {cursor.fetchone()[0]}'")


def _drop_old(cursor: Any) -> None:
    from django.db import DatabaseError

    cursor.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE 'amparo_template_%%' "
        "ORDER BY shobj_description(oid, 'pg_database') DESC NULLS LAST, oid DESC"
    )
    for (old,) in cursor.fetchall()[TEMPLATES_KEPT:]:
        with contextlib.suppress(DatabaseError):  # somebody copies it this moment
            cursor.execute(f'DROP DATABASE "{old}"')


def _state_of_migrations() -> str:
    """Return what changes whenever a migration of ours or of a package does."""
    from importlib.metadata import version

    digest = hashlib.sha256()
    for package in ("django", "django-allauth", "wagtail"):
        digest.update(f"{package} {version(package)}".encode())
    package_folder = Path(__file__).resolve().parents[1]
    for path in sorted(package_folder.glob("*/migrations/**/*.py")):
        digest.update(str(path.relative_to(package_folder)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
