"""Figures as lists to take away, by the same statistics as the pages."""

from registers import exports
from registers.exports import Asked, Export
from registers.queries import figures, statistics
from registers.queries.statistics import Line
from registers.rules import figures as rules
from registers.rules import statistics as spans
from registers.rules.exports import Column, Kind
from registers.rules.rights import Right
from registers.rules.statistics import Basis

_COLUMNS = (
    Column("part", Kind.TEXT),
    Column("group", Kind.TEXT),
    Column("pupils", Kind.NUMBER),
    Column("possible", Kind.NUMBER),
    Column("attended", Kind.NUMBER),
    Column("authorised", Kind.NUMBER),
    Column("unauthorised", Kind.NUMBER),
    Column("late", Kind.NUMBER),
    Column("late_after_close", Kind.NUMBER),
    Column("unmarked", Kind.NUMBER),
    Column("attendance_percent", Kind.TEXT),
    Column("persistently_absent", Kind.NUMBER),
    Column("severely_absent", Kind.NUMBER),
)


@exports.listed(
    "figures",
    right=Right.SEE_STATISTICS,
    title="Figures",
    says="The school, its classes, year groups and other groups, over the days chosen.",
)
def lines(asked: Asked) -> Export:
    """Every line of the page of figures, over the same days and on the same basis."""
    period = asked.period(figures.year_to_date(asked.today, asked.calendar))
    basis = Basis.ROLL if asked.choices.get("basis") == Basis.ROLL else Basis.DFE
    found = statistics.of(asked.school, asked.calendar, period, basis, with_sensitive=asked.may(Right.SEE_SENSITIVE))
    parts = [
        ("School", (found.everyone,)),
        ("Class", found.classes),
        ("Year group", found.year_groups),
        *found.groups,
    ]
    return Export(
        "Figures",
        "figures",
        _COLUMNS,
        [_row(part, line) for part, group in parts for line in group],
        about=(
            f"{period.first_on:%d/%m/%Y} to {period.last_on:%d/%m/%Y}",
            f"Counted {spans.BASIS_NAMES[basis]}.",
        ),
    )


def _row(part: str, line: Line) -> tuple[str | int, ...]:
    counted = line.figures
    return (
        part,
        line.name,
        line.pupils,
        counted.possible,
        counted.attended,
        counted.authorised,
        counted.unauthorised,
        counted.late,
        counted.late_after_close,
        counted.unmarked,
        rules.shown(counted.attendance, 2),
        line.cohort.persistent,
        line.cohort.severe,
    )
