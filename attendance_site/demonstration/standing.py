"""Keeps the generated files off what stands: whoever used the demonstration finds their own changes again."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from attendance_site.demonstration import stamps
from attendance_site.demonstration.generate import RollFile
from registers.models import Mark, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.codes import PRESENT_STROKE
from registers.rules.sessions import Session

MINUTE = 4
"""When a register is sent of which nothing is known, in minutes after it was opened."""

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rewrite(path: Path, change: Callable[[Row], Row | None], more: Iterable[Row] = ()) -> None:
    """Write a file again with each row changed, without those of which nothing is left, and with some more."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or ())
        rows = [row for row in map(change, reader) if row is not None]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
        writer.writerows(more)


def nothing_to_come(path: Path, now: datetime) -> None:
    """Early in the morning the day's registers would have been sent in the future: leave the hour of those open."""

    def known(row: Row) -> Row:
        sent = row["entered_at"]
        return row | {"entered_at": ""} if sent and datetime.fromisoformat(sent) > now else row

    rewrite(path, known)


def keep_newcomers(school: School, roll: RollFile) -> list[Row]:
    """Leave in a roll only those who are not in the register yet; return the rows of all who were taken out."""
    held = {
        (upn, starts_on.isoformat())
        for upn, starts_on in Pupil.objects.filter(school=school).values_list("upn", "starts_on")
    }
    rows = read(roll.pupils)
    new = {row["upn"] for row in rows if (row["upn"], row["start_date"]) not in held}
    rewrite(roll.pupils, lambda row: row if row["upn"] in new else None)
    rewrite(roll.contacts, lambda row: row if row["upn"] in new else None)
    return [row for row in rows if row["upn"] not in new]


def keep_blanks(school: School, path: Path, since: date) -> None:
    """Leave out of a marks file what somebody has marked meanwhile, and the days on which a pupil is not on roll."""
    standing = _standing(school, since)
    on_roll = _spells(school)

    def wanted(row: Row) -> Row | None:
        is_on_roll = any(first <= row["date"] <= last for first, last in on_roll.get(row["upn"], ()))
        return row if is_on_roll and (row["upn"], row["date"], row["session"]) not in standing else None

    rewrite(path, wanted)


def fill_others(school: School, calendar: Calendar, path: Path, known: set[str], since: date, today: date) -> None:
    """Add present marks to a marks file for pupils whom somebody entered on screen: no file knows of those."""
    rewrite(path, lambda row: row, list(_present(school, calendar, known, since, today)))


def _present(school: School, calendar: Calendar, known: set[str], since: date, today: date) -> Iterator[Row]:
    standing = _standing(school, since)
    others = {upn: spells for upn, spells in _spells(school).items() if upn not in known}
    for place in calendar.sessions_between(since, today):
        if place.on == today and place.session is Session.PM:
            continue
        on, session = place.on.isoformat(), str(place.session)
        for upn, spells in others.items():
            if (upn, on, session) not in standing and any(first <= on <= last for first, last in spells):
                yield {
                    "upn": upn,
                    "date": on,
                    "session": session,
                    "code": PRESENT_STROKE[place.session],
                    "entered_by": stamps.TEACHER,
                    "entered_at": stamps.stamp(place, MINUTE),
                }


def _standing(school: School, since: date) -> set[tuple[str, str, str]]:
    rows = Mark.objects.filter(school=school, on__gte=since).values_list("pupil__upn", "on", "session")
    return {(upn, on.isoformat(), session) for upn, on, session in rows}


def _spells(school: School) -> dict[str, list[tuple[str, str]]]:
    """The first and last day of each time on roll, by UPN, as the files write days."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows: Sequence[tuple[str, date, date | None]] = list(
        Pupil.objects.filter(school=school).values_list("upn", "starts_on", "leaves_on")
    )
    for upn, starts_on, leaves_on in rows:
        found.setdefault(upn, []).append((starts_on.isoformat(), (leaves_on or date.max).isoformat()))
    return found
