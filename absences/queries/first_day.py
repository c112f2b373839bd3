"""Who is away without a reason today, family by family, the most urgent first, with whom to ask and who was asked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from absences.models import ContactAttempt
from absences.queries import clocks
from absences.queries.contacts import Attempt
from absences.rules import first_day as rules
from absences.rules.contacts import Outcome
from absences.rules.first_day import Child, Clock, Due, Standing, Tried, Urgency
from letters.rules.messages import REACHED_NOBODY
from registers.models import Contact, Mark, Parent, Pupil, RegisterTaken, School
from registers.queries import classes, figures, missing
from registers.queries.classes import RegisterState
from registers.queries.figures import Period
from registers.rules.calendar import Calendar
from registers.rules.figures import LIVE_MINIMUM_POSSIBLE
from registers.rules.marks import Door
from registers.rules.sessions import Session

Marks = Mapping[Session, str]


@dataclass(frozen=True)
class Away:
    """One pupil away without a reason, and in which of today's sessions."""

    pupil: Pupil
    class_name: str
    sessions: tuple[Session, ...]
    marks: Marks
    urgency: Urgency
    is_persistent: bool
    due: Due

    @property
    def is_in_school(self) -> bool:
        return self.urgency is Urgency.IN_SCHOOL

    @property
    def needs_asking(self) -> bool:
        """Whether nobody has been asked about this child, or the next try is due."""
        return self.due.standing in (Standing.NOT_TRIED, Standing.DUE) and not self.is_in_school


@dataclass(frozen=True)
class Person:
    """Somebody to ask about the children of a family who are away."""

    parent: Parent
    relationship: str
    court_order: bool
    pupil_ids: tuple[int, ...]
    """The children away whose contact it is: not every brother and sister shares every contact."""

    @property
    def phones(self) -> list[str]:
        return [number for number in (self.parent.phone1, self.parent.phone2, self.parent.phone3) if number]


@dataclass(frozen=True)
class Family:
    """The brothers and sisters who are away, whom to ask in their order, and what was tried today."""

    children: tuple[Away, ...]
    people: tuple[Person, ...]
    attempts: tuple[Attempt, ...]
    due: Due

    @property
    def first(self) -> Away:
        return self.children[0]

    @property
    def needs_asking(self) -> bool:
        return self.due.standing in (Standing.NOT_TRIED, Standing.DUE) and not self.first.is_in_school

    @property
    def counts_for_the_clock(self) -> bool:
        """Whether nobody has been asked though a child is away since the morning."""
        away = [child for child in self.children if not child.is_in_school]
        return self.due.standing is Standing.NOT_TRIED and any(Session.AM in child.sessions for child in away)


@dataclass(frozen=True)
class FirstDay:
    """The list of a day."""

    families: tuple[Family, ...]
    unknown: tuple[RegisterState, ...]
    """Registers that are not in though they have opened: their blanks say nothing yet."""
    waiting: int
    """Registers nobody has to take yet."""
    clock: Clock

    @cached_property
    def pupils(self) -> int:
        return sum(len(family.children) for family in self.families)

    @cached_property
    def to_ask(self) -> int:
        """Families that want a call now: nobody has tried, or the next try is due."""
        return sum(family.needs_asking for family in self.families)

    @cached_property
    def on_the_clock(self) -> int:
        return sum(family.counts_for_the_clock for family in self.families)


def of(school: School, calendar: Calendar, local: datetime) -> FirstDay:
    """The list as it stands at a minute; the same number of queries however many pupils."""
    on = local.date()
    registers = missing.of(school, calendar, on, local)
    names = classes.class_names(school, on)
    away = _away(school, calendar, on, names)
    persistent = _persistent(school, calendar, on, away)
    contacts = _contacts(away)
    children = {
        pupil.pk: Child(
            pupil.pk,
            pupil.sort_name,
            _parents(contacts[pupil.pk]),
            pupil.social_worker or pupil.lac,
            pupil.pk in persistent,
            rules.is_in_school(marks, sessions),
        )
        for pupil, marks, sessions in away
    }
    attempts = _attempts(school, on, children)
    rows = {
        pupil.pk: Away(
            pupil,
            names.get(pupil.pk, ""),
            sessions,
            marks,
            rules.urgency(children[pupil.pk]),
            pupil.pk in persistent,
            _due(attempts.get(pupil.pk, ()), local),
        )
        for pupil, marks, sessions in away
    }
    families = [
        _family([rows[child.pupil_id] for child in family], contacts, attempts, local)
        for family in rules.families(children.values())
    ]
    families.sort(key=lambda family: (family.first.urgency, family.due.standing))
    return FirstDay(
        tuple(families),
        tuple(row.state for row in registers.rows if row.state.taken is None and row.state.blank),
        sum(len(part.states) for part in registers.waiting),
        rules.clock(local, clocks.rules_of(school).first_contact_by),
    )


_Found = tuple[Pupil, Marks, tuple[Session, ...]]


def _away(
    school: School, calendar: Calendar, on: date, names: Mapping[int, str], only: Iterable[int] | None = None
) -> list[_Found]:
    """The pupils on roll who are away without a reason in a session of the day, with their marks; three queries.

    A register that is not in says nothing: of its class only those already marked N are away.
    """
    taken: dict[str, set[Session]] = defaultdict(set)
    registers = RegisterTaken.objects.filter(school=school, on=on)
    for name, session in registers.values_list("school_class__name", "session"):
        taken[name].add(Session(session))
    marks: dict[int, dict[Session, str]] = defaultdict(dict)
    # Where a plan fell away the N stands for a blank until the register is in.
    rows = Mark.objects.filter(school=school, on=on).exclude(source=Door.LAPSED)
    for pupil_id, session, code in rows.values_list("pupil", "session", "code"):
        marks[pupil_id][Session(session)] = code
    found: list[_Found] = []
    chosen = None if only is None else set(only)
    for pupil in figures.pupils_on_roll(school, Period(on, on)):
        if chosen is not None and pupil.pk not in chosen:
            continue
        known = [half for half in taken[names.get(pupil.pk, "")] if calendar.is_open(on, half)]
        sessions = rules.unexplained(marks[pupil.pk], known)
        if sessions:
            found.append((pupil, marks[pupil.pk], sessions))
    return found


def still_away(school: School, calendar: Calendar, on: date, pupil_ids: Iterable[int]) -> set[int]:
    """Which of these pupils are away without a reason on a day."""
    found = _away(school, calendar, on, classes.class_names(school, on), pupil_ids)
    return {pupil.pk for pupil, _, _ in found}


def count(school: School, calendar: Calendar, on: date) -> tuple[int, int]:
    """How many pupils are away without a reason today and not back in school, and about how many nobody has asked."""
    found = _away(school, calendar, on, classes.class_names(school, on))
    away = {pupil.pk for pupil, marks, sessions in found if not rules.is_in_school(marks, sessions)}
    tries = ContactAttempt.objects.filter(school=school, about_on=on, pupil__in=away)
    asked = tries.exclude(message__state__in=REACHED_NOBODY).values_list("pupil", flat=True)
    return len(away), len(away - set(asked))


def _persistent(school: School, calendar: Calendar, on: date, away: Iterable[_Found]) -> set[int]:
    """Those who have missed a tenth or more this school year, once there are enough sessions to say so."""
    period = figures.year_to_date(on, calendar)
    found = figures.by_pupil(school, calendar, period, [pupil for pupil, _, _ in away])
    return {
        pupil_id
        for pupil_id, one in found.items()
        if one.possible >= LIVE_MINIMUM_POSSIBLE and one.is_persistently_absent
    }


def _contacts(away: Iterable[_Found]) -> Mapping[int, list[Contact]]:
    found: dict[int, list[Contact]] = defaultdict(list)
    rows = Contact.objects.filter(pupil__in=[pupil.pk for pupil, _, _ in away]).select_related("parent")
    for row in rows.order_by("priority", "pk"):
        found[row.pupil_id].append(row)
    return found


def _parents(rows: Iterable[Contact]) -> frozenset[int]:
    """Those through whom children are brothers and sisters, as `registers.queries.families` has it."""
    return frozenset(row.parent_id for row in rows if row.parental_responsibility or row.lives_with_pupil)


def _attempts(school: School, on: date, pupil_ids: Iterable[int]) -> Mapping[int, list[ContactAttempt]]:
    found: dict[int, list[ContactAttempt]] = defaultdict(list)
    rows = ContactAttempt.objects.filter(school=school, about_on=on, pupil__in=list(pupil_ids))
    for row in rows.select_related("parent", "recorded_by", "message").order_by("tried_at", "pk"):
        found[row.pupil_id].append(row)
    return found


def _family(
    children: list[Away],
    contacts: Mapping[int, list[Contact]],
    attempts: Mapping[int, list[ContactAttempt]],
    local: datetime,
) -> Family:
    tried = _together([row for child in children for row in attempts.get(child.pupil.pk, ())])
    # The children stand as the one does whom nobody has asked about: a call about one is not a call about both.
    dues = [child.due for child in children if not child.is_in_school]
    return Family(
        tuple(children),
        tuple(_people(children, contacts)),
        tuple(Attempt(row) for row in tried),
        min(dues or [_due(tried, local)], key=lambda due: (due.standing, due.at or local)),
    )


def _due(rows: Iterable[ContactAttempt], local: datetime) -> Due:
    # A message that reached nobody asked nobody: the family stands as before it was sent.
    tries = [Tried(row.tried_at, Outcome(row.outcome), row.next_at) for row in rows if not Attempt(row).reached_nobody]
    return rules.due(tries, local)


def _together(rows: Iterable[ContactAttempt]) -> list[ContactAttempt]:
    """Tries in order, one that was recorded for several children once."""
    once = {(row.tried_at, row.channel, row.parent_id, row.outcome, row.words): row for row in rows}
    return sorted(once.values(), key=lambda row: (row.tried_at, row.pk))


def _people(children: list[Away], contacts: Mapping[int, list[Contact]]) -> Iterable[Person]:
    """Everybody who may be asked, in the order of the eldest claim on them; a court order about any child shows."""
    found: dict[int, list[Contact]] = defaultdict(list)
    for row in sorted((row for child in children for row in contacts[child.pupil.pk]), key=lambda row: row.priority):
        found[row.parent_id].append(row)
    for rows in found.values():
        yield Person(
            rows[0].parent,
            ", ".join(dict.fromkeys(row.relationship for row in rows if row.relationship)),
            any(row.court_order for row in rows),
            tuple(row.pupil_id for row in rows),
        )
