// Light, dark or as the system: at once, and kept without a page load.
import { post } from "ui/words";

export default function (form) {
  form.addEventListener("submit", (event) => {
    const theme = event.submitter?.value;
    if (!theme) return;
    event.preventDefault();
    document.documentElement.dataset.theme = theme;
    document.documentElement.dataset.bsTheme = theme;
    document.querySelector("meta[name=color-scheme]").content = theme === "auto" ? "light dark" : theme;
    for (const button of document.querySelectorAll("[data-theme-switch] [name=theme]")) button.setAttribute("aria-pressed", String(button.value === theme));
    post(form.action, { theme });
  });
}
