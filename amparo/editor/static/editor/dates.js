// Fields of dates and hours say in data attributes how they are drawn: the page's policy lets no inline script run.
(() => {
  const kinds = { datetime: "initDateTimeChooser", date: "initDateChooser", time: "initTimeChooser" };
  const begin = (root) => {
    for (const field of root.querySelectorAll("[data-editor-chooser]")) {
      const made = window[kinds[field.dataset.editorChooser]];
      if (!made || field.dataset.editorReady) continue;
      field.dataset.editorReady = "1";
      made(field.dataset.editorField, JSON.parse(field.dataset.editorConfig));
    }
  };
  document.addEventListener("DOMContentLoaded", () => begin(document));
  if (document.readyState !== "loading") begin(document);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.querySelectorAll) begin(node);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
