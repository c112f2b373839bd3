// Twenty absences in a minute by keyboard: a code, Tab, what was said, Enter for the next row, Ctrl Enter to settle.
// Without this the boxes and the button work all the same.

const form = document.getElementById("settle");
const boxes = [...document.querySelectorAll(".settle__code")];

function goTo(place) {
  const box = boxes[place];
  if (box) {
    box.focus();
    box.select();
  } else if (place >= boxes.length) {
    form.querySelector("button[type=submit]").focus();
  }
}

document.getElementById("unexplained")?.addEventListener("keydown", (event) => {
  const row = event.target.closest("tr");
  const place = boxes.indexOf(row?.querySelector(".settle__code"));
  if (place < 0 || event.target.tagName !== "INPUT") return;
  const inCode = event.target === boxes[place];
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  else if (event.key === "Enter" || (inCode && event.key === "ArrowDown")) goTo(place + 1);
  else if (inCode && event.key === "ArrowUp") goTo(Math.max(0, place - 1));
  else return;
  event.preventDefault();
});

const keys = document.getElementById("keys");
if (keys) keys.hidden = false;
boxes.find((box) => box.hasAttribute("aria-invalid"))?.focus();
