"""BigBlueButton against a server of ours that checks every checksum and answers XML as its documentation says."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from amparo.conftest import NOON
from amparo.media import queries, rooms, rules
from amparo.media.errors import GatewayAway, GatewayRefused
from amparo.media.rooms.bigbluebutton import callback_address
from amparo.policies.commands import set_value

SECRET = "639259d4-9dd8-4b25-bf01-95f9567eaf4b"
RECORDING = "<recording><recordID>r1</recordID><published>true</published><startTime>1795403513000</startTime><playback><format><type>presentation</type><url>https://bbb.example.mx/r1</url></format></playback></recording>"


class Server:
    """As much of BigBlueButton as we ask: create, join, end, getMeetingInfo, getRecordings."""

    def __init__(self) -> None:
        self.meetings: dict[str, dict] = {}
        self.calls: list[str] = []
        outer = self

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                call = parts.path.rpartition("/")[2]
                query, _sep, given = parts.query.rpartition("checksum=")
                good = given == rules.checksum(call, query.rstrip("&"), SECRET)
                body = outer.answer(call, {name: words[0] for name, words in parse_qs(query).items()}) if good else failed("checksumError")
                self.send_response(200)
                self.end_headers()
                self.wfile.write(f"<response>{body}</response>".encode())

            def log_message(self, *_words: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/bigbluebutton"

    def answer(self, call: str, given: dict[str, str]) -> str:
        self.calls.append(call)
        room = given.get("meetingID", "")
        if call == "create":
            if room in self.meetings:
                return failed("idNotUnique")
            self.meetings[room] = given
            return "<returncode>SUCCESS</returncode>"
        if call == "getRecordings":
            return f"<returncode>SUCCESS</returncode><recordings>{RECORDING}</recordings>"
        if room not in self.meetings:
            return failed("notFound")
        if call == "end":
            del self.meetings[room]
        people = "<attendees><attendee><userID>p-1</userID><hasVideo>true</hasVideo><hasJoinedVoice>false</hasJoinedVoice></attendee></attendees>"
        return f"<returncode>SUCCESS</returncode>{people if call == 'getMeetingInfo' else ''}"


def failed(key: str) -> str:
    return f"<returncode>FAILED</returncode><messageKey>{key}</messageKey>"


@pytest.fixture
def bbb(settings, administrator) -> Iterator[Server]:
    found = Server()
    settings.BIGBLUEBUTTON_URL, settings.BIGBLUEBUTTON_SECRET = found.url, SECRET
    set_value("media.rooms_by", "bigbluebutton", from_at=NOON, actor=administrator, at=NOON)
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_the_same_interface_by_bigbluebutton(bbb):
    """LIV-1"""
    for _again in range(2):
        rooms.create_room("class-1", title="Cierre de mes", publishers_max=6, at=NOON)
    assert bbb.meetings["class-1"]["name"] == "Cierre de mes" and rooms.is_external(at=NOON) and queries.available(at=NOON).rooms
    url = rooms.token("class-1", "p-1", rooms.VIEWER, seconds=60, name="Lupita", at=NOON)["url"]
    asked = parse_qs(urlsplit(url).query)
    assert (asked["role"], asked["userID"], asked["fullName"]) == (["VIEWER"], ["p-1"], ["Lupita"]) and SECRET not in url
    query, _sep, given = urlsplit(url).query.rpartition("&checksum=")
    assert given == rules.checksum("join", query, SECRET)
    assert rooms.participants("class-1", at=NOON) == [rooms.Present("p-1", True)]
    assert [one.url for one in rooms.recordings("class-1", at=NOON)] == ["https://bbb.example.mx/r1"]
    rooms.end("class-1", at=NOON)
    rooms.end("class-1", at=NOON)
    assert rooms.participants("class-1", at=NOON) == []


def test_a_wrong_secret_and_an_absent_server_are_told(bbb, settings):
    """LIV-1"""
    settings.BIGBLUEBUTTON_SECRET = "wrong"
    with pytest.raises(GatewayRefused):
        rooms.create_room("class-2", title="x", publishers_max=6, at=NOON)
    settings.BIGBLUEBUTTON_URL = "http://127.0.0.1:9/bigbluebutton"
    with pytest.raises(GatewayAway):
        rooms.participants("class-1", at=NOON)
    settings.BIGBLUEBUTTON_URL = ""
    assert not queries.available(at=NOON).rooms


def test_a_callback_is_believed_only_with_our_seal(settings, client, db):
    """SEC-42: unsigned, altered, of another room: 401 and no effect; the same one again is no second act."""
    settings.BIGBLUEBUTTON_SECRET = SECRET
    good = urlsplit(callback_address("class-1"))
    assert [client.get(f"{good.path}?{good.query}&meetingID=class-1").status_code, client.post(f"{good.path}?{good.query}").status_code] == [204, 204]
    for query in ("", good.query.replace("class-1", "class-2"), good.query[:-1], "room=class-1&seal=%C3%A9", good.query.replace("room=class-1", "room=")):
        assert client.get(f"{good.path}?{query}").status_code == 401
    settings.BIGBLUEBUTTON_SECRET = ""
    assert client.get(f"{good.path}?{good.query}").status_code == 401
