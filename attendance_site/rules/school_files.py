"""What no type can say of a school's file: that times are in order, terms do not overlap and nothing is said twice."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import chain
from typing import TypeVar

from registers.rules.calendar import term_year
from registers.rules.closures import ClosureKind
from registers.rules.school_parts import ClosurePart, SchoolPart, TermPart, TimesPart
from registers.rules.school_settings import KEY_STAGES

Fault = tuple[tuple[str | int, ...], str]
"""Where in the file, and what is wrong there."""

Key = TypeVar("Key", bound=Hashable)

CLOSURE_KINDS = tuple(ClosureKind)
_SHAPES = {
    "slug": (r"[a-z0-9]+(-[a-z0-9]+)*", "small letters, digits and hyphens"),
    "local_authority_code": (r"[0-9]{3}", "three digits"),
    "establishment": (r"[0-9]{4}", "four digits"),
    "email": (r"[^@\s]+@[^@\s]+", "an e-mail address"),
}
_LONGEST = {
    "slug": 50,
    "name": 120,
    "phase": 20,
    "proprietor": 60,
    "local_authority": 60,
    "telephone": 30,
    "email": 254,
}


def faults(
    school: SchoolPart, times: Iterable[TimesPart], terms: Iterable[TermPart], closures: Iterable[ClosurePart]
) -> list[Fault]:
    """Every fault that no type can say, each with its place in the file."""
    terms, closures, times = list(terms), list(closures), list(times)
    return list(chain(_school(school), _times(times), _terms(terms), _closures(closures)))


def _school(school: SchoolPart) -> Iterator[Fault]:
    for name, (shape, words) in _SHAPES.items():
        if not re.fullmatch(shape, getattr(school, name)):
            yield ("school", name), f"school.{name} must be {words}."
    for name, most in _LONGEST.items():
        value = getattr(school, name)
        if not value.strip() or len(value) > most:
            yield ("school", name), f"school.{name} must have 1 to {most} characters."


def _times(times: list[TimesPart]) -> Iterator[Fault]:
    for place, part in enumerate(times):
        at = ("session_times", place)
        if unknown := [stage for stage in part.key_stages if stage not in KEY_STAGES]:
            yield (*at, "key_stages"), f"{', '.join(unknown)} is no key stage; known are {', '.join(KEY_STAGES)}."
        if part.on_time_until < part.starts:
            yield (*at, "on_time_until"), "on_time_until is before the register starts."
        if part.closes <= part.on_time_until:
            yield (*at, "closes"), "closes must be after on_time_until."
    places = [(place, stage, part) for place, part in enumerate(times) for stage in part.key_stages]
    yield from _twice(
        "session_times",
        [(place, (stage, part.session, part.applies_from)) for place, stage, part in places],
        lambda key: f"{key[0]} {key[1]} has times from {key[2]:%d/%m/%Y} already.",
    )


def _terms(terms: list[TermPart]) -> Iterator[Fault]:
    for place, term in enumerate(terms):
        at = ("terms", place)
        if not 1 <= term.number <= 6:
            yield (*at, "number"), "A half-term's number is 1 to 6 within its school year."
        if term.last_on < term.first_on:
            yield (*at, "last_on"), f"{term.name} ends before it begins."
        elif place and term.first_on <= terms[place - 1].last_on:
            before = terms[place - 1]
            yield (*at, "first_on"), f"{term.name} begins before {before.name} ends on {before.last_on:%d/%m/%Y}."
    yield from _twice(
        "terms",
        [(place, (term_year(term.first_on), term.number)) for place, term in enumerate(terms)],
        lambda key: f"Half-term {key[1]} of {key[0]}/{(key[0] + 1) % 100:02d} is in the file already.",
    )


def _closures(closures: list[ClosurePart]) -> Iterator[Fault]:
    for place, closure in enumerate(closures):
        at = ("closures", place)
        if closure.kind not in CLOSURE_KINDS:
            yield (*at, "kind"), f"“{closure.kind}” is no kind of closure; known are {', '.join(CLOSURE_KINDS)}."
        if closure.last_on is not None and closure.last_on < closure.first_on:
            yield (*at, "last_on"), "The closure ends before it begins."
    yield from _twice(
        "closures",
        [(place, (closure.first_on, closure.session)) for place, closure in enumerate(closures)],
        lambda key: f"A closure from {key[0]:%d/%m/%Y} is in the file already.",
    )


def _twice(table: str, rows: Iterable[tuple[int, Key]], words: Callable[[Key], str]) -> Iterator[Fault]:
    seen = set[Key]()
    for place, key in rows:
        if key in seen:
            yield (table, place), words(key)
        seen.add(key)
