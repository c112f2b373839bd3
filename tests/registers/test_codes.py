"""The table of codes: every row of the guidance, its class, and what it must rest on."""

from collections import Counter
from datetime import date

import pytest

from registers.rules import codes
from registers.rules.codes import Age, CodeRefusedError, Ground, Group, StatClass
from registers.rules.sessions import Session

CLASSES = {
    StatClass.PRESENT: "/ \\ L",
    StatClass.ELSEWHERE: "K V P W B J",
    StatClass.AUTHORISED: "C1 M J1 S C2 C T R I E H F",
    StatClass.UNAUTHORISED: "G N O U",
    StatClass.NOT_POSSIBLE: "D X Q Y1 Y2 Y3 Y4 Y5 Y6 Y7 Z # Y",
}
GROUPS = {
    Group.PRESENT: "/ \\ L",
    Group.ELSEWHERE: "K V P W B D",
    Group.LEAVE: "C1 M J1 S X C2 C",
    Group.OTHER: "T R I E",
    Group.UNABLE: "Q Y1 Y2 Y3 Y4 Y5 Y6 Y7",
    Group.UNAUTHORISED: "G N O U",
    Group.ADMINISTRATIVE: "Z #",
    Group.LEGACY: "H F J Y",
}
GROUNDS = {
    Ground.LEAVE: "C C1 C2 J1 S",
    Ground.DUAL_REGISTRATION: "D",
    Ground.SUSPENSION: "E",
    Ground.CALENDAR: "# Y3 Y4",
    Ground.MOBILE_CHILD: "T",
}
PLANNED = "# D K B P V W C C1 C2 J1 M S X R T E Y5"
SINCE_2024 = "K C1 C2 J1 Q Y1 Y2 Y3 Y4 Y5 Y6 Y7"
LEGACY_ENDS = {"H": date(2024, 8, 18), "J": date(2024, 8, 18), "Y": date(2024, 8, 18), "F": date(2013, 8, 31)}


def _pairs(table: dict[object, str]) -> list[tuple[str, object]]:
    return [(symbol, value) for value, symbols in table.items() for symbol in symbols.split()]


@pytest.mark.parametrize(("symbol", "stat_class"), _pairs(CLASSES))
def test_statistical_class(symbol: str, stat_class: StatClass) -> None:
    code = codes.code(symbol)
    assert code.stat_class is stat_class
    assert code.is_attended is (stat_class in {StatClass.PRESENT, StatClass.ELSEWHERE})
    assert code.is_absent is (stat_class in {StatClass.AUTHORISED, StatClass.UNAUTHORISED})
    assert code.is_possible is (stat_class is not StatClass.NOT_POSSIBLE)


@pytest.mark.parametrize(("symbol", "group"), _pairs(GROUPS))
def test_group(symbol: str, group: Group) -> None:
    assert codes.code(symbol).group is group


@pytest.mark.parametrize("symbol", sorted(codes.CODES))
def test_what_a_code_rests_on_and_when_it_may_be_planned(symbol: str) -> None:
    assert codes.code(symbol).ground == dict(_pairs(GROUNDS)).get(symbol, Ground.NONE)
    assert codes.code(symbol).planned is (symbol in PLANNED.split())


def test_every_symbol_stands_once_and_no_other() -> None:
    standing = Counter(code.symbol for code in codes.TABLE)
    assert set(standing.values()) == {1}
    assert set(standing) == {symbol for symbol, _ in _pairs(CLASSES)} == {symbol for symbol, _ in _pairs(GROUPS)}
    assert set(codes.CODES) == set(standing)


def test_every_code_says_something_of_its_own() -> None:
    assert len({code.meaning for code in codes.TABLE}) == len(codes.TABLE)


@pytest.mark.parametrize(
    ("symbol", "age"), [("X", Age.NOT_COMPULSORY), ("C2", Age.COMPULSORY), ("T", Age.COMPULSORY), ("C", Age.ANY)]
)
def test_age(symbol: str, age: Age) -> None:
    assert codes.code(symbol).age is age


def test_only_the_strokes_belong_to_a_session() -> None:
    assert {code.symbol: code.session for code in codes.TABLE if code.session} == {"/": Session.AM, "\\": Session.PM}


def test_a_primary_school_looks_twice_at_codes_of_the_older() -> None:
    assert {code.symbol for code in codes.TABLE if not code.primary} == {"W", "J1", "S"}


@pytest.mark.parametrize("symbol", SINCE_2024.split())
def test_the_codes_of_2024_begin_on_19_august(symbol: str) -> None:
    code = codes.code(symbol)
    assert not code.may_be_entered(date(2024, 8, 18))
    assert code.may_be_entered(date(2024, 8, 19))


@pytest.mark.parametrize(("symbol", "last_on"), LEGACY_ENDS.items())
def test_the_old_codes_end(symbol: str, last_on: date) -> None:
    code = codes.code(symbol)
    assert code.may_be_entered(last_on)
    assert not code.may_be_entered(date.fromordinal(last_on.toordinal() + 1))


def test_the_others_were_always_there() -> None:
    always = set(codes.CODES) - set(SINCE_2024.split()) - set(LEGACY_ENDS)
    assert all(codes.code(symbol).may_be_entered(date(2010, 9, 1)) for symbol in always)
    assert all(codes.code(symbol).may_be_entered(date(2030, 9, 1)) for symbol in always)


def test_the_sets_that_other_rules_use() -> None:
    assert set("GNOU") == codes.THRESHOLD_CODES
    assert set("/\\NL") == codes.TEACHER_CODES
    assert codes.LATE_CODES == ("L", "U")
    assert codes.symbols_of(StatClass.UNAUTHORISED) == ("G", "N", "O", "U")
    assert set(codes.symbols_of(StatClass.PRESENT, StatClass.ELSEWHERE)) == set("/\\LKVPWBJ")


@pytest.mark.parametrize("symbol", ["", "A", "C3", "Y8", "l", "//", " /", "-"])
def test_what_is_no_code_is_refused(symbol: str) -> None:
    with pytest.raises(CodeRefusedError, match="not an attendance code"):
        codes.code(symbol)


def test_what_the_register_wants_noted() -> None:
    assert {code.symbol for code in codes.TABLE if code.must_detail} == {"K", "B", "Q", "Y7"}
    assert all(code.detail for code in codes.TABLE if code.must_detail)
    assert {code.symbol for code in codes.TABLE if code.restricted} == {"Y5"}
