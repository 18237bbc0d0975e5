// A menu is a <details>: it closes on Escape, on a click elsewhere and when another opens.
const menus = new Set();

document.addEventListener("click", (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
});

export default function (menu) {
  menus.add(menu);
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll(".menu-sheet :is(a, button)")];
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.stopPropagation();
    } else if (menu.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      items[(at + step + items.length) % items.length]?.focus();
    }
  });
  menu.addEventListener("toggle", () => {
    if (menu.open) for (const other of menus) if (other !== menu && !other.contains(menu)) other.open = false;
  });
}
