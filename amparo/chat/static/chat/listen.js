// The stream for a page that has no session: it is fetched, because an EventSource sends no header. While it cannot be had, or a
// proxy on the way keeps it back, the page asks now and then; what is told is what the stream's other pages are told.
const ASKS = 4e3; // without a stream, while somebody looks
const ASKS_FAR = 15e3;
const SURE = 120e3; // with one: nothing stays wrong for longer
const SILENT = 50e3; // the stream says every twenty seconds that it is still there
const WAIT = 1e3;
const WAIT_MAX = 60e3;

export function listen(base, headers, topics, told) {
  let wanted = topics;
  let line = null;
  let whole = false;
  let wait = WAIT;
  let asked = Date.now();
  let stopped = false;
  let opening;
  let silence;

  function say(topic) {
    asked = Date.now();
    told(topic);
  }

  function frame(text) {
    if (/^event: resync$/m.test(text)) {
      whole = true;
      wait = WAIT;
      return say("");
    }
    const found = /^data: (.+)\|\d+$/m.exec(text);
    if (found) say(found[1]);
  }

  function heard(mine) {
    clearTimeout(silence);
    silence = setTimeout(() => mine.abort(), SILENT);
  }

  async function read(mine) {
    const address = `${base}?${new URLSearchParams(wanted.split(" ").map((topic) => ["t", topic]))}`;
    heard(mine);
    const answer = await fetch(address, { headers: { ...headers(), Accept: "text/event-stream" }, credentials: "omit", cache: "no-store", signal: mine.signal });
    if (!answer.ok) throw new Error(answer.status);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard(mine);
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      frames.forEach(frame);
    }
  }

  async function open() {
    clearTimeout(opening);
    line?.abort();
    const mine = line = new AbortController();
    try { await read(mine); } catch { /* it is opened again, and asked meanwhile */ }
    if (mine !== line || stopped) return;
    if (whole) say(""); // it ended: what ended it may be that one may not listen any more
    whole = false;
    clearTimeout(silence);
    opening = setTimeout(open, wait + Math.random() * 1e3);
    wait = Math.min(wait * 2, WAIT_MAX);
  }

  const shut = () => { clearTimeout(opening); clearTimeout(silence); const old = line; line = null; whole = false; old?.abort(); };
  const round = setInterval(() => {
    const patience = whole ? SURE : document.hidden ? ASKS_FAR : ASKS;
    if (Date.now() - asked > patience) say("");
  }, 1e3);
  const left = () => shut();
  const back = (event) => { if (event.persisted) open(); };
  const again = () => { if (!whole) { wait = WAIT; open(); } };
  window.addEventListener("pagehide", left);
  window.addEventListener("pageshow", back);
  window.addEventListener("online", again);
  if (base) open();
  return {
    retopic(others) { if (others !== wanted) { wanted = others; if (base) open(); } },
    stop() {
      stopped = true;
      clearInterval(round);
      shut();
      window.removeEventListener("pagehide", left);
      window.removeEventListener("pageshow", back);
      window.removeEventListener("online", again);
    },
  };
}
