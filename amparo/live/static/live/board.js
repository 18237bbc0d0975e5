// The board's own clock, and how long the first caller has waited, between two tellings of the service.
const digits = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
const clock = document.querySelector("[data-wall-clock]");
const ahead = Date.parse(document.body.dataset.now) - Date.now() || 0;

setInterval(() => {
  const now = new Date(Date.now() + ahead);
  clock.textContent = now.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  for (const one of document.querySelectorAll("[data-since]")) one.textContent = digits(Math.max(0, Math.floor((now - Date.parse(one.dataset.since)) / 1000)));
}, 1000);
