// The office grid by keyboard: a code is written and saved, and the focus moves on. This file ties the parts together.

import * as dialogs from "./dialogs.js";
import { show as showDetail } from "./detail.js";
import { Filling } from "./filling.js";
import { wireFinding } from "./finding.js";
import { Moves } from "./moves.js";
import { Saving } from "./saving.js";
import { settings, wireSettings } from "./settings.js";
import { Sheet } from "./sheet.js";
import { Typing } from "./typing.js";
import { Undo } from "./undo.js";

const part = (id) => document.getElementById(id);
const table = part("grid");
const LATE = ["L", "U"];

if (table) start();

function start() {
  const sheet = new Sheet(table);
  const moves = new Moves(sheet, settings);
  const kept = new Map(); // the reasons to be used again, by the code they lead to
  const say = (words) => {
    part("said").textContent = words;
    if (words) trouble("");
  };
  const trouble = (words, retry = false) => {
    part("trouble").textContent = words;
    if (words) part("said").textContent = "";
    part("again").hidden = !retry;
  };
  let undo = null;
  const saving = new Saving(sheet, { clash: dialogs.askClash, said: say, trouble, saved: (step, changed) => undo.remember(step, changed) });
  undo = new Undo(sheet, saving, part("undo"), dialogs.askUndo);
  const filling = new Filling(sheet, saving);
  const typing = new Typing(sheet, write, () => moves.current);
  let asking = false;

  /** Write a code, and hold what is typed until every question about it has been asked. */
  async function write(cell, code, target) {
    asking = true;
    try {
      return await given(cell, code, target);
    } finally {
      asking = false;
      dialogs.release();
    }
  }

  /** Ask what a code must be given with, send it, and move on. Resolves to whether it was sent. */
  async function given(cell, code, target) {
    const goOn = () => (target ? moves.go(target) : moves.on());
    if (moves.selected.length) {
      filling.open(moves.selected, code);
      return false;
    }
    cell.classList.remove("refused");
    const before = sheet.latest(cell);
    if (before === code && !LATE.includes(code)) {
      goOn();
      return true;
    }
    const arrival = LATE.includes(code) ? await dialogs.askArrival(code) : {};
    if (!arrival) return false;
    const note = await noteFor(code);
    if (note === null) return false;
    const reason = before ? await reasonFor(cell, before, code) : "";
    if (reason === null) return false;
    const plain = `1 mark to ${code}`;
    saving.add({ name: `${sheet.where(cell)} to ${code}`, plain, reason, entries: [{ cell, code, note, ...arrival }] });
    goOn();
    return true;
  }

  async function noteFor(code) {
    const known = sheet.codes.get(code);
    if (!known?.detail || !(known.must || settings.details)) return "";
    return dialogs.askNote(code, known.detail, known.must);
  }

  async function reasonFor(cell, before, code) {
    if (kept.has(code)) return kept.get(code);
    const answer = await dialogs.askReason(`${sheet.where(cell)}: ${before} becomes ${code}. What stood is kept.`, code);
    if (answer?.keep) {
      kept.set(code, answer.reason);
      showKept();
    }
    return answer?.reason ?? null;
  }

  function showKept() {
    const buttons = [...kept].map(([code, reason]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "chip";
      button.textContent = `To ${code}: “${reason}” ✕`;
      button.title = "Ask for the reason again";
      button.addEventListener("click", () => {
        kept.delete(code);
        showKept();
        moves.current.focus();
      });
      return button;
    });
    part("kept").replaceChildren(...buttons);
  }

  /** Fill each row (or column) of the selection from its own first cell; rows that begin alike are one question. */
  async function fillFrom(lineOf) {
    const lines = Map.groupBy(moves.selected, lineOf);
    const alike = Map.groupBy(lines.values(), ([head]) => sheet.latest(head));
    for (const [code, found] of alike) {
      if (code || alike.size === 1) await filling.open(found.flatMap(([, ...rest]) => rest), code);
    }
  }

  const CTRL = {
    d: () => fillFrom((cell) => cell.cellIndex),
    r: () => fillFrom((cell) => cell.parentElement),
    z: () => undo.last(),
  };

  /** Keys that do something other than move or write. Returns whether this one did. */
  function command(event) {
    const ctrl = event.ctrlKey || event.metaKey;
    if (ctrl && !event.altKey && CTRL[event.key.toLowerCase()]) CTRL[event.key.toLowerCase()]();
    else if (event.key === " " && ctrl) moves.selectColumn();
    else if (event.key === " " && event.shiftKey) moves.selectRow();
    else if (event.key === "Escape") typing.cancel() || moves.drop();
    else if (event.key === "Enter" && typing.waiting) typing.commit();
    else if (event.key === "Enter" || event.key === "F2") showDetail(sheet, saving, moves.current);
    else if (event.key === "Delete" || event.key === "Backspace") typing.cancel() || trouble("A mark is never emptied. Type the right code.");
    else return false;
    return true;
  }

  table.addEventListener("keydown", (event) => {
    if (!event.target.matches("td")) return;
    if (asking) {
      if (!event.ctrlKey && !event.metaKey && !event.altKey) dialogs.hold(event);
      event.preventDefault();
      return;
    }
    if (command(event)) {
      event.preventDefault();
      return;
    }
    const target = moves.target(event);
    if (target !== undefined) {
      event.preventDefault();
      if (!typing.commit(target) && target) moves.go(target, event.shiftKey);
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && typing.take(event.key, moves.current)) {
      event.preventDefault();
    }
  });

  table.addEventListener("mousedown", (event) => {
    const cell = event.target.closest("td");
    if (!cell || !sheet.isOpen(cell)) return;
    event.preventDefault();
    if (!typing.commit(cell)) moves.go(cell, event.shiftKey);
  });
  table.addEventListener("dblclick", (event) => {
    if (event.target.closest("td") && sheet.isOpen(event.target.closest("td"))) showDetail(sheet, saving, moves.current);
  });
  table.addEventListener("focusout", () => typing.cancel());

  part("fill").addEventListener("click", () => filling.open(moves.chosen()).then(() => moves.current.focus()));
  part("undo").addEventListener("click", () => undo.last().then(() => moves.current.focus()));
  part("again").addEventListener("click", () => saving.again());
  window.addEventListener("online", () => saving.stopped && saving.again());
  window.addEventListener("beforeunload", (event) => {
    if (saving.waiting) event.preventDefault();
  });

  dialogs.wireReason();
  wireSettings();
  wireFinding(sheet, moves);
  moves.start();
  // A week in which nobody shown is on roll has no cell to stand in.
  part("tools").hidden = !moves.current;
}
