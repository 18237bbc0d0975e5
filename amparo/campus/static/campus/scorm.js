// Holds a SCORM package on its lesson: gives its player what it had kept, and keeps what it says, both by messages whose
// origin is compared exactly. On [data-scorm]; the addresses and the words stand in data attributes.
for (const box of document.querySelectorAll("[data-scorm]")) {
  const frame = box.querySelector("iframe");
  const origin = box.dataset.origin;
  const status = box.querySelector("[data-status]");
  const token = box.querySelector("[name=csrfmiddlewaretoken]").value;
  const state = JSON.parse(box.dataset.state);
  let waiting = null;
  let busy = false;

  const keep = async (cmi) => {
    waiting = cmi;
    if (busy) return;
    busy = true;
    while (waiting) {
      const body = JSON.stringify({ cmi: waiting });
      waiting = null;
      try {
        const answer = await fetch(box.dataset.track, {
          method: "POST", body, keepalive: body.length < 60000,
          headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const now = await answer.json();
        status.textContent = now.done ? box.dataset.done : box.dataset.kept;
        if (now.done && !box.dataset.wasDone) {
          box.dataset.wasDone = "1";
          box.querySelector("[data-next]")?.removeAttribute("hidden");
        }
      } catch {
        status.textContent = box.dataset.failed;
      }
    }
    busy = false;
  };

  window.addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== frame.contentWindow) return;
    const message = event.data;
    if (!message || message.amparo !== "scorm") return;
    if (message.kind === "ready") frame.contentWindow.postMessage({ amparo: "scorm", kind: "state", ...state }, origin);
    if (message.kind === "save" && message.cmi && typeof message.cmi === "object") keep(message.cmi);
  });
  frame.src = box.dataset.address;
}
