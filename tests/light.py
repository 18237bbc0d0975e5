"""Light people in a class: they join the room and receive sound and image by real WebRTC, and count frames instead of decoding them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import websockets


def count_instead_of_decoding(counts: Counter[str]) -> None:
    """Let aiortc hand every frame to a counter: of twenty decoders none would be in time here."""
    from aiortc import rtcrtpreceiver

    def counter(loop: Any, input_q: Any, output_q: Any, *_more: Any) -> None:
        while (task := input_q.get()) is not None:
            codec, _frame = task
            counts[f"{threading.current_thread().name}.{id(input_q)}.{codec.name}"] += 1
        with contextlib.suppress(RuntimeError):
            asyncio.run_coroutine_threadsafe(output_q.put(None), loop)

    rtcrtpreceiver.decoder_worker = counter


class Refused(AssertionError):
    """The gateway answered with an error: its number."""


class Person:
    """One light person: what the class's page would be given at the door, and what comes in."""

    def __init__(self, access: dict[str, Any]) -> None:
        self.access, self.session, self.waiting, self.kicked = access, 0, {}, asyncio.Event()
        self.peers: list[Any] = []

    async def enter(self) -> None:
        """Join the room and watch every feed that is there."""
        self.line = await websockets.connect(self.access["session"]["url"], subprotocols=["janus-protocol"])
        self.reader = asyncio.create_task(self._read())
        self.session = (await self.ask(janus="create"))["data"]["id"]
        room = self.access["room"]
        self.main = main = await self.attach()
        joined = await self.message(main, {"request": "join", "ptype": "publisher", "room": room["room"], "id": room["participant"], "token": room["token"]})
        for one in joined["plugindata"]["data"]["publishers"]:
            await self.watch(one["id"])

    async def send(self, voices: int) -> None:
        """Publish voices that say nothing, by real WebRTC."""
        from aiortc import RTCPeerConnection, RTCSessionDescription
        from aiortc.mediastreams import AudioStreamTrack

        peer = RTCPeerConnection()
        self.peers.append(peer)
        for _voice in range(voices):
            peer.addTrack(AudioStreamTrack())
        await peer.setLocalDescription(await peer.createOffer())
        answered = await self.message(self.main, {"request": "publish"}, {"type": "offer", "sdp": peer.localDescription.sdp})
        await peer.setRemoteDescription(RTCSessionDescription(answered["jsep"]["sdp"], "answer"))

    async def watch(self, feed: str) -> None:
        from aiortc import RTCPeerConnection, RTCSessionDescription

        room = self.access["room"]
        handle = await self.attach()
        offered = await self.message(handle, {
            "request": "join", "ptype": "subscriber", "room": room["room"], "token": room["token"], "streams": [{"feed": feed}],
        })  # fmt: skip
        peer = RTCPeerConnection()
        self.peers.append(peer)
        await peer.setRemoteDescription(RTCSessionDescription(offered["jsep"]["sdp"], "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        await self.message(handle, {"request": "start"}, {"type": "answer", "sdp": peer.localDescription.sdp})

    async def attach(self) -> int:
        made = await self.ask(janus="attach", plugin="janus.plugin.videoroom", opaque_id=self.access["room"]["proof"])
        return int(made["data"]["id"])

    async def message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.ask(janus="message", handle_id=handle, body=body, **({"jsep": jsep} if jsep else {}))
        if "error_code" in answer["plugindata"]["data"]:
            raise Refused(str(answer["plugindata"]["data"]["error_code"]))
        return answer

    async def ask(self, **message: Any) -> dict[str, Any]:
        whole = {"transaction": os.urandom(8).hex(), "token": self.access["session"]["token"], **message}
        if self.session:
            whole["session_id"] = self.session
        self.waiting[whole["transaction"]] = future = asyncio.get_running_loop().create_future()
        await self.line.send(json.dumps(whole))
        return await asyncio.wait_for(future, 20)

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in self.line:
                answer = json.loads(text)
                future = self.waiting.get(answer.get("transaction"))
                if future is not None and answer["janus"] != "ack" and not future.done():
                    future.set_result(answer)
                if answer.get("plugindata", {}).get("data", {}).get("reason") == "kicked":
                    self.kicked.set()

    async def leave(self) -> None:
        for peer in self.peers:
            await peer.close()
        await self.line.close()
        self.reader.cancel()


class Crowd:
    """Light people in a loop of their own thread, so that browsers can be played beside."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        count_instead_of_decoding(self.counts)
        self.people: list[Person] = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True, name="crowd")
        self.thread.start()

    def _do(self, work: Any, seconds: float = 60) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def enter(self, accesses: list[dict[str, Any]]) -> None:
        self.people = [Person(access) for access in accesses]

        async def all_of_them() -> None:
            await asyncio.gather(*(one.enter() for one in self.people))

        self._do(all_of_them())

    def sends(self, access: dict[str, Any], seconds: float, *, voices: int = 1, sending: Callable[[], object] = lambda: None) -> str:
        """Let one join and send, whatever he may, and do something while he does; return what came of it: "kicked", the number of an error, or "" where he goes on."""

        async def play() -> str:
            person = Person(access)
            try:
                await person.enter()
                await person.send(voices)
                await asyncio.to_thread(sending)
                await asyncio.wait_for(person.kicked.wait(), seconds)
            except Refused as refused:
                return "kicked" if person.kicked.is_set() else str(refused)
            except TimeoutError:
                return ""
            finally:
                await person.leave()
            return "kicked"

        return str(self._do(play()))

    def frames(self) -> list[int]:
        """Return how many frames of image each stream has brought."""
        return [count for name, count in list(self.counts.items()) if name.endswith(("VP8", "H264"))]

    def lost(self) -> int:
        """Return how many packets were lost on the way to all of them."""

        async def ask() -> int:
            missing = 0
            for person in self.people:
                for peer in person.peers:
                    for one in (await peer.getStats()).values():
                        missing += max(0, getattr(one, "packetsLost", 0) or 0) if one.type == "inbound-rtp" else 0
            return missing

        return int(self._do(ask()))

    def close(self) -> None:
        async def leave() -> None:
            await asyncio.gather(*(one.leave() for one in self.people), return_exceptions=True)

        with contextlib.suppress(Exception):
            self._do(leave(), 15)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
