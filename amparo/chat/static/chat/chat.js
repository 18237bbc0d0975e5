// A chat: what is said is kept here until the server has it, and asked for by number until this page has it.
// Nothing is lost over a reload or a broken line (the outbox), nothing is doubled (each message has its key).
import { follow } from "ui/follow";
import { csrf, make } from "ui/words";

const TYPING_SECONDS = 4;
const SHOWN_SECONDS = 6;
const WAITS = [1, 2, 4, 8, 15];
const title = document.title;

/** What a page of ours asks with: its session, its token, its stream. The frame of a site brings its own. */
const ours = {
  get: (url) => fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } }),
  ask: (url, values) => ours.get(`${url}?${new URLSearchParams(values)}`),
  post: (url, values, options = {}) => fetch(url, { method: "POST", body: new URLSearchParams(values), credentials: "same-origin", headers: { "X-CSRFToken": csrf(), Accept: "application/json" }, ...options }),
  follow,
  gone: () => location.reload(),
  away: () => document.hidden,
  adopt() {}, // what comes may show itself as it is
  ended() {},
};

const uuid = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}-${Math.random().toString(36).slice(2)}`);

export function start(root, way = ours) {
  const { id, events, say, read, typing: types, topics, typingTopic, side } = root.dataset;
  const list = root.querySelector("[data-chat-lines]");
  const scroll = root.querySelector("[data-chat-scroll]");
  const sign = root.querySelector("[data-chat-typing]");
  const state = root.querySelector("[data-chat-state]");
  const form = root.querySelector("form[data-composer]");
  const body = form?.querySelector("[data-composer-body]");
  const chips = form?.querySelector("[data-files-list]");
  const store = `chat:${id}`;
  let last = Number(root.dataset.last);
  let head = root.dataset.head;
  let live = root.dataset.isLive === "1";
  let asking = false;
  let askAgain = false;
  let told = 0; // up to which number we said that it was read
  let unseen = 0;
  let lastTyping = 0;
  let signTimer;
  let againTimer;
  let sending = false;
  let tries = 0;
  let outbox = keptOutbox();
  let askedTurn = 0;
  const held = new Map(); // the files of what is on its way, until it is there
  const ends = new AbortController();
  const signal = ends.signal; // of all that outlives this element

  function keptOutbox() {
    try { return JSON.parse(sessionStorage.getItem(store)) ?? []; } catch { return []; }
  }
  function keep() {
    try { outbox.length ? sessionStorage.setItem(store, JSON.stringify(outbox)) : sessionStorage.removeItem(store); } catch { /* kept in the page alone */ }
  }

  // What one has begun to write waits, to whom it was meant too: who has several chats goes from one to the other. Files wait with the
  // service, which takes them for a colleague's unless this page knows better.
  const halves = `${store}:half`;
  const choice = (kind) => form.querySelector(`[name=kind][value=${kind}]`);
  function keepHalf() {
    try {
      if (body.value || chips?.children.length || kind() === "note") sessionStorage.setItem(halves, JSON.stringify({ text: body.value, kind: kind() }));
      else sessionStorage.removeItem(halves);
      form.dataset.kept = "1";
    } catch { delete form.dataset.kept; }
  }
  function putHalf() {
    try {
      const { text, kind } = JSON.parse(sessionStorage.getItem(halves)) ?? {};
      if (!kind || body.value) return;
      choose(kind);
      body.value = text ?? "";
    } catch { /* it is not kept */ }
  }
  function choose(kind) {
    const door = choice(kind);
    if (!door || door.checked || door.type === "hidden") return;
    door.checked = true;
    door.dispatchEvent(new Event("change", { bubbles: true }));
  }
  function hold() {
    for (const one of outbox) held.set(one.key, one.files.map((file) => chips?.querySelector(`input[value="${CSS.escape(file)}"]`)?.closest("[data-file]")).filter(Boolean));
    for (const files of held.values()) files.forEach((file) => file.remove());
  }
  const kind = () => form.querySelector("[name=kind]:checked, input[type=hidden][name=kind]")?.value ?? "reply";

  const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  const toEnd = () => { scroll.scrollTop = scroll.scrollHeight; };

  // --- what comes ---------------------------------------------------------------------------------------------------

  function take(given) {
    const was = atEnd();
    if (given.html && given.last > last) {
      const fresh = new DOMParser().parseFromString(`<ul>${given.html}</ul>`, "text/html").body.firstChild;
      way.adopt(fresh);
      const lines = [...fresh.children].filter((line) => Number(line.dataset.n) > last && !list.querySelector(`[data-n="${line.dataset.n}"]`));
      const first = list.querySelector("[data-pending]");
      for (const line of lines) {
        list.insertBefore(line, first);
        if (line.dataset.side && line.dataset.side !== side) sign.hidden = true;
      }
      window.htmx?.process(list);
      last = given.last;
      if (given.fresh) announce(given);
    }
    if (given.head) {
      head = given.head_version;
      draw(root.querySelector("[data-chat-head]"), given.head);
    }
    if (String(given.case ?? "") !== (root.dataset.case ?? "")) {
      root.dataset.case = given.case ?? "";
      const asked = root.querySelector("[data-chat-asked]");
      if (asked) { if (way === ours) asked.dataset.follow = `case:${given.case}`; asked.dispatchEvent(new CustomEvent("chat:case")); refreshAsked(asked); }
      retopic?.(topicsNow());
    }
    if (live && !given.live) { live = false; root.classList.add("is-over"); if (form) form.hidden = true; way.ended(); }
    for (const line of list.querySelectorAll(`[data-seq][data-side="${side}"]`)) line.classList.toggle("is-read", Number(line.dataset.seq) <= given.read);
    if (was || given.mine) toEnd();
    seen();
    if (given.more) ask();
  }

  function draw(where, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body; // our own server's
    way.adopt(fresh);
    where.replaceChildren(...fresh.childNodes);
    window.htmx?.process(where);
    where.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: where } }));
  }

  async function refreshAsked(asked) {
    const turn = ++askedTurn;
    const idle = () => !signal.aborted && turn === askedTurn && !(document.activeElement?.matches("textarea, input") && asked.contains(document.activeElement)); // never over what one writes
    if (!idle()) return;
    try {
      const answer = await way.get(asked.dataset.followUrl);
      const text = await answer.text();
      if (!answer.ok || !idle()) return;
      draw(asked, text);
      if (asked.querySelector("form")) asked.scrollIntoView({ block: "nearest" });
    } catch { /* the next sign asks again */ }
  }

  async function ask() {
    if (signal.aborted) return;
    if (asking) { askAgain = true; return; }
    asking = true;
    askAgain = false;
    try {
      const answer = await way.ask(events, { since: String(last), head });
      if (signal.aborted) return;
      if (answer.redirected || [401, 403, 404].includes(answer.status)) gone();
      else if (answer.ok) { take(await answer.json()); line(true); flush(); }
      else line(false);
    } catch { line(false); } finally {
      asking = false;
      if (askAgain) ask();
    }
  }

  function gone() { // signed out, or no contact any more: the server says it in words
    if (root.dataset.gone) return;
    root.dataset.gone = "1";
    way.gone();
  }

  function line(whole) {
    state.hidden = whole;
    clearTimeout(againTimer); // one at a time, however often it fails
    if (!whole) againTimer = setTimeout(ask, 3000);
  }

  // --- read, seen, announced ----------------------------------------------------------------------------------------

  function seen() {
    if (way.away() || last <= told || root.dataset.reads !== "1") return;
    told = last;
    unseen = 0;
    document.title = title;
    way.post(read, { seq: String(last) }).catch(() => { told = 0; });
  }

  function announce(given) {
    if (!way.away()) return;
    unseen += given.fresh;
    document.title = `(${unseen}) ${title}`;
    if ("Notification" in window && Notification.permission === "granted") {
      const shown = new Notification(given.who, { body: given.text, tag: store });
      shown.addEventListener("click", () => { window.focus(); shown.close(); });
    }
  }

  function notice(topic) {
    if (topic === typingTopic) {
      sign.hidden = false;
      clearTimeout(signTimer);
      signTimer = setTimeout(() => { sign.hidden = true; }, SHOWN_SECONDS * 1000);
      return;
    }
    ask();
    const asked = root.querySelector("[data-chat-asked]");
    if (asked && (topic === "" || topic.startsWith("case:")) && root.dataset.case) refreshAsked(asked);
  }

  // --- what goes ----------------------------------------------------------------------------------------------------

  function pending(one) {
    const shown = make("li", { class: `chat-line is-mine is-pending${one.kind === "note" ? " is-whisper" : ""}`, "data-pending": one.key });
    shown.append(make("div", { class: "chat-body" }, one.body || one.names.join(", ")), make("p", { class: "chat-who" }, root.dataset.sending));
    list.append(shown);
    toEnd();
  }

  function drop(key) { list.querySelector(`[data-pending="${key}"]`)?.remove(); }

  function put(event) {
    if (chips?.querySelector("progress")) return; // a file is still on its way up: it is sent when it is there
    event.preventDefault();
    event.stopImmediatePropagation();
    const given = [...(chips?.children ?? [])].filter((file) => file.querySelector("input[type=hidden]"));
    const files = given.map((file) => file.querySelector("input[type=hidden]").value);
    const names = given.map((file) => file.querySelector(".file-name").textContent);
    if (!body.value.trim() && !files.length) return body.focus();
    const most = Number(root.dataset.most);
    if (body.value.length > most) return refuse(root.dataset.long);
    refuse("");
    const one = { key: uuid(), body: body.value, kind: kind(), files, names, draft: form.querySelector("[name=draft_key]")?.value ?? "" };
    outbox.push(one);
    keep();
    pending(one);
    held.set(one.key, given);
    chips?.replaceChildren();
    body.value = "";
    body.dispatchEvent(new Event("input", { bubbles: true }));
    lastTyping = Date.now();
    flush();
  }

  function refuse(sentence) {
    const place = root.querySelector("[data-chat-refused]");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  async function flush() {
    if (sending || signal.aborted || !outbox.length) return;
    sending = true;
    const one = outbox[0];
    try {
      const values = new URLSearchParams({ body: one.body, key: one.key, kind: one.kind, draft_key: one.draft, since: String(last), head });
      one.files.forEach((file) => values.append("files", file));
      const answer = await way.post(say, values);
      if (signal.aborted) return; // it is shown anew: what was sent there is sent from there, and counts once
      if (answer.status >= 500) throw new Error(answer.status);
      if (answer.redirected || answer.status === 401) { sending = false; return gone(); } // signed out: it stays in the outbox, and is sent after
      tries = 0;
      line(true);
      const given = await answer.json().catch(() => ({}));
      if (answer.ok) {
        outbox.shift();
        keep();
        drop(one.key);
        held.delete(one.key);
        take({ ...given, mine: true });
      } else if (given.again) {
        setTimeout(() => { sending = false; flush(); }, 15000);
        refuse(given.sentence);
        return;
      } else {
        outbox.shift();
        keep();
        drop(one.key);
        refuse(given.sentence || root.dataset.refused);
        if (one.kind === "note" || !body.value) choose(one.kind);
        body.value = [one.body, body.value].filter(Boolean).join("\n\n"); // what was refused is not lost
        chips?.append(...(held.get(one.key) ?? []));
        held.delete(one.key);
        keepHalf();
        ask();
      }
    } catch {
      line(false);
      setTimeout(() => { sending = false; flush(); }, WAITS[Math.min(tries++, WAITS.length - 1)] * 1000);
      return;
    }
    sending = false;
    flush();
  }

  function typed() {
    if (!body.value || Date.now() - lastTyping < TYPING_SECONDS * 1000) return;
    if (form.querySelector("[name=kind][value=note]:checked")) return;
    lastTyping = Date.now();
    way.post(types, {}).catch(() => {});
  }

  // --- begin ----------------------------------------------------------------------------------------------------------

  if (form) {
    form.addEventListener("submit", put, true);
    body.addEventListener("input", typed);
    body.addEventListener("input", keepHalf);
    form.addEventListener("change", keepHalf);
    form.addEventListener("files", keepHalf);
    const fine = matchMedia("(pointer: fine)").matches;
    if (fine) form.querySelectorAll(".composer-send .keys").forEach((keys) => { keys.firstChild.remove(); }); // here the one key sends
    body.addEventListener("keydown", (event) => {
      const plainEnter = event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
      if (plainEnter && fine) { event.preventDefault(); form.requestSubmit(); }
    });
    body.required = false;
    hold();
    putHalf();
    keepHalf();
    // A pasted picture goes as a file of the message, which is shown whole: a second one within the text says nothing.
    form.addEventListener("insert", (event) => { if (event.detail.text.startsWith("![")) event.stopImmediatePropagation(); }, true);
  }
  root.querySelectorAll("[data-needs-no-script]").forEach((node) => { node.hidden = true; });
  const bell = root.querySelector("[data-chat-notify]");
  if (bell && "Notification" in window && Notification.permission === "default") {
    bell.hidden = false;
    bell.addEventListener("click", async () => { await Notification.requestPermission(); bell.hidden = true; });
  }
  document.addEventListener("visibilitychange", () => { if (!way.away()) { ask(); seen(); } }, { signal });
  window.addEventListener("online", () => { ask(); flush(); }, { signal });
  const topicsNow = () => [topics, root.dataset.case ? `case:${root.dataset.case}` : ""].filter(Boolean).join(" ");
  outbox.forEach(pending);
  let stays = true; // a picture that comes late, or a question that takes room, leaves the newest line in sight; who reads above is left there
  scroll.addEventListener("scroll", () => { stays = atEnd(); }, { passive: true });
  const grows = new ResizeObserver(() => { if (stays) toEnd(); });
  [scroll, list].forEach((part) => grows.observe(part));
  toEnd();
  const retopic = way.follow(topicsNow(), notice);
  root.dataset.ready = "1";
  ask();
  flush();
  const again = () => notice("");
  return { id, again, stop() { ends.abort(); grows.disconnect(); [signTimer, againTimer].forEach(clearTimeout); } };
}

for (const root of document.querySelectorAll("[data-chat]:not([data-framed])")) start(root);
