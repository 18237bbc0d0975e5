// The customer's browser shows its screen: first the consent, then what the browser itself asks, then the banner with its stop.
const BEAT_MS = 3000;
const root = document.querySelector("[data-share]");
if (root) begin(root);

function begin(root) {
  const part = (name) => root.querySelector(`[data-${name}]`);
  const word = (name) => root.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`];
  const csrf = root.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? ""; // visitors have none: their origin counts
  const title = document.title;
  let secret = "", track = null, room = null, entering = false, wasInside = false, wanted = false, timer = 0, over = false, clock = null;

  const form = (values) => { const body = new FormData(); for (const [name, value] of Object.entries({ csrfmiddlewaretoken: csrf, ...values })) body.append(name, value); return body; };
  const ask = async (url, values) => { const answer = await fetch(url, { method: "POST", body: form(values), credentials: "same-origin" }); return answer.json(); };

  function problem(text) { part("problem").textContent = text; part("problem").hidden = !text; }

  function show(state) {
    part("banner").hidden = false;
    part("banner").dataset.state = state;
    part("says").textContent = word(state);
    document.title = state === "running" ? `${word("title")} · ${title}` : title;
  }

  function left() {
    if (!clock || !clock.limit) { part("left").textContent = ""; return; }
    const passed = clock.running ? (performance.now() - clock.at) / 1000 : 0;
    part("left").textContent = `${Math.floor((clock.seconds + passed) / 60)} / ${Math.round(clock.limit / 60)} ${word("minutes")}`;
  }

  function finish(text) {
    if (over) return;
    over = true;
    clearTimeout(timer);
    room?.leave();
    track?.stop();
    for (const name of ["question", "banner", "own", "hint"]) part(name).hidden = true;
    part("over").textContent = text;
    part("over").hidden = false;
    problem("");
    document.title = title;
  }

  const ended = () => ask(root.dataset.stop, { secret }).catch(() => navigator.sendBeacon(root.dataset.stop, form({ secret })));

  async function stop() {
    if (over || !secret) return;
    finish(word("stopped"));
    await ended();
  }

  /** Goes in beside the signs of life, however long that takes; whoever stops meanwhile goes out at once. */
  async function enter() {
    entering = true;
    try {
      const { Room } = await import(root.dataset.module);
      if (over || !wanted) return;
      room = new Room(async () => {
        const told = await ask(root.dataset.beat, { secret, want: "access" });
        if (!told.access) throw Object.assign(new Error(told.state), { out: told.state === "ended" });
        return told.access;
      });
      room.addEventListener("state", ({ detail }) => {
        if (over || !wanted) return;
        if (detail.state === "inside") wasInside = true;
        show(where());
      });
      await room.publish({ video: track });
      await room.enter();
    } catch { room?.leave(); room = null; } finally { entering = false; }
  }

  /** What is said while the session runs: that one is seen only where the picture goes out. */
  const where = () => (room?.state === "inside" ? "running" : wasInside ? "lost" : "waiting");

  async function beat() {
    if (over) return;
    try {
      const told = await ask(root.dataset.beat, { secret });
      if (over) return;
      track.enabled = true;
      clock = { ...told, at: performance.now() };
      left();
      if (told.state === "ended") return finish(told.sentence || word("ended"));
      wanted = told.running;
      if (wanted && !room && !entering) enter();
      if (!wanted && room) { room.leave(); room = null; }
      show(told.state === "consented" ? "waiting" : wanted ? where() : told.waits === "page" ? "away" : "paused");
    } catch { track.enabled = false; show("lost"); } // what is said is so: nothing is seen until the service answers again
    timer = setTimeout(beat, BEAT_MS);
  }

  let asking = false;
  async function yes() {
    if (asking || secret) return; // pressed twice
    asking = true;
    try { await begun(); } finally { asking = false; }
  }

  async function begun() {
    problem("");
    if (!navigator.mediaDevices?.getDisplayMedia) return problem(word("none"));
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 12 } }, audio: false });
      if (over) return void stream.getTracks().forEach((one) => one.stop()); // «no» was pressed while the browser asked
      track = stream.getVideoTracks()[0];
    } catch { return problem(word("denied")); }
    if (!track) return problem(word("denied"));
    track.contentHint = "detail";
    track.addEventListener("ended", stop); // the browser's own «stop sharing»
    const told = await ask(root.dataset.answer, { code: root.dataset.code, answer: "yes" }).catch(() => ({ error: word("lost") }));
    if (!told.secret) { track.stop(); track = null; return over || problem(told.error); }
    secret = told.secret;
    if (over || track.readyState === "ended") { // taken back while the answer was on its way
      track.stop();
      return over ? ended() : stop();
    }
    part("question").hidden = true;
    part("hint").hidden = false;
    part("own").srcObject = new MediaStream([track]);
    part("own").hidden = false;
    show("waiting");
    beat();
    setInterval(left, 1000);
  }

  async function no() {
    finish(word("declined"));
    await ask(root.dataset.answer, { code: root.dataset.code, answer: "no" }).catch(() => {});
  }

  root.addEventListener("click", ({ target }) => { const what = target.closest("[data-do]")?.dataset.do; if (what) ({ yes, no, stop })[what](); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && secret) stop(); });
  addEventListener("pagehide", () => { if (secret && !over) navigator.sendBeacon(root.dataset.stop, form({ secret })); });
}
