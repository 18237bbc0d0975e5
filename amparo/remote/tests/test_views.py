"""The pages of remote sessions: who gets which, and what the short address tells."""

from __future__ import annotations

import errno
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from amparo.cases.models import Case
from amparo.conftest import NOON
from amparo.history.queries import facts as history
from amparo.remote import commands, queries, words
from amparo.remote.models import Session
from amparo.remote.rules.record import FAULTS, Broken
from amparo.remote.tests import recorded

from .world import a_case, consented, joined, offered, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(time_machine, settings, tmp_path):
    time_machine.move_to(NOON, tick=False)
    settings.RECORDINGS_ROOT = tmp_path


@pytest.fixture
def case(contact, engineer) -> Case:
    return a_case(contact, engineer)


def test_the_short_address_says_who_asks_and_uses_nothing_up(client, case, engineer):
    """LIV-2, SEC-39, SEC-41"""
    offer = offered(case, engineer)
    page = client.get("/r/")
    assert page.status_code == 200 and offer.code not in page.text
    said = client.post("/r/", {"code": offer.shown}, headers={"origin": "http://127.0.0.1:8000"})
    assert said.status_code == 200 and engineer.name in said.text and case.number in said.text and offer.shown in said.text
    assert "no-store" in said["Cache-Control"] and offer.code in said.text
    assert Session.objects.get().state == "offered"
    for _time in range(5):
        wrong = client.post("/r/", {"code": "111 111 111"}, headers={"origin": "http://127.0.0.1:8000"})
        assert wrong.status_code == 404
    assert client.post("/r/", {"code": offer.shown}, headers={"origin": "http://127.0.0.1:8000"}).status_code == 429


def test_a_helper_is_told_where_to_connect(client, settings):
    """SEC-41: the address follows from the service's own settings, never from what a client says."""
    told = client.get("/r/helper.json", headers={"x-forwarded-host": "evil.example"}).json()
    assert told["helper"] == f"{settings.BROKER_URL}/remote/helper" and told["version"] == 1


def test_the_engineer_offers_from_the_case_and_sees_the_code(client_for, case, engineer, sales, administrator):
    """LIV-2, SEC-39: the code is shown to the engineer of the session alone."""
    desk = client_for(engineer)
    beside = desk.get(reverse("desk_remote:of_case", args=[case.pk]))
    assert beside.status_code == 200 and reverse("desk_remote:offer", args=[case.pk]) in beside.text
    went = desk.post(reverse("desk_remote:offer", args=[case.pk]), {"mode": "view", "key": "k"})
    session = Session.objects.get()
    assert went.url == reverse("desk_remote:session", args=[session.pk]) and session.asked == "view"
    page = desk.get(went.url)
    digits = page.text.split("data-code-digits>")[1].split("<")[0]
    assert len(digits) == 11 and "ws://" in page["Content-Security-Policy"]
    other = client_for(administrator).get(went.url)
    assert other.status_code == 200 and digits not in other.text
    assert client_for(sales).post(reverse("desk_remote:offer", args=[case.pk]), {"mode": "view"}).status_code == 403
    assert desk.get(reverse("desk_remote:token", args=[session.pk])).json()["session"] == session.pk
    assert client_for(administrator).get(reverse("desk_remote:token", args=[session.pk])).status_code == 403
    again = desk.post(reverse("desk_remote:again", args=[session.pk]), {"key": "k2"})
    assert again.status_code == 302 and Session.objects.filter(state="ended", end_reason="withdrawn").count() == 1
    assert desk.get(reverse("desk_remote:token", args=[session.pk])).status_code == 410, "a page that was not told of the end learns it"


def test_the_customer_finds_the_code_in_its_case_and_stops_at_any_time(client_for, case, engineer, contact, own_only, other_contact):
    """LIV-2, LIV-3, ACC-11"""
    offer = offered(case, engineer)
    address = reverse("remote:of_case", args=[case.pk])
    own = client_for(contact)
    assert offer.shown in own.get(address).text
    assert client_for(own_only).get(address).status_code == client_for(other_contact).get(address).status_code == 404
    commands.end(offer.session, reason="stopped_by_engineer", actor=engineer, at=NOON)
    session = running(case, engineer)
    assert reverse("remote:end", args=[session.pk]) in own.get(address).text
    assert client_for(other_contact).post(reverse("remote:end", args=[session.pk])).status_code == 404
    own.post(reverse("remote:end", args=[session.pk]))
    assert Session.objects.get(pk=session.pk).end_reason == "stopped_by_customer"


def test_a_recording_is_replayed_by_whoever_sees_its_case(client_for, case, engineer, contact, own_only, other_contact, quality):
    """LIV-2, CAS-7, ACC-11: masked; unmasked for quality control alone, on the record."""
    session = recorded.session(consented(case, engineer), engineer, typed="clave secreta")
    for actor, space, status in (
        (engineer, "desk_remote", 200), (contact, "remote", 200), (own_only, "remote", 404), (other_contact, "remote", 404), (contact, "desk_remote", 404),
    ):  # fmt: skip
        browser = client_for(actor)
        page = browser.get(reverse(f"{space}:replay", args=[session.pk]))
        assert page.status_code == status, actor.name
        assert browser.get(reverse(f"{space}:chunk", args=[session.pk, 1])).status_code == status
        assert "clave" not in page.text
        if status == 200:
            assert "\\u2022" * 5 in page.text and "ntegra" in page.text
    assert client_for(contact).get(reverse("remote:chunk", args=[session.pk, 99])).status_code == 404
    assert client_for(engineer).post(reverse("desk_remote:reveal", args=[session.pk])).status_code == 403
    revealed = client_for(quality).post(reverse("desk_remote:reveal", args=[session.pk]))
    assert "clave secreta" in revealed.text and history(case.subject)[-1].name == "remote.revealed"


def test_a_recording_that_was_changed_says_so(client_for, case, engineer):
    """SEC-40"""
    session = recorded.session(consented(case, engineer), engineer)
    path = queries.path_of(session)
    raw = bytearray(path.read_bytes())
    raw[60] ^= 1
    path.write_bytes(raw)
    page = client_for(engineer).get(reverse("desk_remote:replay", args=[session.pk])).text
    assert "No está íntegra" in page and "el bloque 1 se cambió" in page and "chunk 1" not in page


@pytest.mark.parametrize("when", ["opened", "read"])
def test_a_recording_that_cannot_be_read_says_so_with_the_way_out(client_for, case, engineer, contact, quality, monkeypatch, capsys, when):
    """LIV-2, CAS-7: a right that is missing, a disk that fails; neither the page nor the log names the place."""
    session = recorded.session(consented(case, engineer), engineer)

    def refuses(*given, **_named):
        raise PermissionError(errno.EACCES, "Permission denied", str(queries.path_of(session)))

    if when == "opened":
        queries.path_of(session).unlink()
        queries.path_of(session).mkdir()  # a folder opens for nobody, whoever runs the test
    else:
        monkeypatch.setattr("amparo.remote.rules.record.read_chunk", refuses)
        monkeypatch.setattr("amparo.remote.queries.record.read_chunk", refuses)
    for actor, space, way_out in ((contact, "remote", "escríbanos en el caso"), (engineer, "desk_remote", "bitácora"), (quality, "desk_remote", "bitácora")):
        browser = client_for(actor)
        page = browser.get(reverse(f"{space}:replay", args=[session.pk]))
        assert page.status_code == 200 and "no se puede leer ahora" in page.text and way_out in page.text
        assert "data-player" not in page.text and "remote-whole" not in page.text and session.public_id not in page.text
        assert browser.get(reverse(f"{space}:chunk", args=[session.pk, 1])).status_code == 503
    assert "no se puede leer ahora" in client_for(quality).post(reverse("desk_remote:reveal", args=[session.pk])).text
    said = capsys.readouterr().out
    assert "a recording cannot be read" in said and session.number in said and session.public_id not in said


def test_what_is_open_or_not_recorded_is_not_replayed(client_for, case, engineer):
    """LIV-2"""
    session = joined(case, engineer)
    browser = client_for(engineer)
    assert browser.get(reverse("desk_remote:replay", args=[session.pk])).status_code == 404
    commands.end(session, reason="stopped_by_engineer", actor=engineer, at=NOON + timedelta(minutes=1))
    assert browser.get(reverse("desk_remote:replay", args=[session.pk])).status_code == 404
    assert browser.get(reverse("desk_remote:session", args=[session.pk])).status_code == 200


def test_the_region_of_a_case_asks_little(client_for, case, engineer, django_assert_max_num_queries):
    offered(case, engineer)
    browser = client_for(engineer)
    with django_assert_max_num_queries(6):
        browser.get(reverse("desk_remote:of_case", args=[case.pk]))


def test_what_verifiers_print_of_a_record_is_what_readers_get_in_their_language():
    """LIV-2, CAS-7: the same sentence in English, its own in Spanish."""
    assert words.RECORD_FAULTS.keys() == FAULTS.keys()
    for what in FAULTS:
        broken = Broken(what, 7)
        with translation.override("en"):
            assert words.fault(broken) == str(broken)
        with translation.override("es-mx"):
            assert words.fault(broken) not in ("", str(broken)) and "%" not in words.fault(broken)
