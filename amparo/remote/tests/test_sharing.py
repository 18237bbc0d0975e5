"""A screen that a browser shares: consent, the clock of its case, silence, strangers; without the gateway. LIV-2, CAS-5, SEC-39, SEC-40."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from amparo.cases.models import Case
from amparo.conftest import NOON, make_contact, make_customer, make_staff
from amparo.history.queries import facts
from amparo.kernel.refusals import NotPermitted
from amparo.people.queries import actor_by_id
from amparo.remote import commands, queries, words
from amparo.remote.errors import CodeUsed, ResumeUnknown
from amparo.remote.models import Session

from .world import ADDRESS, SHOWN, a_case, offered

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    engineer = make_staff("Elena Ingeniera", "engineer")
    contact = make_contact(make_customer("Abarrotes Lupita"), "Lupita Romero")
    return engineer, a_case(contact, engineer)


def _shared(people, *, answer: bool = True, secret: str = "s" * 43) -> tuple[Session, str]:
    engineer, case = people
    offer = offered(case, engineer)
    made = commands.join_by_browser(offer.code, answer=answer, address=ADDRESS, resume=secret, shown=SHOWN, at=NOON)
    return made, offer.code


def _at(seconds: float):
    return NOON + timedelta(seconds=seconds)


def test_a_browser_is_only_seen_whatever_was_asked(people):
    """LIV-2, SEC-39: the code is used up by the answer, once."""
    session, code = _shared(people)
    assert (session.way, session.mode, session.consented, session.shown, session.can) == ("browser", "view", "view", SHOWN, ["view"])
    with pytest.raises(CodeUsed):
        commands.join_by_browser(code, answer=True, address=ADDRESS, resume="t" * 43, shown=SHOWN, at=NOON)


def test_a_no_ends_it_and_nothing_was_seen(people):
    """LIV-2"""
    session, _code = _shared(people, answer=False)
    assert (session.state, session.end_reason, session.started_at) == ("ended", "declined", None)
    with pytest.raises(ResumeUnknown):
        commands.resume("s" * 43, at=NOON)


def test_silence_stops_the_clock_and_a_return_goes_on(people):
    """CAS-5, SEC-40: paid is what is seen; the engineer's sign of life begins it, the customer's keeps it."""
    engineer, case = people
    session, _code = _shared(people)
    with pytest.raises(NotPermitted):
        commands.beat_of_engineer(session, actor=make_staff("Otra", "engineer"), at=_at(1))
    assert commands.beat_of_engineer(session, actor=engineer, at=_at(1)).running
    assert Case.objects.get(pk=case.pk).clock_since is not None
    commands.beat_of_customer(session, at=_at(10))
    assert commands.beat_of_engineer(session, actor=engineer, at=_at(25)).running
    assert commands.beat_of_engineer(session, actor=engineer, at=_at(31)).state == "dropped"
    assert Case.objects.get(pk=case.pk).clock_since is None
    commands.beat_of_customer(session, at=_at(40))
    assert commands.beat_of_engineer(session, actor=engineer, at=_at(41)).running
    commands.beat_of_engineer(session, actor=engineer, at=_at(70))
    assert commands.beat_of_engineer(session, actor=engineer, at=_at(140)).state == "ended"
    assert Session.objects.get(pk=session.pk).end_reason == "lost"


def test_a_page_that_went_silent_stays_so_while_the_engineer_looks_on(people):
    """CAS-5, SEC-40: his signs of life, each three seconds, neither start the clock again nor keep the session alive."""
    engineer, case = people
    session, _code = _shared(people)
    commands.beat_of_engineer(session, actor=engineer, at=_at(1))
    commands.beat_of_customer(session, at=_at(10))
    seen = [commands.beat_of_engineer(session, actor=engineer, at=_at(second)).state for second in range(11, 90, 3)]
    assert seen == ["running"] * 7 + ["dropped"] * 13 + ["ended"] * 7
    assert Case.objects.get(pk=case.pk).clock_seconds == 9 and Session.objects.get(pk=session.pk).segments == 1


def test_a_page_that_is_gone_already_is_not_begun(people):
    """CAS-5"""
    session, _code = _shared(people)
    assert commands.beat_of_engineer(session, actor=people[0], at=_at(30)).state == "consented"
    assert Case.objects.get(pk=people[1].pk).clock_since is None


def test_the_clock_stops_when_the_engineer_closes_his_page(people, client_for, time_machine):
    """CAS-5: and goes on when he is back."""
    engineer, case = people
    session, _code = _shared(people)
    commands.beat_of_engineer(session, actor=engineer, at=_at(1))
    with pytest.raises(NotPermitted):
        commands.engineer_left(session, actor=make_staff("Otra", "engineer"), at=_at(2))
    time_machine.move_to(_at(9), tick=False)
    assert client_for(engineer).post(f"/desk/remote/{session.pk}/watching/", {"gone": "1"}).json()["state"] == "dropped"
    assert Case.objects.get(pk=case.pk).clock_seconds == 8
    commands.beat_of_customer(session, at=_at(12))
    assert commands.beat_of_engineer(session, actor=engineer, at=_at(13)).running


def test_the_clock_stops_when_the_engineers_computer_dies_and_goes_on_when_it_is_back(people):
    """CAS-5, LIV-2: the customer's page beats on; what nobody saw is not paid, and both are told."""
    engineer, case = people
    session, _code = _shared(people)
    commands.beat_of_engineer(session, actor=engineer, at=_at(1))
    commands.beat_of_engineer(session, actor=engineer, at=_at(10))
    seen = [commands.beat_of_customer(session, at=_at(second)) for second in range(10, 80, 3)]
    assert [one.state for one in seen] == ["running"] * 21 + ["dropped"] * 3 and seen[-1].waits == "page"
    assert Case.objects.get(pk=case.pk).clock_seconds == 9 and Case.objects.get(pk=case.pk).clock_since is None
    assert [one.data["whose"] for one in facts(case.subject) if one.name == "remote.dropped"] == ["engineer"]
    for second in range(82, 200, 3):
        assert commands.beat_of_customer(session, at=_at(second)).state == "dropped"
    back = commands.beat_of_engineer(session, actor=engineer, at=_at(200))
    assert back.running and back.stood == 190 and Case.objects.get(pk=case.pk).clock_since == _at(200)
    assert "3 min" in words.stood_sentence(back.stood)
    assert commands.beat_of_engineer(session, actor=engineer, at=_at(203)).stood == 0
    assert Session.objects.get(pk=session.pk).segments == 2


def test_an_engineer_who_never_comes_or_never_comes_back_is_awaited_ten_minutes(people):
    """LIV-2, CAS-5"""
    engineer, _case = people
    session, _code = _shared(people)
    assert commands.beat_of_customer(session, at=_at(599)).state == "consented"
    commands.beat_of_engineer(session, actor=engineer, at=_at(600))
    assert commands.beat_of_customer(session, at=_at(661)).state == "dropped"
    assert commands.beat_of_customer(session, at=_at(1199)).state == "dropped"
    assert commands.beat_of_customer(session, at=_at(1201)).state == "ended" and Session.objects.get(pk=session.pk).end_reason == "lost"
    session, _code = _shared(people, secret="u" * 43)
    assert commands.beat_of_customer(session, at=_at(601)).state == "ended" and Session.objects.get(pk=session.pk).end_reason == "lost"


def test_where_both_die_the_clock_stops_at_the_first_of_them(people):
    """CAS-5, SEC-40"""
    engineer, case = people
    session, _code = _shared(people)
    commands.beat_of_engineer(session, actor=engineer, at=_at(1))
    commands.beat_of_customer(session, at=_at(30))
    assert commands.end_lost(at=_at(121)) == 1
    assert Case.objects.get(pk=case.pk).clock_seconds == 0 and Session.objects.get(pk=session.pk).end_reason == "cut"


def test_a_broker_where_the_engineer_waits_keeps_no_page_alive(people):
    """SEC-40, CAS-5: only who has a session says that it lives."""
    session, _code = _shared(people)
    assert commands.seen([session.pk], broker="ws://b1", at=_at(50)) == 0
    assert commands.seen([session.pk], at=_at(50)) == 1


def test_whoever_ends_it_closes_the_room(people, client_for, monkeypatch, time_machine):
    """SEC-40: in the case's page, on either side; what pages do afterwards shows nothing."""
    engineer, case = people
    closed: list[str] = []
    time_machine.move_to(_at(2), tick=False)
    monkeypatch.setattr("amparo.media.rooms.end", lambda room, *, at: closed.append(room))
    for actor, address in ((engineer, "/desk/remote/{}/end/"), (case.contact, None)):
        session, _code = _shared(people, secret=actor.name.ljust(43, "s")[:43])
        if address is None:
            actor, address = actor_by_id(actor.pk), reverse("remote:end", args=[session.pk])
        client_for(actor).post(address.format(session.pk))
        assert Session.objects.get(pk=session.pk).state == "ended" and closed.pop() == queries.room_of(session)


def test_at_the_limit_nothing_is_seen_until_it_is_decided(people):
    """CAS-5, CHG-5"""
    engineer, case = people
    session, _code = _shared(people)
    commands.beat_of_engineer(session, actor=engineer, at=_at(1))
    Case.objects.filter(pk=case.pk).update(clock_seconds=1795)
    assert commands.beat_of_customer(session, at=_at(5)).running
    paused = commands.beat_of_customer(session, at=_at(9))
    assert (paused.state, paused.running) == ("dropped", False)
    assert commands.beat_of_engineer(session, actor=engineer, at=_at(12)).state == "dropped", "nobody goes on by himself"
    assert commands.beat_of_customer(session, at=_at(700)).state == "ended"
    assert Session.objects.get(pk=session.pk).end_reason == "time"


def test_strangers_get_nothing(people, client, time_machine):
    """SEC-39, SEC-41: neither without the secret nor as another engineer."""
    time_machine.move_to(_at(2), tick=False)
    session, _code = _shared(people)
    assert client.post("/r/share/beat/", {"secret": "guessed", "want": "access"}).json()["state"] == "ended"
    assert client.post("/r/share/stop/", {"secret": ""}).json() == {"state": "ended"}
    assert Session.objects.get(pk=session.pk).state == "consented"
    assert client.post(f"/desk/remote/{session.pk}/watching/").status_code in (302, 403, 404)
    told = client.post("/r/share/beat/", {"secret": "s" * 43, "want": "access"}).json()
    assert told["state"] == "consented" and "access" not in told, "no token before it runs"
    assert client.post("/r/share/", {"code": "000000000"}).status_code == 404
    assert client.post("/r/share/stop/", {"secret": "s" * 43}).json() == {"state": "ended"}
    assert Session.objects.get(pk=session.pk).end_reason == "stopped_by_customer"
