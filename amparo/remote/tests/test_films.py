"""Films of screens that a browser shared: on the record by hash and length, verified where they are shown, gone in their time. LIV-3, CAS-2, CAS-7."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction

from amparo.cases.tests.world import accepted, fresh, proposed
from amparo.conftest import NOON, make_contact, make_customer, make_staff
from amparo.files import commands as files
from amparo.files.commands import disk
from amparo.files.models import StoredFile
from amparo.history.queries import facts
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted
from amparo.people.queries import actor_by_id
from amparo.remote import commands, queries, tasks
from amparo.remote.models import Film, Session, Verification

from . import recorded
from .world import a_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def filmed(db, tmp_path, settings):
    """A session that a browser shared, over, with a film of two parts."""
    settings.MEDIA_ROOT, settings.GATEWAY_FOLDER = tmp_path / "files", tmp_path / "media"
    engineer = make_staff("Elena Ingeniera", "engineer")
    contact = make_contact(make_customer("Abarrotes Lupita"), "Lupita Romero")
    case = a_case(contact, engineer)
    session = recorded.filmed(case, engineer, tmp_path)
    assert [one.verified_at for one in queries.films_of(session)] == [None, None] and commands.verify_due(at=NOON) == 2
    return SimpleNamespace(session=session, case=case, engineer=engineer, contact=contact)


def test_a_film_is_on_the_record_by_its_hash_and_its_length(filmed):
    """LIV-3, CAS-1: in the chain of the case, so that it cannot be put in the place of another."""
    hashes = [hashlib.sha256(one).hexdigest() for one in recorded.FILMS]
    told = facts(filmed.case.subject)[-1]
    assert (told.name, told.data["sha256"], told.data["octets"]) == ("remote.filmed", hashes, [len(one) for one in recorded.FILMS])
    assert told.data["milliseconds"] == [0, 61_400] and told.data["count"] == 2
    shown = queries.films_of(filmed.session)
    assert [(one.number, one.sha256, one.octets, one.milliseconds, one.fault) for one in shown] == [
        (1, hashes[0], len(recorded.FILMS[0]), None, ""), (2, hashes[1], len(recorded.FILMS[1]), 61_400, "")
    ]  # fmt: skip
    assert queries.of_case(filmed.case.pk)[0].replayable and queries.film_ids_of_case(filmed.case.pk) == [one.file_id for one in Film.objects.order_by("pk")]
    with pytest.raises(NotPermitted):
        commands.keep_films(filmed.session, [], actor=filmed.engineer, at=NOON)
    for act in (Film.objects.all().delete, lambda: Film.objects.update(sha256="0" * 64)):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_films_are_copied_before_the_transaction_that_keeps_them(filmed, tmp_path, monkeypatch):
    """LIV-3: hours of them would hold the session for as long; what is not kept does not stay."""
    depth, found, really = len(connection.savepoint_ids), [], disk.bring
    monkeypatch.setattr(files, "bring", lambda path: (found.append(len(connection.savepoint_ids)), really(path))[1])
    (tmp_path / "more").write_bytes(b"\x1aE\xdf\xa3 more")
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr("amparo.remote.commands.sharing.tell", lambda *_given, **_named: (_ for _ in ()).throw(SystemExit))
        commands.keep_films(filmed.session, [(tmp_path / "more", 1)], actor=SYSTEM, at=NOON)
    assert found == [depth] and Film.objects.count() == 2 and not list((tmp_path / "files" / "incoming").iterdir())


def test_films_that_were_kept_before_get_their_rows_from_the_facts(filmed):
    """LIV-3, CAS-2: of a database that was filled before; facts of then told no lengths."""
    before = list(Film.objects.order_by("number").values_list("session", "number", "file", "sha256", "octets"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM remote_verification")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE remote_film DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM remote_film")
        cursor.execute("ALTER TABLE remote_film ENABLE TRIGGER USER")
        cursor.execute(import_module("amparo.remote.migrations.0004_films").KEPT_BEFORE)
    assert list(Film.objects.order_by("number").values_list("session", "number", "file", "sha256", "octets")) == before
    assert [(one.fault, one.verified_at) for one in queries.films_of(filmed.session)] == [("", None)] * 2 and commands.verify_due(at=NOON) == 2


def test_a_film_that_was_changed_exchanged_or_lost_is_not_called_whole(filmed, client_for):
    """CAS-1, CAS-7: the page says so beside the film that it still shows; of bytes of the same number as soon as they are read, and before that nothing."""
    path = disk.path_of(hashlib.sha256(recorded.FILMS[0]).hexdigest())
    address = f"/desk/remote/{filmed.session.pk}/replay/"
    page = client_for(filmed.engineer).get(address).content.decode()
    assert page.count("<video") == 2 and "1:01" in page and hashlib.sha256(recorded.FILMS[1]).hexdigest()[:16] in page and "remote-whole" in page
    mine = client_for(actor_by_id(filmed.contact.user_id)).get(f"/remote/{filmed.session.pk}/replay/").content.decode()
    assert mine.count("<video") == 2 and StoredFile.objects.first().url in mine
    stood = path.stat()
    path.chmod(0o600)
    path.write_bytes(recorded.FILMS[0].replace(b"first", b"other"))
    os.utime(path, ns=(stood.st_atime_ns, stood.st_mtime_ns))
    page = client_for(filmed.engineer).get(address).content.decode()
    assert page.count("remote-whole") == 1 == page.count("remote-unread") and "No está íntegra" not in page
    assert commands.ask_for_touched(at=NOON) == 1 and commands.ask_for_touched(at=NOON) == 0 and commands.verify_due(at=NOON) == 1
    assert [one.fault for one in queries.films_of(filmed.session)] == ["changed", ""]
    page = client_for(filmed.engineer).get(address).content.decode()
    assert page.count("remote-whole") == 1 and "remote-unread" not in page and "su archivo se cambió" in page
    path.write_bytes(recorded.FILMS[1])
    assert queries.films_of(filmed.session)[0].fault == "changed", "of another length it is seen at once"
    path.unlink()
    assert queries.films_of(filmed.session)[0].fault == "missing"
    path.write_bytes(recorded.FILMS[0])
    path.chmod(stood.st_mode)
    assert [(one.fault, one.verified_at is None) for one in queries.films_of(filmed.session)] == [("", True), ("", False)]
    tasks.keep(at=NOON)
    tasks.verify(at=NOON)
    assert queries.films_of(filmed.session)[0].verified_at == NOON
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE history_fact DISABLE TRIGGER USER")
        cursor.execute("UPDATE history_fact SET data = jsonb_set(data, '{octets,0}', '7') WHERE name = 'remote.filmed'")
        cursor.execute("ALTER TABLE history_fact ENABLE TRIGGER USER")
    faults = [one.fault for one in queries.films_of(filmed.session)]
    assert faults == ["other", "chain"], "the chain of the case holds no more either"


def test_a_page_reads_no_film_and_says_when_it_was_read(filmed, client_for, monkeypatch):
    """CAS-7: gigabytes are read by the worker: first of all, when somebody asks, and each month anew, for a disk that forgets touches no date."""
    address, read, really = f"/remote/{filmed.session.pk}/", [], disk.hash_of
    monkeypatch.setattr(disk, "hash_of", lambda path: (read.append(path), really(path))[1])
    browser = client_for(filmed.contact)
    assert browser.get(f"{address}replay/").content.decode().count("última verificación") == 2
    path = disk.path_of(Film.objects.order_by("number").first().sha256)
    lay = queries.lies(path.name)
    path.chmod(0o600)
    path.write_bytes(recorded.FILMS[0].replace(b"first", b"other"))
    Verification.objects.filter(lay=lay).update(lay=queries.lies(path.name))  # as a disk does that forgets
    assert browser.get(f"{address}replay/").content.decode().count("remote-whole") == 2
    commands.ask_verification(filmed.session, actor=filmed.contact, at=NOON + timedelta(seconds=59))
    assert commands.verify_due(at=NOON + timedelta(minutes=2)) == 0, "it was read just now"
    assert browser.post(f"{address}verify/").status_code == 302
    assert browser.get(f"{address}replay/").content.decode().count("remote-unread") == 2 and not read
    assert commands.verify_due(at=NOON + timedelta(minutes=3), octets_max=1) == 1 == commands.verify_due(at=NOON + timedelta(minutes=3))
    assert [(one.fault, one.verified_at) for one in queries.films_of(filmed.session)] == [(fault, NOON + timedelta(minutes=3)) for fault in ("changed", "")]
    path.write_bytes(recorded.FILMS[0])
    assert commands.verify_due(at=NOON + timedelta(days=30)) == 0 and commands.verify_due(at=NOON + timedelta(days=31)) == 2 and len(read) == 4
    assert [one.fault for one in queries.films_of(filmed.session)] == ["", ""]


def test_films_are_verified_for_whoever_sees_their_case(filmed, client_for, other_contact, registered):
    """ACC-11, CAS-7"""
    asked = [client_for(one).post(f"/remote/{filmed.session.pk}/verify/").status_code for one in (other_contact, registered)]
    assert asked == [404, 403] and client_for(other_contact).post(f"/desk/remote/{filmed.session.pk}/verify/").status_code == 404
    with pytest.raises(NotPermitted):
        commands.ask_verification(filmed.session, actor=other_contact, at=NOON + timedelta(days=1))
    assert not Verification.objects.filter(asked_at__isnull=False).exists()
    assert client_for(filmed.engineer).post(f"/desk/remote/{filmed.session.pk}/verify/").status_code == 302


def test_a_film_that_cannot_be_read_is_neither_called_whole_nor_changed(filmed, client_for, monkeypatch, capsys):
    """CAS-7: with the way out, without the place on our disk; read again once the disk lets us."""
    def refuses(path):
        raise OSError(errno.EIO, "Input/output error", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(disk, "hash_of", refuses)
        assert commands.verify_due(at=NOON + timedelta(days=31)) == 2
    page = client_for(filmed.contact).get(f"/remote/{filmed.session.pk}/replay/").content.decode()
    assert page.count("no se puede leer ahora") == 2 and "escríbanos" in page and "remote-whole" not in page and str(disk.path_of("")) not in page
    said = capsys.readouterr().out
    assert "a film cannot be read" in said and str(disk.path_of("")) not in said
    commands.ask_verification(filmed.session, actor=filmed.contact, at=NOON + timedelta(days=32))
    assert commands.verify_due(at=NOON + timedelta(days=32)) == 2 and {one.fault for one in queries.films_of(filmed.session)} == {""}
    really = Path.stat

    def hidden(self, **given):
        if self.name == Film.objects.order_by("number").first().sha256:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return really(self, **given)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", hidden)
        assert [one.fault for one in queries.films_of(filmed.session)] == ["unreadable", ""]


def test_a_film_is_for_whoever_sees_its_case(filmed, client, client_for, other_contact, registered):
    """ACC-11, SEC-11: by its page and by its own address; who acts for nobody is not told whether there is one."""
    page, film = f"/remote/{filmed.session.pk}/replay/", Film.objects.order_by("number").first().file.url
    beside = make_contact(filmed.case.customer, "Solo Suyo", "own")
    for actor, status in ((filmed.contact, 200), (filmed.engineer, 200), (beside, 404), (other_contact, 404), (registered, 404)):
        assert client_for(actor).get(film).status_code == status, actor.name
    for actor in (beside, other_contact):
        assert client_for(actor).get(page).status_code == 404 and client_for(actor).get(f"/desk{page}").status_code == 404
    assert client.get(film).status_code == 404 and client.get(page).status_code == 302 and client.get(f"/desk{page}").status_code == 302
    told = [client_for(registered).get(f"/remote/{number}/replay/") for number in (filmed.session.pk, 999_999)]
    assert [one.status_code for one in told] == [403, 403] and film not in told[0].content.decode()


def test_a_film_goes_in_its_time_and_its_hash_stays(filmed, client_for, settings, django_capture_on_commit_callbacks):
    """CAS-2: as any other recording; files of the case that are no films stay."""
    with transaction.atomic():
        [other] = files.keep([(filmed.case.subject, "foto.png", b"other")], content_type="image/png", actor=SYSTEM, at=NOON)
    assert queries.due_recordings(at=NOON + timedelta(days=3000)) == [], "the case is open"
    later = NOON + timedelta(hours=1)
    accepted(proposed(fresh(filmed.case), filmed.engineer, "solved", at=later), filmed.contact, at=later)
    over = datetime(2028, 11, 12, 6, tzinfo=UTC)  # in Mexico the night after the day on which two years are full
    assert queries.due_recordings(at=over - timedelta(seconds=1)) == []
    assert queries.due_recordings(at=over) == [filmed.session]
    unread = Path(settings.GATEWAY_FOLDER) / "recordings" / queries.room_of(filmed.session) / "one.unread"
    unread.parent.mkdir(parents=True)
    unread.touch()
    with django_capture_on_commit_callbacks(execute=True):
        assert commands.remove_recording(filmed.session, actor=SYSTEM, at=NOON + timedelta(days=800))
    assert not unread.exists()
    assert not commands.remove_recording(filmed.session, actor=SYSTEM, at=NOON + timedelta(days=800))
    assert files.remove_purged(at=NOON + timedelta(days=800)) == 2
    assert not disk.path_of(Film.objects.first().sha256).exists() and disk.path_of(other.sha256).exists()
    told = facts(filmed.case.subject)[-1]
    assert told.name == "remote.recording_purged" and told.data["films"] == [hashlib.sha256(one).hexdigest() for one in recorded.FILMS]
    page = client_for(filmed.engineer).get(f"/desk/remote/{filmed.session.pk}/replay/").content.decode()
    assert "<video" not in page and client_for(filmed.engineer).get(StoredFile.objects.first().url).status_code == 404


def test_a_film_whose_length_takes_too_long_to_tell_is_kept_without_it(tmp_path, monkeypatch):
    """LIV-3: nothing that waits behind it is held up."""
    def slow(command, **given):
        raise subprocess.TimeoutExpired(command, given["timeout"])

    monkeypatch.setattr(subprocess, "run", slow)
    assert tasks._milliseconds(tmp_path / "film.webm") == 0


def test_one_worker_at_a_time_makes_films_and_reads_them(filmed, monkeypatch):
    """LIV-3, CAS-7: two would keep each film twice; whoever dies lets go with his connection."""
    begun = []
    monkeypatch.setattr(queries, "ended_by_browser", lambda **_named: begun.append(1) or [])
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(name, 0)) FROM unnest(ARRAY['remote:films', 'remote:verify']) AS name")
        tasks.films(at=NOON)
        assert not begun and commands.verify_due(at=NOON + timedelta(days=31)) == 0
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()
    tasks.films(at=NOON)
    assert begun and commands.verify_due(at=NOON + timedelta(days=31)) == 2
    assert {one.verified_at for one in queries.films_of(filmed.session)} == {NOON + timedelta(days=31)}


def test_a_film_that_goes_while_it_is_read_is_no_fault(filmed, monkeypatch, capsys):
    """CAS-2, CAS-7: its time is over; nobody is alarmed."""
    def goes(path):
        Session.objects.update(purged_at=NOON)
        raise FileNotFoundError(path)

    monkeypatch.setattr(disk, "hash_of", goes)
    commands.verify_due(at=NOON + timedelta(days=31))
    assert "does not hold" not in capsys.readouterr().out and not Verification.objects.exclude(fault="").exists()


def test_what_was_never_read_is_read_before_what_was_read_long_ago(filmed, monkeypatch):
    """CAS-7: whoever opens the page of a new film waits for no old one; first of all comes what somebody asked for."""
    first, second = Film.objects.order_by("number")
    Verification.objects.filter(film=second).delete()
    assert commands.verify_due(at=NOON + timedelta(days=31), octets_max=1) == 1
    assert Verification.objects.get(film=second).verified_at == NOON + timedelta(days=31) and Verification.objects.get(film=first).verified_at == NOON
