// On every page of the desk: the card of who calls opens by itself; numbers can be called; the telephone window is spoken with.
// It never takes away what one is writing: on a page where something is typed it stays a card at the side.
import { refresh } from "ui/follow";
import { csrf, isTyping, post, words } from "ui/words";
import { toast } from "ui/toast";

const place = document.getElementById("ring");
const KNOWN = "amparo-lines"; // whether this person has a line at all, so that others' pages ask nothing
const channel = new BroadcastChannel("amparo-phone");
let phone = null; // what the telephone window said last
let heard = 0;
let dialling = false; // pressed twice it is asked for once
const seen = new Set(JSON.parse(sessionStorage.getItem("amparo-opened") || "[]"));

const alive = () => phone && phone.state !== "gone" && Date.now() - heard < 3500;

function writing() {
  if (isTyping(document.activeElement) || document.querySelector("dialog[open]")) return true;
  return [...document.querySelectorAll("main textarea, main input:not([type=hidden], [type=search], [data-search])")].some((field) => field.type !== "checkbox" && field.type !== "radio" && field.value !== field.defaultValue);
}

function remember(card) {
  seen.add(card.id);
  sessionStorage.setItem("amparo-opened", JSON.stringify([...seen].slice(-50)));
}

/** Open the card by itself on the telephone's screens, unless something is being written; else it stays at the side. */
function opens() {
  localStorage.setItem(KNOWN, place.querySelector("[data-no-line]") ? `0 ${Date.now()}` : `1 ${Date.now()}`);
  const card = place.querySelector("[data-ring]");
  for (const one of place.querySelectorAll("[data-ring]")) dress(one);
  if (!card) return;
  if (!seen.has(card.id) && document.hidden && "Notification" in window && Notification.permission === "granted") new Notification(card.dataset.ringTitle, { tag: card.id });
  const there = card.dataset.ringOpen;
  if (seen.has(card.id) || !there) return;
  remember(card);
  if (place.dataset.screen === "" && location.pathname.startsWith(place.dataset.phone) && !writing() && location.pathname !== new URL(there, location.href).pathname) location.assign(there);
}

function dress(card) {
  const mine = alive() && phone.call && (String(phone.call.page) === card.dataset.ring || phone.call.number.replace(/\D/g, "").endsWith(card.dataset.ringNumber.replace(/\D/g, "").slice(-8)));
  for (const button of card.querySelectorAll("[data-phone-do]")) button.hidden = !(mine && button.dataset.when.split(" ").includes(phone.call.state));
}

place.addEventListener("htmx:load", opens);
place.addEventListener("click", (event) => {
  const button = event.target.closest("[data-phone-do]");
  if (button) channel.postMessage({ type: "do", act: button.dataset.phoneDo });
  const fold = event.target.closest("[data-ring-fold]");
  if (fold) fold.closest("[data-ring]").classList.toggle("ring-folded");
});

channel.addEventListener("message", ({ data }) => {
  if (data.type !== "state") return;
  phone = data;
  heard = Date.now();
  for (const card of place.querySelectorAll("[data-ring]")) dress(card);
});
channel.postMessage({ type: "ask" });

// --- keys: Alt+O opens the card, Alt+A answers, Alt+X hangs up, also while one types

document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  const card = place.querySelector("[data-ring]");
  const act = { KeyA: "answer", KeyD: "decline", KeyX: "hangup" }[event.code];
  if (event.code === "KeyO" && card?.dataset.ringOpen) { event.preventDefault(); location.assign(card.dataset.ringOpen); }
  else if (act && alive() && phone.call) { event.preventDefault(); channel.postMessage({ type: "do", act }); }
});

// --- numbers that can be called

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dial]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (alive() && phone.state === "idle") { event.preventDefault(); channel.postMessage({ type: "dial", number: link.dataset.dial }); return; }
  if (!localStorage.getItem(KNOWN)?.startsWith("1")) return; // the machine's own telephone, if it has one
  event.preventDefault();
  if (dialling) return;
  dialling = true;
  const answer = await post(place.dataset.dials, { number: link.dataset.dial, way: "exchange", key: crypto.randomUUID() }, { headers: { "X-CSRFToken": csrf() } }).finally(() => { dialling = false; });
  const told = await answer.json().catch(() => ({}));
  toast(answer.ok ? place.dataset.dialling.replace("%(number)s", told.number) : told.error ?? words.error, { tone: answer.ok ? "success" : "error" });
});

// --- the window is opened by one click, and stays

document.addEventListener("click", (event) => {
  const door = event.target.closest("[data-phone-window]");
  if (!door) return;
  event.preventDefault();
  window.name ||= "amparo-desk";
  const opened = window.open(door.href, "amparo-phone", "popup,width=420,height=760");
  opened?.focus();
  if (!opened) location.assign(door.href);
  if ("Notification" in window && Notification.permission === "default") Notification.requestPermission();
});

const [has, at] = (localStorage.getItem(KNOWN) ?? "").split(" ");
if (has !== "0" || Date.now() - Number(at) > 600e3) refresh(place);
