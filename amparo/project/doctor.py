# ruff: noqa: S603
"""What `amparo doctor` looks at. Each look returns findings and never raises: a broken part is a finding."""

import http.client
import json
import os
import shutil
import smtplib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg

from amparo.project import debian, doctor_media, installation, prepare, service_role
from amparo.project.installation import Problem
from amparo.project.postgres import OLDEST_MAJOR, PostgresError, Server

DISK_WARNING_BYTES = 2_000_000_000
DISK_BAD_BYTES = 200_000_000
HEARTBEAT_LATE_SECONDS = 60
MAILBOX_LATE_SECONDS = 600
TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """One thing looked at: good, a warning, or bad; in words, with what to do."""

    what: str
    verdict: str
    sentence: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def good(what: str, sentence: str) -> Finding:
    return Finding(what, "good", sentence)


def warning(what: str, sentence: str, remedy: str) -> Finding:
    return Finding(what, "warning", sentence, remedy)


def bad(what: str, sentence: str, remedy: str) -> Finding:
    return Finding(what, "bad", sentence, remedy)


def examine(home: Path) -> list[Finding]:
    """Look at everything and tell what was found. What runs is not touched, what does not run is not started."""
    findings: list[Finding] = []
    looks: list[Callable[[Path], Iterator[Finding]]] = [
        secrets,
        disk,
        database,
        pages,
        remote,
        mail,
        mailboxes,
        telephones,
        gateways,
        assets,
        documents,
        films,
        browser,
        zone,
    ]
    for look in looks:
        try:
            findings += look(home)
        except Exception as error:  # the doctor must be able to speak about anything
            findings.append(
                bad(look.__name__, f"could not be looked at: {type(error).__name__}: {error}", "")
            )
    return findings


def secrets(home: Path) -> Iterator[Finding]:
    """The keys: there, whole, private."""
    path = installation.secrets_path(home)
    if not path.exists():
        yield bad(
            "secrets",
            f"{path} is missing.",
            "The first `amparo up` makes it; with an existing database take it from a backup.",
        )
        return
    try:
        installation.read_secrets(path)
    except Problem as problem:
        yield bad("secrets", str(problem), "Take the file from a backup.")
        return
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        yield bad("secrets", f"{path} can be read by others (mode {mode:o}).", f"chmod 600 {path}")
    else:
        yield good("secrets", f"all there, in {path}")


def disk(home: Path) -> Iterator[Finding]:
    """Room for the data."""
    folder = home if home.exists() else home.parent
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:.1f} GB free for {home}"
    if free < DISK_BAD_BYTES:
        yield bad("disk", words, "Make room now: the database stops when it cannot write.")
    elif free < DISK_WARNING_BYTES:
        yield warning("disk", words, "Make room, or move the data to a larger disk.")
    else:
        yield good("disk", words)


def database(home: Path) -> Iterator[Finding]:
    """Reachable, of a version that we know, migrated, written with our secrets; and what the worker says in it."""
    if not os.environ.get("DATABASE_URL"):
        try:
            server = Server(home)
        except PostgresError as error:
            yield bad("database", str(error), "")
            return
        if not server.running():
            state = "is stopped" if server.exists else "has not been made"
            yield warning(
                "database",
                f"The embedded server of {home} {state}.",
                "Start it with `amparo up`, and ask again.",
            )
            return
        os.environ["DATABASE_URL"] = server.url()
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=TIMEOUT_SECONDS) as connection:
            yield from ask_database(home, connection)
    except psycopg.OperationalError as error:
        yield bad(
            "database",
            f"does not answer: {' '.join(str(error).split())}",
            "Look at DATABASE_URL and at the server.",
        )


def ask_database(home: Path, connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    major, version = connection.info.server_version // 10_000, one(connection, "SHOW server_version")
    if major < OLDEST_MAJOR:
        yield bad("database", f"PostgreSQL {version} is too old.", f"Amparo needs {OLDEST_MAJOR} or newer.")
    else:
        size = one(connection, "SELECT pg_size_pretty(pg_database_size(current_database()))")
        yield good("database", f"PostgreSQL {version}, {size}")
    if one(connection, "SHOW server_encoding") != "UTF8":
        yield bad(
            "database",
            "Its encoding is not UTF8.",
            "Make a new database with ENCODING 'UTF8' and restore a backup into it.",
        )
    if not one(connection, "SELECT to_regclass('amparo_stamp')"):
        yield bad(
            "migrations",
            "The database has not been prepared.",
            "Start once with `amparo up`, or run `amparo django migrate`.",
        )
        return
    stamps = dict(connection.execute("SELECT name, value FROM amparo_stamp").fetchall())
    if stamps.get("migrations") == installation.migrations_state():
        yield good("migrations", "all applied")
    else:
        yield bad(
            "migrations",
            "The database is not of this version of Amparo.",
            "Restart with `amparo up`, which migrates.",
        )
    path = installation.secrets_path(home)
    if path.exists() and stamps.get("secrets") not in (None, installation.fingerprint(path)):
        yield bad(
            "secrets",
            "They are not those that this database was written with.",
            "Take the right file from a backup.",
        )
    yield role(connection)
    yield worker(connection)


def role(connection: psycopg.Connection[Any]) -> Finding:
    """The service connects as a role that owns nothing. SEC-50."""
    given = service_role.service_url()
    name = service_role.role_of(given) if given else service_role.NAME
    owner = "(SELECT relowner FROM pg_class WHERE oid = to_regclass('people_user'))"
    row = connection.execute(
        f"SELECT NOT rolsuper AND NOT pg_has_role(oid, {owner}, 'MEMBER') FROM pg_roles WHERE rolname = %s",  # noqa: S608
        [name],
    ).fetchone()
    if row and row[0]:
        return good("database role", f"the service connects as {name}, which owns no table")
    return warning(
        "database role",
        "The service connects as the owner of its tables, who could switch off what guards them.",
        "Make a role for it and put its address into DATABASE_SERVICE_URL (operator guide, «Your own PostgreSQL»).",
    )


def worker(connection: psycopg.Connection[Any]) -> Finding:
    """When the worker last gave a sign of life."""
    remedy = "Start it with `amparo worker` (`amparo up` starts all); its log says why it stopped."
    if not one(connection, "SELECT to_regclass('project_heartbeat')"):
        return bad("worker", "has never run with this database.", remedy)
    at = one(connection, "SELECT max(at) FROM project_heartbeat WHERE part = 'worker'")
    if at is None:
        return bad("worker", "has never run with this database.", remedy)
    seconds = int((datetime.now(UTC) - at).total_seconds())
    if seconds > HEARTBEAT_LATE_SECONDS:
        return bad(
            "worker", f"gave no sign of life for {seconds} s: no mail goes out, no promise lapses.", remedy
        )
    return good("worker", f"alive {max(seconds, 0)} s ago")


def one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def pages(home: Path) -> Iterator[Finding]:
    """The pages and the stream, by the address that people use."""
    url = os.environ.get("AMPARO_URL") or running(home, "url") or "http://127.0.0.1:8000"
    yield reach(
        "pages",
        f"{url.rstrip('/')}/health",
        "Start them with `amparo up` (or `amparo web`); behind a proxy look at its log.",
    )
    stream = os.environ.get("AMPARO_STREAM_URL") or running(home, "stream") or stream_url(url)
    if stream.startswith("/"):
        stream = f"{url.rstrip('/')}{stream}"
    remedy = "Start it with `amparo up` (or `amparo stream`). Without it pages ask every few seconds: nothing is lost."
    found = reach("stream", f"{stream.rstrip('/')}/health", remedy)
    yield found if found.verdict == "good" else warning(found.what, found.sentence, found.remedy)


def remote(home: Path) -> Iterator[Finding]:
    """The broker of remote sessions, by the address that helpers use: does a WebSocket open there? LIV-2."""
    url = os.environ.get("AMPARO_URL") or running(home, "url") or "http://127.0.0.1:8000"
    stream = os.environ.get("AMPARO_STREAM_URL") or running(home, "stream") or stream_url(url)
    given = os.environ.get("AMPARO_BROKER_URL") or f"ws{(stream if '://' in stream else url)[4:].removesuffix('/events')}"
    address = f"{given.rstrip('/')}/remote/helper"
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "wss" else http.client.HTTPConnection
    asked = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "YW1wYXJvIGRvY3RvciBsb29rcw=="}
    try:
        line = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
        line.request("GET", parts.path, headers=asked)
        status = line.sock and line.getresponse().status
        line.close()
    except (OSError, http.client.HTTPException) as error:
        status = type(error).__name__
    if status == 101:
        yield good("remote", f"{address} takes helpers")
    else:
        remedy = "Start the stream; behind a proxy pass /remote/helper and /remote/viewer on as WebSockets (deploy/). Without it no remote session can be held."
        yield warning("remote", f"{address} opens no WebSocket ({status})", remedy)


def running(home: Path, name: str) -> str | None:
    """Return the address that `amparo up` wrote down for this data folder: "url" of the pages or "stream"."""
    try:
        return str(json.loads((home / "run.json").read_text())[name])
    except (OSError, ValueError, KeyError):
        return None


def stream_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" or not parts.port:
        return f"{url.rstrip('/')}/events"
    return f"{parts.scheme}://{parts.hostname}:{parts.port + 1}/events"


def reach(what: str, url: str, remedy: str) -> Finding:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            if json.loads(answer.read()).get("ok"):
                return good(what, f"{url} answers")
            return bad(what, f"{url} says that it is not well", remedy)
    except (urllib.error.URLError, OSError, ValueError) as error:
        return bad(what, f"{url} does not answer ({getattr(error, 'reason', error)})", remedy)


def mail(_home: Path) -> Iterator[Finding]:
    """The server that takes our letters."""
    if os.environ.get("AMPARO_EMAIL_BACKEND"):
        yield good("mail", f"goes out by {os.environ['AMPARO_EMAIL_BACKEND']}")
        return
    host, port = os.environ.get("AMPARO_SMTP_HOST"), int(os.environ.get("AMPARO_SMTP_PORT") or 25)
    if not host:
        yield warning(
            "mail",
            f"No mail server is set: letters are written into {_home / 'mail'}.",
            "Set AMPARO_SMTP_HOST and the rest.",
        )
        return
    on = ("1", "true", "yes", "on")
    kind = smtplib.SMTP_SSL if os.environ.get("AMPARO_SMTP_TLS", "").lower() in on else smtplib.SMTP
    try:
        with kind(host, port, timeout=TIMEOUT_SECONDS) as connection:
            if os.environ.get("AMPARO_SMTP_STARTTLS", "").lower() in on:
                connection.starttls()
            if user := os.environ.get("AMPARO_SMTP_USER"):
                connection.login(user, os.environ.get("AMPARO_SMTP_PASSWORD", ""))
            connection.noop()
        yield good("mail", f"{host}:{port} takes our letters")
    except (OSError, smtplib.SMTPException) as error:
        yield bad(
            "mail",
            f"{host}:{port} refuses: {error}",
            "Look at AMPARO_SMTP_*; what waits is sent when it works again.",
        )
    if not os.environ.get("AMPARO_MAIL_FROM"):
        yield warning(
            "mail",
            "AMPARO_MAIL_FROM is not set.",
            "Give the address that letters come from, of a domain that lets you.",
        )


def mailboxes(_home: Path) -> Iterator[Finding]:
    """Where mail comes in: whether each mailbox was looked into lately, and whether anything waits."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return
    with psycopg.connect(url, connect_timeout=TIMEOUT_SECONDS) as connection:
        if not one(connection, "SELECT to_regclass('mailbox_mailbox')"):
            return
        rows = connection.execute(
            "SELECT address, host, error, failing_since, looked_at FROM mailbox_mailbox WHERE is_active ORDER BY address"
        ).fetchall()
        waiting = one(connection, "SELECT count(*) FROM mailbox_mail WHERE state = 'waiting'")
    for address, host, error, failing_since, looked_at in rows:
        yield mailbox(address, host, error, failing_since, looked_at)
    if waiting:
        yield warning("mail in", f"{waiting} messages wait for staff.", "They are at /desk/mailbox/, each with its reason.")


def mailbox(address: str, host: str, error: str, failing_since: datetime | None, looked_at: datetime | None) -> Finding:
    """How one mailbox is."""
    what = f"mailbox {address}"
    if not host:
        return good(what, "its mail server hands over to us")
    if error:
        since = f" since {failing_since:%Y-%m-%d %H:%M} UTC" if failing_since else ""
        return bad(what, f"{host} does not answer as it should{since}: {error}", "Look at its settings at /desk/mailbox/mailboxes/, and at the server.")
    if looked_at is None or (datetime.now(UTC) - looked_at).total_seconds() > MAILBOX_LATE_SECONDS:
        return warning(what, f"{host} was not looked into lately.", "Is the worker running?")
    return good(what, f"{host} was looked into {int((datetime.now(UTC) - looked_at).total_seconds())} s ago")


def telephones(_home: Path) -> Iterator[Finding]:
    """Telephone exchanges: whether those we listen to answer, and whether the process that listens lives."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return
    with psycopg.connect(url, connect_timeout=TIMEOUT_SECONDS) as connection:
        if not one(connection, "SELECT to_regclass('live_exchange')"):
            return
        rows = connection.execute("SELECT name, kind, error, failing_since, seen_at FROM live_exchange WHERE is_active ORDER BY name").fetchall()
        at = one(connection, "SELECT max(at) FROM project_heartbeat WHERE part = 'telephone'")
    listened = [row for row in rows if row[1] != "webhook"]
    if listened and (at is None or (datetime.now(UTC) - at).total_seconds() > HEARTBEAT_LATE_SECONDS):
        yield bad("telephone", "nobody listens to the exchanges: no card opens by itself.", "Start it with `amparo telephone` (`amparo up` starts it when an exchange is set up).")
    for name, kind, error, failing_since, seen_at in rows:
        what = f"exchange {name}"
        if error:
            since = f" since {failing_since:%Y-%m-%d %H:%M} UTC" if failing_since else ""
            yield bad(what, f"does not answer as it should{since} ({error}).", "The button «Try it» at /desk/live/exchanges/ says what is wrong.")
        elif seen_at is None:
            yield warning(what, "has told nothing yet.", "Send it a signed message (operator guide)." if kind == "webhook" else "Is `amparo telephone` running?")
        else:
            yield good(what, f"told us of calls, or answered, {int((datetime.now(UTC) - seen_at).total_seconds())} s ago")


def gateways(home: Path) -> Iterator[Finding]:
    """Janus and the relay: what sound and image need."""
    for told in doctor_media.gateways(home, running(home, "media")):
        yield Finding(*told)


def assets(_home: Path) -> Iterator[Finding]:
    """Stylesheets, scripts and translations."""
    if not (installation.ROOT / ".cache" / "vendor" / "tabler.min.css").exists():
        yield bad("assets", "The front-end packages are missing.", "Run `make setup`.")
    elif not prepare.static_is_current():
        yield warning(
            "assets",
            "The published static files are not the newest.",
            "Restart with `amparo up`, which publishes them.",
        )
    else:
        yield good("assets", "published")
    catalogues = list(installation.ROOT.glob("amparo/*/locale/*/LC_MESSAGES/*.po"))
    missing = [p for p in catalogues if not p.with_suffix(".mo").exists()]
    if missing:
        yield warning("translations", f"{len(missing)} catalogues are not compiled.", "Run `make setup`.")


def documents(_home: Path) -> Iterator[Finding]:
    """Whether a PDF can really be made, in a process with the environment that the parts get."""
    script = "import weasyprint; assert weasyprint.HTML(string='<p>ñ</p>').write_pdf()[:5] == b'%PDF-'"
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(
        command, env=debian.environment(), capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode == 0:
        yield good("documents", "PDF can be made")
    else:
        last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        yield bad(
            "documents",
            f"PDF cannot be made: {last[:200]}",
            f"Install {' '.join(debian.PDF.packages)}, or run `make setup`.",
        )


def films(_home: Path) -> Iterator[Finding]:
    """Whether uploaded videos can be converted."""
    if folder := debian.ffmpeg():
        yield good("videos", f"ffmpeg in {folder}")
    else:
        yield warning(
            "videos", f"No ffmpeg: {debian.FILM.without}.", f"Install {' '.join(debian.FILM.packages)}, or run `make setup`."
        )


def browser(_home: Path) -> Iterator[Finding]:
    found = debian.chromium()
    if found:
        yield good("browser", f"{found} (for the browser tests only)")
    else:
        yield warning(
            "browser",
            f"No Chromium: {debian.BROWSER.without}.",
            "Nothing that serves people needs it; `make test` fetches it.",
        )


def zone(_home: Path) -> Iterator[Finding]:
    """The time zone of the service, and that this machine knows it."""
    name = os.environ.get("AMPARO_TIME_ZONE") or "America/Mexico_City"
    try:
        now = datetime.now(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        yield bad("time zone", f"{name} is not known here.", "Correct AMPARO_TIME_ZONE, or install tzdata.")
        return
    yield good("time zone", f"{name}: it is {now:%Y-%m-%d %H:%M} there; is that right?")
