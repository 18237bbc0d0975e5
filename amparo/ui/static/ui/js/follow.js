// A region with data-follow="topic …" is fetched anew when one of its topics changes (from data-follow-url, else this page).
// One stream for the page; where it cannot be had the regions are asked for now and then. What one is typing stays.
import { Idiomorph } from "ui/idiomorph";
import { words } from "ui/words";

const regions = new Set();
const POLL = 20e3; // without a stream
const POLL_TOLD = 4e3; // where people talk
const SURE = 120e3; // with one: nothing stays wrong for longer
let source = null;
let opened = "";
let again = 2e3;
let settleTimer;

const topicsOf = (region) => region.dataset.follow.split(/\s+/).filter(Boolean);
const shown = () => [...regions].filter((region) => region.isConnected || (regions.delete(region), false));

function live(state) {
  for (const sign of document.querySelectorAll("[data-live]")) {
    sign.dataset.state = state;
    sign.querySelector(".live-word").textContent = state === "on" ? words.live : words.paused;
  }
}

const TYPED = "input, textarea, select, [contenteditable]"; // of what is being typed nothing is taken away; a button that was pressed changes

const keep = {
  callbacks: {
    beforeNodeMorphed: (old) => !(old.matches?.("[data-keep], [data-composer], dialog[open]")),
    beforeNodeRemoved: (old) => !(old.matches?.("[data-composer]") && old.querySelector("textarea")?.value),
    beforeAttributeUpdated: (name, node) => !(name === "open" && node.matches("details, dialog")),
  },
};

/** Fetch a region and change what differs. */
export async function refresh(region) {
  if (region.told) { region.seen = Date.now(); return region.told(""); }
  if (region.fetching) { region.stale = true; return; }
  if (document.hidden && region.dataset.followHidden === undefined) { region.stale = true; return; }
  region.fetching = true;
  region.stale = false;
  try {
    const answer = await fetch(region.dataset.followUrl || location.href, { credentials: "same-origin", headers: { "HX-Request": "true", "HX-Target": region.id } });
    const door = answer.headers.get("HX-Redirect");
    if (door) return void (document.querySelector("[data-unsaved]") || location.assign(door)); // what was written and is kept nowhere stays
    if (answer.ok && answer.status !== 204) put(region, await answer.text());
  } catch { /* the next change, or the clock, asks again */ } finally {
    region.fetching = false;
    region.seen = Date.now();
    if (region.stale && (!document.hidden || region.dataset.followHidden !== undefined)) refresh(region);
  }
}

function put(region, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const chosen = region.dataset.followSelect && page.querySelector(region.dataset.followSelect);
  const same = region.id && page.getElementById(region.id);
  if (!chosen && !same && /<html[\s>]/i.test(html)) return; // a whole page that does not hold the region
  const fresh = chosen ? Object.assign(document.createElement("div"), { innerHTML: chosen.outerHTML }) : same || page.body;
  const atEnd = region.scrollHeight - region.scrollTop - region.clientHeight < 40;
  const ignoreActiveValue = Boolean(document.activeElement?.matches(TYPED));
  Idiomorph.morph(region, fresh.innerHTML, { morphStyle: "innerHTML", ignoreActiveValue, ...keep });
  window.htmx?.process(region);
  region.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: region } }));
  if (atEnd && region.dataset.followEnd !== undefined) region.scrollTop = region.scrollHeight;
}

function changed(topic) {
  for (const region of shown()) {
    if (!topicsOf(region).includes(topic)) continue;
    if (region.told) { region.told(topic); continue; }
    if (region.dataset.followSoon !== undefined) { refresh(region); continue; } // somebody calls: no time to wait for more
    clearTimeout(region.soon);
    region.soon = setTimeout(() => refresh(region), 120);
  }
}

function open() {
  const base = document.body.dataset.stream;
  const topics = [...new Set(shown().flatMap(topicsOf))].sort();
  const wanted = topics.join(" ");
  if (!base || !topics.length || wanted === opened) return;
  source?.close();
  opened = wanted;
  const first = performance.now();
  source = new EventSource(`${base}?${topics.map((topic) => `t=${encodeURIComponent(topic)}`).join("&")}`, { withCredentials: true });
  source.addEventListener("message", (event) => changed(event.data.split("|")[0]));
  source.addEventListener("resync", () => {
    live("on");
    const late = again > 2e3 || performance.now() - first > 2000 || source.known;
    source.known = true;
    again = 2e3;
    if (late) shown().forEach(refresh);
  });
  source.addEventListener("error", () => {
    live("off");
    if (source.readyState !== EventSource.CLOSED) return;
    opened = "";
    setTimeout(open, again + Math.random() * 1000);
    again = Math.min(again * 2, 60e3);
  });
}

setInterval(() => {
  if (document.hidden) return;
  const open = source?.readyState === EventSource.OPEN;
  for (const region of shown()) if (Date.now() - region.seen > (open ? SURE : region.told ? POLL_TOLD : POLL)) refresh(region);
}, 5000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) for (const region of shown()) if (region.stale) refresh(region);
});
window.addEventListener("pagehide", () => { source?.close(); opened = ""; });
window.addEventListener("pageshow", (event) => { if (event.persisted) { open(); shown().forEach(refresh); } });

/** Call a function with each topic that changes, with "" where anything may have been missed; returns what asks for other topics. */
export function follow(topics, told) {
  const region = { dataset: { follow: topics }, isConnected: true, told, seen: Date.now() };
  regions.add(region);
  clearTimeout(settleTimer);
  settleTimer = setTimeout(open, 50);
  return (others) => { region.dataset.follow = others; open(); };
}

export default function (region) {
  region.seen = Date.now();
  regions.add(region);
  if (region.dataset.followNow !== undefined) refresh(region);
  clearTimeout(settleTimer);
  settleTimer = setTimeout(open, 50);
}
