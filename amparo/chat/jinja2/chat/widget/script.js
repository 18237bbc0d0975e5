{% autoescape false %}// The chat of our service: a button and a frame of its origin. Who the reader is, only the frame is told, and only by the site's signed word.
(() => {
  const origin = {{ origin|tojson }};
  const address = {{ frame_url|tojson }};
  const here = document.currentScript;
  let word = here?.dataset.word ?? "";
  let frame = null;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = here?.dataset.label || "Chat";
  button.setAttribute("aria-expanded", "false");
  button.dataset.amparoChat = "";
  Object.assign(button.style, { position: "fixed", right: "16px", bottom: "16px", zIndex: "2147483000", minHeight: "48px", padding: "0 20px", border: "0", borderRadius: "24px", background: here?.dataset.colour || "#0f6466", color: "#fff", font: "600 16px system-ui, sans-serif", cursor: "pointer", boxShadow: "0 4px 16px rgb(0 0 0 / 25%)" });
  function open() {
    if (frame) {
      frame.hidden = !frame.hidden;
      frame.contentWindow?.postMessage({ amparo: "shut", shut: frame.hidden }, origin);
    } else {
      frame = document.createElement("iframe");
      frame.src = address;
      frame.title = button.textContent;
      Object.assign(frame.style, { position: "fixed", right: "16px", bottom: "76px", zIndex: "2147483000", width: "min(380px, calc(100vw - 32px))", height: "min(600px, calc(100vh - 100px))", border: "1px solid #c8d2d2", borderRadius: "12px", background: "#fff", boxShadow: "0 8px 32px rgb(0 0 0 / 25%)" });
      document.body.append(frame);
    }
    button.setAttribute("aria-expanded", String(!frame.hidden));
  }
  button.addEventListener("click", open);
  window.addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== frame?.contentWindow) return;
    if (event.data?.amparo === "ready" && word) { frame.contentWindow.postMessage({ amparo: "word", word }, origin); word = ""; }
    if (event.data?.amparo === "unread") button.textContent = `${here?.dataset.label || "Chat"}${event.data.count ? ` (${event.data.count})` : ""}`;
  });
  const begin = () => document.body.append(button);
  document.body ? begin() : document.addEventListener("DOMContentLoaded", begin);
  window.AmparoChat = { open, identify(given) { word = given; frame?.contentWindow.postMessage({ amparo: "word", word }, origin); } };
})();
{% endautoescape %}
