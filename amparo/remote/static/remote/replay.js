// A recording in our pages: the chunks come from the server, one by one.
const box = document.querySelector("[data-player]");
if (box) {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const { RFB } = await import(new URL(box.dataset.novnc, location.href));
  await import(new URL(box.dataset.play, location.href));
  const load = async (number) => {
    const answer = await fetch(box.dataset.chunkUrl.replace(/0\/$/, `${number}/`));
    if (!answer.ok) throw new Error(String(answer.status));
    return new Uint8Array(await answer.arrayBuffer());
  };
  box.player = new globalThis.AmparoPlayer(box, {
    RFB, load, chunks: Number(box.dataset.chunks), length: Number(box.dataset.length), rows: read("player-rows"), words: read("player-words"),
  });
}
