// Puts a blank where the cursor was: the list of blanks works as a set of buttons for the paragraph last typed in.

const form = document.getElementById("wording-form");
let last = null;

form?.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea, input[type=text]")) last = event.target;
});

form?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-blank]");
  if (!button) return;
  const field = last ?? form.querySelector(".wording-paragraph textarea");
  if (!field) return;
  field.focus();
  field.setRangeText(button.dataset.blank, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
