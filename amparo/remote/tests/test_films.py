"""Films of screens that a browser shared: on the record by hash and length, verified where they are shown, gone in their time. LIV-3, CAS-2, CAS-7."""

from __future__ import annotations

import hashlib
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
from amparo.remote.models import Film

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


def test_films_that_were_kept_before_get_their_rows_from_the_facts(filmed):
    """LIV-3, CAS-2: of a database that was filled before; facts of then told no lengths."""
    before = list(Film.objects.order_by("number").values_list("session", "number", "file", "sha256", "octets"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE remote_film DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM remote_film")
        cursor.execute("ALTER TABLE remote_film ENABLE TRIGGER USER")
        cursor.execute(import_module("amparo.remote.migrations.0004_films").KEPT_BEFORE)
    assert list(Film.objects.order_by("number").values_list("session", "number", "file", "sha256", "octets")) == before
    assert [one.fault for one in queries.films_of(filmed.session)] == ["", ""]


def test_a_film_that_was_changed_exchanged_or_lost_is_not_called_whole(filmed, client_for):
    """CAS-1, CAS-7: the page says so beside the film that it still shows."""
    path = disk.path_of(hashlib.sha256(recorded.FILMS[0]).hexdigest())
    address = f"/desk/remote/{filmed.session.pk}/replay/"
    page = client_for(filmed.engineer).get(address).content.decode()
    assert page.count("<video") == 2 and "1:01" in page and hashlib.sha256(recorded.FILMS[1]).hexdigest()[:16] in page and "remote-whole" in page
    mine = client_for(actor_by_id(filmed.contact.user_id)).get(f"/remote/{filmed.session.pk}/replay/").content.decode()
    assert mine.count("<video") == 2 and StoredFile.objects.first().url in mine
    stood = path.stat().st_mode
    path.chmod(0o600)
    path.write_bytes(recorded.FILMS[0].replace(b"first", b"other"))
    assert [one.fault for one in queries.films_of(filmed.session)] == ["its file was changed", ""]
    assert client_for(filmed.engineer).get(address).content.decode().count("remote-whole") == 1
    path.write_bytes(recorded.FILMS[1])
    assert queries.films_of(filmed.session)[0].fault == "its file was changed"
    path.unlink()
    assert queries.films_of(filmed.session)[0].fault == "its file is not there"
    path.write_bytes(recorded.FILMS[0])
    path.chmod(stood)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE history_fact DISABLE TRIGGER USER")
        cursor.execute("UPDATE history_fact SET data = jsonb_set(data, '{octets,0}', '7') WHERE name = 'remote.filmed'")
        cursor.execute("ALTER TABLE history_fact ENABLE TRIGGER USER")
    faults = [one.fault for one in queries.films_of(filmed.session)]
    assert faults[0] == "the record of the case tells another film" and "was altered" in faults[1], "the chain of the case holds no more either"


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
