// Short messages at the corner: what was done, with a way to undo it; what could not be done, and why.
import { fill, icon, make, post, words } from "ui/words";

const SECONDS = 6;
const signs = { success: "circle-check", warning: "alert-triangle", error: "alert-circle", info: "info-circle" };
let shelf;

/** Show a message. `undo` is an address to post to, or a function. */
export function toast(text, { tone = "info", undo = null, lasting = false } = {}) {
  const card = make("div", { class: "toast-card", "data-toast": "", "data-tone": tone }, icon(signs[tone] ?? signs.info), make("p", {}, text));
  if (lasting) card.classList.add("is-lasting");
  if (undo) {
    const button = make("button", { type: "button", class: "toast-undo" }, words.undo);
    button.addEventListener("click", async () => {
      card.remove();
      if (typeof undo === "function") return undo();
      const answer = await post(undo, {});
      if (answer.ok) location.reload();
      else toast(words.error, { tone: "error" });
    });
    card.append(button);
  }
  card.append(make("button", { type: "button", class: "toast-close", "data-toast-close": "", "aria-label": words.close }, icon("x")));
  shelf.append(card);
  return card;
}

function settle(card) {
  if (card.classList.contains("is-lasting") || card.dataset.tone === "error") return;
  let timer;
  const start = () => { timer = setTimeout(() => card.remove(), SECONDS * 1000); };
  card.addEventListener("pointerenter", () => clearTimeout(timer));
  card.addEventListener("pointerleave", start);
  card.addEventListener("focusin", () => clearTimeout(timer));
  start();
}

export default function (element) {
  shelf = element;
  shelf.querySelectorAll("[data-toast]").forEach(settle);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.matches?.("[data-toast]")) settle(node);
  }).observe(shelf, { childList: true });
  shelf.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());
  // An answer may bring a message along: HX-Trigger: {"toast": {"text": …, "tone": …, "undo": …}}
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    toast(status === 403 ? words.refused : status === 429 ? words.busy : words.error, { tone: "error" });
  });
  document.addEventListener("htmx:sendError", () => toast(words.offline, { tone: "warning" }));
  document.addEventListener("click", (event) => {
    const example = event.target.closest("[data-toast-example]");
    if (example) toast(fill(example.dataset.toastExample, {}), { tone: "success", undo: () => {} });
  });
}
