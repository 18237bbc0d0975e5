"""The room of sound and image where its gateway takes its time: what one sends arrives, in whatever order it was switched on. LIV-1.

The gateway is a peer in the page, with a true connection of its own; the stories play against the real one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .browser import chromium, needs_chromium, open_page  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, needs_chromium]
ROOM = Path(__file__).parent.parent / "amparo/media/static/media/js/janus-room.js"
# `asked` is what the room asked of the plugin, in its order; `answer(n)` answers the n-th, `says` tells something unasked.
MADE = """async (source) => {
  const { Room } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.asked = []; window.sockets = []; window.gone = []; window.shown = []; window.detached = [];
  let handles = 0;
  window.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    constructor() { sockets.push(this); setTimeout(() => this.onopen()); }
    close() { this.readyState = 3; }
    hears(message) { this.onmessage({ data: JSON.stringify(message) }); }
    send(text) {
      const message = JSON.parse(text), { transaction } = message;
      if (message.janus === "message") asked.push({ ...message, socket: this, peer: null });
      else if (message.janus === "trickle") return;
      else {
        if (message.janus === "detach") detached.push(message.handle_id);
        setTimeout(() => this.hears({ janus: "success", transaction, data: { id: message.janus === "attach" ? ++handles : 1 } }));
      }
    }
  };
  window.says = (one, message) => one.socket.hears({ sender: one.handle_id, ...message });
  window.answer = async (number, data = {}) => {
    const one = asked[number], told = { janus: "event", transaction: one.transaction, plugindata: { data } };
    if (one.jsep?.type === "offer" && !data.error_code) {
      one.peer = new RTCPeerConnection();
      await one.peer.setRemoteDescription(one.jsep);
      await one.peer.setLocalDescription(await one.peer.createAnswer());
      told.jsep = one.peer.localDescription;
    }
    says(one, told);
  };
  window.offer = async (number) => {
    const one = asked[number];
    one.peer = new RTCPeerConnection();
    one.peer.addTransceiver("audio", { direction: "sendonly" });
    await one.peer.setLocalDescription(await one.peer.createOffer());
    says(one, { janus: "event", transaction: one.transaction, plugindata: { data: {} }, jsep: one.peer.localDescription });
  };
  const given = { session: { url: "ws://gateway.example", token: "t" }, room: { room: "1", participant: "me", token: "t", proof: "p" } };
  window.room = new Room(async () => { await window.door; return given; });
  room.addEventListener("feed", ({ detail }) => shown.push(detail.stream));
  room.addEventListener("gone", ({ detail }) => gone.push(detail.feed));
  window.track = (kind) => kind === "audio" ? new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0]
    : document.createElement("canvas").captureStream().getVideoTracks()[0];
  room.enter();
}"""
REQUESTS = "() => asked.map((one) => one.body.request).join(' ')"


@pytest.fixture
def page(open_page):  # noqa: F811
    page = open_page(("https://house.example/", "blob:"))
    page.route("https://house.example/", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    page.goto("https://house.example/")
    page.evaluate(MADE, ROOM.read_text())
    until_asked(page, "join")
    page.evaluate("answer(0)")
    page.wait_for_function("() => room.state === 'inside'")
    return page


def until_asked(page, words: str) -> None:
    page.wait_for_function(f"() => ({REQUESTS})() === '{words}'")


def test_sound_and_image_switched_on_at_once_both_arrive(page):
    """A connection begun while the one before it ends carries nothing: the gateway says first that this is over."""
    page.evaluate("() => { window.own = { audio: track('audio'), video: track('video') }; room.publish({ audio: own.audio }); }")
    until_asked(page, "join publish")
    page.evaluate("() => { window.done = room.publish(own); }")
    page.evaluate("answer(1)")
    until_asked(page, "join publish unpublish")
    page.evaluate("answer(2)")
    page.evaluate("() => new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(told)))")
    until_asked(page, "join publish unpublish")
    page.evaluate("says(asked[2], { janus: 'hangup' })")
    until_asked(page, "join publish unpublish publish")
    page.evaluate("answer(3)")
    page.evaluate("done")
    assert page.evaluate("asked[3].peer.getReceivers().map((one) => one.track.kind).join(' ')") == "audio video"


def test_what_the_gateway_lets_go_of_is_sent_again(page):
    """Also where its word of the connection before comes late: nobody would see or hear who believes that he speaks."""
    page.evaluate("() => { window.own = { audio: track('audio') }; window.done = room.publish(own); }")
    until_asked(page, "join publish")
    page.evaluate("answer(1)")
    page.evaluate("done")
    page.evaluate("says(asked[1], { janus: 'hangup' })")
    until_asked(page, "join publish unpublish")
    page.evaluate("answer(2, { error_code: 435, error: 'not published' })")
    until_asked(page, "join publish unpublish publish")
    page.evaluate("says(asked[1], { janus: 'hangup' })")  # while it is asked for
    page.evaluate("answer(3)")
    until_asked(page, "join publish unpublish publish unpublish")
    page.evaluate("says(asked[4], { janus: 'hangup' })")  # the end that was asked for is none to begin again for
    page.evaluate("answer(4)")
    until_asked(page, "join publish unpublish publish unpublish publish")


def test_of_what_was_wanted_meanwhile_only_the_newest_is_sent(page):
    page.evaluate("""() => { const audio = track("audio"), video = track("video");
      window.done = Promise.all([{ audio }, { audio, video }, { video }, {}].map((one) => room.publish(one))); }""")
    page.evaluate("done")
    assert page.evaluate(REQUESTS) == "join", "it was switched off before anything of it was sent"


def test_what_the_gateway_refuses_is_told_and_can_be_sent_again(page):
    page.evaluate("() => { window.told = ''; room.publish({ audio: track('audio') }).catch((problem) => { told = problem.code; }); }")
    until_asked(page, "join publish")
    page.evaluate("answer(1, { error_code: 433, error: 'no' })")
    page.wait_for_function("() => told === 433")
    assert page.evaluate("room.own") is None, "it is not sent when the line comes back: the page let go of it"
    page.evaluate("() => { window.done = room.publish({ audio: track('audio') }); }")
    until_asked(page, "join publish unpublish")
    page.evaluate("answer(2, { error_code: 435, error: 'not published' })")  # nothing of it to wait for
    until_asked(page, "join publish unpublish publish")
    page.evaluate("answer(3)")
    page.evaluate("done")


def test_a_feed_that_comes_again_while_it_is_asked_for_is_shown_once(page):
    """Who switches the camera on and off is announced anew each time; what belonged to the old announcement is let go."""
    page.evaluate("says(asked[0], { janus: 'event', plugindata: { data: { publishers: [{ id: 'her' }] } } })")
    until_asked(page, "join join")
    for data in ("{ unpublished: 'her' }", "{ publishers: [{ id: 'her' }] }"):
        page.evaluate(f"says(asked[0], {{ janus: 'event', plugindata: {{ data: {data} }} }})")
    until_asked(page, "join join join")
    page.evaluate("offer(1)")
    page.evaluate("offer(2)")
    until_asked(page, "join join join start")
    page.evaluate("answer(3)")
    page.wait_for_function("() => shown.length === 1")
    assert page.evaluate("[shown[0] === room.feeds.get('her').stream, gone.join(), detached.length]") == [True, "her", 1]


def test_a_feed_that_cannot_be_watched_yet_is_asked_for_again(page):
    page.evaluate("says(asked[0], { janus: 'event', plugindata: { data: { publishers: [{ id: 'her' }] } } })")
    until_asked(page, "join join")
    page.evaluate("answer(1, { error_code: 428, error: 'no such feed' })")
    until_asked(page, "join join join")
    page.evaluate("offer(2)")
    until_asked(page, "join join join start")
    page.wait_for_function("() => shown.length === 1")


def test_a_line_that_breaks_while_one_comes_in_is_made_again_once(page):
    page.evaluate("sockets[0].onclose()")
    page.wait_for_function("() => sockets.length === 2 && asked.length === 2")
    page.evaluate("() => { window.own = { audio: track('audio') }; room.publish(own); }")
    page.evaluate("answer(1)")
    until_asked(page, "join join publish")
    page.evaluate("sockets[1].onclose()")
    page.wait_for_function("() => sockets.length === 3")
    until_asked(page, "join join publish join")
    page.evaluate("answer(3)")
    until_asked(page, "join join publish join publish")
    page.evaluate("answer(4)")
    page.wait_for_function("() => room.state === 'inside' && !room.connecting")
    assert page.evaluate("sockets.map((one) => one.readyState).join()") == "3,3,1"


def test_who_leaves_while_he_comes_in_is_out(page):
    page.evaluate("sockets[0].onclose()")
    page.wait_for_function("() => sockets.length === 2 && asked.length === 2")
    page.evaluate("() => { window.states = []; room.addEventListener('state', ({ detail }) => states.push(detail.state)); room.leave('over'); }")
    page.wait_for_function("() => !room.connecting")
    assert page.evaluate("states.join()") == "out" == page.evaluate("room.state")


def test_who_leaves_while_the_door_is_asked_does_not_come_in(page):
    page.evaluate("() => { window.door = new Promise((told) => { window.opens = told; }); sockets[0].onclose(); room.leave('over'); opens(); }")
    page.wait_for_function("() => !room.connecting")
    assert page.evaluate("[room.state, sockets.length, room.gateway]") == ["out", 1, None]


def test_a_line_that_breaks_while_sound_is_switched_on_takes_it_along(page):
    """The browser's own words for a connection that is gone are no refusal: it is sent when the line is back."""
    page.evaluate("""() => {
      const made = RTCPeerConnection.prototype, really = made.createOffer;
      made.createOffer = function () { made.createOffer = really; sockets[0].onclose(); return really.call(this); };
      window.told = "";
      room.publish({ audio: track("audio") }).then(() => { told = "well"; }, (problem) => { told = String(problem); });
    }""")
    page.wait_for_function("() => told")
    assert page.evaluate("told") == "well"
    until_asked(page, "join join")
    page.evaluate("answer(1)")
    until_asked(page, "join join publish")


def test_a_screen_that_is_taken_back_before_it_is_shown_is_not_shown(page):
    """Before the gateway gave it a place, and before it let it in."""
    page.evaluate("() => { window.done = room.share(track('video')); room.unshare(); }")
    page.evaluate("done")
    assert page.evaluate("[detached.length, room.second, asked.length]") == [1, None, 1]
    page.evaluate("() => { window.done = room.share(track('video')); }")
    until_asked(page, "join join")
    page.evaluate("() => { room.unshare(); }")
    page.evaluate("answer(1)")
    page.evaluate("done")
    assert page.evaluate("[detached.length, room.second, asked.length]") == [2, None, 2]
