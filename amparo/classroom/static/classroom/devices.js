// The test of camera, microphone and loudspeaker ([data-devices]); and one way to ask for a device, with the reason where it is refused.
// Nothing leaves the browser.

export function why(problem) {
  if (!navigator.mediaDevices?.getUserMedia) return "insecure";
  return { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "absent", OverconstrainedError: "absent", NotReadableError: "busy", AbortError: "busy" }[problem?.name] ?? "absent";
}

export const chosen = { audioinput: "", videoinput: "" };

const wanted = {
  audio: () => ({ echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(chosen.audioinput ? { deviceId: { ideal: chosen.audioinput } } : {}) }),
  video: () => ({ width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 20, max: 24 }, ...(chosen.videoinput ? { deviceId: { ideal: chosen.videoinput } } : {}) }),
};

/** Get one track: "audio" or "video". Fails with a name that `why` turns into words. */
export async function track(kind) {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "InsecureError");
  const stream = await navigator.mediaDevices.getUserMedia({ [kind]: wanted[kind]() });
  return stream.getTracks()[0];
}

/** Call back with how loud a track is, 0 to 100, until the returned function is called. */
export function listen(audio, tell) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(new MediaStream([audio])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const loud = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
    tell(Math.min(100, Math.round(Math.sqrt(loud) * 140)));
  }, 100);
  return () => { clearInterval(timer); context.close(); };
}

function chime() {
  const context = new AudioContext();
  [523, 659, 784].forEach((pitch, place) => {
    const tone = context.createOscillator();
    const loud = context.createGain();
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0.2, context.currentTime + place * 0.25);
    loud.gain.exponentialRampToValueAtTime(0.001, context.currentTime + place * 0.25 + 0.4);
    tone.connect(loud).connect(context.destination);
    tone.start(context.currentTime + place * 0.25);
    tone.stop(context.currentTime + place * 0.25 + 0.45);
  });
  setTimeout(() => context.close(), 1500);
}

function test(root) {
  const word = root.querySelector("[data-device-word]");
  const level = root.querySelector("[data-level]");
  const preview = root.querySelector("[data-preview]");
  const tracks = {};
  let quiet = () => {};

  const say = (name, bad = false) => { word.textContent = root.dataset[name]; word.classList.toggle("is-bad", bad); };

  function stop() {
    quiet();
    quiet = () => {};
    for (const kind of Object.keys(tracks)) { tracks[kind].stop(); delete tracks[kind]; }
    preview.srcObject = null;
    preview.hidden = true;
    level.hidden = true;
    root.querySelector("[data-none]").hidden = false;
  }

  async function devices() {
    const found = await navigator.mediaDevices.enumerateDevices();
    for (const select of root.querySelectorAll("[data-choice]")) {
      const own = found.filter((one) => one.kind === select.dataset.choice && one.deviceId);
      select.replaceChildren(...own.map((one, place) => new Option(one.label || `${place + 1}`, one.deviceId, false, one.deviceId === chosen[select.dataset.choice])));
      select.parentElement.hidden = own.length < 2;
    }
    root.querySelector("[data-choices]").hidden = [...root.querySelectorAll("[data-choices] label")].every((one) => one.hidden);
  }

  async function begin() {
    stop();
    let problem = null;
    for (const kind of ["audio", "video"]) {
      try {
        tracks[kind] = await track(kind);
        tracks[kind].addEventListener("ended", () => say("gone", true));
      } catch (found) {
        problem = found;
      }
    }
    if (tracks.video) {
      preview.srcObject = new MediaStream([tracks.video]);
      preview.hidden = false;
      root.querySelector("[data-none]").hidden = true;
    }
    if (tracks.audio) {
      level.hidden = false;
      quiet = listen(tracks.audio, (loud) => { level.firstElementChild.style.setProperty("inline-size", `${loud}%`); level.setAttribute("aria-valuenow", loud); });
    }
    if (problem) say(why(problem), true);
    else say("good");
    if (tracks.audio || tracks.video) await devices();
  }

  root.querySelector("[data-try]").addEventListener("click", begin);
  root.querySelector("[data-sound]").addEventListener("click", chime);
  for (const select of root.querySelectorAll("[data-choice]")) {
    select.addEventListener("change", () => { chosen[select.dataset.choice] = select.value; begin(); });
  }
  root.addEventListener("devices-stop", stop);
}

for (const root of document.querySelectorAll("[data-devices]")) test(root);
