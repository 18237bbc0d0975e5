// Reads the picture of a terminal by this device's own camera, where the browser can; else says which way is left.
// Nothing of what the camera sees leaves the page: only the letters of the picture go on, by the form that is there.
const EVERY = 200;
const WHY = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing" };

async function detector() {
  try {
    if (!(await globalThis.BarcodeDetector?.getSupportedFormats())?.includes("qr_code")) return null;
    return new globalThis.BarcodeDetector({ formats: ["qr_code"] });
  } catch {
    return null;
  }
}

async function camera(box) {
  const [begin, stop, video, says] = ["[data-begin]", "[data-stop]", "video", "[role=status]"].map((one) => box.querySelector(one));
  const form = document.querySelector(box.dataset.camera);
  const eye = await detector();
  let stream = null;

  const say = (word) => { says.textContent = word ? box.dataset[word] : ""; };

  function end(word) {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    video.hidden = stop.hidden = true;
    begin.hidden = false;
    say(word);
  }

  async function look(mine) {
    while (stream === mine) {
      const found = await eye.detect(video).catch(() => []);
      if (stream !== mine) return;
      if (found.length) {
        end("read");
        form.querySelector("[name=request]").value = found[0].rawValue;
        return form.requestSubmit();
      }
      await new Promise((go) => { setTimeout(go, EVERY); });
    }
  }

  async function watch() {
    begin.hidden = true;
    say("asking");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = stop.hidden = false;
      await video.play();
    } catch (error) {
      return end(WHY[error.name] ?? "busy");
    }
    say("aim");
    return look(stream);
  }

  if (!eye || !navigator.mediaDevices?.getUserMedia) return say("none");
  begin.hidden = false;
  begin.addEventListener("click", watch);
  stop.addEventListener("click", () => end(""));
  return addEventListener("pagehide", () => end(""));
}

document.querySelectorAll("[data-camera]").forEach(camera);
