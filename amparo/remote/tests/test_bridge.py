"""The broker between two moments: who leaves, comes back or changes his mind while the database is asked. No socket, no database. LIV-2, CAS-5, SEC-40."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from amparo.cases.rules import Clock
from amparo.conftest import NOON
from amparo.remote import commands, tasks
from amparo.remote.broker import bridge as bridges
from amparo.remote.broker import threads
from amparo.remote.broker.bridge import Bridge
from amparo.remote.broker.ends import PENDING_MAX, End
from amparo.remote.broker.hall import Hall
from amparo.remote.broker.recorder import Recorder
from amparo.remote.queries import Situation
from amparo.remote.rules.client import Client

KEY_DOWN = bytes([4, 1, 0, 0, 0, 0, 0, 65])


class Side:
    """An end that remembers what it was told."""

    is_silent = False

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.pushed = b""
        self.code = 0

    def say(self, type: str, **told: Any) -> None:
        self.said.append({"type": type, **told})

    def push(self, data: bytes) -> None:
        self.pushed += data

    async def drained(self) -> None:
        """Never slow."""

    async def close(self, code: int = 1000) -> None:
        self.code = code


class Tape:
    """A recorder that only counts."""

    failed = ""
    is_behind = False

    def __init__(self) -> None:
        self.octets = 0

    def write(self, kind: Any, payload: bytes) -> None:
        self.octets += len(payload)

    def happened(self, what: str, **told: Any) -> None:
        """Passed over."""

    def look(self) -> None:
        """Passed over."""

    async def close(self) -> None:
        """Passed over."""


def a_row(state: str, **more: Any) -> Any:
    told: dict[str, Any] = dict(
        pk=7, state=state, mode="control", asked="control", clipboard=False, can=["view", "control"], system="linux", segments=1,
        language="es-mx", started_at=NOON, running_since=NOON, seen_at=NOON, seconds=0, way="helper",
    )  # fmt: skip
    return SimpleNamespace(**{**told, **more})


@pytest.fixture
def asked(monkeypatch):
    """What the database was asked; `asked.during` is done while a command waits for it."""
    seen = SimpleNamespace(names=[], at={}, during={})

    async def run(what: Callable[..., Any], *given: Any, **named: Any) -> Any:
        name = getattr(what, "__name__", "")
        seen.names.append(name)
        seen.at[name] = named.get("at")
        if name in seen.during:
            await seen.during[name]()
        after = {"begin": "running", "drop": "dropped", "pause": "dropped"}.get(name)
        if after:
            return a_row(after, segments=2)
        if name == "change_mode":
            return a_row("running", mode=named["mode"])
        if name == "_look":
            return None, 300, 600, 60
        return 10**9 if name == "_octets_max" else given[0] if given else None

    monkeypatch.setattr(threads, "run", run)
    return seen


def met(state: str, *, helper: bool = True, viewer: bool = True, **more: Any) -> Bridge:
    made = Bridge(Hall(), a_row(state, **more))
    made.hall.bridges[7] = made
    made.helper, made.viewer = (Side() if helper else None), (Side() if viewer else None)  # type: ignore[assignment]
    made.actor, made.recorder, made.octets_max = SimpleNamespace(), Tape(), 10**9  # type: ignore[assignment]
    return made


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 5))


def test_what_a_killed_broker_left_running_stops_when_one_end_alone_comes_back(asked):
    """CAS-5, SEC-40: the clock stops at the last sign of life; after the minute of the other end it is over."""

    async def story() -> None:
        made = met("running", helper=False, seen_at=NOON + timedelta(minutes=3))
        await made.begin()
        assert asked.names == ["drop"] and asked.at["drop"] == NOON + timedelta(minutes=3) and made.row.state == "dropped"
        assert made.times.helper_away is not None
        made.times.helper_away -= 61
        await made.times.beat(NOON)
        assert made.ended and made.viewer.said[-1]["reason"] == "lost"  # type: ignore[union-attr]

    play(story)


def test_a_code_that_waits_awaits_no_line():
    """LIV-2"""
    assert met("offered", helper=False).times.helper_away is None


def test_who_leaves_while_it_begins_stops_the_clock(asked):
    """CAS-5"""

    async def story() -> None:
        made = met("consented")

        async def leaves() -> None:
            made.helper = None

        asked.during["begin"] = leaves
        await made.begin()
        assert asked.names == ["begin", "drop"] and not made.running and made.row.state == "dropped"

    play(story)


def test_what_cannot_be_recorded_does_not_run(asked, monkeypatch):
    """LIV-2"""

    async def full(*_given: Any, **_named: Any) -> Recorder:
        raise OSError("no space")

    async def story() -> None:
        made = met("consented")
        made.recorder = None
        monkeypatch.setattr(bridges.Recorder, "open", full)
        await made.begin()
        await asyncio.gather(*made.hall._tasks)
        assert made.ended and not made.running and asked.names[-1] == "_ended"

    play(story)


def test_a_yes_that_crosses_only_see_gives_nothing(asked):
    """SEC-40, LIV-2: in view nothing passes, whichever came first to the database."""

    async def story() -> None:
        made = met("running", mode="view")
        made.running, made.awaits_viewer = True, False
        made.questions.ask("mode", "¿Control?")
        crossing: list[asyncio.Task[None]] = []

        async def lets_go() -> None:
            if not crossing:
                crossing.append(asyncio.create_task(made.only_see(made.actor)))  # type: ignore[arg-type]
                await asyncio.sleep(0)

        asked.during["change_mode"] = lets_go
        await made.questions.answered({"answer": "yes", "mode": "control"})
        await crossing[0]
        assert made.row.mode == "view" and not made.client.control
        await made.from_viewer(made.viewer, b"RFB 003.008\n\1\1" + KEY_DOWN)  # type: ignore[arg-type]
        assert KEY_DOWN not in made.helper.pushed  # type: ignore[union-attr]

    play(story)


def test_keys_fill_no_disk(asked):
    """SEC-40: what goes to the customer's computer counts as what comes from it."""

    async def story() -> None:
        made = met("running")
        made.running, made.awaits_viewer, made.octets_max, made.client = True, False, 100, Client(control=True)
        await made.from_viewer(made.viewer, b"RFB 003.008\n\1\1" + KEY_DOWN * 20)  # type: ignore[arg-type]
        assert made.ended and made.helper.said[-1]["reason"] == "bytes"  # type: ignore[union-attr]

    play(story)


def test_a_pause_that_is_over_ends_nothing_later(asked):
    """CAS-5, CHG-5: decided while a line came back."""

    async def story() -> None:
        made = met("dropped", case=SimpleNamespace(limit_minutes=30))
        made.times.wait_for_decision()
        assert made.paused
        await made.begin()
        assert made.running and not made.paused
        made.times.pause_seconds, made.times.helper_away, made.times.viewer_away = -1, None, None
        await made.times.beat(NOON)
        assert not made.ended

    play(story)


def test_an_engineer_who_waits_at_another_broker_is_sent_on(asked, settings):
    """LIV-2, SEC-39: a session belongs to one broker."""
    settings.BROKER_URL = "ws://here"

    async def story() -> None:
        made = met("offered", helper=False)
        viewer: Any = made.viewer
        now = Situation(7, "joined", "", "", "attention", Clock(0, None, 30), True, False, "", "ws://there")
        await made.times.take(now, NOON)
        assert viewer.said[-1] == {"type": "elsewhere", "viewer": "ws://there/remote/viewer"} and viewer.code == 1012
        assert made.hall.bridges == {}

    play(story)


def test_who_waits_for_a_reader_that_is_gone_waits_no_more():
    """SEC-37: or the customer's own stop would not be read."""

    async def story() -> None:
        socket: Any = SimpleNamespace()
        end = End(socket)
        end.push(b"x" * (PENDING_MAX + 1))
        waiting = asyncio.create_task(end.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        await end.hang_up()
        await waiting

    play(story)


def test_a_track_that_cannot_be_read_is_not_thrown_away(tmp_path, monkeypatch):
    """LIV-2, LIV-3"""
    track = tmp_path / "one.mjr"
    track.write_bytes(b"seen")
    forgotten: list[str] = []
    monkeypatch.setattr(tasks, "alone", lambda _name: contextlib.nullcontext(True))
    monkeypatch.setattr(tasks.queries, "ended_by_browser", lambda **_named: [SimpleNamespace(pk=1)])
    monkeypatch.setattr(tasks.queries, "room_of", lambda _session: "remote-1")
    monkeypatch.setattr(tasks.rooms, "recordings", lambda _room, **_named: [SimpleNamespace(path=track, kind="video")] if track.exists() else [])
    monkeypatch.setattr(tasks.rooms, "end", lambda _room, **_named: None)
    bent = tmp_path / "two.mjr"
    monkeypatch.setattr(tasks.janus, "forget", forgotten.append)
    monkeypatch.setattr(tasks.janus, "broken", lambda _room: [bent] if bent.exists() else [])
    monkeypatch.setattr(tasks, "_film", lambda _track, _target: None)
    monkeypatch.setattr(commands, "keep_films", lambda *_given, **_named: pytest.fail("there is none"))
    tasks.films(at=NOON)
    assert not forgotten and (tmp_path / "one.unread").read_bytes() == b"seen"
    tasks.films(at=NOON)
    assert not forgotten
    track.write_bytes(b"seen")
    bent.write_bytes(b"a head that is broken")
    monkeypatch.setattr(tasks, "_film", lambda track, _target: track)
    monkeypatch.setattr(tasks, "_milliseconds", lambda _film: 0)
    monkeypatch.setattr(commands, "keep_films", lambda *_given, **_named: None)
    tasks.films(at=NOON)
    assert not forgotten and not track.exists() and (tmp_path / "two.unread").exists()
    bent.write_bytes(b"alone")
    tasks.films(at=NOON)
    assert not forgotten and (tmp_path / "two.unread").read_bytes() == b"alone", "also where no other track is there"
    bent.write_bytes(b"its head comes a moment later")
    monkeypatch.setattr(tasks.rooms, "end", lambda _room, **_named: bent.rename(track))
    kept: list[Any] = []
    monkeypatch.setattr(commands, "keep_films", lambda _session, films, **_named: kept.extend(films))
    tasks.films(at=NOON)
    assert kept == [(track, 0)] and forgotten == ["remote-1"], "what was begun just before the end is in the film"
