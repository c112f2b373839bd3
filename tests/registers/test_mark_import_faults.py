"""Everything that can be wrong with a file of marks, each named with its line and nothing written."""

from datetime import date

import pytest

from registers.files import FileRefusedError
from registers.models import Event, Mark, Membership, Pupil, School
from registers.queries import calendars
from registers.rules.sessions import Session
from registers.services import mark_imports
from tests import builders
from tests.registers.sheets import Sheet, number

HEADER = ("upn", "date", "session", "code", "minutes_late", "comment", "entered_by", "entered_at")
RIGHT = {"date": "2026-11-19", "session": "AM", "code": "/"}


@pytest.fixture
def pupil(school: School) -> Pupil:
    """On roll from 5 October to 27 November, of compulsory age."""
    return builders.pupil(school, starts_on=date(2026, 10, 5), leaves_on=date(2026, 11, 27))


def _refused(school: School, by: Membership, sheet: Sheet, *rows: tuple[str, ...]) -> list[tuple[int, str]]:
    path = sheet(*rows) if rows else sheet.directory / "sheet.csv"
    before = list(Mark.objects.order_by("pk").values())
    with pytest.raises(FileRefusedError) as caught:
        mark_imports.take_in(
            school, calendars.of(school), path, reason="A file", today=builders.TODAY, by=by, at=builders.AT
        )
    assert list(Mark.objects.order_by("pk").values()) == before
    assert not Event.objects.exists()
    return [(fault.line, fault.reason) for fault in caught.value.faults]


def _row(upn: str, **cells: str) -> tuple[str, ...]:
    return tuple(({"upn": upn} | RIGHT | cells).get(name, "") for name in HEADER)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        pytest.param({"code": "A"}, "“A” is not an attendance code", id="unknown-code"),
        pytest.param({"code": "C3"}, "“C3” is not an attendance code", id="unknown-second-character"),
        pytest.param({"code": "present"}, "is not an attendance code", id="a-word"),
        pytest.param({"code": "=1"}, "“=1” is not an attendance code", id="a-formula"),
        pytest.param({"code": "x"}, "X is only for a child under compulsory school age", id="x-at-compulsory-age"),
        pytest.param({"date": "2026-11-21"}, "closed on 21/11/2026 AM (a weekend)", id="weekend"),
        pytest.param({"date": "2026-11-02"}, "closed on 02/11/2026 AM (In-service day)", id="in-service-day"),
        pytest.param({"date": "2026-10-20"}, "outside the school's terms", id="half-term"),
        pytest.param({"code": "#"}, "Enter the closure in the calendar", id="closure-on-an-open-day"),
        pytest.param({"date": "2026-10-02"}, "starting day is 05/10/2026", id="before-admission"),
        pytest.param({"date": "2026-11-30", "code": "D"}, "left on 27/11/2026", id="after-leaving"),
        pytest.param({"date": "2026-11-23"}, "/ cannot be entered before the day", id="before-its-day"),
        pytest.param({"upn": number(900)}, "No pupil with this UPN is on the roll", id="not-on-roll"),
        pytest.param({"upn": "X" + number(900)[1:]}, "check letter is X but its digits call for", id="check-letter"),
        pytest.param({"upn": ""}, "A UPN has 13 characters; this one has 0", id="no-upn"),
        pytest.param({"code": "Z"}, "Z is only for a child not yet on roll", id="z-on-roll"),
        pytest.param({"session": "EV"}, "session: “EV” is neither AM nor PM", id="session"),
        pytest.param({"session": ""}, "session: “” is neither AM nor PM", id="no-session"),
        pytest.param({"date": "31/11/2026"}, "date: “31/11/2026” is not a date", id="no-such-day"),
        pytest.param({"date": "11/19/2026"}, "date: “11/19/2026” is not a date", id="american-date"),
        pytest.param({"date": ""}, "date: “” is not a date", id="no-date"),
        pytest.param({"minutes_late": "ten"}, "minutes_late: “ten” is not a whole number", id="minutes-in-words"),
        pytest.param({"minutes_late": "-5"}, "not a whole number from 0 to 600", id="minutes-below-nought"),
        pytest.param({"minutes_late": "601"}, "not a whole number from 0 to 600", id="minutes-past-the-day"),
        pytest.param({"minutes_late": "9" * 5000}, "not a whole number from 0 to 600", id="minutes-of-5000-digits"),
        pytest.param({"comment": "x" * 201}, "comment: longer than 200 characters", id="long-comment"),
        pytest.param({"comment": "a\x07b"}, "comment holds a control character", id="bell"),
        pytest.param({"entered_by": "x" * 61}, "entered_by: longer than 60", id="long-name"),
        pytest.param({"entered_at": "yesterday"}, "entered_at: “yesterday” is not a date and time", id="instant"),
        pytest.param({"entered_at": "2026-11-19T09:00"}, "lacks its offset", id="instant-without-offset"),
        pytest.param({"entered_at": "0001-01-01T00:00:00+14:00"}, "entered_at", id="instant-before-all-time"),
        pytest.param({"entered_at": "2027-11-19T09:00:00+00:00"}, "entered_at", id="instant-still-to-come"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    school: School, operator: Membership, pupil: Pupil, sheet: Sheet, cells: dict[str, str], words: str
) -> None:
    good = _row(pupil.upn, date="2026-11-18")
    faults = _refused(
        school, operator, sheet, HEADER, good, _row(**{"upn": pupil.upn} | cells), _row(pupil.upn, session="PM")
    )
    assert [line for line, _ in faults] == [3]
    assert words in faults[0][1]


def test_a_session_twice_is_named_with_its_first_line(
    school: School, operator: Membership, pupil: Pupil, sheet: Sheet
) -> None:
    rows = [_row(pupil.upn), _row(pupil.upn, session="PM"), _row(pupil.upn.lower(), date="19/11/2026", code="I")]
    assert _refused(school, operator, sheet, HEADER, *rows) == [
        (4, "Line 2 holds a mark for the same pupil and session already.")
    ]


def test_x_is_taken_for_a_child_under_compulsory_age_only(school: School, operator: Membership, sheet: Sheet) -> None:
    """Of compulsory age on 31 December 2026: X may stand until then, and not from the next half-term on."""
    child = builders.pupil(school, dob=date(2021, 11, 10), starts_on=date(2026, 9, 1))
    faults = _refused(
        school, operator, sheet, HEADER, _row(child.upn, code="X"), _row(child.upn, date="2027-01-04", code="X")
    )
    assert [line for line, _ in faults] == [3]
    assert "this child reached it on 31/12/2026" in faults[0][1]


def test_every_fault_is_named(school: School, operator: Membership, pupil: Pupil, sheet: Sheet) -> None:
    rows = [_row(pupil.upn, code="A"), _row(pupil.upn, session="PM"), _row(pupil.upn, date="2026-11-21")]
    assert [line for line, _ in _refused(school, operator, sheet, HEADER, *rows)] == [2, 4]


def test_one_bad_row_keeps_an_amendment_out(school: School, operator: Membership, pupil: Pupil, sheet: Sheet) -> None:
    builders.mark(pupil, date(2026, 11, 19), Session.AM, "N")
    rows = [_row(pupil.upn, code="I"), _row(pupil.upn, session="PM", code="A")]
    assert [line for line, _ in _refused(school, operator, sheet, HEADER, *rows)] == [3]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        pytest.param(("upn", "2026-02-30 AM"), "“2026-02-30” is not a date", id="no-such-day"),
        pytest.param(("upn", "2026-11-19 AM", "19/11/2026 AM"), "more than one column", id="session-twice"),
        pytest.param(("upn", "2026-11-19 AM", "2026-11-19_AM"), "more than one column", id="session-twice-alike"),
        pytest.param(("upn", "2026-11-19"), "The header lacks code, date, session", id="day-without-session"),
        pytest.param(("2026-11-19 AM",), "The header lacks upn", id="no-upn"),
        pytest.param(("upn", "date", "session"), "The header lacks code", id="long-without-code"),
    ],
)
def test_a_header_that_cannot_be_right(
    school: School, operator: Membership, pupil: Pupil, sheet: Sheet, header: tuple[str, ...], words: str
) -> None:
    row = (pupil.upn, *["/"] * (len(header) - 1))
    faults = _refused(school, operator, sheet, header, row)
    assert faults[0][0] == 1
    assert words in faults[0][1]


def test_a_bad_cell_of_a_wide_file_is_named(school: School, operator: Membership, pupil: Pupil, sheet: Sheet) -> None:
    header = ("upn", "2026-11-19 AM", "2026-11-19 PM", "2026-11-21 AM")
    faults = _refused(school, operator, sheet, header, (pupil.upn, "A", "I", "/"))
    assert [line for line, _ in faults] == [2, 2]
    assert "“A” is not an attendance code" in faults[0][1]
    assert "closed on 21/11/2026" in faults[1][1]


def test_a_pupil_twice_in_a_wide_file_is_named(
    school: School, operator: Membership, pupil: Pupil, sheet: Sheet
) -> None:
    faults = _refused(school, operator, sheet, ("upn", "2026-11-19 AM"), (pupil.upn, "/"), (pupil.upn, "N"))
    assert faults == [(3, "Line 2 holds a mark for the same pupil and session already.")]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        pytest.param(b"upn,date,session,code\n\x81\xff,,,\n", 2, "neither in UTF-8 nor", id="neither-set"),
        pytest.param("upn,date,session,code\n".encode("utf-16"), 1, "not a text file", id="utf-16"),
        pytest.param(b"upn,date,session,code\nA,2026-11-19,AM\n", 2, "has 3 cells; the header has 4", id="ragged"),
        pytest.param(b"upn,date,session,code\nA,b,AM,/\x00\n", 2, "not a text file", id="nul"),
        pytest.param(b"upn,date,session,code\n" + b"x" * 200_000, 2, "field larger than", id="huge-field"),
        pytest.param(b'upn,date,session,code\nA,"b,AM,/\n', 2, "not a CSV file", id="quote-never-closed"),
        pytest.param(b"", 1, "The header lacks code, date, session, upn", id="empty"),
    ],
)
def test_a_file_that_cannot_be_read(
    school: School, operator: Membership, sheet: Sheet, content: bytes, line: int, words: str
) -> None:
    sheet.raw(content)
    faults = _refused(school, operator, sheet)
    assert faults[0][0] == line
    assert words in faults[0][1]
