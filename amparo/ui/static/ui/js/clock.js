// Promises that count down and the clock of attention that runs: the same figures as the server's, kept up to date.
import { duration, fill, words } from "ui/words";

const shown = new Set();
const HOUR = 3600e3;
// What the server thought the time was, against what this computer thinks.
const skew = Date.parse(document.body.dataset.now || "") - Date.now() || 0;

function tone(element, name) {
  if (!element.classList.contains(`tone-${name}`)) element.className = element.className.replace(/tone-\w+/, `tone-${name}`);
}

function ring(element, percent) {
  element.querySelector("[data-ring]")?.setAttribute("stroke-dasharray", `${Math.max(0, Math.min(100, percent))} 100`);
}

function promise(element, now) {
  const due = Date.parse(element.dataset.due);
  const started = Date.parse(element.dataset.started || "");
  const left = due - now;
  const words_ = element.querySelector("[data-left]");
  const text = left <= 0 ? fill(words.late, { late: duration(left) }) : fill(words.left, { left: duration(left) });
  if (words_ && words_.textContent !== text) words_.textContent = text;
  tone(element, left <= 0 ? "late" : left <= HOUR || (started < due && left < (due - started) / 4) ? "act" : "waiting");
  if (started) ring(element, Math.floor(((now - started) / (due - started)) * 100));
  else if (left <= 0) ring(element, 100);
}

function attention(element, now) {
  const total = Math.floor(Number(element.dataset.seconds) + (now - Date.parse(element.dataset.since)) / 1000);
  const limit = Number(element.dataset.limit);
  const pad = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const digits = `${hours ? `${hours}:` : ""}${pad(Math.floor(total / 60) % 60)}:${pad(total % 60)}`;
  element.querySelector("[data-digits]").textContent = digits;
  ring(element, Math.floor((total / limit) * 100));
  tone(element, total >= limit ? "late" : total >= limit - 300 ? "act" : "waiting");
}

function tick() {
  const now = Date.now() + skew;
  for (const element of shown) {
    if (!element.isConnected) shown.delete(element);
    else if (element.dataset.clock === "attention") attention(element, now);
    else if (element.dataset.clock === "promise") promise(element, now);
  }
}

let timer;
export default function (element) {
  shown.add(element);
  if (document.body.dataset.still !== undefined) return;
  timer ??= setInterval(tick, 1000);
}
