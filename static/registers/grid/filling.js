// Filling many sessions with one code: what would happen is shown before it does.

import { open } from "./dialogs.js";
import { post } from "./saving.js";

const part = (id) => document.getElementById(id);

export class Filling {
  constructor(sheet, saving) {
    this.sheet = sheet;
    this.saving = saving;
    this.cells = [];
    this.asked = 0;
    const box = part("fill-box");
    box.addEventListener("input", (event) => {
      if (event.target.name === "filling" || event.target.id === "fill-code") this.preview();
      else this.ready();
    });
    box.querySelector("form").addEventListener("submit", (event) => {
      if (event.submitter?.value === "ok" && part("fill-go").disabled) event.preventDefault();
    });
  }

  /** Ask what to fill the cells with, and do it. */
  async open(cells, code = "") {
    if (!cells.length) return;
    this.cells = cells;
    part("fill-where").textContent = this.where();
    part("fill-code").value = code;
    for (const id of ["fill-note", "fill-reason", "fill-count"]) part(id).value = "";
    part("fill-box").querySelector("input[value=blanks]").checked = true;
    this.preview();
    const answer = await open(part("fill-box"), part("fill-code"));
    if (answer === "ok") this.go();
  }

  where() {
    const pupils = new Set(this.cells.map((cell) => cell.parentElement));
    const sessions = new Set(this.cells.map((cell) => cell.cellIndex));
    const classes = new Set([...pupils].map((row) => this.sheet.className(row.cells[1])));
    const of = classes.size === 1 ? ` of ${[...classes][0]}` : "";
    const when = sessions.size === 1 ? this.sheet.session(this.cells[0]) : `${sessions.size} sessions`;
    return `${pupils.size === 1 ? this.sheet.name(this.cells[0]) : `${pupils.size} pupils${of}`}, ${when}.`;
  }

  get code() {
    return part("fill-code").value.trim().toUpperCase();
  }

  body() {
    return {
      code: this.code,
      filling: part("fill-box").querySelector("input[name=filling]:checked").value,
      note: part("fill-note").value.trim(),
      reason: part("fill-reason").value.trim(),
      count: Number(part("fill-count").value) || null,
      cells: this.cells.map((cell) => [this.sheet.pupil(cell), this.sheet.place(cell), this.sheet.said(cell).version]),
    };
  }

  async preview() {
    const asked = (this.asked += 1);
    this.found = null;
    const known = this.sheet.codes.get(this.code);
    part("fill-note-part").hidden = !known?.detail;
    part("fill-note-what").textContent = known?.detail ? `${known.detail}${known.must ? " (needed)" : ""}` : "";
    this.ready();
    // What needs a note is previewed as if it had one.
    const body = { ...this.body(), note: part("fill-note").value.trim() || (known?.must ? "…" : "") };
    const response = await post(this.sheet.table.dataset.preview, body).catch(() => null);
    const found = await response?.json().catch(() => null);
    if (asked !== this.asked) return;
    if (!response?.ok || !found) {
      part("fill-preview").textContent = found?.message ?? "The preview could not be made. Check the network and try again.";
      return;
    }
    this.found = found;
    this.ready();
  }

  /** Show the preview, and whether enough has been said to go on. */
  ready() {
    const { found } = this;
    const changes = found ? found.entered + found.amended : 0;
    const most = Number(this.sheet.table.dataset.most);
    const known = this.sheet.codes.get(this.code);
    for (const place of part("fill-box").querySelectorAll("[data-touched]")) {
      place.textContent = found ? `(${found.touched[place.dataset.touched]})` : "";
    }
    part("fill-reason-part").hidden = !found?.amended;
    part("fill-count-part").hidden = changes <= most;
    part("fill-preview").textContent = found && this.code ? summary(found, this.code) : "";
    part("fill-refused").replaceChildren(...(found && this.code ? found.refused : []).map(line));
    part("fill-go").textContent = changes ? `Fill ${changes === 1 ? "1 session" : `${changes} sessions`}` : "Fill";
    part("fill-go").disabled =
      changes + (found?.clashes ?? 0) === 0 ||
      (found.amended > 0 && !part("fill-reason").value.trim()) ||
      (known?.must && !part("fill-note").value.trim()) ||
      (changes > most && Number(part("fill-count").value) !== changes);
  }

  go() {
    const body = this.body();
    const { code } = this;
    const changes = this.found.entered + this.found.amended;
    const where = this.where().replace(/\.$/, "");
    const number = changes === 1 ? "1 mark" : `${changes} marks`;
    const plain = `${number} to ${code}`;
    this.saving.add({
      name: `${number} in ${where} to ${code}`,
      plain,
      reason: body.reason,
      entries: [],
      number: changes,
      url: this.sheet.table.dataset.fill,
      body: () => body,
    });
  }
}

function line({ message, number }) {
  const item = document.createElement("li");
  item.textContent = `${number} left out: ${message}`;
  return item;
}

function summary(found, code) {
  const parts = [];
  if (found.entered) parts.push(`${found.entered} blank become ${code}`);
  if (found.amended) parts.push(`${found.amended} are changed to ${code}, with the reason kept`);
  if (found.clashes) parts.push(`${found.clashes} were changed by somebody else meanwhile and will ask`);
  return parts.length ? `${parts.join("; ")}.` : "Nothing would change.";
}
