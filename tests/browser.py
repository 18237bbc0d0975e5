"""A real Chromium that complains: of any error, dialog, refusal of the policy and request to elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import psutil
import pytest

from amparo.project import debian

from .live import CHROMIUM, PATIENCE_SECONDS

EXECUTABLE = debian.chromium()  # the whole one: camera, microphone, screen, codecs
SHELL = debian.headless_shell() or EXECUTABLE  # the small one, which does all the rest in half the time
needs_chromium = pytest.mark.skipif(not EXECUTABLE, reason="needs Chromium")


@pytest.fixture(scope="module")
def chromium(request) -> Iterator:
    """The small one, unless the file says BROWSER = EXECUTABLE."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=getattr(request.module, "BROWSER", SHELL), args=CHROMIUM)
        yield browser
        browser.close()


SOUND_LOST = "The AudioContext encountered an error"  # what Chromium says of a microphone that is taken away
HOLDS = {"microphone": "audio.mojom.AudioService", "camera": "video_capture.mojom.VideoCaptureService"}


@contextlib.contextmanager
def with_devices(play, *arguments: str) -> Iterator[SimpleNamespace]:
    """A browser that asks before it gives a microphone or camera, and whose devices can be taken away while they are used."""
    there = {one.pid for one in psutil.Process().children(recursive=True)}
    browser = play.chromium.launch(executable_path=EXECUTABLE, args=[*CHROMIUM, "--use-fake-device-for-media-stream", *arguments])
    own = [one for one in psutil.Process().children(recursive=True) if one.pid not in there]

    def lose(kind: str) -> None:
        """As one that is unplugged: the process that holds the device dies, and the browser ends its tracks."""
        for child in [child for one in own for child in _children(one)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                if f"--utility-sub-type={HOLDS[kind]}" in child.cmdline():
                    child.kill()

    try:
        yield SimpleNamespace(browser=browser, lose=lose)
    finally:
        for one in own:  # one whose devices were taken away may wait for them for ever when it is asked to end
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        browser.close()


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def watch(page, own: tuple[str, ...]) -> list[str]:
    """Return the list that fills with everything a page should never do."""
    complaints: list[str] = []

    def dialog(box) -> None:
        complaints.append(f"dialog: {box.message}")
        box.dismiss()

    def asked(request) -> None:
        if not request.url.startswith((*own, "data:", "blob:")):
            complaints.append(f"request to elsewhere: {request.url[:200]}")

    page.on(
        "response",
        lambda given: complaints.append(f"{given.status}: {given.url}") if given.status >= 500 else None,
    )
    page.on(
        "console",
        lambda message: complaints.append(f"console: {message.text}") if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("dialog", dialog)
    page.on("request", asked)
    page.on("popup", lambda popup: complaints.append(f"popup: {popup.url}"))
    page.on("download", lambda download: complaints.append(f"download: {download.url}"))
    return complaints


@pytest.fixture
def open_page(chromium) -> Iterator[Callable]:
    """Open a browser of one's own for a person; at the end no page may have complained."""
    opened: list[tuple] = []

    def open_page(own: tuple[str, ...], *, language: str = "es-mx", timeout: int = PATIENCE_SECONDS * 1000, **context_options):
        context = chromium.new_context(locale=language, reduced_motion="reduce", **context_options)
        context.set_default_timeout(timeout)
        page = context.new_page()
        page.complaints = watch(page, own)
        opened.append((context, page))
        return page

    yield open_page
    complaints = dict.fromkeys(complaint for _context, page in opened for complaint in page.complaints)
    for context, page in opened:
        print(f"\n--- {page.url}\n{page.inner_text('body')[:2000]}")  # shown when a test fails
        context.close()
    assert not complaints, "\n".join(list(complaints)[:20])
