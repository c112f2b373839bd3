"""Who left without the school knowing where to: computed from the leavers' forms, with the search where one began."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from absences.models import Enquiry, MissingChild
from absences.rules import missing as rules
from absences.rules.missing import Leaver, Search
from registers.models import Pupil, School
from registers.rules.calendar import Calendar


@dataclass(frozen=True)
class Missing:
    """One leaver: what is not known, and how far the search has come (None before the first enquiry)."""

    pupil: Pupil
    answers: tuple[str, ...]
    search: MissingChild | None

    @property
    def is_open(self) -> bool:
        return self.search is None or self.search.state != Search.CLOSED


def leaver(pupil: Pupil) -> Leaver:
    return Leaver(pupil.leaving_ground, pupil.next_school, pupil.next_school_from, pupil.future_address)


def listed(school: School, calendar: Calendar, on: date) -> list[Missing]:
    """Everybody who left since this school year began, or leaves later, whose form is not complete, and every search.

    The earliest to leave stands first; two queries.
    """
    enquiries = Prefetch("search__enquiries", Enquiry.objects.select_related("recorded_by"))
    rows = _leavers(school, calendar, on).select_related("search__closed_by").prefetch_related(enquiries)
    return sorted(_lines(rows), key=lambda line: (line.pupil.leaves_on or date.max, line.pupil.sort_name))


def _leavers(school: School, calendar: Calendar, on: date) -> QuerySet[Pupil]:
    since = calendar.school_year_of(on)[0]
    return Pupil.objects.filter(Q(leaves_on__gte=since) | Q(search__isnull=False), school=school)


def _lines(pupils: Iterable[Pupil]) -> Iterator[Missing]:
    for pupil in pupils:
        line = of_pupil(pupil)
        if line.search is not None or line.answers:
            yield line


def of_pupil(pupil: Pupil) -> Missing:
    """What is not known of a pupil who left, and the search, if one began."""
    search: MissingChild | None = getattr(pupil, "search", None)
    return Missing(pupil, rules.missing_answers(leaver(pupil)), search)


def open_count(school: School, calendar: Calendar, on: date) -> int:
    """How many children are looked for; one query."""
    return sum(line.is_open for line in _lines(_leavers(school, calendar, on).select_related("search")))
