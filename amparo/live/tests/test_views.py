"""Pages of the telephone, and the door of signed deliveries."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amparo.conftest import NOON, make_contact, make_customer, make_staff
from amparo.history.models import Fact
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.live import commands, rules
from amparo.live.models import Call, Callback, Delivery, Dial, Exchange, ExchangeCall, ExchangeEvent, Line
from amparo.people.rules import unseal

NUMBER = "+525555123456"


@pytest.fixture
def exchange(administrator):
    made, secret = commands.add_exchange({"name": "Centro", "kind": "webhook"}, actor=administrator, at=NOON)
    made.secret = secret
    return made


@pytest.fixture
def line(exchange, operator, administrator):
    return commands.give_line(exchange, "101", user_id=operator.user_id, actor=administrator, at=NOON)


def deliver(exchange, *, secret="", timestamp=None, number=None, raw=None, **given):
    row = {"id": "e1", "call": "c1", "state": "ringing", "at": clock.now().isoformat(), "from": NUMBER, "extension": "101", **given}
    sent = raw if raw is not None else json.dumps(row).encode()
    stamp = timestamp or int(clock.now().timestamp())
    headers = {"X-Amparo-Timestamp": str(stamp), "X-Amparo-Signature": rules.sign(secret or exchange.secret, stamp, sent)}
    return Client().post(f"/live/exchange/{number or exchange.pk}/events", sent, content_type="application/json", headers=headers), sent, headers


def counts() -> tuple[int, ...]:
    return ExchangeCall.objects.count(), ExchangeEvent.objects.count(), Delivery.objects.count(), Callback.objects.count()


def test_a_signed_delivery_is_taken_once_whatever_is_sent_again(line, exchange, customer):
    """SEC-42, TEL-3"""
    answer, sent, headers = deliver(exchange)
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "taken": 1, "repeated": 0})
    before = counts()
    again = Client().post(f"/live/exchange/{exchange.pk}/events", sent, content_type="application/json", headers=headers)
    assert (again.status_code, again.json()["code"]) == (401, "replayed") and counts() == before
    repeated, _sent, _headers = deliver(exchange, timestamp=int(clock.now().timestamp()) - 1)
    assert repeated.json() == {"ok": True, "taken": 0, "repeated": 1} and counts()[:2] == before[:2]
    assert ExchangeCall.objects.get().customer_id == customer.pk


def test_what_is_not_signed_by_this_exchange_now_has_no_effect(line, exchange, administrator):
    """SEC-42, SEC-33"""
    other, secret = commands.add_exchange({"name": "Otro", "kind": "webhook"}, actor=administrator, at=NOON)
    client, address = Client(enforce_csrf_checks=True), f"/live/exchange/{exchange.pk}/events"
    before, facts = counts(), Fact.objects.count()
    now = int(clock.now().timestamp())
    good = {"X-Amparo-Timestamp": str(now), "X-Amparo-Signature": rules.sign(exchange.secret, now, b"{}")}
    for body, headers in ((b"{}", {}), (b"{} ", good), (b"{}", {**good, "X-Amparo-Timestamp": str(now + 1)}), (b"{}", {**good, "X-Amparo-Signature": "sha256=" + "0" * 64})):
        assert client.post(address, body, content_type="application/json", headers=headers).status_code == 401
    assert deliver(exchange, secret=secret)[0].status_code == 401, "the other exchange's secret"
    assert deliver(exchange, number=999_999)[0].status_code == 401, "no such exchange"
    assert deliver(exchange, timestamp=now - 301)[0].json()["code"] == "signature_old"
    for raw in (b"nothing", b'{"id": "1"}', b'{"events": []}'):
        refused = deliver(exchange, raw=raw)[0]
        assert refused.status_code == 400 and refused.json()["error"]
    assert deliver(exchange, raw=b" " * 70_000)[0].status_code == 413
    assert client.get(address).status_code == 405
    commands.change_exchange(other, {"is_active": False}, actor=administrator, at=NOON)
    assert deliver(other, secret=secret)[0].status_code == 401
    assert counts() == before and Fact.objects.count() == facts + 1


def test_another_secret_ends_the_first(exchange, line, administrator):
    """SEC-42, SEC-57"""
    fresh = commands.new_secret(exchange, actor=administrator, at=NOON)
    assert deliver(exchange)[0].status_code == 401 and deliver(exchange, secret=fresh)[0].status_code == 200
    exchange.refresh_from_db()
    assert fresh not in exchange.secret_sealed and not any(fresh in str(fact.body) for fact in Fact.objects.all())


@pytest.fixture
def ringing(line, exchange, customer, contact):
    deliver(exchange, from_name="<script>alert(1)</script>")
    return ExchangeCall.objects.get()


def test_the_card_opens_with_everything_on_the_screen_of_whose_telephone_rings(ringing, operator, customer, client_for):
    """TEL-1, SEC-22"""
    client = client_for(operator)
    client.get("/desk/phone/ring/")
    with CaptureQueriesContext(connection, ) as asked:
        page = client.get("/desk/phone/ring/").content.decode()
    assert len(asked) <= 9, [one["sql"][:90] for one in asked]
    assert f'data-ring-open="/desk/phone/{customer.pk}/?ring={ringing.pk}"' in page and customer.nic_shown in page
    assert "<script>alert" not in page
    other = client_for(make_staff("Elena", "engineer"))
    assert "data-ring=" not in other.get("/desk/phone/ring/").content.decode()


def test_without_a_call_the_region_costs_little(line, operator, client_for, django_assert_max_num_queries):
    client = client_for(operator)
    client.get("/desk/phone/ring/")
    with django_assert_max_num_queries(5):
        assert "data-ring" not in client.get("/desk/phone/ring/").content.decode()


def test_several_are_chosen_from_and_strangers_have_their_way(line, exchange, customer, operator, client_for):
    """TEL-1, TEL-2"""
    twin = make_customer("Abarrotes Lupita II", phone="55 5512 3456")
    deliver(exchange)
    call, client = ExchangeCall.objects.get(), client_for(operator)
    page = client.get("/desk/phone/ring/").content.decode()
    assert f"/desk/live/calls/{call.pk}/choose/{customer.pk}/" in page and f"/desk/live/calls/{call.pk}/choose/{twin.pk}/" in page
    chosen = client.post(f"/desk/live/calls/{call.pk}/choose/{twin.pk}/")
    assert chosen["Location"] == f"/desk/phone/{twin.pk}/?ring={call.pk}"
    deliver(exchange, id="s1", call="s1", **{"from": "5511112222"})
    stranger = ExchangeCall.objects.get(call_id="s1")
    page = client.get(f"/desk/phone/ring/{stranger.pk}/").content.decode()
    assert "/desk/people/register/?phone=%2B525511112222" in page or "phone=%2B52" in page
    assert customer.name in client.get(f"/desk/phone/ring/{stranger.pk}/", {"q": "lupita"}, headers={"HX-Request": "true"}).content.decode()


def test_the_shelf_of_ringing_cards_is_no_number_to_call(line, operator, client_for):
    """TEL-1: a click on a card opens it; only what carries a number dials."""
    page = client_for(operator).get("/desk/phone/").content.decode()
    shelf = page.split('<div id="ring"')[1].split(">")[0]
    assert 'data-dials="/desk/live/dial/"' in shelf and "data-dial=" not in shelf


def test_a_stranger_is_passed_on_to_sales_while_he_speaks(line, exchange, operator, client_for):
    """TEL-2"""
    deliver(exchange, **{"from": "5511112222"})
    deliver(exchange, id="e2", state="answered", **{"from": "5511112222"})
    call = Call.objects.get()
    done = client_for(operator).post(f"/desk/phone/calls/{call.pk}/lead/", {"about": "Quiere la versión Plus", "notes": "Llamar mañana"})
    assert done.status_code == 302
    assert Fact.objects.get(name="call.lead").data["about"] == "Quiere la versión Plus"


def test_missed_calls_stand_on_the_list_until_they_are_settled(line, exchange, operator, customer, client_for, django_assert_max_num_queries):
    """TEL-3"""
    deliver(exchange)
    deliver(exchange, id="e2", state="missed")
    client, owed = client_for(operator), Callback.objects.get()
    client.get("/desk/live/")
    with django_assert_max_num_queries(6):
        page = client.get("/desk/live/").content.decode()
    assert customer.name in page and f'data-dial="{NUMBER}"' in page
    assert customer.name in client.get("/desk/phone/").content.decode()
    client.post(f"/desk/live/callbacks/{owed.pk}/settle/", {"reason": ""})
    owed.refresh_from_db()
    assert owed.state == "open"
    client.post(f"/desk/live/callbacks/{owed.pk}/settle/", {"reason": "Se habló por el chat"})
    owed.refresh_from_db()
    assert (owed.state, owed.settled_by_id) == ("marked", operator.user_id)


def test_what_came_of_a_call_is_written_down_in_the_window(line, exchange, operator, customer, client_for):
    """TEL-3"""
    deliver(exchange)
    deliver(exchange, id="e2", state="answered")
    deliver(exchange, id="e3", state="ended")
    call, client = Call.objects.get(), client_for(operator)
    assert f"/desk/live/calls/{call.pk}/wrap-up/" in client.get("/desk/live/phone/").content.decode()
    bad = client.post(f"/desk/live/calls/{call.pk}/wrap-up/", {"about": "x", "outcome": "case", "linked": "nada"})
    assert bad.status_code == 422
    said = {"about": "No imprime", "outcome": "case", "linked": "c-987654321"}
    assert client.post(f"/desk/live/calls/{call.pk}/wrap-up/", said).status_code == 422, "there is no such case"
    done = client.post(f"/desk/live/calls/{call.pk}/wrap-up/", {**said, "linked": ""})
    call.refresh_from_db()
    assert done.status_code == 200 and (call.about, call.outcome, call.linked) == ("No imprime", "case", "")
    Call.objects.filter(pk=call.pk).update(linked="case:41")
    commands.purge(["case:41"], actor=SYSTEM, at=clock.now())
    assert ExchangeCall.objects.get().number == ""


@pytest.fixture
def browser_line(administrator, operator):
    given = {"name": "PBX", "kind": "sip", "host": "pbx.ejemplo.mx", "username": "600", "browser": "websocket", "socket_url": "wss://pbx.ejemplo.mx/ws", "sip_domain": "pbx.ejemplo.mx"}
    made, _secret = commands.add_exchange(given, secret="clave-600", actor=administrator, at=NOON)
    return commands.give_line(made, "101", user_id=operator.user_id, sip_user="101", sip_password="CLAVE-SIP-101", actor=administrator, at=NOON)


def test_the_password_of_a_line_reaches_the_browser_of_its_person_alone(browser_line, operator, administrator, client_for):
    """SEC-57, SEC-43"""
    own = client_for(operator)
    told = own.post("/desk/live/phone/line/")
    assert told.json()["password"] == "CLAVE-SIP-101" and "no-store" in told["Cache-Control"]
    page = own.get("/desk/live/phone/")
    assert "CLAVE-SIP" not in page.content.decode()
    assert "wss://pbx.ejemplo.mx" in page["Content-Security-Policy"] and "microphone=(self)" in page["Permissions-Policy"]
    assert "microphone=()" in own.get("/desk/live/")["Permissions-Policy"] and "pbx.ejemplo.mx" not in own.get("/desk/live/")["Content-Security-Policy"]
    assert own.get("/desk/live/phone/line/").status_code == 405
    for person in (administrator, make_staff("Elena", "engineer")):
        assert client_for(person).post("/desk/live/phone/line/").status_code == 404
    page = client_for(administrator).get(f"/desk/live/exchanges/{browser_line.exchange_id}/").content.decode()
    assert "CLAVE-SIP" not in page and "clave-600" not in page


def test_another_address_empties_what_was_to_be_sent_there(browser_line, administrator):
    """SEC-32"""
    from amparo.live.errors import SecretMissing

    exchange = browser_line.exchange
    with pytest.raises(SecretMissing):
        commands.change_exchange(exchange, {"host": "evil.example"}, actor=administrator, at=NOON)
    commands.change_exchange(exchange, {"socket_url": "wss://evil.example/ws"}, actor=administrator, at=NOON)
    assert Line.objects.get().sip_password_sealed == ""


def test_the_browser_tells_of_calls_on_its_own_line_alone(browser_line, operator, client_for):
    """TEL-3"""
    told = {"line": browser_line.pk, "call": "sip-1", "state": "ringing", "direction": "in", "from": NUMBER, "nth": "0"}
    own = client_for(operator)
    assert own.post("/desk/live/phone/told/", told).status_code == 200 and ExchangeCall.objects.get().number == NUMBER
    assert own.post("/desk/live/phone/told/", {**told, "state": "exploded"}).status_code == 400
    for state in ("ringing", "ended"):  # a name as long as some exchanges give it: what comes after is no repetition
        own.post("/desk/live/phone/told/", {**told, "call": "s" * 120, "from": "5511112222", "state": state})
    assert ExchangeCall.objects.get(call_id="s" * 120).state == "missed"
    assert client_for(make_staff("Elena", "engineer")).post("/desk/live/phone/told/", told).status_code == 404


@pytest.mark.parametrize(("number", "status", "why"), [("55 5512 3456", 200, ""), ("+1 202 555 0123", 422, "country"), ("+52 900 123 4567", 422, "premium"), ("5512\r\nAction: x", 422, None), ("", 422, None)])
def test_only_what_may_be_dialled_is_dialled(browser_line, operator, client_for, number, status, why):
    """SEC-43: what our own list refuses stays on record with the reason."""
    answer = client_for(operator).post("/desk/live/dial/", {"number": number, "way": "browser", "key": "dial-key-1"})
    assert answer.status_code == status, answer.content
    assert [(row.state, row.error) for row in Dial.objects.all()] == ([] if why is None else [("refused" if why else "browser", why)])
    if status == 200:
        assert answer.json()["number"] == NUMBER


def test_a_person_has_a_cap_for_the_day(browser_line, operator, administrator, client_for):
    """SEC-43"""
    from amparo.policies.commands import set_value

    at = clock.now()
    set_value("live.dial_daily_max", 2, from_at=at, actor=administrator, at=at)
    client = client_for(operator)
    codes = [client.post("/desk/live/dial/", {"number": NUMBER, "way": "browser", "key": f"dial-key-{n}"}).status_code for n in (1, 1, 2, 3, 3)]
    assert codes == [200, 200, 200, 429, 429], "asked again with the same key, it is refused again"
    assert client.post("/desk/live/dial/", {"number": NUMBER, "way": "exchange", "key": "dial-key-9"}).json()["code"] == "dial_refused"


def test_the_exchange_dials_once_and_nothing_old(administrator, operator):
    """SEC-43"""
    given = {"name": "Asterisk", "kind": "ami", "host": "10.0.0.9", "username": "amparo"}
    made, _secret = commands.add_exchange(given, secret="x", actor=administrator, at=NOON)
    commands.give_line(made, "101", user_id=operator.user_id, actor=administrator, at=NOON)
    commands.ask_to_dial(NUMBER, way="exchange", key="k" * 8, actor=operator, at=NOON)
    assert [row.number for row in commands.take_dials(made.pk, at=NOON)] == [NUMBER] and commands.take_dials(made.pk, at=NOON) == []
    commands.ask_to_dial(NUMBER, way="exchange", key="k" * 9, actor=operator, at=NOON)
    assert commands.take_dials(made.pk, at=NOON + timedelta(minutes=2)) == []


def test_what_was_not_placed_is_shown_to_who_asked_and_to_administrators(administrator, operator, client_for, django_assert_max_num_queries):
    """TEL-3: in words, on the page one is on, on the page of calls, and beside the exchange."""
    given = {"name": "Asterisk", "kind": "ami", "host": "10.0.0.9", "username": "amparo"}
    made, _secret = commands.add_exchange(given, secret="x", actor=administrator, at=NOON)
    commands.give_line(made, "101", user_id=operator.user_id, actor=administrator, at=NOON)
    client = client_for(operator)
    assert client.post("/desk/live/dial/", {"number": "+1 202 555 0123", "way": "exchange", "key": "dial-key-1"}).status_code == 422
    assert client.post("/desk/live/dial/", {"number": NUMBER, "way": "exchange", "key": "dial-key-2"}).status_code == 200
    [row] = commands.take_dials(made.pk, at=clock.now())
    commands.dialled(row, error="unanswered", at=clock.now())
    aside = client.get("/desk/phone/ring/").content.decode()
    assert "sonó y nadie lo descolgó" in aside and aside.count("ring-card") == 1
    elena = client_for(make_staff("Elena", "engineer"))
    assert "sonó y nadie" not in elena.get("/desk/phone/ring/").content.decode() and "202-555-0123" not in elena.get("/desk/live/").content.decode()
    assert elena.get(f"/desk/live/exchanges/{made.pk}/").status_code == 403
    for client, address in ((client, "/desk/live/"), (client_for(administrator), f"/desk/live/exchanges/{made.pk}/")):
        page = client.get(address).content.decode()
        assert "sonó y nadie lo descolgó" in page and "no están en la lista" in page and "+1 202-555-0123" in page


def test_what_could_not_be_placed_is_not_placed_when_the_exchange_is_back(monkeypatch):
    """SEC-43: nobody's telephone rings for what was asked an hour ago."""
    from amparo.project.telephone import Listener, Setup

    listener = Listener(Setup(1, "ami", None, "tcp"))
    asked, told = [], []

    async def apart(function, *given, **named):
        asked.append(function)
        return []

    async def answer(error: str) -> None:
        told.append(error)

    async def play() -> None:
        await listener.dial()
        listener.hears = True
        await listener.dial()
        listener.placings.put_nowait((None, answer))
        await listener.lose()
        await listener.dial()

    monkeypatch.setattr(listener, "apart", apart)
    asyncio.run(play())
    assert asked == [commands.take_dials] and told == ["lost"] and listener.placings.empty()


def test_an_administrator_connects_an_exchange_and_is_told_in_words_what_is_wrong(administrator, operator, client_for, monkeypatch):
    """TEL-3, SEC-32"""
    client = client_for(administrator)
    fresh = client.post("/desk/live/exchanges/add/", {"kind": "webhook", "name": "Centro", "transport": "udp", "region": "MX", "recording": "off", "is_active": "on"}, follow=True)
    made = Exchange.objects.get()
    secret = unseal(made.secret_sealed, django_settings.SECRETS["field_key"])
    assert f"/live/exchange/{made.pk}/events" in fresh.content.decode() and secret in fresh.content.decode()
    assert secret not in client.get(f"/desk/live/exchanges/{made.pk}/").content.decode(), "once"
    again = client.post(f"/desk/live/exchanges/{made.pk}/secret/", follow=True).content.decode()
    made.refresh_from_db()
    assert unseal(made.secret_sealed, django_settings.SECRETS["field_key"]) in again != secret
    signs = {"kind": "webhook", "name": "Centro", "transport": "tcp", "region": "MX", "recording": "off", "is_active": "on"}
    assert client.post(f"/desk/live/exchanges/{made.pk}/", signs).status_code == 302, "nothing is sent to it: no secret is asked for"
    for address in (f"/desk/live/exchanges/{made.pk}/", "/desk/live/exchanges/add/"):  # no weak secret of one's own, none that is passed over in silence
        assert client.post(address, {**signs, "secret": "x"}).status_code == 422
    assert Exchange.objects.get().secret_sealed == made.secret_sealed
    ami = {"kind": "ami", "name": "Asterisk", "host": "127.0.0.1", "port": 1, "username": "amparo", "secret": "x", "transport": "tcp", "region": "MX", "recording": "off", "is_active": "on"}
    assert client.post("/desk/live/exchanges/add/", {**ami, "host": "http://x"}).status_code == 422
    assert client.post("/desk/live/exchanges/add/", {**ami, "username": "a\r\nAction: x"}).status_code == 422
    assert client.post("/desk/live/exchanges/add/", ami).status_code == 302
    asterisk = Exchange.objects.get(kind="ami")
    tried = client.post(f"/desk/live/exchanges/{asterisk.pk}/check/", follow=True).content.decode()
    assert "Nadie escucha ahí" in tried
    given = client.post(f"/desk/live/exchanges/{asterisk.pk}/lines/", {"extension": "101", "user": operator.user_id, "takes_group": "on"})
    assert given.status_code == 302 and Line.objects.get().user_id == operator.user_id
    assert client.post(f"/desk/live/exchanges/{asterisk.pk}/lines/", {"extension": "1 0", "user": operator.user_id}).status_code == 422
    assert client.post(f"/desk/live/exchanges/{asterisk.pk}/lines/{Line.objects.get().pk}/away/").status_code == 302 and not Line.objects.exists()


def test_the_board_is_drawn_and_its_table_is_safe(ringing, operator, contact, client_for, django_assert_max_num_queries):
    """TEL-3, SEC-56"""
    client = client_for(operator)
    client.get("/desk/live/wallboard/")
    with django_assert_max_num_queries(6):
        page = client.get("/desk/live/wallboard/").content.decode()
    assert "wall-number" in page
    table = client.get("/desk/live/wallboard/day.csv")
    assert table["Content-Type"].startswith("text/csv") and b"\n=" not in table.content and NUMBER.encode() in table.content
    assert client_for(contact).get("/desk/live/wallboard/day.csv").status_code in (302, 403, 404)


def test_a_number_that_left_the_company_begins_a_record_all_the_same(line, exchange, customer):
    """TEL-3"""
    gone = make_contact(customer, "Se fue")
    ExchangeCall.objects.all().delete()
    deliver(exchange)
    ExchangeCall.objects.update(contact_user_id=gone.user_id)
    from amparo.people.models import Contact

    Contact.objects.filter(user=gone.user_id).update(removed_at=NOON)
    deliver(exchange, id="e2", state="answered")
    assert Call.objects.get().caller_id is None
