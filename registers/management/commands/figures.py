from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registers.management.commands import _at_school
from registers.models import School
from registers.queries import calendars
from registers.queries import figures as queries
from registers.queries.figures import Period
from registers.rules import ages
from registers.rules import figures as rules
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures
from registers.scope import schools_in_scope

Groups = Mapping[str, Mapping[int, Figures]]


class Command(BaseCommand):
    help = "Print attendance figures for a period, by pupil, class, year group or the whole school."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--school", required=True)
        parser.add_argument("--from", dest="first_on", type=_at_school.day, required=True)
        parser.add_argument("--to", dest="last_on", type=_at_school.day, required=True)
        parser.add_argument("--by", choices=["pupil", "class", "year", "school"], default="school")
        parser.add_argument(
            "--census", action="store_true", help="the DfE's cohort (aged 5 to 15 on 31 August before) in place of all"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        school = _at_school.school(options["school"])
        period = Period(options["first_on"], options["last_on"])
        if period.last_on < period.first_on:
            raise CommandError("--to is before --from.")
        with schools_in_scope([school.pk]):
            groups = _groups(school, calendars.of(school), period, options["by"], census=options["census"])
        rows = [_row(name, figures) for name, figures in groups.items()]
        basis = "DfE cohort" if options["census"] else "whole roll"
        if options["json"]:
            head = {"school": school.slug, "from": period.first_on, "to": period.last_on, "basis": basis}
            self.stdout.write(_at_school.as_json(head | {"rows": rows}))
            return
        self.stdout.write(f"{school.name}, {period.first_on:%d/%m/%Y} to {period.last_on:%d/%m/%Y}, {basis}")
        self.stdout.write(_line({name: name for name in _COLUMNS}))
        for row in rows:
            self.stdout.write(_line(row))
            codes = ", ".join(f"{code} {number}" for code, number in row["by_code"].items())
            self.stdout.write(f"    {codes}")


_COLUMNS = (
    "name",
    "pupils",
    "possible",
    "attended",
    "authorised",
    "unauthorised",
    "unmarked",
    "attendance",
    "pa",
    "sa",
)


def _groups(school: School, calendar: Calendar, period: Period, by: str, *, census: bool) -> Groups:
    if by == "class":
        found = queries.by_class(school, calendar, period, census=census)
        return {name: found[name] for name in sorted(found)}
    if by == "year":
        years = queries.by_year_group(school, calendar, period, census=census)
        return {ages.year_group_name(number): years[number] for number in sorted(years)}
    pupils = queries.pupils_on_roll(school, period)
    figures = queries.by_pupil(school, calendar, period, pupils, census=census)
    if by == "pupil":
        return {
            f"{pupil.sort_name} ({pupil.pk})": {pupil.pk: figures[pupil.pk]} for pupil in pupils if pupil.pk in figures
        }
    return {"school": figures}


def _line(row: Mapping[str, Any]) -> str:
    return f"{row['name']!s:<34}" + "".join(f"{row[name]!s:>13}" for name in _COLUMNS[1:])


def _row(name: str, pupils: Mapping[int, Figures]) -> dict[str, Any]:
    cohort = rules.cohort(pupils.values())
    figures = cohort.figures
    return {
        "name": name,
        "pupils": len(pupils),
        "by_code": dict(sorted(figures.by_code.items())),
        "possible": figures.possible,
        "attended": figures.attended,
        "authorised": figures.authorised,
        "unauthorised": figures.unauthorised,
        "late": figures.late,
        "late_after_close": figures.late_after_close,
        "not_possible": figures.not_possible,
        "unmarked": figures.unmarked,
        "attendance": rules.shown(figures.attendance, 2),
        "absence": rules.shown(figures.absence, 2),
        "enrolments": cohort.enrolments,
        "pa": cohort.persistent,
        "sa": cohort.severe,
        "pa_rate": rules.shown(cohort.persistent_share, 2),
        "sa_rate": rules.shown(cohort.severe_share, 2),
    }
