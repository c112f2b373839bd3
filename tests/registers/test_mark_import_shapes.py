"""Marks as other systems write them: shapes, headings, symbols that are no code, totals that do not add up."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from registers.files import FileRefusedError
from registers.models import Amendment, Event, Mark, Membership, Pupil, School
from registers.queries import calendars
from registers.rules import mark_rows
from registers.rules.codes import StatClass
from registers.rules.sessions import Session
from registers.services import mark_imports
from registers.services.mark_imports import MarksReport
from tests import builders
from tests.registers.sheets import Sheet

TakeIn = Callable[..., MarksReport]
DAY = date(2026, 11, 19)


@pytest.fixture
def pupil(school: School) -> Pupil:
    return builders.pupil(school)


@pytest.fixture
def take_in(school: School, operator: Membership, sheet: Sheet) -> TakeIn:
    def take(*rows: tuple[object, ...], path: Path | None = None, **changes: object) -> MarksReport:
        told = {"reason": "A file", "today": builders.TODAY, "by": operator, "at": builders.AT} | changes
        return mark_imports.take_in(school, calendars.of(school), path or sheet(*rows), **told)

    return take


def _codes() -> list[tuple[str, str]]:
    return [(f"{on:%d} {session}", code) for on, session, code in Mark.objects.order_by("on", "session").values_list(
        "on", "session", "code"
    )]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "place"),
    [
        ("2026-09-03 AM", ("2026-09-03", Session.AM)),
        ("03/09/2026 pm", ("03/09/2026", Session.PM)),
        ("Thu 03/09/2026 (AM)", ("03/09/2026", Session.AM)),
        ("Thursday, 2026-09-03 PM", ("2026-09-03", Session.PM)),
        ("AM 03/09/2026", ("03/09/2026", Session.AM)),
        ("2026-09-03:PM", ("2026-09-03", Session.PM)),
        ("2026-09-03", None),
        ("3/9/26 AM", None),
        ("AM", None),
        ("2026-09-03 EV", None),
    ],
)
def test_a_heading_that_is_a_session(heading: str, place: tuple[str, Session] | None) -> None:
    assert mark_rows.wide_place(heading) == place


def test_a_workbook_of_marks_is_taken_in(pupil: Pupil, take_in: TakeIn, sheet: Sheet) -> None:
    rows = [("UPN", "Mark date", "AM/PM", "Mark"), (pupil.upn, DAY, "AM", "/"), (pupil.upn, DAY, "PM", "i")]
    take_in(path=sheet.xlsx(*rows))
    assert _codes() == [("19 AM", "/"), ("19 PM", "I")]
    assert take_in(path=sheet.xlsx(*rows)).unchanged == 2


def test_a_row_a_day_with_a_column_for_each_session(pupil: Pupil, take_in: TakeIn) -> None:
    report = take_in(("UPN", "Date", "AM", "PM", "Minutes late"), (pupil.upn, "19/11/2026", "L", "\\", "7"))
    assert (report.added, _codes()) == (2, [("19 AM", "L"), ("19 PM", "\\")])
    assert list(Mark.objects.order_by("session").values_list("minutes_late", flat=True)) == [7, None]


def test_a_database_writes_midnight_and_words(pupil: Pupil, take_in: TakeIn) -> None:
    take_in(("upn", "date", "session", "code"), (pupil.upn, "2026-11-19 00:00:00.000", "Morning", "N"))
    assert _codes() == [("19 AM", "N")]


@pytest.mark.parametrize("symbol", ["-", "!", "@", "*", ""])
def test_what_is_no_mark_stays_blank_and_is_told(pupil: Pupil, take_in: TakeIn, symbol: str) -> None:
    report = take_in(("upn", "date", "session", "code"), (pupil.upn, "2026-11-19", "AM", symbol))
    assert (report.blank, report.blank_symbols) == (1, {symbol: 1} if symbol else {})
    assert not Mark.objects.exists()


def test_closed_days_are_passed_over_and_counted(pupil: Pupil, take_in: TakeIn) -> None:
    rows = [(pupil.upn, day, "AM", "#") for day in ("2026-10-20", "2026-11-02", "2026-11-21")]
    report = take_in(("upn", "date", "session", "code"), *rows, (pupil.upn, "2026-11-19", "AM", "/"))
    assert (report.closed, report.added) == (3, 1)


def test_a_closure_of_the_file_on_an_open_day_is_refused(pupil: Pupil, take_in: TakeIn) -> None:
    with pytest.raises(FileRefusedError, match="Enter the closure in the calendar"):
        take_in(("upn", "date", "session", "code"), (pupil.upn, "2026-11-19", "AM", "#"))


@pytest.mark.parametrize(
    ("strokes", "others", "blanks", "lost"),
    [(0, 0, 20, True), (0, 0, 19, False), (1, 0, 500, False), (0, 20, 20, False), (0, 19, 20, True)],
    ids=["none-and-blanks", "few-blanks", "one-stroke", "as-many-others", "one-fewer"],
)
def test_strokes_that_a_spreadsheet_took(strokes: int, others: int, blanks: int, lost: bool) -> None:
    assert mark_rows.are_strokes_lost(strokes, others, blanks) is lost


def test_a_file_whose_strokes_were_stripped_is_told_and_blanks_stay_blank(
    school: School, pupil: Pupil, take_in: TakeIn
) -> None:
    children = [pupil, *(builders.pupil(school) for _ in range(24))]
    rows = [(child.upn, "/", "" if place else "I") for place, child in enumerate(children)]
    report = take_in(("upn", "2026-11-19 AM", "2026-11-19 PM"), *rows)
    assert len(report.notes) == 1
    assert "no present mark (\\) in any PM session, but 24 blanks" in report.notes[0]
    assert Mark.objects.filter(session="PM").count() == 1


@pytest.mark.parametrize(
    ("stated", "wrong"),
    [
        pytest.param({"possible": 7, "attended": 4}, {}, id="right"),
        pytest.param({"possible": 8}, {"possible": (8, 7)}, id="possible"),
        pytest.param({"authorised": 2}, {"authorised": (2, 1)}, id="authorised"),
        pytest.param({"unauthorised": 2}, {}, id="unauthorised-right"),
        pytest.param({"late": 1}, {}, id="late-without-u"),
        pytest.param({"late": 2}, {}, id="late-with-u"),
        pytest.param({"late": 3}, {"late": (3, 2)}, id="late-neither"),
    ],
)
def test_totals_are_held_against_the_marks(stated: dict[str, int], wrong: dict[str, tuple[int, int]]) -> None:
    marks = {
        StatClass.PRESENT: 3, StatClass.ELSEWHERE: 1, StatClass.AUTHORISED: 1, StatClass.UNAUTHORISED: 2,
        StatClass.NOT_POSSIBLE: 5,
    }  # fmt: skip
    assert mark_rows.totals_that_disagree(stated, marks, 1, 1) == wrong


def test_totals_of_a_file_are_told_and_never_believed(pupil: Pupil, take_in: TakeIn) -> None:
    header = ("upn", "2026-11-19 AM", "2026-11-19 PM", "Possible sessions", "attended_sessions", "Sessions authorised")
    report = take_in(header, (pupil.upn, "/", "I", "2", "2", "1"))
    assert [(fault.line, fault.reason[:44]) for fault in report.disagreements] == [
        (2, "The file says 2 attended; its own marks come")
    ]
    assert report.added == 2


def test_a_mark_belongs_to_the_enrolment_of_its_day(school: School, pupil: Pupil, take_in: TakeIn) -> None:
    Pupil.objects.filter(pk=pupil.pk).update(leaves_on=date(2026, 10, 9))
    again = builders.pupil(school, starts_on=date(2026, 11, 9))
    Pupil.objects.filter(pk=again.pk).update(upn=pupil.upn)
    header = ("upn", "date", "session", "code")
    take_in(header, (pupil.upn, "2026-10-09", "AM", "/"), (pupil.upn, "2026-11-09", "AM", "N"))
    assert list(pupil.marks.values_list("code", flat=True)) == ["/"]
    assert list(again.marks.values_list("code", flat=True)) == ["N"]
    with pytest.raises(FileRefusedError, match="The pupil left on 09/10/2026"):
        take_in(header, (pupil.upn, "2026-11-06", "AM", "/"))


def test_each_row_says_what_comes_of_it(pupil: Pupil, take_in: TakeIn) -> None:
    builders.mark(pupil, DAY, Session.AM, "N")
    builders.mark(pupil, DAY, Session.PM, "N")
    rows = [(pupil.upn, "2026-11-19", "AM", "I"), (pupil.upn, "2026-11-19", "PM", "N")]
    report = take_in(("upn", "date", "session", "code"), *rows, (pupil.upn, "2026-11-20", "AM", "/"), dry_run=True)
    assert [(row.line, str(row.result), row.what[0].old, row.what[0].new) for row in report.rows()] == [
        (2, "changed", "N", "I"), (4, "added", "", "/"), (3, "unchanged", "", "N")
    ]  # fmt: skip
    plain = mark_imports.as_plain(report)["rows"]
    assert [(row["line"], row["result"], row["old"], row["code"]) for row in plain] == [
        (2, "changed", "N", "I"), (4, "added", "", "/"), (3, "unchanged", "", "N")
    ]  # fmt: skip


@pytest.mark.parametrize("stage", ["bulk.insert", "marks.amend", "record.write"])
def test_an_import_interrupted_anywhere_leaves_nothing(pupil: Pupil, take_in: TakeIn, monkeypatch, stage: str) -> None:
    builders.mark(pupil, DAY, Session.AM, "N")
    module, function = stage.split(".")
    real = getattr(getattr(mark_imports, module), function)

    def interrupted(*args: object, **told: object) -> None:
        real(*args, **told)
        raise KeyboardInterrupt

    monkeypatch.setattr(getattr(mark_imports, module), function, interrupted)
    rows = [(pupil.upn, "2026-11-19", "AM", "I"), (pupil.upn, "2026-11-19", "PM", "\\")]
    with pytest.raises(KeyboardInterrupt):
        take_in(("upn", "date", "session", "code"), *rows)
    assert _codes() == [("19 AM", "N")]
    assert not Amendment.objects.exists()
    assert not Event.objects.exists()
