// Opens a dialog by the name that a button gives (data-opens); a click beside it closes it.
function opener(button) {
  button.addEventListener("click", (event) => {
    const dialog = document.getElementById(button.dataset.opens);
    if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // a link that opens one leads to its page where there is no script
    button.closest("details")?.removeAttribute("open");
    dialog.showModal();
  });
}

function closer(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) dialog.close();
  });
  // A form in the dialog that was refused brings its page back with the dialog open.
  if (dialog.querySelector("[aria-invalid=true]")) dialog.showModal();
}

export default function (element) {
  if (element.matches("dialog")) closer(element);
  else opener(element);
}
