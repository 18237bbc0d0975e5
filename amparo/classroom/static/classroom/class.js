// The page of a class ([data-class]): the door, the pictures, microphone, camera, screen, the hand. What the reader may do stands in
// the region beside ([data-own]), which follows the class; this script only does what stands there.
import { track, why } from "./devices.js";

const root = document.querySelector("[data-class]");
const side = document.getElementById("class-side");
const stage = root.querySelector("[data-stage]");
const find = (name) => root.querySelector(`[data-${name}]`);
const own = () => side.querySelector("[data-own]").dataset;
const nameOf = (word) => side.querySelector(`[data-person="${CSS.escape(word)}"]`)?.dataset.name ?? "";
const secret = () => find("token").querySelector("[name=csrfmiddlewaretoken]").value;
const say = (text) => { find("line").textContent = text; find("line").hidden = !text; };

let room = null;
let wants = false; // pressed «enter»
let entering = false;
let before = {};
const mine = { audio: null, video: null };
const asking = new Set(); // for what the browser asks now
const talking = new Set();

async function post(url) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", secret());
  const answer = await fetch(url, { method: "POST", body, credentials: "same-origin", headers: { "HX-Request": "true", Accept: "application/json" } });
  const door = answer.headers.get("HX-Redirect");
  if (door && !room) location.assign(door); // who is not inside yet signs in first; who is, is not torn out
  return door ? new Response(null, { status: 401 }) : answer;
}

async function refused(answer) {
  const text = await answer.text();
  if (!text || /<html[\s>]/i.test(text)) return; // a whole page is no toast
  document.getElementById("toasts").insertAdjacentHTML("beforeend", text);
}

// What the room needs to connect; asked anew each time, so that a token is never older than a connection.
async function access() {
  const answer = await post(root.dataset.enterUrl);
  if (answer.status >= 400 && answer.status < 500) throw Object.assign(new Error("refused"), { out: true });
  if (!answer.ok) throw new Error("away");
  const found = await answer.json();
  if (!found.session) throw Object.assign(new Error("outside"), { out: true });
  if (!found.room.may_publish && room) { quiet("audio"); quiet("video"); room.own = null; }
  return found;
}

async function enter() {
  if (entering || room) return;
  entering = true;
  wants = true;
  try {
    if (own().state === "planned" && root.dataset.startUrl) {
      const started = await post(root.dataset.startUrl);
      if (!started.ok) return await refused(started);
    }
    const answer = await post(root.dataset.enterUrl);
    if (!answer.ok) { wants = answer.status >= 500; return answer.status >= 500 ? setTimeout(() => { if (wants && !room) enter(); }, 1500) : await refused(answer); }
    const found = await answer.json();
    if (found.url) return void location.assign(found.url);
    const wait = find("wait");
    if (!found.session) {
      wait.textContent = found.state === "running" ? root.dataset.waiting : root.dataset.notBegun;
      wait.hidden = false;
      return;
    }
    await inside(found);
  } finally {
    entering = false;
  }
}

async function inside(first) {
  const { Room } = await import(root.dataset.module);
  root.querySelector("[data-devices]")?.dispatchEvent(new Event("devices-stop"));
  let ready = first;
  room = new Room(async () => { const found = ready ?? await access(); ready = null; return found; });
  room.addEventListener("state", ({ detail }) => state(detail));
  room.addEventListener("feed", ({ detail }) => picture(detail));
  room.addEventListener("gone", ({ detail }) => { tile(detail.feed)?.remove(); layout(); talks({ participant: detail.feed, on: false }); });
  room.addEventListener("talking", ({ detail }) => talks(detail));
  room.addEventListener("ended", ({ detail }) => lostDevice(detail.kind));
  find("lobby").hidden = true;
  find("inside").hidden = false;
  root.classList.add("is-inside");
  if (stage.getBoundingClientRect().top < 0) stage.scrollIntoView(); // on a telephone one had scrolled down to «enter»
  await room.enter();
  follow();
}

function state({ state: now, reason }) {
  root.dataset.line = now;
  if (now === "inside") say("");
  else if (now === "connecting") say(root.dataset.connecting);
  else if (now === "lost") say(root.dataset.lost);
  else if (now === "out" && reason) outside(own().state === "ended" ? root.dataset.over : root.dataset.sentOut);
}

function outside(text) {
  for (const kind of ["audio", "video"]) quiet(kind);
  room?.screen?.stop();
  room = null;
  wants = false;
  stage.querySelectorAll(".tile").forEach((one) => one.remove());
  find("inside").hidden = true;
  find("lobby").hidden = false;
  root.classList.remove("is-inside");
  say(text);
}

// -- pictures

const tile = (feed) => stage.querySelector(`[data-tile="${CSS.escape(feed)}"]`);

function picture({ feed, participant, screen, stream, self = false }) {
  let one = tile(feed);
  if (!one) {
    one = document.createElement("figure");
    one.className = `tile${screen ? " is-screen" : ""}${self ? " is-self" : ""}`;
    one.dataset.tile = feed;
    one.dataset.of = participant;
    const video = Object.assign(document.createElement("video"), { autoplay: true, playsInline: true, muted: self });
    one.append(video, document.createElement("figcaption"));
    stage.append(one);
  }
  const video = one.querySelector("video");
  if (video.srcObject !== stream) video.srcObject = stream;
  video.play().catch(() => {});
  one.classList.toggle("has-no-picture", !stream.getVideoTracks().length);
  label(one);
  layout();
}

function label(one) {
  const name = one.classList.contains("is-self") ? root.dataset.you : nameOf(one.dataset.of);
  const screen = one.classList.contains("is-self") ? root.dataset.ownScreen : root.dataset.screen.replace("{name}", name);
  one.querySelector("figcaption").textContent = one.classList.contains("is-screen") ? screen : name;
}

function layout() {
  const tiles = [...stage.querySelectorAll(".tile")];
  stage.dataset.tiles = Math.min(tiles.length, 9);
  stage.classList.toggle("has-screen", tiles.some((one) => one.classList.contains("is-screen")));
  find("stage-none").hidden = tiles.length > 0;
}

function talks({ participant, on }) {
  talking[on ? "add" : "delete"](participant);
  tellWhoTalks();
}

// The gateway tells no end of a voice that it silenced: whoever may not speak now does not.
function tellWhoTalks() {
  const heard = new Set([...talking].filter((word) => side.querySelector(`[data-person="${CSS.escape(word)}"][data-speaks]`)));
  const names = [...heard].map(nameOf).filter(Boolean);
  find("caption").textContent = names.length ? root.dataset.speaks.replace("{name}", names.join(", ")) : root.dataset.nobodySpeaks;
  for (const one of [...stage.querySelectorAll("[data-of]"), ...side.querySelectorAll("[data-person]")]) {
    one.classList.toggle("is-talking", heard.has(one.dataset.of ?? one.dataset.person));
  }
}

// -- one's own sound and image

function quiet(kind) {
  mine[kind]?.stop();
  mine[kind] = null;
  press(kind === "audio" ? "mic" : "camera", false);
  if (kind === "video") { tile("self")?.remove(); layout(); }
}

function press(name, on) {
  find(name).setAttribute("aria-pressed", String(on));
}

// What the room refuses is no longer shown as if others saw and heard it.
async function send() {
  try {
    await room?.publish({ audio: mine.audio, video: mine.video });
  } catch {
    for (const kind of ["audio", "video"]) quiet(kind);
    say(root.dataset.notSent);
  }
}

async function toggle(kind) {
  if (!room) return;
  const name = kind === "audio" ? "mic" : "camera";
  if (mine[kind] && kind === "audio") {
    mine.audio.enabled = !mine.audio.enabled;
    return press(name, mine.audio.enabled);
  }
  if (mine[kind]) {
    quiet(kind);
    return send();
  }
  if (asking.has(kind)) return; // pressed again while the browser asks
  asking.add(kind);
  try {
    const given = await track(kind);
    if (!room || find(name).hidden || find(name).disabled) return given.stop(); // out, or without the floor, before the browser was answered
    mine[kind] = given;
    say("");
  } catch (problem) {
    const reason = why(problem);
    return say(root.dataset[reason] ?? root.dataset.denied);
  } finally {
    asking.delete(kind);
  }
  press(name, true);
  if (kind === "video") picture({ feed: "self", participant: own().word, screen: false, stream: new MediaStream([mine.video]), self: true });
  await send();
}

function lostDevice(kind) {
  if (kind === "screen") { say(root.dataset.goneScreen); press("share", false); tile("self-screen")?.remove(); layout(); return void room?.unshare(); }
  if (!mine[kind]) return;
  quiet(kind);
  say(root.dataset[kind === "audio" ? "goneAudio" : "goneVideo"]);
  send();
}

async function share() {
  if (room?.screen) {
    press("share", false);
    tile("self-screen")?.remove();
    layout();
    return room.unshare();
  }
  if (!room || asking.has("screen")) return;
  asking.add("screen");
  let shown = null;
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
    [shown] = stream.getVideoTracks();
    if (!room) return shown.stop();
    shown.contentHint = "detail";
    press("share", true);
    await room.share(shown);
    picture({ feed: "self-screen", participant: own().word, screen: true, stream: new MediaStream([shown]), self: true });
  } catch (problem) {
    press("share", false);
    shown?.stop();
    room?.unshare();
    if (problem.name !== "NotAllowedError") say(root.dataset.busy);
  } finally {
    asking.delete("screen");
  }
}

// -- what stands in the region

function follow() {
  const now = { ...own() };
  const leads = root.dataset.leads === "1";
  const speaks = leads || now.floor === "1";
  for (const name of ["mic", "camera"]) find(name).hidden = !speaks;
  find("share").hidden = !leads || !navigator.mediaDevices?.getDisplayMedia;
  find("hand").hidden = leads;
  const up = now.hand === "1" || now.floor === "1";
  find("down").value = up ? "1" : "";
  const word = find("hand-word");
  word.textContent = now.floor === "1" ? word.dataset.giveBack : now.hand === "1" ? word.dataset.lower : word.dataset.raise;
  find("hand").querySelector("button").setAttribute("aria-pressed", String(up));
  if (room && now.floor === "1" && before.floor !== "1" && !leads) say(root.dataset.floor);
  if (room && before.floor === "1" && now.floor !== "1" && !leads) {
    for (const kind of ["audio", "video"]) quiet(kind);
    room.unpublish().catch(() => {});
    say(root.dataset.floorGone);
  }
  find("mic").disabled = now.muted === "1";
  if (now.muted !== before.muted && mine.audio) {
    mine.audio.enabled = now.muted !== "1";
    press("mic", mine.audio.enabled);
    say(now.muted === "1" ? root.dataset.muted : "");
  }
  if (room && now.place === "out") room.leave("sent out");
  if (now.state === "ended" && before.state && before.state !== "ended") {
    room?.leave("over");
    location.reload();
  }
  before = now;
  stay();
  stage.querySelectorAll(".tile").forEach(label);
  tellWhoTalks();
  if (wants && !room && now.place === "admitted" && now.state === "running") enter();
  else if (wants && !room && now.state === "running" && find("wait").textContent === root.dataset.notBegun) enter();
}

// By keyboard one stays at the person upon whom one acts, also where the button that was pressed is no more.
let at = "";
side.addEventListener("focusin", ({ target }) => { at = target.closest("[id^=place-]")?.id ?? ""; });
document.addEventListener("pointerdown", () => { at = ""; });
const stay = () => { if (at && document.activeElement === document.body) document.getElementById(at)?.querySelector("button")?.focus({ preventScroll: true }); };

let soon;
new MutationObserver(() => { clearTimeout(soon); soon = setTimeout(follow, 30); }).observe(side, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-state", "data-place", "data-floor", "data-hand", "data-muted", "data-word", "data-speaks", "data-name", "data-person"] });
follow();

find("enter")?.addEventListener("click", enter);
find("mic").addEventListener("click", () => toggle("audio"));
find("camera").addEventListener("click", () => toggle("video"));
find("share").addEventListener("click", share);
side.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (!target.matches("[data-say]") || !detail.successful) return;
  target.reset();
  target.querySelector("[name=key]").value = crypto.randomUUID();
});
document.addEventListener("keydown", (event) => {
  if (!room || document.body.dataset.shortcuts !== "on" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  const button = { m: find("mic"), v: find("camera"), h: find("hand").querySelector("button") }[event.key];
  if (button && !button.hidden && !button.closest("[hidden]")) { event.preventDefault(); button.click(); }
});
window.addEventListener("pagehide", () => room?.leave());
