"""Every letter of both schools, set up from their own files: read back and held against its points, in their order."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from attendance_site import school_file
from attendance_site.demonstration import letterheads as demonstration
from attendance_site.demonstration.build import FOLDER, SCHOOL_FILES
from attendance_site.demonstration.stage import Stage
from attendance_site.services import school_set_up
from letters import documents, pdf
from letters.models import Letter, Wording
from letters.queries import letterheads as letterhead_queries
from letters.queries import wordings
from letters.queries.standing import day
from letters.rules import blanks, law
from letters.rules.kinds import KINDS
from letters.services import letters
from registers.models import Membership, Pupil, School
from registers.queries import calendars
from registers.rules.calendar import Calendar
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT, TODAY
from tests.letters.conftest import needs_libraries
from tests.letters.test_composing import in_order

MARKS = "/" * 30 + "LLUU" + "II" + "NN" + "OOOOGG" + "L/" * 3 + "/" * 8
"""From 22 September: five lates before close, two after, illness, two without a reason, six more unauthorised."""

POINTS = {
    "percentage": (
        "Private and confidential",
        "School attendance",
        "regularly and on time",
        "79.3%",
        "registration certificate is enclosed",
        "many reasons",
        "out of your hands",
        "get in touch with me",
        "e-mail",
        "very best chances",
        "Family Liaison Officer",
    ),
    "late_l": (
        "late for school too often",
        "5 occasions this school year",
        "certificate enclosed",
        "morning register at 8.50am",
        "closes it at 9.20am",
        "from 8.51am to 9.20am is given code L",
        "after 9.20am is given code U",
        "unauthorised absence",
        "embarrassing",
        "5 minutes",
        "3 days",
        "10 minutes",
        "6.5 days",
        "15 minutes",
        "10 days",
        "20 minutes",
        "13 days",
        "30 minutes",
        "19 days",
        "on time from now on",
        "help",
        "Family Liaison Officer",
    ),
    "late_u": (
        "after the register had closed",
        "14 October 2026",
        "in all: 2 half-day sessions",
        "taken at 8.50am and closed at 9.20am for the morning",
        "taken again at 1.30pm and closed at 1.45pm for the afternoon",
        "absent without authority",
        "disturbs",
        "overall attendance down",
        "10 sessions of unauthorised absence within 10 school weeks",
        "consider a penalty notice",
        "refer persistent lateness to the local authority",
        "prosecution",
        "10 sessions",
        "arrange a meeting with you at the school",
        "Headteacher",
    ),
    "stage1_medical": (
        "some illness cannot be helped",
        "Department for Education",
        "79.3%",
        "considerably below",
        "medical evidence",
        "doctor",
        "prescription",
        "appointment card",
        "certificate is enclosed",
        "watching",
        "Thank you for your continuing support",
        "Family Liaison Officer",
    ),
    "leave_refused": (
        "For the attention of the parents of Robin Quill",
        "1 December 2026 to 4 December 2026",
        "8 sessions",
        "Regulations 2024",
        "exceptional circumstances",
        "at my discretion",
        "own merits",
        "final",
        "after the event",
        "not authorised",
        "10 sessions of unauthorised absence within 10 school weeks",
        "Each parent",
        "£160",
        "28 days",
        "£80",
        "21 days",
        "second",
        "no third",
        "may prosecute",
        "Headteacher",
    ),
    "leave_retrospective": (
        "For the attention of the parents of Robin Quill",
        "Nobody asked the school beforehand",
        "Regulations 2024",
        "exceptional circumstances",
        "at my discretion",
        "own merits",
        "final",
        "after the event",
        "unable to authorise this leave",
        "10 sessions of unauthorised absence within 10 school weeks",
        "£160",
        "28 days",
        "£80",
        "21 days from receipt",
        "may prosecute",
        "Headteacher",
    ),
    "holiday_as_illness": (
        "9 November 2026 to 13 November 2026",
        "We believe this because Sam told the class about it",
        "No leave was asked for, and none was authorised",
        "code G",
        "unauthorised absence",
        "4 December 2026, ten school days from now",
        "10 sessions of unauthorised absence within 10 school weeks",
        "not be prosecuted",
        "£160",
        "28 days",
        "£80",
        "21 days",
        "your liability for it is discharged",
        "talk about this",
        "Headteacher",
    ),
    "traveller_concern": (
        "Traveller absence",
        "so often",
        "2 authorised half-day sessions",
        "10 unauthorised half-day sessions",
        "79.3%",
        "200 sessions (100 days)",
        "defence",
        "below 90%",
        "refer this to the local authority",
        "exceptional circumstances",
        "travelling for work and agree this with the school in advance",
        "telephone the school",
        "Headteacher",
    ),
    "traveller_travel": (
        "Traveller absence",
        "Thank you for letting me know",
        "23 November 2026",
        "travelling for your work",
        "The law allows",
        "not told me yet",
        "4 December 2026, ten school days from now",
        "missing education",
        "20 school days",
        "off the roll",
        "apply for a place again",
        "Headteacher",
    ),
    "leave_granted": ("the leave is authorised", "2 sessions", "exceptional", "counts", "unauthorised", "Headteacher"),
    "leave_part_granted": (
        "I authorise 2 sessions: 1 December 2026",
        "The other 6 sessions are not authorised",
        "unauthorised absence",
        "after the event",
        "final",
        "10 sessions of unauthorised absence within 10 school weeks",
        "Headteacher",
    ),
    "letter_of_concern": (
        "below what we expect",
        "79.3%",
        "12 sessions missed of 58 sessions possible",
        "at least 95%",
        "persistent absence",
        "certificate enclosed",
        "first day of any absence",
        "Early Help",
        "Attendance Champion",
    ),
    "reason_wanted": (
        "why Robin was not in school",
        "16 October 2026",
        "let us know the reason straight away",
        "“ill” alone",
        "five school days",
        "unauthorised",
        "call at your home",
    ),
    "late_concern": (
        "7 occasions this school year",
        "not acceptable",
        "8.50am",
        "9.01am to 9.30am",
        "after 9.30am is marked U",
        "14 October 2026",
        "appointment",
        "Education Welfare Officer",
        "10 sessions of unauthorised absence within 10 school weeks",
        "Attendance Champion",
    ),
    "panel_invitation": (
        "79.3%",
        "1 December 2026 at 3.45pm",
        "meeting room",
        "Attendance Officer",
        "Education Welfare Officer",
        "action plan with a target",
        "review",
        "Early Help",
    ),
    "panel_action_plan": (
        "1 December 2026",
        "Breakfast club from 7.45am: the school",
        "In bed by 8pm on school nights: home",
        "at least 96%",
        "15 January 2027",
        "Early Help",
    ),
    "part_time_review": (
        "2 November 2026",
        "each morning",
        "11 December 2026",
        "every four weeks",
        "15 January 2027 at 2.30pm",
        "last resort",
        "no longer agree",
        "responsible for keeping Robin safe",
    ),
    "penalty_warning": (
        "10 sessions of unauthorised absence",
        "support",
        "10 sessions of unauthorised absence within 10 school weeks",
        "has reached that number",
        "First in three years",
        "£160 within 28 days, or £80 if paid within 21 days",
        "Second in three years",
        "without reduction",
        "no third notice",
        "£1,000",
        "£2,500",
        "parenting order",
        "education supervision order",
    ),
    "praise_postcard": ("well done for three weeks without one late arrival", "Thank you", "Attendance Champion"),
    "notice_to_improve": (
        "Notice to improve",
        "10 sessions of unauthorised absence",
        "10 sessions of unauthorised absence within 10 school weeks",
        "79.3%",
        "learn",
        "section 7 of the Education Act 1996",
        "section 444",
        "A meeting with the Family Liaison Officer",
        "A weekly call",
        "23 November 2026 to 11 January 2027",
        "there is no unauthorised absence in this time",
        "may issue a penalty notice to you, or prosecute",
        "before the end of the period",
        "no third",
    ),
    "register_summary": ("58 sessions", "authorised reason: 2", "without authority: 10", "79.3%", "wrong"),
}
CONDITIONS = {kind: ["penalty_notice_possible"] for kind in POINTS if kind.startswith("leave_")}


def adopted(file: str) -> tuple[str, ...]:
    return school_file.read(FOLDER / file, frozenset(KINDS)).letters.kinds


A4 = (595, 842)
"""Points, rounded."""


@dataclass
class Desk:
    """A school set up from its file, and a pupil with a hard autumn."""

    school: School
    calendar: Calendar
    pupil: Pupil
    head: Membership

    def draft(self, kind: str) -> list[Letter]:
        facts = {name: blanks.SAMPLES[name] for name in KINDS[kind].given_blanks if name != "expected_attendance"}
        told = {"facts": facts, "conditions": CONDITIONS.get(kind, [])}
        return letters.draft(self.school, self.calendar, self.pupil, kind, **told, today=TODAY, by=self.head, at=AT)

    def printed(self, letter: Letter) -> str:
        return documents.printed([letter], self.calendar, TODAY, draft=False)


@pytest.fixture(params=SCHOOL_FILES, ids=lambda file: file.removesuffix(".toml"))
def desk(request, db) -> Iterator[Desk]:
    school = school_set_up.set_up(school_file.read(FOLDER / request.param, frozenset(KINDS)), at=AT)
    with schools_in_scope([school.pk]):
        calendar = calendars.of(school)
        head = builders.member(school, Role.HEAD)
        pupil = builders.pupil(school, "Quill", "Robin", school_class=builders.school_class(school))
        builders.parent_of(pupil, priority=2)
        builders.marks(pupil, calendar, date(2026, 9, 22), MARKS)
        demonstration.furnish(Stage(school, calendar, TODAY, AT))
        yield Desk(school, calendar, pupil, head)


def test_every_kind_of_the_product_is_used_by_a_school_and_has_its_points():
    used = {kind for file in SCHOOL_FILES for kind in adopted(file)}
    assert used == set(KINDS) == set(POINTS)


def test_every_letter_of_each_school_makes_its_points_in_order(desk):
    for row in wordings.adopted(desk.school):
        drafted = desk.draft(row.kind)
        assert len(drafted) == (2 if KINDS[row.kind].recipients == "parent" else 1), row.kind
        page = BeautifulSoup(desk.printed(drafted[0]), "html.parser")
        for element in page.find_all(["bdi", "strong"]):
            element.unwrap()
        text = " ".join(BeautifulSoup(str(page), "html.parser").get_text(" ").split())
        in_order(text, *POINTS[row.kind])
        assert "«" not in text
        assert desk.school.name in text


@needs_libraries
def test_every_letter_of_each_school_is_read_back_from_its_pdf(desk):
    footer = letterhead_queries.of(desk.school).footer
    for row in wordings.adopted(desk.school):
        reader = PdfReader(io.BytesIO(pdf.render(desk.printed(desk.draft(row.kind)[0]))))
        pages = [" ".join(page.extract_text().split()) for page in reader.pages]
        missing = [point for point in POINTS[row.kind] if point not in " ".join(pages)]
        assert (row.kind, missing) == (row.kind, [])
        assert reader.trailer["/Root"]["/Lang"] == "en-GB"
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert "Quill" not in reader.metadata.title
        assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in reader.pages} == {A4}
        assert all(footer in page for page in pages)


def test_the_demonstration_dresses_each_school_and_edits_one_letter(desk):
    dress = demonstration.DRESSES[desk.school.slug]
    found = letterhead_queries.of(desk.school)
    assert found.logo
    assert set(found.signatures) == {role.value for role in dress.signatures}
    edited = wordings.current(desk.school, dress.kind)
    assert (edited.version, edited.origin) == (2, "school")
    assert {row.kind for row in Wording.objects.filter(version=2)} == {dress.kind}
    for row in wordings.adopted(desk.school):
        assert law.findings(row.read, KINDS[row.kind].statements) == []


def test_the_sample_date_is_ten_school_days_on():
    assert blanks.SAMPLES["reply_by"] == day(TODAY + timedelta(days=14))
