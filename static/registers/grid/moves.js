// Moving about the grid: one tab stop, shut cells skipped, and a selection that Shift stretches.

export class Moves {
  constructor(sheet, settings) {
    this.sheet = sheet;
    this.settings = settings;
    this.current = null;
    this.anchor = null;
    this.selected = [];
  }

  start() {
    const { rows, heads, table } = this.sheet;
    const due = heads.findIndex((head) => head.dataset.s === table.dataset.due);
    const column = Math.max(0, due);
    const first = rows.map((_, row) => this.sheet.cell(row, column)).find((cell) => this.sheet.isOpen(cell));
    const cell = first ?? [...table.querySelectorAll("td")].find((one) => this.sheet.isOpen(one));
    if (cell) this.go(cell);
  }

  go(cell, stretch = false) {
    if (!this.sheet.isOpen(cell)) return;
    if (this.current) this.current.tabIndex = -1;
    this.current = cell;
    cell.tabIndex = 0;
    this.sheet.label(cell);
    cell.focus();
    if (stretch) this.select(this.anchor, cell);
    else this.drop();
  }

  /** Select the oblong between two cells. */
  select(from, to) {
    this.drop(from);
    const [a, b] = [this.sheet.at(from), this.sheet.at(to)];
    for (let row = Math.min(a.row, b.row); row <= Math.max(a.row, b.row); row += 1) {
      for (let column = Math.min(a.column, b.column); column <= Math.max(a.column, b.column); column += 1) {
        const cell = this.sheet.cell(row, column);
        if (this.sheet.isOpen(cell)) this.selected.push(cell);
      }
    }
    if (this.selected.length === 1) this.selected = [];
    for (const cell of this.selected) {
      cell.classList.add("sel");
      cell.setAttribute("aria-selected", "true");
    }
  }

  drop(anchor = this.current) {
    for (const cell of this.selected) {
      cell.classList.remove("sel");
      cell.removeAttribute("aria-selected");
    }
    this.selected = [];
    this.anchor = anchor;
  }

  selectColumn() {
    const { column } = this.sheet.at(this.current);
    this.select(this.sheet.cell(0, column), this.sheet.cell(this.sheet.rows.length - 1, column));
  }

  selectRow() {
    const { row } = this.sheet.at(this.current);
    this.select(this.sheet.cell(row, 0), this.sheet.cell(row, this.sheet.heads.length - 1));
  }

  /** The selection, or the whole column of the current cell. */
  chosen() {
    if (this.selected.length) return this.selected;
    const { column } = this.sheet.at(this.current);
    return this.sheet.rows.map((_, row) => this.sheet.cell(row, column)).filter((cell) => this.sheet.isOpen(cell));
  }

  /** The first open cell from here on, a step at a time. */
  along(rows, columns, wanted = () => true) {
    let { row, column } = this.sheet.at(this.current);
    for (;;) {
      row += rows;
      column += columns;
      const cell = this.sheet.cell(row, column);
      if (!cell || column < 0) return null;
      if (this.sheet.isOpen(cell) && wanted(cell)) return cell;
    }
  }

  /** As far as the edge, then back to the last open cell. */
  edge(row, column, rows, columns) {
    for (let cell = this.sheet.cell(row, column); cell; cell = this.sheet.cell(row, column)) {
      if (this.sheet.isOpen(cell)) return cell;
      row += rows;
      column += columns;
      if (column < 0) return null;
    }
    return null;
  }

  page(direction) {
    const scroll = this.sheet.table.parentElement;
    const step = Math.max(1, Math.floor(scroll.clientHeight / this.current.offsetHeight) - 3);
    const { row, column } = this.sheet.at(this.current);
    const target = Math.min(this.sheet.rows.length - 1, Math.max(0, row + direction * step));
    return this.edge(target, column, -direction, 0);
  }

  /** Where a key leads, or undefined if it leads nowhere. */
  target(event) {
    const { row, column } = this.sheet.at(this.current);
    const last = { row: this.sheet.rows.length - 1, column: this.sheet.heads.length - 1 };
    const look = (cell) => this.sheet.wantsLook(cell);
    const jump = event.ctrlKey || event.metaKey;
    const ways = {
      ArrowDown: () => this.along(1, 0, jump ? look : undefined),
      ArrowUp: () => this.along(-1, 0, jump ? look : undefined),
      ArrowRight: () => (jump ? this.edge(row, last.column, 0, -1) : this.along(0, 1)),
      ArrowLeft: () => (jump ? this.edge(row, 0, 0, 1) : this.along(0, -1)),
      Home: () => this.edge(jump ? 0 : row, 0, 0, 1),
      End: () => this.edge(jump ? last.row : row, last.column, 0, -1),
      PageDown: () => this.page(1),
      PageUp: () => this.page(-1),
    };
    return ways[event.key]?.();
  }

  /** On to the next cell after a code. */
  on() {
    const look = (cell) => this.sheet.wantsLook(cell);
    const ways = {
      down: () => this.along(1, 0),
      right: () => this.along(0, 1) ?? this.edge(this.sheet.at(this.current).row + 1, 0, 0, 1),
      stay: () => null,
      next: () => this.along(1, 0, look),
    };
    this.go(ways[this.settings.direction]() ?? this.current);
  }
}
