"""Rows written at once are the rows that were given, to the last backslash, on either database."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from io import StringIO

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from registers import bulk
from registers.models import Job, Mark, SchoolClass
from registers.rules.sessions import Session
from registers.scope import OutOfScopeError, schools_in_scope
from tests import builders
from tests.builders import AT, TODAY

COLUMNS = (
    "pupil_id",
    "on",
    "session",
    "code",
    "minutes_late",
    "note",
    "seen",
    "source",
    "recorded_at",
    "recorded_by_id",
    "recorded_role",
    "recorded_as",
    "version",
)
AWKWARD = [
    pytest.param("a\ttab", id="tab"),
    pytest.param("back\\slash", id="backslash"),
    pytest.param("\\N", id="what stands for nothing"),
    pytest.param("\\.", id="what ends the data"),
    pytest.param("two\nlines", id="newline"),
    pytest.param("old\rmac", id="carriage return"),
    pytest.param("\r\n", id="both"),
    pytest.param("\\t is no tab", id="an escape written out"),
    pytest.param("ends in \\", id="ends in a backslash"),
    pytest.param("Zoë Łukasz 李 ’ 🙂 \u2028", id="unicode"),
    pytest.param("\"quoted\", 'quoted', %s %(a)s; --", id="quotes and marks of SQL"),
    pytest.param("  spaces  ", id="spaces"),
    pytest.param("", id="empty"),
]


@pytest.fixture
def row(school):
    """The values of one mark; `note`, `at`, `minutes` and the day may be given."""
    pupil, author = builders.pupil(school), builders.member(school)

    def values(note: str = "", at: datetime = AT, minutes: int | None = None, on: date = TODAY) -> tuple:
        return (pupil.pk, on, "AM", "L", minutes, note, "", "import", at, author.user_id, "office", "", 1)

    return values


@pytest.mark.parametrize("text", AWKWARD)
def test_text_comes_back_as_it_was_given(school, row, text: str) -> None:
    bulk.insert(Mark, school.pk, COLUMNS, [row(text)])
    assert Mark.objects.get().note == text


def test_nothing_stays_nothing_and_nought_stays_nought(school, row) -> None:
    days = [TODAY - timedelta(days=number) for number in range(3)]
    values = [row(minutes=minutes, on=on) for minutes, on in zip((None, 0, 12), days, strict=True)]
    bulk.insert(Mark, school.pk, COLUMNS, values)
    assert list(Mark.objects.order_by("-on").values_list("minutes_late", flat=True)) == [None, 0, 12]


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(datetime(2026, 11, 20, 9, 5, 7, 123456, tzinfo=UTC), id="to the microsecond"),
        pytest.param(datetime(2026, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), id="summer time"),
        pytest.param(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), id="the hour that comes twice"),
        pytest.param(datetime(2026, 11, 20, tzinfo=timezone(timedelta(hours=-5))), id="elsewhere"),
    ],
)
def test_an_instant_stays_the_same_instant(school, row, at: datetime) -> None:
    bulk.insert(Mark, school.pk, COLUMNS, [row(at=at)])
    assert Mark.objects.get().recorded_at == at


@pytest.mark.parametrize("on", [TODAY, date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31)], ids=str)
def test_a_day_stays_the_same_day(school, row, on: date) -> None:
    bulk.insert(Mark, school.pk, COLUMNS, [row(on=on)])
    assert Mark.objects.get().on == on
    assert Mark.objects.filter(on=on).exists()


def test_what_is_written_is_what_the_model_would_have_written(school, row) -> None:
    """One row by each door differ in nothing but their day and number."""
    bulk.insert(Mark, school.pk, COLUMNS, [row("a note", minutes=3)])
    fields = dict(zip(COLUMNS, row("a note", minutes=3, on=date(2026, 11, 19)), strict=True))
    Mark.objects.create(school=school, **fields)
    with connection.cursor() as cursor:
        names = ", ".join(connection.ops.quote_name(name) for name in ("school_id", *COLUMNS) if name != "on")
        cursor.execute(f"SELECT {names} FROM registers_mark")  # noqa: S608 - our own columns
        first, second = cursor.fetchall()
    assert first == second


def test_many_rows_and_none(school, row) -> None:
    bulk.insert(Mark, school.pk, COLUMNS, [])
    assert not Mark.objects.exists()
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(400)]
    bulk.insert(Mark, school.pk, COLUMNS, (row(on=on) for on in days))
    assert list(Mark.objects.order_by("on").values_list("on", flat=True)) == days


def test_a_school_out_of_scope_is_refused(school, other_school) -> None:
    with pytest.raises(OutOfScopeError):
        bulk.insert(SchoolClass, other_school.pk, ("name",), [("3 Oak",)])
    with schools_in_scope([other_school.pk, school.pk]):
        assert not SchoolClass.objects.exists()


def test_without_a_scope_nothing_is_written(db) -> None:
    with pytest.raises(OutOfScopeError):
        bulk.insert(SchoolClass, 1, ("name",), [("3 Oak",)])


@pytest.mark.parametrize("text", AWKWARD)
def test_a_change_comes_back_as_it_was_given(school, row, text: str) -> None:
    bulk.insert(Mark, school.pk, COLUMNS, [row("before"), row("stays", on=date(2026, 11, 19))])
    changed, other = Mark.objects.order_by("-on")
    bulk.update(Mark, school.pk, ["note", "minutes_late", "recorded_at"], [(changed.pk, text, None, AT)])
    changed.refresh_from_db()
    assert (changed.note, changed.minutes_late, changed.recorded_at) == (text, None, AT)
    other.refresh_from_db()
    assert other.note == "stays"


def test_many_changes_each_reach_their_own_row(school, row) -> None:
    days = [TODAY - timedelta(days=number) for number in range(40)]
    bulk.insert(Mark, school.pk, COLUMNS, [row(on=on) for on in days])
    pks = list(Mark.objects.order_by("-on").values_list("pk", flat=True))
    bulk.update(Mark, school.pk, ["minutes_late"], ((pk, number) for number, pk in enumerate(pks)))
    assert list(Mark.objects.order_by("-on").values_list("minutes_late", flat=True)) == list(range(40))
    bulk.update(Mark, school.pk, ["minutes_late"], [])


def test_json_is_kept_as_the_model_keeps_it(school) -> None:
    """A list given as text is read back, and found, as one that the model wrote."""
    facts = {"naïve": ["’", 1, None, True], "quote": '"'}
    first, second = (Job.objects.create(school=school, kind="x", key=key, asked_at=AT) for key in "ab")
    Job.objects.filter(pk=second.pk).update(payload=facts)
    bulk.update(Job, school.pk, ["payload"], [(first.pk, json.dumps(facts))])
    assert set(Job.objects.filter(payload=facts)) == {first, second}


def test_a_change_leaves_another_school_alone(school, other_school) -> None:
    with schools_in_scope([other_school.pk, school.pk]):
        theirs = SchoolClass.objects.create(school=other_school, name="3 Oak")
        bulk.update(SchoolClass, school.pk, ["name"], [(theirs.pk, "taken")])
        theirs.refresh_from_db()
    assert theirs.name == "3 Oak"


def test_the_database_checks_every_change(school, row) -> None:
    bulk.insert(Mark, school.pk, COLUMNS, [row()])
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.update(Mark, school.pk, ["session"], [(Mark.objects.get().pk, "XM")])
    assert Mark.objects.get().session == "AM"


@pytest.mark.parametrize("case", ["twice", "no such code", "no such session"])
def test_the_database_checks_every_row(school, row, case: str) -> None:
    good = row(on=date(2026, 11, 19))
    wrong = {
        "twice": good,
        "no such code": (*row()[:3], "?!", *row()[4:]),
        "no such session": (*row()[:2], "XX", *row()[3:]),
    }
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        bulk.insert(Mark, school.pk, COLUMNS, [good, wrong[case]])
    assert not Mark.objects.exists()


def unescaped(text: str) -> str | None:
    """A value of COPY's text format, read as PostgreSQL documents it."""
    if text == "\\N":
        return None
    found, characters = [], iter(text)
    for character in characters:
        is_escape = character == "\\"
        found.append({"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}[next(characters)] if is_escape else character)
    return "".join(found)


VALUES = st.none() | st.text(alphabet=st.sampled_from("a\\N\t\n\r.t'\"ż"), max_size=8)


@settings(max_examples=50)
@given(st.lists(st.lists(VALUES, min_size=2, max_size=2), max_size=3))
def test_the_text_of_a_copy_reads_back(rows: list[list[str | None]]) -> None:
    """What PostgreSQL is sent, read back without PostgreSQL."""
    text = bulk._as_text(iter(rows))
    assert isinstance(text, StringIO)
    lines = text.getvalue().split("\n")
    assert lines.pop() == ""
    assert [[unescaped(cell) for cell in line.split("\t")] for line in lines] == rows
    assert not any(line == "\\." for line in lines)


def test_the_session_of_a_mark_may_be_its_own_kind(school, row) -> None:
    bulk.insert(Mark, school.pk, COLUMNS, [(*row()[:2], Session.PM, *row()[3:])])
    assert Mark.objects.get().session == "PM"
