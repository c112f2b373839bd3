// How this person likes the grid to behave, kept in the browser: where to go after a code, whether to ask for details.

const KEY = "office-grid";
const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");

export const settings = { direction: kept.direction ?? "down", details: kept.details ?? false };

export function wireSettings() {
  const direction = document.getElementById("direction");
  const details = document.getElementById("details");
  direction.value = settings.direction;
  details.checked = settings.details;
  const keep = () => {
    settings.direction = direction.value;
    settings.details = details.checked;
    localStorage.setItem(KEY, JSON.stringify(settings));
  };
  direction.addEventListener("change", keep);
  details.addEventListener("change", keep);
}
