// The engineer sees what the customer's browser shares. Signs of life begin the session, keep its clock, and bring it back after a break.
const BEAT_MS = 3000;
const STANDS_MS = 60_000; // without signs of life of this page the service stops the clock
const root = document.querySelector("[data-watch]");
if (root) begin(root);

function begin(root) {
  const part = (name) => root.querySelector(`[data-${name}]`);
  const word = (name) => root.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`];
  const csrf = root.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? ""; // visitors have none: their origin counts
  const video = part("seen");
  let room = null, entering = false, wanted = false, clock = null, seen = false;

  async function ask(values = {}) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ csrfmiddlewaretoken: csrf, ...values })) body.append(name, value);
    return (await fetch(root.dataset.beat, { method: "POST", body, credentials: "same-origin" })).json();
  }

  const say = (text) => { if (part("says").textContent !== text) part("says").textContent = text; };

  function left() {
    if (!clock) return;
    const seconds = clock.seconds + (clock.running ? (performance.now() - clock.at) / 1000 : 0);
    const digits = [seconds / 60, seconds % 60].map((n) => String(Math.floor(n)).padStart(2, "0")).join(":");
    part("left").textContent = clock.limit ? `${digits} / ${Math.round(clock.limit / 60)} min` : digits;
  }

  /** Goes in beside the signs of life, however long that takes. */
  async function enter() {
    entering = true;
    try {
      const { Room } = await import(root.dataset.module);
      if (!wanted) return;
      room = new Room(async () => {
        const told = await ask({ want: "access" });
        if (!told.access) throw Object.assign(new Error(told.state), { out: told.state === "ended" });
        return told.access;
      });
      room.addEventListener("feed", ({ detail }) => { video.srcObject = detail.stream; video.play().catch(() => {}); seen = true; });
      room.addEventListener("gone", () => { video.srcObject = null; seen = false; });
      await room.enter();
    } catch { room?.leave(); room = null; } finally { entering = false; }
  }

  function state(told) {
    if (told.error) return told.error;
    if (told.running) return seen ? word("running") : clock.seconds > 5 ? word("gone") : word("waiting");
    return told.waits === "decision" ? word("paused") : told.waits ? word("dropped") : word("waiting");
  }

  async function beat() {
    try {
      const told = await ask();
      clock = { ...told, at: performance.now() };
      if (told.note) { part("note").textContent = told.note; part("note").hidden = false; }
      if (told.state === "ended") return location.assign(root.dataset.over);
      wanted = told.running;
      if (wanted && !room && !entering) enter();
      if (!wanted && room) { room.leave(); room = null; }
      say(state(told));
    } catch {
      if (clock && performance.now() - clock.at > STANDS_MS) clock.running = false;
      say(word("lost"));
    }
    setTimeout(beat, BEAT_MS);
  }

  addEventListener("pagehide", () => { // the clock of the case stops with the page
    const body = new FormData();
    for (const [name, value] of [["csrfmiddlewaretoken", csrf], ["gone", "1"]]) body.append(name, value);
    navigator.sendBeacon(root.dataset.beat, body);
  });
  beat();
  setInterval(left, 1000);
}
