import re
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.rules import judging
from escalation.rules.judging import Finding, Marked, Measures
from escalation.rules.policy import AbsenceAtLeast, AttendanceBand, Policy
from registers.rules import codes
from registers.rules.calendar import Calendar, Term
from registers.rules.figures import Figures
from tests.escalation import documents

CALENDAR = Calendar(
    (
        Term("Term 1", 1, date(2026, 9, 1), date(2026, 10, 16)),
        Term("Term 2", 2, date(2026, 11, 2), date(2026, 12, 18)),
        Term("Term 3", 3, date(2027, 1, 4), date(2027, 3, 25)),
        Term("Term 5", 5, date(2027, 4, 12), date(2027, 7, 31)),
    )
)
POLICIES = {slug: documents.read(documents.of_school(slug)) for slug in documents.SLUGS}
BLANK = "."
EVERY_CODE = [row.symbol for row in codes.TABLE]
AUTHORISED = ("I", "M", "R", "S", "T", "E", "C", "C1", "C2", "J1", "H", "F")
OUTSIDE = (BLANK, "D", "X", "Q", "Y", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "Z", "#")
"""What a recount by hand would call an authorised absence, and what it would leave out of every percentage."""


def measures(marks: str | list[str], on: date = date(2027, 7, 31)) -> Measures:
    """A pupil's school year from its first session on, a code a session; a dot has no mark."""
    marked = [Marked(place, code) for place, code in zip(CALENDAR.sessions, marks, strict=False) if place.on <= on]
    return Measures(
        since=date(2026, 9, 1),
        on=on,
        figures=Figures(Counter(code for _, code in marked if code != BLANK)),
        marks=tuple(mark for mark in marked if mark.code not in (BLANK, "/", "\\", "V")),
        blanks=tuple(place for place, code in marked if code == BLANK),
        half_term=CALENDAR.term_of(on),
    )


def year(absent: int, possible: int) -> Measures:
    """A year with that many sessions missed of so many possible: figures alone, as long as no real year is."""
    marks = tuple(Marked(place, "I") for place in CALENDAR.sessions[:absent])
    return replace(measures(""), figures=Figures({"I": absent, "/": possible - absent}), marks=marks)


def found(policy: Policy, measured: Measures) -> set[str]:
    return {finding.rule.id for finding in judging.judge(policy, measured)}


@pytest.mark.parametrize(
    ("absent", "possible", "staplehurst", "carlton_road"),
    [
        pytest.param(0, 380, {"SH-A"}, set(), id="100"),
        pytest.param(19, 381, {"SH-A"}, set(), id="just-above-95"),
        pytest.param(19, 380, {"SH-B"}, set(), id="exactly-95"),
        pytest.param(20, 399, {"SH-B"}, set(), id="just-below-95"),
        pytest.param(17, 243, {"SH-B"}, set(), id="just-above-93"),
        pytest.param(21, 300, {"SH-B"}, {"CR-RISK"}, id="exactly-93"),
        pytest.param(25, 357, {"SH-B"}, {"CR-RISK"}, id="just-below-93"),
        pytest.param(38, 381, {"SH-B"}, {"CR-RISK"}, id="just-above-90"),
        pytest.param(38, 380, {"SH-B"}, {"CR-PA"}, id="exactly-90"),
        pytest.param(39, 389, {"SH-C"}, {"CR-PA"}, id="just-below-90"),
        pytest.param(189, 379, {"SH-C"}, {"CR-PA"}, id="just-above-50"),
        pytest.param(190, 380, {"SH-C"}, {"CR-PA", "CR-SA"}, id="exactly-50"),
        pytest.param(190, 379, {"SH-C"}, {"CR-PA", "CR-SA"}, id="just-below-50"),
        pytest.param(380, 380, {"SH-C"}, {"CR-PA", "CR-SA"}, id="nothing-attended"),
    ],
)
def test_the_same_marks_get_each_schools_own_answer(absent, possible, staplehurst, carlton_road) -> None:
    """Compared unrounded: 90.03 % shows as 90.0 % and is not persistent absence."""
    measured = year(absent, possible)
    assert found(POLICIES["staplehurst"], measured) == staplehurst
    assert found(POLICIES["carlton_road"], measured) == carlton_road


@pytest.mark.parametrize("slug", documents.SLUGS)
@pytest.mark.parametrize(
    ("possible", "fires"),
    [
        pytest.param(0, False, id="none"),
        pytest.param(10, False, id="one-below-the-minimum"),
        pytest.param(11, True, id="the-minimum"),
    ],
)
def test_no_percentage_is_judged_below_the_minimum(slug: str, possible: int, fires: bool) -> None:
    assert bool(found(POLICIES[slug], year(possible, possible))) == fires


@pytest.mark.parametrize(
    ("marks", "flagged"),
    [
        pytest.param("LLLL", False, id="four-before-the-register-closed"),
        pytest.param("LLLLL", True, id="five-before-it-closed"),
        pytest.param("UUUUU", True, id="five-after-it-closed"),
        pytest.param("LLLUU", True, id="three-and-two"),
        pytest.param("LLUUOIGN", False, id="absence-is-not-lateness"),
    ],
)
def test_lates_before_and_after_close_count_together(marks: str, flagged: bool) -> None:
    assert ("SH-LATE" in found(POLICIES["staplehurst"], measures(marks, date(2026, 10, 1)))) == flagged


TERM_1 = len(CALENDAR.sessions_between(date(2026, 9, 1), date(2026, 10, 16)))


@pytest.mark.parametrize(
    ("before", "after", "on", "flagged"),
    [
        pytest.param(5, 0, date(2026, 10, 16), True, id="on-the-last-day-of-the-half-term"),
        pytest.param(5, 0, date(2026, 10, 28), True, id="in-the-holiday-after-it"),
        pytest.param(5, 0, date(2026, 11, 2), False, id="begun-again-with-the-next"),
        pytest.param(1, 4, date(2026, 11, 20), False, id="four-and-one-in-the-half-term-before"),
        pytest.param(1, 5, date(2026, 11, 20), True, id="five-in-this-half-term"),
    ],
)
def test_lates_are_counted_by_half_term(before: int, after: int, on: date, flagged: bool) -> None:
    marks = "/" * (TERM_1 - before) + "L" * before + "L" * after + "/" * 40
    judged = judging.judge(POLICIES["staplehurst"], measures(marks, on))
    lates = [finding for finding in judged if finding.rule.id == "SH-LATE"]
    assert bool(lates) == flagged
    for finding in lates:
        in_term = finding.figures["half_term"] == "Term 2"
        assert len(finding.counted) == (after if in_term else before)
        assert len(finding.left_out) == (before if in_term else 0)
        assert all("half-term" in left.why for left in finding.left_out)


def test_without_a_half_term_nobody_is_late() -> None:
    assert "SH-LATE" not in found(POLICIES["staplehurst"], replace(measures("L" * 9), half_term=None))


def the(policy: Policy, rule_id: str, measured: Measures) -> Finding:
    return next(finding for finding in judging.judge(policy, measured) if finding.rule.id == rule_id)


def test_a_finding_lists_what_it_counted_and_what_it_left_out() -> None:
    finding = the(
        POLICIES["carlton_road"], "CR-PA", measures(["I", "O", "/", "V", "X", "L", "U", BLANK, "D", *"/" * 10])
    )
    assert [code for _, code in finding.counted] == ["I", "O", "U"]
    assert [(left.code, left.why) for left in finding.left_out] == [
        ("X", "Under compulsory school age, not required: not a possible session."),
        ("", "No mark in the register."),
        ("D", "Dual registered, at the other school: not a possible session."),
    ]


def test_words_can_be_told_to_a_parent() -> None:
    measured = measures("O" * 4 + "I" * 5 + "/" * 71, date(2026, 11, 20))
    assert the(POLICIES["carlton_road"], "CR-PA", measured).words == (
        "Absence is 11.3 %, which is 10 % or more: 9 of 80 possible sessions missed between 1 September 2026 and "
        "20 November 2026, 5 authorised and 4 unauthorised."
    )
    assert the(POLICIES["staplehurst"], "SH-C", measured).words.startswith("Attendance is 88.8 %, which is below 90 %:")
    measured = measures("L" * 4 + "U", date(2026, 10, 1))
    assert the(POLICIES["staplehurst"], "SH-LATE", measured).words == (
        "Late 5 times in Term 1, since 1 September 2026: 4 before the register closed (L) and 1 after it closed (U). "
        "The policy speaks of 5 or more."
    )


@pytest.mark.parametrize(
    ("absent", "possible", "slug", "rule_id", "shown"),
    [
        pytest.param(38, 380, "staplehurst", "SH-B", "Attendance is 90.0 %", id="exactly-on-the-bound"),
        pytest.param(38, 381, "carlton_road", "CR-RISK", "Attendance is 90.03 %", id="one-decimal-would-touch-it"),
        pytest.param(25, 357, "carlton_road", "CR-RISK", "Attendance is 92.997 %", id="two-decimals-would-touch-it"),
        pytest.param(39, 389, "carlton_road", "CR-PA", "Absence is 10.03 %", id="absence-just-above-its-bound"),
        pytest.param(30, 380, "staplehurst", "SH-B", "Attendance is 92.1 %", id="clear-of-every-bound"),
    ],
)
def test_a_percentage_never_reads_as_if_it_stood_on_the_other_side(absent, possible, slug, rule_id, shown) -> None:
    assert the(POLICIES[slug], rule_id, year(absent, possible)).words.startswith(f"{shown}, ")


# Properties --------------------------------------------------------------------------------------------------------

registers = st.lists(st.sampled_from([*EVERY_CODE, BLANK, *"//////////OILU"]), max_size=120)
schools = st.sampled_from(documents.SLUGS)


def risk(policy: Policy, measured: Measures) -> int:
    return max((one.rule.risk for one in judging.judge(policy, measured) if one.rule.id != "SH-LATE"), default=0)


@given(registers, schools, st.randoms(use_true_random=False))
def test_a_present_mark_in_place_of_an_absence_never_worsens(marks: list[str], slug: str, chances) -> None:
    missed = [place for place, code in enumerate(marks) if code != BLANK and codes.code(code).is_absent]
    if not missed:
        return
    better = list(marks)
    better[chances.choice(missed)] = "/"
    assert risk(POLICIES[slug], measures(better)) <= risk(POLICIES[slug], measures(marks))


@given(registers, schools)
def test_one_more_present_mark_never_worsens(marks: list[str], slug: str) -> None:
    """Once enough sessions are possible to judge at all."""
    if measures(marks).figures.possible < 11:
        return
    assert risk(POLICIES[slug], measures([*marks, "/"])) <= risk(POLICIES[slug], measures(marks))


@given(registers, st.sets(st.integers(0, 6)))
def test_adding_a_rule_never_changes_what_another_finds(marks: list[str], kept: set[int]) -> None:
    everything = replace(POLICIES["staplehurst"], rules=POLICIES["staplehurst"].rules + POLICIES["carlton_road"].rules)
    fewer = replace(everything, rules=tuple(rule for place, rule in enumerate(everything.rules) if place in kept))
    ids = {rule.id for rule in fewer.rules}
    measured = measures(marks)
    assert judging.judge(fewer, measured) == tuple(
        finding for finding in judging.judge(everything, measured) if finding.rule.id in ids
    )


@settings(max_examples=60)
@given(registers, schools)
def test_an_explanation_can_be_recounted_from_the_sessions_it_lists(marks: list[str], slug: str) -> None:
    """Nothing but the sessions listed and the number possible is used to check every number in the words."""
    given_marks = dict(zip(CALENDAR.sessions, marks, strict=False))
    for finding in judging.judge(POLICIES[slug], measures(marks)):
        listed = Counter(code for _, code in finding.counted)
        assert all(given_marks[place] == code for place, code in finding.counted)
        assert not {place for place, *_ in finding.counted} & {place for place, *_ in finding.left_out}
        if finding.rule.id == "SH-LATE":
            assert set(listed) <= {"L", "U"}
            assert f"Late {listed.total()} time" in finding.words
            assert f"{listed['L']} before" in finding.words
            assert f"{listed['U']} after" in finding.words
            continue
        if not isinstance(finding.rule.measure, AttendanceBand | AbsenceAtLeast):
            continue  # the other measures need a calendar: test_rules_properties recounts them
        authorised = sum(listed[code] for code in AUTHORISED)
        unauthorised = sum(listed[code] for code in "GNOU")
        possible = sum(1 for code in marks if code not in OUTSIDE)
        assert authorised + unauthorised == listed.total()
        assert f"{listed.total()} of {possible} possible sessions missed" in finding.words
        assert f"{authorised} authorised and {unauthorised} unauthorised" in finding.words
        outside = [place for place, code in given_marks.items() if code in OUTSIDE]
        assert [place for place, *_ in finding.left_out] == outside
        shown = Fraction(re.search(r"is ([\d.]+) %", finding.words)[1]) / 100
        exact = Fraction(listed.total(), possible)
        exact = exact if finding.words.startswith("Absence") else 1 - exact
        assert abs(shown - exact) <= Fraction(1, 2000)
