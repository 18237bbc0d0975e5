"""The figures of remote sessions for `amparo bench`: the tunnel, a key on its way to a pixel, the broker under a moving picture. LIV-2.

The service runs as processes, the screen is a real X server; who measures gives both. Client and broker share one machine.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import psutil

TUNNEL_MEGABYTES_MIN, PIXEL_MS_MAX, BROKER_PERCENT_MAX = 100.0, 60.0, 10.0
TUNNEL_OCTETS = 300_000_000
KEYS = 40
WATCH_SECONDS = 10.0
WIDTH, HEIGHT = 2048, 1024
VERSION = b"RFB 003.008\n"
FORMAT = bytes([32, 24, 0, 1]) + struct.pack(">HHH", 255, 255, 255) + bytes([16, 8, 0, 0, 0, 0])
# In the page: from the key that is pressed on, look at each turn of the loop whether the picture of the screen's upper part changed.
WATCH = """() => {
  const canvas = document.querySelector('[data-screen] canvas');
  const look = () => { const data = canvas.getContext('2d').getImageData(0, 0, 500, 330).data; let sum = 0; for (let i = 0; i < data.length; i += 4) sum = (sum * 31 + data[i]) | 0; return sum; };
  const before = look();
  globalThis.pixel = new Promise((done) => document.addEventListener('keydown', () => {
    const began = performance.now();
    const turn = () => (look() !== before ? done(performance.now() - began) : performance.now() - began > 2000 ? done(2000) : setTimeout(turn, 1));
    setTimeout(turn, 1);
  }, { once: true, capture: true }));
}"""


async def tunnel(helper: Any, viewer: Any, segment: int) -> float:
    """Return how many megabytes of raw pixels a second come through, recorded and hashed on their way.

    `helper` and `viewer` are the two lines of a session that was begun, before the first word of RFB.
    """
    await viewer.say("started", segment=segment)
    await viewer.push(VERSION + b"\1\1")
    await helper.push(VERSION)
    await helper.push(b"\1\1" + b"\0\0\0\0" + struct.pack(">HH", WIDTH, HEIGHT) + FORMAT + struct.pack(">I", 0))
    pixels = b"\0\0\0\1" + struct.pack(">HHHHi", 0, 0, WIDTH, HEIGHT, 0) + bytes(WIDTH * HEIGHT * 4)
    rounds = -(-TUNNEL_OCTETS // len(pixels))
    wanted = rounds * len(pixels)
    before = len(viewer.octets)
    began = time.perf_counter()

    async def send() -> None:
        for _round in range(rounds):
            for at in range(0, len(pixels), 262_144):
                await helper.push(pixels[at : at + 262_144])

    sending = asyncio.create_task(send())
    await viewer.wait(lambda: len(viewer.octets) - before >= wanted, seconds=60)
    seconds = time.perf_counter() - began
    await sending
    return wanted / seconds / 1e6


def pixels(page: Any) -> dict[str, float]:
    """Return how long a key takes to a changed pixel of the page's canvas: the median and the slowest of twenty, in milliseconds."""
    found = []
    for turn in range(KEYS):
        page.evaluate(WATCH)
        page.keyboard.press("abcdefghij"[turn % 10])
        found.append(float(page.evaluate("globalThis.pixel")))
        page.wait_for_timeout(60)
    return {"p50": median(found), "p95": sorted(found)[int(KEYS * 0.95)]}


def share(processes: list[psutil.Process], wait: Callable[[float], None]) -> float:
    """Return what share of one core some processes take while somebody watches, in percent."""
    before = sum(sum(one.cpu_times()[:2]) for one in processes)
    began = time.perf_counter()
    wait(WATCH_SECONDS)
    return (sum(sum(one.cpu_times()[:2]) for one in processes) - before) / (time.perf_counter() - began) * 100
