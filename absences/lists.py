"""The lists of this app that can be taken away as files."""

from absences.queries import arranged, clocks
from registers import exports
from registers.exports import Asked, Export
from registers.rules.exports import Column, Kind, Value
from registers.rules.rights import Right


@exports.listed("deadlines", right=Right.RECORD_REASON)
def deadlines(asked: Asked) -> Export:
    """Everything that falls due, for the local authority's own form: who, since when, and what the register says."""
    rows = clocks.due(asked.school, asked.calendar, asked.today)
    return Export(
        "Deadlines",
        "deadlines",
        (
            Column("return", Kind.TEXT),
            Column("legal_surname", Kind.TEXT),
            Column("legal_forename", Kind.TEXT),
            Column("dob", Kind.DATE),
            Column("address", Kind.TEXT),
            Column("postcode", Kind.TEXT),
            Column("class", Kind.TEXT),
            Column("since", Kind.DATE),
            Column("due_on", Kind.DATE),
            Column("register", Kind.TEXT),
            Column("ground", Kind.TEXT),
            Column("answered_on", Kind.DATE),
        ),
        [
            (
                row.title,
                row.pupil.legal_surname,
                row.pupil.legal_forename,
                row.pupil.dob,
                row.pupil.address.replace("\n", ", "),
                row.pupil.postcode,
                row.class_name,
                row.since,
                row.due_on,
                row.words,
                row.pupil.leaving_ground,
                row.answer.answered_on if row.answer else None,
            )
            for row in rows
        ],
    )


@exports.listed("arrangements", right=Right.ARRANGE)
def arrangements(asked: Asked) -> Export:
    """Every longer arrangement that is not over, as the local authority asks for part-time timetables."""
    lines = arranged.listed(asked.school, asked.calendar, asked.today)
    return Export(
        "Longer arrangements",
        "arrangements",
        (
            Column("arrangement", Kind.TEXT),
            Column("state", Kind.TEXT),
            Column("code", Kind.CODE),
            Column("legal_surname", Kind.TEXT),
            Column("legal_forename", Kind.TEXT),
            Column("dob", Kind.DATE),
            Column("class", Kind.TEXT),
            Column("first_on", Kind.DATE),
            Column("last_on", Kind.DATE),
            Column("sessions", Kind.TEXT),
            Column("where", Kind.TEXT),
            Column("next_review", Kind.DATE),
            Column("authority_told_on", Kind.DATE),
            Column("wanted", Kind.TEXT),
        ),
        [_arranged(line) for line in lines],
    )


def _arranged(line: arranged.Line) -> tuple[Value, ...]:
    row = line.row
    terms = row.terms if row.is_part_time else None
    return (
        row.title,
        row.state,
        row.rule.code,
        row.pupil.legal_surname,
        row.pupil.legal_forename,
        row.pupil.dob,
        line.class_name,
        row.first_on,
        row.last_on,
        row.week,
        row.institution,
        terms.review_on if terms else None,
        terms.told_on if terms else None,
        "; ".join(one.words for one in line.wanted),
    )
