"""Planned closures: their kinds, and what a calendar refuses of them and of its terms.

Source: DfE code # (a planned whole-school closure); domain 8. Unexpected closures are another thing: `disruptions`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from registers.rules.calendar import SATURDAY, CalendarRefusedError, Closure, Term, check_terms, days, term_year
from registers.rules.sessions import Session, SessionOn


class ClosureKind(StrEnum):
    """Why a school is closed on a day of term, as it was planned."""

    INSET = "inset"
    BANK_HOLIDAY = "bank_holiday"
    CLOSURE = "closure"
    POLLING_STATION = "polling_station"


CLOSURE_NAMES: Mapping[str, str] = {
    ClosureKind.INSET: "INSET day",
    ClosureKind.BANK_HOLIDAY: "Bank holiday",
    ClosureKind.CLOSURE: "Planned closure",
    ClosureKind.POLLING_STATION: "Polling station",
}
LONGEST = 31
"""Days a planned closure may last: a longer one is a holiday between two terms."""


def kind_name(kind: str) -> str:
    return CLOSURE_NAMES.get(kind, CLOSURE_NAMES[ClosureKind.CLOSURE])


def school_year_name(year: int) -> str:
    """2026 is 2026/27."""
    return f"{year}/{(year + 1) % 100:02d}"


def sessions_of(closure: Closure) -> frozenset[SessionOn]:
    """The weekday sessions a closure names, whether or not there is a term for them to lie in."""
    return frozenset(
        SessionOn(on, session)
        for on in days(closure.first_on, closure.last_on)
        if on.weekday() < SATURDAY
        for session in ([closure.session] if closure.session else Session)
    )


def in_words(closure: Closure) -> str:
    """A closure's days and session, in few words."""
    days_named = f"{closure.first_on:%d/%m/%Y}"
    if closure.last_on != closure.first_on:
        days_named += f" to {closure.last_on:%d/%m/%Y}"
    return f"{closure.name}, {days_named}{f' {closure.session}' if closure.session else ''}"


def is_in_a_term(on: date, terms: Iterable[Term]) -> bool:
    return any(term.first_on <= on <= term.last_on for term in terms)


def is_in_terms(closure: Closure, terms: Iterable[Term]) -> bool:
    """Whether a closure closes anything: some weekday of it lies in a term."""
    known = tuple(terms)
    return any(is_in_a_term(place.on, known) for place in sessions_of(closure))


def check_closure(closure: Closure, terms: Iterable[Term], others: Iterable[Closure]) -> None:
    """Refuse a closure that runs backwards or on and on, closes nothing, or closes what is closed already."""
    if closure.last_on < closure.first_on:
        raise CalendarRefusedError("The closure ends before it begins. Correct one of its days.")
    if (closure.last_on - closure.first_on).days >= LONGEST:
        raise CalendarRefusedError(
            f"A closure lasts at most {LONGEST} days. For a longer one, end the term earlier or begin the next later."
        )
    if not is_in_terms(closure, terms):
        raise CalendarRefusedError(
            f"{in_words(closure)}, lies outside the school's terms or on a weekend: there is nothing to close. "
            "Correct its days, or enter the term first."
        )
    own = sessions_of(closure)
    for other in others:
        if own & sessions_of(other):
            raise CalendarRefusedError(f"The school is closed then already: {in_words(other)}. Change that one.")


def check_all_terms(terms: Iterable[Term]) -> None:
    """Refuse terms that run backwards or overlap, and two half-terms of one number in a school year."""
    ordered = tuple(sorted(terms, key=lambda term: term.first_on))
    check_terms(ordered)
    for term in ordered:
        _check_within_a_year(term)
    seen: dict[tuple[int, int], Term] = {}
    for term in ordered:
        year, key = term_year(term.first_on), (term_year(term.first_on), term.number)
        if key in seen:
            raise CalendarRefusedError(
                f"Half-term {term.number} of {school_year_name(year)} is entered already "
                f"({seen[key].first_on:%d/%m/%Y} to {seen[key].last_on:%d/%m/%Y}). Change that one."
            )
        seen[key] = term
    _check_numbers_in_order(ordered)


def _check_within_a_year(term: Term) -> None:
    """Refuse a half-term that runs on past its school year: a slip in the year would open thousands of sessions."""
    end = date(term_year(term.first_on) + 1, 8, 31)
    if term.last_on > end:
        raise CalendarRefusedError(
            f"{term.name} ends on {term.last_on:%d/%m/%Y}, after the school year it begins in. Correct its last day."
        )


def _check_numbers_in_order(terms: tuple[Term, ...]) -> None:
    """Refuse half-terms whose numbers do not rise through the school year: clocks by term would go wrong."""
    for place, term in enumerate(terms[1:], start=1):
        before = terms[place - 1]
        if term_year(before.first_on) == term_year(term.first_on) and term.number < before.number:
            raise CalendarRefusedError(
                f"{term.name} ({term.first_on:%d/%m/%Y}) is half-term {term.number} and comes after half-term "
                f"{before.number}. Number the half-terms 1 to 6 in order."
            )
