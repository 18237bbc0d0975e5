"""Calls as exchanges tell them, in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from amparo.conftest import NOON, make_contact, make_customer, make_staff
from amparo.deadlines.models import Promise
from amparo.history.models import Fact
from amparo.history.queries import facts as history
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.live import access, commands, queries, rules
from amparo.live.commands.events import _may_be as may_be
from amparo.live.errors import CallbackSettled
from amparo.live.models import Call, Callback, Dial, Exchange, ExchangeCall, ExchangeEvent, Line
from amparo.people.queries import Found

NUMBER = "+525555123456"


@pytest.fixture
def other(db):
    return make_staff("Elena Segunda", "engineer")


@pytest.fixture
def exchange(administrator, operator, other) -> Exchange:
    made, _secret = commands.add_exchange({"name": "Centro", "kind": "webhook"}, actor=administrator, at=NOON)
    for extension, person in (("101", operator), ("102", other)):
        commands.give_line(made, extension, user_id=person.user_id, actor=administrator, at=NOON)
    return made


@pytest.fixture
def tell(exchange):
    """Tell something of a call, so many seconds after noon."""

    def tell(state: str, seconds: int = 0, *, call: str = "c1", caller: str = NUMBER, **given) -> ExchangeCall:
        at = NOON + timedelta(seconds=seconds)
        event = rules.Event(given.pop("id", f"{call}-{state}-{seconds}-{given}"), call, state, at, caller=caller, **given)
        return commands.take_event(exchange, event, at=at)

    return tell


def test_a_call_opens_the_card_of_who_calls_on_the_screen_of_whose_telephone_rings(tell, customer, contact, operator, other):
    """TEL-1"""
    call = tell("ringing", extension="101", caller="55 5512 3456", caller_name="Lupita")
    assert (call.number, call.customer_id, call.matches, call.offered_to) == (NUMBER, customer.pk, 1, [operator.user_id])
    [shown] = queries.on_screen(operator)
    assert (shown.customer_id, shown.shown, shown.name, shown.is_ringing) == (customer.pk, "55 5512 3456", "Lupita", True)
    assert queries.on_screen(other) == [] and queries.on_screen(contact) == []


def test_a_group_rings_for_all_who_are_free(tell, exchange, operator, other, administrator):
    """TEL-1"""
    assert tell("ringing", extension="600").offered_to == sorted([operator.user_id, other.user_id])
    tell("answered", 4, extension="101")
    assert tell("ringing", 5, call="c2", caller="5599998888", extension="600").offered_to == [other.user_id]
    line = access.own_lines(other).get()
    commands.pause_line(line, paused=True, actor=other, at=NOON)
    assert tell("ringing", 6, call="c3", caller="5599997777", extension="600").offered_to == []
    assert tell("ringing", 7, call="c4", caller="5599997777", extension="102").offered_to == [other.user_id]
    with pytest.raises(NotPermitted):
        commands.pause_line(line, paused=True, actor=administrator, at=NOON)


def test_several_who_share_a_number_are_to_be_chosen_from_and_strangers_are_nobody(tell, customer, contact, quality, operator):
    """TEL-1: by who takes calls, and nobody else."""
    twin = make_customer("Abarrotes Lupita II", phone="55 5512 3456")
    call = tell("ringing", extension="101")
    assert (call.customer_id, call.matches) == (None, 2)
    assert {one.customer_id for one in queries.candidates(NUMBER)} == {customer.pk, twin.pk}
    for other in (contact, quality):
        with pytest.raises(NotPermitted):
            commands.choose_caller(call, customer_id=twin.pk, actor=other, at=NOON)
    commands.choose_caller(call, customer_id=twin.pk, actor=operator, at=NOON)
    assert queries.on_screen(operator)[0].customer_name == "Abarrotes Lupita II"
    with pytest.raises(Invalid):
        commands.choose_caller(call, customer_id=0, actor=operator, at=NOON)
    assert tell("ringing", 1, call="c2", caller="5511112222", extension="101").matches == 0
    withheld = tell("ringing", 2, call="c3", caller="anonymous", extension="101")
    assert withheld.is_withheld and withheld.matches == 0


def test_the_same_digits_of_another_country_or_in_a_nic_open_nobodys_card(tell, customer):
    """TEL-1, SEC-43: a caller who is not certain is nobody."""
    call = tell("ringing", extension="101", caller="+15555123456")
    assert (call.number, call.customer_id, call.matches) == ("+15555123456", None, 0)
    by_nic = Found(customer.pk, "555512345699", "Abarrotes Lupita", "", True)
    assert not may_be(by_nic, NUMBER, "MX") and may_be(replace(by_nic, nic="1", phone="55 5512 3456 ext. 4"), NUMBER, "MX")


def test_a_call_that_is_answered_is_a_record_that_ended_when_it_was_hung_up(tell, customer, contact, operator):
    """TEL-3"""
    tell("ringing", extension="101")
    tell("answered", 5, extension="101")
    [row] = queries.open_calls(operator)
    call = Call.objects.get(pk=row["id"])
    assert (call.customer_id, call.caller_id, call.phone, call.started_at) == (customer.pk, None, NUMBER, NOON + timedelta(seconds=5))
    tell("ended", 65)
    call.refresh_from_db()
    done = commands.end_call(call, about="No imprime", outcome="advice", actor=operator, at=NOON + timedelta(minutes=9))
    assert done.seconds == 60 and history(call.subject)[-1].data["seconds"] == 60


def test_told_twice_or_in_any_order_it_is_one_call(tell, exchange, operator):
    """TEL-3, SEC-42"""
    story = [("ended", 40, {}), ("answered", 5, {"extension": "101"}), ("ringing", 0, {"extension": "101"}), ("ringing", 0, {"extension": "101"})]
    for state, seconds, more in story:
        tell(state, seconds, **more)
    tell("ringing", 90, extension="101", id="late")
    call = ExchangeCall.objects.get(exchange=exchange)
    assert (call.state, call.offered_to, call.operator_id) == ("ended", [], operator.user_id)
    assert ExchangeEvent.objects.filter(call=call).count() == 4 and Call.objects.filter(line=call).count() == 1
    assert not Callback.objects.filter(state="open").exists()


def test_a_call_that_is_passed_on_is_a_conversation_of_each(tell, customer, operator, other):
    """TEL-3"""
    tell("ringing", extension="101")
    tell("answered", 5, extension="101")
    call = tell("transferred", 60, extension="102")
    assert call.offered_to == [other.user_id]
    tell("ended", 100)
    first, second = Call.objects.filter(line=call).order_by("started_at")
    assert (first.taken_by_id, first.hung_up_at) == (operator.user_id, NOON + timedelta(seconds=60))
    assert (second.taken_by_id, second.started_at, second.hung_up_at) == (other.user_id, NOON + timedelta(seconds=60), NOON + timedelta(seconds=100))


def test_who_reached_nobody_is_owed_one_call_however_often_he_called(tell, customer, operator):
    """TEL-3, TIM-8"""
    for number in range(5):
        tell("ringing", 60 * number, call=f"c{number}", extension="101")
        tell("ended", 60 * number + 20, call=f"c{number}")
    [owed] = queries.owed_callbacks(operator)
    assert (owed["times"], owed["number"], owed["customer_id"], owed["name"]) == (5, NUMBER, customer.pk, "Abarrotes Lupita")
    [promise] = Promise.objects.filter(kind_code="callback")
    assert (promise.subject_ref, promise.started_at, promise.due_at) == (f"callback:{owed['id']}", NOON + timedelta(seconds=20), owed["due_at"])
    assert Fact.objects.filter(name="call.missed").count() == 5


def test_it_is_kept_by_calling_back_or_with_a_reason(tell, exchange, customer, operator):
    """TEL-3, TIM-9"""
    tell("ringing", extension="101")
    tell("missed", 30)
    tell("ringing", 600, call="c2", direction="out", extension="101", called=NUMBER, caller="101")
    tell("ended", 620, call="c2")
    assert len(queries.owed_callbacks(operator)) == 1, "nobody answered"
    tell("ringing", 700, call="c3", direction="out", extension="101", called=NUMBER, caller="101")
    tell("answered", 705, call="c3", direction="out", extension="101", called=NUMBER, caller="101")
    assert queries.owed_callbacks(operator) == []
    kept = Callback.objects.get()
    promise = Promise.objects.get(kind_code="callback")
    assert (kept.state, kept.settled_by_id, promise.state, promise.met_by_id) == ("called", operator.user_id, "kept", operator.user_id)
    tell("ringing", 900, call="c4", extension="101")
    tell("ended", 910, call="c4")
    again = Callback.objects.get(state="open")
    with pytest.raises(Invalid):
        commands.settle_callback(again, reason=" ", actor=operator, at=NOON)
    commands.settle_callback(again, reason="Escribió por el chat", actor=operator, at=NOON + timedelta(hours=1))
    with pytest.raises(CallbackSettled):
        commands.settle_callback(again, reason="otra vez", actor=operator, at=NOON)
    assert history(f"callback:{again.pk}")[-1].data["reason"] == "Escribió por el chat"


def test_outside_hours_too_and_the_clock_runs_in_the_service_calendar(exchange, customer):
    """TEL-3, TIM-1"""
    sunday = NOON - timedelta(days=3)  # noon of a Sunday
    for state, seconds in (("ringing", 0), ("missed", 20)):
        at = sunday + timedelta(seconds=seconds)
        commands.take_event(exchange, rules.Event(state, "s1", state, at, caller=NUMBER), at=at)
    assert Callback.objects.get().due_at > sunday + timedelta(hours=18)


def test_an_answer_that_was_told_late_owes_nothing(tell, operator):
    """TEL-3"""
    tell("ringing", extension="101")
    tell("ended", 60)
    assert Callback.objects.filter(state="open").exists()
    tell("answered", 5, extension="101")
    assert not Callback.objects.filter(state="open").exists()
    assert Promise.objects.get(kind_code="callback").state == "ended"


def test_a_missed_call_that_was_told_late_owes_nothing_to_whom_we_spoke_since(tell, operator):
    """TEL-3: whatever the order, and only where it was the same number after it was missed."""
    tell("answered", 600, call="c2", extension="101")
    tell("ended", 700, call="c2")
    tell("missed", 30, call="c1")
    assert not Callback.objects.exists()
    tell("missed", 900, call="c3")
    tell("missed", 30, call="c4", caller="5511112222")
    assert {row.number for row in Callback.objects.all()} == {NUMBER, "+525511112222"}


def test_what_turns_out_answered_takes_no_other_calls_promise_away(tell, operator):
    """TEL-3: the first was settled; what is owed now is owed for a later call."""
    tell("ringing", extension="101")
    tell("ended", 60)
    commands.settle_callback(Callback.objects.get(), reason="Escribió por el chat", actor=operator, at=NOON + timedelta(seconds=90))
    tell("missed", 200, call="c2")
    tell("answered", 5, extension="101")
    assert Callback.objects.get(state="open").times == 1


@pytest.mark.parametrize("caller", ["anonymous", "101", "'; DROP TABLE live_call; --", "<script>alert(1)</script>", "5555\r\nAction: Originate"])
def test_what_is_no_number_is_text_and_is_owed_nothing(tell, caller):
    """SEC-43, SEC-22"""
    call = tell("ringing", extension="101", caller=caller)
    tell("ended", 9, caller=caller)
    call.refresh_from_db()
    assert call.number == "" and "\n" not in call.number_text and "\r" not in call.number_text
    assert not Callback.objects.exists()


def test_the_browser_of_a_line_speaks_of_the_same_call_by_another_name(tell, exchange, operator, other):
    """TEL-3"""
    call = tell("ringing", extension="600")
    line = access.own_lines(operator).get()
    at = NOON + timedelta(seconds=5)
    event = rules.Event("b1", "sip-1", "answered", at, caller=NUMBER, extension="101")
    assert commands.tell_of_browser(line, event, actor=operator, at=at).pk == call.pk
    call.refresh_from_db()
    assert (call.operator_id, call.also_known, call.state) == (operator.user_id, ["sip-1"], "answered")
    with pytest.raises(NotPermitted):
        commands.tell_of_browser(line, event, actor=other, at=at)
    ended = rules.Event("b2", "sip-1", "ended", at + timedelta(seconds=30), caller=NUMBER)
    assert commands.tell_of_browser(line, ended, actor=operator, at=at).pk == call.pk
    assert ExchangeCall.objects.count() == 1


def test_what_a_browser_passed_on_goes_on_until_the_exchange_says_that_it_is_over(tell, exchange, operator, other):
    """TEL-3: for who passed it on it is over; the second has a conversation of his own."""
    call = tell("ringing", extension="600")
    line, at = access.own_lines(operator).get(), NOON + timedelta(seconds=5)
    commands.tell_of_browser(line, rules.Event("b1", "sip-1", "answered", at, caller=NUMBER, extension="101"), actor=operator, at=at)
    passed = rules.Event("b2", "sip-1", "ended", at + timedelta(seconds=30), caller=NUMBER)
    assert commands.tell_of_browser(line, passed, goes_on=True, actor=operator, at=passed.at).state == "answered"
    tell("transferred", 36, extension="102")
    tell("ended", 90)
    first, second = Call.objects.filter(line=call).order_by("started_at")
    assert (first.taken_by_id, first.hung_up_at, second.taken_by_id, second.hung_up_at) == (
        operator.user_id, passed.at, other.user_id, NOON + timedelta(seconds=90))  # fmt: skip
    at = NOON + timedelta(minutes=5)  # a call that the browser alone knows is over with it
    for name, goes_on in (("answered", False), ("ended", True)):
        alone = commands.tell_of_browser(line, rules.Event(f"b-{name}", "sip-2", name, at, caller="5511112222"), goes_on=goes_on, actor=operator, at=at)
    assert alone.state == "ended"


def test_what_an_exchange_forgot_to_end_is_ended(tell, exchange):
    """TEL-3"""
    tell("ringing", extension="101")
    assert commands.sweep(at=NOON + timedelta(minutes=5)) == 0
    assert commands.sweep(at=NOON + timedelta(minutes=11)) == 1
    assert ExchangeCall.objects.get().state == "missed" and commands.sweep(at=NOON + timedelta(days=1)) == 0


def test_what_ended_while_the_exchange_was_not_heard_is_ended_when_it_is_heard_again(tell, exchange, operator):
    """TEL-3: until when it surely went on, and that it was seen late; what a browser named, and what goes on, stays."""
    over, on, browsers = "1700000000.1", "1700000000.2", "f3a9k2m1"
    for name in (over, on, browsers):
        tell("answered", 5, call=name, caller="5511112222" if name == browsers else NUMBER, extension="101")
    tell("ringing", 6, call="1700000000.3", caller="5511113333", extension="102")
    commands.note_heard([exchange.pk], at=NOON + timedelta(minutes=3))
    again = NOON + timedelta(minutes=20)
    assert commands.compare_calls(exchange.pk, {on, "1700000000.9"}, at=again) == {on: True}
    ended = ExchangeCall.objects.get(call_id=over)
    assert (ended.state, ended.ended_at, ended.seen_late_at) == ("ended", NOON + timedelta(minutes=3), again)
    assert Call.objects.get(line=ended).hung_up_at == ended.ended_at and history(ended.subject)[-1].name == "line.lost"
    assert [ExchangeCall.objects.get(call_id=name).state for name in (on, browsers, "1700000000.3")] == ["answered", "answered", "missed"]
    assert Callback.objects.get().number == "+525511113333" and commands.compare_calls(exchange.pk, {on}, at=again) == {on: True}
    told = tell("ended", 600, call=over)  # its end is told after all
    assert (told.ended_at, told.seen_late_at, Call.objects.get(line=told).hung_up_at) == (NOON + timedelta(seconds=600), None, NOON + timedelta(seconds=600))


def test_after_their_time_calls_are_numbers_without_names(tell, exchange, customer, operator, deliver):
    """CAS-2: those of a case wait for its record; what is owed is kept; events serve no longer than they could be told again."""
    for name, caller in (("c1", NUMBER), ("c2", "5511112222"), ("c3", "5511113333")):
        tell("answered", 5, call=name, caller=caller, extension="101", caller_name="Lupita")
        tell("ended", 65, call=name, caller=caller)
        row = Call.objects.get(line__call_id=name)
        commands.end_call(row, about="No imprime", outcome="advice", notes="Dijo todo", linked="case:41" if name == "c3" else "", actor=operator, at=NOON)
    for name, caller in (("c4", "5511114444"), ("c5", "5511115555")):
        tell("missed", 70, call=name, caller=caller, caller_name="Ana")
    commands.settle_callback(Callback.objects.get(number="+525511114444"), reason="Ana escribió", actor=operator, at=NOON + timedelta(hours=1))
    Dial.objects.create(user_id=operator.user_id, line=access.own_lines(operator).get(), number=NUMBER, state="sent", asked_at=NOON, key="k1")
    assert commands.forget(at=NOON + timedelta(days=29)) == 0
    assert commands.forget(at=NOON + timedelta(days=31)) == 8 and not ExchangeEvent.objects.exists()
    assert ExchangeCall.objects.filter(name_text="").count() == 0
    year = NOON + timedelta(days=366)
    deliver(year)
    assert commands.forget(at=year) > 0 and commands.forget(at=year) == 0
    kept = {call.call_id: (call.number, call.name_text) for call in ExchangeCall.objects.all()}
    assert kept == {"c1": ("", ""), "c2": ("", ""), "c3": ("+525511113333", "Lupita"), "c4": ("", ""), "c5": ("", "")}
    assert {(call.about, call.notes, call.phone, call.outcome) for call in Call.objects.exclude(linked="case:41")} == {("—", "", "", "advice")}
    settled, owed = Callback.objects.order_by("pk")
    assert (settled.number, settled.caller_name, settled.reason, owed.number, owed.caller_name) == ("", "", "—", "+525511115555", "Ana")
    assert not Dial.objects.exists() and not any("11114444" in str(fact.data) for fact in Fact.objects.filter(subject=settled.subject))


def test_the_purge_of_a_case_takes_what_was_owed_to_its_callers(tell, customer, operator):
    """CAS-2: what was missed before they were spoken to; what was missed after stays."""
    tell("missed", 10)
    tell("answered", 100, call="c2", extension="101")
    tell("ended", 160, call="c2")
    commands.end_call(Call.objects.get(), about="No imprime", outcome="case", linked="case:41", actor=operator, at=NOON + timedelta(minutes=5))
    tell("missed", 900, call="c3")
    commands.settle_callback(Callback.objects.get(state="open"), reason="Otra cosa", actor=operator, at=NOON + timedelta(hours=1))
    subjects = commands.purge(["case:41"], actor=SYSTEM, at=NOON + timedelta(days=400))
    first, second = Callback.objects.order_by("pk")
    assert (first.number, first.caller_name, first.state) == ("", "", "called") and (second.number, second.reason) == (NUMBER, "Otra cosa")
    assert first.subject in subjects and second.subject not in subjects
    with pytest.raises(NotPermitted):
        commands.purge(["case:41"], actor=operator, at=NOON)


def test_a_recording_is_linked_where_recording_is_on_and_on_its_host(tell, exchange, administrator):
    """SEC-43"""
    good = "https://pbx.ejemplo.mx/grab/1.wav"
    tell("ringing")
    assert tell("answered", 1, extension="101", recording=good).recording == ""
    fields = {"recording": "exchange", "recording_base": "https://pbx.ejemplo.mx/grab/"}
    exchange.__dict__.update(commands.change_exchange(exchange, fields, actor=administrator, at=NOON).__dict__)
    assert tell("held", 2, recording="http://169.254.169.254/latest").recording == ""
    exchange.recording = "off"
    assert tell("resumed", 2, recording=good).recording == ""
    exchange.recording = "exchange"
    assert tell("held", 3, recording=good).recording == good


def test_the_board_and_the_table_of_the_day_count_each_call_once(tell, customer, operator, django_assert_num_queries):
    """TEL-3, SEC-56"""
    from zoneinfo import ZoneInfo

    make_contact(customer, "Ana")
    zone = ZoneInfo("America/Mexico_City")
    tell("ringing", extension="101", caller_name="=cmd|' /C calc'!A0")
    tell("answered", 10, extension="101")
    tell("ended", 70)
    tell("ringing", 100, call="c2", caller="5511112222", extension="101")
    tell("missed", 130, call="c2", caller="5511112222")
    tell("ringing", 140, call="c3", caller="5511113333", extension="101")
    tell("ended", 150, call="c3", caller="5511113333")
    tell("ringing", 200, call="c4", caller="5511114444", extension="600")
    with django_assert_num_queries(4):
        board = queries.board(at=NOON + timedelta(seconds=230), zone=zone)
    assert (board.waiting, board.answered, board.missed, board.abandoned, board.owed, board.average_wait_seconds) == (1, 1, 1, 1, 2, 10)
    assert board.longest_since == NOON + timedelta(seconds=200)
    assert [(hour.hour, hour.total) for hour in board.hours if hour.total] == [(12, 3)]
    assert next((one.name, one.answered, one.talk_seconds, one.now) for one in board.people) == ("Oscar Operador", 1, 60, "free")
    commands.pause_line(Line.objects.get(extension="101"), paused=True, actor=operator, at=NOON + timedelta(seconds=225))
    taker = queries.board(at=NOON + timedelta(seconds=230), zone=zone).people[0]
    assert (taker.now, taker.since) == ("paused", NOON + timedelta(seconds=225))
    owed, settled = queries.callbacks(operator, owed=1, settled=1)
    assert [one["number"] for one in owed] == ["+525511112222"] and settled == []
    for one in queries.owed_callbacks(operator):
        commands.settle_callback(Callback.objects.get(pk=one["id"]), reason="Se le escribió", actor=operator, at=NOON + timedelta(seconds=240 + one["id"] % 2))
    owed, settled = queries.callbacks(operator, owed=9, settled=9)
    assert owed == [] and [one["settled_at"] for one in settled] == sorted((one["settled_at"] for one in settled), reverse=True) and len(settled) == 2
    rows = list(queries.day_rows(NOON.date(), operator, zone=zone))
    assert len(rows) == 5 and rows[1][2] == NUMBER and rows[1][3].startswith("=cmd")
