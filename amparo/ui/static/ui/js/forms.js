// A form is sent once; a refused one puts the cursor where something is wrong.
const PATIENCE_SECONDS = 15;

export default function (form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.classList.contains("is-sending")) {
      event.preventDefault();
      return;
    }
    form.classList.add("is-sending");
    form.setAttribute("aria-busy", "true");
    setTimeout(() => calm(form), PATIENCE_SECONDS * 1000);
  });
  form.addEventListener("htmx:afterRequest", () => calm(form));
  if (!form.closest("dialog")) form.querySelector("[aria-invalid=true]")?.focus({ preventScroll: false });
}

function calm(form) {
  form.classList.remove("is-sending");
  form.removeAttribute("aria-busy");
}

window.addEventListener("pageshow", () => document.querySelectorAll("form.is-sending").forEach(calm));
