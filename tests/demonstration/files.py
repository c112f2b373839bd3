"""Plans to generate from, and the generated files read back."""

import csv
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from attendance_site.demonstration.generate import Files, Plan
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.figures import Cohort, Figures, cohort

SCHOOLS = Path(__file__).parents[2] / "attendance_site" / "schools"
TODAY = date(2026, 11, 20)
BANK_HOLIDAYS = tuple(Closure(on, on, "bank_holiday", "Bank holiday") for on in (date(2025, 5, 5), date(2026, 5, 4)))

Row = Mapping[str, str]


def _document(slug: str) -> dict[str, Any]:
    return tomllib.loads((SCHOOLS / f"{slug.replace('-', '_')}.toml").read_text(encoding="utf-8"))


def calendar(slug: str = "staplehurst") -> Calendar:
    """The calendar of a school's own file."""
    document = _document(slug)
    return Calendar(
        terms=tuple(
            Term(term["name"], term["number"], term["first_on"], term["last_on"]) for term in document["terms"]
        ),
        closures=BANK_HOLIDAYS
        + tuple(
            Closure(shut["first_on"], shut.get("last_on", shut["first_on"]), shut["kind"], shut["name"])
            for shut in document["closures"]
        ),
    )


def plan(like: str = "staplehurst", **changes: Any) -> Plan:
    """A small school like one of the two, unless the test asks for more."""
    school = _document(like)["school"]
    values: dict[str, Any] = {
        "slug": like,
        "school_name": school["name"],
        "la_code": school["local_authority_code"],
        "establishment": school["establishment"],
        "calendar": calendar(like),
        "today": TODAY,
        "pupils": 63,
    }
    return Plan(**values | changes)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Made:
    """One set of generated files, read back; the lists run from last school year to this one."""

    plan: Plan
    files: Files

    @cached_property
    def pupils(self) -> list[list[dict[str, str]]]:
        return [rows(roll.pupils) for roll in self.files.rolls]

    @cached_property
    def contacts(self) -> list[list[dict[str, str]]]:
        return [rows(roll.contacts) for roll in self.files.rolls]

    @cached_property
    def marks(self) -> list[list[dict[str, str]]]:
        return [rows(path) for path in self.files.marks]

    @property
    def all_marks(self) -> list[dict[str, str]]:
        return [row for year in self.marks for row in year]

    @cached_property
    def last_year(self) -> Cohort:
        """Last school year's figures of the whole school."""
        return cohort(figures(self.marks[0]).values())

    @cached_property
    def everyone(self) -> dict[str, Row]:
        """Every child of either year by UPN, as the newer roll has them."""
        return {row["upn"]: row for year in self.pupils for row in year}


def figures(marks: Iterable[Row]) -> dict[str, Figures]:
    """Each child's figures by UPN."""
    counts: dict[str, Counter[str]] = {}
    for row in marks:
        counts.setdefault(row["upn"], Counter())[row["code"]] += 1
    return {number: Figures(codes) for number, codes in counts.items()}


def count_by_upn(marks: Iterable[Row], is_counted: Callable[[Row], bool]) -> Counter[str]:
    return Counter(row["upn"] for row in marks if is_counted(row))
