// The skin of a film: keys, speed, captions that stay as the reader left them, chapters and transcript that follow and
// lead, and where one stopped (on this device for visitors, with us for who is signed in).
import { csrf, isTyping } from "ui/words";

const SAVE_EVERY = 15e3;
const read = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const write = (name, value) => { try { value === null ? localStorage.removeItem(name) : localStorage.setItem(name, value); } catch { /* private mode */ } };

function player(figure) {
  const video = figure.querySelector("video");
  const place = `amparo-film-${figure.dataset.film}`;
  const marks = [...document.querySelectorAll(`[data-marks="${figure.dataset.film}"]`)].map((list) => [...list.querySelectorAll("[data-seek]")]);
  const captions = () => [...video.textTracks].filter((track) => track.kind === "captions");

  function seek(second) {
    video.currentTime = Math.max(0, Math.min(second, video.duration || second));
  }

  // Where to begin: what the address asks for, else where one stopped.
  const kept = figure.dataset.keepPlace ? Number(figure.dataset.second) : Number(read(place));
  const begin = figure.dataset.asked === "yes" ? Number(figure.dataset.second) : kept;
  if (begin > 0) {
    if (video.readyState > 0) seek(begin);
    else video.addEventListener("loadedmetadata", () => seek(begin), { once: true });
  }

  let saved = 0;
  function save(now) {
    const second = Math.floor(video.currentTime);
    if (!video.duration || (!now && Date.now() - saved < SAVE_EVERY)) return;
    saved = Date.now();
    const over = second < 5 || second > video.duration - 5;
    if (!figure.dataset.keepPlace) return write(place, over ? null : String(second));
    fetch(figure.dataset.keepPlace, {
      method: "POST", credentials: "same-origin", keepalive: true, headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ second: String(second) }),
    }).catch(() => {});
  }
  video.addEventListener("pause", () => save(true));
  addEventListener("pagehide", () => { if (!video.paused) save(true); });

  // Captions are on until the reader switches them off, and stay as he left them.
  const show = (on) => captions().forEach((track, number) => { track.mode = on && number === 0 ? "showing" : "disabled"; });
  const asKept = () => { if (read("amparo-captions") === "off") show(false); };
  asKept();
  video.addEventListener("loadedmetadata", asKept); // the browser chooses a track of its own when the film is known
  video.addEventListener("playing", () => {
    video.textTracks.addEventListener?.("change", () => write("amparo-captions", captions().some((track) => track.mode === "showing") ? null : "off"));
  }, { once: true });

  function follow() {
    for (const list of marks) {
      let current = null;
      for (const mark of list) if (Number(mark.dataset.seek) <= video.currentTime + 0.25) current = mark;
      for (const mark of list) {
        if ((mark === current) === mark.hasAttribute("aria-current")) continue;
        if (mark !== current) { mark.removeAttribute("aria-current"); continue; }
        mark.setAttribute("aria-current", "true");
        const box = mark.closest("[data-marks]");
        if (box.scrollHeight > box.clientHeight && !box.matches(":hover, :focus-within")) box.scrollTop = mark.offsetTop - box.offsetTop - box.clientHeight / 3;
      }
    }
  }
  video.addEventListener("timeupdate", () => { follow(); if (!video.paused) save(false); });
  video.addEventListener("seeked", follow);
  for (const mark of marks.flat()) {
    mark.addEventListener("click", (event) => {
      event.preventDefault();
      seek(Number(mark.dataset.seek));
      video.play().catch(() => {});
    });
  }

  const speed = figure.querySelector("[data-speed]");
  speed?.addEventListener("change", () => { video.playbackRate = Number(speed.value); });

  const whole = () => (document.fullscreenElement ? document.exitFullscreen() : figure.requestFullscreen?.() ?? video.webkitEnterFullscreen?.());
  const keys = {
    k: () => (video.paused ? video.play().catch(() => {}) : video.pause()),
    j: () => seek(video.currentTime - 10),
    l: () => seek(video.currentTime + 10),
    m: () => { video.muted = !video.muted; },
    c: () => show(!captions().some((track) => track.mode === "showing")),
    f: whole,
  };
  let going = 0; // «g» begins a way to another page
  document.addEventListener("keydown", (event) => {
    if (event.key === "g") going = Date.now();
    if (Date.now() - going < 1200 || (document.body.matches(".desk") && !figure.contains(event.target))) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const act = keys[event.key.toLowerCase()];
    if (!act || event.target.closest?.("select")) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }, { capture: true });

  // A stream in pieces, where the browser cannot play one by itself: the engine is fetched only then.
  const list = figure.dataset.streamList;
  if (list && !video.canPlayType("application/vnd.apple.mpegurl") && window.MediaSource) {
    import(figure.dataset.engine).then(() => {
      const Engine = globalThis.Hls;
      if (!Engine?.isSupported()) return;
      const engine = new Engine({ enableWorker: false, startPosition: begin > 0 ? begin : -1 });
      engine.on(Engine.Events.ERROR, (_name, trouble) => { if (trouble.fatal) { engine.destroy(); video.load(); } }); // the whole film is there too
      engine.loadSource(list);
      engine.attachMedia(video);
    }).catch(() => {});
  }
}

document.querySelectorAll("[data-player]").forEach(player);
