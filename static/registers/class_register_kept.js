// Answers that have not been sent survive a reload or a crash in this tab: numbers and letters, never a name.

const PREFIX = "register.";
const [USER, DAY] = [0, 2]; // the key is user.class.day.session

function each(work) {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) work(key);
  } catch {
    // A browser that keeps nothing still sends the register.
  }
}

export function keep(key, answers) {
  try {
    if (Object.keys(answers).length) sessionStorage.setItem(PREFIX + key, JSON.stringify(answers));
    else sessionStorage.removeItem(PREFIX + key);
  } catch {
    // As above.
  }
}

/** The answers kept for this person, class, day and session. Those of other days and other people are dropped. */
export function kept(key) {
  const isOld = (parts, mine) => [USER, DAY].some((place) => parts[place] !== mine[place]);
  each((found) => isOld(found.slice(PREFIX.length).split("."), key.split(".")) && sessionStorage.removeItem(found));
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + key) ?? "{}");
  } catch {
    return {};
  }
}

export function forget() {
  each((key) => sessionStorage.removeItem(key));
}
