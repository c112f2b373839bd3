"""Writes the files from which a demonstration's school is imported: its roll, its contacts and its registers.

The same seed gives the same children and the same marks for any past day, whatever `today` is: both school years are
made whole and then cut. Only the absences still waiting for an explanation depend on `today`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from attendance_site.demonstration import files, marks
from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.children import Children
from attendance_site.demonstration.cohorts import Cohorts
from attendance_site.demonstration.localities import Locality, locality
from attendance_site.demonstration.rolls import OnRoll, roll
from attendance_site.demonstration.years import PlanRefusedError, SchoolYear, school_year
from registers.rules.calendar import Calendar, school_year_start

KS1_GROUPS, KS2_GROUPS = (1, 2), (3, 4, 5, 6)


@dataclass(frozen=True)
class Plan:
    """What a demonstration is made of; `today` is a school day, and marks are written up to its morning."""

    slug: str
    school_name: str
    la_code: str
    establishment: str
    calendar: Calendar
    today: date
    pupils: int = 420
    seed: int = 2026


@dataclass(frozen=True)
class RollFile:
    """One school year's roll; `on` is the first day of its terms."""

    on: date
    pupils: Path
    contacts: Path


@dataclass(frozen=True)
class Files:
    """What was written, last school year before this one; `classes` are this year's, youngest first."""

    rolls: tuple[RollFile, ...]
    marks: tuple[Path, ...]
    classes: tuple[str, ...]
    untaken: tuple[str, ...]
    """The classes whose register of today's morning was left untaken."""


def write(plan: Plan, folder: Path, *, since: date | None = None) -> Files:
    """Write last school year's files and this one's; with `since`, only the marks of later days.

    The rolls are always whole and as they stand on `today`, so that somebody who joined lately is in them.
    """
    if not plan.calendar.is_school_day(plan.today):
        why = plan.calendar.why_closed(plan.today)
        raise PlanRefusedError(f"{plan.today:%d/%m/%Y} is {why}. Choose a day on which the school is open.")
    folder.mkdir(parents=True, exist_ok=True)
    chances, area = Chances(plan.seed, plan.slug), locality(plan.slug)
    children = Children(chances, Cohorts(chances, plan.pupils), area, plan.la_code, plan.establishment)
    untaken = untaken_classes(chances, area)
    rolls, mark_files = [], []
    this_year = school_year_start(plan.today).year
    for year in (school_year(plan.calendar, this_year - 1), school_year(plan.calendar, this_year)):
        everyone = sorted_roll(roll(plan.calendar, children, year.number, plan.today), year, area)
        rolls.append(_write_roll(plan, folder, year, area, everyone, chances))
        path = folder / f"{plan.slug}-{year.number}-marks.csv"
        cut = marks.Cut(plan.today, since or date.min, plan.calendar, frozenset(untaken))
        files.write_csv(path, files.MARK_COLUMNS, marks.rows(everyone, year, chances, area, cut))
        mark_files.append(path)
    return Files(tuple(rolls), tuple(mark_files), area.classes, untaken)


def untaken_classes(chances: Chances, area: Locality) -> tuple[str, ...]:
    """One class of Key Stage 2 and one of Key Stage 1."""
    dice = chances.of("untaken")
    return tuple(area.class_name(dice.choice(groups), dice.randrange(2)) for groups in (KS2_GROUPS, KS1_GROUPS))


def sorted_roll(everyone: Sequence[OnRoll], year: SchoolYear, area: Locality) -> list[OnRoll]:
    """The roll by class, and by name within it."""

    def order(entry: OnRoll) -> tuple[int, int, str, str, str]:
        child = entry.child
        return child.year_group(year.number), child.form, child.surname, child.forename, child.upn

    return sorted(everyone, key=order)


def _write_roll(
    plan: Plan, folder: Path, year: SchoolYear, area: Locality, everyone: Sequence[OnRoll], chances: Chances
) -> RollFile:
    found = RollFile(
        on=year.terms[0].first_on,
        pupils=folder / f"{plan.slug}-{year.number}-pupils.csv",
        contacts=folder / f"{plan.slug}-{year.number}-contacts.csv",
    )
    lines = (files.pupil_row(entry, year, area, chances) for entry in everyone)
    files.write_csv(found.pupils, files.PUPIL_COLUMNS, lines)
    rows = (row for entry in everyone for row in files.contact_rows(entry.child))
    files.write_csv(found.contacts, files.CONTACT_COLUMNS, rows)
    return found
