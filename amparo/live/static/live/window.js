// The telephone window: one line, one call. It stays while one goes from page to page, and the pages of the desk speak with it by a channel.
import { fill, post } from "ui/words";

const root = document.querySelector("[data-telephone]");
const words = JSON.parse(root.dataset.texts);
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const channel = new BroadcastChannel("amparo-phone");
const sound = part("sound");
const RING_MS = 45e3;
let line = null;
let setup = null;
let stream = null;
let call = null; // { id, number, name, incoming, state, muted, held, nth, page }
let registered = false;
let seeking = false; // a microphone for the one that was lost
let placing = false; // a call that was asked for
let speaks = false; // this window is the telephone, of several the one

// --- what one sees

function say(sentence, tone = "neutral") {
  part("state").textContent = sentence;
  root.dataset.tone = tone;
}

function warn(sentence) {
  part("warning").textContent = sentence;
  part("warning").hidden = !sentence;
}

const who = () => call?.name || call?.number || words.withheld;

function draw() {
  const state = call?.state ?? (registered ? "idle" : "off");
  root.dataset.state = state;
  for (const button of root.querySelectorAll("[data-when]")) button.hidden = !button.dataset.when.split(" ").includes(state);
  part("hold-word").textContent = call?.held ? words.resume : words.hold;
  part("mute-word").textContent = call?.muted ? words.unmute : words.mute;
  root.querySelector("[data-do=hold]").setAttribute("aria-pressed", String(Boolean(call?.held)));
  root.querySelector("[data-do=mute]").setAttribute("aria-pressed", String(Boolean(call?.muted)));
  part("number").textContent = call ? call.number || words.withheld : "";
  part("name").textContent = call?.name ?? "";
  root.querySelector("[data-do=transfer]").disabled = Boolean(call?.passing);
  part("open").hidden = !call?.customer;
  if (call?.customer) part("open").href = root.dataset.card.replace("/0/", `/${call.customer}/`);
  if (call) {
    const talking = call.passing ? words.passing : call.held ? words.held : words.talking;
    const sentence = { incoming: words.rings, placed: words.calling, talking }[call.state];
    say(fill(sentence, { who: call.passing || who() }) + (call.muted ? ` · ${words.muted}` : ""), call.state === "incoming" ? "act" : call.held || call.muted ? "waiting" : "done");
  }
  announce();
}

function announce() {
  if (!speaks) return;
  channel.postMessage({ type: "state", state: root.dataset.state, call: call && { id: call.id, number: call.number, name: call.name, state: call.state, held: call.held, muted: call.muted, page: call.page } });
}

// --- the microphone

function heardOf(error) {
  if (!window.isSecureContext || !navigator.mediaDevices) return words.insecure;
  if (error?.name === "NotFoundError" || error?.name === "OverconstrainedError") return words.mic_absent;
  return error?.name === "NotReadableError" ? words.mic_busy : words.mic_denied;
}

const heard = () => Boolean(stream?.getAudioTracks().some((track) => track.readyState === "live"));

async function microphone() {
  if (heard()) return stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true }, video: false });
  } catch (error) {
    warn(heardOf(error));
    return null;
  }
  warn("");
  for (const track of stream.getAudioTracks()) track.addEventListener("ended", lost);
  return stream;
}

function lost() {
  warn(words.mic_lost);
  back();
}

/** Speak on where the microphone was lost in a call: by another one, or by the same once it is there and allowed again. */
async function back() {
  if (!call || !stream || heard() || seeking) return;
  seeking = true;
  const fresh = await microphone();
  seeking = false;
  if (!call) return release(); // it ended meanwhile
  if (!fresh) return part("warning").textContent === words.mic_absent && warn(words.mic_lost);
  await line.senders().find((sender) => sender.track?.kind === "audio" || !sender.track)?.replaceTrack(fresh.getAudioTracks()[0]);
  if (!call) return;
  mute(call.muted);
  warn(words.mic_back);
}

navigator.mediaDevices?.addEventListener("devicechange", back);
navigator.permissions?.query({ name: "microphone" }).then((permission) => permission.addEventListener("change", back), () => {});

function release() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
}

// --- what the service is told

async function tell(state) {
  if (!call?.id) return;
  const told = call;
  const direction = told.incoming ? "in" : "out";
  const values = { line: setup.line, call: told.id, state, direction, from: told.incoming ? told.number : setup.extension, from_name: told.incoming ? told.name : "", to: told.incoming ? "" : told.number, nth: told.nth++ };
  try {
    const answer = await post(root.dataset.told, values, { keepalive: true }); // also where the window is closed in the middle of a call
    if (!answer.ok) return;
    const known = await answer.json();
    told.page = known.call;
    told.customer = known.customer;
    if (call === told) draw();
  } catch { /* the exchange tells it too; what is lost here costs the pop of a card, not the call */ }
}

// --- what the line says

const hears = {
  ready() { registered = true; warn(""); say(fill(words.ready, setup), "done"); draw(); },
  lost() { registered = false; if (!call) say(words.lost, "late"); draw(); },
  denied() { registered = false; say(words.denied, "late"); draw(); },
  incoming(detail) {
    call = { ...detail, incoming: true, state: "incoming", nth: 0 };
    ringing(true);
    tell("ringing");
    draw();
  },
  placed(detail) {
    call ??= { number: "", name: "", incoming: false, state: "placed", nth: 0 };
    call.id = detail.id || call.id;
    tell("ringing");
    draw();
  },
  ringing() { draw(); },
  talking() {
    if (!call) return;
    ringing(false);
    call.state = "talking";
    call.since = Date.now();
    tell("answered");
    draw();
  },
  held() { if (call) { call.held = true; tell("held"); draw(); } },
  resumed() { if (call) { call.held = false; tell("resumed"); draw(); } },
  sound(media) { sound.srcObject = media; sound.play().catch(() => {}); },
  ended() { over(words.ended); },
  declined() { over(words.ended, false); },
  failed(why) { over(call?.incoming ? words.ended : fill(words.failed, { why: words[why] ?? words.other }), !call?.incoming); },
};

function over(sentence, told = true) {
  ringing(false);
  if (told) tell(call?.passed ? "passed" : "ended");
  const last = call;
  call = null;
  sound.srcObject = null;
  release();
  draw();
  say(last?.passed ? fill(words.passed, { who: last.passed }) : sentence, last?.passed ? "done" : "neutral");
  clearTimeout(over.later);
  over.later = setTimeout(() => { if (!call && registered) say(fill(words.ready, setup), "done"); }, 4000);
  if (last?.state === "talking") setTimeout(() => part("wrap")?.querySelector("input:not([type=hidden])")?.focus(), 600);
}

let bell;
function ringing(on) {
  clearTimeout(bell);
  document.title = on ? `☎ ${who()}` : root.dataset.title;
  if (!on) return;
  bell = setTimeout(() => ringing(false), RING_MS);
  try {
    const audio = (ringing.audio ??= new AudioContext());
    [0, 0.9].forEach((start) => {
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      tone.frequency.value = 425;
      gain.gain.value = 0.06;
      tone.connect(gain).connect(audio.destination);
      tone.start(audio.currentTime + start);
      tone.stop(audio.currentTime + start + 0.45);
    });
  } catch { /* silence is no fault: the card and the title say it too */ }
}

// --- what one does

function mute(on) {
  for (const track of stream?.getAudioTracks() ?? []) track.enabled = !on;
  if (call) call.muted = on;
  draw();
  if (!on) back();
}

/** A key as an event of the sound itself where the other end takes those (RFC 4733), else as a message beside it (INFO). */
function tone(key) {
  const sender = line.senders().find((one) => one.dtmf?.canInsertDTMF)?.dtmf;
  if (sender) sender.insertDTMF(sender.toneBuffer + key, 160, 70);
  else line.tone(key);
}

const does = {
  async answer() {
    const asked = call;
    if (asked?.state !== "incoming" || asked.answering) return;
    asked.answering = true; // once: a second answer to one call would end it
    const own = await microphone();
    if (call !== asked) return call || release(); // who rings now was not answered
    asked.answering = Boolean(own);
    if (own) line.answer(own);
  },
  decline() { if (call?.state === "incoming") line.decline(); },
  hangup() { if (call) line.hangUp(); },
  hold() { if (call?.state === "talking") line.hold(!call.held); },
  mute() { if (call?.state === "talking") mute(!call.muted); },
  async transfer() {
    const to = part("to").value.trim();
    if (call?.state !== "talking" || call.passing || !/^[0-9*#]{1,8}$/.test(to)) return part("to").focus();
    const passed = call;
    passed.passing = to;
    warn("");
    draw();
    const good = await line.transfer(to, () => { passed.passed = to; });
    passed.passing = "";
    if (call !== passed) return good && say(fill(words.passed, { who: to }), "done");
    part("to").value = "";
    draw();
    if (good) line.hangUp(); else warn(words.not_passed);
  },
  tone(button) { if (call?.state === "talking") tone(button.dataset.tone); else part("dial").value += button.dataset.tone; },
  async dial() { place(part("dial").value); },
};

async function place(number) {
  if (call || !registered || placing) return;
  placing = true;
  try { await placed(number); } finally { placing = false; }
}

async function placed(number) {
  const answer = await post(root.dataset.dial, { number, way: "browser", key: crypto.randomUUID() });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) return warn(told.error ?? words.other);
  const own = await microphone();
  if (!own || call) return;
  call = { id: "", number: told.number, name: "", incoming: false, state: "placed", nth: 0 };
  draw();
  line.dial(told.number, own);
}

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) does[button.dataset.do](button);
});
part("dial").addEventListener("keydown", (event) => { if (event.key === "Enter") does.dial(); });
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const act = { a: "answer", d: "decline", h: "hold", m: "mute", x: "hangup" }[event.key.toLowerCase()];
  if (act) { event.preventDefault(); does[act](); } else if (call?.state === "talking" && /^[0-9*#]$/.test(event.key)) tone(event.key);
});
part("pause")?.addEventListener("change", async (event) => {
  const box = event.target;
  box.disabled = true; // one after the other
  const answer = await post(box.dataset.url, { paused: box.checked ? "0" : "1" }).catch(() => null);
  if (!answer?.ok) box.checked = !box.checked;
  box.disabled = false;
});
channel.addEventListener("message", ({ data }) => {
  if (!speaks) return;
  if (data.type === "ask") announce();
  else if (data.type === "dial") { window.focus(); place(data.number); }
  else if (data.type === "do" && ["answer", "decline", "hold", "mute", "hangup"].includes(data.act)) does[data.act]();
});
window.addEventListener("pagehide", () => {
  if (call && call.state !== "incoming") tell("ended"); // what only rings may be answered elsewhere
  line?.stop();
  if (speaks) channel.postMessage({ type: "state", state: "gone", call: null });
});
window.addEventListener("beforeunload", (event) => { if (call) event.preventDefault(); });
setInterval(() => {
  announce();
  if (!call?.since) { part("clock").textContent = ""; return; }
  const seconds = Math.floor((Date.now() - call.since) / 1000);
  part("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}, 1000);

// --- the line

async function credentials() {
  const answer = await post(root.dataset.line, {});
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) { say(told.error ?? words.gone, "late"); return null; }
  return told;
}

async function begin() {
  speaks = true;
  say(words.connecting);
  setup = await credentials();
  if (!setup) return setTimeout(begin, 15e3);
  const hear = (name, detail) => hears[name]?.(detail);
  if (setup.way === "janus") {
    const [{ Line }, gateway] = await Promise.all([import(root.dataset.byJanus), import(root.dataset.janus)]);
    line = new Line(setup, hear, gateway.default, gateway.adapter, async () => (setup = (await credentials()) ?? setup));
  } else {
    const [{ Line }, library] = await Promise.all([import(root.dataset.byJssip), import(root.dataset.jssip)]);
    line = new Line(setup, hear, library.default ?? library);
  }
  line.start();
}

draw();
say(words.off);
if (root.dataset.speaks) {
  // One window of this browser is the telephone; a second one waits until it is closed.
  navigator.locks.request("amparo-phone", { ifAvailable: true }, async (lock) => {
    if (lock) { begin(); await new Promise(() => {}); }
    say(words.second, "waiting");
    await navigator.locks.request("amparo-phone", async () => { begin(); await new Promise(() => {}); });
  });
}
