// Finding a name happens in the page, so that no name ever stands in an address.

const finder = document.getElementById("finder");
const find = document.getElementById("find");
const rows = [...document.querySelectorAll("#pupils tbody tr")];
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const names = rows.map((row) => plain(row.querySelector("th").textContent));

finder.hidden = false;
find.addEventListener("input", () => {
  const parts = plain(find.value).split(/[\s,]+/).filter(Boolean);
  rows.forEach((row, place) => {
    row.hidden = !parts.every((part) => names[place].includes(part));
  });
});
find.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  rows.find((row) => !row.hidden)?.querySelector("a").focus();
});
