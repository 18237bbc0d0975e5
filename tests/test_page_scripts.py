"""Scripts of pages where answers take their time: what is pressed twice, taken back meanwhile, or answered too late. TEL-1, LIV-2, CHT-1.

The real scripts run in a page of the test's own, beside peers that answer when the test says so; the stories play them against the service.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .browser import chromium, needs_chromium, open_page  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, needs_chromium]
ROOT, HOUSE = Path(__file__).parent.parent / "amparo", "https://house.example"
SCRIPTS = {path.name: path for app in ("live", "remote", "chat", "classroom") for path in (ROOT / app / "static" / app).glob("*.js")}
SCRIPTS |= {path.name: path for path in (ROOT / "ui" / "static" / "ui" / "js").glob("*.js")}
PAGE = """<!doctype html><script type="importmap">{"imports": {"ui/words": "/words.js", "ui/follow": "/follow.js"}}</script><body>%s
<script type="module" src="/%s"></script>"""
PEERS = {
    "words.js": """export const carried = {}, words = {}; export const fill = (text) => text; export const csrf = () => "";
        export const make = (name) => document.createElement(name);
        export const post = (url) => fetch(url, { method: "POST" });""",
    "follow.js": "export const follow = () => () => {};",
    "library.js": "export default {};",
    "novnc.js": """export const Keysyms = {}; export class RFB extends EventTarget { constructor() { super(); (window.rfbs ??= []).push(this); } disconnect() {} focus() {}
        breaks(clean) { this.dispatchEvent(new CustomEvent("disconnect", { detail: { clean } })); } }""",
    "room.js": "export class Room extends EventTarget { constructor() { super(); window.room = this; } async enter() {} async publish() {} leave() {} async unshare() {} }",
    "line.js": """export class Line { constructor(setup, hear) { window.hear = hear; window.done = []; }
        start() { this.hear?.("ready"); } answer() { done.push("answer"); } dial() { done.push("dial"); } senders() { return []; } stop() {} }""",
}
# What the browser asks waits in `asks`, what the service is asked in `posts`, until the test answers.
LATE = """
window.asks = []; window.posts = [];
const track = () => document.createElement("canvas").captureStream().getVideoTracks()[0];
window.ask = () => new Promise((answer) => asks.push(() => { const own = track(); answer(new MediaStream([own])); return window.given = own; }));
Object.assign(navigator.mediaDevices, { getUserMedia: ask, getDisplayMedia: ask });
window.fetch = (url, given) => new Promise((answer) => posts.push({ url, with: String([...(given?.body ?? [])]), answer: (body, kind = "application/json") =>
  answer(body instanceof Response ? body : new Response(typeof body === "string" ? body : JSON.stringify(body), { headers: { "Content-Type": kind } })) }));
navigator.sendBeacon = () => true;
"""
TELEPHONE = """<main data-telephone data-speaks="1" data-texts="{}" data-line="/credentials" data-dial="/dial" data-told="/told" data-card="/0/"
  data-by-jssip="/line.js" data-jssip="/library.js" data-title="t">""" + "".join(
    f'<i data-part="{name}"></i>' for name in ("state", "warning", "hold-word", "mute-word", "number", "name", "clock")
) + """<audio data-part="sound"></audio><a data-part="open"></a><input data-part="to"><input data-part="dial">""" + "".join(
    f'<button data-do="{name}">{name}</button>' for name in ("answer", "hold", "mute", "transfer", "dial")
) + "</main>"
SHARE = """<main data-share data-answer="/answer" data-beat="/beat" data-stop="/stop" data-code="1"><i data-question></i><i data-banner></i><i data-says></i><i data-left></i>
<i data-problem></i><video data-own></video><i data-hint></i><i data-over></i><button data-do="yes">yes</button><button data-do="no">no</button></main>"""
FRAME = """<main data-chat-frame data-site="s" data-enter="/w/enter/" data-room="/w/room/" data-origins="https://house.example" data-failed="f" tabindex="-1">
<section data-chat-public><i data-chat-refusal></i></section></main>"""
VIEWER = """<main data-remote data-url="wss://house.example/remote/viewer" data-token="/token" data-novnc="/novnc.js" data-keys="/keys.js" data-over="/over"><i data-remote-clock><i data-digits></i></i>
<form data-type></form><form data-clipboard></form><input data-clip><input data-text>""" + "".join(
    f"<i data-{name}></i>" for name in ("screen", "code", "below", "tools", "says", "question", "question-text", "mode-badge")
) + "".join(f"<select data-{name}><option>6</select>" for name in ("layout", "size", "quality")) + "".join(
    f'<button data-do="{name}"></button>' for name in ("control", "see", "clipboard")
) + "</main>"
SOCKETS = """window.sockets = []; window.WebSocket = class { static OPEN = 1; constructor() { this.readyState = 1; this.said = []; sockets.push(this); setTimeout(() => this.onopen()); }
  send(one) { this.said.push(one); } close() { this.readyState = 3; setTimeout(() => this.onclose()); } hears(told) { this.onmessage({ data: JSON.stringify(told) }); } };"""
CLASS = """<main data-class data-leads="1" data-module="/room.js" data-enter-url="/enter" data-screen="" data-speaks=""><form data-token><input name="csrfmiddlewaretoken"></form>
<div id="class-side"><i data-own data-state="running" data-place="admitted" data-word="w"></i></div><div data-stage></div><form data-hand><button></button></form>
<button data-enter>enter</button>""" + "".join(f"<button data-{name}>{name}</button>" for name in ("mic", "camera", "share")) + "".join(
    f"<i data-{name}></i>" for name in ("line", "wait", "lobby", "inside", "stage-none", "hand-word", "caption", "down")
) + "</main>"


@pytest.fixture
def script(open_page):  # noqa: F811
    def run(name: str, markup: str, more: str = "", real: tuple[str, ...] = ()):
        page = open_page((HOUSE, "blob:"))
        page.add_init_script(LATE + more)

        def answer(route):
            asked = route.request.url.rsplit("/", 1)[1]
            if asked.endswith(".js"):
                text = PEERS[asked] if asked in PEERS and asked not in real else SCRIPTS[asked].read_text(encoding="utf-8")
                return route.fulfill(body=text, content_type="text/javascript")
            return route.fulfill(body=PAGE % (markup, name), content_type="text/html; charset=utf-8")

        page.route(f"{HOUSE}/**", answer)
        page.goto(f"{HOUSE}/")
        return page

    return run


def until(page, condition: str) -> None:
    page.wait_for_function(f"() => {condition}")


@pytest.fixture
def telephone(script):
    page = script("window.js", TELEPHONE)
    until(page, "posts.length === 1")
    page.evaluate("posts[0].answer({ way: 'jssip' })")
    until(page, "window.hear")
    page.evaluate("hear('ready')")
    return page


def test_a_call_is_answered_once_and_no_other_in_its_place(telephone):
    """TEL-1"""
    telephone.evaluate("hear('incoming', { id: 'a', number: '1', name: '' })")
    for _twice in range(2):
        telephone.click("[data-do=answer]")
    until(telephone, "asks.length === 1")
    telephone.evaluate("() => { hear('ended'); hear('incoming', { id: 'b', number: '2', name: '' }); asks[0](); }")
    telephone.evaluate("() => new Promise((over) => setTimeout(over))")
    assert telephone.evaluate("done") == [], "who rings now was not answered"
    for _twice in range(2):
        telephone.click("[data-do=answer]")
    until(telephone, "asks.length === 2")
    telephone.evaluate("() => { asks[1](); }")
    until(telephone, "done.length")
    telephone.click("[data-do=answer]")
    assert telephone.evaluate("[done, asks.length]") == [["answer"], 2]


def test_a_number_is_dialled_once_however_often_it_is_pressed(telephone):
    """TEL-3, SEC-43"""
    for _twice in range(2):
        telephone.click("[data-do=dial]")
    assert telephone.evaluate("posts.filter((one) => one.url === '/dial').length") == 1


@pytest.mark.parametrize("way", ["jssip", "janus"])
def test_a_call_that_was_not_passed_on_is_not_said_to_be_when_it_ends(script, way):
    """TEL-3: refused where it was passed on to, it went on and ended here."""
    page = script("library.js", "")
    taken = page.evaluate("""async (way) => {
      const { Line } = await import(`/${way}.js`), line = new Line({}, () => {});
      let refused, taken = 0;
      line.session = { refer: (_to, { eventHandlers }) => { refused = eventHandlers.failed; } };
      line.handle = { send: () => { refused = () => line.toldOfPassing({ content: "SIP/2.0 486 Busy" }); } };
      const passed = line.transfer("102", () => { taken += 1; });
      refused();
      const good = await passed;
      line.over("ended");
      return [good, taken];
    }""", way)
    assert taken == [False, 0]


def test_who_says_no_while_the_browser_asks_shares_nothing(script):
    """LIV-2: what the browser gives after it is given back."""
    page = script("share.js", SHARE)
    page.click("[data-do=yes]")
    until(page, "asks.length === 1")
    page.click("[data-do=no]")
    assert page.evaluate("asks[0]().readyState") == "live"
    until(page, "given.readyState === 'ended'")
    assert page.evaluate("posts.map((one) => one.with).filter((one) => one.includes('yes')).length") == 0


def test_a_screen_that_was_taken_back_before_the_service_answered_is_not_shared(script):
    """LIV-2: by the browser's own button, which ends the track at once."""
    page = script("share.js", SHARE)
    page.click("[data-do=yes]")
    until(page, "asks.length === 1")
    page.evaluate("() => { asks[0](); }")
    until(page, "posts.length === 1")
    page.evaluate("() => { given.stop(); posts[0].answer({ secret: 's' }); }")
    until(page, "posts.some((one) => one.url === '/stop')")
    assert page.evaluate("posts.map((one) => one.url)") == ["/answer", "/stop"]


def test_the_frame_shows_nothing_of_who_left_meanwhile(script):
    """CHT-1: an answer that comes after the reader signed out on the site."""
    page = script("frame.js", FRAME)
    says = "(message) => window.dispatchEvent(new MessageEvent('message', { source: window, origin: 'https://house.example', data: message }))"
    until(page, "document.querySelector('[data-chat-public]').hidden === false")
    for answers in (1, 2):
        page.evaluate(says, {"amparo": "word", "word": "w"})
        until(page, "posts.length === 1")
        if answers == 2:
            page.evaluate("posts[0].answer({ pass: 'p' })")
            until(page, "posts.length === 2")
        page.evaluate(says, {"amparo": "leave"})
        page.evaluate("answers => posts[answers - 1].answer(answers === 1 ? { pass: 'p' } : '<p id=\"private\">Su chat</p>', answers === 1 ? undefined : 'text/html')", answers)
        page.evaluate("() => new Promise((over) => setTimeout(over, 20))")
        assert page.evaluate("[document.getElementById('private'), posts.length, sessionStorage.length]") == [None, answers, 0]
        page.evaluate("() => { posts.length = 0; }")




def test_a_microphone_is_asked_for_once_and_given_back_by_who_is_out(script):
    """LIV-1: pressed again while the browser asks; sent out before it was answered."""
    page = script("class.js", CLASS)
    page.click("[data-enter]")
    until(page, "posts.length === 1")
    page.evaluate("posts[0].answer({ session: {}, room: { may_publish: true } })")
    until(page, "window.room && document.querySelector('[data-class]').classList.contains('is-inside')")
    for name in ("mic", "mic", "share", "share"):
        page.click(f"[data-{name}]")
    assert page.evaluate("asks.length") == 2
    page.evaluate("room.dispatchEvent(new CustomEvent('state', { detail: { state: 'out', reason: 'kicked' } }))")
    for number in (0, 1):
        page.evaluate("number => { asks[number](); }", number)
        until(page, "given.readyState === 'ended'")


def test_a_picture_that_cannot_be_read_begins_anew_by_a_new_line(script):
    """LIV-2: the engineer's page asks for a new line by itself; what it ended itself it leaves."""
    page = script("viewer.js", VIEWER, SOCKETS)
    for number in (1, 2):
        until(page, f"posts.length === {number}")
        page.evaluate("n => posts[n - 1].answer({ token: 't', session: 1 })", number)
        until(page, f"sockets.length === {number} && sockets.at(-1).said.length === 1")
        page.evaluate("n => sockets.at(-1).hears({ type: 'start', segment: n, mode: 'view' })", number)
        until(page, f"rfbs.length === {number}")
        page.evaluate("n => rfbs[0].breaks(n > 1)", number)
    page.evaluate("rfbs[0].breaks(false)")  # of the one before: late, and of no matter
    page.evaluate("() => new Promise((told) => setTimeout(told, 50))")
    assert page.evaluate("[sockets.length, sockets[1].readyState, posts.length]") == [2, 1, 2]


def test_no_other_is_called_than_whose_name_was_typed(script):
    """FOR-1: who types on before the answer comes and presses Enter calls nobody whose name begins otherwise; a late answer opens nothing."""
    page = script("mention.js", "<form><textarea></textarea><i data-mention='/people'></i></form>", real=("words.js",))
    page.evaluate("() => import('/mention.js').then((script) => script.default(document.querySelector('i')))")
    page.locator("textarea").press_sequentially("a @b")
    page.evaluate("posts[0].answer({ people: [{ alias: 'Beatriz' }, { alias: 'Bénito' }] })")
    until(page, "document.querySelectorAll('.mention-sheet li').length === 2")
    page.keyboard.type("eni")
    assert page.locator(".mention-sheet li").all_inner_texts() == ["@Bénito"]
    page.keyboard.press("Enter")
    assert page.input_value("textarea") == "a @Bénito "
    page.evaluate("posts.at(-1).answer({ people: [{ alias: 'Benito' }] })")
    page.evaluate("() => new Promise((over) => setTimeout(over))")
    assert page.locator(".mention-sheet").is_hidden()


@pytest.mark.parametrize("more", ["", "r", "Escape"])
def test_the_palette_goes_where_what_was_typed_leads(script, more):
    """TEL-2: Enter before the answer waits for it, and follows it alone; typing on or closing takes it back."""
    page = script("palette.js", "<dialog><input class='palette-field'><ul class='palette-list'></ul></dialog><nav><a data-place href='#place'><b class='rail-word'>Casos</b></a></nav>", real=("words.js",))
    page.evaluate("() => { document.body.dataset.palette = '/find'; return import('/palette.js').then((script) => script.default(document.querySelector('dialog'))); }")
    page.evaluate("document.querySelector('dialog').showModal()")
    page.locator("[role=option]", has_text="Casos").wait_for()
    page.keyboard.type("ca")
    page.keyboard.press("Enter")
    until(page, "posts.length === 1")
    assert page.evaluate("location.hash") == ""
    if more:
        page.keyboard.press(more)
    page.evaluate("posts[0].answer({ results: [{ label: 'Caso 12', url: '#twelve' }] })")
    page.evaluate("() => new Promise((over) => setTimeout(over))")
    assert page.evaluate("location.hash") == ("" if more else "#twelve")


@pytest.mark.parametrize("more", ["", "x", "Escape"])
def test_no_other_article_is_cited_than_what_was_typed_finds(script, more):
    """SRC-1: Enter before the answer waits for it; typing on or leaving takes it back."""
    page = script("cite.js", """<form><textarea data-composer-body></textarea><div data-cite="/cite"><button type="button" data-cite-door>c</button>
        <div data-cite-sheet hidden><input data-cite-field><div data-cite-list></div></div></div></form>""")
    page.evaluate("() => import('/cite.js').then((script) => script.default(document.querySelector('[data-cite]')))")
    found = "<button type='button' data-cite-url='/%s' data-cite-title='%s'>a</button>"
    page.click("[data-cite-door]")
    page.evaluate("found => posts[0].answer(found, 'text/html')", found % (1, "Uno"))
    page.locator("[data-cite-url][aria-selected=true]").wait_for()
    page.keyboard.type("dos")
    page.keyboard.press("Enter")
    until(page, "posts.some((one) => one.url.endsWith('q=dos'))")
    if more:
        page.keyboard.press(more)
    page.evaluate("found => posts.find((one) => one.url.endsWith('q=dos')).answer(found, 'text/html')", found % (2, "Dos"))
    page.evaluate("() => new Promise((over) => setTimeout(over))")
    assert page.input_value("textarea") == ("" if more else "[Dos](/2)")


COMPOSER = """<script>document.body.dataset.words = '{"draft_saved": "kept", "draft_failed": "lost", "draft_barred": "barred", "sign_in": "Enter"}'</script>
<b data-follow="user:7"></b><form action="/sent" data-reply-action="/sent" data-draft="/draft" data-preview="/preview"><input name="csrfmiddlewaretoken" value="old">
<textarea data-composer-body></textarea><i data-composer-draft></i><button type="button" data-composer-preview-switch><span>p</span></button><b data-composer-preview hidden></b><button data-send>s</button></form>"""
DOOR = "new Response(null, { status: 204, headers: { 'HX-Redirect': '/account/login/' } })"


@pytest.mark.parametrize(
    ("answered", "said"), [("new Response(null, { status: 204 })", "kept"), (DOOR, "barred Enter"), ("new Response(null, { status: 401 })", "barred Enter"), ("new Response(null, { status: 500 })", "lost")]
)
def test_a_draft_is_said_to_be_kept_only_when_it_was(script, answered, said):
    """TKT-2, SEC-1: of a session that ended meanwhile, nothing was; what was not is tried again with the next letter."""
    page = script("composer.js", COMPOSER, real=("words.js",))
    page.evaluate("() => import('/composer.js').then((script) => script.default(document.querySelector('form')))")
    page.locator("textarea").type("Hola")
    until(page, "posts.some((one) => one.url.endsWith('/draft'))")
    page.evaluate(f"posts.find((one) => one.url.endsWith('/draft')).answer({answered})")
    page.locator("i", has_text=said).wait_for()
    page.locator("textarea").type("!")
    until(page, "posts.filter((one) => one.url.endsWith('/draft')).length === 2")
    assert "body,Hola!" in page.evaluate("posts.filter((one) => one.url.endsWith('/draft'))[1].with"), "all that was written is sent again"


def test_what_was_written_is_not_hidden_behind_a_preview_that_did_not_come(script):
    """TKT-2: of a session that ended meanwhile the answer is empty."""
    page = script("composer.js", COMPOSER, real=("words.js",))
    page.evaluate("() => import('/composer.js').then((script) => script.default(document.querySelector('form')))")
    page.locator("textarea").fill("Hola")
    for number, (answered, shown) in enumerate([(DOOR, False), ("new Response('<p>Hola</p>')", True)], 1):
        page.click("[data-composer-preview-switch]")
        until(page, f"posts.filter((one) => one.url.endsWith('/preview')).length === {number}")
        page.evaluate(f"posts.findLast((one) => one.url.endsWith('/preview')).answer({answered})")
        page.evaluate("() => new Promise((over) => setTimeout(over))")
        assert (page.locator("textarea").is_hidden(), page.locator("b p").is_visible()) == (shown, shown)


@pytest.mark.parametrize("back", ["user:7", "user:8"])
def test_what_was_written_waits_for_who_wrote_it_to_sign_in_again(script, back):
    """TKT-2, SEC-1: nothing typed is lost: it is not sent to the door, and goes on with the token of the new session, if that is the same person's."""
    page = script("composer.js", COMPOSER, real=("words.js",))
    page.evaluate("() => import('/composer.js').then((script) => script.default(document.querySelector('form')))")
    answer = "(number, given) => posts.filter((one) => !one.url.endsWith('/presence'))[number].answer(given())"
    page.locator("textarea").type("Hola")
    for number, act in enumerate([lambda: None, lambda: page.click("[data-send]")]):
        act()
        until(page, f"posts.length === {number + 1}")
        page.evaluate(f"({answer})({number}, () => {DOOR})")
        page.locator("i", has_text="barred Enter").wait_for()
    assert page.url == f"{HOUSE}/" and page.input_value("textarea") == "Hola", "it was not sent away"
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    until(page, "posts.length === 3")
    page.evaluate(f"({answer})(2, () => new Response(null, {{ status: 403 }}))")
    until(page, "posts.length === 4")
    fresh = f"""<body hx-headers='{{"X-CSRFToken": "new"}}'><b data-follow="{back}"></b>"""
    page.evaluate(f"fresh => ({answer})(3, () => new Response(fresh))", fresh)
    if back == "user:8":
        page.locator("i", has_text="lost").wait_for()
        assert page.input_value("[name=csrfmiddlewaretoken]") == "old", "another person signs nothing of this one's"
        return
    until(page, "posts.length === 5")
    page.evaluate(f"({answer})(4, () => new Response(null, {{ status: 204 }}))")
    page.locator("i", has_text="kept").wait_for()
    assert page.input_value("[name=csrfmiddlewaretoken]") == "new"
    page.click("[data-send]")
    page.wait_for_url("**/sent*")


def test_a_telephone_is_not_said_to_pause_when_the_session_ended_meanwhile(script):
    """TEL-1, SEC-1: a page to sign in is no answer of the service: nothing was done."""
    pause = '<input type="checkbox" data-part="pause" data-url="/pause">'
    page = script("window.js", TELEPHONE.replace("</main>", f"{pause}</main>"), real=("words.js",))
    until(page, "posts.length === 1")
    page.check("[data-part=pause]")
    until(page, "posts.some((one) => one.url === '/pause')")
    page.evaluate("posts.find((one) => one.url === '/pause').answer(" + DOOR + ")")
    page.wait_for_function("() => !document.querySelector('[data-part=pause]').disabled")
    assert not page.is_checked("[data-part=pause]")


def test_who_enters_a_class_after_the_session_ended_is_led_to_the_door(script):
    """LIV-1, SEC-1: the button does not just stay without an answer."""
    page = script("class.js", CLASS)
    page.click("[data-enter]")
    until(page, "posts.length === 1")
    page.evaluate("posts[0].answer(new Response(null, { status: 204, headers: { 'HX-Redirect': '/door' } }))")
    page.wait_for_url("**/door")
