// Every entry is sent at once, one request after another. What is refused says why, what clashes asks, and what
// cannot be sent stays in the page until it can.

export class Saving {
  constructor(sheet, { clash, said, trouble, saved }) {
    this.sheet = sheet;
    this.clash = clash;
    this.said = said;
    this.trouble = trouble;
    this.saved = saved;
    this.queue = [];
    this.busy = false;
    this.stopped = false;
  }

  get waiting() {
    return this.queue.length;
  }

  /** Send a step: { name, reason, entries: [{ cell, code, minutes, arrived, note }], count, undoes, url, body }. */
  add(step) {
    for (const entry of step.entries) {
      this.sheet.coming.set(entry.cell, entry.code);
      this.sheet.show(entry.cell, entry.code, "saving");
    }
    this.queue.push(step);
    return this.run();
  }

  again() {
    this.stopped = false;
    this.trouble("");
    return this.run();
  }

  async run() {
    if (this.busy || this.stopped) return;
    this.busy = true;
    while (this.queue.length && !this.stopped) {
      const step = this.queue[0];
      const answer = await this.send(step);
      if (answer === null) continue;
      this.queue.shift();
      if (answer.status === 200) await this.take(step, answer);
      else this.refuse(step, answer);
    }
    this.busy = false;
  }

  /** The site's answer, or null where there was none and the step stays. */
  async send(step) {
    try {
      const response = await post(step.url ?? this.sheet.table.dataset.save, step.body?.() ?? this.body(step));
      if (!response.headers.get("content-type")?.includes("json")) {
        this.stop(response.redirected || response.status === 403 ? "You have been signed out. Sign in again in another tab, then try again." : "The site could not save.");
        return null;
      }
      return { status: response.status, ...(await response.json()) };
    } catch {
      this.stop("The network does not answer.");
      return null;
    }
  }

  stop(why) {
    this.stopped = true;
    for (const { cell } of this.queue.flatMap((step) => step.entries)) cell.className = "unsaved";
    const number = this.queue.reduce((sum, step) => sum + (step.number ?? step.entries.length), 0);
    this.trouble(`${why} ${number === 1 ? "1 mark is" : `${number} marks are`} not saved.`, true);
  }

  body(step) {
    return {
      reason: step.reason ?? "",
      count: step.count ?? null,
      // What is not given is not sent: an undo may be of a whole half-term.
      cells: step.entries.map(({ cell, code, minutes, arrived, note, undoes }) => ({
        pupil: this.sheet.pupil(cell),
        place: this.sheet.place(cell),
        code,
        minutes: minutes ?? undefined,
        arrived,
        note: note || undefined,
        undoes,
        version: this.sheet.said(cell).version,
      })),
    };
  }

  async take(step, answer) {
    for (const said of answer.cells) this.settle(this.sheet.find(said.pupil, said.place), said);
    const changed = answer.cells.filter((said) => said.was);
    if (step.entries.length === 1 && !step.undoes) this.rename(step, answer.cells[0].code);
    if (changed.length) this.saved(step, changed);
    for (const clash of answer.clashes) await this.settleClash(step, clash);
    const why = answer.cells.find((said) => said.why)?.why;
    if (!answer.clashes.length) this.said(changed.length ? `Saved: ${step.name}.${why ? ` ${why}` : ""}` : "Nothing changed.");
  }

  /** A time of arrival may have made another code of the one typed. */
  rename(step, code) {
    step.name = `${this.sheet.where(step.entries[0].cell)} to ${code}`;
    step.plain = `1 mark to ${code}`;
  }

  /** Show what stands, unless something later is still on its way to the same cell. */
  settle(cell, said) {
    if (!cell) return;
    this.sheet.coming.delete(cell);
    this.sheet.settle(cell, said);
    for (const step of this.queue) {
      const entry = step.entries.find((one) => one.cell === cell);
      if (entry) {
        this.sheet.coming.set(cell, entry.code);
        this.sheet.show(cell, entry.code, "saving");
      }
    }
  }

  async settleClash(step, clash) {
    const cell = this.sheet.find(clash.pupil, clash.place);
    if (!cell) return;
    const where = this.sheet.where(cell);
    if (await this.clash(where, clash)) {
      const entry = { cell, code: clash.yours, minutes: clash.minutes, note: clash.note };
      this.queue.unshift({ name: `${where} to ${clash.yours}`, reason: step.reason, entries: [entry] });
      this.sheet.coming.set(cell, entry.code);
      this.sheet.show(cell, entry.code, "saving");
      if (!this.queue[0].reason) this.queue[0].reason = "Made so after seeing both entries";
    } else {
      this.said(`${where}: ${clash.theirs} by ${clash.by} stands.`);
    }
  }

  refuse(step, answer) {
    for (const { cell } of step.entries) this.settle(cell);
    const found = (answer.refused ?? []).map(({ pupil, place, message }) => {
      const cell = this.sheet.find(pupil, place);
      cell?.classList.add("refused");
      return cell ? `${this.sheet.where(cell)}: ${message}` : message;
    });
    const rest = found.length > 3 ? ` And ${found.length - 3} more.` : "";
    this.trouble(`Not saved. ${found.length ? found.slice(0, 3).join(" ") + rest : answer.message}`);
  }
}

/** Send JSON with the token that proves it comes from a page of ours. */
export function post(url, body) {
  const token = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
    credentials: "same-origin",
  });
}
