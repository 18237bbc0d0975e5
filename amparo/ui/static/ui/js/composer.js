// Writing: the switch changes the paper and where it goes; the draft is kept on the server; others see that somebody writes.
import { make, post, renew, words } from "ui/words";

const DRAFT_DELAY = 800;
const DRAFT_PATIENCE = 3000; // what is sent waits no longer for a draft that is being kept
const TYPING_SECONDS = 5;
const LOOKING_SECONDS = 20;

export default function (form) {
  const body = form.querySelector("[data-composer-body]");
  const state = form.querySelector("[data-composer-draft]");
  let sent = false;
  let dirty = false;
  let saving = null; // the draft that is on its way
  let barred = false; // the session ended: what is sent now would be lost
  let late = false; // something newer waits behind it
  let timer;
  let lastTyping = 0;

  const kind = () => form.querySelector("[name=kind]:checked, input[type=hidden][name=kind]")?.value ?? "reply";

  function aim() {
    const note = kind() === "note";
    form.classList.toggle("is-note", note);
    form.action = note && form.dataset.noteAction ? form.dataset.noteAction : form.dataset.replyAction;
  }

  // One after the other: an older draft that arrives later would take the place of the newer one, or come back after what was sent.
  async function saveDraft() {
    if (!form.dataset.draft || sent) return;
    if (saving) { late = true; return; }
    late = false;
    saving = keepDraft();
    await saving;
    saving = null;
    if (late) saveDraft();
  }

  async function keepDraft() {
    const files = [...form.querySelectorAll("[data-files-list] input[type=hidden]")].map((input) => input.value);
    const values = new URLSearchParams({ body: body.value, kind: kind() });
    files.forEach((file) => values.append("files", file));
    try {
      let answer = await post(form.dataset.draft, values);
      if (answer.status === 403 && await renew()) answer = await post(form.dataset.draft, values); // signed in anew in another tab
      dirty = !answer.ok;
      barred = answer.status === 401;
    } catch {
      dirty = true;
    }
    form.toggleAttribute("data-unsaved", dirty);
    state.replaceChildren(dirty ? words.draft_failed : words.draft_saved);
    if (barred) state.replaceChildren(words.draft_barred, " ", make("a", { href: location.href, target: "_blank" }, words.sign_in));
  }

  function typed() {
    dirty = true;
    if (form.dataset.draft) {
      if (!barred) state.textContent = "";
      clearTimeout(timer);
      timer = setTimeout(saveDraft, DRAFT_DELAY);
    }
    if (Date.now() - lastTyping > TYPING_SECONDS * 1000) { lastTyping = Date.now(); present(true); }
  }

  async function present(typing) {
    if (!form.dataset.presence || document.hidden || !form.isConnected) return;
    try {
      const answer = await post(form.dataset.presence, { typing: typing ? "1" : "", kind: kind() });
      const shown = document.querySelector("[data-presence-shown]");
      if (!shown || answer.status !== 200) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-presence-shown]");
      shown.replaceChildren(...(fresh ? fresh.childNodes : []));
    } catch { /* who is here is a courtesy: it never disturbs */ }
  }

  function insert(text) {
    const { selectionStart: from, selectionEnd: to, value } = body;
    const gap = from > 0 && value[from - 1] !== "\n" ? "\n" : "";
    body.setRangeText(gap + text, from, to, "end");
    body.dispatchEvent(new Event("input", { bubbles: true }));
    body.focus();
  }

  const template = form.querySelector("[data-composer-template]");
  template?.addEventListener("change", () => { if (template.value) insert(template.value); template.value = ""; });

  const eye = form.querySelector("[data-composer-preview-switch]");
  const sheet = form.querySelector("[data-composer-preview]");
  if (eye) eye.hidden = false;
  eye?.addEventListener("click", async () => {
    const showing = eye.getAttribute("aria-pressed") !== "true";
    if (showing) {
      const answer = await post(form.dataset.preview, { body: body.value });
      if (!answer.ok) return;
      sheet.innerHTML = await answer.text(); // our own server's cleaned Markdown
    }
    eye.setAttribute("aria-pressed", String(showing));
    eye.querySelector("span").textContent = showing ? words.write : words.preview;
    sheet.hidden = !showing;
    body.hidden = showing;
    if (!showing) body.focus();
  });

  window.addEventListener("focus", () => { if (barred && form.isConnected) saveDraft(); }); // back from signing in
  // On a narrow screen the paper opens where it gets the focus: the switch must not move away from under the finger that chooses.
  form.querySelector(".composer-switch")?.addEventListener("mousedown", (event) => event.preventDefault());
  form.addEventListener("change", (event) => { if (event.target.name === "kind") { aim(); typed(); } });
  form.addEventListener("compose", (event) => {
    const wanted = form.querySelector(`[name=kind][value=${event.detail.kind}]`);
    if (wanted && wanted.type === "radio") { wanted.checked = true; aim(); }
    body.focus();
  });
  form.addEventListener("insert", (event) => insert(event.detail.text));
  form.addEventListener("files", typed);
  body.addEventListener("input", typed);
  body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
  });
  form.addEventListener("submit", (event) => {
    sent = true;
    clearTimeout(timer);
    if (!saving && !barred) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    Promise.race([saving ?? keepDraft(), new Promise((over) => setTimeout(over, DRAFT_PATIENCE))]).then(() => {
      saving = null;
      if (barred) sent = false; // what was written stays here, and the way out is beside it
      else form.requestSubmit(event.submitter);
    });
  }, true);
  window.addEventListener("pageshow", (event) => { if (event.persisted) sent = false; });
  window.addEventListener("beforeunload", (event) => {
    if (form.isConnected && dirty && !sent && body.value.trim() && (!form.dataset.draft || "unsaved" in form.dataset) && !form.dataset.kept) event.preventDefault();
  });
  window.addEventListener("pagehide", () => {
    if (dirty && !sent && form.dataset.draft) post(form.dataset.draft, { body: body.value, kind: kind() }, { keepalive: true });
  });
  if (form.dataset.presence) {
    present(false);
    setInterval(() => present(false), LOOKING_SECONDS * 1000);
  }
  aim();
}
