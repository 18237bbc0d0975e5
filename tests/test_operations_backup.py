"""Doctor, backup and restore, against real servers in folders of their own."""

import hashlib
import json
import subprocess

import psycopg
import pytest

from tests.running import (
    Running,
    amparo,
    folder,
    home,
    prepared,
    service,
    wait_for,
    with_server,
)

pytestmark = pytest.mark.operations
__all__ = ["folder", "home", "prepared", "service"]


# ---------------------------------------------------------------------------- doctor, backup, restore


def test_the_doctor_finds_a_running_service_healthy(service):
    assert wait_for(lambda: verdicts(service.home)["worker"] == "good")
    done = amparo("doctor", "--data", service.home, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["healthy"], found
    assert {
        "secrets",
        "disk",
        "database",
        "migrations",
        "worker",
        "pages",
        "stream",
        "mail",
        "documents",
        "time zone",
    } <= {finding["what"] for finding in found["findings"]}


def verdicts(home):
    found = json.loads(amparo("doctor", "--data", home, "--json").stdout)
    return {"worker": "bad"} | {finding["what"]: finding["verdict"] for finding in found["findings"]}


def test_the_doctor_says_what_is_wrong_and_what_to_do(home):
    (home / "secrets.json").chmod(0o644)
    done = amparo("doctor", "--data", home)
    assert done.returncode == 1
    assert "can be read by others" in done.stdout and "chmod 600" in done.stdout
    assert (
        "is stopped" in done.stdout
        and "amparo up" in done.stdout
        and "Traceback" not in done.stdout + done.stderr
    )


def all_rows(url):
    """Return every row of every table as the database writes it, sorted: what a comparison by eye would see."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        tables = [
            row[0]
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        return {
            table: sorted(
                row[0]
                for row in connection.execute(
                    psycopg.sql.SQL("SELECT t::text FROM {} t").format(psycopg.sql.Identifier(table))
                )
            )
            for table in tables
        }


def all_files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def original(prepared, folder):
    """A data folder with a file, and a backup of it: what it held, and where it is saved."""
    home, saved = folder / "original", folder / "saved"
    subprocess.run(["cp", "-a", prepared, home], check=True)
    content = b"%PDF-1.4 una p\xc3\xb3liza"
    name = hashlib.sha256(content).hexdigest()
    stored = home / "files" / name[:2] / name[2:4] / name
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_bytes(content)
    done = amparo("backup", saved, "--data", home, "--json")
    assert done.returncode == 0, done.stderr
    assert saved.stat().st_mode & 0o077 == 0
    return home


@pytest.fixture
def saved(original, folder, request):
    """A copy of the backup, for a test that spoils it."""
    copy = folder / f"saved-{request.node.name[:30]}"
    subprocess.run(["cp", "-a", folder / "saved", copy], check=True)
    return copy


def sequences(url):
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall())


def test_a_backup_restored_into_an_empty_folder_holds_everything(original, folder):
    """Every row of every table, every file, the keys; new rows get new numbers; and the restored service starts."""
    restored = folder / "restored"
    done = amparo("restore", folder / "saved", "--data", restored, "--json")
    assert done.returncode == 0, done.stderr
    (before, numbers), (after, found) = (with_server(home, lambda url: (all_rows(url), sequences(url))) for home in (original, restored))
    assert before == after and sum(map(len, before.values())) > 100
    assert numbers == found
    assert json.loads(done.stdout)["rows"] == sum(map(len, after.values()))
    assert all_files(original / "files") == all_files(restored / "files")
    assert (original / "secrets.json").read_text() == (restored / "secrets.json").read_text()
    assert (restored / "secrets.json").stat().st_mode & 0o777 == 0o600
    service = Running(restored)
    try:
        assert "Amparo is running" in service.text() and "Preparing" not in service.text()
    finally:
        service.stop()


def test_a_backup_is_never_restored_over_anything(home, saved):
    before = (home / "secrets.json").read_text()
    done = amparo("restore", saved, "--data", home)
    assert done.returncode == 1 and "not empty" in done.stderr
    assert (home / "secrets.json").read_text() == before
    again = amparo("backup", saved, "--data", home)
    assert again.returncode == 1 and "not empty" in again.stderr


def test_a_damaged_backup_is_refused_before_anything_is_touched(saved, folder):
    restored = folder / "restored-damaged"
    with (saved / "database.dump").open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"\0")
    done = amparo("restore", saved, "--data", restored)
    assert done.returncode == 1 and "damaged" in done.stderr and "database.dump" in done.stderr
    assert not restored.exists()


def test_a_restore_that_differs_from_what_was_saved_is_taken_away_again(saved, folder):
    """A manifest that promises another row than the dump holds: nothing stays behind."""
    restored = folder / "restored-differs"
    manifest = json.loads((saved / "manifest.json").read_text())
    manifest["tables"]["amparo_stamp"]["rows"] += 1
    (saved / "manifest.json").write_text(json.dumps(manifest))
    done = amparo("restore", saved, "--data", restored)
    assert done.returncode == 1 and "amparo_stamp" in done.stderr
    assert not any(restored.iterdir())
    manifest["tables"]["amparo_stamp"]["rows"] -= 1
    (saved / "manifest.json").write_text(json.dumps(manifest))
    assert amparo("restore", saved, "--data", restored).returncode == 0


def test_a_file_that_is_not_what_its_name_says_is_reported(home, folder):
    stored = home / "files" / "aa" / "bb" / ("ab" * 32)
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_bytes(b"something else")
    done = amparo("backup", folder / "saved-wrong-file", "--data", home)
    assert done.returncode == 1 and "ab" * 32 in done.stdout
