"""Taking in marks from files, long and wide: what is written, what is amended, and that twice is once."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from registers.files import FileRefusedError
from registers.models import Amendment, Arrangement, Event, Mark, Membership, Pupil, School
from registers.queries import calendars
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import mark_imports
from registers.services.mark_imports import MarksReport
from tests import builders
from tests.registers.sheets import Sheet

LONG = ("upn", "date", "session", "code", "minutes_late", "comment", "entered_by", "entered_at")
TakeIn = Callable[..., MarksReport]


@pytest.fixture
def pupil(school: School) -> Pupil:
    return builders.pupil(school)


@pytest.fixture
def take_in(school: School, operator: Membership, sheet: Sheet) -> TakeIn:
    """Take in rows as a file of marks; a short row is filled with blanks."""

    def take(*rows: tuple[str, ...], header: tuple[str, ...] = LONG, **changes: object) -> MarksReport:
        whole = [(*row, *[""] * (len(header) - len(row))) for row in rows]
        told = {"reason": "Corrected by a file", "today": builders.TODAY, "by": operator, "at": builders.AT} | changes
        return mark_imports.take_in(school, calendars.of(school), sheet(header, *whole), **told)

    return take


def _codes() -> list[tuple[date, str, str]]:
    return list(Mark.objects.order_by("on", "session").values_list("on", "session", "code"))


def test_a_long_file_is_taken_in(pupil: Pupil, operator: Membership, take_in: TakeIn) -> None:
    report = take_in(
        (pupil.upn, "2026-11-19", "AM", "L", "12", "Bus late", "J Smith", "2026-11-19T09:02:00+00:00"),
        (pupil.upn.lower(), "19/11/2026", "pm", "i"),
        (pupil.upn, "2026-11-20", "AM", "C2"),
        (pupil.upn, "2026-11-20", "PM", ""),
        (pupil.upn, "2026-11-18", "PM", "-"),
    )
    assert (report.added, report.amended, report.unchanged, report.blank) == (3, 0, 0, 2)
    assert (report.put_right, report.without_record, report.ignored_columns) == ([], 1, [])
    late, ill, _ = Mark.objects.order_by("on", "session")
    assert (late.code, late.minutes_late, late.note, late.recorded_as) == ("L", 12, "Bus late", "J Smith")
    assert late.recorded_at == datetime(2026, 11, 19, 9, 2, tzinfo=UTC)
    assert (ill.code, ill.session, ill.minutes_late, ill.note, ill.seen, ill.version) == ("I", "PM", None, "", "", 1)
    assert (ill.source, ill.recorded_by, ill.recorded_role, ill.recorded_at) == (
        "import", operator.user, "operator", builders.AT
    )  # fmt: skip
    event = Event.objects.get()
    assert (event.kind, event.by, event.at) == ("marks imported", operator.user, builders.AT)
    assert event.facts == {"added": 3, "amended": 0, "unchanged": 0}


def test_the_same_file_twice_changes_nothing(pupil: Pupil, take_in: TakeIn) -> None:
    rows = [(pupil.upn, "2026-11-19", "AM", "L", "12", "Bus"), (pupil.upn, "2026-11-19", "PM", "/")]
    take_in(*rows)
    models = (Mark, Amendment, Event)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    report = take_in(*rows)
    assert (report.added, report.amended, report.unchanged) == (0, 0, 2)
    assert [list(model.objects.order_by("pk").values()) for model in models] == before


def test_a_wrong_slash_is_put_right_and_reported(pupil: Pupil, take_in: TakeIn) -> None:
    report = take_in((pupil.upn, "2026-11-19", "AM", "\\"), (pupil.upn, "2026-11-19", "PM", "/"))
    assert _codes() == [(date(2026, 11, 19), "AM", "/"), (date(2026, 11, 19), "PM", "\\")]
    assert [(fault.line, fault.reason) for fault in report.put_right] == [
        (2, "\\ in an AM register read as /."),
        (3, "/ in a PM register read as \\."),
    ]


def test_a_file_that_says_otherwise_amends(pupil: Pupil, operator: Membership, take_in: TakeIn) -> None:
    builders.mark(pupil, date(2026, 11, 19), Session.AM, "N")
    report = take_in((pupil.upn, "2026-11-19", "AM", "I", "", "Flu"), reason="From the old system")
    assert (report.added, report.amended, report.unchanged) == (0, 1, 0)
    mark = Mark.objects.get()
    assert (mark.code, mark.version, mark.note) == ("I", 2, "Flu")
    amendment = mark.amendments.get()
    assert (amendment.old_code, amendment.new_code, amendment.reason) == ("N", "I", "From the old system")
    assert (amendment.source, amendment.by, amendment.role, amendment.at) == (
        "import", operator.user, "operator", builders.AT
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "amends"), [("12", False), ("", False), ("15", True)], ids=["the-same", "nothing", "another"]
)
def test_a_file_that_tells_no_minutes_takes_none_away(pupil: Pupil, take_in: TakeIn, said: str, amends: bool) -> None:
    builders.mark(pupil, date(2026, 11, 19), Session.AM, "L", minutes_late=12)
    report = take_in((pupil.upn, "2026-11-19", "AM", "L", said))
    assert report.amended == amends
    assert Mark.objects.get().minutes_late == (15 if amends else 12)


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(pupil: Pupil, take_in: TakeIn) -> None:
    builders.mark(pupil, date(2026, 11, 19), Session.AM, "N")
    report = take_in((pupil.upn, "2026-11-19", "AM", "I"), (pupil.upn, "2026-11-19", "PM", "/"), dry_run=True)
    assert (report.added, report.amended, len(report.put_right)) == (1, 1, 1)
    assert _codes() == [(date(2026, 11, 19), "AM", "N")]
    assert not Amendment.objects.exists()
    assert not Event.objects.exists()


def test_a_wide_file_is_taken_in(school: School, pupil: Pupil, take_in: TakeIn) -> None:
    other = builders.pupil(school)
    header = ("UPN", "Name", "2026-11-19 AM", "2026-11-19 PM", "20/11/2026 am", "2026-11-20_PM")
    report = take_in((pupil.upn, "?", "/", "/", "", "-"), (other.upn, "?", "N", "\\", "L", "V"), header=header)
    assert (report.added, report.blank, len(report.put_right), report.ignored_columns) == (6, 2, 1, ["Name"])
    assert list(pupil.marks.order_by("session").values_list("code", flat=True)) == ["/", "\\"]
    assert list(other.marks.order_by("on", "session").values_list("code", flat=True)) == ["N", "\\", "L", "V"]
    again = take_in((pupil.upn, "?", "/", "/", "", "-"), header=header)
    assert (again.added, again.amended, again.unchanged) == (0, 0, 2)


@pytest.mark.parametrize("symbol", ["H", "J", "F", "Y"])
def test_an_old_code_is_kept_as_it_was(pupil: Pupil, take_in: TakeIn, symbol: str) -> None:
    take_in((pupil.upn, "2026-11-19", "AM", symbol))
    assert Mark.objects.get().code == symbol


def test_a_code_without_its_record_is_counted_and_one_with_it_is_not(
    pupil: Pupil, office: Membership, take_in: TakeIn
) -> None:
    Arrangement.objects.create(
        school=pupil.school, pupil=pupil, code="E", first_on=date(2026, 11, 18), last_on=date(2026, 11, 18),
        reference="Letter", recorded_at=builders.AT, recorded_by=office.user, recorded_role="office",
    )  # fmt: skip
    report = take_in((pupil.upn, "2026-11-18", "AM", "E"), (pupil.upn, "2026-11-19", "AM", "E"))
    assert (report.added, report.without_record) == (2, 1)


def test_comments_are_kept_to_the_letter(school: School, pupil: Pupil, take_in: TakeIn) -> None:
    """The quick way in writes text as a stream: what could end a line, a cell or a value must not."""
    others = [builders.pupil(school) for _ in range(6)]
    told = ["a\tb", "one\ntwo", "\\N", "\\.", 'He said "no", twice', "=1+1", "O’Neill ☂ \\"]
    take_in(
        *(
            (child.upn, "2026-11-19", "AM", "I", "", comment, comment[:60])
            for child, comment in zip([pupil, *others], told, strict=True)
        )
    )
    assert list(Mark.objects.order_by("pk").values_list("note", flat=True)) == told
    assert list(Mark.objects.order_by("pk").values_list("recorded_as", flat=True)) == told


def test_another_schools_pupils_are_not_on_this_roll(
    school: School, other_school: School, operator: Membership, pupil: Pupil, take_in: TakeIn
) -> None:
    with schools_in_scope([other_school.pk]):
        stranger = builders.pupil(other_school)
    with schools_in_scope([school.pk, other_school.pk]):
        with pytest.raises(FileRefusedError, match="No pupil with this UPN is on the roll"):
            take_in((stranger.upn, "2026-11-19", "AM", "/"))
        assert not Mark.objects.exists()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201], ids=["none", "blanks", "too-long"])
def test_an_import_that_amends_says_why(pupil: Pupil, take_in: TakeIn, reason: str) -> None:
    builders.mark(pupil, date(2026, 11, 19), Session.AM, "N")
    with pytest.raises(mark_imports.MarkRefusedError, match="Say why the mark is changed"):
        take_in((pupil.upn, "2026-11-19", "AM", "I"), reason=reason)
    assert Mark.objects.get().code == "N"


@pytest.mark.parametrize("pupils", [3, 30])
def test_the_number_of_statements_does_not_grow(
    school: School, take_in: TakeIn, pupils: int, django_assert_max_num_queries: Callable
) -> None:
    roll = [builders.pupil(school) for _ in range(pupils)]
    with django_assert_max_num_queries(10):
        take_in(*((child.upn, "2026-11-19", "AM", "N") for child in roll))
    with django_assert_max_num_queries(12):
        take_in(*((child.upn, "2026-11-19", "AM", "I") for child in roll))


def _command(school: School, *arguments: object) -> str:
    out = StringIO()
    texts = [str(argument) for argument in arguments]
    call_command("import_marks", *texts, "--school", school.slug, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.time_machine(datetime(2026, 11, 20, 12, tzinfo=UTC))
def test_the_command(school: School, operator: Membership, pupil: Pupil, sheet: Sheet) -> None:
    path = sheet(("upn", "date", "session", "code"), (pupil.upn, "2026-11-20", "AM", "\\"))
    assert "1 would be added" in _command(school, path, "--dry-run")
    assert not Mark.objects.exists()
    report = json.loads(_command(school, path, "--json"))
    assert (report["added"], report["dry_run"], report["put_right"][0]["line"]) == (1, False, 2)
    words = _command(school, path)
    assert "Marks: 0 added, 0 amended, 1 unchanged." in words
    assert "1 marks had the other session's slash" in words or "1 mark had the other session's slash" in words


@pytest.mark.time_machine(datetime(2026, 11, 20, 12, tzinfo=UTC))
def test_the_command_names_file_line_and_reason(
    school: School, operator: Membership, pupil: Pupil, sheet: Sheet
) -> None:
    path = sheet(("upn", "date", "session", "code"), *[(pupil.upn, "2026-11-21", "AM", "/")] * 60, name="marks.csv")
    with pytest.raises(CommandError) as caught:
        _command(school, path)
    words = str(caught.value)
    assert words.startswith(
        "Nothing was written.\nmarks.csv: line 2: The school is closed on 21/11/2026 AM (a weekend)"
    )
    assert words.endswith("… and 10 more.")
    with pytest.raises(CommandError, match="--reason: Say why"):
        _command(school, path, "--reason", "")
    assert not Mark.objects.exists()
