// An upload that shows how far it is. Without this script the same form is sent as a whole.
import { csrf } from "ui/words";

function upload(form) {
  const [sending, error, button] = ["[data-sending]", "[data-error]", "button"].map((one) => form.querySelector(one));
  const bar = sending.querySelector("progress");
  const share = sending.querySelector("[data-share]");

  function fail(text) {
    error.textContent = text;
    error.hidden = false;
    sending.hidden = true;
    button.disabled = false;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = form.querySelector("input[type=file]").files[0];
    if (!file) return;
    if (!file.size) return fail(form.dataset.empty);
    if (file.size > Number(form.dataset.megabytes) * 1e6) return fail(form.dataset.large);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", csrf());
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    const leaving = (leave) => { leave.preventDefault(); };
    addEventListener("beforeunload", leaving);
    const over = () => removeEventListener("beforeunload", leaving);
    request.upload.addEventListener("progress", (step) => {
      if (!step.lengthComputable) return;
      bar.value = (step.loaded / step.total) * 100;
      share.textContent = `${Math.floor(bar.value)} %`;
    });
    request.addEventListener("load", () => {
      over();
      if (request.status === 201) return location.reload();
      fail(request.response?.error || form.dataset.failed);
    });
    request.addEventListener("error", () => { over(); fail(form.dataset.failed); });
    error.hidden = true;
    sending.hidden = false;
    button.disabled = true;
    request.send(new FormData(form));
  });
}

document.querySelectorAll("[data-film-upload]").forEach(upload);
