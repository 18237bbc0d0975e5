"""Brings up what the figures of remote sessions are measured on: the service as processes, a real screen, a real browser."""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone

from amparo.conftest import make_staff
from amparo.policies.commands import set_value
from amparo.project import debian
from amparo.remote import bench

from .browser import CHROMIUM, EXECUTABLE
from .live import service
from .remote_line import hello
from .remote_screen import PROGRAMS, Customer, Screen
from .remote_world import Scene


def available() -> bool:
    """True where the programs are there."""
    return bool(EXECUTABLE and all(PROGRAMS.values()))


def run() -> dict[str, float]:
    """Measure; the database is to be empty."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="amparo-remote-") as folder, service(Path(folder), parts=("web", "stream")) as running:
        at = timezone.now() - timedelta(minutes=1)
        set_value("remote.megabytes_max", 100_000, from_at=at, actor=make_staff("Ada", "administrator"), at=at)
        found["tunnel"] = asyncio.run(_tunnel(Scene(running.url, running.stream_url)))
        connection.close()
        screen = Screen(Path(folder), 139)
        screen.start()
        try:
            found |= _watched(running, Scene(running.url, running.stream_url), screen)
        finally:
            screen.stop()
    return found


async def _tunnel(scene: Scene) -> float:
    offer = await sync_to_async(scene.offer)()
    viewer = await scene.viewer(offer.session)
    await viewer.heard("state")
    helper = await hello(scene.helper_url, offer.code)
    asked = await helper.heard("ask")
    await helper.say("consent", question=asked["question"], answer="yes", mode="control")
    start = await viewer.heard("start")
    try:
        return await bench.tunnel(helper, viewer, start["segment"])
    finally:
        await viewer.say("stop")
        await viewer.closed()


def _watched(running: Any, scene: Scene, screen: Screen) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=EXECUTABLE, args=CHROMIUM)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "amparo", "value": scene.session_key, "url": running.url}])
        page = context.new_page()
        offer = scene.offer()
        page.goto(f"{running.url}/desk/remote/{offer.session.pk}/")
        customer = Customer(scene.helper_url, screen.port)
        try:
            asked = customer.enter(offer.code)
            customer.consent(asked["question"])
            page.wait_for_selector("[data-screen][data-segment='1'] canvas")
            page.wait_for_timeout(1500)
            found = {f"pixel_{name}": value for name, value in bench.pixels(page).items()}
            ffmpeg = debian.program("ffmpeg")
            if ffmpeg:
                screen.environment |= {"SDL_VIDEODRIVER": "x11", "SDL_RENDER_DRIVER": "software"}
                PROGRAMS["ffmpeg"] = ffmpeg
                screen.run("ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=800x600:rate=25", "-pix_fmt", "yuv420p", "-window_fullscreen", "1", "-f", "sdl", "x")
                page.wait_for_timeout(3000)
                leader = running.part("stream")
                taking = len(customer.line.octets) if customer.line else 0
                found["broker"] = bench.share([leader, *leader.children(recursive=True)], lambda seconds: page.wait_for_timeout(seconds * 1000))
                found["requests"] = float((len(customer.line.octets) if customer.line else 0) - taking)
            return found
        finally:
            customer.close()
            browser.close()
