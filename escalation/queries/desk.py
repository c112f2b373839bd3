"""The desk: one row for each pupil who needs somebody, by what is due, then by risk.

What sorts and narrows the rows is read for everybody (`lines`), and rests on the flags as the last scan left them;
marks are counted only for the rows on the page (`details`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from escalation.queries import desk_details, desk_reading
from escalation.queries.desk_details import Detail
from escalation.queries.desk_reading import Due, Flagged, OpenCase, Read
from escalation.rules.limits import NONE, Limits
from escalation.rules.outlook import Band, band
from penalties.rules.threshold import Window
from registers.models import Pupil, School
from registers.queries import classes
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures
from registers.rules.rights import ROLE_NAMES, Role

BUCKETS = ("overdue", "today", "soon", "later")
GROUPS: dict[str, str] = {
    "fsm": "Free school meals",
    "pp": "Pupil premium",
    "sen": "Special educational needs",
    "eal": "English an additional language",
    "lac": "Looked after",
    "social_worker": "Social worker",
}


@dataclass(frozen=True)
class Line:
    """One pupil on the desk, as far as sorting and narrowing need it. `flags` are open and not put aside."""

    pupil: Pupil
    class_name: str
    year_group: int
    flags: tuple[Flagged, ...]
    """The gravest first."""
    case: OpenCase | None
    due: Due

    @property
    def gravest(self) -> Flagged | None:
        return self.flags[0] if self.flags else None

    @property
    def risk(self) -> int:
        return self.flags[0].risk if self.flags else 0

    @property
    def stage(self) -> str:
        """The stage of the case, or the one the policy would put it at."""
        if self.case is not None:
            return self.case.stage
        return self.flags[0].stage if self.flags else ""

    @property
    def stages(self) -> set[str]:
        return {self.stage, *(flag.stage for flag in self.flags)}

    @property
    def since(self) -> date | None:
        return min((flag.opened_on for flag in self.flags), default=None)

    @property
    def missed(self) -> float:
        """The greatest share of sessions missed that the last scan counted for a flag; to sort by, never to show."""
        return max((float(flag.missed) for flag in self.flags if flag.missed is not None), default=0.0)

    @property
    def letter_flag(self) -> Flagged | None:
        """The gravest flag that has a letter to write."""
        return next((flag for flag in self.flags if flag.letter), None)


@dataclass(frozen=True)
class Row(Line):
    """A line with everything its row shows."""

    detail: Detail
    limits: Limits

    @property
    def figures(self) -> Figures:
        return self.detail.figures

    @property
    def band(self) -> Band:
        return band(self.figures)

    @property
    def window(self) -> Window:
        return self.detail.window

    @property
    def lates(self) -> int:
        return self.detail.lates

    @property
    def count_words(self) -> tuple[str, ...]:
        """The lates of the half-term and the illness of the year beside the numbers that the policy speaks of."""
        return self.limits.words(self.detail.lates, self.detail.illnesses, self.detail.longest_illness)


@dataclass(frozen=True)
class Chosen:
    """Which lines to show; an empty choice shows every one."""

    stage: str = ""
    school_class: str = ""
    group: str = ""
    owner: str = ""
    due: str = ""


def number(school: School, on: date) -> int:
    """How many pupils are on the desk."""
    return _on_roll(school, on, desk_reading.pupil_ids(school, on)).count()


def lines(school: School, on: date) -> list[Line]:
    """Every pupil on roll with an open flag not put aside, a task or a meeting: what is due first, then risk.

    Among equals comes first who has missed most, as the last scan counted. The number of queries is constant, and none
    of them counts marks.
    """
    read = desk_reading.of_school(school, on)
    names = classes.class_names(school, on)
    pupils = _on_roll(school, on, read.pupil_ids).only(*SHOWN)
    return sorted((_line(read, pupil, names.get(pupil.pk, ""), on) for pupil in pupils), key=_place)


SHOWN = (
    *("school", "legal_surname", "legal_forename", "preferred_forename"),
    *("dob", "year_offset", "starts_on", "leaves_on"),
    *GROUPS,
)
"""All that a line and its row ever ask of a pupil; asking for more would be a query a pupil."""


def _on_roll(school: School, on: date, pupil_ids: Iterable[int]) -> QuerySet[Pupil, Pupil]:
    present = Q(leaves_on__isnull=True) | Q(leaves_on__gte=on)
    return Pupil.objects.filter(present, school=school, pk__in=pupil_ids, starts_on__lte=on)


def _line(read: Read, pupil: Pupil, class_name: str, on: date) -> Line:
    return Line(
        pupil=pupil,
        class_name=class_name,
        year_group=pupil.year_group(on),
        flags=tuple(read.flags.get(pupil.pk, ())),
        case=read.cases.get(pupil.pk),
        due=_due(read, pupil.pk, on),
    )


def _place(line: Line) -> tuple[int, int, date, float, str, int]:
    return (
        BUCKETS.index(line.due.standing),
        -line.risk,
        line.due.on,
        -line.missed,
        line.pupil.sort_name,
        line.pupil.pk,
    )


def _due(read: Read, pupil_id: int, on: date) -> Due:
    """The first thing due for a pupil; a flag nobody has taken up is due today."""
    task = read.tasks.get(pupil_id)
    found: list[Due] = [*([task] if task else ()), *read.meetings.get(pupil_id, ())]
    if found:
        return min(found, key=lambda due: due.on)
    case = read.cases.get(pupil_id)
    if case is not None:
        return Due("Set the next step", case.owner_name or ROLE_NAMES[Role.FLO], on, "today", "case", case.pk)
    flag = read.flags[pupil_id][0]
    return Due(flag.follow_up, flag.whose, on, "today", "flag", flag.pk, is_new=True)


def narrowed(found: Iterable[Line], chosen: Chosen) -> list[Line]:
    """The lines of a choice."""
    return [
        line
        for line in found
        if (not chosen.stage or chosen.stage in line.stages)
        and (not chosen.school_class or line.class_name == chosen.school_class)
        and (not chosen.group or _is_of(line.pupil, chosen.group))
        and (not chosen.owner or _is_owned(line, chosen.owner))
        and (not chosen.due or line.due.standing == chosen.due)
    ]


def _is_of(pupil: Pupil, group: str) -> bool:
    if group == "sen":
        return pupil.sen not in ("", "N")
    return group in GROUPS and bool(getattr(pupil, group))


def _is_owned(line: Line, owner: str) -> bool:
    owner_id = line.case.owner_id if line.case else None
    return owner_id is None if owner == "nobody" else str(owner_id) == owner


def details(school: School, calendar: Calendar, on: date, chosen: list[Line], limits: Limits) -> list[Row]:
    """The lines of one page as whole rows; the number of queries is constant."""
    found = desk_details.of(school, calendar, on, [line.pupil for line in chosen])
    return [
        Row(
            line.pupil,
            line.class_name,
            line.year_group,
            line.flags,
            line.case,
            line.due,
            detail=found[line.pupil.pk],
            limits=limits,
        )
        for line in chosen
    ]


def rows(school: School, calendar: Calendar, on: date, limits: Limits = NONE) -> list[Row]:
    """Every line as a whole row."""
    return details(school, calendar, on, lines(school, on), limits)
