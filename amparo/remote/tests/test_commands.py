"""A session from its offer to its end: codes, consent, the clock, what is on the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from amparo.cases import commands as cases
from amparo.cases.errors import LimitUndecided
from amparo.cases.models import Case
from amparo.cases.tests.world import asked, fresh, proposed
from amparo.conftest import NOON, make_staff
from amparo.contracts.errors import NoStanding
from amparo.history.models import Fact
from amparo.history.queries import facts as history
from amparo.history.queries import faults_of_chain
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.remote import access, commands, queries, tasks
from amparo.remote.errors import (
    CodeExpired,
    CodeUnknown,
    CodeUsed,
    Elsewhere,
    NotInAttention,
    ResumeUnknown,
    SessionOpen,
    TooMany,
)
from amparo.remote.models import Miss, Session
from amparo.remote.rules.record import Link

from .world import ADDRESS, SHOWN, a_case, consented, joined, offered, running

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def case(contact, engineer) -> Case:
    return a_case(contact, engineer)


def last(case: Case) -> dict:
    return history(case.subject)[-1].data


def test_a_session_is_offered_in_a_case_that_is_attended(contact, engineer, sales, case):
    """LIV-2, LIV-3, ACC-7"""
    offer = offered(case, engineer)
    assert offer.code.isdecimal() and len(offer.shown) == 11
    assert offer.code not in str(Session.objects.filter(pk=offer.session.pk).values().get())
    assert offer.session.expires_at == NOON + 10 * MINUTE
    for nobody in (contact, sales, VISITOR):
        with pytest.raises(NotPermitted):
            offered(case, nobody)
    with pytest.raises(Invalid):
        offered(case, engineer, "all")
    with pytest.raises(NotInAttention):
        offered(asked(contact), engineer)


def test_without_a_contract_none_is_offered(contact, engineer, case):
    """ACC-7"""
    with pytest.raises(NoStanding):
        offered(case, engineer, at=NOON + timedelta(days=900))


def test_the_same_press_offers_once_and_a_new_one_replaces_what_waits(case, engineer):
    once = commands.offer(case, mode="view", key="k", actor=engineer, at=NOON)
    assert commands.offer(case, mode="view", key="k", actor=engineer, at=NOON) == once
    again = commands.offer_again(once.session, key="k2", actor=engineer, at=NOON)
    assert again.code != once.code
    with pytest.raises(CodeExpired):
        commands.look_up(once.code, address=ADDRESS, at=NOON)
    joined(case, engineer)
    with pytest.raises(SessionOpen):
        offered(case, engineer)


def test_a_code_holds_once_and_for_ten_minutes(case, engineer):
    """SEC-39"""
    offer = offered(case, engineer)
    assert commands.look_up(offer.shown, address=ADDRESS, at=NOON).pk == offer.session.pk  # to look uses nothing up
    with pytest.raises(CodeExpired):
        commands.look_up(offer.code, address=ADDRESS, at=NOON + 10 * MINUTE)
    commands.join(offer.code, address=ADDRESS, resume="s1", at=NOON)
    with pytest.raises(CodeUsed):
        commands.join(offer.code, address=ADDRESS, resume="s2", at=NOON)
    assert not Miss.objects.exists()


def test_what_nobody_enters_expires(case, engineer, facts):
    offered(case, engineer)
    tasks.tick(at=NOON + 10 * MINUTE)
    assert Session.objects.get().end_reason == "expired" and facts(case)[-1] == "remote.ended"


def test_the_code_of_a_case_that_is_attended_no_more_is_taken_back(case, engineer):
    """LIV-2, SEC-39"""
    offer = offered(case, engineer)
    tasks.tick(at=NOON + MINUTE)
    assert Session.objects.get().state == "offered"
    Case.objects.filter(pk=case.pk).update(state="closing_proposed")
    tasks.tick(at=NOON + MINUTE)
    assert Session.objects.get().end_reason == "withdrawn"
    with pytest.raises(CodeExpired):
        commands.look_up(offer.code, address=ADDRESS, at=NOON + 2 * MINUTE)


def _near(code: str, number: int) -> str:
    """Return another code of the same block."""
    return f"{code[:3]}{(int(code[3:]) + number) % 1_000_000:06d}"


def _miss(code: str, address: str, at=NOON) -> None:
    with pytest.raises(CodeUnknown):
        commands.look_up(code, address=address, at=at)


def test_five_misses_shut_a_network_out_and_withdraw_the_code_that_they_aimed_at(case, engineer):
    """SEC-39: limited, told to quality control, the code withdrawn, a new one holds."""
    offer = offered(case, engineer)
    for number in range(1, 5):
        _miss(_near(offer.code, number), ADDRESS)
    assert commands.look_up(offer.code, address=ADDRESS, at=NOON).is_open
    with pytest.raises(CodeUnknown):
        commands.join(_near(offer.code, 5), address="203.0.113.99", resume="x", at=NOON)
    for _time in range(3):
        with pytest.raises(TooMany):
            commands.look_up(offer.code, address=ADDRESS, at=NOON + MINUTE)
    told = Fact.objects.get(name="remote.guessed")
    assert told.data["network"] == "203.0.113.0/24" and told.data["withdrawn"] == [offer.session.number] and told.data["why"] == "network"
    assert Session.objects.get().end_reason == "guessed"
    with pytest.raises(CodeExpired):
        commands.look_up(offer.code, address="198.51.100.1", at=NOON)
    again = commands.offer_again(offer.session, key="k2", actor=engineer, at=NOON + MINUTE)
    assert commands.look_up(again.code, address="198.51.100.1", at=NOON + MINUTE).is_open  # other networks are not shut out
    assert commands.look_up(again.code, address=ADDRESS, at=NOON + 10 * MINUTE).is_open
    tasks.keep(at=NOON + timedelta(days=2))
    assert not Miss.objects.exists()


def test_a_stranger_takes_back_no_code_that_he_did_not_aim_at(case, engineer, other_contact):
    """SEC-39: whoever guesses at random burns nobody's code but the one that he was about to hit."""
    offer, other = offered(case, engineer), offered(a_case(other_contact, engineer), engineer)
    away = next(f"{block:03d}000001" for block in range(1000) if f"{block:03d}" not in (offer.code[:3], other.code[:3]))
    for typed in (away, _near(away, 1), "no code", "12345", _near(offer.code, 1)):
        _miss(typed, "203.0.113.1")
    with pytest.raises(TooMany):
        commands.look_up(away, address="203.0.113.1", at=NOON)
    assert Fact.objects.get(name="remote.guessed").data["withdrawn"] == []
    assert set(Session.objects.values_list("state", flat=True)) == {"offered"}


def test_who_guesses_one_code_from_many_networks_meets_the_same_end(case, engineer, other_contact):
    """SEC-39: five aimed at it in all; those from before it waited do not count."""
    before = NOON - MINUTE
    offer, other = offered(case, engineer), offered(a_case(other_contact, engineer), engineer)
    _miss(_near(offer.code, 9), "198.51.100.9", at=before)
    for number in range(1, 5):
        _miss(_near(offer.code, number), f"203.0.{number}.7")
    assert commands.look_up(offer.code, address=ADDRESS, at=NOON).is_open and not Fact.objects.filter(name="remote.guessed").exists()
    _miss(_near(offer.code, 5), "203.0.5.7")
    assert Session.objects.get(pk=offer.session.pk).end_reason == "guessed" and Session.objects.get(pk=other.session.pk).state == "offered"
    told = Fact.objects.get(name="remote.guessed").data
    assert (told["why"], told["withdrawn"], told["networks"]) == ("block", [offer.session.number], 6)


def test_many_networks_that_guess_at_once_are_told(case, engineer):
    """SEC-39: the alarm for what no single network does."""
    Miss.objects.bulk_create(Miss(network=f"{number % 40:064d}", block="", at=NOON) for number in range(99))
    _miss("nothing", ADDRESS)
    told = Fact.objects.get(name="remote.guessed").data
    assert (told["why"], told["count"], told["networks"], told["withdrawn"]) == ("everywhere", 100, 41, [])


def test_consent_is_kept_with_what_was_shown_and_may_be_for_less(case, engineer, facts):
    """LIV-2"""
    session = joined(case, engineer)
    with pytest.raises(IllegalMove):
        commands.begin(session, actor=engineer, at=NOON)
    with pytest.raises(Invalid):
        commands.consent(session, mode="control", shown=" ", at=NOON)
    session = commands.consent(session, mode="view", shown=SHOWN, at=NOON)
    assert (session.mode, session.consented) == ("view", "view")
    assert last(case)["shown"] == SHOWN and last(case)["asked"] == "control"
    session = commands.begin(session, actor=engineer, at=NOON)
    refused = commands.change_mode(session, mode="control", answer=False, shown="¿Control?", at=NOON)
    assert refused.mode == "view" and last(case)["answer"] is False
    assert commands.change_mode(session, mode="control", shown="¿Control?", at=NOON).mode == "control"
    assert commands.change_mode(session, mode="view", at=NOON).mode == "view"
    assert commands.change_clipboard(session, on=True, shown="¿Portapapeles?", at=NOON).clipboard
    assert facts(case)[-6:] == ["case.clock_started", "remote.began", "remote.mode", "remote.mode", "remote.mode", "remote.clipboard"]


def test_nobody_is_asked_for_more_than_was_offered(case, engineer):
    """LIV-2"""
    with pytest.raises(Invalid):
        commands.consent(joined(case, engineer, "view"), mode="control", shown=SHOWN, at=NOON)


def test_a_no_ends_it(case, engineer, facts):
    """LIV-2"""
    commands.decline(joined(case, engineer), shown=SHOWN, at=NOON)
    assert Session.objects.get().end_reason == "declined"
    assert facts(case)[-2:] == ["remote.declined", "remote.ended"] and fresh(case).clock_since is None


def test_only_its_engineer_conducts_it(case, engineer, contact):
    """SEC-39: bound to case and engineer."""
    session = consented(case, engineer)
    for other in (make_staff("Otra", "engineer"), make_staff("Ada", "administrator"), contact):
        assert not access.may_conduct(other, session)
        with pytest.raises(NotPermitted):
            commands.begin(session, actor=other, at=NOON)


def test_what_is_attended_no_more_is_not_begun_and_not_gone_on_with(case, engineer):
    """CHG-1, LIV-3: closing was proposed while the customer looked for the button, or while the line was away."""
    asleep = consented(case, engineer)
    proposed(fresh(case), engineer, "solved")
    with pytest.raises(NotInAttention):
        commands.begin(asleep, actor=engineer, at=NOON)
    assert Session.objects.get().state == "consented"


def test_the_clipboard_is_asked_for_anew_after_the_line_dropped(case, engineer):
    """LIV-2"""
    session = commands.change_clipboard(running(case, engineer), on=True, shown="¿Portapapeles?", at=NOON)
    session = commands.begin(commands.drop(session, at=NOON), actor=engineer, at=NOON)
    assert session.segments == 2 and session.clipboard is False


def test_the_clock_runs_with_the_session_and_stands_while_the_line_is_away(case, engineer, facts):
    """CAS-5"""
    session = running(case, engineer)
    assert fresh(case).clock_since == NOON
    commands.drop(session, at=NOON + 5 * MINUTE)
    assert fresh(case).clock_seconds == 300 and fresh(case).clock_since is None
    session = commands.begin(session, actor=engineer, at=NOON + 6 * MINUTE)
    assert session.segments == 2
    ended = commands.end(session, reason="stopped_by_customer", actor=commands.shared.CUSTOMER, at=NOON + 10 * MINUTE)
    assert ended.seconds == 9 * 60 and fresh(case).clock_seconds == 9 * 60 and fresh(case).clock_since is None
    assert last(case)["seconds"] == 540
    assert commands.end(session, reason="lost", actor=SYSTEM, at=NOON + 11 * MINUTE).end_reason == "stopped_by_customer"
    assert not list(faults_of_chain(case.subject))


def test_a_clock_that_ran_already_is_not_stopped_for_the_session(case, engineer):
    """CAS-5: the engineer began to attend before, by telephone say."""
    cases.start_clock(case, actor=engineer, at=NOON)
    session = running(case, engineer, at=NOON + MINUTE)
    commands.end(session, reason="stopped_by_engineer", actor=engineer, at=NOON + 5 * MINUTE)
    assert fresh(case).clock_since == NOON and fresh(case).clock_seconds == 0


def test_at_the_limit_nothing_goes_on_without_a_decision(case, engineer):
    """CAS-5, CHG-5"""
    session = running(case, engineer)
    commands.pause(session, at=NOON + 30 * MINUTE)
    assert fresh(case).reached_at == NOON + 30 * MINUTE
    with pytest.raises(LimitUndecided):
        commands.begin(session, actor=engineer, at=NOON + 31 * MINUTE)
    assert Session.objects.get().state == "dropped"
    commands.end(session, reason="time", actor=SYSTEM, at=NOON + 40 * MINUTE)
    with pytest.raises(LimitUndecided):
        offered(case, engineer, at=NOON + 41 * MINUTE)


def test_advice_has_its_clock_too_and_an_order_has_none(contact, engineer):
    """CAS-9"""
    advice = a_case(contact, engineer, "advisory")
    running(advice, engineer)
    assert fresh(advice).clock_since == NOON
    assert queries.asked_of(Session.objects.get(), at=NOON + 3 * MINUTE)["minutes"] == 27


def test_who_comes_back_needs_its_secret_and_its_minute(case, engineer):
    """SEC-39: nobody comes back after the end."""
    session = running(case, engineer, secret="mine")
    assert commands.resume("mine", broker="ws://b1", at=NOON).pk == session.pk
    with pytest.raises(Elsewhere) as elsewhere:
        commands.resume("mine", broker="ws://b2", at=NOON)
    assert elsewhere.value.address == "ws://b1"
    with pytest.raises(ResumeUnknown):
        commands.resume("", at=NOON)
    commands.end(session, reason="stopped_by_engineer", actor=engineer, at=NOON)
    with pytest.raises(ResumeUnknown):
        commands.resume("mine", at=NOON)


def test_what_no_broker_keeps_ends_when_it_was_last_seen(case, engineer):
    """SEC-40: the customer's clock stops at the last sign of life."""
    session = running(case, engineer)
    assert commands.seen([session.pk], broker="ws://b1", at=NOON + 2 * MINUTE) == 1
    assert commands.seen([session.pk], broker="ws://b2", at=NOON + 3 * MINUTE) == 0  # where an engineer waits in vain
    tasks.tick(at=NOON + 3 * MINUTE)
    assert Session.objects.get().state == "running"
    tasks.tick(at=NOON + 8 * MINUTE)
    ended = Session.objects.get()
    assert ended.end_reason == "cut" and ended.seconds == 120 and fresh(case).clock_seconds == 120


def test_who_sees_what(case, engineer, contact, own_only, other_contact, quality, sales):
    """ACC-11, LIV-3"""
    session = running(case, engineer)
    seeing = {actor.name: access.may_see_id(actor, session.pk) for actor in (engineer, contact, own_only, other_contact, quality, VISITOR)}
    assert seeing == {engineer.name: True, contact.name: True, own_only.name: False, other_contact.name: False, quality.name: True, "": False}
    assert [access.may_end(who, session) for who in (engineer, contact, other_contact, sales)] == [True, True, False, False]
    assert [access.may_reveal(who, session) for who in (engineer, contact, quality)] == [False, False, True]


def test_the_chain_only_grows_and_what_ended_stays(case, engineer):
    """LIV-2, SEC-40"""
    session = running(case, engineer)
    commands.add_chunk(session.pk, Link(1, "a" * 64, "b" * 64, "c" * 64), offset=0, octets=10, begins_ms=0, ends_ms=5)
    commands.end(session, reason="stopped_by_engineer", actor=engineer, at=NOON)
    for sql in (
        "UPDATE remote_chunk SET link = 'x'", "DELETE FROM remote_chunk", "DELETE FROM remote_session", "UPDATE remote_session SET chunks = 0",
        "UPDATE remote_session SET seconds = 9", "UPDATE remote_session SET state = 'running'", "UPDATE remote_session SET engineer_id = engineer_id + 1",
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_a_session_says_what_it_is_in_both_languages(case, engineer):
    session = joined(case, engineer)
    spanish = queries.asked_of(session, at=NOON)
    assert "pide" in spanish["sentence"] and case.number in spanish["sentence"] and spanish["minutes"] == 30
    session.language = "en"
    assert "asks to see your screen and to use your keyboard" in queries.asked_of(session, at=NOON)["sentence"]
    session.can = ["view"]
    assert queries.asked_of(session, at=NOON)["mode"] == "view"
