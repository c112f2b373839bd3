"""A school's settings as its page shows them: the times in force, what was and will be, and the concerns."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from registers.models import Mark, School, SessionTimes, Term
from registers.queries import calendars
from registers.rules import codes, compliance
from registers.rules.arrivals import Times
from registers.rules.calendar import Calendar
from registers.rules.compliance import Concern
from registers.rules.sessions import Session


@dataclass(frozen=True)
class TimesRow:
    """The same times of one session for some key stages, from a day on. `rows` are those they are stored in."""

    session: Session
    times: Times
    applies_from: date
    rows: tuple[SessionTimes, ...]

    @property
    def stages(self) -> str:
        return ", ".join(row.key_stage for row in self.rows)

    @property
    def minutes(self) -> int:
        return compliance.minutes_open(self.times)

    @property
    def is_too_long(self) -> bool:
        return self.minutes > compliance.MOST_MINUTES_OPEN


@dataclass(frozen=True)
class Settings:
    """What the settings page shows."""

    now: tuple[TimesRow, ...]
    later: tuple[TimesRow, ...]
    earlier: tuple[TimesRow, ...]
    concerns: tuple[Concern, ...]
    key_stages: tuple[str, ...]


def of(school: School, calendar: Calendar, today: date) -> Settings:
    """The settings as they stand on a day; two queries."""
    rows = list(SessionTimes.objects.filter(school=school).order_by("applies_from", "session", "key_stage"))
    in_force = {(row.key_stage, Session(row.session)): row for row in rows if row.applies_from <= today}
    standing = set(in_force.values())
    placeholders = [calendars.as_term(row) for row in Term.objects.filter(school=school, placeholder=True)]
    last_on = calendar.terms[-1].last_on if calendar.terms else today
    return Settings(
        now=_grouped(standing),
        later=_grouped(row for row in rows if row.applies_from > today),
        earlier=_grouped(row for row in rows if row.applies_from <= today and row not in standing)[::-1],
        concerns=(
            *compliance.of_times({key: as_times(row) for key, row in in_force.items()}),
            *compliance.of_calendar(
                calendar,
                placeholders,
                calendars.bank_holidays(today, max(today, last_on)),
                school.proprietor,
                today,
            ),
        ),
        key_stages=tuple(sorted({row.key_stage for row in rows})),
    )


def as_times(row: SessionTimes) -> Times:
    """The times as the policy states them, whether or not the school is strict about lateness."""
    return Times(row.starts, row.on_time_until, row.closes, row.assumed)


def _grouped(rows: Iterable[SessionTimes]) -> tuple[TimesRow, ...]:
    groups: dict[tuple[date, Session, Times], list[SessionTimes]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.key_stage):
        groups[(row.applies_from, Session(row.session), as_times(row))].append(row)
    found = [TimesRow(session, times, on, tuple(group)) for (on, session, times), group in groups.items()]
    return tuple(sorted(found, key=lambda row: (row.applies_from, row.session, row.stages)))


def late_marks_since(school: School, session: Session, on: date) -> int:
    """How many marks L and U of a session stand from a day on: other times do not change them."""
    return Mark.objects.filter(school=school, on__gte=on, session=session, code__in=codes.LATE_CODES).count()
