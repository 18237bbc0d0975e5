"""From the gateway's tracks to one film: what is not in it is kept as long as it is, and said. LIV-1, LIV-3, CAS-2."""

from __future__ import annotations

import json
import os
import stat
import struct
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from amparo.classroom import commands, queries, tasks
from amparo.classroom.machine import Film
from amparo.classroom.models import Recording
from amparo.conftest import NOON, make_staff
from amparo.history.queries import facts
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.kernel.months import kept_until
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value

from .world import MINUTE, contract_for, hour_class

MEXICO = ZoneInfo("America/Mexico_City")


@pytest.fixture
def recorded(engineer, customer, contact, tmp_path, settings, monkeypatch):
    """An hour that was recorded and is over; `track` lays one down, `seconds` says by participant how long his plays (none: it cannot be read)."""
    settings.GATEWAY_FOLDER, settings.MEDIA_ROOT = tmp_path / "media", tmp_path / "files"
    monkeypatch.setattr(clock, "now", lambda: NOON + 2 * MINUTE)
    contract_for(customer.pk, credits=40)
    made = commands.start(commands.agree(hour_class(engineer, customer), actor=contact, at=NOON), actor=engineer, at=NOON)
    commands.set_recording(made, True, actor=engineer, at=NOON)
    made = commands.end(made, actor=engineer, at=NOON + MINUTE)
    folder, seconds, encoded = settings.GATEWAY_FOLDER / "recordings" / made.room, {}, []
    folder.mkdir(parents=True)

    def track(who, lasts, raw=None):
        seconds[who] = lasts
        head = json.dumps({"t": "v", "u": int(NOON.timestamp() * 1e6)}).encode()
        path = folder / f"videoroom-{made.room}-user-{who}-1-video-0.mjr"
        path.write_bytes(b"MJR00002" + struct.pack("!H", len(head)) + head if raw is None else raw)
        return path

    def play(path, target, **_named):
        lasts = seconds[path.name.partition("-user-")[2].split("-")[0]]
        target.write_text(str(lasts))
        return lasts is not None

    def encode(_recording, tracks, target):
        encoded.append(sorted(one.owner for one in tracks))
        target.write_bytes(b"\x1aE\xdf\xa3 a film")

    monkeypatch.setattr(tasks.janus, "play", play)
    monkeypatch.setattr(tasks.ffmpeg, "seconds_of", lambda path: float(path.read_text()))
    monkeypatch.setattr(tasks, "encode", encode)
    return SimpleNamespace(one=made, folder=folder, track=track, encoded=encoded, engineer=engineer, contact=contact)


def test_tracks_that_are_not_in_the_film_are_kept_with_it_and_said(recorded, client_for, django_capture_on_commit_callbacks):
    """LIV-3, CAS-2: of length none, too short, unreadable, with a broken head; on both pages and on the record; gone with the film."""
    recorded.track("whole", 60.0)
    recorded.track("empty", 1, raw=b"MJR00002")
    left = {recorded.track("none", 0.0), recorded.track("short", 0.2), recorded.track("unread", None), recorded.track("bent", 9.0, raw=b"MJR00002\x00\x05{{{{{")}
    assert tasks.films(at=NOON + MINUTE) and recorded.encoded == [["whole"]]
    found = Recording.objects.get()
    assert (found.state, found.left_out, found.seconds) == ("ready", 4, 60) and set(recorded.folder.iterdir()) == left
    assert [fact.data["left_out"] for fact in facts(recorded.one.subject) if fact.name == "class.recorded"] == [4]
    for page in (client_for(recorded.contact).get(f"/classroom/{recorded.one.pk}/"), client_for(recorded.engineer).get(f"/desk/classroom/{recorded.one.pk}/")):
        assert "<video" in page.content.decode() and "4 pistas" in page.content.decode()
    over = kept_until(recorded.one.ended_at, value("classroom.recording_months", at=NOON), MEXICO)
    assert queries.due_films(at=over - MINUTE) == [] and queries.due_films(at=over) == [found]
    with django_capture_on_commit_callbacks(execute=True):
        assert commands.remove_film(found, actor=SYSTEM, at=over)
    assert not recorded.folder.exists()


def test_where_no_track_plays_it_is_not_said_that_nothing_was_recorded(recorded, client_for, django_capture_on_commit_callbacks):
    """LIV-3, CAS-2: it failed, three times; the tracks are there until their time is over."""
    left = recorded.track("none", 0.0)
    for number in range(1, 4):
        assert tasks.films(at=NOON + 60 * number * MINUTE)
    found = Recording.objects.get()
    assert found.state == Film.FAILED and "none of its 1 tracks" in found.reason and left.exists() and not recorded.encoded
    assert "No se pudo preparar" in client_for(recorded.contact).get(f"/classroom/{recorded.one.pk}/").content.decode()
    over = kept_until(recorded.one.ended_at, value("classroom.recording_months", at=NOON), MEXICO)
    assert queries.due_films(at=over) == [found]
    with django_capture_on_commit_callbacks(execute=True):
        assert commands.remove_film(found, actor=SYSTEM, at=over)
    assert not left.exists() and Recording.objects.get().reason == "" and not commands.remove_film(found, actor=SYSTEM, at=over)


def test_a_film_that_failed_is_made_when_staff_try_again_and_the_cause_is_gone(recorded, client_for):
    """LIV-1, LIV-3: for whoever leads classes; asked twice it is one try, and a film that is there is not made anew."""
    track = recorded.track("whole", None)
    assert tasks.films(at=NOON + 60 * MINUTE)
    early = client_for(recorded.engineer).get(f"/desk/classroom/{recorded.one.pk}/").content.decode()
    assert "Se intentará de nuevo" in early and f"/desk/classroom/{recorded.one.pk}/film/" not in early
    for number in range(2, 4):
        assert tasks.films(at=NOON + 60 * number * MINUTE)
    desk, address = f"/desk/classroom/{recorded.one.pk}/", f"/desk/classroom/{recorded.one.pk}/film/"
    staff, sales = client_for(recorded.engineer), client_for(make_staff("Sara Ventas", "sales"))
    assert address in staff.get(desk).content.decode() and address not in sales.get(desk).content.decode()
    assert sales.post(address).status_code == 403 and client_for(recorded.contact).post(address).status_code == 404
    with pytest.raises(NotPermitted):
        commands.try_film_again(recorded.one, actor=recorded.contact, at=NOON)
    assert Recording.objects.get().state == Film.FAILED and not tasks.films(at=NOON + 300 * MINUTE)
    recorded.track("whole", 60.0)  # whatever kept it from being read is mended
    said = staff.post(address, follow=True).content.decode()
    assert "Se está intentando de nuevo" in said and address not in said
    assert "No se hizo nada" in staff.post(address, follow=True).content.decode()
    again = Recording.objects.get()
    assert (again.state, again.tries, again.reason) == (Film.WAITING, 0, "")
    assert tasks.films(at=again.touched_at) and Recording.objects.get().state == Film.READY and not track.exists()
    assert "No se hizo nada" in staff.post(address, follow=True).content.decode() and Recording.objects.get().state == Film.READY
    assert [fact.actor_ref for fact in facts(recorded.one.subject) if fact.name == "class.film_tried_again"] == [f"user:{recorded.engineer.user_id}"]


def test_where_nothing_lies_nothing_was_recorded(recorded):
    """LIV-3: a track without a frame is none."""
    recorded.track("empty", 1, raw=b"MJR00002")
    assert tasks.films(at=NOON + MINUTE)
    assert (Recording.objects.get().state, Recording.objects.get().left_out) == (Film.EMPTY, 0)


def test_a_film_that_another_made_meanwhile_stays(recorded, monkeypatch):
    """LIV-1, LIV-3: whoever is taken for dead and is only slow spoils nothing: neither film nor tracks nor the record."""
    recorded.track("whole", 60.0)
    short = recorded.track("short", 0.2)
    slow, really, found = commands.next_film(at=NOON + MINUTE), commands.film_done, []

    def late(*given, **named):
        monkeypatch.setattr(commands, "film_done", really)
        assert tasks.films(at=NOON + 30 * MINUTE)
        found.append(Recording.objects.get())
        return really(*given, **{**named, "left_out": 0})

    monkeypatch.setattr(commands, "film_done", late)
    tasks.make_film(slow)
    assert found[0].state == Film.READY and short.exists()
    commands.film_done(slow, None, seconds=0, actor=SYSTEM, at=NOON + 31 * MINUTE)
    commands.fail_film(slow, "no tracks", at=NOON + 31 * MINUTE)
    assert Recording.objects.values_list("state", "left_out", "file", "touched_at").get() == ("ready", 1, found[0].file_id, found[0].touched_at)
    assert len([fact for fact in facts(recorded.one.subject) if fact.name == "class.recorded"]) == 1


def test_a_film_is_copied_before_the_transaction_that_attaches_it(recorded, monkeypatch):
    """LIV-1: one of hours would hold its class for as long."""
    recorded.track("whole", 60.0)
    depth, found, really = len(connection.savepoint_ids), [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (found.append((stat.S_ISREG(os.fstat(file).st_mode), len(connection.savepoint_ids))), really(file)))
    assert tasks.films(at=NOON + MINUTE)
    assert [deep for is_file, deep in found if is_file] == [depth] and Recording.objects.get().file.size == len(b"\x1aE\xdf\xa3 a film")
    assert not list((Path(recorded.folder).parents[2] / "files" / "incoming").iterdir())
