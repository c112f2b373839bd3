"""Which clocks have reached their limits, for whom, and what was answered: every queue of deadlines of a school."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from absences.models import AbsenceRules, EvidenceWanted, LeaveRequest, Reason, Return
from absences.rules import clocks as rules
from absences.rules.clocks import CLOCKS, TRAVELLING, Clock, ClockKind, Enrolled, Reached
from registers.models import Mark, Pupil, School
from registers.queries import classes, figures
from registers.queries.figures import Period
from registers.rules import ages
from registers.rules.calendar import Calendar
from registers.rules.sessions import Session, SessionOn

LOOK_BACK = timedelta(days=365)
"""How far back a run may begin: over a summer, never over years."""
COUNTED = sorted(frozenset[str]().union(*(clock.codes for clock in (*CLOCKS, TRAVELLING))))
RECENT = timedelta(days=60)
"""How long a pupil who came or left is asked about."""


@dataclass(frozen=True)
class Due:
    """One thing that falls due for one pupil. `answer` is the return that was made, once it was."""

    kind: ClockKind
    pupil: Pupil
    class_name: str
    title: str
    asks: str
    source: str
    words: str
    since: date
    reached_on: date
    due_on: date
    is_overdue: bool
    answer: Return | None = None


@dataclass(frozen=True)
class _Asked:
    school: School
    calendar: Calendar
    today: date
    names: Mapping[int, str]
    answers: Mapping[tuple[int, str], list[Return]]


def rules_of(school: School) -> AbsenceRules:
    """What the school has chosen, or the defaults where it has chosen nothing."""
    return AbsenceRules.objects.filter(school=school).first() or AbsenceRules(school=school)


def due(school: School, calendar: Calendar, today: date, pupil: Pupil | None = None) -> list[Due]:
    """Everything that is due or was answered lately, the longest overdue first; a constant number of queries."""
    found = _found(school, calendar, today, pupil, classes.class_names(school, today))
    return sorted(found, key=lambda one: (one.answer is not None, one.due_on, one.pupil.sort_name))


def _found(school: School, calendar: Calendar, today: date, pupil: Pupil | None, names: Mapping[int, str]) -> list[Due]:
    answers: dict[tuple[int, str], list[Return]] = defaultdict(list)
    for row in Return.objects.filter(school=school, reached_on__gte=today - LOOK_BACK).select_related("recorded_by"):
        answers[(row.pupil_id, row.kind)].append(row)
    asked = _Asked(school, calendar, today, names, answers)
    return [*_on_marks(asked, pupil), *_on_the_roll(asked, pupil)]


def _on_marks(asked: _Asked, only: Pupil | None) -> Iterator[Due]:
    period = Period(asked.today - LOOK_BACK, asked.today)
    on_roll = {one.pk: one for one in figures.pupils_on_roll(asked.school, Period(asked.today, asked.today))}
    running = rules.clocks_of(rules_of(asked.school).pnar_days)
    wanted = _candidates(asked.school, period, [only.pk] if only else list(on_roll), running)
    marks = _marks(asked.school, period, wanted)
    year_began_on = asked.calendar.school_year_of(asked.today)[0]
    found: list[tuple[Pupil, Clock, Reached]] = []
    for pupil in (on_roll[pupil_id] for pupil_id in wanted if pupil_id in on_roll):
        places = asked.calendar.sessions_between(max(period.first_on, pupil.starts_on), period.last_on)
        for clock in running:
            if clock.compulsory_age and not ages.is_compulsory_age(pupil.dob, asked.today):
                continue
            reached = rules.reached(clock, marks[pupil.pk], places, year_began_on)
            if reached is not None:
                found.append((pupil, clock, reached))
    returning = _returning(asked, [one.pk for one, clock, _ in found if clock.kind is ClockKind.TRAVELLING])
    for pupil, clock, reached in found:
        if clock.kind is not ClockKind.TRAVELLING or pupil.pk not in returning:
            yield _due(asked, pupil, clock, reached)


def _returning(asked: _Asked, pupil_ids: list[int]) -> frozenset[int]:
    """The travelling pupils whose day of return is known: a recorded absence or granted leave says until when."""
    if not pupil_ids:
        return frozenset()
    about = {"code": "T", "last_on__gte": asked.today, "pupil__in": pupil_ids}
    told, granted = Reason.objects.filter(**about), LeaveRequest.objects.filter(**about)
    return frozenset(told.values_list("pupil", flat=True).union(granted.values_list("pupil", flat=True)))


def _candidates(school: School, period: Period, pupil_ids: list[int], running: tuple[Clock, ...]) -> list[int]:
    """Whoever has enough counted marks for some limit; nobody else's register is read."""
    least = min(clock.limit for clock in running)
    return list(
        Mark.objects.filter(school=school, pupil__in=pupil_ids, code__in=COUNTED)
        .filter(on__gte=period.first_on, on__lte=period.last_on)
        .values("pupil")
        .annotate(number=Count("pk"))
        .filter(number__gte=least)
        .values_list("pupil", flat=True)
        .order_by("pupil")
    )


def _marks(school: School, period: Period, pupil_ids: Iterable[int]) -> Mapping[int, dict[SessionOn, str]]:
    found: dict[int, dict[SessionOn, str]] = defaultdict(dict)
    rows = Mark.objects.filter(
        school=school, pupil__in=list(pupil_ids), on__gte=period.first_on, on__lte=period.last_on
    ).values_list("pupil_id", "on", "session", "code")
    for pupil_id, on, session, code in rows:
        found[pupil_id][SessionOn(on, Session(session))] = code
    return found


def _due(asked: _Asked, pupil: Pupil, clock: Clock, reached: Reached) -> Due:
    return Due(
        kind=clock.kind,
        pupil=pupil,
        class_name=asked.names.get(pupil.pk, ""),
        title=clock.title,
        asks=clock.asks,
        source=clock.source,
        words=reached.words,
        since=reached.since,
        reached_on=reached.reached_on,
        due_on=reached.reached_on,
        is_overdue=reached.reached_on < asked.today,
        answer=_answer(asked, pupil, clock.kind, reached.since, reached.last_on),
    )


def _answer(asked: _Asked, pupil: Pupil, kind: ClockKind, since: date, last_on: date) -> Return | None:
    """The return about these days, though the register may have been amended since and they now begin otherwise."""
    rows = asked.answers.get((pupil.pk, kind), ())
    return next((row for row in rows if row.since <= last_on and row.reached_on >= since), None)


def _on_the_roll(asked: _Asked, only: Pupil | None) -> Iterator[Due]:
    """New names and deletions of the last weeks, and of those to come."""
    since = asked.today - RECENT
    rows = Pupil.objects.filter(school=asked.school).filter(Q(entered_on__gte=since) | Q(leaves_on__gte=since))
    youngest, oldest = _ends_of_the_school(asked, since)
    for pupil in rows.filter(pk=only.pk) if only else rows:
        on = pupil.leaves_on or asked.today
        enrolled = Enrolled(
            pupil.entered_on, pupil.starts_on, pupil.leaves_on, pupil.year_group(max(pupil.starts_on, on))
        )
        entered = pupil.entered_on
        if entered is not None and entered >= since:
            told_by = rules.new_pupil_due(enrolled, asked.calendar, youngest)
            if told_by is not None:
                yield _of_roll(asked, pupil, ClockKind.NEW_PUPIL, entered, told_by)
        if pupil.leaves_on is not None and pupil.leaves_on >= since:
            told_by = rules.deletion_due(enrolled, asked.calendar, oldest)
            if told_by is not None:
                yield _of_roll(asked, pupil, ClockKind.DELETION, pupil.leaves_on, told_by)


def _ends_of_the_school(asked: _Asked, since: date) -> tuple[int, int]:
    """The most junior and the most senior year group, those with it who left since a day or are still to come.

    In the summer the oldest have left and the youngest have not begun.
    """
    rows = Pupil.objects.filter(school=asked.school).filter(Q(leaves_on__isnull=True) | Q(leaves_on__gte=since))
    groups = [
        pupil.year_group(max(pupil.starts_on, min(asked.today, pupil.leaves_on or asked.today))) for pupil in rows
    ]
    return min(groups, default=0), max(groups, default=0)


_ROLL_WORDS: Mapping[ClockKind, tuple[str, str, str]] = {
    ClockKind.NEW_PUPIL: (
        "New pupil: tell the local authority within five days",
        "Send everything the admission register holds of the pupil.",
        "Entered in the admission register on",
    ),
    ClockKind.DELETION: (
        "Deletion: tell the local authority no later than the day itself",
        "Send the name, address, parents, emergency telephone, where the pupil goes, and the ground of deletion.",
        "Last day on roll:",
    ),
}


def _of_roll(asked: _Asked, pupil: Pupil, kind: ClockKind, since: date, due_on: date) -> Due:
    title, asks, opening = _ROLL_WORDS[kind]
    return Due(
        kind=kind,
        pupil=pupil,
        class_name=asked.names.get(pupil.pk, ""),
        title=title,
        asks=asks,
        source="SI 2024/208 reg 13",
        words=f"{opening} {since.day} {since:%B %Y}.",
        since=since,
        reached_on=since,
        due_on=due_on,
        is_overdue=due_on < asked.today,
        answer=_answer(asked, pupil, kind, since, since),
    )


def open_count(school: School, calendar: Calendar, today: date) -> tuple[int, int]:
    """How many deadlines wait for an answer, and how many of them are past."""
    waiting = [one for one in _found(school, calendar, today, None, {}) if one.answer is None]
    return len(waiting), sum(one.is_overdue for one in waiting)


@dataclass(frozen=True)
class Ill:
    """A pupil whose illness meets the school's own limit for asking for evidence."""

    pupil: Pupil
    class_name: str
    occasions: int
    longest: int
    words: str
    wanted: EvidenceWanted | None


def illness(school: School, calendar: Calendar, today: date) -> list[Ill]:
    """Everybody whose illness this year meets the school's limit, and everybody of whom evidence is wanted."""
    limits = rules_of(school)
    open_rows = {row.pupil_id: row for row in EvidenceWanted.objects.filter(school=school, ended_on__isnull=True)}
    if limits.illness_occasions is None and limits.illness_days is None and not open_rows:
        return []
    began_on = calendar.school_year_of(today)[0]
    period = Period(began_on, today)
    on_roll = {one.pk: one for one in figures.pupils_on_roll(school, Period(today, today))}
    ill = set(
        Mark.objects.filter(school=school, code="I", on__gte=began_on, on__lte=today).values_list("pupil", flat=True)
    )
    asked = sorted((ill | open_rows.keys()) & on_roll.keys())
    marks = _marks(school, period, asked)
    names = classes.class_names(school, today)
    found = []
    for pupil_id in asked:
        pupil, of_pupil = on_roll[pupil_id], marks.get(pupil_id, {})
        places = calendar.sessions_between(max(began_on, pupil.starts_on), today)
        occasions = rules.occasions(of_pupil, places)
        longest = max((len(run.days) for run in rules.runs(of_pupil, places, frozenset("I"))), default=0)
        words = rules.illness_words(occasions, longest, limits.illness_occasions, limits.illness_days)
        if words or pupil_id in open_rows:
            found.append(Ill(pupil, names.get(pupil_id, ""), occasions, longest, words, open_rows.get(pupil_id)))
    return sorted(found, key=lambda one: (one.wanted is not None, -one.occasions, -one.longest, one.pupil.sort_name))
