// Undo by name, several steps deep. A mark is never emptied, so what was blank can only become N, and only if asked.

const MOST_STEPS = 20;

export class Undo {
  constructor(sheet, saving, button, ask) {
    this.sheet = sheet;
    this.saving = saving;
    this.button = button;
    this.ask = ask;
    this.steps = [];
  }

  /** Remember a saved step: its name, and what each changed cell said before. */
  remember(step, changed) {
    if (step.undoes) return;
    const cells = changed.map((said) => ({ cell: this.sheet.find(said.pupil, said.place), was: said.was, code: said.code }));
    this.steps.push({ name: step.name, reason: step.plain, cells: cells.filter(({ cell }) => cell) });
    if (this.steps.length > MOST_STEPS) this.steps.shift();
    this.show();
  }

  show() {
    const last = this.steps.at(-1);
    this.button.disabled = !last;
    this.button.textContent = last ? `Undo: ${last.name}` : "Nothing to undo";
  }

  async last() {
    const step = this.steps.at(-1);
    if (!step) return;
    const still = step.cells.filter(({ cell, code }) => this.sheet.latest(cell) === code);
    const blank = still.filter(({ was }) => !was.code);
    const most = Number(this.sheet.table.dataset.most);
    let answer = { count: null };
    if (blank.length || still.length > most || still.length < step.cells.length) {
      const number = still.length > most ? still.length : null;
      const ask = () => this.ask(`Undo: ${step.name}`, words(step, still, blank), blank.length ? "Make it N" : "Undo", number);
      do answer = await ask();
      while (answer && answer.count !== number);
    }
    if (!answer) return;
    this.steps.pop();
    this.show();
    if (!still.length) return;
    const entries = still.map(({ cell, was }) => ({ cell, code: was.code || "N", minutes: was.minutes, undoes: true }));
    this.saving.add({ name: `undone, ${step.name}`, reason: `Undone: ${step.reason}`, entries, count: answer.count, undoes: true });
  }
}

function words(step, still, blank) {
  const found = [];
  const number = (marks) => (marks === 1 ? "1 mark" : `${marks} marks`);
  if (!still.length) return "All of these have been changed since, so there is nothing left to undo.";
  if (still.length < step.cells.length) found.push(`${number(step.cells.length - still.length)} changed since and will stay.`);
  if (blank.length) {
    found.push(`${number(blank.length)} stood where there was none. A mark once made is kept for ever and cannot be blank again; it can become N, to be settled.`);
  }
  if (still.length > blank.length) found.push(`${number(still.length - blank.length)} will say again what they said before.`);
  return found.join(" ");
}
