// The code after the `#` of the address fills the field; it never reaches a server's log. Digits are set in threes.
const form = document.querySelector("[data-enter]");
if (form) {
  const field = form.elements.code;
  const threes = () => { field.value = field.value.replace(/\D/g, "").slice(0, 9).replace(/(\d{3})(?=\d)/g, "$1 "); };
  const given = location.hash.slice(1).replace(/\D/g, "");
  if (given.length === 9 && !field.value) { field.value = given; history.replaceState(null, "", location.pathname); }
  threes();
  field.addEventListener("input", threes);
}
