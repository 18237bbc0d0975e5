"""Asterisk's manager interface, against a peer of our own that speaks its lines. Not seen against a real Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from amparo.live import ami, sip
from amparo.live.errors import NoAnswer
from amparo.live.machine import State, Told, merge
from amparo.live.rules.asterisk import Asterisk, extension_of, going_on, is_linked

NOON = datetime(2026, 11, 11, 18, 0, tzinfo=UTC)
LINKED, OLD = "1700000000.1", "1699999999.7"


def message(event: str, **fields: str) -> dict[str, str]:
    return {"Event": event, "Linkedid": LINKED, "Uniqueid": LINKED, **fields}


INCOMING = [
    message("Newchannel", Channel="PJSIP/trunk-00000001", CallerIDNum="5555123456", CallerIDName="Lupita", Exten="600", Context="from-trunk"),
    message("DialBegin", Channel="PJSIP/trunk-00000001", DestChannel="PJSIP/101-00000002", DestUniqueid="1700000000.2"),
    message("DialBegin", Channel="PJSIP/trunk-00000001", DestChannel="PJSIP/102-00000003", DestUniqueid="1700000000.3"),
    message("DialEnd", DestChannel="PJSIP/102-00000003", DestUniqueid="1700000000.3", DialStatus="CANCEL"),
    message("DialEnd", DestChannel="PJSIP/101-00000002", DestUniqueid="1700000000.2", DialStatus="ANSWER"),
    message("Hold"), message("Unhold"),
    message("Hangup", Uniqueid="1700000000.2", Cause="16"),
    message("Hangup", Cause="16"),
]  # fmt: skip


def told_of(messages) -> tuple[list, Told]:
    reader, events, told = Asterisk(), [], None
    for second, one in enumerate(messages):
        for event in reader.read(one, at=NOON + timedelta(seconds=second)):
            events.append(event)
            told = merge(told or Told(direction=event.direction), event)
    return events, told


def test_a_call_of_asterisk_is_one_call():
    """TEL-3"""
    events, told = told_of(INCOMING)
    assert [event.state for event in events] == ["ringing", "ringing", "answered", "held", "resumed", "ended"]
    assert {event.call for event in events} == {LINKED} and len({event.id for event in events}) == 6
    assert (told.state, told.extension, told.extensions) == (State.ENDED, "101", ("101", "102"))
    assert (events[0].caller, events[0].caller_name, events[0].called, events[0].direction) == ("5555123456", "Lupita", "600", "in")


def test_who_hangs_up_in_the_menu_rang_nobody_and_whom_nobody_answered_is_missed():
    """TEL-3"""
    assert told_of([INCOMING[0], INCOMING[-1]])[0] == []
    nobody = message("DialEnd", DestChannel="PJSIP/101-00000002", DestUniqueid="1700000000.2", DialStatus="NOANSWER")
    _events, told = told_of([*INCOMING[:2], nobody, INCOMING[-1]])
    assert told.state == State.MISSED and not told.was_abandoned
    _events, told = told_of([*INCOMING[:2], INCOMING[-1]])
    assert told.state == State.MISSED and told.was_abandoned


def test_a_call_from_a_telephone_of_ours_goes_out():
    """TEL-3"""
    events, told = told_of([
        message("Newchannel", Channel="PJSIP/101-00000001", CallerIDNum="101", Exten="5555123456"),
        message("DialBegin", DestChannel="PJSIP/trunk-00000002", DestUniqueid="2", DialString="5555123456@trunk"),
        message("DialEnd", DestChannel="PJSIP/trunk-00000002", DestUniqueid="2", DialStatus="ANSWER"), message("Hangup"),
    ])  # fmt: skip
    assert {event.direction for event in events} == {"out"} and events[0].called == "5555123456"
    assert (told.extension, told.state) == ("101", State.ENDED)


def test_a_call_placed_for_us_rings_our_own_telephone_first_and_is_with_whom_was_called():
    """TEL-3: that one's own telephone was lifted is no answer, and keeps no promise of a call back."""
    own = {"DestLinkedid": LINKED, "DestUniqueid": LINKED, "DestChannel": "PJSIP/101-00000001"}
    placed = [
        message("Newchannel", Channel="PJSIP/101-00000001", CallerIDNum="", Exten=""),
        {"Event": "DialBegin", "DialString": "101", **own}, {"Event": "DialEnd", "DialStatus": "ANSWER", **own},
    ]  # fmt: skip
    assert told_of(placed)[0] == []
    out = [
        message("DialBegin", DestChannel="PJSIP/trunk-00000002", DestUniqueid="2", DialString="5555123456@trunk"),
        message("DialEnd", DestChannel="PJSIP/trunk-00000002", DestUniqueid="2", DialStatus="ANSWER"), message("Hangup"),
    ]  # fmt: skip
    events, told = told_of([*placed, *out])
    assert [(event.state, event.direction, event.called) for event in events] == [(state, "out", "5555123456") for state in ("ringing", "answered", "ended")]
    assert told.extension == "101"


def test_a_recording_is_told_also_where_it_was_named_before_anybody_answered():
    """TEL-3"""
    named = message("VarSet", Variable="AMPARO_RECORDING", Value="https://pbx.ejemplo.mx/grab/1.wav")
    for story in ([INCOMING[0], named, *INCOMING[1:5]], [*INCOMING[:5], named]):
        events, _told = told_of(story)
        assert [event.recording for event in events if event.recording] == ["https://pbx.ejemplo.mx/grab/1.wav"]


def channel(unique: str, name: str, *, linked: str = "", state: str = "Up", **more: str) -> dict[str, str]:
    return {"Event": "CoreShowChannel", "Channel": name, "ChannelStateDesc": state, "Uniqueid": unique, "Linkedid": linked or unique, "CallerIDNum": "5555123456", **more}


def test_what_was_under_way_before_the_connection_goes_on_and_its_end_is_heard():
    """TEL-3: told anew is only what happened meanwhile."""
    talking, ringing, unknown = "1700000000.10", "1700000000.20", "sede-1700000000.30"
    there = [channel(one, "PJSIP/trunk-1", Exten="600") for one in (talking, ringing, unknown)]
    there += [channel("1700000000.11", "PJSIP/101-1", linked=talking), channel("1700000000.21", "PJSIP/102-1", linked=ringing),
              channel("1700000000.31", "PJSIP/103-1", linked=unknown, state="Ringing"), channel("1700000000.99", "PJSIP/104-1", linked="1700000000.98")]  # fmt: skip
    assert going_on(there) == {talking, ringing, unknown} and all(map(is_linked, going_on(there))) and not is_linked("f3a9k2m1@192.0.2.2")
    reader = Asterisk()
    told = reader.resume(there, {talking: True, ringing: False, "1700000000.1": True}, at=NOON)
    assert [(event.call, event.state, event.extension) for event in told] == [(ringing, "answered", "102"), (unknown, "ringing", "103")]
    later = [event for one in (talking, ringing, unknown) for event in reader.read({"Event": "Hangup", "Linkedid": one, "Uniqueid": one}, at=NOON)]
    assert [(event.call, event.state) for event in later] == [(talking, "ended"), (ringing, "ended"), (unknown, "ended")]


def test_a_call_passed_on_is_taken_by_the_second():
    """TEL-3"""
    again = [
        message("DialBegin", DestChannel="PJSIP/102-00000009", DestUniqueid="9"), message("DialEnd", DestChannel="PJSIP/102-00000009", DestUniqueid="9", DialStatus="ANSWER"),
    ]  # fmt: skip
    events, told = told_of([*INCOMING[:5], *again])
    assert events[-1].state == "transferred" and told.extension == "102"


@pytest.mark.parametrize(("channel", "extension"), [
    ("PJSIP/101-00000a3f", "101"), ("SIP/101-0000", "101"), ("Local/101@from-queue-0001;1", "101"), ("PJSIP/trunk-0001", ""), ("", ""), ("PJSIP/", ""),
])  # fmt: skip
def test_the_extension_is_read_from_the_channel(channel, extension):
    """TEL-3"""
    assert extension_of(channel) == extension


class Peer:
    """An exchange that speaks the lines of Asterisk's manager interface, and keeps what it was told."""

    def __init__(self, *, banner: bytes = b"Asterisk Call Manager/5.0.2\r\n", secret: str = "secreto", channels: list | None = ()) -> None:
        self.banner, self.secret, self.channels, self.heard, self.writers = banner, secret, channels, b"", []

    async def __aenter__(self) -> Peer:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_given) -> None:
        self.server.close()
        for writer in self.writers:
            writer.close()

    async def serve(self, reader, writer) -> None:
        self.writers.append(writer)
        writer.write(self.banner)
        with contextlib.suppress(Exception):
            while block := await reader.readuntil(b"\r\n\r\n"):
                self.heard += block
                fields = dict(row.split(": ", 1) for row in block.decode().strip().split("\r\n"))
                good = fields["Action"] != "Login" or fields["Secret"] == self.secret
                answer = "Success\r\nMessage: Originate successfully queued" if fields["Action"] == "Originate" else "Success" if good else "Error"
                if fields["Action"] == "CoreShowChannels":
                    answer = "Error\r\nMessage: Permission denied" if self.channels is None else "Success\r\nEventList: start\r\nMessage: Channels will follow"
                writer.write(f"Response: {answer}\r\nActionID: {fields.get('ActionID', '')}\r\n\r\n".encode())
                if fields["Action"] == "CoreShowChannels" and self.channels is not None:
                    for one in (*self.channels, {"Event": "CoreShowChannelsComplete", "EventList": "Complete"}):
                        self.tell({**one, "ActionID": fields["ActionID"]})

    def tell(self, one: dict[str, str]) -> None:
        for writer in self.writers:
            writer.write("".join(f"{name}: {value}\r\n" for name, value in one.items()).encode() + b"\r\n")


async def until(ask) -> None:
    for _turn in range(1000):
        if ask():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come true")


def address(peer: Peer, secret: str = "secreto") -> ami.Address:
    return ami.Address("127.0.0.1", peer.port, "amparo", secret)


def test_it_listens_places_calls_and_says_when_it_is_lost():
    """TEL-3, SEC-43: no line of the exchange is ended by what we write."""

    async def play() -> tuple[list, Peer, str, list[str]]:
        events, answers, compared, ready = [], [], [], asyncio.Event()
        placings: asyncio.Queue = asyncio.Queue()

        async def take(event) -> None:
            events.append(event)

        async def told(error: str) -> None:
            answers.append(error)

        async def is_ready() -> None:
            ready.set()

        async def compare(going_on) -> dict[str, bool]:
            compared.append(going_on)
            return {OLD: True}

        async with Peer(channels=[channel(OLD, "PJSIP/trunk-1"), channel("1699999999.8", "PJSIP/101-2", linked=OLD)]) as peer:
            listening = asyncio.create_task(ami.listen(address(peer), take=take, ready=is_ready, placings=placings, now=lambda: NOON, compare=compare))
            await asyncio.wait_for(ready.wait(), 5)
            placings.put_nowait((ami.Placing("PJSIP/101\r\nAction: Command", "from-internal", "5555123456\r\nVariable: a=b"), told))
            for one in (*INCOMING, {**INCOMING[-1], "Linkedid": OLD, "Uniqueid": OLD}):
                peer.tell(one)
            await until(lambda: len(events) == 7 and answers)
            peer.tell({"Event": "OriginateResponse", "ActionID": re.search(rb"ActionID: (dial-\w+)", peer.heard)[1].decode(), "Response": "Failure", "Reason": "5"})
            await until(lambda: len(answers) == 2)
            assert compared == [{OLD}]
            for writer in peer.writers:
                writer.close()
            with pytest.raises(NoAnswer) as lost:
                await asyncio.wait_for(listening, 5)
            return events, peer, str(lost.value.context["why"]), answers

    events, peer, why, answers = asyncio.run(play())
    assert [event.state for event in events] == ["ringing", "ringing", "answered", "held", "resumed", "ended", "ended"] and events[-1].call == OLD
    assert why == "lost" and answers == ["", "busy"]
    assert b"Channel: PJSIP/101Action: Command\r\n" in peer.heard and b"Exten: 5555123456Variable: a=b\r\n" in peer.heard
    assert peer.heard.count(b"Action: Originate") == 1 and b"\r\nAction: Command" not in peer.heard and b"\r\nVariable:" not in peer.heard


def test_what_is_wrong_is_said_in_words():
    """TEL-3, SEC-32"""

    async def why(where: ami.Address) -> str:
        with pytest.raises(NoAnswer) as refused:
            await ami.probe(where)
        assert str(refused.value)
        return str(refused.value.context["why"])

    async def play() -> list[str]:
        async with Peer() as peer, Peer(banner=b"HTTP/1.1 400 Bad Request\r\n\r\n") as other:
            other.serve = None
            await ami.probe(address(peer))
            found = [await why(address(peer, "otro"))]
            peer.channels = None
            found.append(await why(address(peer)))
            peer.server.close()
            await peer.server.wait_closed()
            return [*found, await why(ami.Address("127.0.0.1", peer.port, "a", "b")), await why(ami.Address("no-hay.invalid", 5038, "a", "b"))]

    assert asyncio.run(play()) == ["denied", "channels", "closed", "name"]


def test_an_extension_that_listens_goes_deaf_to_nobody_when_ends_are_lost():
    """TEL-3: what rang and was never taken back makes room for who calls now."""
    ears = sip.Ears(ami.Address("127.0.0.1", 5060, "600", "x"), "udp", own_host="127.0.0.1", exchange_ip="127.0.0.1")
    calls, rejected = {}, []
    ears.uas = SimpleNamespace(_calls=calls, active_calls=calls)
    for number in range(sip.CALLS_MAX + 20):
        name = str(number)
        calls[name] = SimpleNamespace(call_id=name, invite=name, ringing=lambda: None, reject=lambda _status, name=name: rejected.append(name))
        ears._rings(calls[name])
    assert ears.heard.qsize() == sip.CALLS_MAX + 20 and len(calls) == sip.CALLS_MAX
    assert rejected == [str(number) for number in range(20)]
