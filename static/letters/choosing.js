// Ticking all or none of a list of pupils; without JavaScript the boxes are ticked one by one.

for (const button of document.querySelectorAll("button[data-tick]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const box of button.form.querySelectorAll("input[type=checkbox][data-pupil], input[name=pupil], input[name=item]")) {
      box.checked = button.dataset.tick === "all";
    }
  });
}
