// The messages to release: how many are ticked, and how long each text has become. The page works without.

const PART = 160;
const FURTHER = 153;

function tell(area) {
  const count = document.getElementById(area.getAttribute("aria-describedby"));
  const length = area.value.length;
  const parts = length <= PART ? 1 : Math.ceil(length / FURTHER);
  const most = Number(area.dataset.most);
  count.textContent = `${length} characters, ${parts} text${parts === 1 ? "" : "s"}` + (length > most ? `: ${length - most} too many` : "");
  count.classList.toggle("is-long", length > most);
}

for (const area of document.querySelectorAll("textarea[data-most]")) {
  area.addEventListener("input", () => tell(area));
  tell(area);
}

const ticks = [...document.querySelectorAll('[name="send"]')];
const button = document.getElementById("release-button");

function count() {
  const number = ticks.filter((tick) => tick.checked).length;
  button.textContent = number === 1 ? "Release 1 message" : `Release ${number} messages`;
  button.disabled = number === 0;
}

for (const tick of ticks) tick.addEventListener("change", count);
if (button) count();
