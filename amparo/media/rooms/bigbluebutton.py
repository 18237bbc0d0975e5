"""Rooms of a BigBlueButton server: the same interface by its own HTTP interface, every call with a checksum. LIV-1."""

from __future__ import annotations

import hashlib
import hmac
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from typing import Any, Final
from xml.etree import ElementTree as xml

from django.conf import settings

from amparo.media import rules
from amparo.media.errors import GatewayAway, GatewayRefused

from .shared import MODERATOR, ROLES, Present, Recording

TIMEOUT_SECONDS: Final = 5
ANSWER_BYTES_MAX: Final = 2_000_000


def address(call: str, parameters: dict[str, Any]) -> str:
    """Return the address of a call with its checksum. Raises GatewayAway where no server is set."""
    if not (settings.BIGBLUEBUTTON_URL and settings.BIGBLUEBUTTON_SECRET):
        raise GatewayAway
    query = rules.signed_query(call, parameters, settings.BIGBLUEBUTTON_SECRET, algorithm=settings.BIGBLUEBUTTON_HASH)
    return f"{settings.BIGBLUEBUTTON_URL.rstrip('/')}/api/{call}?{query}"


def ask(call: str, parameters: dict[str, Any], *, well: tuple[str, ...] = ()) -> xml.Element:
    """Ask the server; `well` are the failures that are as good as success. Raises GatewayAway, GatewayRefused."""
    try:
        with urllib.request.urlopen(address(call, parameters), timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (the operator's)
            text = answer.read(ANSWER_BYTES_MAX)
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise GatewayAway
        found = xml.fromstring(text)  # noqa: S314 (without entities, and of the operator's own server)
    except (urllib.error.URLError, OSError, xml.ParseError):
        raise GatewayAway from None
    if found.findtext("returncode") != "SUCCESS" and found.findtext("messageKey") not in well:
        raise GatewayRefused(reason=found.findtext("messageKey") or "")
    return found


class BigBlueButtonRooms:
    """Each room is a meeting; a person is sent to it by an address that names him."""

    is_external = True

    def create_room(self, room: str, *, title: str, publishers_max: int, recorded: bool, at: datetime) -> None:
        callback = callback_address(room)
        ask("create", {
            "meetingID": room, "name": title[:120], "record": True, "autoStartRecording": recorded, "allowStartStopRecording": True,
            "muteOnStart": True, "guestPolicy": "ALWAYS_ACCEPT", "meta_endCallbackUrl": callback, "meta_bbb-recording-ready-url": callback,
        }, well=("idNotUnique", "duplicateWarning"))  # fmt: skip

    def token(self, room: str, participant: str, role: str, *, seconds: int, name: str, at: datetime) -> dict[str, Any]:
        assert role in ROLES
        join = {"meetingID": room, "fullName": name or participant, "userID": participant, "role": "MODERATOR" if role == MODERATOR else "VIEWER",
                "redirect": True}  # fmt: skip
        return {"kind": "bigbluebutton", "room": room, "participant": participant, "role": role, "url": address("join", join)}

    def end(self, room: str) -> None:
        ask("end", {"meetingID": room}, well=("notFound",))

    def participants(self, room: str) -> list[Present]:
        found = ask("getMeetingInfo", {"meetingID": room}, well=("notFound",))
        return [
            Present(one.findtext("userID") or "", "true" in (one.findtext("hasJoinedVoice"), one.findtext("hasVideo")))
            for one in found.iter("attendee")
        ]

    def record(self, room: str, on: bool) -> None:
        """BigBlueButton is told at its making, and by its moderators in its own page; there is no such call."""

    def recordings(self, room: str) -> list[Recording]:
        found = ask("getRecordings", {"meetingID": room}, well=("noRecordings",))
        result = []
        for one in found.iter("recording"):
            url = one.findtext("./playback/format/url") or ""
            started = int(one.findtext("startTime") or 0)
            if url.startswith(("https://", "http://")) and (one.findtext("published") or "") == "true":
                result.append(Recording("", "page", datetime.fromtimestamp(started / 1000, UTC), url=url))
        return result

    def mute(self, room: str, participant: str, stream: str, on: bool) -> None:
        """A moderator mutes in BigBlueButton's own page; there is no such call."""

    def remove(self, room: str, participant: str) -> None:
        """A moderator sends out in BigBlueButton's own page; there is no such call."""


def callback_address(room: str) -> str:
    """Return the address at which the server tells that a meeting ended or a recording is ready: it carries our own seal of the room."""
    return f"{settings.PUBLIC_URL}/classroom/notices/bigbluebutton/?{urllib.parse.urlencode({'room': room, 'seal': _seal(room)})}"


def callback_is_signed(room: str, seal: str) -> bool:
    """Tell whether a callback came to an address that we gave to the server for this room. SEC-42."""
    return bool(settings.BIGBLUEBUTTON_SECRET and room) and hmac.compare_digest(_seal(room).encode(), seal.encode())


def _seal(room: str) -> str:
    return hmac.new(settings.BIGBLUEBUTTON_SECRET.encode(), f"callback|{room}".encode(), hashlib.sha256).hexdigest()
