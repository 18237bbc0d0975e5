// Finds what has a behaviour and wakes its module, once for each element, also in regions that htmx brings.
// A module is one file for one attribute; its default export gets the element.
const behaviours = {
  "[data-toasts]": "ui/toast",
  "[data-shortcuts]": "ui/shortcuts",
  "[data-follow]": "ui/follow",
  "[data-clock]": "ui/clock",
  "[data-composer]": "ui/composer",
  "[data-files]": "ui/files",
  "form[data-upload]": "ui/upload",
  "[data-list]": "ui/list",
  "[data-menu]": "ui/menu",
  "[data-opens], [data-dialog]": "ui/dialog",
  "[data-palette-sheet]": "ui/palette",
  "[data-searched]": "ui/searched",
  "[data-theme-switch]": "ui/theme",
  "[data-confirm]": "ui/confirm",
  "[data-proof]": "ui/proof",
  "[data-mention]": "ui/mention",
  "[data-quote]": "ui/quote",
  "[data-reading]": "ui/reading",
  "[data-cite]": "ui/cite",
  "form[method=post]:not([data-upload])": "ui/forms",
};

const awake = new WeakMap();

function wakeOne(element, name, module) {
  const names = awake.get(element) ?? new Set();
  if (names.has(name)) return;
  awake.set(element, names.add(name));
  module.default(element);
}

export function wake(root) {
  for (const [selector, name] of Object.entries(behaviours)) {
    const found = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) found.push(root);
    if (found.length) import(name).then((module) => found.forEach((element) => wakeOne(element, name, module)));
  }
}

// Where a strip is wider than the page, the present place of it is brought into sight.
for (const place of document.querySelectorAll(":is(.tabs, .portal-house-in) > [aria-current]")) {
  const strip = place.parentElement;
  if (strip.scrollWidth > strip.clientWidth) strip.scrollLeft = place.offsetLeft - (strip.clientWidth - place.offsetWidth) / 2;
}

wake(document.body);
document.addEventListener("htmx:load", (event) => wake(event.detail.elt));
