"""One installation: its data folder, its secrets, what has been done to its database.

Nothing here needs Django, so that a start which has nothing to do costs nothing.
"""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from amparo.project import service_role
from amparo.project.postgres import Server

ROOT = Path(__file__).resolve().parents[2]
SECRET_NAMES = ("secret_key", "pepper", "field_key", "signing_key")
DATABASE_LIMIT_SECONDS = 30


class Problem(Exception):
    """What cannot be done, in a sentence for the person at the terminal; exit status 1."""


def data_folder(given: str | None = None) -> Path:
    """Return the data folder: as given, or AMPARO_DATA, or `data` in the current folder."""
    return Path(given or os.environ.get("AMPARO_DATA") or "data").expanduser().resolve()


def read_env_file() -> None:
    """Take over the KEY=value lines of the file that AMPARO_ENV_FILE names; the environment goes before."""
    path = os.environ.get("AMPARO_ENV_FILE")
    if not path:
        return
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Problem(f"The file of settings that AMPARO_ENV_FILE names cannot be read: {error}") from None
    for line in lines:
        if "=" in line and not line.lstrip().startswith("#"):
            key, _, value = line.partition("=")
            os.environ.setdefault(key.strip(), value.strip().strip('"'))


# ---------------------------------------------------------------------------- secrets


def secrets_path(home: Path) -> Path:
    return Path(os.environ.get("AMPARO_SECRETS_FILE") or home / "secrets.json")


def make_secrets() -> dict[str, str]:
    """Return new secrets: Django's key, the pepper of service cards, the key of encrypted fields, the Ed25519 seed."""
    return {
        "secret_key": secrets.token_urlsafe(64),
        "pepper": secrets.token_urlsafe(48),
        "field_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "signing_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def ensure_secrets(home: Path, *, database_exists: bool) -> Path:
    """Return the file of secrets, made on the first start. SEC-57.

    Raises Problem when it is gone or incomplete while there is a database: new ones would make its cards, its
    encrypted fields and its signatures worthless.
    """
    path = secrets_path(home)
    if not path.exists():
        if database_exists:
            raise Problem(
                f"The secrets {path} are missing, but there is a database that was written with them. Put the file back "
                "(each backup holds a copy); without it service cards, encrypted fields and signatures are lost."
            )
        write_private(path, json.dumps(make_secrets(), indent=2) + "\n")
    os.environ["AMPARO_SECRETS_FILE"] = str(path)
    read_secrets(path)
    return path


def read_secrets(path: Path) -> dict[str, str]:
    """Return the secrets. Raises Problem when the file is unreadable or one is missing."""
    try:
        found = json.loads(path.read_text())
        missing = [name for name in SECRET_NAMES if not found.get(name)]
    except (OSError, ValueError, AttributeError) as error:
        raise Problem(f"The secrets {path} cannot be read: {error}") from None
    if missing:
        raise Problem(f"The secrets {path} lack {', '.join(missing)}. Put the whole file back from a backup.")
    return dict(found)


def fingerprint(path: Path) -> str:
    """Return what identifies the secrets and tells nothing about them."""
    found = read_secrets(path)
    return hashlib.sha256("".join(found[name] for name in SECRET_NAMES).encode()).hexdigest()[:16]


# ---------------------------------------------------------------------------- database


@contextlib.contextmanager
def connected(home: Path, *, start: bool = True, make: bool = False) -> Iterator[Server | None]:
    """Make the database of this installation reachable by DATABASE_URL while inside; the embedded one is started for
    that long unless it runs. Yields the server if it is embedded and ours.

    Raises PostgresError.
    """
    os.environ["AMPARO_DATA"] = str(home)
    if secrets_path(home).exists():
        os.environ["AMPARO_SECRETS_FILE"] = str(secrets_path(home))
    if os.environ.get("DATABASE_URL"):
        yield None
        return
    server = Server(home)
    if server.running():
        os.environ["DATABASE_URL"] = server.url()
        yield server
    elif start:
        if not (server.exists or make):
            raise Problem(
                f"There is no database in {home}. `amparo up` makes it; --data names another folder."
            )
        with server:
            os.environ["DATABASE_URL"] = server.url()
            yield server
    else:
        yield None


def need_database() -> None:
    """Make the database of the data folder known to a part that is started alone. Raises Problem without one."""
    home = data_folder()
    os.environ["AMPARO_DATA"] = str(home)
    os.environ.setdefault("AMPARO_SECRETS_FILE", str(secrets_path(home)))
    if not os.environ.get("DATABASE_URL"):
        server = Server(home)
        if not server.running():
            raise Problem(
                f"There is no DATABASE_URL, and no embedded server runs for {home} (`amparo up` starts one)."
            )
        ready = service_role.is_ready(server.url(), service_role.NAME)
        os.environ["DATABASE_URL"] = server.service_url() if ready else server.url()
    elif given := service_role.service_url():
        os.environ["DATABASE_URL"] = given
    wait_for_database()
    read_secrets(secrets_path(home))


def wait_for_database(limit_seconds: float = DATABASE_LIMIT_SECONDS) -> None:
    """Return when the database answers. Raises Problem when it does not in time, or refuses us."""
    deadline = time.monotonic() + limit_seconds
    while True:
        try:
            with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5):
                return
        except psycopg.OperationalError as error:
            refused = "authentication" in str(error) or "does not exist" in str(error)
            if refused or time.monotonic() > deadline:
                raise Problem(f"The database does not answer: {' '.join(str(error).split())}") from None
            time.sleep(0.3)


class Stamps:
    """What was done to the database, kept in the database: so that a restored one tells its own story."""

    def __init__(self) -> None:
        self.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS amparo_stamp (name text PRIMARY KEY, value text NOT NULL, at timestamptz NOT NULL)"
        )

    def __enter__(self) -> "Stamps":
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()

    def get(self, name: str) -> str | None:
        row = self.connection.execute("SELECT value FROM amparo_stamp WHERE name = %s", [name]).fetchone()
        return row[0] if row else None

    def set(self, name: str, value: str) -> None:
        self.connection.execute(
            "INSERT INTO amparo_stamp VALUES (%s, %s, now()) ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = now()",
            [name, value],
        )

    def database_is_used(self) -> bool:
        """Tell whether Amparo has been migrated into this database at any time."""
        row = self.connection.execute("SELECT to_regclass('django_migrations')").fetchone()
        return bool(row and row[0])


def check_secrets(home: Path, stamps: Stamps) -> None:
    """Make the secrets of a new database; refuse a known database without the secrets that it was written with. SEC-57."""
    used = stamps.database_is_used()
    path = ensure_secrets(home, database_exists=used)
    known = stamps.get("secrets")
    if used and known and known != fingerprint(path):
        raise Problem(
            f"The secrets {path} are not those that this database was written with. Put the right file back "
            "(each backup holds a copy)."
        )


def migrations_state() -> str:
    """Return a hash of all that decides the schema: our migrations, and the versions of what brings its own."""
    return _digest([*ROOT.glob("amparo/*/migrations/*.py"), ROOT / "requirements.txt"])


def static_state() -> str:
    """Return a hash of all static files by name, size and time, and of what decides how they are published."""
    digest = hashlib.sha256(
        _digest([ROOT / "requirements.txt", *(ROOT / "amparo/project" / name for name in ("settings.py", "static_files.py"))]).encode()
    )
    for folder in [*sorted(ROOT.glob("amparo/*/static")), ROOT / ".cache" / "vendor"]:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            stat = path.stat()
            digest.update(f"{path.relative_to(ROOT)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
