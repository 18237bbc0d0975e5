// Single keys for those who attend all day; they are silent while one types, and can be switched off.
import { step } from "ui/list";
import { isTyping } from "ui/words";

let prefix = "";
let forget;

function press(selector) {
  const target = document.querySelector(selector);
  if (!target || target.disabled) return false;
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
  return true;
}

function compose(kind) {
  const form = document.querySelector("[data-composer]");
  if (!form) return false;
  form.dispatchEvent(new CustomEvent("compose", { detail: { kind } }));
  return true;
}

const keys = {
  "?": () => { const help = document.getElementById("shortcuts"); help?.showModal(); return Boolean(help); },
  "/": () => press("[data-search]") || press(".portal-search"),
  j: () => step(1),
  k: () => step(-1),
  r: () => compose("reply"),
  n: () => compose("note"),
  a: () => press("[data-shortcut=a]"),
  c: () => press("[data-shortcut=c]"),
  p: () => press("[data-shortcut=p]"),
};

export default function (body) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      const palette = document.getElementById("palette");
      if (!palette) return;
      event.preventDefault();
      if (palette.open) palette.close();
      else palette.showModal();
      return;
    }
    if (event.key === "Escape" && isTyping(document.activeElement) && !document.querySelector("dialog[open]")) {
      document.activeElement.blur();
      return;
    }
    if (body.dataset.shortcuts !== "on" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (prefix) {
      const target = document.querySelector(`[data-keys="${CSS.escape(prefix)} ${CSS.escape(event.key)}"]`);
      prefix = "";
      if (target) { event.preventDefault(); target.click(); return; }
    }
    if (event.key === "g") {
      prefix = "g";
      clearTimeout(forget);
      forget = setTimeout(() => { prefix = ""; }, 1200);
      return;
    }
    if (keys[event.key]?.()) event.preventDefault();
  });
}
