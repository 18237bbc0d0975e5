"""Large files and films in a real browser: sent in two goes with the connection cut between, played in pieces by the
keyboard, gone on with where one stopped; a request of a terminal read by the camera, and what is told where it is denied.
"""

from __future__ import annotations

import hashlib
import os
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test.utils import override_settings
from django.utils import timezone

from amparo.activation import commands as activation
from amparo.activation.models import OfflineRequest
from amparo.activation.tests.world import Device
from amparo.conftest import PASSWORD, make_contact, make_customer, make_user
from amparo.downloads import commands as downloads
from amparo.downloads.commands.disk import path_of
from amparo.downloads.commands.publishing import Sheet
from amparo.downloads.models import Artifact
from amparo.kernel.actor import SYSTEM
from amparo.people.models import Customer, User
from amparo.people.queries import actor_by_id
from amparo.policies.commands import set_value
from amparo.products import commands as products
from amparo.project import testreset
from amparo.videos import commands as videos
from amparo.videos.models import Conversion, Video, Watched
from amparo.videos.tests.conftest import film

from .browser import EXECUTABLE, chromium, needs_chromium, open_page  # noqa: F401 (fixtures)
from .live import service, until
from .test_stories import Player

BROWSER = EXECUTABLE  # films are played
pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db, needs_chromium]
PIECE = 8 * 1024 * 1024  # as the page sends them
SECONDS = 24
STAFF, SHOP = "medios@vendor.mx", "tienda@shop.mx"
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:10.000\nAbra la caja del día.\n\n00:10.000 --> 00:24.000\nImprima el corte.\n"
CHAPTERS = "WEBVTT\n\n00:00.000 --> 00:08.000\nAbrir\n\n00:08.000 --> 00:24.000\nCortar\n"


def _world(folder: Path) -> SimpleNamespace:
    """A draft of a version, a draft of a film, and who keeps both; every film is streamed."""
    now = timezone.now()
    before = now - timedelta(days=1)
    set_value("videos.stream_minutes", 0, from_at=now, actor=SYSTEM, at=now)
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        keeper = actor_by_id(make_user("Mireya Medios", STAFF, roles=("editor", "developer"), language="es-mx").pk)
        contact = make_contact(make_customer("Abarrotes Lupita"), "Lupita")
        User.objects.filter(pk=contact.user_id).update(email=SHOP, language="es-mx")
        User.objects.get(pk=contact.user_id).emailaddress_set.update(email=SHOP)
    product = products.add_product("pos", "Mostrador POS", actor=keeper, at=before)
    release = downloads.prepare(product, "10.0", Sheet(notes="- 10.0"), released_on=before.date(), actor=keeper, at=before)
    products.register_licence("CAJA-7K2M-9P4Q", product, Customer.objects.get(pk=contact.customer_id), terminals=2, actor=SYSTEM, at=before)
    activation.ensure_keys(at=before)
    video = videos.add_video("Corte de caja", description="Cómo se hace.", theme="Caja", actor=keeper, at=before)
    large = folder / "pos-10.0.exe"
    large.write_bytes(b"MZ" + os.urandom(PIECE + 3_000_000))
    recorded = film(folder / "corte.mp4", seconds=SECONDS)
    with recorded.open("ab") as end:  # what an editing program leaves behind: room that nobody reads
        end.write((PIECE + 8).to_bytes(4, "big") + b"free" + bytes(PIECE))
    return SimpleNamespace(keeper=keeper, release=release, video=video, large=large, recorded=recorded)


@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder / "files", DATA_DIR=folder):
        try:
            world = _world(folder)
            with service(folder) as running:
                world.url, world.own = running.url, (running.url, running.stream_url.rsplit("/", 1)[0], "blob:" + running.url)
                yield world
        finally:
            testreset.reset()


def _send_in_two_goes(player: Player, path: str, field: str, file: Path, done: Any) -> None:
    """Send a file; cut the line at its second piece, close the page, and choose the same file again."""
    page, sent = player.page, []

    def cut(route: Any) -> None:
        sent.append(int(route.request.headers["upload-offset"]))
        if len(sent) < 2:
            route.continue_()
        else:
            route.abort()

    page.route(lambda url: "/uploads/" in url, lambda route: cut(route) if route.request.method == "PATCH" else route.continue_())
    player.go(path)
    page.set_input_files(field, file)
    page.locator("form[data-ready] button[type=submit]").click()
    until(lambda: len(sent) > 1 or page.wait_for_timeout(50))
    page.goto("about:blank")
    page.unroute_all(behavior="ignoreErrors")
    page.complaints.clear()  # that the line was cut
    again: list[int] = []
    page.on("request", lambda one: again.append(int(one.headers["upload-offset"])) if one.method == "PATCH" else None)
    player.go(path)
    page.set_input_files(field, file)
    page.locator("form[data-ready] button[type=submit]").click()
    until(lambda: done() or page.wait_for_timeout(50))
    assert set(sent) == {0, PIECE} and again == [PIECE], "it goes on where it was cut, and sends nothing twice"


def test_what_was_cut_off_goes_on_after_the_page_was_closed(playing, open_page):  # noqa: F811
    """UPD-2, SRC-3: in a browser, a file of a version and a film; then the film is converted, and streamed."""
    player = Player(open_page(playing.own), playing.url)
    player.sign_in(STAFF, PASSWORD)
    _send_in_two_goes(player, f"/desk/downloads/{playing.release.release_id}/", "#upload-file", playing.large, Artifact.objects.exists)
    kept = Artifact.objects.get()
    assert kept.sha256 == hashlib.sha256(playing.large.read_bytes()).hexdigest() and path_of(kept.sha256).stat().st_size == kept.size
    player.reads("pos-10.0.exe")
    page = f"/desk/videos/{playing.video.pk}/"
    _send_in_two_goes(player, page, "#file", playing.recorded, Conversion.objects.exists)
    assert Conversion.objects.get().sha256 == hashlib.sha256(playing.recorded.read_bytes()).hexdigest()
    until(lambda: Video.objects.get(pk=playing.video.pk).folder or player.page.wait_for_timeout(100), 60)
    player.reads("en trozos (HLS)")  # the region follows by itself
    for kind, text in (("captions", CAPTIONS), ("chapters", CHAPTERS)):
        form = player.page.locator('form[action$="/tracks/"]:has([name=file])')
        if not form.is_visible():
            player.page.locator("summary", has_text="Agregar subtítulos o capítulos").click()
        form.locator("[name=kind]").select_option(kind)
        form.locator("[name=text]").fill(text)
        with player.page.expect_navigation():
            form.locator("button[type=submit]").click()
    player.submit(f"{page}publish/")
    until(lambda: Video.objects.get(pk=playing.video.pk).is_published)


class Film:
    """The player of a page, as its reader meets it."""

    def __init__(self, player: Player) -> None:
        self.page = player.page

    def says(self, expression: str) -> Any:
        return self.page.evaluate(f"() => {{ const video = document.querySelector('[data-player] video'); return {expression}; }}")

    def waits(self, expression: str) -> None:
        self.page.wait_for_function(f"() => {{ const video = document.querySelector('[data-player] video'); return {expression}; }}")

    def begins(self) -> None:
        self.waits("video.readyState >= 2")


NO_PIECES = """(() => {
  const asked = HTMLMediaElement.prototype.canPlayType;
  HTMLMediaElement.prototype.canPlayType = function (type) { return type.includes("mpegurl") ? "" : asked.call(this, type); };
})()"""


@pytest.mark.parametrize("engine", ["hls.js", "of the browser"])
def test_a_film_plays_in_pieces_by_keyboard_with_captions_and_goes_on_where_one_stopped(playing, open_page, engine):  # noqa: F811
    """SRC-3: by hls.js where the browser plays no pieces itself; chapters, captions that stay off, keys; where a visitor stopped is on
    his device, where a person did is with us."""
    assert Video.objects.get().is_published, "the story before this one makes the film"
    player = Player(open_page(playing.own), playing.url)
    if engine == "hls.js":
        player.page.add_init_script(NO_PIECES)
    asked: list[str] = []
    player.page.on("request", lambda one: asked.append(one.url))
    player.go(f"/videos/{playing.video.pk}/")
    shown = Film(player)
    shown.begins()
    if engine == "hls.js":
        shown.waits("video.currentSrc.startsWith('blob:')")
        shown.begins()
        assert any(".m4s" in url for url in asked)
    else:
        assert "stream.m3u8" in shown.says("video.currentSrc")
    shown.waits(f"Math.abs(video.duration - {SECONDS}) < 1")
    _keys(player, shown)
    shown.waits("document.querySelectorAll('[data-marks] [aria-current]').length > 0")
    player.page.reload()
    shown.begins()
    shown.waits("video.currentTime >= 11 && video.currentTime < 16")
    assert shown.says("[...video.textTracks].every(track => track.mode !== 'showing')"), "captions stay off"
    player.go(f"/videos/{playing.video.pk}/?t=3")
    shown.waits("video.readyState >= 2 && Math.round(video.currentTime) === 3")
    if engine == "hls.js":
        _goes_on_for_a_person(player, shown, playing.video.pk)


def _goes_on_for_a_person(player: Player, shown: Film, number: int) -> None:
    player.sign_in(STAFF, PASSWORD)
    player.go(f"/videos/{number}/?t=9")
    shown.waits("video.readyState >= 2 && Math.round(video.currentTime) === 9")
    _plays(shown, "k")
    with player.page.expect_response(lambda one: "/place/" in one.url):
        player.page.keyboard.press("k")
    assert 9 <= Watched.objects.get().second <= 16
    player.go(f"/videos/{number}/")
    shown.waits("video.readyState >= 2 && video.currentTime > 8")


def _plays(shown: Film, key: str) -> None:
    at = shown.says("video.currentTime")
    shown.page.keyboard.press(key)
    shown.waits(f"!video.paused && video.currentTime > {at} + 0.2")


def _keys(player: Player, shown: Film) -> None:
    page = player.page
    page.locator("[data-marks] a", has_text="Cortar").click()
    shown.waits("!video.paused && video.currentTime > 8.2")
    assert shown.says("[...video.textTracks].find(track => track.kind === 'captions').activeCues[0].text") == "Abra la caja del día."
    page.keyboard.press("k")
    shown.waits("video.paused")
    _plays(shown, "k")
    page.keyboard.press("k")
    shown.waits("video.paused")
    before = shown.says("video.currentTime")
    page.keyboard.press("l")
    shown.waits(f"video.currentTime > {before} + 9")
    page.keyboard.press("j")
    shown.waits(f"video.currentTime < {before} + 1")
    page.keyboard.press("m")
    shown.waits("video.muted")
    assert shown.says("[...video.textTracks].some(track => track.mode === 'showing')")
    page.keyboard.press("c")
    shown.waits("[...video.textTracks].every(track => track.mode !== 'showing')")
    page.select_option("[data-speed]", "1.5")
    shown.waits("video.playbackRate === 1.5")
    # Pressed from here it might come when so much was played that the film counts as seen, and its place is forgotten.
    page.evaluate("""() => { const video = document.querySelector("[data-player] video"); video.addEventListener("timeupdate", function soon() {
      if (video.paused || video.currentTime < 11.2) return;
      video.removeEventListener("timeupdate", soon);
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "k", bubbles: true }));
    }); }""")
    page.locator("[data-marks] a", has_text="Imprima el corte").click()
    shown.waits("video.paused && video.currentTime > 11.2")


# A camera of a drawn picture, and a reader of such pictures, which browsers have on telephones and not on every desk.
CAMERA = """(() => {
  const drawn = document.createElement("canvas");
  setInterval(() => drawn.getContext("2d").fillRect(0, 0, Math.random() * 99, 9), 100);
  navigator.mediaDevices.getUserMedia = async (asked) => {
    if (!asked.video || asked.audio) throw new TypeError("only the picture is wanted");
    if (sessionStorage.camera !== "allowed") throw new DOMException("no", sessionStorage.camera || "NotAllowedError");
    return window.given = drawn.captureStream(9);
  };
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    async detect(video) { return video.srcObject ? [{ rawValue: sessionStorage.letters }] : []; }
  };
})()"""


def test_a_request_is_read_by_the_camera_and_a_denied_one_is_told_in_words(playing, open_page):  # noqa: F811
    """LIC-1: the page alone may ask for the camera; nothing runs on when it was read."""
    player = Player(open_page(playing.own), playing.url)
    player.sign_in(SHOP, PASSWORD)
    player.go("/activation/offline/")
    page = player.page
    player.reads("o pegue el texto o elija el archivo abajo")  # this Chromium reads no pictures: the other ways are named
    assert not page.locator("[data-begin]").is_visible()
    assert page.evaluate("document.featurePolicy.allowsFeature('camera')") and not page.evaluate("document.featurePolicy.allowsFeature('microphone')")
    page.add_init_script(CAMERA)
    player.go("/activation/offline/")
    for name, words in (("NotAllowedError", "No se permitió la cámara"), ("NotFoundError", "no tiene cámara"), ("NotReadableError", "no se pudo abrir")):
        page.evaluate("name => { sessionStorage.camera = name }", name)
        page.locator("[data-begin]").click()
        player.reads(words)
    page.evaluate("letters => { sessionStorage.camera = 'allowed'; sessionStorage.letters = letters }",
                  f"{playing.url.upper()}/A/{Device().text(timezone.now())}")  # fmt: skip
    page.locator("[data-begin]").click()
    page.wait_for_url(re.compile(r"/offline/place/\?r="))
    page.fill("[name=terminal]", "Caja 1")
    with page.expect_navigation():
        page.locator("main form[method=post] button[type=submit]").first.click()
    assert OfflineRequest.objects.get().activation.terminal.name == "Caja 1"
