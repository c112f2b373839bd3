// Finding a pupil happens in the page, so that no name ever stands in an address.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export function wireFinding(sheet, moves) {
  const find = document.getElementById("find");
  const names = sheet.all.map((row) => plain(row.cells[0].querySelector("a").textContent));

  function narrow() {
    const parts = plain(find.value).split(/[\s,]+/).filter(Boolean);
    sheet.all.forEach((row, place) => {
      row.hidden = !parts.every((part) => names[place].includes(part));
    });
    sheet.refresh();
    moves.drop();
  }

  find.addEventListener("input", narrow);
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    if (!moves.current) return;
    const column = moves.current.cellIndex - 1;
    const target = event.key === "Enter" ? (moves.edge(0, column, 1, 0) ?? moves.edge(0, 0, 0, 1)) : moves.current;
    find.value = "";
    narrow();
    if (target) moves.go(target);
  });
}
