"""What guidance says of a school's session times and calendar, held against what the school has entered.

A concern is shown on the settings page and changes nothing by itself: the times and dates are the school's own.
Sources: SI 2024/208 reg 10; WTISA 2024 on taking the register; the Education (School Day and School Year) (England)
Regulations 1999.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from registers.rules.arrivals import Times
from registers.rules.calendar import Calendar, Term, term_year
from registers.rules.closures import school_year_name
from registers.rules.sessions import Session

MOST_MINUTES_OPEN = 30
FEWEST_SESSIONS = 380
HALF_TERMS = 6
WTISA = "Working together to improve school attendance (2024), on taking the attendance register"
SCHOOL_YEAR = "Education (School Day and School Year) (England) Regulations 1999"
BANKING = "Banking and Financial Dealings Act 1971"
SESSION_WORDS: Mapping[Session, str] = {Session.AM: "morning", Session.PM: "afternoon"}

TimesNow = Mapping[tuple[str, Session], Times]
"""The times in force, by key stage and session."""


@dataclass(frozen=True)
class Concern:
    """One point at which the settings and guidance differ: what stands, what guidance says, its source, what to do."""

    what: str
    guidance: str
    source: str
    advice: str


def minutes_open(times: Times) -> int:
    """From the start to the close as a policy states them: 8.50 to 9.20 is thirty."""
    return (times.closes.hour - times.starts.hour) * 60 + times.closes.minute - times.starts.minute


def of_times(now: TimesNow) -> tuple[Concern, ...]:
    """The concerns about the session times in force on a day."""
    return (*_too_long(now), *_unequal(now), *_assumed(now), *_missing(now))


def _too_long(now: TimesNow) -> Iterator[Concern]:
    for session, times, stages in _grouped(now):
        minutes = minutes_open(times)
        if minutes > MOST_MINUTES_OPEN:
            yield Concern(
                what=f"The {SESSION_WORDS[session]} register is open {minutes} minutes, {times.starts:%H:%M} to "
                f"{times.closes:%H:%M} ({stages}).",
                guidance=f"A register stays open for at most {MOST_MINUTES_OPEN} minutes.",
                source=WTISA,
                advice="Consider an earlier close or a later start, in the policy first and then here.",
            )


def _unequal(now: TimesNow) -> Iterator[Concern]:
    lengths: dict[int, list[str]] = defaultdict(list)
    for session, times, stages in _grouped(now):
        lengths[minutes_open(times)].append(f"{session} {stages}")
    if len(lengths) > 1:
        said = "; ".join(f"{minutes} minutes: {', '.join(who)}" for minutes, who in sorted(lengths.items()))
        yield Concern(
            what=f"The registers are open for different lengths ({said}).",
            guidance="A register stays open for the same length of time in every session, for all pupils.",
            source=WTISA,
            advice="Consider one length for morning and afternoon.",
        )


def _assumed(now: TimesNow) -> Iterator[Concern]:
    for session, times, stages in _grouped(now):
        if times.assumed:
            yield Concern(
                what=f"The policy does not state the {SESSION_WORDS[session]} times for {stages}; "
                f"{times.starts:%H:%M} to {times.closes:%H:%M} is assumed.",
                guidance="The attendance policy says when each register is taken and when it closes.",
                source=WTISA,
                advice="State the times in the policy, then enter them here.",
            )


def _missing(now: TimesNow) -> Iterator[Concern]:
    for stage in sorted({stage for stage, _ in now}):
        for session in Session:
            if (stage, session) not in now:
                yield Concern(
                    what=f"No {SESSION_WORDS[session]} times are entered for {stage}: an arrival cannot be judged.",
                    guidance="The attendance policy says when each register is taken and when it closes.",
                    source=WTISA,
                    advice="Enter the times below.",
                )


def _grouped(now: TimesNow) -> list[tuple[Session, Times, str]]:
    """Key stages with the same times together, in words."""
    groups: dict[tuple[Session, Times], list[str]] = defaultdict(list)
    for (stage, session), times in now.items():
        groups[(session, times)].append(stage)
    rows = [(session, times, ", ".join(sorted(stages))) for (session, times), stages in groups.items()]
    return sorted(rows, key=lambda row: (row[0], row[2]))


def is_maintained(proprietor: str) -> bool:
    """Whether the number of school days is the law's: academies and independent schools set their own."""
    words = proprietor.lower()
    return "academy" not in words and "independent" not in words


def of_calendar(
    calendar: Calendar, placeholders: Iterable[Term], bank_holidays: Mapping[date, str], proprietor: str, since: date
) -> tuple[Concern, ...]:
    """The concerns about the school years that have not ended on a day. `bank_holidays` are the region's."""
    year = calendar.school_year_of(since)[0].year
    terms = tuple(term for term in calendar.terms if term_year(term.first_on) >= year)
    waiting = tuple(term for term in placeholders if term_year(term.first_on) >= year)
    concerns = [*_placeholders(waiting), *_open_holidays(calendar, bank_holidays, since)]
    if is_maintained(proprietor):
        concerns += _too_few(calendar, terms)
    return tuple(concerns)


def _placeholders(terms: tuple[Term, ...]) -> Iterator[Concern]:
    years: dict[int, int] = defaultdict(int)
    for term in terms:
        years[term_year(term.first_on)] += 1
    for year, number in sorted(years.items()):
        terms_are = "1 half-term has" if number == 1 else f"{number} half-terms have"
        yield Concern(
            what=f"{terms_are} placeholder dates in {school_year_name(year)}.",
            guidance="Every count of sessions, school days and school weeks rests on the school’s own dates.",
            source="This site",
            advice="Enter the school’s own dates, or save each half-term as it stands to confirm it.",
        )


def _open_holidays(calendar: Calendar, bank_holidays: Mapping[date, str], since: date) -> Iterator[Concern]:
    for on, name in sorted(bank_holidays.items()):
        if on >= since and calendar.is_school_day(on):
            yield Concern(
                what=f"{name}, {on:%d/%m/%Y}, lies in term and the school is open.",
                guidance="The day is a bank holiday in England.",
                source=BANKING,
                advice="Add it on the calendar page, unless the school does open.",
            )


def _too_few(calendar: Calendar, terms: tuple[Term, ...]) -> Iterator[Concern]:
    """A year is counted once all its half-terms are entered."""
    years: dict[int, list[Term]] = defaultdict(list)
    for term in terms:
        years[term_year(term.first_on)].append(term)
    for year, found in sorted(years.items()):
        sessions = len(calendar.sessions_between(found[0].first_on, found[-1].last_on))
        if len({term.number for term in found}) == HALF_TERMS and sessions < FEWEST_SESSIONS:
            yield Concern(
                what=f"{school_year_name(year)} has {sessions} sessions.",
                guidance=f"A maintained school meets for at least {FEWEST_SESSIONS} sessions (190 days) in a school "
                "year. Sessions lost to an unexpected closure need not be made up where that is impracticable.",
                source=SCHOOL_YEAR,
                advice="Check the terms and closures of the year.",
            )
