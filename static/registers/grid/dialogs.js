// Questions in dialogs. Each returns a promise of the answer; Escape answers null. The focus goes back where it was.

const part = (id) => document.getElementById(id);

/** Keys pressed between two questions of one entry: the next question takes them, so that nobody types too fast. */
const held = [];

export const hold = ({ key, shiftKey }) => held.push({ key, shiftKey });

/** Press the keys that were held where the focus is now. */
export function release() {
  for (const pressed of held.splice(0)) {
    const { key } = pressed;
    const place = document.activeElement;
    const isFree = place.dispatchEvent(new KeyboardEvent("keydown", { ...pressed, bubbles: true, cancelable: true }));
    if (isFree && key.length === 1 && place.matches("input")) place.value += key;
  }
}

/** Open a dialog; resolves with the value of the button it was closed with, or nothing. */
export function open(dialog, focus) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
    focus?.focus();
    focus?.select?.();
    release();
  });
}

/** Why a mark is changed: a digit gives a common reason at once. */
export async function askReason(what, code) {
  const dialog = part("ask-reason");
  const text = part("ask-reason-text");
  const keep = part("ask-reason-keep");
  part("ask-reason-what").textContent = what;
  part("ask-reason-same").textContent = `Use it for the next changes to ${code}, too`;
  text.value = "";
  const answer = await open(dialog, text);
  const reason = answer === "text" ? text.value.trim() : answer;
  return reason ? { reason, keep: keep.checked } : null;
}

export function wireReason() {
  const dialog = part("ask-reason");
  const text = part("ask-reason-text");
  const common = [...dialog.querySelectorAll(".grid-reasons button")];
  dialog.addEventListener("keydown", (event) => {
    if (event.target === text && event.key === "Enter") {
      event.preventDefault();
      if (text.value.trim()) dialog.close("text");
      return;
    }
    if ((event.target === text && text.value) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "0") part("ask-reason-keep").click();
    else if (common[Number(event.key) - 1] && event.key !== " ") dialog.close(common[Number(event.key) - 1].value);
    else return;
    event.preventDefault();
  });
}

/** A note beside a code; empty is an answer where the register can do without one. */
export async function askNote(code, detail, must) {
  const text = part("ask-note-text");
  part("ask-note-title").textContent = must ? `${code} needs a note` : `A note for ${code}`;
  part("ask-note-what").textContent = detail ? `Write ${detail}` : "Note";
  text.value = "";
  text.required = must;
  const answer = await open(part("ask-note"), text);
  return answer === "ok" ? text.value.trim() : null;
}

/** When a pupil came: a time makes the site judge L or U, a number is the minutes late. */
export async function askArrival(code) {
  const text = part("ask-arrival-text");
  part("ask-arrival-title").textContent = `${code}: when did they come?`;
  part("ask-arrival-code").textContent = code;
  text.value = "";
  for (;;) {
    if ((await open(part("ask-arrival"), text)) !== "ok") return null;
    const found = readArrival(text.value.trim());
    text.setCustomValidity("");
    if (found) return found;
    part("ask-arrival-help").textContent = `“${text.value}” is neither a time such as 0921 nor a number of minutes.`;
  }
}

export function readArrival(typed) {
  if (!typed) return {};
  const time = /^(\d{1,2})[:.]?(\d{2})$/.exec(typed);
  if (time && (typed.length > 3 || /[:.]/.test(typed)) && time[1] < 24 && time[2] < 60) {
    return { arrived: `${time[1].padStart(2, "0")}:${time[2]}` };
  }
  return /^\d{1,3}$/.test(typed) ? { minutes: Number(typed) } : null;
}

/** Both values of a mark that somebody else changed meanwhile. Resolves to whether one's own shall stand. */
export async function askClash(where, clash) {
  const late = (minutes) => (minutes === null ? "" : ` ${minutes} min`);
  part("ask-clash-where").textContent = where;
  part("ask-clash-theirs").textContent = clash.theirs + late(clash.theirs_minutes);
  part("ask-clash-who").textContent = `${clash.by}, ${clash.at}${clash.reason ? `: ${clash.reason}` : ""}`;
  part("ask-clash-yours").textContent = clash.yours + late(clash.minutes);
  part("ask-clash-keep").textContent = `Keep theirs: ${clash.theirs}`;
  part("ask-clash-mine").textContent = `Make it mine: ${clash.yours}`;
  return (await open(part("ask-clash"), part("ask-clash-keep"))) === "mine";
}

/** Whether to undo. Where the marks are many their number is typed, and the answer holds it. */
export async function askUndo(title, what, label, number) {
  const count = part("ask-undo-count");
  part("ask-undo-title").textContent = title;
  part("ask-undo-what").textContent = what;
  part("ask-undo-ok").textContent = label;
  part("ask-undo-number").hidden = !number;
  count.value = "";
  const answer = await open(part("ask-undo"), number ? count : part("ask-undo-ok"));
  return answer === "ok" ? { count: number ? Number(count.value) : null } : null;
}
