{% autoescape false %}// The chat of our service: a button and a frame of its origin. Who the reader is, only the frame is told, and only by the site's signed word.
(() => {
  const origin = {{ origin|tojson }};
  const address = {{ frame_url|tojson }};
  const origins = {{ origins|tojson }};
  const sentences = {{ sentences|tojson }};
  const here = document.currentScript?.dataset ?? {};
  const tongue = [here.language, document.documentElement.lang, navigator.language].map((one) => (one || "").slice(0, 2).toLowerCase()).find((one) => one in sentences) ?? {{ language|tojson }};
  const says = sentences[tongue];
  const label = here.label || "Chat";
  const store = "amparo-chat"; // for this tab: that the chat goes on, and whether it was open
  let word = here.word ?? "";
  let panel = null; // the frame, or what says why there is none
  let ready = false;
  let live = false;
  let unread = 0;
  const remembered = () => { try { return sessionStorage.getItem(store); } catch { return null; } };
  const remember = () => { try { isOpen() || live ? sessionStorage.setItem(store, isOpen() ? "open" : "shut") : sessionStorage.removeItem(store); } catch { /* it is not kept */ } };
  const isOpen = () => Boolean(panel) && panel.style.display !== "none";
  const tell = (message) => { if (ready) panel.contentWindow.postMessage(message, origin); };

  const button = document.createElement("button");
  button.type = "button";
  button.dataset.amparoChat = "";
  Object.assign(button.style, { position: "fixed", right: "16px", bottom: "16px", zIndex: "2147483000", minHeight: "48px", padding: "0 20px", border: "2px solid #fff", borderRadius: "24px", background: here.colour || "#0f6466", color: "#fff", font: "600 16px system-ui, sans-serif", cursor: "pointer", boxShadow: "0 4px 16px rgb(0 0 0 / 25%)" });
  const PANEL = { position: "fixed", right: "16px", bottom: "76px", zIndex: "2147483000", boxSizing: "border-box", width: "min(380px, calc(100vw - 32px))", border: "1px solid #7a8a8a", borderRadius: "12px", background: "Canvas", color: "CanvasText", boxShadow: "0 8px 32px rgb(0 0 0 / 25%)" };

  function draw() {
    const open = isOpen();
    button.textContent = open ? `${label} ✕` : unread ? `${label} (${unread})` : label;
    button.setAttribute("aria-label", open ? says.shut.replace("%s", label) : unread ? says.unread.replace("%s", label).replace("%d", unread) : label);
    button.setAttribute("aria-expanded", String(open));
  }

  function make(shut) {
    if (!origins.includes(location.origin)) { // the browser would show an empty frame: better say it
      panel = document.createElement("div");
      panel.setAttribute("role", "alert");
      panel.textContent = says.origin.replace("%s", location.origin);
      Object.assign(panel.style, PANEL, { padding: "16px", font: "16px/1.5 system-ui, sans-serif" });
    } else {
      panel = document.createElement("iframe");
      panel.title = label;
      panel.addEventListener("load", () => { ready = true; tell({ amparo: "hello", word, shut: !isOpen(), focus: document.activeElement === panel }); word = ""; });
      panel.src = `${address}?language=${tongue}`;
      Object.assign(panel.style, PANEL, { height: "min(600px, calc(100dvh - 100px))" });
    }
    panel.style.display = shut ? "none" : "block";
    document.body.append(panel);
  }

  function turn(open, toFocus = true) {
    if (open === isOpen()) return;
    if (panel) panel.style.display = open ? "block" : "none"; else make(false);
    if (open && toFocus) panel.focus();
    tell({ amparo: "shut", shut: !open });
    if (!open && toFocus) button.focus();
    remember();
    draw();
  }

  button.addEventListener("click", () => turn(!isOpen()));
  button.addEventListener("keydown", (event) => { if (event.key === "Escape") turn(false); });
  window.addEventListener("message", (event) => {
    if (event.origin !== origin || event.source !== panel?.contentWindow) return;
    const told = event.data ?? {};
    if (told.amparo === "close") turn(false);
    if (told.amparo === "live") { live = Boolean(told.live); remember(); }
    if (told.amparo === "unread") { unread = Number(told.count) || 0; draw(); }
  });
  function begin() {
    document.body.append(button);
    const before = remembered();
    if (before && origins.includes(location.origin)) make(before !== "open");
    draw();
  }
  document.body ? begin() : document.addEventListener("DOMContentLoaded", begin);
  window.AmparoChat = {
    open: () => turn(true),
    close: () => turn(false),
    identify(given) { if (ready) tell({ amparo: "word", word: given }); else word = given; },
    leave() { word = ""; if (!panel) make(true); if (ready) tell({ amparo: "leave" }); else panel.addEventListener("load", () => tell({ amparo: "leave" })); },
  };
})();
{% endautoescape %}
