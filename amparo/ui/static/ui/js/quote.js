// Quoting: what is selected of a post, else its words, goes into the composer as a quote; quotes within it are left out.
export default function (button) {
  const form = document.querySelector("[data-composer]");
  const post = document.getElementById(button.dataset.quote);
  if (!form || !post) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const prose = post.querySelector(".prose").cloneNode(true);
    prose.querySelectorAll("blockquote, img").forEach((one) => one.remove());
    const picked = getSelection();
    const own = picked && !picked.isCollapsed && post.contains(picked.anchorNode) ? picked.toString() : "";
    const text = (own || prose.innerText || prose.textContent).trim().slice(0, 1500);
    const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
    const quote = [`> **${button.dataset.quoteAuthor}:**`, ...lines.map((line) => `> ${line}`)].join("\n");
    form.dispatchEvent(new CustomEvent("insert", { detail: { text: `${quote}\n\n` } }));
    form.scrollIntoView({ block: "center" });
  });
}
