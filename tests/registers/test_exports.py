"""Lists and registers taken away: safe in a spreadsheet, unharmed codes, nobody else's rows, and back in unchanged."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from registers import exports
from registers.models import AdmissionChange, Event, Mark, Membership, Pupil, School, SchoolClass
from registers.queries.exports.people import address_lines
from registers.rules.calendar import Calendar
from registers.rules.exports import FORMULA_STARTS, Column, Form, Kind, escaped, plain, written
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import mark_imports, marks, rolls
from registers.services.marks import Entry
from tests import builders
from tests.registers import pages

FRIDAY = builders.TODAY
AT = builders.AT
pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 10, 0, tzinfo=UTC), tick=False)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"), ("+44 1632 960200", "'+44 1632 960200"), ("-2", "'-2"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"), ("\rx", "'\rx"), ("\nx", "'\nx"), (" =1", "' =1"), ("＝1", "'＝1"), ("'=1", "''=1"),
        ("-", "-"), ("", ""), ("O'Neill", "O'Neill"), ("'tis", "'tis"), ("a=b", "a=b"), ("/", "/"), ("12", "12"),
    ],
)  # fmt: skip
def test_text_that_would_run_is_escaped_and_no_other(text: str, safe: str) -> None:
    assert escaped(text) == safe
    assert plain(safe) == text


@given(st.text(alphabet="'=+-@ \t\rab", max_size=6))
def test_what_was_escaped_is_told_again(text: str) -> None:
    safe = escaped(text)
    assert plain(safe) == text
    assert safe == "-" or safe.lstrip(" ")[:1] not in FORMULA_STARTS or not safe.lstrip(" ")


@pytest.mark.parametrize("code", ["/", "\\", "#", "-", "C1"])
def test_codes_are_never_escaped(code: str) -> None:
    assert written(code, Kind.CODE) == code


@pytest.fixture
def school_class(school: School, teacher: Membership) -> SchoolClass:
    return builders.school_class(school, "=3 Test", teacher)


@pytest.fixture
def pupil(school: School, school_class: SchoolClass, calendar: Calendar) -> Pupil:
    made = builders.pupil(
        school, "=HYPERLINK(0)", "O'Brien", school_class=school_class, dob=date(2017, 5, 4), admission_no="00042",
        starts_on=date(2026, 9, 1), lac=True, social_worker=True, medical_note="An inhaler", ethnicity="Roma, other",
        year_offset=-1,
    )  # fmt: skip
    parent = made.contacts.get().parent
    parent.phone1, parent.email = "+44 1632 960200", "-pat@family.example"
    parent.save()
    builders.marks(made, calendar, date(2026, 9, 1), "/\\LIO.NU")
    return made


@pytest.fixture
def amended(school: School, calendar: Calendar, pupil: Pupil, office: Membership) -> Mark:
    mark = builders.mark(pupil, FRIDAY, Session.AM, "N", source=Door.TEACHER)
    marks.enter(
        school,
        calendar,
        [Entry(pupil.pk, FRIDAY, Session.AM, "L", 12, "=cmd|' /C calc'!A0")],
        door=Door.OFFICE,
        reason="@Reason",
        today=FRIDAY,
        by=office,
        at=AT,
    )
    return mark


Take = Callable[..., bytes]


@pytest.fixture
def take(client: Client, school: School) -> Take:
    """Take a list away as somebody in a role."""

    def taken(what: str, form: str = "csv", role: Role = Role.HEAD, **choices: object) -> bytes:
        client.force_login(builders.member(school, role).user)
        response = client.get(reverse("export", args=[school.slug, what, form]), choices)
        assert response.status_code == 200, (what, response.content[:500])
        assert response["Content-Disposition"].startswith("attachment")
        return response.getvalue()

    return taken


def _rows(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(raw.decode("utf-8-sig"), newline="")))


EVERYTHING = (
    "pupils", "contacts", "leavers", "classes", "marks", "register", "lates", "missing-registers", "certificate",
    "amendments", "admission-changes",
)  # fmt: skip


@pytest.mark.parametrize("what", EVERYTHING)
def test_no_list_runs_in_a_spreadsheet_or_holds_another_schools_rows(
    school: School, other_school: School, amended: Mark, pupil: Pupil, head: Membership, take: Take, what: str
) -> None:
    AdmissionChange.objects.create(
        school=school, pupil=pupil, subject="pupil", field="legal_surname", old="Ash", new="=1+1", reason="+Reason",
        source="office", at=AT, by=head.user, role="head",
    )  # fmt: skip
    builders.pupil(school, "@Gone", leaves_on=date(2026, 10, 1))
    with schools_in_scope([other_school.pk]):
        theirs = builders.pupil(other_school, "Theirs", school_class=builders.school_class(other_school, "Theirs"))
        builders.pupil(other_school, "Theirs", leaves_on=date(2026, 10, 1))
        builders.mark(theirs, FRIDAY, Session.AM, "U", note="Theirs")
    raw = take(what, pupil=pupil.pk)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"Theirs" not in raw
    assert theirs.upn.encode() not in raw
    rows = _rows(raw)
    assert rows, "a list that is empty here would prove nothing"
    codes = {name for name in rows[0] if name.endswith(("code", " AM", " PM"))}
    unsafe = [
        cell
        for row in rows
        for name, cell in row.items()
        if name not in codes and cell != "-" and cell.lstrip(" ")[:1] in FORMULA_STARTS and cell.strip(" ")
    ]
    assert unsafe == []
    assert raw.count(b"\r\n") >= len(rows) + 1
    book = openpyxl.load_workbook(BytesIO(take(what, "xlsx", pupil=pupil.pk)))
    cells = [cell for row in book["List"].iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert cells
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n", "d"}, "no formula"
    assert all(cell.hyperlink is None for cell in cells)
    risky = [cell for cell in cells if isinstance(cell.value, str) and cell.value[:1] in "=+@"]
    assert all(cell.quotePrefix for cell in risky)


@pytest.fixture
def head(school: School) -> Membership:
    return builders.member(school, Role.HEAD, "Dr Head")


@pytest.mark.parametrize("form", list(Form))
def test_the_rolls_own_files_come_back_in_and_change_nothing(
    school: School, amended: Mark, operator: Membership, take: Take, tmp_path: Path, form: Form
) -> None:
    builders.pupil(school, "Ünïcode", "Zoë", school_class=SchoolClass.objects.get(), starts_on=date(2026, 12, 1))
    files = {}
    for what in ("pupils", "contacts"):
        files[what] = tmp_path / f"{what}.{form}"
        files[what].write_bytes(take(what, form))
    report = rolls.take_in(school, files["pupils"], files["contacts"], on=FRIDAY, by=operator, at=AT)
    assert (report.changes, report.pupils_unchanged, report.contacts_unchanged) == (0, 2, 2)
    assert report.ignored_columns == [] or set(report.ignored_columns) <= {
        "former_upn", "future_address", "future_address_from", "future_address_with",
    }  # fmt: skip


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("what", ["marks", "register"])
def test_marks_come_back_in_and_change_nothing(
    school: School,
    calendar: Calendar,
    amended: Mark,
    operator: Membership,
    take: Take,
    tmp_path: Path,
    what: str,
    form: Form,
) -> None:
    path = tmp_path / f"{what}.{form}"
    path.write_bytes(
        take(what, form, first_on="2026-09-01", last_on="2026-09-30" if what == "register" else "2026-11-20")
    )
    report = mark_imports.take_in(school, calendar, path, reason="Again", today=FRIDAY, by=operator, at=AT)
    assert (report.added, report.amended, report.unchanged) == (0, 0, 7 if what == "register" else 8)


def test_marks_tell_the_entry_that_is_shown(amended: Mark, take: Take) -> None:
    now = _rows(take("marks"))[-1]
    assert (now["code"], now["minutes_late"], now["comment"]) == ("L", "12", "'=cmd|' /C calc'!A0")
    first = _rows(take("marks", show="first"))[-1]
    assert (first["code"], first["minutes_late"], first["entered_by"]) == ("N", "", "Importer")


def test_sensitive_columns_are_for_those_who_may_see_them(
    school: School, pupil: Pupil, calendar: Calendar, take: Take
) -> None:
    builders.mark(pupil, FRIDAY, Session.AM, "Y5", note="Held overnight")
    assert {"lac", "social_worker", "medical_note"} <= set(_rows(take("pupils"))[0])
    assert not {"lac", "social_worker", "medical_note"} & set(_rows(take("pupils", role=Role.OFFICE))[0])
    assert b"Held overnight" in take("marks")
    assert b"Held overnight" not in take("marks", role=Role.OFFICE)


def test_the_reason_for_leaving_a_restricted_code_is_for_those_who_may_see_it(
    school: School, pupil: Pupil, calendar: Calendar, office: Membership, take: Take
) -> None:
    builders.mark(pupil, FRIDAY, Session.AM, "Y5")
    entry = Entry(pupil.pk, FRIDAY, Session.AM, "I")
    marks.enter(school, calendar, [entry], door=Door.OFFICE, reason="Bailed", today=FRIDAY, by=office, at=AT)
    for what in ("amendments", "certificate"):
        assert b"Bailed" in take(what, pupil=pupil.pk)
        assert b"Bailed" not in take(what, role=Role.OFFICE, pupil=pupil.pk)


def test_a_workbook_that_could_not_hold_every_row_is_refused(
    client: Client, school: School, pupil: Pupil, office: Membership, monkeypatch
) -> None:
    """XlsxWriter drops the rows past the last without a word."""
    client.force_login(office.user)
    for most, status in ((7, 200), (6, 422)):
        monkeypatch.setattr(exports, "MOST_XLSX_ROWS", most)
        response = client.get(reverse("export", args=[school.slug, "marks", "xlsx"]))
        response.getvalue()
        assert response.status_code == status


def test_what_is_said_about_a_list_runs_no_more_than_its_rows(pupil: Pupil, take: Take) -> None:
    School.objects.update(name="=cmd")
    about = openpyxl.load_workbook(BytesIO(take("marks", "xlsx")))["About"]
    assert [cell.quotePrefix for cell in about["A"] if str(cell.value).startswith("=cmd")] == [True]


def test_the_record_says_what_was_taken_and_never_whose(
    client: Client, school: School, pupil: Pupil, office: Membership
) -> None:
    client.force_login(office.user)
    client.get(reverse("export", args=[school.slug, "pupils", "csv"])).getvalue()
    event = Event.objects.get(kind="exported")
    assert (event.by, event.pupil, event.subject) == (office.user, None, "list:pupils")
    assert event.facts == {"what": "pupils", "form": "csv", "rows": 1, "file": "admission-register-2026-11-20"}


def test_the_page_offers_what_one_may_take(client: Client, school: School, office: Membership) -> None:
    client.force_login(builders.member(school, Role.FLO).user)
    page = pages.soup(client.get(reverse("exports", args=[school.slug])))
    offered = {button["formaction"].rsplit("/", 1)[1] for button in page.select("button[formaction]")}
    assert {"pupils.csv", "pupils.xlsx", "marks.csv", "amendments.xlsx"} <= offered
    assert "missing-registers.csv" not in offered, "the office's own"
    client.force_login(office.user)
    page = pages.soup(client.get(reverse("exports", args=[school.slug])))
    assert page.find("button", formaction=reverse("export", args=[school.slug, "missing-registers", "csv"]))


def test_a_large_list_comes_from_the_disk_just_the_same(amended: Mark, take: Take, monkeypatch) -> None:
    small = take("marks")
    monkeypatch.setattr("registers.views.exports._IN_MEMORY", 10)
    spilled = take("marks")
    assert spilled == small
    assert len(_rows(spilled)) == 8


@pytest.mark.parametrize(
    ("what", "form", "choices", "status", "words"),
    [
        ("nothing", "csv", {}, 404, ""),
        ("pupils", "ods", {}, 404, ""),
        ("marks", "csv", {"first_on": "2026-02-30"}, 422, "is not a day"),
        ("marks", "csv", {"first_on": "2026-11-20", "last_on": "2026-11-19"}, 422, "before the first"),
        ("marks", "csv", {"first_on": "2001-01-01"}, 422, "at most seven years"),
        ("marks", "csv", {"first_on": "9999-12-30", "last_on": "9999-12-31"}, 422, "not a day of any register"),
        ("amendments", "csv", {"last_on": "9999-12-31"}, 422, "not a day of any register"),
        ("register", "csv", {"first_on": "2025-09-01", "last_on": "2026-11-20"}, 422, "at most a school year"),
        ("marks", "csv", {"show": "stood", "stood_on": "2026-11-21"}, 422, "has not come yet"),
        ("marks", "csv", {"show": "stood", "stood_on": "2026-11-20", "stood_at": "10:15Z"}, 422, "is not a time"),
        ("marks", "csv", {"show": "stood"}, 422, "Say on which day"),
        ("marks", "csv", {"show": "stood", "stood_on": "2026-11-20", "stood_at": "25:00"}, 422, "is not a time"),
        ("register", "csv", {"group": "all-1"}, 422, "Choose a class"),
        ("register", "csv", {"group": "class-" + "9" * 30}, 422, "Choose a class"),
        ("certificate", "csv", {}, 404, ""),
        ("certificate", "csv", {"pupil": "9" * 30}, 404, ""),
    ],
)
def test_what_cannot_be_taken(
    client: Client, school: School, office: Membership, what: str, form: str, choices: dict, status: int, words: str
) -> None:
    client.force_login(office.user)
    response = client.get(reverse("export", args=[school.slug, what, form]), choices)
    assert response.status_code == status
    assert words in response.content.decode()
    assert not Event.objects.filter(kind="exported").exists()


def test_another_schools_pupil_or_class_is_not_found(
    client: Client, school: School, other_school: School, office: Membership
) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = builders.pupil(other_school, school_class=builders.school_class(other_school))
        class_id = SchoolClass.objects.get().pk
    client.force_login(office.user)
    for what, choices in (("certificate", {"pupil": theirs.pk}), ("register", {"group": f"class-{class_id}"})):
        assert client.get(reverse("export", args=[school.slug, what, "csv"]), choices).status_code == 404


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ("", ("", "", "")),
        ("1 High Street", ("1 High Street", "", "")),
        ("1 High Street\nAshford", ("1 High Street", "", "Ashford")),
        ("Flat 2\n1 High Street\nAshford", ("Flat 2", "1 High Street", "Ashford")),
        ("Flat 2\nThe Mill\n1 High Street\nAshford", ("Flat 2", "The Mill, 1 High Street", "Ashford")),
    ],
)
def test_an_address_in_three_columns(address: str, lines: tuple[str, str, str]) -> None:
    assert address_lines(address) == lines


def test_a_list_may_be_offered_once_only() -> None:
    with pytest.raises(ValueError, match="pupils"):
        exports.listed("pupils")(lambda asked: exports.Export("", "", [Column("a")], []))
