// The frame on a site of the vendor's own. The site says first whether it shows the frame and who its reader is, by a signed word
// from an allowed origin; what the frame gets for the word, a pass, it keeps for this tab alone and sends in a header: no cookie takes part.
import { carried, make } from "ui/words";
import { start } from "./chat.js";
import { listen } from "./listen.js";

const main = document.querySelector("[data-chat-frame]");
const origins = main.dataset.origins.split(" ");
const store = `pass:${main.dataset.site}`;
const publicPart = main.querySelector("[data-chat-public]");
const base = main.dataset.room.replace(/\/room\/$/, "");
const refusal = publicPart.querySelector("[data-chat-refusal]");
const PICTURES = /^image\/(png|jpeg|gif|webp)$/;
let mark = kept();
let site = ""; // the origin of the page around us, once it spoke
let talk = null; // the chat that is shown
let running = null; // what tells of it
let unread = 0;
let turn = 0; // of what is shown: an answer that was asked for before is not shown any more
let left = 0; // how often the reader left: who left is not let in by an answer that comes after
let shut = false; // its button on the site's page closed it; to the browser it is as visible as before
const away = () => shut || document.hidden;

function kept() {
  try { return sessionStorage.getItem(store) ?? ""; } catch { return ""; }
}

function hold(given) {
  mark = given;
  if (mark) carried["X-Chat-Pass"] = mark; else delete carried["X-Chat-Pass"];
  try { mark ? sessionStorage.setItem(store, mark) : sessionStorage.removeItem(store); } catch { /* this page alone */ }
}

const headers = () => ({ ...carried, Accept: "application/json" });
const way = {
  get: (url) => fetch(url, { credentials: "omit", headers: headers() }),
  post: (url, values) => fetch(url, { method: "POST", body: new URLSearchParams(values), credentials: "omit", headers: headers() }),
  ask: (url, values) => way.post(url, values), // to ask says too that one is there, where no stream does
  follow(topics, told) {
    running = listen(document.body.dataset.stream, () => carried, topics, told);
    return running.retopic;
  },
  adopt,
  ended: () => tell({ amparo: "live", live: false }),
  gone() { // the pass holds no more: what is public
    running?.stop();
    room();
  },
  away,
};

function tell(message) {
  if (site) parent.postMessage(message, site);
}

function count(number) {
  unread = number;
  tell({ amparo: "unread", count: unread });
}

// --- what is shown --------------------------------------------------------------------------------------------------

function focusIn() {
  const places = [...main.querySelectorAll("[data-composer-body]"), ...main.querySelectorAll("textarea, select, input")];
  (places.find((place) => place.checkVisibility() && !place.matches("[type=file]")) ?? main).focus();
}

function clear() {
  talk?.stop();
  talk = null;
  running?.stop();
  running = null;
  main.querySelectorAll(":scope > :not([data-chat-public])").forEach((node) => node.remove());
}

function show(html) {
  const within = main.contains(document.activeElement);
  clear();
  publicPart.hidden = true;
  const page = new DOMParser().parseFromString(html, "text/html"); // our own server's
  adopt(page.body);
  main.append(...page.body.childNodes);
  main.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: main } }));
  const root = main.querySelector("[data-chat]");
  tell({ amparo: "live", live: root?.dataset.isLive === "1" });
  const fresh = root ? [...root.querySelectorAll("[data-side=staff]")].filter((line) => Number(line.dataset.seq) > Number(root.dataset.seen)) : [];
  count(away() ? fresh.length : 0);
  if (root) talk = start(root, way);
  if (within) focusIn();
}

function showPublic(sentence = "") {
  turn += 1;
  hold("");
  clear();
  publicPart.hidden = false;
  refusal.hidden = !sentence;
  refusal.textContent = sentence;
  tell({ amparo: "live", live: false });
  count(0);
}

async function room(chat = "") {
  const mine = ++turn;
  try {
    const answer = await way.get(`${main.dataset.room}${chat ? `?chat=${chat}` : ""}`);
    const text = await answer.text();
    if (mine !== turn) return;
    if (answer.status === 401) showPublic();
    else if (answer.ok) show(text);
    else throw new Error(answer.status);
  } catch { setTimeout(() => mine === turn && room(chat), 5e3); }
}

async function enter(word) {
  const mine = left;
  try {
    const answer = await way.post(main.dataset.enter, { word, language: document.documentElement.lang });
    const given = await answer.json();
    if (mine !== left) return;
    if (answer.ok) hold(given.pass);
    else if (answer.status >= 500) throw new Error(answer.status);
    else if (!mark) return showPublic(given.sentence); // a word that was used before does not end what it began
  } catch {
    if (mine !== left) return;
    if (!mark) return showPublic(main.dataset.failed);
  }
  room();
}

// --- files: fetched with the pass; a picture is shown, all else is saved: nothing of a file is ever opened in our origin ---

async function fetched(address) {
  const answer = await way.get(base + address);
  if (!answer.ok) throw new Error(answer.status);
  return answer.blob();
}

/** Let nothing that comes ask for a file by itself: without the pass it would not get it. */
function adopt(part) {
  for (const picture of part.querySelectorAll('img[src^="/files/"]')) {
    picture.dataset.file = picture.getAttribute("src");
    picture.removeAttribute("src");
    picture.removeAttribute("loading");
  }
  for (const link of part.querySelectorAll('a[href^="/files/"]')) link.removeAttribute("target");
}

async function paint(picture) {
  const address = picture.dataset.file;
  delete picture.dataset.file;
  try {
    const blob = await fetched(address);
    if (!PICTURES.test(blob.type)) return;
    const url = URL.createObjectURL(blob);
    picture.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
    picture.src = url;
  } catch { picture.dataset.file = address; } // with the next change it is asked again
}

async function save(link) {
  const address = link.getAttribute("href");
  link.setAttribute("aria-busy", "true");
  try {
    const blob = await fetched(`${address}?original`);
    const url = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" })); // saved, whatever it is
    const door = make("a", { href: url, download: decodeURIComponent(address.split("/").pop()) });
    door.click();
    setTimeout(() => URL.revokeObjectURL(url), 60e3);
  } catch { say(main.dataset.failed); } finally { link.removeAttribute("aria-busy"); }
}

function say(sentence) {
  const place = main.querySelector("[data-chat-refused]");
  if (place) { place.textContent = sentence; place.hidden = false; }
  return Boolean(place);
}

// --- what the site and its reader do --------------------------------------------------------------------------------

function opened(closed) {
  shut = closed;
  if (!shut) count(0);
  document.dispatchEvent(new Event("visibilitychange")); // what waits is read now, and not before
  if (!shut) focusIn();
}

const acts = {
  hello({ word, shut: closed, focus }) {
    shut = Boolean(closed);
    hold(mark);
    if (word) enter(String(word)); else if (mark) room(); else showPublic();
    if (focus) main.focus();
  },
  word({ word }) { enter(String(word)); },
  shut({ shut: closed }) { opened(Boolean(closed)); },
  leave() { left += 1; showPublic(); },
};

window.addEventListener("message", (event) => {
  if (event.source !== parent || !origins.includes(event.origin)) return;
  site = event.origin;
  if (Object.hasOwn(acts, event.data?.amparo)) acts[event.data.amparo](event.data);
});

main.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.target === "_blank" || form.matches("[data-composer]")) return;
  event.preventDefault();
  const mine = turn;
  try {
    const answer = await way.post(form.action, [...new FormData(form)].filter(([, value]) => typeof value === "string"));
    const text = await answer.text();
    if (mine !== turn) return;
    const kind = answer.headers.get("Content-Type") ?? "";
    if (kind.startsWith("text/html") && answer.ok) return show(text);
    const given = kind.startsWith("application/json") ? JSON.parse(text) : {};
    if (given.open) window.open(given.open, "_blank", "noopener");
    if (!answer.ok && answer.status !== 401 && say(given.sentence || main.dataset.failed)) return;
    if (answer.status === 401 || String(given.chat ?? "") !== talk?.id) return room(given.chat ?? "");
    talk.again(); // what one writes stays
    if (!main.contains(document.activeElement)) focusIn();
  } catch { say(main.dataset.failed); } finally {
    form.classList.remove("is-sending");
    form.removeAttribute("aria-busy");
  }
});
main.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link) return;
  const address = link.getAttribute("href");
  if (link.matches("[data-framed-room]")) { event.preventDefault(); room(); return; }
  if (address.startsWith("/files/")) { event.preventDefault(); save(link); return; }
  if (!address.startsWith("#")) { event.preventDefault(); window.open(link.href, "_blank", "noopener"); }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) tell({ amparo: "close" });
});
new MutationObserver((changes) => {
  main.querySelectorAll("img[data-file]").forEach(paint);
  if (!away()) return;
  const lines = changes.filter((one) => one.target.matches?.("[data-chat-lines]")).flatMap((one) => [...one.addedNodes]);
  const fresh = lines.filter((node) => node.dataset?.side === "staff").length;
  if (fresh) count(unread + fresh);
}).observe(main, { childList: true, subtree: true });
if (parent === window) showPublic(); // somebody opened the frame's address itself
