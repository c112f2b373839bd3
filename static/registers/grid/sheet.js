// The table as the grid's model: which cell is which session of which pupil, and what the register says there.

const WORDS = { note: "has a note", rec: "rests on a record", odd: "the teacher saw otherwise", want: "needs its details" };
const STROKES = ["/", "\\"];

export class Sheet {
  constructor(table) {
    this.table = table;
    this.heads = [...table.tHead.rows[1].cells];
    this.all = [...table.tBodies[0].rows];
    this.rows = this.all;
    this.standing = new Map(); // what the register says in cells that show something not yet saved
    this.coming = new Map(); // the code that is on its way to the register
    this.codes = new Map();
    this.counts = [...document.querySelectorAll("[data-count]")];
    for (const item of document.querySelectorAll("#codes li")) {
      const { code, detail = "", must } = item.dataset;
      this.codes.set(code, { meaning: item.lastElementChild.textContent, detail, must: must !== undefined });
    }
  }

  /** Keep to the rows that are shown. */
  refresh() {
    this.rows = this.all.filter((row) => !row.hidden);
  }

  cell(row, column) {
    return column < this.heads.length ? this.rows[row]?.cells[column + 1] : undefined;
  }

  at(cell) {
    return { row: this.rows.indexOf(cell.parentElement), column: cell.cellIndex - 1 };
  }

  isOpen(cell) {
    return Boolean(cell) && !cell.classList.contains("x") && !cell.classList.contains("remark");
  }

  pupil(cell) {
    return Number(cell.parentElement.dataset.p);
  }

  place(cell) {
    return this.heads[cell.cellIndex - 1].dataset.s;
  }

  find(pupil, place) {
    const row = this.all.find((one) => one.dataset.p === String(pupil));
    const column = this.heads.findIndex((head) => head.dataset.s === place);
    return row?.cells[column + 1];
  }

  name(cell) {
    return cell.parentElement.cells[0].querySelector("a").textContent;
  }

  className(cell) {
    return cell.parentElement.cells[0].querySelector("span").textContent;
  }

  session(cell) {
    return this.heads[cell.cellIndex - 1].dataset.name;
  }

  where(cell) {
    return `${this.name(cell)}, ${this.session(cell)}`;
  }

  /** The right stroke for the session; any other code as it is. */
  stroke(code, cell) {
    return STROKES.includes(code) ? STROKES[this.place(cell).endsWith("PM") ? 1 : 0] : code;
  }

  /** What the register says, as far as this page knows. */
  said(cell) {
    const kept = this.standing.get(cell);
    if (kept) return kept;
    const code = cell.textContent;
    const version = code ? Number(cell.dataset.v ?? 1) : 0;
    const minutes = cell.dataset.m === undefined ? null : Number(cell.dataset.m);
    return { code, version, minutes, classes: cell.className.split(" ").filter((one) => one !== "sel").join(" ") };
  }

  /** Show a code that is on its way to the register. */
  show(cell, text, state) {
    if (!this.standing.has(cell)) this.standing.set(cell, this.said(cell));
    cell.textContent = text;
    cell.className = state;
    delete cell.dataset.m;
  }

  /** Show what the register says: what the site answered, or what was there. */
  settle(cell, said = this.said(cell)) {
    this.recount(cell, this.said(cell), said);
    this.standing.delete(cell);
    cell.textContent = said.code;
    cell.className = said.classes;
    cell.dataset.v = said.version;
    if (said.minutes === null || said.minutes === undefined) delete cell.dataset.m;
    else cell.dataset.m = said.minutes;
    if (cell === document.activeElement) this.label(cell);
    const remark = cell.parentElement.querySelector(".remark");
    if (remark && said.was) remark.textContent = `${said.code} just now`;
  }

  /** Keep the numbers above the grid true to what has just been saved. */
  recount(cell, before, after) {
    const is = {
      blank: ({ code }) => !code && this.place(cell) <= this.table.dataset.due,
      unexplained: ({ code }) => code === "N",
      contradicted: ({ classes }) => classes.split(" ").includes("odd"),
      wanting: ({ classes }) => classes.split(" ").includes("want"),
    };
    for (const count of this.counts) {
      const counts = is[count.dataset.count];
      count.textContent = Number(count.textContent) + counts(after) - counts(before);
    }
  }

  /** The code the register will hold when all that is on its way has arrived. */
  latest(cell) {
    return this.coming.get(cell) ?? this.said(cell).code;
  }

  wantsLook(cell) {
    if (!this.isOpen(cell)) return false;
    const code = this.latest(cell);
    if (!code) return this.place(cell) <= this.table.dataset.due;
    return code === "N" || cell.classList.contains("odd") || cell.classList.contains("want");
  }

  /** Say a cell in words, for whoever does not see it. */
  label(cell) {
    const { code, minutes } = this.said(cell);
    const corners = [...cell.classList].map((name) => WORDS[name]).filter(Boolean);
    const words = code ? [`${code} ${this.codes.get(code)?.meaning ?? ""}`] : ["No mark"];
    if (minutes !== null) words.push(`${minutes} minutes late`);
    cell.setAttribute("aria-label", [...words, ...corners].join(", "));
  }
}
