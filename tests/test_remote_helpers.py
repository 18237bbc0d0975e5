"""Both helpers against the broker as it runs: from the code to the end, what is typed arrives, the record is whole. LIV-2, SEC-39, SEC-40."""

from __future__ import annotations

import asyncio
import struct
import sys

import pytest
from asgiref.sync import sync_to_async

from amparo.project import debian
from amparo.remote import queries
from amparo.remote.models import Session

from .live import service
from .live import until as surely
from .remote_peer import Broker, Program, until, x_screen
from .remote_world import Scene
from .source import ROOT
from .test_remote_helper_windows import Wine, _answer, _make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.operations]
HELLO = b"RFB 003.008\n\1\1"
WANTED = "Hello from engineer 42! ¿Qué pasó, señor Núñez?"


def _needs(*parts: debian.Part):
    missing = [name for part in parts if not debian.present(part) for name in part.packages]
    return pytest.mark.skipif(bool(missing), reason=f"not run without {' '.join(missing)}")


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), service(tmp_path_factory.mktemp("helpers"), parts=("stream",)) as found:
        yield found


@pytest.fixture
def scene(db, running, settings) -> Scene:
    settings.RECORDINGS_ROOT = running.mailbox.parent / "recordings"
    return Scene(running.url, running.stream_url)


@pytest.fixture
def door(scene):
    """`/r/helper.json`, which leads to the broker; the web itself does not run here."""
    found = Broker()
    found.address = scene.helper_url
    yield found
    found.close()


def _typed(text: str) -> bytes:
    def key(symbol: int, down: int) -> bytes:
        return struct.pack(">BBxxI", 4, down, symbol)

    return b"".join(
        (key(0xFFE1, 1) if letter.isupper() else b"") + key(ord(letter), 1) + key(ord(letter), 0) + (key(0xFFE1, 0) if letter.isupper() else b"")
        for letter in text
    )


async def _is_played(scene: Scene, session: Session, text) -> None:
    viewer = await scene.viewer(session)
    start = await viewer.heard("start", seconds=30)
    assert start["mode"] == "control"
    await viewer.say("started", segment=start["segment"])
    await viewer.push(HELLO)
    await viewer.wait(lambda: b"C-" in viewer.octets)
    await viewer.push(struct.pack(">BxHiii", 2, 3, 7, -26, -223) + struct.pack(">BBHHHH", 3, 0, 0, 0, 1024, 768))
    await viewer.wait(lambda: len(viewer.octets) > 5_000)
    await viewer.push(struct.pack(">BBHH", 5, 0, 200, 550) + struct.pack(">BBHH", 5, 1, 200, 550) + struct.pack(">BBHH", 5, 0, 200, 550))
    await asyncio.sleep(0.3)  # the window that was pressed comes to the front
    await viewer.push(_typed(WANTED))
    assert await sync_to_async(lambda: until(lambda: WANTED in text(), 15))(), text()
    await viewer.push(struct.pack(">BBHHHH", 3, 1, 0, 0, 1024, 768))
    await viewer.say("stop")
    await viewer.heard("end")


def _ended(session_id: int) -> None:
    session = surely(lambda: Session.objects.filter(pk=session_id, state="ended").first())
    assert session.end_reason == "stopped_by_engineer" and session.consented == "control" and session.segments == 1
    assert session.chunks and queries.verified(session) == (session.chunks, None)


@_needs(debian.DESKTOP)
def test_linux_against_the_broker(scene, door, tmp_path):
    """LIV-2, LIV-3, SEC-39, SEC-40"""
    offer, typed = scene.offer(), tmp_path / "typed"
    with x_screen(44) as name:
        window = Program(name, "xterm", "-u8", "-geometry", "80x20+20+400", "-e", "sh", "-c", f"stty -icanon; cat > {typed}", LC_ALL="C.UTF-8")
        helper = Program(name, sys.executable, "-m", "amparo_remote.cli", "--server", door.url, "--terminal", offer.code, PYTHONPATH=str(ROOT / "clients/remote"))
        try:
            assert until(lambda: "Escriba" in helper.output, 20)
            helper.type("controlar")
            asyncio.run(_is_played(scene, offer.session, lambda: typed.read_text() if typed.exists() else ""))
            assert helper.end() == 0
        finally:
            for program in (helper, window):
                program.kill()
                print(program.output)
    _ended(offer.session.pk)


@_needs(debian.DESKTOP, debian.WINDOWS)
def test_windows_against_the_broker(scene, door, tmp_path):
    """LIV-2, LIV-3, SEC-39, SEC-40"""
    import subprocess

    offer, typed, window = scene.offer(), tmp_path / "typed.txt", tmp_path / "typed.exe"
    compiler = debian.program("x86_64-w64-mingw32-gcc")
    subprocess.run([compiler, "-Os", "-mwindows", "-static", "-s", str(ROOT / "clients/windows/tests/typed.c"), "-o", str(window), "-lshell32", "-lgdi32"], check=True)
    with x_screen(45) as name:
        wine = Wine(name)
        try:
            wine.run(str(window), f"Z:{str(typed).replace('/', chr(92))}")
            assert until(typed.exists, 60)
            helper = wine.run(str(_make(ROOT / ".cache/helpers")), "--server", door.url, "--quiet", offer.code)
            _answer(wine, "Amparo: ", 80)
            asyncio.run(_is_played(scene, offer.session, lambda: typed.read_text(errors="replace")))
            assert helper.end(15) == 0
        finally:
            wine.close()
    _ended(offer.session.pk)
