"""What must hold of every rule of both policies, whatever the register."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.rules import candidates, judging
from escalation.rules.finding import Finding
from escalation.rules.measures import Measures
from escalation.rules.measuring import (
    AbsenceAtLeast,
    AttendanceBand,
    BelowExpected,
    DaysOnEnd,
    IllnessOccasions,
    Improvement,
    LatesInHalfTerm,
    NoContact,
    NoImprovement,
    SessionsMissed,
    UnauthorisedAtLeast,
)
from registers.rules import codes
from tests.escalation import documents
from tests.escalation.pupils import BLANK, CALENDAR, YEAR_BEGAN, last_day, line, measured, sessions

BOTH = [documents.read(documents.of_school(slug)) for slug in documents.SLUGS]
EVERYTHING = replace(BOTH[0], rules=BOTH[0].rules + BOTH[1].rules)
LETTERS = {"stage1_medical": date(2026, 9, 11), "letter_of_concern": date(2026, 9, 18)}
COMPARING = (NoImprovement, Improvement, IllnessOccasions)
"""They compare one time with another, or count how often something began: a mark of an earlier day may tell against a
pupil there, such as a morning attended that parts one illness in two."""

registers = st.lists(
    st.one_of(st.sampled_from("/////////OILUN"), st.sampled_from([*codes.CODES, BLANK])), min_size=2, max_size=120
).map(lambda row: row[: len(row) // 2 * 2])


def of(marks: list[str]) -> Measures:
    return measured(EVERYTHING, line(marks), last_day(len(marks)), letters=LETTERS)


def rules_met(measures: Measures) -> dict[str, int]:
    return {
        one.rule.id: one.rule.risk
        for one in judging.judge(EVERYTHING, measures)
        if not isinstance(one.rule.measure, COMPARING)
    }


@settings(max_examples=150)
@given(registers, st.randoms(use_true_random=False))
def test_a_present_mark_in_place_of_an_absence_never_worsens_a_flag(marks: list[str], chances) -> None:
    missed = [place for place, code in enumerate(marks) if code != BLANK and codes.code(code).is_absent]
    if not missed:
        return
    better = list(marks)
    better[chances.choice(missed)] = "/"
    before, after = rules_met(of(marks)), rules_met(of(better))
    assert max(after.values(), default=0) <= max(before.values(), default=0)
    # Out of a graver band a pupil comes into the next; every other rule met afterwards was met before.
    bands = {rule.id for rule in EVERYTHING.rules if isinstance(rule.measure, AttendanceBand)}
    assert set(after) - bands <= set(before)


@settings(max_examples=100)
@given(registers, st.sets(st.integers(0, len(EVERYTHING.rules) - 1), min_size=1))
def test_adding_rules_never_changes_what_another_finds(marks: list[str], kept: set[int]) -> None:
    fewer = replace(EVERYTHING, rules=tuple(rule for place, rule in enumerate(EVERYTHING.rules) if place in kept))
    ids = {rule.id for rule in fewer.rules}
    alone = judging.judge(fewer, measured(fewer, line(marks), last_day(len(marks)), letters=LETTERS))
    among = tuple(one for one in judging.judge(EVERYTHING, of(marks)) if one.rule.id in ids)
    assert [(one.rule.id, one.figures, one.counted, one.words) for one in alone] == [
        (one.rule.id, one.figures, one.counted, one.words) for one in among
    ]


@settings(max_examples=150)
@given(registers)
def test_counts_alone_never_pass_over_a_pupil_whom_a_rule_flags(marks: list[str]) -> None:
    """What the scan asks of counts, before it fetches a session, is true wherever the sessions then flag."""
    whole = of(marks)
    counts = replace(whole, marks=(), blanks=(), places=(), remaining=0)
    for finding in judging.judge(EVERYTHING, whole):
        assert candidates.may_hold(EVERYTHING, finding.rule, counts), finding.rule.id


@settings(max_examples=150)
@given(registers)
def test_words_are_recounted_from_the_sessions_listed(marks: list[str]) -> None:
    register = line(marks)
    for finding in judging.judge(EVERYTHING, of(marks)):
        listed = dict(finding.counted)
        assert len(listed) == len(finding.counted), "a session is counted once"
        assert all(register[place] == code for place, code in listed.items())
        assert not set(listed) & {place for place, *_ in finding.left_out}
        assert _numbers(finding) == _recounted(finding, register, len(marks)), finding.words


def _numbers(finding: Finding) -> list[int]:
    """The whole numbers of a finding's words that are neither of a date, a week, a percentage nor the policy's own."""
    words = re.sub(r"The policy speaks of .*", "", finding.words)
    words = re.sub(r"\d+ [A-Z][a-z]+ \d{4}|Term \d|[\d.]+ %|(the|last) \d+ school weeks|the \d+ before", "", words)
    return [int(number) for number in re.findall(r"(?<![\d.])\d+(?![\d.]*\d)", words)]


def _recounted(finding: Finding, register: dict, length: int) -> list[int]:
    """The same numbers, from the sessions listed and the register alone."""
    listed = Counter(code for _, code in finding.counted)
    unauthorised = sum(listed[code] for code in "GNOU")
    match finding.rule.measure:
        case AttendanceBand() | AbsenceAtLeast() | BelowExpected():
            possible = sum(code != BLANK and codes.code(code).is_possible for code in register.values())
            return [listed.total(), possible, listed.total() - unauthorised, unauthorised]
        case UnauthorisedAtLeast():
            possible = sum(code != BLANK and codes.code(code).is_possible for code in register.values())
            assert listed.total() == unauthorised
            return [unauthorised, possible]
        case LatesInHalfTerm():
            return [listed.total(), listed["L"], listed["U"]]
        case SessionsMissed():
            return [listed.total()]
        case IllnessOccasions():
            told = [register[place] for place in sessions(length) if register[place] not in (BLANK, "Y4")]
            return [sum(code == "I" for code, _ in groupby(told)), listed["I"]]
        case DaysOnEnd() | NoContact():
            return [len({place.on for place, _ in finding.counted})]
        case NoImprovement():
            since = date.fromisoformat(str(finding.figures["first_on"]))
            possible = [
                code
                for place, code in register.items()
                if place.on >= since and code != BLANK and codes.code(code).is_possible
            ]
            return [listed.total(), len(possible), unauthorised]
    return []


def test_the_calendar_of_these_tests_is_two_school_years() -> None:
    assert CALENDAR.school_year_of(YEAR_BEGAN)[0] == YEAR_BEGAN
