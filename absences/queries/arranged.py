"""Longer arrangements: what holds on a day for the register, and the list with what each of them wants."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from absences.models import LongArrangement, PartTimeReview
from absences.rules import arranged as rules
from absences.rules import part_time
from absences.rules.arranged import TAUGHT_ELSEWHERE, Holding, Kind, State
from registers.models import School
from registers.queries import classes
from registers.rules.arrangements import EDUCATION_FROM_DAY
from registers.rules.calendar import Calendar, CalendarRefusedError

SOON_DAYS = 5
"""School days before a review on which the list begins to ask for it."""


@dataclass(frozen=True)
class Wanted:
    """One thing an arrangement wants of somebody. `is_bad` says that it is late or has gone wrong."""

    words: str
    on: date | None = None
    is_bad: bool = False


@dataclass(frozen=True)
class Line:
    """An arrangement in the list."""

    row: LongArrangement
    class_name: str
    wanted: tuple[Wanted, ...]

    @property
    def is_bad(self) -> bool:
        return any(one.is_bad for one in self.wanted)


def of(school: School) -> QuerySet[LongArrangement]:
    """The school's arrangements with what a page of one needs."""
    return (
        LongArrangement.objects.filter(school=school)
        .select_related(
            "school", "pupil", "recorded_by", "ended_by", "arrangement", "terms", "terms__parent", "terms__head"
        )
        .prefetch_related(Prefetch("reviews", PartTimeReview.objects.select_related("recorded_by")))
    )


def until(row: LongArrangement, calendar: Calendar) -> date:
    """The last day on which an arrangement may give its code."""
    if row.ended_on is not None:
        return min(row.last_on, row.ended_on)
    if row.is_part_time:
        return part_time.gives_until(row.last_on, row.terms.review_on, calendar)
    return row.last_on


def holding(row: LongArrangement, calendar: Calendar) -> Holding:
    return Holding(row.pk, Kind(row.kind), row.span, row.weekdays, until(row, calendar), row.note)


def holdings(
    school: School, calendar: Calendar, first_on: date, last_on: date, pupil_ids: Iterable[int] | None = None
) -> Mapping[int, list[Holding]]:
    """What holds on some day from the first to the last, by pupil; one query."""
    rows = LongArrangement.objects.filter(school=school, first_on__lte=last_on, last_on__gte=first_on).filter(
        Q(state=State.RUNNING) | Q(state=State.ENDED, ended_on__gte=first_on), arrangement__isnull=False
    )
    if pupil_ids is not None:
        rows = rows.filter(pupil__in=list(pupil_ids))
    found: dict[int, list[Holding]] = defaultdict(list)
    for row in rows.select_related("terms"):
        found[row.pupil_id].append(holding(row, calendar))
    return found


def of_pupil(school: School, pupil_id: int) -> list[LongArrangement]:
    """A pupil's arrangements, the latest first."""
    return list(of(school).filter(pupil=pupil_id).order_by("-first_on", "-pk"))


def listed(school: School, calendar: Calendar, on: date) -> list[Line]:
    """Every arrangement that is not over, what went wrong first, then what is due soonest; constant queries."""
    rows = of(school).exclude(state=State.ENDED).order_by("last_on", "pk")
    return sorted(_lines(rows, classes.class_names(school, on), calendar, on), key=_urgency)


def _lines(found: Iterable[LongArrangement], names: Mapping[int, str], calendar: Calendar, on: date) -> Iterator[Line]:
    rows = list(found)
    taught = _taught(rows)
    for row in rows:
        asked = tuple(wanted(row, calendar, on, taught.get(row.pupil_id, ())))
        yield Line(row, names.get(row.pupil_id, ""), asked)


def over(school: School, since: date) -> list[LongArrangement]:
    """The arrangements that ended on a day or later, the latest first."""
    return list(of(school).filter(state=State.ENDED, ended_on__gte=since).order_by("-ended_on", "-pk"))


def _urgency(line: Line) -> tuple[bool, bool, date, str]:
    due_on = min((one.on for one in line.wanted if one.on), default=line.row.last_on)
    return not line.is_bad, not line.wanted, due_on, line.row.pupil.sort_name


def _taught(rows: Iterable[LongArrangement]) -> Mapping[int, Sequence[LongArrangement]]:
    """The running arrangements by which a pupil is taught elsewhere."""
    found: dict[int, list[LongArrangement]] = defaultdict(list)
    for row in rows:
        if Kind(row.kind) in TAUGHT_ELSEWHERE and row.state == State.RUNNING:
            found[row.pupil_id].append(row)
    return found


def wanted(
    row: LongArrangement, calendar: Calendar, on: date, taught: Sequence[LongArrangement] = ()
) -> Iterator[Wanted]:
    """What an arrangement asks of the school on a day."""
    if row.state == State.LAPSED:
        yield Wanted(f"Lapsed: it gives no code any more. {row.lapsed_why}", row.lapsed_on, is_bad=True)
    elif row.is_part_time:
        yield from _of_part_time(row, calendar, on)
    elif row.is_exclusion:
        yield from _of_exclusion(row, calendar, on, taught)
    elif row.kind == Kind.APPOINTMENTS and row.evidence_on is None:
        yield Wanted("See evidence of the appointments")


def _of_part_time(row: LongArrangement, calendar: Calendar, on: date) -> Iterator[Wanted]:
    terms = row.terms
    if terms.parent_on is None:
        yield Wanted("A parent’s agreement", row.first_on, is_bad=row.first_on <= on)
    if terms.head_on is None:
        yield Wanted("The headteacher’s agreement", row.first_on, is_bad=row.first_on <= on)
    if terms.is_agreed and terms.told_on is None:
        yield Wanted("Tell the local authority", row.first_on)
    if row.state == State.RUNNING:
        if terms.review_on < on:
            stops = until(row, calendar)
            yield Wanted(f"Review overdue; gives no code after {stops.day} {stops:%B}", terms.review_on, is_bad=True)
        elif terms.review_on <= _soon(calendar, on):
            yield Wanted("Review due", terms.review_on)


def _of_exclusion(
    row: LongArrangement, calendar: Calendar, on: date, taught: Sequence[LongArrangement]
) -> Iterator[Wanted]:
    sixth = rules.teaching_from(calendar, row.span, EDUCATION_FROM_DAY)
    if sixth is not None and not any(one.first_on <= sixth <= one.last_on for one in taught):
        yield Wanted(
            f"Teaching elsewhere from the sixth day, {sixth.day} {sixth:%B}: record K, B or D", sixth, sixth <= on
        )


def _soon(calendar: Calendar, on: date) -> date:
    try:
        return calendar.add_school_days(on, SOON_DAYS)
    except CalendarRefusedError:
        return on


@dataclass(frozen=True)
class Asking:
    """How many arrangements want something, of how many it is late, how many lapsed, how many wait for the head."""

    number: int
    late: int
    lapsed: int
    for_the_head: int


def asking(school: School, calendar: Calendar, on: date) -> Asking:
    """What the longer arrangements ask for in all; one query."""
    rows = LongArrangement.objects.filter(school=school).exclude(state=State.ENDED).select_related("terms")
    lines = [line for line in _lines(rows, {}, calendar, on) if line.wanted]
    lapsed = sum(line.row.state == State.LAPSED for line in lines)
    for_the_head = sum(line.row.state == State.AGREEING and line.row.terms.head_on is None for line in lines)
    return Asking(len(lines), sum(line.is_bad for line in lines), lapsed, for_the_head)
