// The first-day list by keyboard: arrows move from contact to contact, a letter logs what came of the call.
// Every key presses a button or follows a link that stands on the page, so the list works without any of this.

const people = [...document.querySelectorAll("#families .person")];
const KEYS = ["n", "m", "c", "r"];

function goTo(place) {
  const person = people[Math.max(0, Math.min(place, people.length - 1))];
  person?.querySelector("button, a")?.focus();
}

function press(key, person) {
  const family = person.closest(".family");
  (person.querySelector(`[data-key="${key}"]`) ?? family.querySelector(`[data-key="${key}"]`))?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const family = event.target.closest?.("#families .family");
  if (!family && event.target !== document.body) return;
  const person = event.target.closest?.(".person") ?? family?.querySelector(".person");
  const place = people.indexOf(person);
  const key = event.key.toLowerCase();
  if (event.key === "ArrowDown") goTo(place + 1);
  else if (event.key === "ArrowUp") goTo(place - 1);
  else if (person && KEYS.includes(key) && !event.repeat) press(key, person);
  else return;
  event.preventDefault();
});

const keys = document.getElementById("keys");
if (keys) keys.hidden = false;
const back = /^#pupil-\d+$/.test(location.hash) ? document.querySelector(location.hash) : null;
if (back) {
  // The browser goes to the fragment itself once the page has loaded, and would take the focus away again.
  const person = back.closest(".family").querySelector(".person");
  const focus = () => setTimeout(() => goTo(people.indexOf(person)));
  if (document.readyState === "complete") focus();
  else window.addEventListener("load", focus);
}
