// The frame on a site of the vendor's own. It is told who its reader is by the site's signed word, through a message of an
// allowed origin; what it gets for it, a pass, it keeps for this frame alone and sends in a header: no cookie takes part.
import { start } from "./chat.js";

const main = document.querySelector("[data-chat-frame]");
const origins = main.dataset.origins.split(" ");
const store = `pass:${main.dataset.site}`;
const publicPart = main.querySelector("[data-chat-public]");
const NEAR = 2000;
const FAR = 10000;
let mark = sessionStorage.getItem(store) ?? "";
let running = null;
let unread = 0;
let shut = false; // its button on the site's page closed it; to the browser it is as visible as before
const away = () => shut || document.hidden;

const headers = () => ({ "X-Chat-Pass": mark, Accept: "application/json" });
const way = {
  get: (url) => fetch(url, { credentials: "omit", headers: headers() }),
  post: (url, values) => fetch(url, { method: "POST", body: new URLSearchParams(values), credentials: "omit", headers: headers() }),
  ask: (url, values) => way.post(url, values), // to ask says here that one is there: no stream does
  follow(_topics, told) { // no stream without a cookie: it asks, often while one looks
    let stopped = false;
    const round = () => { if (stopped) return; told(""); setTimeout(round, document.hidden ? FAR : NEAR); };
    setTimeout(round, NEAR);
    running = () => { stopped = true; };
    return () => {};
  },
  gone() { // the pass holds no more: what is public
    running?.();
    room();
  },
  away,
};

function tell(message) {
  for (const origin of origins) parent.postMessage(message, origin);
}

function show(html) {
  running?.();
  running = null;
  publicPart.hidden = true;
  main.querySelectorAll(":scope > :not([data-chat-public])").forEach((node) => node.remove());
  const page = new DOMParser().parseFromString(html, "text/html"); // our own server's
  main.append(...page.body.childNodes);
  main.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: main } }));
  const root = main.querySelector("[data-chat]");
  if (root) start(root, way);
}

async function room(chat = "") {
  const answer = await way.get(`${main.dataset.room}${chat ? `?chat=${chat}` : ""}`);
  if (answer.status === 401) {
    mark = "";
    sessionStorage.removeItem(store);
    main.querySelectorAll(":scope > :not([data-chat-public])").forEach((node) => node.remove());
    publicPart.hidden = false;
    return;
  }
  if (answer.ok) show(await answer.text());
}

window.addEventListener("message", async (event) => {
  if (event.source !== parent || !origins.includes(event.origin)) return;
  if (event.data?.amparo === "shut") {
    shut = Boolean(event.data.shut);
    if (!shut) tell({ amparo: "unread", count: (unread = 0) });
    document.dispatchEvent(new Event("visibilitychange")); // what waits is read now, and not before
  }
  if (event.data?.amparo !== "word") return;
  const answer = await way.post(main.dataset.enter, { word: String(event.data.word) });
  if (!answer.ok) return;
  mark = (await answer.json()).pass;
  try { sessionStorage.setItem(store, mark); } catch { /* this page alone */ }
  room();
});

main.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.target === "_blank" || form.matches("[data-composer]")) return;
  event.preventDefault();
  const answer = await way.post(form.action, new FormData(form));
  const kind = answer.headers.get("Content-Type") ?? "";
  if (kind.startsWith("text/html")) return show(await answer.text());
  const given = await answer.json().catch(() => ({}));
  if (given.open) window.open(given.open, "_blank", "noopener");
  const refused = main.querySelector("[data-chat-refused]");
  if (given.sentence && refused) { refused.textContent = given.sentence; refused.hidden = false; return; }
  room(given.chat ?? "");
});
main.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link) return;
  if (link.matches("[data-framed-room]")) { event.preventDefault(); room(); return; }
  if (!link.getAttribute("href").startsWith("#")) { event.preventDefault(); window.open(link.href, "_blank", "noopener"); }
});
new MutationObserver((changes) => {
  if (!away()) { unread = 0; } else unread += changes.flatMap((one) => [...one.addedNodes]).filter((node) => node.dataset?.side === "staff").length;
  tell({ amparo: "unread", count: unread });
}).observe(main, { childList: true, subtree: true });
tell({ amparo: "ready" });
if (mark) room();
