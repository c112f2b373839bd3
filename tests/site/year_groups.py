"""Year groups of pupils with marks, for the governors' report, and its page read back as rows of cells."""

from dataclasses import dataclass
from datetime import date

from bs4 import BeautifulSoup, Tag

from registers.models import School
from registers.rules.calendar import Calendar
from tests import builders

DAY = date(2026, 9, 1)
"""The first day of the autumn term in which these groups are marked."""

REGULAR, PERSISTENT, LATE = "/" * 20, "II" + "/" * 18, "L" + "/" * 19


def born(year_group: int, school_year: int = 2026) -> date:
    """A birthday of a child in a year group of a school year."""
    return date(school_year - 4 - year_group, 5, 4)


@dataclass(frozen=True)
class Group:
    """One year group: how many pupils, how many of them persistently absent, how many late once."""

    number: int
    pupils: int
    persistent: int = 0
    late: int = 0

    def fill(self, school: School, calendar: Calendar) -> None:
        for place in range(self.pupils):
            pupil = builders.pupil(school, f"Surname{self.number}{place}", dob=born(self.number), starts_on=DAY)
            codes = PERSISTENT if place < self.persistent else LATE if place < self.persistent + self.late else REGULAR
            builders.marks(pupil, calendar, DAY, codes)


def fill(school: School, calendar: Calendar, *groups: Group) -> None:
    for group in groups:
        group.fill(school, calendar)


@dataclass(frozen=True)
class Page:
    """What the governors' page shows: every table row by its heading, every cell by its label."""

    soup: BeautifulSoup

    @property
    def text(self) -> str:
        assert isinstance(self.soup.main, Tag)
        return " ".join(self.soup.main.get_text(" ").split())

    def row(self, heading: str) -> dict[str, str]:
        """The cells of a row by their labels; nothing if there is no such row, or all of it is kept back."""
        for found in self.soup.select("tbody tr"):
            if found.th is not None and found.th.get_text(strip=True).startswith(heading):
                return {
                    str(cell["data-label"]): " ".join(cell.get_text(" ").split())
                    for cell in found.select("td[data-label]")
                }
        return {}

    def headings(self, section: str) -> list[str]:
        return [cell.get_text(strip=True) for cell in self.soup.select(f"[aria-labelledby={section}] tbody th")]

    def count(self, heading: str, label: str = "Persistently absent") -> int | None:
        """The number a cell begins with; None where it is kept back."""
        first = self.row(heading).get(label, "").partition(" ")[0]
        return int(first) if first.isdigit() else None


def read(content: bytes) -> Page:
    return Page(BeautifulSoup(content, "html.parser"))
