# ruff: noqa: S603
"""Backup and restore: the database, the files, the secrets, and a manifest that proves that all came back.

The database is dumped from one snapshot, and rows of each table are counted and hashed in that same snapshot; a restore
compares every table, file and secret with the manifest before it says that it is done.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from amparo.project import installation
from amparo.project.installation import Problem
from amparo.project.postgres import OLDEST_MAJOR, Server, binaries, clean_environment

FORMAT = 1
DUMP = "database.dump"
FILES, RELEASES, RECORDINGS = "files", "downloads", "recordings"
SECRETS = "secrets.json"
MANIFEST = "manifest.json"
COMPARABLE = (
    "SET TIME ZONE 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1"
)


def backup(home: Path, target: Path, *, at: datetime) -> dict[str, Any]:
    """Save everything of this installation into a new folder, whole or not at all; return its manifest.

    The service may go on meanwhile. Raises Problem.
    """
    if target.exists() and any(target.iterdir()):
        raise Problem(f"{target} is not empty. A backup gets a new folder of its own.")
    secrets = installation.secrets_path(home)
    installation.read_secrets(secrets)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            snapshot = _one(connection, "SELECT pg_export_snapshot()")
            dump(partial / DUMP, snapshot, connection.info.server_version // 10_000)
            tables = table_digests(connection)
            server = _one(connection, "SHOW server_version")
        damaged = [name for folder in (FILES, RELEASES, RECORDINGS) for name in copy_files(home / folder, partial / folder)]
        installation.write_private(partial / SECRETS, secrets.read_text())
        manifest = {
            "format": FORMAT,
            "made_at": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "postgresql": server,
            "tables": tables,
            "contents": digests(partial),
            "damaged_files": damaged,
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
        if target.exists():
            target.rmdir()
        partial.replace(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return manifest


def restore(source: Path, home: Path) -> dict[str, Any]:
    """Bring a backup into an empty data folder (and an empty database), compare everything, return the manifest.

    What cannot be restored whole is taken away again. Raises Problem.
    """
    manifest = read_manifest(source)
    check_contents(source, manifest)
    refuse_what_is_there(home)
    home.mkdir(parents=True, exist_ok=True)
    made = [home / SECRETS, home / FILES, home / RELEASES, home / RECORDINGS, home / "log", home / "lock", home / MANIFEST]
    os.environ["AMPARO_DATA"] = str(home)
    os.environ.pop("AMPARO_SECRETS_FILE", None)
    try:
        with contextlib.ExitStack() as stack:
            if not os.environ.get("DATABASE_URL"):
                server = Server(home)
                made += [server.root, home / f"postgres-{server.binaries.major}"]
                stack.enter_context(server)
                os.environ["DATABASE_URL"] = server.url()
                stack.callback(os.environ.pop, "DATABASE_URL", None)
            load(source / DUMP)
            for folder in (FILES, RELEASES, RECORDINGS):
                if (source / folder).exists():
                    shutil.copytree(source / folder, home / folder)
            installation.write_private(home / SECRETS, (source / SECRETS).read_text())
            differences = list(compare(home, manifest))
            if differences:
                raise Problem("What was restored is not what was saved: " + "; ".join(differences[:10]))
    except BaseException:
        for path in made:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        raise
    return manifest


# ---------------------------------------------------------------------------- database


def tool(name: str, server_major: int) -> str:
    """Return a client program that can talk to a server of this major version: its own or a newer one."""
    with contextlib.suppress(Exception):
        found = binaries()
        if found.major >= max(server_major, OLDEST_MAJOR):
            return found / name
    path = shutil.which(name)
    if path:
        words = subprocess.run(
            [path, "--version"], capture_output=True, text=True, check=False
        ).stdout.split()
        if any(re.match(r"\d+", w) and int(w.split(".")[0]) >= server_major for w in words):
            return path
    raise Problem(f"The server is PostgreSQL {server_major}; install its {name}, the one here is older.")


def address() -> tuple[list[str], dict[str, str]]:
    """Return how to call PostgreSQL's programs: the password goes by the environment, where no list of processes shows it."""
    found = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "sslmode": "PGSSLMODE",
    }
    env = {**clean_environment(), **{names[k]: str(v) for k, v in found.items() if k in names and v}}
    return ["--dbname", str(found.get("dbname", "amparo"))], env


def dump(target: Path, snapshot: str, server_major: int) -> None:
    where, env = address()
    command = [
        tool("pg_dump", server_major),
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--snapshot={snapshot}",
    ]
    run([*command, "--file", str(target), *where], env)
    target.chmod(0o600)


def load(source: Path) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        if _one(connection, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"):
            raise Problem("The database is not empty. A backup is restored into a new one.")
        major = connection.info.server_version // 10_000
    where, env = address()
    run(
        [
            tool("pg_restore", major),
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            *where,
            str(source),
        ],
        env,
    )
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("ANALYZE")


def run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise Problem(f"{Path(command[0]).name} failed: {done.stderr.strip()[-1000:]}")


def table_digests(connection: psycopg.Connection[Any]) -> dict[str, dict[str, Any]]:
    """Return for each table how many rows it has, and a sum over the hashes of its rows that no order changes."""
    connection.execute(COMPARABLE)
    rows = connection.execute(
        "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
        "GROUP BY 1 ORDER BY 1"
    ).fetchall()
    found = {}
    for table, columns in rows:
        row = sql.SQL(", ").join(map(sql.Identifier, columns))
        query = sql.SQL(
            "SELECT count(*), coalesce(sum(('x' || substr(md5(ROW({row})::text), 1, 15))::bit(60)::bigint::numeric), 0)::text "
            "FROM {table}"
        ).format(row=row, table=sql.Identifier(table))
        count, digest = connection.execute(query).fetchone() or (0, "0")
        found[table] = {"rows": count, "digest": digest}
    return found


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row
    return row[0]


# ---------------------------------------------------------------------------- files and manifest


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def copy_files(source: Path, target: Path) -> list[str]:
    """Copy the stored files; return those whose content is not what their name says (they are named by their hash)."""
    damaged = []
    target.mkdir(exist_ok=True)
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        name = str(path.relative_to(source))
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(path, copy)
        except FileNotFoundError:  # a draft's file that was cleaned away this moment
            continue
        if re.fullmatch(r"[0-9a-f]{64}", path.stem) and sha256(copy) != path.stem:
            damaged.append(name)
    return damaged


def digests(folder: Path) -> dict[str, dict[str, Any]]:
    """Return size and hash of each file of a backup."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    return {str(p.relative_to(folder)): {"bytes": p.stat().st_size, "sha256": sha256(p)} for p in paths}


def read_manifest(source: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((source / MANIFEST).read_text())
        known = manifest["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        raise Problem(f"{source} is not a backup: it has no readable {MANIFEST}.") from None
    if not known:
        raise Problem(
            f"{source} was written by another version of Amparo, in a format that this one does not read."
        )
    return dict(manifest)


def check_contents(source: Path, manifest: dict[str, Any]) -> None:
    """Refuse a backup that was altered or is not whole, before anything is touched."""
    found = digests(source)
    wrong = sorted(n for n in {*found, *manifest["contents"]} if found.get(n) != manifest["contents"].get(n))
    if wrong:
        raise Problem(f"The backup is damaged or not whole: {', '.join(wrong[:10])}.")


def refuse_what_is_there(home: Path) -> None:
    there = sorted(p.name for p in home.iterdir()) if home.exists() else []
    if there:
        raise Problem(
            f"{home} is not empty ({', '.join(there[:5])}). A backup is restored into a new data folder."
        )


def compare(home: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Yield each difference between what stands now and what the manifest says."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        now = table_digests(connection)
    for table in sorted({*now, *manifest["tables"]}):
        if now.get(table) != manifest["tables"].get(table):
            yield f"table {table}: {manifest['tables'].get(table)} was saved, {now.get(table)} is there"
    for name, saved in manifest["contents"].items():
        if name.startswith((f"{FILES}/", f"{RELEASES}/", f"{RECORDINGS}/")) or name == SECRETS:
            path = home / name
            if not path.exists() or sha256(path) != saved["sha256"]:
                yield f"file {name}"
