// Plays a recording from the unpacked folder of a case file: no server, no module, the chunks come as scripts.
(async function () {
  const waiting = new Map();
  globalThis.amparoChunk = (number, text) => {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
    waiting.get(number)?.(bytes);
    waiting.delete(number);
  };
  const load = (number) => new Promise((give, fail) => {
    const script = document.createElement("script");
    waiting.set(number, give);
    script.src = `chunk-${String(number).padStart(5, "0")}.js`;
    script.onerror = fail;
    script.onload = () => script.remove();
    document.head.append(script);
  });
  const { RFB } = await globalThis.amparoNoVNC;
  const { rows, words, length, chunks } = globalThis.amparoTimeLine;
  const box = document.querySelector("[data-player]");
  box.querySelector("[data-player-seek]").max = length;
  box.player = new globalThis.AmparoPlayer(box, { RFB, load, chunks, length, rows, words });
})();
