// What cannot be undone waits until its word is typed.
export default function (form) {
  const field = form.querySelector("[data-confirm-word]");
  const button = form.querySelector("button:is([type=submit], :not([type]))");
  const look = () => { button.disabled = field.value.trim() !== form.dataset.confirm; };
  field.addEventListener("input", look);
  look();
}
