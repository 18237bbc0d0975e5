// How far somebody has read: when the last post that was seen rests for a moment on the screen, it is remembered.
import { post } from "ui/words";

export default function (region) {
  let furthest = 0;
  let told = 0;
  let timer;

  const tell = () => {
    if (furthest <= told) return;
    told = furthest;
    post(region.dataset.reading, { post: String(furthest) }, { keepalive: true }).catch(() => { told = 0; });
  };
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) furthest = Math.max(furthest, Number(entry.target.dataset.post));
    clearTimeout(timer);
    timer = setTimeout(tell, 1500);
  });
  region.querySelectorAll("[data-post]").forEach((one) => watcher.observe(one));
  window.addEventListener("pagehide", tell);
}
