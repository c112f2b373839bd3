// What stands behind a mark: every entry, what the teacher saw, the note. Escape goes back to the cell.

const box = document.getElementById("cell-box");
const what = document.getElementById("cell-what");

export async function show(sheet, saving, cell) {
  const url = sheet.table.dataset.cell.replace("/0/PLACE", `/${sheet.pupil(cell)}/${sheet.place(cell)}`);
  const response = await fetch(url, { credentials: "same-origin" }).catch(() => null);
  if (!response?.ok || response.redirected) {
    saving.trouble("The detail could not be fetched. Check the network and try again.");
    return;
  }
  what.innerHTML = await response.text();
  const form = document.getElementById("cell-form");
  const close = what.querySelector("[data-close]");
  close.addEventListener("click", () => box.close());
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    save(sheet, saving, cell, form);
  });
  box.showModal();
  close.focus();
}

function save(sheet, saving, cell, form) {
  const field = (id) => document.getElementById(id)?.value.trim() ?? "";
  const minutes = field("cell-minutes") || form.dataset.minutes;
  const reason = document.getElementById("cell-reason");
  reason.required = true;
  if (!form.reportValidity()) return;
  box.close();
  const { code } = form.dataset;
  const entry = { cell, code, minutes: minutes ? Number(minutes) : null, note: field("cell-note") };
  saving.add({ name: `the note of ${sheet.where(cell)}`, plain: "a note", reason: reason.value.trim(), entries: [entry], undoes: true });
}
