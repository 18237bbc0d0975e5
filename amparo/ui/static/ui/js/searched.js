// Tells of a search which hit was opened, and leads from its field into the hits with the arrow. Links work without it.
import { post } from "ui/words";

export default function (region) {
  const token = () => region.querySelector("[data-search-token]")?.value;
  const told = (event) => {
    const hit = event.target.closest("[data-hit]");
    if (!hit || !token() || (event.type === "auxclick" && event.button !== 1)) return;
    post(region.dataset.click, { token: token(), position: hit.dataset.hit, subject: hit.dataset.subject }, { keepalive: true }).catch(() => {});
  };
  region.addEventListener("click", told);
  region.addEventListener("auxclick", told);
  region.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !event.target.matches("[data-search]")) return;
    const first = document.querySelector("#results [data-row] a");
    if (!first) return;
    event.preventDefault();
    first.focus();
  });
}
