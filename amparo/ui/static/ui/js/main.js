// Finds what has a behaviour and wakes its module, once for each element, also in regions that htmx brings.
const behaviours = {};

function wake(root) {
  for (const [selector, name] of Object.entries(behaviours)) {
    const found = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) found.push(root);
    if (found.length) import(name).then((module) => found.forEach((element) => wakeOne(element, name, module)));
  }
}

const awake = new WeakMap();
function wakeOne(element, name, module) {
  const names = awake.get(element) ?? new Set();
  if (names.has(name)) return;
  awake.set(element, names.add(name));
  module.default(element);
}

wake(document.body);
document.addEventListener("htmx:load", (event) => wake(event.detail.elt));
