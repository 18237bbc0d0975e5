"""The figures of the classroom for `amparo bench`: the first picture after coming in, and what 25 who watch ask of the gateway. LIV-1.

A Janus of our own, two pages of Chromium with our own script for rooms, and 25 light people who receive by WebRTC and count.
"""

from __future__ import annotations

import http.server
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from amparo.kernel import clock
from amparo.media import queries, rooms

FIRST_FRAME_MS, PEOPLE, CPU_PERCENT, SECONDS = 1500.0, 25, 20.0, 10
SCRIPT = Path(__file__).resolve().parents[1] / "media" / "static" / "media" / "js" / "janus-room.js"
PAGE = b"<!doctype html><meta charset=utf-8><title>bench</title><video id=v autoplay muted playsinline></video>"
PUBLISH = """async (access) => { const { Room } = await import('/room.js'); window.room = new Room(async () => access); await room.enter();
 const own = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 1280, height: 720, frameRate: 20}});
 await room.publish({audio: own.getAudioTracks()[0], video: own.getVideoTracks()[0]}); return true; }"""
WATCH = """async (access) => { const { Room } = await import('/room.js'); const begun = performance.now(); const room = new Room(async () => access);
 const shown = new Promise((done) => room.addEventListener('feed', ({detail}) => { const v = document.getElementById('v'); if (v.srcObject) return;
 v.srcObject = detail.stream; v.requestVideoFrameCallback(() => done(performance.now() - begun)); v.play().catch(() => {}); }));
 await room.enter(); const took = await shown; await room.leave(); return took; }"""


def run() -> list[dict[str, Any]]:
    """Measure; return figures as plain data: name, value, unit, limit, note."""
    with tempfile.TemporaryDirectory(prefix="amparo-bench-") as folder, _gateway(Path(folder)) as process, _page() as url:
        return _play(process, url)


@contextmanager
def _gateway(folder: Path) -> Iterator[int]:
    from tests.gateway import running_gateway

    with running_gateway(folder, settings) as found:
        assert found.process is not None
        yield found.process.pid


@contextmanager
def _page() -> Iterator[str]:
    class Files(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/room.js"
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
            self.end_headers()
            self.wfile.write(SCRIPT.read_bytes() if is_script else PAGE)

        def log_message(self, *_words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()


def _access(word: str, role: str) -> dict[str, Any]:
    at = clock.now()
    room = rooms.token("bench", word, role, seconds=600, at=at) | {"may_publish": role == rooms.MODERATOR}
    return {"session": queries.session(word, at=at), "room": room}


def _play(process: int, url: str) -> list[dict[str, Any]]:
    import psutil
    from playwright.sync_api import sync_playwright

    from tests.browser import EXECUTABLE
    from tests.light import Crowd
    from tests.live import CHROMIUM

    rooms.create_room("bench", title="bench", publishers_max=6, at=clock.now())
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required"]
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=EXECUTABLE, args=[*CHROMIUM, *fake])
        teacher, student = browser.new_page(), browser.new_page()
        teacher.goto(url)
        teacher.evaluate(PUBLISH, _access("p-teacher", rooms.MODERATOR))
        first = []
        for turn in range(6):
            student.goto(url)
            first.append(float(student.evaluate(WATCH, _access(f"p-s{turn}", rooms.VIEWER))))
        student.close()
        crowd = Crowd()
        crowd.enter([_access(f"p-l{number}", rooms.VIEWER) for number in range(PEOPLE)])
        time.sleep(2)
        gone = psutil.Process(process)
        before, begun, seen = sum(gone.cpu_times()[:2]), time.monotonic(), sum(crowd.frames())
        time.sleep(SECONDS)
        share = 100 * (sum(gone.cpu_times()[:2]) - before) / (time.monotonic() - begun)
        frames, lost = sum(crowd.frames()) - seen, crowd.lost()
        crowd.close()
        browser.close()
    rate = frames / PEOPLE / SECONDS
    return [
        {"name": "first picture after coming in, median of six", "value": sorted(first)[len(first) // 2], "unit": "ms", "limit": FIRST_FRAME_MS, "note": f"slowest {max(first):.0f} ms"},
        {"name": f"{PEOPLE} who watch: the gateway's share of a core", "value": share, "unit": "%", "limit": CPU_PERCENT, "note": f"{rate:.1f} pictures a second at each"},
        {"name": f"{PEOPLE} who watch: packets lost", "value": float(lost), "unit": "", "limit": 0.0, "note": json.dumps({"frames": frames})},
    ]  # fmt: skip

