// Rows that are walked with j and k (or the arrows once inside) and opened with Enter.
const lists = new Set();

function rows(list) {
  return [...list.querySelectorAll("[data-row]")];
}

function link(row) {
  return row.matches("a") ? row : row.querySelector("a");
}

/** Move by one row in the first list that is shown; used by the shortcuts. */
export function step(by) {
  const list = [...lists].find((one) => one.isConnected && one.offsetParent !== null);
  if (!list) return false;
  const all = rows(list);
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const from = at >= 0 ? at : all.findIndex((row) => row.getAttribute("aria-current") === "true");
  const next = all[Math.max(0, Math.min(all.length - 1, from + by))];
  if (!next) return false;
  link(next)?.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

export default function (list) {
  lists.add(list);
  list.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
  });
  list.addEventListener("focusin", (event) => {
    for (const row of rows(list)) row.classList.toggle("is-current", row.contains(event.target));
  });
  list.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-row]");
    if (row && !event.target.closest("a, button, input, label, select, summary") && !getSelection().toString()) link(row)?.click();
  });
}
