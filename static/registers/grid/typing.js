// Letters into codes. C, J and Y wait for their digit; whatever else is pressed writes what has been typed so far.

const WAITS = "CJY";

export class Typing {
  /** `write` gives a cell its code and resolves to whether it did; `current` is the cell that has the focus then. */
  constructor(sheet, write, current) {
    this.sheet = sheet;
    this.write = write;
    this.current = current;
    this.waiting = null;
  }

  /** Take a key, if it is part of a code. Returns whether it was. */
  take(key, cell) {
    if (key.length !== 1 || key === " ") return false;
    const letter = key.toUpperCase();
    if (this.waiting) {
      const { code } = this.waiting;
      if (/[0-9]/.test(letter)) this.finish(code + letter);
      else this.finish(code).then((written) => written && this.take(key, this.current()));
      return true;
    }
    if (WAITS.includes(letter)) {
      this.waiting = { code: letter, cell };
      this.sheet.show(cell, `${letter}_`, "typing");
      return true;
    }
    if (/[A-Z/\\#]/.test(letter)) {
      this.write(cell, this.sheet.stroke(letter, cell));
      return true;
    }
    return false;
  }

  /** Write what waits for its digit as it is, and go to a cell then. Returns whether anything waited. */
  commit(target) {
    if (!this.waiting) return false;
    this.finish(this.waiting.code, target);
    return true;
  }

  /** Forget what waits. Returns whether anything did. */
  cancel() {
    if (!this.waiting) return false;
    const { cell } = this.waiting;
    this.waiting = null;
    this.sheet.settle(cell);
    return true;
  }

  finish(code, target) {
    const { cell } = this.waiting;
    this.waiting = null;
    this.sheet.settle(cell);
    return this.write(cell, code, target);
  }
}
