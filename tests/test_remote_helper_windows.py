"""The Windows helper: built by mingw, the same bytes each time, and played under Wine upon a real X screen. LIV-2, SEC-40.

What Wine cannot show (elevated windows, several monitors, scaling, signing) stands in docs/remote-helpers.md as not seen.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import mss
import pytest
from PIL import Image, ImageChops, ImageStat
from Xlib import display

from amparo.project import debian

from .remote_peer import Broker, Program, command, until, x_screen
from .source import ROOT

SOURCES = ROOT / "clients/windows"
RED, TEAL = (158, 32, 24), (0, 92, 99)
missing = [part for part in (debian.WINDOWS, debian.DESKTOP) if not debian.present(part)]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not run without {' '.join(name for part in missing for name in part.packages)}")


def _make(out: Path) -> Path:
    """Build by the Makefile, as a release does."""
    compiler = debian.program("x86_64-w64-mingw32-gcc")
    assert compiler
    cross = str(Path(compiler).parent / "x86_64-w64-mingw32-")
    done = subprocess.run(["make", "-s", "-j2", "-C", str(SOURCES), f"OUT={out}", f"CROSS={cross}"], capture_output=True, text=True, env=debian.environment(), check=False)
    assert done.returncode == 0, done.stderr
    return out / "offered/amparo-remote.exe"


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The helper, and a window that writes down what is typed into it."""
    folder = tmp_path_factory.mktemp("programs")
    compiler = debian.program("x86_64-w64-mingw32-gcc")
    assert compiler
    helper, window = _make(ROOT / ".cache/helpers"), folder / "typed.exe"
    subprocess.run([compiler, "-Os", "-mwindows", "-static", "-s", str(SOURCES / "tests/typed.c"), "-o", str(window), "-lshell32", "-lgdi32"], check=True)
    return helper, window


class Wine:
    """One prefix for all runs on this machine: making one takes eleven seconds."""

    def __init__(self, screen: str) -> None:
        self.screen, self.programs = screen, []
        self.environment = {
            "WINEPREFIX": str(ROOT / ".cache/wine"), "WINEDEBUG": "-all", "WINEARCH": "win64",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
        }  # fmt: skip

    def run(self, *words: str) -> Program:
        self.programs.append(Program(self.screen, "wine64", *words, **self.environment))
        return self.programs[-1]

    def close(self) -> None:
        for program in self.programs:
            program.kill()
            print(program.output)
        server = debian.program("wineserver64") or debian.program("wineserver")
        if server:
            subprocess.run([server, "-k"], env={**os.environ, **self.environment}, check=False)


@pytest.fixture(scope="module")
def wine():
    (ROOT / ".cache").mkdir(exist_ok=True)
    with x_screen(43) as name:
        found = Wine(name)
        yield found
        found.close()


@pytest.fixture(scope="module")
def broker():
    peer = Broker()
    yield peer
    peer.close()


def _window(screen: str, title: str) -> tuple[int, int, int, int] | None:
    connection = display.Display(screen)
    try:
        for window in connection.screen().root.query_tree().children:
            name = window.get_full_text_property(connection.intern_atom("_NET_WM_NAME"))
            if name and name.startswith(title) and window.get_attributes().map_state == 2:
                place = window.get_geometry()
                return place.x, place.y, place.width, place.height
        return None
    finally:
        connection.close()


def _answer(wine: Wine, title: str, button: int) -> None:
    """Press a button of the question with the customer's own hand, when the question has stood for a moment."""
    assert until(lambda: _window(wine.screen, title), 30), title
    x, y, _across, down = _window(wine.screen, title)
    connected = wine.programs[-1]
    until(lambda: connected.process.poll() is not None, 0.9)
    command(wine.screen, "xdotool", "mousemove", str(x + button), str(y + down - 42), "click", "1")


def _has(picture: Image.Image, colour: tuple[int, int, int]) -> bool:
    near = [n for n, found in picture.crop((0, 0, 1024, 44)).getcolors(1 << 20) if all(abs(a - b) < 14 for a, b in zip(found, colour, strict=True))]
    return sum(near) > 2_000


def test_the_same_source_gives_the_same_program(programs, tmp_path):
    """LIV-2: one small executable, reproducible, with nothing to install beside it."""
    first = programs[0].read_bytes()
    assert hashlib.sha256(_make(tmp_path).read_bytes()).hexdigest() == hashlib.sha256(first).hexdigest()
    assert len(first) < 200_000
    libraries = {line.split(b"\0")[0].lower() for line in first.split(b"\n") if b".dll" in line.lower()}
    assert libraries and b"libwinpthread" not in first and b"libgcc" not in first
    assert str(ROOT).encode() not in first, "no path of the machine that built it"


def test_a_session_under_wine_from_the_code_to_the_key_that_stops_it(programs, wine, broker, tmp_path):
    """LIV-2, SEC-40: consent by the customer's own hand, the screen as it is, keys and clicks that arrive, what is taken back."""
    helper, window = programs
    typed = tmp_path / "typed.txt"
    wine.run(str(window), f"Z:{str(typed).replace('/', chr(92))}")
    assert until(typed.exists, 60), "Wine"
    program = wine.run(str(helper), "--server", broker.url, "--quiet", "123456789")
    line = broker.line(30)
    hello = line.hear("hello")
    assert hello["system"] == "windows" and hello["screen"] == [1024, 768] and hello["code"] == "123456789"
    line.ask(sentence="\u202eAna\u0007 Ruiz pide ver y manejar esta computadora.")
    _answer(wine, "Amparo: ", 80)
    assert line.hear("consent") == {"type": "consent", "question": 1, "answer": "yes", "mode": "control"}
    assert not line.bytes
    line.start("control")
    line.say("clock", seconds=60, limit=1800, running=True)
    assert until(lambda: _has(line.update(incremental=False), RED))
    seen = line.update(incremental=False)
    with mss.MSS(display=wine.screen) as grabber:
        shot = grabber.grab(grabber.monitors[0])
    there = Image.frombytes("RGB", shot.size, shot.rgb)
    assert max(ImageStat.Stat(ImageChops.difference(seen, there)).mean) < 2, "the screen as it is"

    line.click(100, 450)
    line.click(200, 550)
    line.type("Hello from engineer 42!")
    line.type("¿Qué pasó, señor Núñez? €")
    wanted = "1\nHello from engineer 42!¿Qué pasó, señor Núñez? €"
    assert until(lambda: typed.read_text(errors="replace") == wanted), typed.read_text(errors="replace")

    line.say("ask_clipboard", question=2, sentence="Compartir el portapapeles.")
    assert until(lambda: _window(wine.screen, "Amparo: "))
    line.type("nada\n ")  # while a question is open nothing of the engineer's is typed
    _answer(wine, "Amparo: ", 60)
    assert line.hear("consent") == {"type": "consent", "question": 2, "answer": "yes"}
    line.say("mode", mode="view")
    line.click(100, 450)
    line.type("tampoco")
    line.cut()
    again = broker.line(20)
    assert again.hear("resume")["resume"] == "secreto-de-prueba"
    again.start("control")  # the broker lies: control was taken back
    again.type("ni esto")
    assert until(lambda: _has(again.update(incremental=False), TEAL))
    assert typed.read_text(errors="replace") == wanted
    command(wine.screen, "xdotool", "mousemove", "200", "550", "click", "1")  # Wine hears keys only with one of its windows before it
    command(wine.screen, "xdotool", "key", "ctrl+alt+shift+s")
    assert again.hear("stop") and program.end(15) == 0 and "Usted detuvo la sesión" in program.output


@pytest.mark.parametrize("lie", [b"x", b"RFB 003.008\n\x01\x01\x06\0\0\0\0\0\0\x02hi", b"RFB 003.008\n\x01\x01\x02\0\xff\xff", '{"type":"ask"', '{"type":"ask","engineer":"A"}',
                                 '{"type":"start","mode":"control"}'])  # fmt: skip
def test_a_broker_that_talks_nonsense_is_cut(programs, wine, broker, lie):
    """LIV-2, SEC-40: bytes before consent, messages that do not fit, a start that nobody consented to."""
    program = wine.run(str(programs[0]), "--server", broker.url, "--quiet", "--language", "en", "123456789")
    line = broker.line(30)
    line.hear("hello")
    line.raw(lie)
    assert line.hear("stop") and program.end(15) == 4 and "does not accept" in program.output
