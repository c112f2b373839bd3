"""The texts and e-mails of a session's first-day list: what is written, what is still to write, and whom to ring."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from absences.queries import first_day
from absences.queries.first_day import Away, Family, Person
from absences.rules import first_day_messages as rules
from absences.rules.first_day_messages import Addressed, Reach
from letters.queries import messages
from letters.queries.messages import Line
from letters.rules import messages as message_rules
from letters.rules.messages import Channel, MessageState
from letters.services.messages import address_of
from registers.models import School
from registers.queries import calendars
from registers.rules.calendar import Calendar
from registers.rules.sessions import Session


@dataclass(frozen=True)
class Written:
    """One message of the session."""

    line: Line
    why_not: str
    """Why it should not go any more, though it was prepared; empty if it may."""

    @property
    def parts(self) -> int:
        """How many texts it is billed as; none of an e-mail."""
        row = self.line.row
        return message_rules.parts(row.body) if row.channel == Channel.TEXT else 0


@dataclass(frozen=True)
class Wanted:
    """A message still to write."""

    addressed: Addressed
    person: Person
    children: tuple[Away, ...]


@dataclass(frozen=True)
class Unreached:
    """Children about whom nobody can be written to, and who there is to ring."""

    children: tuple[Away, ...]
    family: Family

    @property
    def orders(self) -> list[Person]:
        """Those left out because of a court order."""
        return [person for person in self.family.people if person.court_order]


@dataclass(frozen=True)
class Round:
    """All of one session."""

    session: Session
    written: tuple[Written, ...]
    wanted: tuple[Wanted, ...]
    unreached: tuple[Unreached, ...]
    left_out: tuple[Person, ...]
    """Contacts under a court order in the families written to or to write to."""

    def _in(self, *states: MessageState) -> list[Written]:
        return [one for one in self.written if one.line.row.state in states]

    @cached_property
    def prepared(self) -> list[Written]:
        return self._in(MessageState.PREPARED)

    @cached_property
    def ready(self) -> list[Written]:
        return [one for one in self.prepared if not one.why_not]

    @cached_property
    def dropped(self) -> list[Written]:
        return [one for one in self._in(MessageState.WITHDRAWN) if one.line.may_put_back]

    @cached_property
    def released(self) -> list[Written]:
        """What failed first."""
        rows = [one for one in self.written if one.line.row.releases]
        return sorted(rows, key=lambda one: not one.line.wants_somebody)


def of(school: School, calendar: Calendar, local: datetime, at: datetime) -> Round:
    """The messages of the session that runs at a minute; the same number of queries however many families."""
    on, session = local.date(), calendars.session_at(school, local)
    found = first_day.of(school, calendar, local)
    rows = messages.of_school(school).filter(purpose=rules.PURPOSE, key__startswith=rules.prefix(on, session))
    lines = messages.lines(rows.order_by("pk"), at)
    to_ask = {child.pupil.pk for family in found.families for child in family.children if child.needs_asking}
    known = {pupil.pk for line in lines for pupil in line.pupils}
    wanted: list[Wanted] = []
    unreached: list[Unreached] = []
    for family in found.families:
        more, ring = _plan(family, known)
        wanted += more
        unreached += ring
    return Round(
        session,
        tuple(Written(line, _why_not(line, to_ask)) for line in lines),
        tuple(wanted),
        tuple(unreached),
        tuple(_left_out(found.families)),
    )


def _plan(family: Family, known: set[int]) -> tuple[list[Wanted], list[Unreached]]:
    children = {
        child.pupil.pk: child for child in family.children if child.needs_asking and child.pupil.pk not in known
    }
    people = {person.parent.pk: person for person in family.people}
    plan = rules.plan(list(children), [_reach(person) for person in family.people])
    wanted = [
        Wanted(one, people[one.parent_id], tuple(children[pupil_id] for pupil_id in one.pupil_ids))
        for one in plan.messages
    ]
    alone = tuple(children[pupil_id] for pupil_id in plan.unreached)
    return wanted, [Unreached(alone, family)] if alone else []


def _reach(person: Person) -> Reach:
    return Reach(
        person.parent.pk,
        frozenset(person.pupil_ids),
        address_of(person.parent, Channel.TEXT) is not None,
        address_of(person.parent, Channel.EMAIL) is not None,
        person.court_order,
    )


def _left_out(families: Iterable[Family]) -> list[Person]:
    asked = [family for family in families if any(child.needs_asking for child in family.children)]
    return [person for family in asked for person in family.people if person.court_order]


def _why_not(line: Line, to_ask: set[int]) -> str:
    if line.row.state != MessageState.PREPARED:
        return ""
    settled = [pupil.forename for pupil in line.pupils if pupil.pk not in to_ask]
    return rules.why_not([pupil.forename for pupil in line.pupils], settled)
