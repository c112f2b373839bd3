// One row of the class register: what its fields say, and what of it the school has not yet been told.

export const radio = (row, value) => row.querySelector(`input[type=radio][value="${value}"]`);
export const minutes = (row) => row.querySelector(".register__minutes input");
export const note = (row) => row.querySelector(".register__note input");
const token = (row) => row.querySelector("input[name^=token-]");

export const idOf = (row) => row.id.slice("row-".length);
export const isLocked = (row) => row.querySelector(".register__lock") !== null;
export const isShut = (row) => row.querySelector("fieldset").disabled;
export const answer = (row) => row.querySelector("input[type=radio]:checked")?.value ?? "";
export const isBlank = (row) => answer(row) === "" && !isLocked(row);
export const nameOf = (row) => row.querySelector("legend").textContent.trim();

/** Whether the register counts the pupil as present: by the office's code where there is one. */
export const isPresent = (row) => (isLocked(row) ? "present" in row.dataset : ["P", "L"].includes(answer(row)));

/** What stands in the fields of a row; minutes only where it says late. */
export function read(row) {
  const seen = answer(row);
  return { seen, minutes: seen === "L" ? minutes(row).value.trim() : "", note: note(row).value.trim(), token: token(row).value };
}

/** Put an answer into a row, with the token of the page it was given on. */
export function write(row, state) {
  for (const choice of row.querySelectorAll("input[type=radio]")) choice.checked = choice.value === state.seen;
  minutes(row).value = state.minutes;
  note(row).value = state.note;
  if (state.note) row.querySelector(".register__note").open = true;
  if (state.token) token(row).value = state.token;
}

export const same = (one, other) => one.seen === other.seen && one.minutes === other.minutes && one.note === other.note;

/** What the school has of a row already. */
const sent = (row) => ({ seen: row.dataset.seen ?? "", minutes: row.dataset.minutes ?? "", note: row.dataset.note ?? "" });

/** Whether a row says something the school does not know; a note that is only emptied leaves the old one standing. */
export function isUnsent(row) {
  const now = read(row);
  const before = sent(row);
  if (isShut(row) || same(now, before)) return false;
  return !(now.note === "" && same({ ...now, note: before.note }, before));
}
