"""The Linux helper as a process upon a real X screen, against a broker that says what the test wants. LIV-2, SEC-40, SEC-41."""

from __future__ import annotations

import contextlib
import ssl
import struct
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from PIL import Image
from Xlib import display

from amparo.project import debian

from .remote_peer import Broker, Line, Program, command, until, x_screen
from .source import ROOT

sys.path.insert(0, str(ROOT / "clients/remote"))

from amparo_remote import paint
from amparo_remote.panel import Panel
from amparo_remote.screen import Screen

needs_screen = pytest.mark.skipif(not debian.present(debian.DESKTOP), reason=f"not run without {' '.join(debian.DESKTOP.packages)}")
BANNER = (0, 0, 1024, 44)


class Desk:
    """A customer's screen with a terminal that writes down what is typed into it, and the helper of a session."""

    def __init__(self, display: str, broker: Broker, folder: Path) -> None:
        self.display, self.broker, self.typed = display, broker, folder / "typed"
        self.programs: list[Program] = []
        command(display, "setxkbmap", "us")
        shell = f"cat > {self.typed}"
        self.run("xterm", "-u8", "-geometry", "80x20+20+400", "-e", "sh", "-c", shell, LC_ALL="C.UTF-8")
        assert until(self.typed.exists), "xterm"

    def run(self, *words: str, **environment: str) -> Program:
        self.programs.append(Program(self.display, *words, **environment))
        return self.programs[-1]

    def helper(self, *options: str) -> tuple[Program, Line]:
        program = self.run(sys.executable, "-m", "amparo_remote.cli", "--server", self.broker.url, "--terminal", *options, "123 456 789",
                           PYTHONPATH=str(ROOT / "clients/remote"))  # fmt: skip
        return program, self.broker.line()

    def text(self) -> str:
        return self.typed.read_text()

    def close(self) -> None:
        for program in self.programs:
            program.kill()
            print(program.output)  # pytest shows it when a test fails


@pytest.fixture(scope="module")
def broker():
    peer = Broker()
    yield peer
    peer.close()


@pytest.fixture
def desk(broker, tmp_path, x_display):
    found = Desk(x_display, broker, tmp_path)
    yield found
    found.close()


@pytest.fixture(scope="module")
def x_display():
    with x_screen(41) as name:
        yield name


def _authority(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """Make an authority of one's own and a server's certificate of it for 127.0.0.1; return the authority and the server's side."""
    today = datetime.now(UTC)

    def made(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *more: tuple[x509.ExtensionType, bool]) -> bytes:
        names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (subject, issuer)]
        built = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key()).serial_number(x509.random_serial_number())
        built = built.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
        for extension, critical in more:
            built = built.add_extension(extension, critical)
        return built.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM)

    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority, served = folder / f"{name}-ca.pem", folder / f"{name}.pem"
    authority.write_bytes(made(name, name, root, root, (x509.BasicConstraints(True, 0), True)))
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    served.write_bytes(made("127.0.0.1", name, own, root, (address, False)) + own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served)
    return authority, context


@needs_screen
def test_an_authority_of_ones_own_is_trusted_when_it_is_named_and_no_other_is(x_display, tmp_path):
    """SEC-41: over real TLS; without it, and with another, nothing is sent; the socket's own certificate is asked too."""
    authority, served = _authority(tmp_path, "own")
    stranger, strange = _authority(tmp_path, "strange")
    (tmp_path / "nonsense.pem").write_text("no certificate")
    honest, other = Broker(served), Broker(strange)

    def run(*more: str) -> Program:
        return Program(
            x_display, sys.executable, "-m", "amparo_remote.cli", "--server", honest.url, "--language", "en", *more, "123456789", PYTHONPATH=str(ROOT / "clients/remote")
        )  # fmt: skip

    try:
        refused = [run(), run("--ca", str(stranger)), run("--ca", str(tmp_path / "nonsense.pem")), run("--ca", str(tmp_path / "absent.pem"))]
        assert [one.end(30) for one in refused] == [3, 3, 3, 3]
        assert ["does not prove" in one.output for one in refused] == [True, True, False, False]
        assert all("Nothing was sent" in one.output for one in refused) and "authority" in refused[2].output and "authority" in refused[3].output
        assert honest.lines.empty()
        trusted = run("--ca", str(authority))
        line = honest.line()
        assert line.hear("hello")["code"] == "123456789"
        line.say("refused", code="CODE_UNKNOWN", sentence="No such code.")
        assert trusted.end(30) == 1 and "No such code." in trusted.output
        honest.address = other.address  # the address is honest, and leads to one who proves nothing
        led = run("--ca", str(authority))
        assert led.end(30) == 3 and "does not prove" in led.output and other.lines.empty()
    finally:
        honest.close()
        other.close()


def _colour(screen: Image.Image, area: tuple[int, int, int, int], colour: tuple[int, int, int]) -> bool:
    """Tell whether the colour fills a part of the area; JPEG may have changed it a little."""
    close = [n for n, found in screen.crop(area).getcolors(1 << 20) if all(abs(a - b) < 12 for a, b in zip(found, colour, strict=True))]
    return sum(close) > 2_000


def _press(desk: Desk, at: tuple[int, int]) -> None:
    """Press where the customer's own hand is: not by the line."""
    command(desk.display, "xdotool", "mousemove", str(at[0]), str(at[1]), "click", "1")


def _windows(name: str) -> list[tuple[int, int, int, int]]:
    """Return where the helper's own windows are."""
    connection = display.Display(name)
    try:
        ours = [window for window in connection.screen().root.query_tree().children if window.get_wm_name() == "Amparo"]
        places = [window.get_geometry() for window in ours]
        return [(place.x, place.y, place.width, place.height) for place in places]
    finally:
        connection.close()


@needs_screen
def test_the_banner_is_never_blank_while_it_is_drawn_anew(x_display, monkeypatch):
    """LIV-2: a picture of the screen that is taken between its new size and its new words shows the words of before."""
    panel = Panel(lambda _kind, _value: None, x_display)
    try:
        panel._show_banner("Espera a Ana", "", (("stop", "Detener"),), paint.SLATE)
        before = panel._banner[1].image.width
        monkeypatch.setattr(panel, "_paint", lambda _window: None)
        panel._show_banner("Ana Ruiz, de Soporte Ejemplo · ve y usa su pantalla", "quedan 30 min", (("stop", "Detener"),), paint.RED)
        assert panel._banner[1].image.width > before
        screen = Screen(x_display)
        try:
            size = screen.size()
            shown = Image.frombytes("RGB", size, screen.grab(size), "raw", "BGRX")
        finally:
            screen.close()
        assert _colour(shown, BANNER, paint.SLATE)
    finally:
        panel.display.close()


@needs_screen
def test_a_session_with_control_from_the_code_to_the_key_that_stops_it(desk):
    """LIV-2, SEC-40: consent, typing and pointing that arrive whole, the banner, what is taken back, the stop."""
    program, line = desk.helper()
    hello = line.hear("hello")
    assert hello["code"] == "123456789" and hello["screen"] == [1024, 768] and hello["can"] == ["view", "control", "clipboard"]
    line.ask()
    assert until(lambda: "Escriba" in program.output)
    assert "Ana Ruiz pide ver y manejar esta computadora. Se graba." in program.output
    program.type("quizás")
    program.type("controlar")
    assert line.hear("consent") == {"type": "consent", "question": 1, "answer": "yes", "mode": "control"}
    assert not line.bytes, "nothing before the engineer is there"
    line.start("control")
    line.say("clock", seconds=60, limit=1800, running=True)
    screen = line.update(incremental=False)
    assert _colour(screen, BANNER, paint.SLATE) or _colour(screen, BANNER, paint.RED), "no picture before the banner"
    assert until(lambda: _colour(line.update(incremental=False), BANNER, paint.RED)) and screen.getpixel((60, 460)) == (255, 255, 255), "banner and terminal"

    line.click(200, 600)
    assert until(lambda: "x:200 y:600" in command(desk.display, "xdotool", "getmouselocation"))
    for text in ("Hello from engineer 42!\n", "¿Qué pasó, señor Núñez?\n", "10 € «Ω» {[@]}\n"):
        line.type(text)
    assert until(lambda: desk.text().count("\n") == 3)
    assert desk.text() == "Hello from engineer 42!\n¿Qué pasó, señor Núñez?\n10 € «Ω» {[@]}\n"
    command(desk.display, "setxkbmap", "es")
    line.type("Año @ ñ\n")
    assert until(lambda: desk.text().endswith("Año @ ñ\n")), desk.text()

    line.say("ask_clipboard", question=2, sentence="Compartir el portapapeles.")
    assert until(lambda: "portapapeles" in program.output)
    line.type("sí\n")  # the engineer's own hand answers nothing
    program.type("sí")
    assert line.hear("consent") == {"type": "consent", "question": 2, "answer": "yes"}
    command(desk.display, sys.executable, "-c", _COPY)
    assert line.hear("clipboard")["text"] == "copiado: ñ€"
    line.say("clipboard", text="del ingeniero: ñ€")
    assert until(lambda: "del ingeniero: ñ€" in command(desk.display, sys.executable, "-c", _PASTE))

    line.raw(struct.pack(">BBxxI", 4, 1, 0xFFE3))  # Control is down when control ends
    line.say("mode", mode="view")
    line.type("esto no\n")
    line.say("ask_mode", question=3, mode="control", sentence="Ana Ruiz pide el control.")
    assert until(lambda: "pide el control" in program.output)
    program.type("sí")
    line.hear("consent")
    line.say("mode", mode="control")
    line.type("y esto sí\n")
    assert until(lambda: desk.text().endswith("Año @ ñ\ny esto sí\n")), desk.text()
    command(desk.display, "xdotool", "key", "ctrl+alt+shift+s")
    assert line.hear("stop") and line.is_cut()
    assert program.end() == 0 and "Usted detuvo la sesión" in program.output


_COPY = """
from Xlib import X, display, Xatom
from Xlib.protocol.event import SelectionNotify
import time
d = display.Display(); w = d.screen().root.create_window(0, 0, 1, 1, 0, d.screen().root_depth)
utf8, sel = d.intern_atom("UTF8_STRING"), d.intern_atom("CLIPBOARD")
w.set_selection_owner(sel, X.CurrentTime); d.flush(); end = time.time() + 1.5
while time.time() < end:
    while d.pending_events():
        e = d.next_event()
        if e.type == X.SelectionRequest:
            e.requestor.change_property(e.property, utf8, 8, "copiado: ñ€".encode())
            e.requestor.send_event(SelectionNotify(time=e.time, requestor=e.requestor, selection=e.selection, target=e.target, property=e.property))
            d.flush(); end = time.time() + 0.2
    time.sleep(0.02)
"""
_PASTE = """
from Xlib import X, display
import time
d = display.Display(); w = d.screen().root.create_window(0, 0, 1, 1, 0, d.screen().root_depth)
utf8, sel, place = d.intern_atom("UTF8_STRING"), d.intern_atom("CLIPBOARD"), d.intern_atom("P")
w.convert_selection(sel, utf8, place, X.CurrentTime); d.flush(); end = time.time() + 1
while time.time() < end:
    if d.pending_events() and d.next_event().type == X.SelectionNotify:
        print(bytes(w.get_full_property(place, utf8).value).decode()); break
    time.sleep(0.02)
"""


@needs_screen
def test_view_only_takes_nothing_and_comes_back_after_a_dropped_line(desk):
    """LIV-2, SEC-40: less given than asked; the line drops and comes back; the time's pause; the window's own buttons."""
    program, line = desk.helper("--language", "en")
    line.hear("hello")
    line.ask(language="en", stop="Stop")
    assert until(lambda: "View only" in program.output or "Type" in program.output)
    program.type("view")
    assert line.hear("consent")["mode"] == "view"
    line.start("control")  # the broker lies
    assert until(lambda: _colour(line.update(incremental=False), BANNER, paint.TEAL)) and not _colour(line.update(incremental=False), BANNER, paint.RED)
    line.click(200, 600)
    line.type("nada\n")
    line.cut()
    again = desk.broker.line()
    assert again.hear("resume") == {"type": "resume", "version": 1, "resume": "secreto-de-prueba"}
    again.start("view")
    assert until(lambda: _colour(again.update(incremental=False), BANNER, paint.TEAL))
    again.say("pause", reason="limit", sentence="Se acabó el tiempo.")
    again.want(incremental=False)
    again.say("go", sentence="")
    assert again.take(1) == b"\0"
    assert desk.text() == "", "nothing was typed in view only"

    again.say("end", reason="stopped_by_engineer", sentence="The engineer ended it.")
    assert program.end() == 0 and "The engineer ended it." in program.output


@needs_screen
def test_the_window_asks_and_a_click_of_the_customer_answers(desk):
    """LIV-2: without a terminal; a click too soon counts for nothing; the banner comes back above what covers it."""
    program, line = desk.helper()
    line.hear("hello")
    line.ask(mode="view")
    places: list[tuple[int, int, int, int]] = []
    assert until(lambda: places.extend(_windows(desk.display)) or places)
    x, y, _across, down = places[0]
    yes = (60, down - 40)
    with contextlib.suppress(TimeoutError):
        _press(desk, (x + yes[0], y + yes[1]))
        line.hear("consent", 0.8)
        raise AssertionError("a click before it could be read")
    _press(desk, (x + yes[0], y + yes[1]))
    assert line.hear("consent") == {"type": "consent", "question": 1, "answer": "yes", "mode": "view"}
    line.start("view")
    cover = desk.run(sys.executable, "-c", _COVER)
    assert until(lambda: "up" in cover.output)
    assert until(lambda: _colour(line.update(incremental=False), BANNER, paint.TEAL), 5), "the banner is above again"
    line.raw(b"\x06\0\0\0\0\0\0\x02hi")
    assert line.hear("stop") and program.end() == 4 and "no acepta" in program.output


_COVER = """
from Xlib import X, display
import time
d = display.Display()
w = d.screen().root.create_window(0, 0, 1024, 300, 0, d.screen().root_depth, override_redirect=True, background_pixel=0x334455)
w.map(); w.configure(stack_mode=X.Above); d.sync(); print("up", flush=True); time.sleep(20)
"""


@needs_screen
def test_refusals_and_lies_end_with_words(desk):
    """LIV-2, SEC-39, SEC-41"""
    program, line = desk.helper()
    line.hear("hello")
    line.say("refused", code="CODE_USED", sentence="Este código ya se usó. Pida otro.")
    assert program.end() == 1 and "Este código ya se usó" in program.output

    program, line = desk.helper()
    line.hear("hello")
    line.say("start", mode="view", segment=1)
    assert line.hear("stop") and program.end() == 4, "nothing was consented to"
    assert not line.bytes

    program, line = desk.helper()
    line.hear("hello")
    line.ask()
    assert until(lambda: "Escriba" in program.output)
    program.type("no")
    assert line.hear("consent")["answer"] == "no" and program.end() == 1 and "Nadie vio su pantalla" in program.output

    done = desk.run(sys.executable, "-m", "amparo_remote.cli", "--server", "http://192.0.2.2:9", "123456789", PYTHONPATH=str(ROOT / "clients/remote"))
    assert done.end() == 3 and "https://" in done.output
    done = desk.run(sys.executable, "-m", "amparo_remote.cli", "--server", "http://127.0.0.1:9", "123456789", PYTHONPATH=str(ROOT / "clients/remote"))
    assert done.end() == 3 and "127.0.0.1:9" in done.output
