// The work of who is new: numbers are tried while he writes, so that a robot pays for each post. Begun at the first key.
export default function (field) {
  const form = field.form;
  let begun = null;

  const hex = (octets) => [...new Uint8Array(octets)].map((one) => one.toString(16).padStart(2, "0")).join("");

  async function solve() {
    const answer = await fetch(field.dataset.proof, { credentials: "same-origin" });
    if (!answer.ok || !window.crypto?.subtle) return;
    const asked = await answer.json();
    const encoder = new TextEncoder();
    const most = asked.maxnumber ?? asked.maxNumber ?? 1000000;
    for (let number = 0; number <= most; number += 1) {
      const digest = await crypto.subtle.digest("SHA-256", encoder.encode(asked.salt + number));
      if (hex(digest) !== asked.challenge) continue;
      field.value = btoa(JSON.stringify({ algorithm: asked.algorithm, challenge: asked.challenge, number, salt: asked.salt, signature: asked.signature }));
      return;
    }
  }

  const begin = () => (begun ??= solve().catch(() => { /* without it a moderator looks first */ }));
  form.addEventListener("input", begin, { once: true });
  form.addEventListener("submit", (event) => {
    if (field.value || form.dataset.proved) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    begin().then(() => { form.dataset.proved = "1"; form.requestSubmit(); });
  }, { capture: true });
}
