// The queue by keyboard: arrows move from row to row, K and T choose, a digit or a typed reason settles.
// The forms work without any of this.

const REASONS = [...document.querySelectorAll("#reasons option")].map((option) => option.value);
const rows = [...document.querySelectorAll("#queue tbody tr")];
const keep = (row) => row.querySelector(".queue__keep");
const reason = (row) => row.querySelector(".queue__reason");
const chosen = new WeakMap();

function goTo(place) {
  const row = rows[Math.max(0, Math.min(place, rows.length - 1))];
  if (row) keep(row).focus();
}

function choose(row, button) {
  chosen.set(row, button);
  for (const each of row.querySelectorAll("button")) each.classList.toggle("active", each === button);
  reason(row).focus();
}

function settle(row) {
  (chosen.get(row) ?? keep(row)).click();
}

function inReason(event, row) {
  if (event.key === "Escape") {
    reason(row).value = "";
    keep(row).focus();
  } else if (event.key === "Enter") {
    settle(row);
  } else if (/^[1-9]$/.test(event.key) && reason(row).value === "" && REASONS[event.key - 1]) {
    reason(row).value = REASONS[event.key - 1];
    settle(row);
  } else {
    return;
  }
  event.preventDefault();
}

function inRow(event, row) {
  const place = rows.indexOf(row);
  const acts = {
    ArrowDown: () => goTo(place + 1),
    ArrowUp: () => goTo(place - 1),
    k: () => choose(row, keep(row)),
    t: () => choose(row, row.querySelector(".queue__take")),
  };
  const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  act();
  event.preventDefault();
}

document.getElementById("queue")?.addEventListener("keydown", (event) => {
  const row = event.target.closest("tbody tr");
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === reason(row)) inReason(event, row);
  else inRow(event, row);
});
document.addEventListener("keydown", (event) => {
  if (event.target === document.body && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    goTo(0);
    event.preventDefault();
  }
});

const keys = document.getElementById("keys");
if (keys) keys.hidden = false;
const wrong = document.querySelector(".queue__reason[aria-invalid]");
const back = /^#place-(\d+)$/.exec(location.hash);
if (wrong) wrong.focus();
// After the load the browser goes to the fragment itself and takes the focus along: ours comes after that.
else if (back) window.addEventListener("load", () => setTimeout(() => goTo(Number(back[1]))));
