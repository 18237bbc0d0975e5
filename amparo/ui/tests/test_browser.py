"""The look in a real browser: nothing that axe finds, nothing refused by the policy, everything by keyboard."""

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from amparo.project import debian
from amparo.ui import jinja

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHROMIUM = debian.headless_shell() or debian.chromium()
PAGES = ["pieces", "desk", "portal", "plain"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium"),
]


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def show(chromium, live_server, settings):
    settings.ROOT_URLCONF = "amparo.ui.tests.urls"
    settings.UI_IDENTITY = settings.UI_COUNTS = ""
    settings.STREAM_URL = "/events"
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["*"]
    jinja._door.cache_clear()
    jinja._known_url.cache_clear()
    opened = []

    def show(page="pieces", *, theme="light", width=1280, height=900, language="en", heed=True):
        context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        context.add_cookies([
            {"name": "theme", "value": theme, "url": live_server.url},
            {"name": "amparo-language", "value": language, "url": live_server.url},
        ])  # fmt: skip
        tab = context.new_page()
        tab.complaints = []
        tab.route("**/events?*", lambda route: route.fulfill(status=403, body=""))
        tab.on(
            "console",
            lambda m: tab.complaints.append(m.text) if m.type == "error" and "403" not in m.text else None,
        )
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on(
            "request",
            lambda r: (
                None
                if r.url.startswith((live_server.url, "data:", "blob:"))
                else tab.complaints.append(r.url)
            ),
        )
        tab.goto(f"{live_server.url}/ui/?page={page}", wait_until="networkidle")
        opened.append((context, tab, heed))
        return tab

    yield show
    jinja._door.cache_clear()
    jinja._known_url.cache_clear()
    for context, tab, heed in opened:
        complaints = list(tab.complaints)
        context.close()
        assert not heed or not complaints, complaints


@pytest.mark.parametrize(
    ("page", "theme"),
    [("pieces", "light"), ("pieces", "dark"), ("desk", "light"), ("portal", "dark"), ("plain", "light")],
)
def test_axe_finds_nothing(show, page, theme):
    from axe_playwright_python.sync_playwright import Axe

    tab = show(page, theme=theme, heed=False)  # axe itself writes styles, and the policy refuses them
    found = Axe().run(
        tab, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("language", ["es-mx", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_sticks_out(show, page, language):
    tab = show(page, language=language)
    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 844})
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width


def test_the_palette_opens_goes_and_closes_by_keyboard(show):
    tab = show("desk")
    tab.keyboard.press("Control+k")
    assert tab.locator("#palette").is_visible()
    tab.keyboard.type("cust")
    expect(tab.locator("[role=option]")).to_have_text(["Customers"])
    assert tab.evaluate("document.activeElement.getAttribute('aria-activedescendant')") == "palette-0"
    tab.keyboard.press("Escape")
    assert not tab.locator("#palette").is_visible()


def test_single_keys_move_and_write_and_are_silent_while_one_types(show):
    tab = show("desk")
    tab.keyboard.press("j")
    assert "T-8815" in tab.evaluate("document.activeElement.innerText"), "the row after the present one"
    tab.keyboard.press("k")
    tab.keyboard.press("k")
    assert "T-8812" in tab.evaluate("document.activeElement.innerText")
    tab.keyboard.press("n")
    assert tab.locator("#composer").evaluate("e => e.classList.contains('is-note')")
    assert tab.locator(".composer-seal").is_visible() and not tab.locator(".composer-as-reply").is_visible()
    tab.keyboard.type("jr?")
    assert tab.locator("#composer textarea").input_value() == "jr?"
    tab.keyboard.press("Escape")
    tab.keyboard.press("r")
    assert tab.locator(".composer-as-reply").is_visible() and not tab.locator(".composer-seal").is_visible()
    tab.keyboard.press("Escape")
    tab.keyboard.press("?")
    assert tab.locator("#shortcuts").is_visible()


def test_single_keys_can_be_switched_off(show):
    tab = show("desk")
    tab.evaluate("document.body.dataset.shortcuts = 'off'")
    tab.keyboard.press("?")
    assert not tab.locator("#shortcuts").is_visible()
    tab.keyboard.press("Control+k")
    assert tab.locator("#palette").is_visible()


def test_the_theme_changes_without_a_page_load_and_stays(show):
    tab = show("plain")
    tab.evaluate("window.same = true")
    with tab.expect_response("**/ui/choose/"):
        tab.get_by_role("button", name="Dark").click()
    assert tab.evaluate("window.same && document.documentElement.dataset.theme") == "dark"
    tab.reload()
    assert tab.evaluate(
        "getComputedStyle(document.body).colorScheme || document.documentElement.dataset.theme"
    )
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


def test_what_cannot_be_undone_waits_for_its_word(show):
    tab = show()
    button = tab.get_by_role("button", name="Void 120 cards")
    assert button.is_disabled()
    tab.get_by_label("Type «ANULAR» to confirm").fill("ANULAR")
    assert button.is_enabled()


def test_a_region_is_fetched_anew_when_its_topic_changes(show):
    """TKT-1: what one is writing stays."""
    tab = show("plain", heed=False)
    tab.unroute("**/events?*")
    frames = "retry: 60000\n\nevent: resync\ndata: {}\n\nid: 7\ndata: ticket:41|7\n\n"
    tab.route("**/events?*", lambda r: r.fulfill(status=200, content_type="text/event-stream", body=frames))
    tab.evaluate(
        """async () => {
        document.querySelector("main").insertAdjacentHTML("beforeend",
          '<div id="r" data-follow="ticket:41" data-follow-url="/fragment/"><p>old</p></div>' +
          '<div id="s" data-follow="ticket:9" data-follow-url="/fragment/"><p>other</p></div>');
        (await import("ui/main")).wake(document.querySelector("main"));
        }"""
    )
    expect(tab.locator("#r")).to_have_text("fresh")
    assert tab.locator("#s").inner_text() == "other"


@pytest.mark.parametrize("unsaved", [True, False])
def test_nobody_is_led_to_the_door_from_what_is_kept_nowhere(show, unsaved):
    """TKT-2, SEC-1: a region that hears that the session ended leads away, but not from what one has written."""
    tab = show("plain")
    asked = []
    tab.route("**/ended/", lambda r: (asked.append(1), r.fulfill(status=204, headers={"HX-Redirect": "#door"}))[1])
    tab.evaluate(
        """async (unsaved) => {
        document.querySelector("main").insertAdjacentHTML("beforeend", '<div id="e" data-follow="x:1" data-follow-url="/ended/"></div>' + (unsaved ? "<form data-unsaved></form>" : ""));
        await (await import("ui/follow")).refresh(document.querySelector("#e"));
        }""",
        unsaved,
    )
    assert asked and tab.evaluate("location.hash") == ("" if unsaved else "#door")


def test_promises_count_down_by_themselves(show):
    tab = show()
    soon = "new Date(Date.parse(document.body.dataset.now) - 61000).toISOString()"
    tab.evaluate(f"document.querySelector('#promise [data-clock]').dataset.due = {soon}")
    expect(tab.locator("#promise [data-left]").first).to_have_text("late by 1 min")
    assert "tone-late" in tab.locator("#promise .promise").first.get_attribute("class")
    before = tab.locator("[data-digits]").nth(1).inner_text()
    tab.wait_for_timeout(1200)
    assert tab.locator("[data-digits]").nth(1).inner_text() != before


def test_files_go_up_with_progress_and_come_off_again(show):
    tab = show()
    asked = []
    answer = {
        "id": "abc123",
        "name": "a.txt",
        "size": 5,
        "url": "/files/abc123/a.txt",
        "content_type": "text/plain",
        "is_inline": False,
    }
    tab.evaluate("document.querySelector('#composer-b [data-files]').dataset.upload = '/files/upload/'")
    # The gallery is shown to nobody in particular; a page of somebody's holds the token of his session.
    tab.evaluate("""document.body.setAttribute('hx-headers', '{"X-CSRFToken": "sesamo"}')""")
    tab.route("**/files/**", lambda r: (asked.append(r.request), r.fulfill(status=201, json=answer))[1])
    tab.set_input_files(
        "#composer-b [data-files-input]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    tab.wait_for_selector("#composer-b input[name=files][value=abc123]", state="attached")
    assert b'name="draft_key"' in asked[0].post_data_buffer and asked[0].headers["x-csrftoken"] == "sesamo"
    tab.get_by_role("button", name="Remove a.txt").click()
    assert tab.locator("#composer-b input[name=files]").count() == 0
    assert asked[1].url.endswith("/files/abc123/discard/")


def test_what_is_sent_while_a_file_goes_up_takes_it_along(show):
    """TKT-1: with a slow line, and where the file is taken away at the last moment."""
    tab, held = show(), []
    tab.evaluate("""() => { const form = document.querySelector("#composer-b"); window.sent = []; form.querySelector("[data-files]").dataset.upload = "/files/upload/";
        form.addEventListener("submit", (event) => { event.preventDefault(); sent.push(new FormData(form).getAll("files").join()); }); }""")
    tab.route("**/files/**", lambda route: held.append(route))
    for name in ("a.txt", "b.txt"):
        with tab.expect_request("**/files/**"):
            tab.set_input_files("#composer-b [data-files-input]", {"name": name, "mimeType": "text/plain", "buffer": b"hello"})
    tab.evaluate("document.querySelectorAll('#composer-b progress').forEach((bar) => { bar.value = 100; })")  # all of it went up, the answer is late
    tab.locator("#composer-b textarea").fill("Va")
    for _twice in range(2):
        tab.evaluate("document.querySelector('#composer-b').requestSubmit()")
    tab.get_by_role("button", name="Remove a.txt").click()
    assert tab.evaluate("sent") == []
    for route, key in zip(list(held), ("one", "two"), strict=True):
        route.fulfill(status=201, json={"id": key, "name": "x", "size": 5, "url": f"/files/{key}/x"})
    tab.wait_for_function("() => sent.length")
    assert tab.evaluate("sent") == ["two"] and held[2].request.url.endswith("/files/one/discard/")


def test_drafts_are_kept_on_the_server(show):
    """TKT-1"""
    tab = show("desk")
    saved = []
    tab.evaluate("document.querySelector('#composer').dataset.draft = '/draft/'")
    tab.route("**/draft/", lambda r: (saved.append(r.request.post_data), r.fulfill(status=204))[1])
    tab.locator("#composer textarea").fill("Buenas tardes")
    expect(tab.locator("[data-composer-draft]")).to_have_text("Draft saved")
    assert saved[-1].startswith("body=Buenas+tardes&kind=reply")


def test_no_older_draft_comes_after_a_newer_one_or_after_what_was_sent(show):
    """TKT-1: each waits for the one before it, and what is sent for the last."""
    tab, held = show("desk"), []
    tab.evaluate("""() => { const form = document.querySelector("#composer"); window.sent = []; form.dataset.draft = "/draft/";
        form.addEventListener("submit", (event) => { event.preventDefault(); sent.push(new FormData(form).get("body")); }); }""")
    tab.route("**/draft/", lambda route: held.append(route))
    field = tab.locator("#composer textarea")
    with tab.expect_request("**/draft/"):
        field.fill("Uno")
    field.fill("Dos")
    tab.wait_for_function("() => new Promise((over) => setTimeout(() => over(true), 1000))")  # longer than a draft waits
    assert len(held) == 1
    with tab.expect_request("**/draft/"):
        held[0].fulfill(status=204)
    tab.evaluate("document.querySelector('#composer').requestSubmit()")
    assert tab.evaluate("sent") == []
    held[-1].fulfill(status=204)
    tab.wait_for_function("() => sent.length")
    assert tab.evaluate("sent") == ["Dos"] and "body=Dos" in held[-1].request.post_data


def test_a_toast_can_be_undone_and_closed(show):
    tab = show()
    tab.get_by_role("button", name="Show a toast").click()
    assert tab.get_by_role("status").get_by_text("The case was assigned to you.").is_visible()
    tab.get_by_role("button", name="Undo").click()
    assert tab.locator(".toast-card").count() == 0


def test_everything_can_be_done_without_script(chromium, show):
    """Forms that a script makes pleasant work without it too."""
    tab = show("desk", heed=False)
    context = chromium.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(tab.url)
    assert plain.locator("#composer").get_attribute("method") == "post"
    plain.locator("#composer [value=note]").check(force=True)
    assert plain.locator(".composer-seal").is_visible() and plain.locator(".composer-as-note").is_visible()
    plain.locator("summary").first.click()
    assert plain.locator(".menu-sheet").first.is_visible()
    context.close()
