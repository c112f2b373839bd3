"""Uploaded files: kept out of reach, looked at, taken in once as they were looked at, and then gone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from registers.files import FileRefusedError
from registers.models import AdmissionChange, Event, ImportFile, Job, Mark, Membership, Pupil, School
from registers.queries import calendars
from registers.rules.import_files import (
    MOVES,
    FileKind,
    FileState,
    ImportRefusedError,
    check_move,
    shown_name,
    without_quotes,
)
from registers.services import import_files, import_jobs, import_reports, jobs
from tests import builders
from tests.registers.sheets import ROLL, Keep, number

WHEN = {"today": builders.TODAY, "at": builders.AT}


def _kept() -> list[Path]:
    return sorted(import_files.folder().glob("*")) if import_files.folder().exists() else []


def _take(row: ImportFile, by: Membership, seen: str | None = None) -> object:
    calendar = calendars.of(row.school)
    digest = import_files.look(row, calendar, **WHEN).digest if seen is None else seen
    return import_files.take_in(row, calendar, seen=digest, by=by, **WHEN)


@pytest.mark.parametrize("old", FileState)
@pytest.mark.parametrize("new", FileState)
def test_the_moves(old: FileState, new: FileState) -> None:
    if new in MOVES[old]:
        check_move(old, new)
    else:
        with pytest.raises(ImportRefusedError, match="settled already"):
            check_move(old, new)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("roll.csv", "roll.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\office\\roll.csv", "roll.csv"),
        ("ro\u202ell.vsc.exe", "roll.vsc.exe"),
        ("a\x00b\nc.csv", "abc.csv"),
        ("", "a file without a name"),
        ("/", "a file without a name"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_a_name_is_shown_and_never_a_path(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_what_a_reason_quotes_can_be_left_out() -> None:
    assert without_quotes("dob: “04/05/2017” is not a date.") == "dob: “…” is not a date."
    assert without_quotes("dob: “x” Ada Ash\n” is not a date.") == "dob: “…” is not a date."


def test_a_file_is_kept_under_a_name_of_ours_and_for_us_alone(keep: Keep, office: Membership) -> None:
    row = keep(name="../../roll.csv")
    (path,) = _kept()
    assert (path.name, path.stat().st_mode & 0o777) == (row.stored, 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert (row.name, row.state, row.size, row.options["rows"]) == ("roll.csv", "uploaded", len(ROLL), 1)
    event = Event.objects.get()
    assert (event.kind, event.by, event.facts) == ("file uploaded", office.user, {"kind": "pupils", "size": len(ROLL)})


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"%PDF-1.7", FileKind.PUPILS, "This is a PDF"),
        (b"PK\x03\x04 renamed", FileKind.MARKS, "workbook is damaged"),
        (b"\x00\x01\x02", FileKind.PUPILS, "not a text file"),
        (b"upn\n", FileKind.CTF, "no Common Transfer File"),
        (b"x" * (20 * 1024 * 1024 + 1), FileKind.MARKS, "larger than 20 MB"),
    ],
    ids=["pdf", "renamed", "binary", "csv-as-ctf", "too-large"],
)
def test_what_cannot_be_read_is_not_kept(keep: Keep, content: bytes, kind: FileKind, words: str) -> None:
    with pytest.raises(FileRefusedError, match=words):
        keep(content, kind)
    assert _kept() == []
    assert not ImportFile.objects.exists()
    assert not Event.objects.exists()


def test_a_look_writes_nothing(keep: Keep, school: School) -> None:
    row = keep()
    found = import_files.look(row, calendars.of(school), **WHEN)
    assert found.report.pupils_added == 1
    assert not Pupil.objects.exists()
    assert len(_kept()) == 1


def test_a_file_is_taken_in_once_and_gone(
    keep: Keep, office: Membership, django_capture_on_commit_callbacks: Callable
) -> None:
    row = keep()
    with django_capture_on_commit_callbacks(execute=True):
        _take(row, office)
    row.refresh_from_db()
    assert (row.state, row.settled_at, row.report["counts"]["pupils_added"]) == ("taken", builders.AT, 1)
    assert (row.options, row.mapping, _kept()) == ({}, {}, [])
    assert Pupil.objects.get().legal_surname == "Ash"
    assert AdmissionChange.objects.filter(source="import", by=office.user).count() == 2
    assert set(Event.objects.values_list("kind", flat=True)) == {"file uploaded", "roll imported", "file taken in"}
    with pytest.raises(ImportRefusedError, match="settled already"):
        _take(row, office, "")


def test_a_file_is_dropped(keep: Keep, office: Membership, django_capture_on_commit_callbacks: Callable) -> None:
    row = keep()
    with django_capture_on_commit_callbacks(execute=True):
        import_files.drop(row, by=office, at=builders.AT)
    row.refresh_from_db()
    assert (row.state, _kept()) == ("dropped", [])
    assert Event.objects.filter(kind="file dropped").count() == 1
    with pytest.raises(ImportRefusedError):
        import_files.drop(row, by=office, at=builders.AT)


def test_what_is_taken_in_is_what_was_looked_at(keep: Keep, school: School, office: Membership) -> None:
    """Between the look and the word somebody entered a pupil: the plan is another, so nothing is written."""
    row = keep()
    seen = import_files.look(row, calendars.of(school), **WHEN).digest
    builders.pupil(school)
    assert import_files.look(row, calendars.of(school), **WHEN).digest == seen
    Pupil.objects.create(school=school, upn=number(1), legal_surname="Ash", legal_forename="Ada", sex="F",
                         dob=date(2017, 5, 4), starts_on=date(2021, 9, 1))  # fmt: skip
    with pytest.raises(ImportRefusedError, match="changed since you looked"):
        _take(row, office, seen)
    assert not AdmissionChange.objects.exists()
    assert ImportFile.objects.get().state == "uploaded"


def test_a_file_that_was_changed_where_it_is_kept_is_refused(keep: Keep, office: Membership) -> None:
    row = keep()
    _kept()[0].write_text(ROLL.replace("Ash", "Elm"))
    with pytest.raises(ImportRefusedError, match="no longer kept as it was uploaded"):
        _take(row, office, "")
    _kept()[0].unlink()
    with pytest.raises(ImportRefusedError, match="no longer kept as it was uploaded"):
        _take(row, office, "")


def test_columns_are_chosen_by_somebody(keep: Keep, school: School, office: Membership) -> None:
    row = keep(ROLL.replace("surname", "Nachname"))
    assert "The header lacks legal_surname" in import_files.look(row, calendars.of(school), **WHEN).faults[0].reason
    import_files.settle_columns(
        row, {"1": "legal_surname"}, {"reason": "From the old system"}, by=office, at=builders.AT
    )
    row.refresh_from_db()
    assert import_files.look(row, calendars.of(school), **WHEN).report.pupils_added == 1
    _take(row, office)
    assert set(AdmissionChange.objects.values_list("reason", flat=True)) == {"From the old system"}


def test_marks_are_taken_in(keep: Keep, school: School, office: Membership) -> None:
    child = builders.pupil(school)
    row = keep(f"upn,date,session,mark\n{child.upn},2026-11-19,AM,/\n", FileKind.MARKS)
    assert _take(row, office).added == 1
    assert Mark.objects.get().recorded_by == office.user


def test_names_and_values_are_for_those_who_may_see_them(keep: Keep, school: School) -> None:
    told = import_reports.shown(import_files.look(keep(ROLL + "X,A,B,31/02/2017,,\n"), calendars.of(school), **WHEN))
    blind = import_reports.for_eyes(told, sees_pupils=False, sees_sensitive=False)
    rows = [row for group in blind["groups"] for row in group["rows"]]
    assert [(row["line"], row["who"], row["what"]) for row in rows] == [(3, "", []), (2, "", [])]
    seeing = import_reports.for_eyes(told, sees_pupils=True, sees_sensitive=False)
    assert [row["who"] for group in seeing["groups"] for row in group["rows"]] == ["A, B", "Ash, Ada"]


def test_sensitive_values_are_hidden_from_those_without_the_right() -> None:
    row = {"line": 2, "result": "changed", "reason": "", "who": "Ash, Ada",
           "what": [{"field": "medical_note", "old": "Asthma", "new": "None"}]}  # fmt: skip
    told = {"groups": [{"rows": [row]}]}
    for sees, hidden in ((True, False), (False, True)):
        shown = import_reports.for_eyes(told, sees_pupils=True, sees_sensitive=sees)
        assert shown["groups"][0]["rows"][0]["what"][0]["is_hidden"] is hidden


def test_a_large_file_is_looked_at_and_taken_in_by_jobs(
    keep: Keep, school: School, office: Membership, monkeypatch
) -> None:
    monkeypatch.setattr(import_files, "MOST_AT_ONCE", 0)
    child = builders.pupil(school)
    row = keep(f"upn,date,session,mark\n{child.upn},2026-11-19,AM,/\n", FileKind.MARKS)
    assert import_files.is_large(row)
    now = {"today": builders.TODAY, "by": office, "at": builders.AT}
    asked = import_jobs.ask(row, import_jobs.LOOK, **now)
    assert import_jobs.ask(row, import_jobs.LOOK, **now) == asked
    assert jobs.run(asked.pk, lambda: builders.AT)
    row.refresh_from_db()
    assert (row.report["changes"], Mark.objects.count()) == (1, 0)
    stale = import_jobs.ask(row, import_jobs.TAKE, seen="another", **now)
    assert jobs.run(stale.pk, lambda: builders.AT)
    row.refresh_from_db()
    assert (row.state, Mark.objects.count()) == ("uploaded", 0)
    assert "changed since you looked" in row.report["refused"]
    taking = import_jobs.ask(row, import_jobs.TAKE, seen=row.report["digest"], **now)
    assert jobs.run(taking.pk, lambda: builders.AT)
    row.refresh_from_db()
    assert (row.state, Mark.objects.count(), Job.objects.count()) == ("taken", 1, 3)
