// Citing while writing: one key opens the list, typing searches, Enter puts the link into the text.
const DELAY = 180;

export default function (box) {
  const form = box.closest("form");
  const body = form.querySelector("[data-composer-body]");
  const door = box.querySelector("[data-cite-door]");
  const sheet = box.querySelector("[data-cite-sheet]");
  const field = box.querySelector("[data-cite-field]");
  const list = box.querySelector("[data-cite-list]");
  let timer;
  let asked = 0;
  let shown; // what the list answers
  let hurried = false; // Enter came before the answer to what stands there

  const choices = () => [...list.querySelectorAll("[data-cite-url]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(one) {
    choices().forEach((other) => other.setAttribute("aria-selected", String(other === one)));
    one?.scrollIntoView({ block: "nearest" });
  }

  async function ask() {
    const turn = ++asked;
    const about = field.value;
    const answer = await fetch(`${box.dataset.cite}?${new URLSearchParams({ q: about })}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    const found = answer?.ok ? await answer.text() : null;
    if (turn !== asked) return;
    const wanted = hurried;
    hurried = false;
    if (found === null) return;
    const fresh = new DOMParser().parseFromString(found, "text/html").body; // our own server's list
    list.replaceChildren(...fresh.childNodes);
    shown = about;
    choose(choices()[0]);
    if (wanted) put(chosen());
  }

  function enter() {
    if (field.value === shown) return put(chosen());
    clearTimeout(timer);
    hurried = true;
    return ask();
  }

  function open() {
    sheet.hidden = false;
    door.setAttribute("aria-expanded", "true");
    field.value = body.value.slice(body.selectionStart, body.selectionEnd).trim().slice(0, 120) || box.dataset.citeAbout || "";
    field.focus();
    field.select();
    ask();
  }

  function close() {
    asked++;
    clearTimeout(timer);
    hurried = false;
    sheet.hidden = true;
    door.setAttribute("aria-expanded", "false");
    body.focus();
  }

  function put(one) {
    if (!one) return;
    const title = one.dataset.citeTitle.replace(/[[\]\\]/g, "\\$&");
    close();
    body.setRangeText(`[${title}](${one.dataset.citeUrl})`, body.selectionStart, body.selectionEnd, "end");
    body.dispatchEvent(new Event("input", { bubbles: true }));
  }

  door.hidden = false;
  door.addEventListener("click", () => (sheet.hidden ? open() : close()));
  field.addEventListener("input", () => { hurried = false; clearTimeout(timer); timer = setTimeout(ask, DELAY); });
  list.addEventListener("click", (event) => put(event.target.closest("[data-cite-url]")));
  form.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey && event.code === "KeyC") { event.preventDefault(); open(); }
  });
  sheet.addEventListener("keydown", (event) => {
    const all = choices();
    const here = all.indexOf(chosen());
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") choose(all[Math.min(here + 1, all.length - 1)]);
    else if (event.key === "ArrowUp") choose(all[Math.max(here - 1, 0)]);
    else if (event.key === "Enter" && event.target === field) enter();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
