"""The grid's cells as HTML and as JSON. Eight thousand of them are one page, so no template loops over them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from registers.models import School
from registers.queries.grid import BLANK, Cell, Grid, Row
from registers.queries.grid_entries import Remark
from registers.rules import codes
from registers.rules.codes import StatClass

SHORT: Mapping[StatClass, str] = {
    StatClass.PRESENT: "p",
    StatClass.ELSEWHERE: "e",
    StatClass.AUTHORISED: "a",
    StatClass.UNAUTHORISED: "u",
    StatClass.NOT_POSSIBLE: "n",
}
"""The class of a cell with a code; one letter, because it is sent for every session of every pupil."""
_SHUT = '<td class="x" aria-label="{}"></td>'


def classes(cell: Cell) -> str:
    return " ".join([SHORT[codes.code(cell.code).stat_class], *cell.corners]) if cell.code else ""


def as_json(cell: Cell) -> dict[str, Any]:
    return {"code": cell.code, "minutes": cell.minutes, "version": cell.version, "classes": classes(cell)}


Remarks = Mapping[int, list[Remark]]


def body(grid: Grid, school: School, remarks: Remarks | None = None) -> SafeString:
    """The rows of the grid; what people wrote is escaped, and all else is of our own making."""
    made: dict[Cell, str] = {BLANK: "<td></td>"}
    address = reverse("pupil", args=[school.slug, 0])[:-1]
    shut = [_SHUT.format("Closed" if column.why_closed else "Not on roll") for column in grid.columns]
    rows = (
        f"{_row(row, address, made, shut)}{'' if remarks is None else _remarks(remarks.get(row.pupil_id, []))}</tr>"
        for row in grid.rows
    )
    return mark_safe("".join(rows))  # noqa: S308 - escaped


def _remarks(remarks: list[Remark]) -> str:
    """One cell with what is known of a pupil's day."""
    return f'<td class="remark">{escape("; ".join(_remark(remark) for remark in remarks))}</td>'


def _remark(remark: Remark) -> str:
    when = timezone.localtime(remark.last.at)
    parts = [
        f"{remark.session} {remark.code}",
        f"“{remark.note}”" if remark.note else "",
        f"teacher saw {remark.saw.lower()}" if remark.saw else "",
        remark.last.reason,
        f"{remark.last.name} {when:%d/%m %H:%M}",
    ]
    return ", ".join(part for part in parts if part)


def _row(row: Row, address: str, made: dict[Cell, str], shut: list[str]) -> str:
    return (
        f'<tr data-p={row.pupil_id}><th scope=row><a href="{address}{row.pupil_id}" tabindex=-1>{escape(row.name)}</a>'
        f"<span>{escape(row.class_name)}</span></th>{''.join(_cells(row, made, shut))}"
    )


def _cells(row: Row, made: dict[Cell, str], shut: list[str]) -> Iterable[str]:
    for cell, closed in zip(row.cells, shut, strict=True):
        if cell is None:
            yield closed
            continue
        if cell not in made:
            made[cell] = _cell(cell)
        yield made[cell]


def _cell(cell: Cell) -> str:
    version = f" data-v={cell.version}" if cell.version > 1 else ""
    minutes = f" data-m={cell.minutes}" if cell.minutes is not None else ""
    return f'<td class="{classes(cell)}"{version}{minutes}>{escape(cell.code)}</td>'
