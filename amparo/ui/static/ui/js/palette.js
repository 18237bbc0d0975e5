// Ctrl-K: every place and every matter, customer and licence by a few letters.
import { icon, make, words } from "ui/words";

const DELAY = 120;

export default function (dialog) {
  const field = dialog.querySelector(".palette-field");
  const list = dialog.querySelector(".palette-list");
  const source = document.body.dataset.palette;
  let at = -1;
  let timer;
  let asked = 0;
  let shown = ""; // what the list was drawn for
  let hurried = false; // Enter came before the answer to what stands there

  const places = () => [...document.querySelectorAll("a[data-place], .portal-places a")].map((a) => ({
    group: words.places, label: (a.querySelector(".rail-word") ?? a).textContent.trim(), url: a.href, icon: "corner-down-right",
  }));
  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(index) {
    const all = options();
    at = all.length ? (index + all.length) % all.length : -1;
    all.forEach((one, i) => one.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) {
      field.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  }

  function draw(results) {
    let group = "";
    list.replaceChildren();
    results.forEach((one, i) => {
      if (one.group && one.group !== group) {
        group = one.group;
        list.append(make("li", { class: "palette-group", role: "presentation" }, group));
      }
      const item = make("li", { class: "palette-item", role: "option", id: `palette-${i}`, "data-url": one.url }, icon(one.icon || "corner-down-right"), make("span", {}, one.label));
      if (one.detail) item.append(make("small", {}, one.detail));
      list.append(item);
    });
    if (!results.length && field.value.trim()) list.append(make("li", { class: "palette-group", role: "presentation" }, words.nothing_found));
    choose(0);
  }

  function settle(text, results) {
    shown = text;
    draw(results);
    if (!hurried) return;
    hurried = false;
    go();
  }

  async function look() {
    const text = field.value.trim();
    const number = ++asked;
    const plain = text.toLowerCase();
    const near = places().filter((one) => one.label.toLowerCase().includes(plain));
    if (!source || text.length < 2) return settle(text, near);
    try {
      const answer = await fetch(`${source}?q=${encodeURIComponent(text)}`, { credentials: "same-origin" });
      const found = answer.ok ? (await answer.json()).results : near;
      if (number === asked) settle(text, found);
    } catch {
      if (number === asked) settle(text, near);
    }
  }

  const page = document.body.dataset.searchPage;
  const go = () => {
    const one = options()[at];
    if (one) location.assign(one.dataset.url);
    else if (page && field.value.trim()) location.assign(`${page}?q=${encodeURIComponent(field.value.trim())}`);
  };
  const enter = () => {
    clearTimeout(timer);
    if (field.value.trim() === shown) return go();
    hurried = true;
    return look();
  };
  field.addEventListener("input", () => { hurried = false; clearTimeout(timer); timer = setTimeout(look, DELAY); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(at + (event.key === "ArrowDown" ? 1 : -1)); }
    if (event.key === "Enter") { event.preventDefault(); enter(); }
  });
  list.addEventListener("pointermove", (event) => { const one = event.target.closest("[role=option]"); if (one && options()[at] !== one) choose(options().indexOf(one)); });
  list.addEventListener("click", (event) => { if (event.target.closest("[role=option]")) go(); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { asked++; clearTimeout(timer); field.value = ""; hurried = false; });
  new MutationObserver(() => { if (dialog.open) { field.focus(); draw(places()); look(); } }).observe(dialog, { attributeFilter: ["open"] });
}
