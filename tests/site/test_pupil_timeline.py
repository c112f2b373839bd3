"""What happened to a pupil, newest first: every kind of line, where it leads, and nobody else's."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from absences.rules.leave import Category, Decision, FourTests
from absences.rules.reasons import Channel, Outcome, Told
from absences.rules.spans import Span
from absences.services import leave, reasons
from attendance_site.queries import pupil_page
from letters.services import letters, wordings
from registers.models import Amendment
from registers.queries import calendars
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from registers.services import admissions, marks
from registers.services.marks import Entry
from tests import builders, whole_school
from tests.builders import AT, TODAY

MONDAY = date(2026, 12, 7)


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def eventful(school, calendar):
    """A mark amended, a reason, a request refused and a letter drafted, an hour after each other."""
    pupil = builders.pupil(school, "Quill", "Robin")
    office, head = builders.member(school, name="Olive Office"), builders.member(school, Role.HEAD, "Hera Head")
    builders.marks(pupil, calendar, date(2026, 9, 1), "I" * 12 + "/" * 20)
    mark = builders.mark(pupil, date(2026, 11, 18), Session.AM, "N")
    hour = [AT + timedelta(hours=number) for number in range(6)]
    entry = Entry(pupil.pk, mark.on, Session.AM, "O")
    marks.enter(school, calendar, [entry], door=Door.OFFICE, reason="Nobody rang.", today=TODAY, by=office, at=hour[0])
    reasons.record(
        school,
        calendar,
        pupil,
        Span(SessionOn(mark.on, Session.AM), SessionOn(mark.on, Session.AM)),
        Told("A cold", "Mum", Channel.PHONE),
        Outcome.ACCEPTED,
        "I",
        today=TODAY,
        by=office,
        at=hour[1],
    )
    asked = leave.enter(
        school,
        calendar,
        pupil,
        pupil.contacts.get(),
        TODAY,
        SessionOn(MONDAY, Session.AM),
        SessionOn(MONDAY, Session.PM),
        "A fair.",
        Category.OTHER,
        today=TODAY,
        by=office,
        at=hour[3],
    )
    refused = {"decision": Decision.REFUSE, "code": "", "words": "No.", "tests": FourTests()}
    leave.decide(asked.pk, school, calendar, today=TODAY, by=head, at=hour[4], **refused)
    wordings.adopt(school, ["stage1_medical"], by=head, at=AT)
    [letter] = letters.draft(school, calendar, pupil, "stage1_medical", today=TODAY, by=office, at=hour[5])
    return pupil, mark, asked, letter


def lines(response) -> list[tuple[str, str, str, str]]:
    """When, what, who, and where the line leads."""
    rows = BeautifulSoup(response.content, "html.parser").select("[aria-label='What happened'] tbody tr")
    cells = [[" ".join(cell.get_text().split()) for cell in row.select("td")] for row in rows]
    return [(*each, row.a["href"] if row.a else "") for each, row in zip(cells, rows, strict=True)]


def show(client, school, pupil, role: Role = Role.HEAD) -> list[tuple[str, str, str, str]]:
    client.force_login(builders.member(school, role).user)
    return lines(client.get(reverse("pupil", args=[school.slug, pupil.pk])))


def test_everything_that_happened_the_newest_first(client, school, eventful) -> None:
    pupil, mark, asked, letter = eventful
    to_mark, to_leave, to_letter = (
        reverse(name, args=[school.slug, row.pk])
        for name, row in (("mark", mark), ("leave_request", asked), ("letter", letter))
    )
    assert show(client, school, pupil) == [
        ("20 Nov 2026 14:05", f"Letter draft: {letter.title}", "Olive Office", to_letter),
        ("20 Nov 2026 13:05", "Leave refused", "Hera Head", to_leave),
        ("20 Nov 2026 12:05", "Leave asked for, Mon 7 Dec 2026", "Olive Office", to_leave),
        ("20 Nov 2026 10:05", "18/11/2026 AM: O became I. Reason recorded: illness", "Olive Office", to_mark),
        ("20 Nov 2026 10:05", "Reason for Wed 18 Nov 2026 AM: A cold", "Olive Office", ""),
        ("20 Nov 2026 09:05", "18/11/2026 AM: N became O. Nobody rang.", "Olive Office", to_mark),
        ("18 Nov 2026 09:00", "Absent 18/11/2026: I, 1 session.", "Register", ""),
        ("1 Sep 2026 09:00", "Absent 01/09/2026 to 08/09/2026: I, 12 sessions.", "Register", ""),
    ]


@pytest.mark.parametrize("role", [Role.OFFICE, Role.FLO, Role.ATTENDANCE_LEAD, Role.HEAD])
def test_every_link_opens_for_whoever_sees_it(client, school, eventful, role: Role) -> None:
    found = show(client, school, eventful[0], role)
    assert len(found) == 8
    links = {link for *_, link in found if link}
    assert len(links) == (2 if role is Role.FLO else 3)
    assert {client.get(link).status_code for link in links} == {200}


def test_letters_issued_dropped_and_withdrawn_say_so(client, school, calendar, eventful, monkeypatch) -> None:
    monkeypatch.setattr("letters.pdf.render", lambda page: b"%PDF-stand-in")
    pupil, _, _, letter = eventful
    head = builders.member(school, Role.HEAD, "Hera Head")
    letters.issue(letter, calendar, today=TODAY, by=head, at=AT + timedelta(hours=7))
    [other] = letters.draft(school, calendar, pupil, "stage1_medical", today=TODAY, by=head, at=AT + timedelta(hours=8))
    letters.drop(other, by=head, at=AT + timedelta(hours=9))
    said = [what.partition(":")[0] for _, what, _, _ in show(client, school, pupil)[:2]]
    assert said == ["Letter dropped", "Letter issued"]
    letters.withdraw(letter, reason="Sent to the wrong house.", by=head, at=AT + timedelta(hours=10))
    assert any(what.startswith("Letter withdrawn") for _, what, _, _ in show(client, school, pupil))


def test_neither_a_classmates_nor_another_schools_lines(client, school, other_school, eventful) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = whole_school.fill(other_school)
    assert show(client, school, builders.pupil(school)) == [
        (
            "Nothing yet: no mark was amended, no reason recorded, no leave asked for, no letter written, "
            "no particular changed.",
            "",
        )
    ]
    assert client.get(reverse("pupil", args=[school.slug, theirs.pupil.pk])).status_code == 404


def test_the_page_shows_the_last_forty(school, calendar) -> None:
    pupil, by = builders.pupil(school), builders.member(school)
    mark = builders.mark(pupil, TODAY, Session.AM, "N")
    for version in range(2, 62):
        Amendment.objects.create(
            school=school,
            mark=mark,
            version=version,
            old_code="N",
            new_code="O",
            reason=f"entry {version}",
            source="office",
            at=AT + timedelta(minutes=version),
            by=by.user,
            role=by.role,
        )
    found = pupil_page.of(school, calendar, pupil, TODAY).timeline
    assert [line.what.rpartition(" ")[2] for line in found] == [str(version) for version in range(61, 21, -1)]


def test_the_number_of_queries_does_not_grow_with_what_happened(school, calendar, eventful) -> None:
    def queries(pupil) -> int:
        with CaptureQueriesContext(connection) as caught:
            pupil_page.of(school, calendar, pupil, TODAY)
        return len(caught)

    pupil = eventful[0]
    few = queries(pupil)
    for number in range(20):
        builders.parent_of(pupil, priority=number + 2)
    assert queries(pupil) == few <= 25


def test_later_entries_to_the_admission_register_say_what_changed_and_never_from_what(client, school) -> None:
    pupil, office = builders.pupil(school), builders.member(school, name="Olive Office")
    stood = {"postcode": pupil.postcode, "sex": "F"}
    admissions.change(pupil, {"postcode": "EX9 9ZZ", "sex": "M"}, stood, "A letter.", by=office, at=AT)
    secret = {"medical_note": "Asthma"}
    admissions.change(pupil, secret, {"medical_note": ""}, "The clinic.", by=office, at=AT + timedelta(hours=1))
    to = reverse("admission_history", args=[school.slug, pupil.pk])
    expected = [
        ("20 Nov 2026 10:05", "Admission register: sensitive notes.", "Olive Office"),
        ("20 Nov 2026 09:05", "Admission register: postcode, sex. A letter.", "Olive Office"),
    ]
    assert show(client, school, pupil) == [(*line, to) for line in expected]
    assert show(client, school, pupil, Role.FLO) == [(*line, "") for line in expected]


def test_why_a_restricted_mark_was_given_is_not_told(client, school, calendar) -> None:
    pupil, office = builders.pupil(school), builders.member(school)
    builders.mark(pupil, TODAY, Session.AM, "N")
    entry = Entry(pupil.pk, TODAY, Session.AM, "Y5")
    marks.enter(school, calendar, [entry], door=Door.OFFICE, reason="In custody", today=TODAY, by=office, at=AT)
    assert [line[1] for line in show(client, school, pupil)] == ["20/11/2026 AM: N became Y5."]
