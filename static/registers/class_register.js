// The class register by keyboard and thumb: a letter answers for the pupil and moves on. The form works without this.

import { forget, keep, kept } from "./class_register_kept.js";
import * as cells from "./class_register_rows.js";
import { post, retrying } from "./class_register_send.js";

const ANSWERS = { p: "P", "/": "P", "\\": "P", a: "A", n: "A", l: "L" };
const WORDS = { P: "Present", A: "Absent", L: "Late" };
const MOST_STEPS = 100;
const STATES = {
  sending: () => "Sending…",
  waiting: (unsent) => `${unsent} not sent yet – waiting for the network. It goes by itself; keep this page open.`,
  "signed-out": () => "Not sent: you are signed out. Sign in again in another tab; nothing is lost.",
  "somebody-else": () => "Not sent: somebody else is signed in here. Sign in as yourself in another tab; nothing is lost.",
  refused: () => "Not sent: this register is not yours to take any more. Ask the office; your answers are kept here.",
};

let form;
let rows = [];
let steps = [];
let how = "";
let isBusy = false;

const queue = retrying(send);
const voice = document.createElement("div");
voice.className = "visually-hidden";
voice.setAttribute("role", "status");
document.body.append(voice);

const find = (id) => document.getElementById(id);
const button = () => form.querySelector("button[type=submit]");
const unsent = () => rows.filter(cells.isUnsent);
const answers = (number) => (number === 1 ? "1 answer" : `${number} answers`);

// What the page says of itself ------------------------------------------------

function say(words) {
  voice.textContent = words;
}

function show() {
  if (!find("count")) return;
  const blank = rows.filter(cells.isBlank).length;
  const text = `${rows.filter(cells.isPresent).length} of ${rows.length} present` + (blank ? `, ${blank} still blank` : "");
  if (find("count").textContent !== text) find("count").textContent = text;
  const fill = find("fill");
  fill.hidden = blank === 0;
  fill.textContent = `Mark ${blank} remaining present`;
  const undo = find("undo");
  undo.hidden = steps.length === 0;
  undo.textContent = steps.length ? `Undo: ${steps.at(-1).words}` : "Undo";
  showState();
}

function showState() {
  const number = unsent().length;
  let text = "";
  let style = "quiet";
  if (STATES[how]) [text, style] = [STATES[how](answers(number)), how === "sending" ? "quiet" : "warn"];
  else if (number) [text, style] = [`${answers(number)} not sent yet`, form.dataset.sent ? "warn" : "quiet"];
  else if (form.dataset.sent) [text, style] = [`All sent ${form.dataset.sent}`, "good"];
  const state = find("state");
  if (state.textContent === text) return;
  state.hidden = text === "";
  state.className = `register__state register__state--${style}`;
  state.textContent = text;
  if (how) say(text);
}

// Answers and their undoing ---------------------------------------------------

/** Change rows as one step that can be taken back by its name. */
function step(words, changed, change) {
  const before = changed.filter((row) => !cells.isShut(row)).map((row) => [row, cells.read(row)]);
  if (!before.length) return;
  for (const [row] of before) {
    change(row);
    row.classList.remove("register__row--missing");
  }
  steps = [...steps, { words, before }].slice(-MOST_STEPS);
  changedSomething();
}

function changedSomething() {
  if (how && how !== "sending" && !queue.isWaiting) how = "";
  remember();
  show();
}

function remember() {
  keep(form.dataset.key, Object.fromEntries(unsent().map((row) => [cells.idOf(row), cells.read(row)])));
}

function choose(row, value) {
  step(`${WORDS[value]}, ${cells.nameOf(row)}`, [row], () => {
    cells.radio(row, value).checked = true;
  });
}

function fillRest() {
  const blank = rows.filter(cells.isBlank);
  if (!blank.length) return;
  step(`${blank.length} marked present`, blank, (row) => {
    cells.radio(row, "P").checked = true;
  });
  say(`${blank.length} marked present. Undo is Control Z.`);
  button()?.focus();
}

function undo() {
  const last = steps.pop();
  if (!last) return;
  for (const [row, state] of last.before) cells.write(row, state);
  remember();
  show();
  say(`Undone: ${last.words}`);
  focusRow(rows.indexOf(last.before[0][0]));
}

// Moving ----------------------------------------------------------------------

function focusRow(index) {
  const row = rows[Math.max(0, index)];
  if (!row) {
    button()?.focus();
    return;
  }
  (row.querySelector("input[type=radio]:checked") ?? cells.radio(row, "P")).focus();
}

function answerAt(index, value) {
  const row = rows[index];
  if (!row) return;
  choose(row, value);
  if (value === "L" && !cells.isShut(row)) cells.minutes(row).select();
  else focusRow(index + 1);
}

const MOVES = {
  ArrowDown: (index) => focusRow(index + 1),
  ArrowUp: (index) => focusRow(index - 1),
  Enter: (index) => focusRow(index + 1),
  Home: () => focusRow(0),
  End: () => focusRow(rows.length - 1),
};

/** What a key does in a row; nothing where it is for the field itself. */
function keyInRow(event, row) {
  const index = rows.indexOf(row);
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isTypingMinutes = event.target === cells.minutes(row);
  if (isTypingMinutes && (key === "Home" || key === "End")) return undefined;
  if (MOVES[key]) return () => MOVES[key](index);
  // After the minutes of one pupil, a letter is for the next.
  if (ANSWERS[key]) return () => answerAt(isTypingMinutes ? index + 1 : index, ANSWERS[key]);
  if (key === " ") return () => (isTypingMinutes ? focusRow(index + 1) : answerAt(index, event.target.value ?? "P"));
  if (key === "m") return fillRest;
  if (key === "t") return () => openNote(row);
  if (/^\d$/.test(key) && !isTypingMinutes && cells.answer(row) === "L") cells.minutes(row).select();
  return undefined;
}

function openNote(row) {
  row.querySelector(".register__note").open = true;
  cells.note(row).focus();
}

function onKey(event) {
  const row = event.target.closest(".register__row");
  const isCommand = event.ctrlKey || event.metaKey;
  let act;
  if (isCommand && event.key === "Enter") act = () => form.requestSubmit();
  else if (row && event.target === cells.note(row)) act = ["Enter", "Escape"].includes(event.key) && (() => focusRow(rows.indexOf(row)));
  else if (isCommand && event.key.toLowerCase() === "z") act = undo;
  else if (isCommand || event.altKey) return;
  else if (row && event.target.type !== "submit" && event.target.tagName !== "SUMMARY") act = keyInRow(event, row);
  else if (event.target === button() && event.key === "ArrowUp") act = () => focusRow(rows.length - 1);
  if (!act) return;
  event.preventDefault();
  act();
}

// Sending ---------------------------------------------------------------------

function onSubmit(event) {
  event.preventDefault();
  const blank = rows.filter(cells.isBlank);
  for (const row of rows) row.classList.toggle("register__row--missing", blank.includes(row));
  if (blank.length) {
    const who = blank.length === 1 ? "1 pupil has" : `${blank.length} pupils have`;
    find("count").textContent = `${who} no mark yet.`;
    say(`Not sent. ${who} no mark yet.`);
    focusRow(rows.indexOf(blank[0]));
    return;
  }
  send();
}

async function send() {
  if (isBusy) return;
  isBusy = true;
  const wasWaiting = queue.isWaiting;
  how = wasWaiting ? how : "sending";
  show();
  const snapshot = new Map(rows.map((row) => [cells.idOf(row), cells.read(row)]));
  const outcome = await post(form);
  isBusy = false;
  how = outcome.how;
  if (outcome.page) {
    queue.done();
    swap(outcome.page, snapshot, wasWaiting);
  } else if (how === "waiting") queue.later();
  else if (how === "refused") queue.done();
  else queue.onReturn();
  show();
}

/** Put the page that came back in place of this one, keeping what was answered while it was on its way. */
function swap(page, snapshot, wasWaiting) {
  const later = rows
    .map((row) => [cells.idOf(row), cells.read(row)])
    .filter(([id, state]) => !cells.same(state, snapshot.get(id)));
  const focus = focused();
  document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes);
  begin();
  for (const [id, state] of later) {
    const row = find(`row-${id}`);
    if (row && !cells.isShut(row)) cells.write(row, { ...state, token: "" });
  }
  remember();
  how = "";
  show();
  const error = find("error");
  const wrong = rows.findIndex((row) => row.classList.contains("register__row--missing"));
  if (error) {
    say(error.textContent);
    if (wrong === -1) error.focus();
    else focusRow(wrong);
    return;
  }
  say([find("state")?.textContent, ...[...document.querySelectorAll("main .notice")].map((one) => one.textContent)].join(". "));
  if (!wasWaiting) scrollTo({ top: 0 });
  focus()?.focus({ preventScroll: true });
}

/** A way to find, in the page that comes, the field that has the focus now. */
function focused() {
  const { id, name, value, type } = document.activeElement ?? {};
  return () => {
    if (id) return find(id);
    if (!name) return button() ?? find("main");
    const fields = [...form.querySelectorAll(`[name="${name}"]`)];
    return type === "radio" ? fields.find((field) => field.value === value) : fields[0];
  };
}

// Beginning -------------------------------------------------------------------

function begin() {
  form = find("register");
  rows = [...form.querySelectorAll(".register__row")];
  steps = [];
  form.addEventListener("keydown", onKey);
  form.addEventListener("submit", onSubmit);
  form.addEventListener("change", onChange);
  form.addEventListener("input", () => changedSomething());
  form.addEventListener("pointerdown", before, true);
  form.addEventListener("click", onClick);
  find("fill")?.addEventListener("click", fillRest);
  find("undo")?.addEventListener("click", undo);
  find("keys").hidden = false;
}

/** A note that is opened is there to be typed. */
function onClick(event) {
  const row = event.target.closest(".register__row");
  if (!row || !event.target.closest(".register__note summary")) return;
  event.preventDefault();
  openNote(row);
}

let earlier = null;

/** A tap changes the row before anybody is told: what stood there is noted first, so that it can be undone. */
function before(event) {
  const row = event.target.closest(".register__row");
  if (row) earlier = [row, cells.read(row)];
}

function onChange(event) {
  const row = event.target.closest(".register__row");
  if (!row) return;
  if (event.target === cells.note(row) && !event.target.value.trim() && row.dataset.note && cells.answer(row) === row.dataset.seen) {
    event.target.value = row.dataset.note;
    say("A note that was sent can be written over, not removed.");
  }
  if (event.target.type === "radio") {
    row.classList.remove("register__row--missing");
    if (earlier?.[0] === row && earlier[1].seen !== cells.answer(row)) {
      steps = [...steps, { words: `${WORDS[cells.answer(row)]}, ${cells.nameOf(row)}`, before: [earlier] }].slice(-MOST_STEPS);
    }
    earlier = null;
  }
  changedSomething();
}

function restore() {
  const found = Object.entries(kept(form.dataset.key))
    .map(([id, state]) => [find(`row-${id}`), state])
    .filter(([row]) => row && !cells.isShut(row));
  for (const [row, state] of found) cells.write(row, state);
  if (found.length) say(`${answers(found.length)} kept from before, not sent yet.`);
}

let isSigningOut = false;
addEventListener("submit", (event) => {
  isSigningOut = event.target.matches(".masthead__person form");
});
addEventListener("pagehide", () => isSigningOut && forget());
addEventListener("beforeunload", (event) => queue.isWaiting && event.preventDefault());

begin();
const hasError = find("error") !== null;
if (!hasError) restore();
show();
if (hasError) find("error").focus();
else if (rows.some(cells.isBlank)) focusRow(rows.findIndex(cells.isBlank));
