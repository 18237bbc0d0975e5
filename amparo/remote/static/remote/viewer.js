// The engineer's screen: a line to the broker that comes back by itself, noVNC upon it, and what may be done beside it.
// Everything that is allowed is decided by the broker; this page shows it.
const root = document.querySelector("[data-remote]");
const find = (name) => root.querySelector(`[data-${name}]`);
const parts = Object.fromEntries(["screen", "code", "below", "tools", "says", "question", "question-text", "mode-badge", "remote-clock", "type", "clipboard", "clip", "text", "layout", "size", "quality"].map((name) => [name, find(name)]));
const page = crypto.randomUUID ? crypto.randomUUID().slice(0, 36) : String(Math.random());
const word = (name) => root.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`] || "";
const { RFB, Keysyms } = await import(new URL(root.dataset.novnc, location.href));
const { Layout, write } = await import(new URL(root.dataset.keys, location.href));
const layout = new Layout();
const state = { socket: null, channel: null, rfb: null, told: {}, clock: null, over: false, tries: 0, beat: 0, url: root.dataset.url };

/** What noVNC takes for a socket: bytes come from and go to our line; what comes before it listens waits. */
class Channel {
  #waiting = [];
  #told = null;
  constructor(socket) { Object.assign(this, { socket, binaryType: "arraybuffer", protocol: "", readyState: "open", onopen: null, onerror: null, onclose: null }); }
  get onmessage() { return this.#told; }
  set onmessage(told) { this.#told = told; for (const data of this.#waiting.splice(0)) told({ data }); }
  take(data) { if (this.#told) this.#told({ data }); else this.#waiting.push(data); }
  send(bytes) { if (this.readyState === "open" && this.socket.readyState === WebSocket.OPEN) this.socket.send(bytes); }
  close() { this.readyState = "closed"; setTimeout(() => this.onclose?.({ code: 1000, reason: "", wasClean: true })); }
}

const say = (message) => { if (state.socket?.readyState === WebSocket.OPEN) state.socket.send(JSON.stringify(message)); };
const tell = (text) => { if (parts.says.textContent !== text) parts.says.textContent = text; };

function connected(segment) {
  state.rfb?.disconnect();
  parts.screen.replaceChildren();
  parts.screen.hidden = parts.below.hidden = parts.tools.hidden = false;
  parts.code.hidden = true;
  say({ type: "started", segment });
  state.channel = new Channel(state.socket);
  const rfb = state.rfb = new RFB(parts.screen, state.channel, { shared: true });
  rfb.viewOnly = state.told.mode !== "control";
  rfb.background = "transparent";
  rfb.qualityLevel = Number(parts.quality.value);
  size();
  rfb.addEventListener("connect", () => { parts.screen.dataset.segment = segment; rfb.focus(); });
  rfb.addEventListener("disconnect", ({ detail }) => { if (!detail.clean && state.rfb === rfb) state.socket.close(); }); // a new line begins with a whole picture
  rfb.showDotCursor = true;
}

function size() {
  if (!state.rfb) return;
  state.rfb.scaleViewport = parts.size.value === "fit";
  state.rfb.clipViewport = state.rfb.dragViewport = false;
  parts.screen.classList.toggle("is-one", parts.size.value === "one");
}

function shown(told) {
  state.told = told;
  root.dataset.state = told.state;
  root.dataset.mode = told.mode;
  const control = told.mode === "control";
  if (state.rfb) state.rfb.viewOnly = !control || !told.running;
  const button = (name) => root.querySelector(`[data-do="${name}"]`);
  button("control").hidden = control || !told.can.includes("control");
  button("see").hidden = !control;
  button("clipboard").hidden = told.clipboard || !told.can.includes("clipboard");
  button("control").disabled = button("clipboard").disabled = Boolean(told.question) || !told.running;
  parts.clipboard.hidden = !told.clipboard;
  parts.type.hidden = !control;
  parts.question.hidden = !told.paused;
  parts.screen.classList.toggle("is-still", !told.running);
  const badge = parts["mode-badge"];
  const stands = root.dataset[`state${told.state[0].toUpperCase()}${told.state.slice(1)}`];
  badge.textContent = told.running ? word(control ? "control" : "view") : stands || badge.textContent;
  if (told.state !== "offered") parts.code.hidden = true; // it is used up
  badge.className = `badge tone-${told.running ? (control ? "act" : "done") : "waiting"}`;
  for (const item of root.ownerDocument.querySelectorAll("[data-may]")) {
    const on = told.running && (item.dataset.may === "view" || (item.dataset.may === "control" && control) || (item.dataset.may === "clipboard" && told.clipboard));
    item.dataset.on = String(on);
  }
  if (told.paused) return;
  if (told.state === "dropped" || (!told.helper && told.state === "running")) tell(word("away"));
  else if (told.running) tell(told.question ? word("asked") : "");
  else tell(word(told.state));
}

function clock(told) {
  state.clock = { ...told, at: performance.now() };
  tick();
}

function tick() {
  if (!state.clock) return;
  const { seconds, limit, running, at } = state.clock;
  const total = seconds + (running ? Math.floor((performance.now() - at) / 1000) : 0);
  const pad = (n) => String(n).padStart(2, "0");
  parts["remote-clock"].querySelector("[data-digits]").textContent = `${pad(Math.floor(total / 60))}:${pad(total % 60)}`;
  const most = parts["remote-clock"].querySelector("[data-limit]");
  if (most && limit) most.textContent = Math.round(limit / 60); // further hours that were consented to make it longer
  parts["remote-clock"].dataset.tone = limit && total >= limit ? "late" : limit && total >= limit - 300 ? "act" : "";
}

const heard = {
  state: shown,
  clock,
  start: (told) => { parts.question.hidden = true; connected(told.segment); tell(""); },
  warn: (told) => tell(told.sentence),
  pause: (told) => { parts.question.hidden = false; parts["question-text"].textContent = told.sentence; tell(""); },
  answer: () => tell(word("no")),
  clipboard: async (told) => {
    parts.clip.value = told.text;
    tell(word("copied"));
    try { await navigator.clipboard.writeText(told.text); } catch { /* the text stands in the field all the same */ }
  },
  end: (told) => over(told.sentence),
  elsewhere: (told) => { state.url = told.viewer; },
  refused: (told) => { if (told.code === "VIEWER_TAKEN" && state.tries > 3) { state.over = true; tell(word("taken")); } },
};

function over(sentence) {
  state.over = true;
  state.rfb?.disconnect();
  state.rfb = null;
  root.dataset.state = "ended";
  parts.tools.hidden = parts.below.hidden = parts.question.hidden = true;
  tell(sentence || word("over"));
  if (state.clock) state.clock.running = false;
  setTimeout(() => location.assign(root.dataset.over), 1500);
}

async function line() {
  let token;
  try {
    const answer = await fetch(root.dataset.token, { headers: { Accept: "application/json" } });
    if (answer.status === 410) return location.assign(root.dataset.over); // it ended, and this page was not told
    if (!answer.ok) throw new Error(String(answer.status));
    token = await answer.json();
  } catch (error) {
    if (/^40/.test(error.message)) { tell(word("refused")); return; }
    return later();
  }
  const socket = state.socket = new WebSocket(state.url);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { say({ type: "view", page, ...token }); state.beat = setInterval(() => say({ type: "ping" }), 10e3); };
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") { state.channel?.take(data); return; }
    const told = JSON.parse(data);
    if (told.type === "state") state.tries = 0;
    heard[told.type]?.(told);
  };
  socket.onclose = () => { clearInterval(state.beat); if (!state.over) later(); };
}

function later() {
  state.tries += 1;
  parts.screen.classList.add("is-still");
  tell(word(state.tries > 1 ? "lost" : "connecting"));
  setTimeout(line, Math.min(500 * 2 ** (state.tries - 1), 8000));
}

const acts = {
  control: () => say({ type: "ask_mode" }),
  see: () => say({ type: "only_see" }),
  clipboard: () => say({ type: "ask_clipboard" }),
  full: () => (document.fullscreenElement ? document.exitFullscreen() : parts.screen.requestFullscreen?.()),
};
root.addEventListener("click", ({ target }) => {
  const act = target.closest("[data-do]");
  if (act) acts[act.dataset.do]();
  const keys = target.closest("[data-keys]");
  if (keys && keys !== root && state.rfb) {
    const syms = keys.dataset.keys.split(" ").map((name) => Keysyms[`XK_${name}`]);
    for (const sym of syms) state.rfb.sendKey(sym, null, true);
    for (const sym of syms.reverse()) state.rfb.sendKey(sym, null, false);
    state.rfb.focus();
  }
});
parts.type.addEventListener("submit", (event) => {
  event.preventDefault();
  for (const sign of parts.text.value) if (state.rfb) write(state.rfb, sign);
  parts.text.value = "";
  state.rfb?.focus();
});
parts.clipboard.addEventListener("submit", (event) => { event.preventDefault(); say({ type: "clipboard", text: parts.clip.value }); tell(word("sent")); });
parts.layout.addEventListener("change", () => { layout.name = parts.layout.value; layout.dead = ""; state.rfb?.focus(); });
parts.size.addEventListener("change", size);
parts.quality.addEventListener("change", () => { if (state.rfb) state.rfb.qualityLevel = Number(parts.quality.value); });
for (const type of ["keydown", "keyup"]) {
  parts.screen.addEventListener(type, (event) => {
    if (state.rfb && !state.rfb.viewOnly && layout.take(state.rfb, event)) { event.preventDefault(); event.stopPropagation(); }
  }, true);
}
find("stop")?.addEventListener("submit", (event) => {
  if (state.socket?.readyState === WebSocket.OPEN) { event.preventDefault(); say({ type: "stop" }); }
});
setInterval(tick, 1000);
line();
