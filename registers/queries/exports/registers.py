"""The attendance register as lists: long and wide, lates, missing registers, and one pupil's certificate."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone

from registers import exports
from registers.exports import Asked, Export
from registers.models import ClassPlace, Mark, Pupil, RegisterTaken, SchoolClass
from registers.queries import certificates, classes, figures, history, register_sheets
from registers.queries.certificates import Certificate
from registers.queries.figures import Period
from registers.queries.register_sheets import Group, Sheet
from registers.rules import ages, codes
from registers.rules import history as rules
from registers.rules.exports import Column, ExportRefusedError, Kind, Value, texts
from registers.rules.history import AsOf, Entry, Show
from registers.rules.rights import Right
from registers.rules.sessions import Session

MARK_COLUMNS = (
    Column("upn"),
    Column("date", Kind.DATE),
    Column("session"),
    Column("code", Kind.CODE),
    Column("minutes_late", Kind.NUMBER),
    *texts("comment", "entered_by", "entered_at"),
)
_DAYS_AT_ONCE = timedelta(days=27)
_MOST_ACROSS = timedelta(days=366)


def words_of(as_of: AsOf) -> str:
    """In which state of the register a list stands."""
    if as_of.at is not None:
        at = timezone.localtime(as_of.at)
        return f"As it stood on {at:%d/%m/%Y %H:%M} (what came from a file, by the time the file gives)."
    return "As first taken, before any amendment." if as_of.show is Show.FIRST else "As it stands now."


def file_words(as_of: AsOf) -> str:
    """The same for a file's name."""
    if as_of.at is not None:
        return f"-as-it-stood-{timezone.localtime(as_of.at):%Y-%m-%d-%H%M}"
    return "-as-first-taken" if as_of.show is Show.FIRST else ""


def note_of(entry: Entry, asked: Asked) -> str:
    """An entry's note, but for codes whose note is only for those who may see sensitive fields."""
    hidden = rules.is_restricted(entry.said.code) and not asked.may(Right.SEE_SENSITIVE)
    return "" if hidden else entry.said.note


@exports.listed(
    "marks",
    title="Attendance register, a mark a row",
    says="Every mark of the days chosen; comes back in through an import.",
)
def marks(asked: Asked) -> Export:
    """Every mark of a period, one a row, in the columns that imports read: this school year unless chosen."""
    period, as_of = asked.period(figures.year_to_date(asked.today, asked.calendar)), asked.as_of()
    return Export(
        "Attendance register, one mark a row",
        f"marks-{period.first_on}-to-{period.last_on}{file_words(as_of)}",
        MARK_COLUMNS,
        _mark_rows(asked, period, as_of),
        [_where(asked, period), words_of(as_of)],
    )


def _mark_rows(asked: Asked, period: Period, as_of: AsOf) -> Iterator[list[Value]]:
    """A few weeks at a time, so that a year of a large school is never in memory at once."""
    numbers = dict(Pupil.objects.filter(school=asked.school).values_list("pk", "upn"))
    first_on = period.first_on
    while first_on <= period.last_on:
        part = Period(first_on, min(first_on + _DAYS_AT_ONCE, period.last_on))
        for kept in history.of_pupils(asked.school, part):
            entry = rules.shown(kept.entries, as_of)
            if entry is not None:
                yield [
                    numbers[kept.pupil_id],
                    kept.place.on,
                    kept.place.session,
                    entry.said.code,
                    entry.said.minutes_late,
                    note_of(entry, asked),
                    entry.by[:60],
                    entry.at,
                ]
        first_on = part.last_on + timedelta(days=1)


def _where(asked: Asked, period: Period) -> str:
    return f"{asked.school.name}, {period.first_on:%d/%m/%Y} to {period.last_on:%d/%m/%Y}."


@exports.listed(
    "register",
    title="Attendance register, a pupil a row",
    says="A session a column, for the whole school; the register sheet has one class.",
)
def register(asked: Asked) -> Export:
    """A register sheet: a pupil a row and a session a column, in the state that is asked for."""
    period, as_of, group = asked.period(register_sheets.week_of(asked.today)), asked.as_of(), _group(asked)
    if period.last_on - period.first_on > _MOST_ACROSS:
        raise ExportRefusedError("Choose at most a school year, or take the register with a mark a row.")
    sheet = register_sheets.of(asked.school, asked.calendar, group, period, as_of)
    places = asked.calendar.sessions_between(period.first_on, period.last_on)
    return Export(
        f"Attendance register: {group.name}",
        f"register-{period.first_on}-to-{period.last_on}{file_words(as_of)}",
        (
            *texts("upn", "surname", "forename", "class"),
            *(Column(f"{place.on.isoformat()} {place.session}", Kind.CODE) for place in places),
        ),
        _sheet_rows(sheet),
        [_where(asked, period), words_of(as_of)],
    )


def _sheet_rows(sheet: Sheet) -> Iterator[list[Value]]:
    for rows in zip(*(part.rows for part in sheet.parts), strict=True):
        pupil = rows[0].pupil
        codes_given = [cell.symbol for row in rows for cell in row.cells]
        yield [pupil.upn, pupil.legal_surname, pupil.forename, rows[0].class_name, *codes_given]


def _group(asked: Asked) -> Group:
    """The group chosen: class-12, year-3 or, with nothing, the whole school."""
    kind, _, number = asked.choices.get("group", "").partition("-")
    if not kind:
        return Group()
    found = exports.number_of(number.removeprefix("-") if kind == "year" else number)
    if kind == "class" and found is not None:
        return Group(SchoolClass.objects.get(school=asked.school, pk=found))
    if kind == "year" and found is not None:
        return Group(year=-found if number.startswith("-") else found)
    raise ExportRefusedError("Choose a class, a year group or the whole school.")


@exports.listed("lates", title="Late arrivals", says="L and U of the days chosen, with the minutes.")
def lates(asked: Asked) -> Export:
    """Everybody who came late in a period, with the minutes: this school year unless chosen."""
    period = asked.period(figures.year_to_date(asked.today, asked.calendar))
    found = (
        Mark.objects.filter(school=asked.school, on__gte=period.first_on, on__lte=period.last_on)
        .filter(code__in=codes.LATE_CODES)
        .select_related("pupil")
        .order_by("on", "session", "pupil__legal_surname", "pupil_id")
    )
    names = class_names_by_day(asked, period)
    return Export(
        "Late arrivals",
        f"lates-{period.first_on}-to-{period.last_on}",
        (
            Column("date", Kind.DATE),
            *texts("session", "upn", "surname", "forename", "class"),
            Column("code", Kind.CODE),
            Column("minutes_late", Kind.NUMBER),
            Column("comment"),
        ),
        (
            [
                *(mark.on, mark.session, mark.pupil.upn, mark.pupil.legal_surname, mark.pupil.forename),
                *(names.of(mark.pupil_id, mark.on), mark.code, mark.minutes_late, mark.note),
            ]
            for mark in found
        ),
        [_where(asked, period)],
    )


class ClassNames:
    """Each pupil's class on each day of a period."""

    def __init__(self, places: list[ClassPlace]) -> None:
        self._places: dict[int, list[ClassPlace]] = defaultdict(list)
        for place in places:
            self._places[place.pupil_id].append(place)

    def of(self, pupil_id: int, on: date) -> str:
        held = (
            place
            for place in self._places[pupil_id]
            if place.starts_on <= on and (place.ends_on is None or on <= place.ends_on)
        )
        return next((place.school_class.name for place in held), "")


def class_names_by_day(asked: Asked, period: Period) -> ClassNames:
    rows = ClassPlace.objects.filter(school=asked.school, starts_on__lte=period.last_on)
    return ClassNames(list(rows.select_related("school_class")))


@exports.listed(
    "missing-registers",
    right=Right.RECODE,
    title="Registers with a blank",
    says="Up to today: classes in which a pupil has no mark.",
)
def missing_registers(asked: Asked) -> Export:
    """Each class's register of a period, up to today, in which a pupil has no mark: this week unless chosen."""
    chosen = asked.period(register_sheets.week_of(asked.today))
    period = Period(chosen.first_on, min(chosen.last_on, asked.today))
    if len(asked.calendar.school_days_between(period.first_on, period.last_on)) > register_sheets.MOST_DAYS:
        raise ExportRefusedError(f"Choose at most {register_sheets.MOST_DAYS} school days.")
    return Export(
        "Registers with a blank",
        f"missing-registers-{period.first_on}-to-{period.last_on}",
        (
            Column("date", Kind.DATE),
            *texts("session", "class"),
            Column("pupils", Kind.NUMBER),
            Column("without_a_mark", Kind.NUMBER),
            *texts("sent_by", "sent_at"),
        ),
        _missing_rows(asked, period),
        [_where(asked, period)],
    )


def _missing_rows(asked: Asked, period: Period) -> Iterator[list[Value]]:
    sent = {
        (row.school_class_id, row.on, row.session): row
        for row in RegisterTaken.objects.filter(
            school=asked.school, on__gte=period.first_on, on__lte=period.last_on
        ).select_related("by")
    }
    blanks: dict[tuple[date, Session, str], list[int]] = defaultdict(lambda: [0, 0])
    sheet = register_sheets.of(asked.school, asked.calendar, Group(), period, rules.NOW)
    names = class_names_by_day(asked, period)
    ids = dict(SchoolClass.objects.filter(school=asked.school).values_list("name", "pk"))
    for row in (row for part in sheet.parts for row in part.rows):
        for cell in row.cells:
            if cell.kind != register_sheets.CLOSED:
                count = blanks[(cell.place.on, cell.place.session, names.of(row.pupil.pk, cell.place.on))]
                count[0] += 1
                count[1] += cell.kind == register_sheets.BLANK
    for (on, session, name), (pupils, blank) in sorted(blanks.items()):
        if blank:
            taken = sent.get((ids.get(name, 0), on, session))
            yield [on, session, name, pupils, blank, taken.by.name if taken else "", taken.at if taken else None]


@exports.listed("certificate", right=Right.SEE_PUPILS)
def certificate(asked: Asked) -> Export:
    """One pupil's registration certificate: a session a row, this school year unless chosen."""
    pupil, as_of = asked.pupil(), asked.as_of()
    period = asked.period(figures.year_to_date(asked.today, asked.calendar))
    made = certificates.of(
        asked.school, asked.calendar, pupil, period, as_of, shows_restricted=asked.may(Right.SEE_SENSITIVE)
    )
    year = ages.year_group_name(pupil.year_group(asked.today))
    name = classes.class_names(asked.school, asked.today).get(pupil.pk, "")
    return Export(
        "Registration certificate",
        f"certificate-{pupil.pk}-{period.first_on}-to-{period.last_on}{file_words(as_of)}",
        (
            Column("date", Kind.DATE),
            Column("session"),
            Column("code", Kind.CODE),
            Column("meaning"),
            Column("minutes_late", Kind.NUMBER),
            Column("amended"),
        ),
        _certificate_rows(made),
        [
            f"{pupil.name}, {year}{f', {name}' if name else ''}.",
            _where(asked, period),
            words_of(as_of),
            *(f"{name}: {value if value is not None else '–'}" for name, value in made.figures.as_counts.items()),
        ],
    )


def _certificate_rows(made: Certificate) -> Iterator[list[Value]]:
    notes = {
        (note.on, note.session): "; ".join(
            f"{one.old_code} to {one.new_code}, {one.new.reason} ({one.new.by}, {one.new.role})"
            for one in note.amendments
        )
        for note in made.footnotes
    }
    for cell in (cell for week in made.weeks for cell in week.cells):
        if cell.kind != certificates.CLOSED:
            amended = notes.get((cell.on, cell.session), "")
            yield [cell.on, cell.session, cell.symbol, cell.meaning, cell.minutes_late, amended]
