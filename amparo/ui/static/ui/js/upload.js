// A large file goes up in pieces (tus) and goes on where it was cut, also after the page was closed.
import { refresh } from "ui/follow";
import { csrf } from "ui/words";

const PIECE = 8 * 1024 * 1024;

export default function (form) {
  const words = form.dataset;
  const input = form.querySelector("input[type=file]");
  const bar = form.querySelector("progress");
  const note = form.querySelector("[role=status]");
  const pause = form.querySelector("[data-upload-pause]");
  let upload = null;

  const say = (text) => { note.textContent = text; };
  const shown = document.querySelector(form.dataset.region);

  function show(percent) {
    bar.hidden = false;
    bar.value = percent;
    say(`${words.sending} ${percent} %`);
  }

  function end(text) {
    upload = null;
    pause.hidden = true;
    form.removeAttribute("aria-busy");
    say(text);
    if (shown) refresh(shown);
  }

  async function send(file) {
    const said = Object.fromEntries([...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken"));
    upload = new window.tus.Upload(file, {
      endpoint: form.dataset.upload,
      chunkSize: PIECE,
      retryDelays: [0, 1000, 3000, 8000, 20000],
      removeFingerprintOnSuccess: true,
      metadata: { ...said, filename: file.name },
      headers: { "X-CSRFToken": csrf() },
      onProgress: (sent, total) => show(Math.floor((sent / total) * 100)),
      onSuccess: () => { bar.value = 100; input.value = ""; end(words.done); },
      onError: (error) => end(error.originalResponse?.getBody() || words.failed),
    });
    const earlier = await upload.findPreviousUploads();
    if (earlier.length) {
      say(words.resumed);
      upload.resumeFromPreviousUpload(earlier[0]);
    }
    form.setAttribute("aria-busy", "true");
    pause.hidden = false;
    upload.start();
  }

  form.addEventListener("submit", (event) => {
    if (!window.tus && form.method === "post") return; // it goes as a whole, as without any script
    event.preventDefault();
    const file = input.files[0];
    if (upload !== null || !file) return;
    if (!file.size && words.empty) say(words.empty);
    else if (words.megabytes && file.size > Number(words.megabytes) * 1e6) say(words.large);
    else send(file);
  });
  pause.addEventListener("click", async () => {
    await upload?.abort();
    end(words.paused);
  });
  form.dataset.ready = "yes";
}
