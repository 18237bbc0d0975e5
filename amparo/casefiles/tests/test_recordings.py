"""Recordings of remote sessions in the file of their case: what is given away, how it is verified, when it goes. CAS-2, CAS-7, LIV-2."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from amparo.casefiles import commands
from amparo.casefiles.commands import building, purging
from amparo.casefiles.rules import proof, recordings
from amparo.casefiles.rules.archive import read_layout
from amparo.casefiles.rules.paper import Paper
from amparo.casefiles.rules.verifier import verify
from amparo.cases.tests import world as case_world
from amparo.classroom import commands as classes
from amparo.classroom.models import Line, Participant
from amparo.classroom.tests import world as class_world
from amparo.conftest import NOON, make_staff
from amparo.files.commands import disk
from amparo.history.commands import deliver_pending
from amparo.history.queries import facts
from amparo.kernel.actor import SYSTEM
from amparo.kernel.months import kept_until
from amparo.policies.commands import set_value
from amparo.project.cli import verify_case
from amparo.remote import commands as remote
from amparo.remote.commands.store import path_of
from amparo.remote.models import Session
from amparo.remote.tests import recorded
from amparo.remote.tests import world as remote_world

from . import world
from .test_verifier import SECOND

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=30)


@pytest.fixture
def played(contract, contact, engineer):
    """A case with one recorded session, in which a password was typed."""
    case = case_world.attended(contact, engineer, "incident")
    session = recorded.session(remote_world.consented(case, engineer), engineer, typed="clave-ZAPOTE")
    return SimpleNamespace(case=case_world.fresh(case), session=session)


def test_the_file_holds_the_recording_without_what_was_typed(played, tmp_path):
    """CAS-7, LIV-2: both verifiers follow its chain; the page that plays it asks nobody."""
    path = world.made(played.case, tmp_path, at=LATER)
    assert verify(path).problems == [] and SECOND.problems(path) == []
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
        place = f"recordings/{played.session.number}"
        assert [name for name in names if name.startswith(place)][:2] == [f"{place}/chain.json", f"{place}/chunk-00001.js"]
        assert {"replay/novnc.js", "replay/player.js", "replay/offline.js", "replay/player.css", f"{place}/replay.html", f"{place}/timeline.js"} <= set(names)
        whole = b"".join(file.read(name) for name in names)
        page = file.read(f"{place}/replay.html").decode()
        record = [json.loads(line) for line in file.read(proof.RECORD).decode().splitlines()]
    assert b"ZAPOTE" not in whole and "http" not in re.sub(r"<title>.*</title>", "", page)
    [told] = [line for line in record if line["kind"] == "remote_session"]
    assert told["head"] == played.session.head and told["consented"] == "control" and told["recording"] == f"{place}/replay.html"


def _bend(path, place=200):
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize(("harm", "told", "spanish"), [
    (_bend, "chunk 1 was changed", "el bloque 1 se cambió"), (lambda path: path.unlink(), "the file of the record is not there", "el archivo de la grabación no está"),
    (lambda path: path.write_bytes(path.read_bytes()[:-9]), "breaks off", "se interrumpe"),
])  # fmt: skip
def test_a_broken_recording_is_named_and_the_file_is_made_without_it(played, contact, engineer, tmp_path, capsys, monkeypatch, harm, told, spanish):
    """CAS-7, LIV-2: the others are in it; whoever verifies it is told that it is not whole, by both verifiers; its paper says why in the reader's language."""
    printed, write = [], Paper.write
    monkeypatch.setattr(Paper, "write", lambda self, text, **how: (printed.append(text), write(self, text, **how))[1])
    whole = recorded.session(remote_world.consented(played.case, engineer, at=NOON + timedelta(minutes=10)), engineer, at=NOON + timedelta(minutes=10))
    harm(path_of(played.session))
    path = world.made(played.case, tmp_path, at=LATER)
    verdict, gaps = verify(path), []
    assert verdict.is_valid and not verdict.is_whole and told in verdict.gaps[0] and played.session.number in verdict.gaps[0]
    assert SECOND.problems(path, gaps=gaps) == [] and told in gaps[0]
    assert verify_case.main([str(path)]) == 0 and "NOT WHOLE" in capsys.readouterr().out
    with zipfile.ZipFile(path) as file:
        names, readme = file.namelist(), file.read(proof.README).decode()
        record = [json.loads(line) for line in file.read(proof.RECORD).decode().splitlines()]
    assert [one for one in printed if spanish in one] and not [one for one in printed if told in one]
    assert not [name for name in names if name.startswith(f"recordings/{played.session.number}/")] and played.session.number in readme
    assert f"recordings/{whole.number}/replay.html" in names
    assert [(line["recording"] != "", line["broken"] != "") for line in record if line["kind"] == "remote_session"] == [(False, True), (True, False)]


def test_what_a_customer_is_told_of_a_broken_recording_names_no_place_on_our_disk(played, tmp_path):
    """SEC-25: its file cannot even be opened."""
    kept = path_of(played.session)
    kept.unlink()
    kept.mkdir()
    path = world.made(played.case, tmp_path, at=LATER)
    assert "Is a directory" in verify(path).gaps[0]
    with zipfile.ZipFile(path) as file:
        assert str(kept.parent).encode() not in b"".join(file.read(name) for name in file.namelist())


@pytest.fixture
def filmed(contract, contact, engineer, tmp_path):
    """A case with a class that is over: who was there, a line of chat, its film."""
    case = case_world.attended(contact, engineer, "advisory")
    one = classes.plan_for_case(case, NOON, minutes=30, recorded=True, key="k", actor=engineer, at=NOON)
    classes.start(one, actor=engineer, at=NOON)
    class_world.stayed(class_world.inside(one, contact, engineer), NOON, NOON + timedelta(minutes=5))
    classes.say(one, "¿Y el corte ZAPOTE?", key="l", actor=contact, at=NOON)
    classes.end(one, actor=engineer, at=NOON + timedelta(minutes=6))
    film = tmp_path / "film.webm"
    film.write_bytes(b"\x1aE\xdf\xa3 a film")
    recording = classes.film_done(classes.next_film(at=LATER), film, seconds=300, actor=SYSTEM, at=LATER)
    return SimpleNamespace(case=case_world.fresh(case), one=recording.live_class, recording=recording, film=recording.file)


def test_the_file_holds_the_classes_of_a_case_with_their_film_or_says_that_it_is_broken(filmed, tmp_path):
    """CAS-7, LIV-3: who was there, what was written, the film under the hash of its bytes."""
    path = world.made(filmed.case, tmp_path, at=LATER)
    assert verify(path).is_whole and SECOND.problems(path) == []
    with zipfile.ZipFile(path) as file:
        [told] = [line for line in map(json.loads, file.read(proof.RECORD).decode().splitlines()) if line["kind"] == "class"]
        assert file.read(told["files"][0]["member"]) == disk.path_of(filmed.film.sha256).read_bytes()
    assert [(one["name"], one["minutes"]) for one in told["people"]] == [("Lupita Romero", 5)] and told["lines"][0]["body"] == "¿Y el corte ZAPOTE?"
    disk.path_of(filmed.film.sha256).write_bytes(b"something else")
    path = world.made(filmed.case, tmp_path, at=LATER)
    assert verify(path).is_valid and f"class {filmed.one.pk} was broken" in verify(path).gaps[0] and SECOND.problems(path) == []


def test_the_film_of_a_class_is_for_whoever_sees_its_case(filmed, client, client_for, contact, engineer, own_only, other_contact, registered):
    """ACC-11, SEC-25: by its own address, whose name nobody need guess."""
    for actor, status in ((contact, 200), (engineer, 200), (own_only, 404), (other_contact, 404), (registered, 404)):
        assert client_for(actor).get(filmed.film.url).status_code == status, actor.name
    assert client.get(filmed.film.url).status_code == 404


def test_a_film_goes_when_its_own_time_is_over_and_the_class_with_its_case(filmed, contact, engineer):
    """CAS-2, LIV-3: its bytes, its chat, who of the customer was there; that it was, and when, stays."""
    admin = make_staff("Ada", "administrator")
    set_value("classroom.recording_months", 1, from_at=NOON, actor=admin, at=NOON)
    case = case_world.accepted(case_world.proposed(filmed.case, engineer, "information_complete", at=LATER), contact, at=LATER)
    while deliver_pending(at=LATER):
        pass
    commands.enrol_closed(at=LATER)
    month = LATER + timedelta(days=70)
    over = kept_until(filmed.one.ended_at, 1, world.ZONE)
    assert purging.due_films(at=over - timedelta(seconds=1)) == [] and len(purging.due_films(at=over)) == 1
    hold = commands.set_hold(case, reason="juicio", actor=admin, at=LATER)
    assert commands.remove_recordings(at=month) == 0
    commands.lift_hold(hold, because="terminó", actor=admin, at=month)
    while deliver_pending(at=month):
        pass
    assert commands.remove_recordings(at=month) == 1 and commands.remove_recordings(at=month) == 0
    filmed.recording.refresh_from_db()
    assert filmed.recording.state == "removed" and not disk.path_of(filmed.film.sha256).exists()
    assert facts(filmed.one.subject)[-1].name == "class.recording_purged" and Line.objects.get().body
    with pytest.raises(IntegrityError), transaction.atomic():
        Line.objects.update(body="")
    assert classes.purge(case.pk, actor=SYSTEM, at=month) == [filmed.one.subject]
    assert Line.objects.get().body == "" and set(Participant.objects.values_list("name", flat=True)) >= {"—"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Line.objects.update(body="something")


def test_a_chain_that_was_bent_is_found(played, tmp_path):
    """LIV-2: whoever could sign the file anew could not bend the recording: the fact that sealed it tells its end."""
    path = world.made(played.case, tmp_path, at=LATER)
    with zipfile.ZipFile(path) as file:
        members = {info.filename: file.read(info) for info in file.infolist()}
    place = f"recordings/{played.session.number}/"
    chain = json.loads(members[f"{place}chain.json"])
    assert not _complaints(played.session.number, chain)
    for bend, found in (
        (lambda c: c["links"].pop(), "the last links are missing"),
        (lambda c: c["links"][1].update(screen_sha256="0" * 64), "link 2 was altered"),
        (lambda c: c["links"][0].update(input_sha256="1" * 64), "link 1 was altered"),
    ):
        bent = json.loads(json.dumps(chain))
        bend(bent)
        with pytest.raises((ValueError, LookupError)):
            SECOND.recording(members, place, bent, members[proof.FACTS])
        assert found in _complaints(played.session.number, bent)


def _complaints(number: str, chain: dict[str, Any]) -> str:
    """Return what is said of a chain itself; its chunks are not there."""
    said: list[str] = []
    recordings._follow(None, {}, number, chain, said.append)  # type: ignore[arg-type]
    return "; ".join(one for one in said if "chain.json" in one)


@pytest.fixture
def shared(contract, contact, engineer, tmp_path):
    """A case with a screen that a browser shared, and its film in two parts."""
    case = case_world.attended(contact, engineer, "incident")
    session = recorded.filmed(case, engineer, tmp_path)
    return SimpleNamespace(case=case_world.fresh(case), session=session)


def test_the_file_holds_the_films_of_a_shared_screen_as_facts_tell_them(shared, tmp_path):
    """CAS-7, CAS-1, LIV-3: both verifiers compare hash and length with the chain of the case; what is broken or gone is said."""
    path = world.made(shared.case, tmp_path, at=LATER)
    assert verify(path).is_whole and SECOND.problems(path) == []
    with zipfile.ZipFile(path) as file:
        members = {info.filename: file.read(info) for info in file.infolist()}
    lines = [json.loads(line) for line in members[proof.RECORD].splitlines()]
    [told] = [line for line in lines if line["kind"] == "remote_session"]
    assert [members[one["member"]] for one in told["files"]] == list(recorded.FILMS) and [one["milliseconds"] for one in told["films"]] == [0, 61_400]
    for bend in (
        lambda line: line["films"].pop(), lambda line: line["films"][0].update(size=7), lambda line: line["films"][0].update(sha256="0" * 64),
        lambda line: line["files"][0].update(sha256="0" * 64), lambda line: line["files"][0].update(member=line["files"][1]["member"]),
    ):  # fmt: skip
        bent = json.loads(json.dumps(told))
        bend(bent)
        with pytest.raises((ValueError, LookupError)):
            SECOND.films(bent, members[proof.FACTS])
        assert _of_films(path, bent)
    assert not _of_films(path, told)
    disk.path_of(shared.session.films.first().sha256).write_bytes(b"something else")
    path = world.made(shared.case, tmp_path, at=LATER)
    assert verify(path).is_valid and f"{shared.session.number} was broken" in verify(path).gaps[0] and SECOND.problems(path) == []
    remote.remove_recording(shared.session, actor=SYSTEM, at=LATER)
    path = world.made(shared.case, tmp_path, at=LATER)
    assert verify(path).is_whole and SECOND.problems(path) == [], "what went in its time is no gap; its hashes stay"


def _of_films(path, line: dict[str, Any]) -> list[str]:
    said: list[str] = []
    with path.open("rb") as file:
        facts_ = next(one for one in read_layout(file) if one.name == proof.FACTS)
        recordings.look_at_films(file, facts_, [line], said.append)
    return said


def test_the_purge_of_a_case_removes_its_recordings_and_keeps_their_hashes(played, contact, engineer):
    """CAS-2"""
    case = case_world.accepted(case_world.proposed(played.case, engineer, "solved", at=LATER), contact, at=LATER)
    while deliver_pending(at=LATER):
        pass
    commands.enrol_closed(at=LATER)
    case.refresh_from_db()
    due = case.retention.due_at
    assert path_of(played.session).exists()
    commands.tell_due(at=due - timedelta(days=30))
    case.retention.refresh_from_db()
    while deliver_pending(at=due):
        pass
    purged = commands.purge_due(at=case.retention.purge_at + timedelta(hours=1))
    assert purged == [case.pk]
    session = Session.objects.get()
    assert session.purged_at is not None and session.head and session.chunks and session.shown == "—"


def test_a_recording_goes_when_its_own_time_is_over_but_not_under_a_hold(played, contact, engineer, django_capture_on_commit_callbacks):
    """CAS-2"""
    admin = make_staff("Ada", "administrator")
    set_value("remote.recording_months", 1, from_at=NOON, actor=admin, at=NOON)
    case = case_world.accepted(case_world.proposed(played.case, engineer, "solved", at=LATER), contact, at=LATER)
    while deliver_pending(at=LATER):
        pass
    commands.enrol_closed(at=LATER)
    month = LATER + timedelta(days=70)
    hold = commands.set_hold(case, reason="juicio", actor=admin, at=LATER)
    assert commands.remove_recordings(at=month) == 0
    commands.lift_hold(hold, because="terminó", actor=admin, at=month)
    while deliver_pending(at=month):
        pass
    with django_capture_on_commit_callbacks(execute=True):
        assert commands.remove_recordings(at=month) == 1
    assert not path_of(played.session).exists() and facts(case.subject)[-1].name == "remote.recording_purged"
    assert commands.remove_recordings(at=month) == 0


def test_what_is_kept_does_not_stand_before_what_is_free(monkeypatch):
    """CAS-2: however many recordings a hold keeps, those that were kept long enough go."""
    due = [SimpleNamespace(pk=number, case_id=number, live_class=SimpleNamespace(case_id=number, customer_id=None)) for number in range(1, 6)]
    removed: list[tuple[str, int]] = []

    def some(*, at, after):
        return [one for one in due if one.pk > after][:2]

    monkeypatch.setattr(purging, "due_recordings", some)
    monkeypatch.setattr(purging, "due_films", some)
    monkeypatch.setattr(purging.queries, "blocks", lambda cases: {1, 2, 3, 4} & set(cases))
    monkeypatch.setattr(purging.queries, "held_customers", lambda _customers: set())
    monkeypatch.setattr(purging.remote, "remove_recording", lambda one, **_named: bool(removed.append(("session", one.pk)) or 1))
    monkeypatch.setattr(purging.classes, "remove_film", lambda one, **_named: bool(removed.append(("class", one.pk)) or 1))
    monkeypatch.setattr(purging.files, "remove_purged", lambda **_named: 0)
    assert commands.remove_recordings(at=NOON) == 2 and removed == [("session", 5), ("class", 5)]


def test_a_file_says_that_it_is_being_made_while_recordings_and_films_are_read(played, shared, monkeypatch, tmp_path):
    """CAS-7: else another worker takes its maker for dead before a word is written."""
    said, depth = [], []
    monkeypatch.setattr(building, "_write_parts", lambda *_given: depth.append(len(said)))
    monkeypatch.setattr(building, "_pack", lambda *_given: "")
    for case in (played.case, shared.case):
        building.make(case, io.BytesIO(), language="es-mx", zone=world.ZONE, at=LATER, progress=said.append)
    assert depth[0] > 0 and depth[1] > depth[0] and set(said) == {0}
