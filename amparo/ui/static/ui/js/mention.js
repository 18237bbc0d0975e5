// Calling somebody: after an @ the names of the forum that begin so; arrows choose, Enter takes, Escape leaves.
import { make } from "ui/words";

export default function (mark) {
  const body = mark.closest("form")?.querySelector("textarea");
  if (!body) return;
  const sheet = make("ul", { class: "mention-sheet", role: "listbox", "aria-label": mark.dataset.mentionLabel, hidden: "" });
  body.parentElement.classList.add("has-mention");
  body.after(sheet);
  let found = [];
  let chosen = 0;
  let asked = 0;

  const begun = () => body.value.slice(0, body.selectionStart).match(/(?:^|[\s(>])@([\p{L}\p{N}_.-]{1,30})$/u)?.[1];
  const close = () => { asked++; sheet.hidden = true; found = []; };
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  function take(name) {
    const word = begun();
    if (word !== undefined) body.setRangeText(`${name} `, body.selectionStart - word.length, body.selectionStart, "end");
    close();
    body.dispatchEvent(new Event("input", { bubbles: true }));
    body.focus();
  }

  function draw() {
    sheet.replaceChildren(...found.map((one, place) => {
      const button = make("button", { type: "button", tabindex: "-1" }, `@${one.alias}`);
      button.addEventListener("mousedown", (event) => { event.preventDefault(); take(one.alias); });
      return make("li", { role: "option", "aria-selected": String(place === chosen) }, button);
    }));
    sheet.hidden = !found.length;
    sheet.children[chosen]?.scrollIntoView({ block: "nearest" });
  }

  body.addEventListener("input", async () => {
    const word = begun();
    if (!word) return close();
    const turn = ++asked;
    // Whoever types on before the answer comes must not call somebody whose name does not begin so.
    found = found.filter((one) => plain(one.alias).startsWith(plain(word)));
    chosen = 0;
    draw();
    const answer = await fetch(`${mark.dataset.mention}?q=${encodeURIComponent(word)}`, { credentials: "same-origin" }).catch(() => undefined);
    const people = answer?.ok ? (await answer.json()).people : undefined;
    if (turn !== asked || !people) return undefined;
    const old = found[chosen]?.alias;
    found = people;
    chosen = Math.max(0, found.findIndex((one) => one.alias === old));
    return draw();
  });
  body.addEventListener("keydown", (event) => {
    if (sheet.hidden || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") chosen = (chosen + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    else if (event.key === "Enter" || event.key === "Tab") return event.preventDefault(), take(found[chosen].alias);
    else if (event.key === "Escape") return close();
    else return;
    event.preventDefault();
    draw();
  });
  body.addEventListener("blur", close);
}
