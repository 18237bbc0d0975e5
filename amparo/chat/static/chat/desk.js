// The desk's list of chats: seconds that run down on an offer, the badge in the title, a sign from the browser.
const list = document.querySelector("[data-chat-list]");
const plain = document.title;
let before = null;

function count() {
  const board = list.querySelector("[data-chat-counts]");
  if (!board) return;
  const { unread, offered } = board.dataset;
  const sum = Number(unread) + Number(offered);
  if (!document.querySelector("[data-chat]") || document.hidden) document.title = sum ? `(${sum}) ${plain}` : plain;
  if (before !== null && sum > before && document.hidden && "Notification" in window && Notification.permission === "granted") {
    const shown = new Notification(board.dataset.title, { body: Number(offered) ? board.dataset.offeredWords : board.dataset.unreadWords, tag: "chats" });
    shown.addEventListener("click", () => { window.focus(); shown.close(); });
  }
  before = sum;
}

function run() {
  for (const clock of list.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Math.round((Date.parse(clock.dataset.until) - Date.now()) / 1000));
    clock.textContent = `${left} s`;
  }
}

if (list) {
  new MutationObserver(count).observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-unread", "data-offered"] });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) document.title = plain; });
  setInterval(run, 1000);
  run();
  count();
  const bell = document.querySelector("[data-chat-bell]");
  if (bell && "Notification" in window && Notification.permission === "default") {
    bell.hidden = false;
    bell.addEventListener("click", async () => { await Notification.requestPermission(); bell.hidden = true; });
  }
}
