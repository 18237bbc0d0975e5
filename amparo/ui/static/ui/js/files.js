// Files that are dropped, pasted or chosen go up one by one, with progress; the form then carries their numbers.
import { carried, csrf, fill, icon, make, size, words } from "ui/words";

export default function (zone) {
  const list = zone.querySelector("[data-files-list]");
  const input = zone.querySelector("[data-files-input]");
  const paper = zone.closest("form") ?? zone;
  const limit = Number(zone.dataset.megabytes) * 1e6;

  function chip(file) {
    const state = make("span", { class: "file-size" }, size(file.size));
    const progress = make("progress", { class: "file-progress", max: "100", value: "0", "aria-label": file.name });
    const remove = make("button", { type: "button", class: "file-remove", "data-file-remove": "", "aria-label": fill(words.remove, { name: file.name }) }, icon("x"));
    const words_ = make("span", { class: "file-words" }, make("span", { class: "file-name" }, file.name), state);
    const element = make("span", { class: "file", "data-file": "" }, icon(file.type.startsWith("image/") ? "photo" : "file"), words_, progress, remove);
    list.append(element);
    return { element, state, progress };
  }

  function fail({ element, state, progress }, text) {
    element.classList.add("has-error");
    state.textContent = text;
    progress.remove();
    settled();
  }

  function send(file, pasted) {
    const shown = chip(file);
    if (file.size > limit) return fail(shown, fill(words.too_large, { size: zone.dataset.megabytes }));
    const form = new FormData();
    form.append("draft_key", zone.dataset.draftKey);
    form.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", zone.dataset.upload);
    for (const [name, value] of Object.entries({ "X-CSRFToken": csrf(), ...carried })) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      shown.progress.value = Math.round((event.loaded / event.total) * 100);
    });
    request.addEventListener("load", () => {
      const answer = request.response ?? {};
      if (shown.element.isGone) return void (answer.id && discard(answer.id)); // taken away at the last moment
      if (request.status >= 300 || !answer.id) return fail(shown, answer.error || words.upload_failed);
      shown.progress.remove();
      shown.state.textContent = size(answer.size);
      shown.element.dataset.id = answer.id;
      shown.element.prepend(make("input", { type: "hidden", name: zone.dataset.field, value: answer.id }));
      if (pasted && answer.is_inline) paper.dispatchEvent(new CustomEvent("insert", { detail: { text: `![${answer.name}](${answer.url})\n` } }));
      settled();
    });
    request.addEventListener("error", () => fail(shown, words.upload_failed));
    request.send(form);
    shown.element.request = request;
  }

  const tell = () => list.dispatchEvent(new CustomEvent("files", { bubbles: true }));
  const discard = (id) => fetch(zone.dataset.upload.replace(/upload\/$/, `${id}/discard/`), { method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": csrf(), ...carried } });

  // What is sent while a file is still on its way up goes when it is there, and not without it.
  let sends = null;
  paper.addEventListener("submit", (event) => {
    if (!list.querySelector("progress")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sends = { by: event.submitter };
  }, true);

  function settled() {
    tell();
    if (!sends || list.querySelector("progress")) return;
    const { by } = sends;
    sends = null;
    if (!list.querySelector(".has-error")) paper.requestSubmit(by);
  }

  const take = (files, pasted = false) => [...files].forEach((file) => send(file, pasted));

  input.addEventListener("change", () => { take(input.files); input.value = ""; });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-file-remove]");
    if (!button) return;
    const element = button.closest("[data-file]");
    const id = element.dataset.id ?? element.querySelector("input[type=hidden]")?.value;
    if (id) discard(id);
    else if (Number(element.querySelector("progress")?.value) < 100) element.request?.abort();
    element.isGone = true;
    element.remove();
    input.focus();
    settled();
  });
  let depth = 0;
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  paper.addEventListener("dragenter", (event) => { if (holdsFiles(event)) { depth += 1; paper.classList.add("is-dropping"); } });
  paper.addEventListener("dragleave", () => { depth = Math.max(0, depth - 1); if (!depth) paper.classList.remove("is-dropping"); });
  paper.addEventListener("dragover", (event) => { if (holdsFiles(event)) event.preventDefault(); });
  paper.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    paper.classList.remove("is-dropping");
    take(event.dataTransfer.files);
  });
  paper.addEventListener("paste", (event) => {
    const images = [...(event.clipboardData?.files ?? [])];
    if (!images.length) return;
    event.preventDefault();
    take(images, true);
  });
}
