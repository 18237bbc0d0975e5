"""What Asterisk's manager interface says, as events of calls: pure. TEL-3.

A call is a `Linkedid`; its first channel has the same `Uniqueid`. It begins to ring for us when a telephone of ours is dialled
(`DialBegin`), not while a voice menu speaks. Its end is the end of its first channel.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .dialling import is_extension
from .events import LENGTH_MAX, Event, event_id, line

CALLS_MAX = 2000
_PEER = re.compile(r"^[A-Za-z0-9]+/([^/]+?)(?:-[0-9A-Fa-f]+)?(?:;[12])?$")
_LINKED = re.compile(r"(?:[A-Za-z0-9_.\-]{1,60}-)?\d{9,11}\.\d{1,10}")
_NOBODY = frozenset({"NOANSWER", "BUSY", "CHANUNAVAIL", "CONGESTION"})


@dataclass(slots=True)
class _Known:
    """What was read of a call so far."""

    direction: str = "in"
    caller: str = ""
    caller_name: str = ""
    called: str = ""
    rang: bool = False
    answered: bool = False
    nobody: bool = False
    recording: str = ""
    by_channel: dict[str, str] = field(default_factory=dict)


class Asterisk:
    """Reads the messages of one connection; remembers the calls under way, the oldest forgotten first."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, _Known] = OrderedDict()

    def read(self, message: Mapping[str, Any], *, at: datetime) -> list[Event]:
        """Return the events that a message of the exchange means, most often none."""
        name = str(message.get("Event", ""))
        reader = getattr(self, f"_{name.lower()}", None) if name in _READ else None
        return reader(message, at) if reader else []

    def resume(self, channels: Sequence[Mapping[str, Any]], known: Mapping[str, bool], *, at: datetime) -> list[Event]:
        """Take up the calls that were under way before this connection, from the channels that the exchange has now.

        `known` holds the calls that are on record as going on: True where somebody has answered. Of those nothing is told again but
        what happened meanwhile: that one which rang was answered, that one began.
        """
        events: list[Event] = []
        for channel in channels:
            self._newchannel(channel, at)
        for channel in channels:
            linked = _text(channel, "Linkedid")
            if linked == _text(channel, "Uniqueid") or linked not in self._calls:
                continue
            told = {**channel, "Uniqueid": linked, "DestUniqueid": channel.get("Uniqueid"), "DestChannel": channel.get("Channel"), "DialStatus": "ANSWER"}
            found = self._dialbegin({**told, "Event": "DialBegin"}, at)
            if _text(channel, "ChannelStateDesc") == "Up":
                found += self._dialend({**told, "Event": "DialEnd"}, at)
            events += [event for event in found if not known.get(linked, False) and (event.state != "ringing" or linked not in known)]
        for linked, answered in known.items():
            if (call := self._calls.get(linked)) is not None:
                call.rang, call.answered = True, call.answered or answered
        return events

    def _newchannel(self, message: Mapping[str, Any], at: datetime) -> list[Event]:
        linked, unique = _text(message, "Linkedid"), _text(message, "Uniqueid")
        if not linked or linked != unique or linked in self._calls:
            return []
        known = _Known(caller=_text(message, "CallerIDNum"), caller_name=_name(message, "CallerIDName"), called=_text(message, "Exten"))
        if own := extension_of(_text(message, "Channel")):
            known.direction = "internal" if is_extension(known.called) and known.called != "s" else "out"
            known.by_channel[unique] = own
        self._calls[linked] = known
        while len(self._calls) > CALLS_MAX:
            self._calls.popitem(last=False)
        return []

    def _dialbegin(self, message: Mapping[str, Any], at: datetime) -> list[Event]:
        linked = _text(message, "Linkedid") or _text(message, "DestLinkedid")
        if not linked or _text(message, "DestUniqueid") == linked:  # a call placed for us: our own telephone rings first
            return []
        known = self._calls.setdefault(linked, _Known(caller=_text(message, "CallerIDNum"), caller_name=_name(message, "CallerIDName"), called=_text(message, "Exten")))
        rung = extension_of(_text(message, "DestChannel")) or _extension(message, "DestExten")
        if known.direction == "out":
            if not known.called or known.called == "s":
                known.called = re.sub(r"[^0-9+*#]", "", _text(message, "DialString").rpartition("/")[2].partition("@")[0])[:30]
            rung = next(iter(known.by_channel.values()), "")
        elif rung:
            known.by_channel[_text(message, "DestUniqueid")] = rung
        if not rung:
            return []
        known.rang, known.nobody = True, False
        return [self._event(linked, known, "ringing", at, rung, message)]

    def _dialend(self, message: Mapping[str, Any], at: datetime) -> list[Event]:
        linked = _text(message, "Linkedid") or _text(message, "DestLinkedid")
        known = self._calls.get(linked)
        if known is None or not known.rang or _text(message, "DestUniqueid") == linked:
            return []
        status = _text(message, "DialStatus").upper()
        known.nobody = status in _NOBODY
        if status != "ANSWER":
            return []
        rung = known.by_channel.get(_text(message, "DestUniqueid")) or extension_of(_text(message, "DestChannel"))
        if known.direction == "out":
            rung = next(iter(known.by_channel.values()), "")
        state, known.answered = ("transferred" if known.answered else "answered"), True
        return [self._event(linked, known, state, at, rung, message)]

    def _hold(self, message: Mapping[str, Any], at: datetime) -> list[Event]:
        return self._during(message, at, "held")

    def _unhold(self, message: Mapping[str, Any], at: datetime) -> list[Event]:
        return self._during(message, at, "resumed")

    def _during(self, message: Mapping[str, Any], at: datetime, state: str) -> list[Event]:
        linked = _text(message, "Linkedid")
        known = self._calls.get(linked)
        return [self._event(linked, known, state, at, "", message)] if known and known.answered else []

    def _varset(self, message: Mapping[str, Any], at: datetime) -> list[Event]:
        linked = _text(message, "Linkedid")
        known = self._calls.get(linked)
        if known is None or _text(message, "Variable") != "AMPARO_RECORDING":
            return []
        if not known.answered:  # most dial plans set it before they dial: it goes with the answer
            known.recording = _text(message, "Value")
            return []
        event = self._event(linked, known, "resumed", at, "", message)
        return [Event(event.id, event.call, event.state, event.at, event.direction, event.caller, event.caller_name, event.called, "", _text(message, "Value"))]

    def _hangup(self, message: Mapping[str, Any], at: datetime) -> list[Event]:
        linked, unique = _text(message, "Linkedid"), _text(message, "Uniqueid")
        known = self._calls.get(linked)
        if known is None or linked != unique:
            return []
        del self._calls[linked]
        if not known.rang:
            return []
        state = "missed" if known.nobody and not known.answered else "ended"
        return [self._event(linked, known, state, at, "", message)]

    def _event(self, linked: str, known: _Known, state: str, at: datetime, extension: str, message: Mapping[str, Any]) -> Event:
        name = event_id("ami", linked, message.get("Event"), message.get("Uniqueid"), message.get("DestUniqueid"), state, extension, at.isoformat())
        recording = known.recording if state == "answered" else ""
        return Event(name, linked, state, at, known.direction, known.caller, known.caller_name, known.called, extension, recording)


_READ = frozenset({"Newchannel", "DialBegin", "DialEnd", "Hold", "Unhold", "VarSet", "Hangup"})


def going_on(channels: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return the names of the calls that channels belong to: a call goes on while its first channel does."""
    return frozenset(_text(channel, "Uniqueid") for channel in channels if _text(channel, "Uniqueid") == _text(channel, "Linkedid"))


def is_linked(name: str) -> bool:
    """True for a name that Asterisk gives to calls, not a browser: the second in which it began, a point, a number."""
    return bool(_LINKED.fullmatch(name))


def extension_of(channel: str) -> str:
    """Return the extension in the name of a channel (`PJSIP/101-00000a3f`), nothing where it is none."""
    found = _PEER.match(channel)
    peer = found[1].partition("@")[0] if found else ""
    return peer if is_extension(peer) else ""


def _extension(message: Mapping[str, Any], name: str) -> str:
    given = _text(message, name)
    return given if is_extension(given) else ""


def _text(message: Mapping[str, Any], name: str) -> str:
    return line(str(message.get(name) or ""))[:LENGTH_MAX["recording"] if name == "Value" else 80]


def _name(message: Mapping[str, Any], name: str) -> str:
    given = _text(message, name)
    return "" if given in ("<unknown>", "unknown") else given
