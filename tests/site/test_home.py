"""Home pages: each person finds what there is to do for them now, counted right, and nothing else."""

from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from absences.rules.leave import Category, Decision, FourTests
from absences.services import leave
from escalation.services import policies, scan
from letters.services import letters, wordings
from registers.models import ClassTeacher, Membership, RegisterTaken
from registers.queries import calendars
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from tests import builders, whole_school
from tests.builders import AT, TODAY

MISSING, CLASH, UNEXPLAINED, LEAVE, FLAGGED, DRAFTS = (
    "registers not in yet (AM)",
    "mark where the teacher saw something else",
    "absences without a reason",
    "leave request to decide",
    "pupil on the desk",
    "letter drafted",
)


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def staff(school) -> dict[Role, Membership]:
    return {role: builders.member(school, role) for role in Role}


@pytest.fixture
def busy(school, staff):
    """A Friday morning with something of everything: see each line."""
    now = {"by": staff[Role.HEAD], "at": AT}
    calendar = calendars.of(school)
    oak, elm = builders.school_class(school, "3 Oak", staff[Role.TEACHER]), builders.school_class(school, "4 Elm")
    ash = builders.school_class(school, "5 Ash")
    here, blank = builders.pupil(school, school_class=oak), builders.pupil(school, school_class=oak)
    clash, away = builders.pupil(school, school_class=elm), builders.pupil(school, school_class=elm)
    waiting, out = builders.pupil(school, school_class=elm), builders.pupil(school, school_class=ash)
    builders.marks(away, calendar, date(2026, 9, 1), "I" * 20)
    for pupil, code, seen in ((here, "/", "P"), (clash, "/", "A"), (away, "I", ""), (out, "V", "")):
        builders.mark(pupil, TODAY, Session.AM, code, seen=seen)
    # Two sessions of one day are one absence; its fifth school day was yesterday. The other's is today.
    for session in Session:
        builders.mark(here, date(2026, 11, 12), session, "N")
    builders.mark(blank, date(2026, 11, 13), Session.AM, "N")
    policies.adopt(school, whole_school.POLICY, **now)
    scan.scan(school, calendar, TODAY, by=staff[Role.NIGHTLY], at=AT)
    wordings.adopt(school, ["stage1_medical"], **now)
    letters.draft(school, calendar, away, "stage1_medical", today=TODAY, **now)
    for pupil, first_on in ((waiting, date(2026, 12, 7)), (here, date(2026, 12, 14))):
        asked = ask(school, calendar, pupil, first_on, now)
    refuse = {"decision": Decision.REFUSE, "code": "", "words": "No.", "tests": FourTests()}
    leave.decide(asked.pk, school, calendar, today=TODAY, **refuse, **now)
    return {"oak": oak, "elm": elm, "ash": ash}


def ask(school, calendar, pupil, first_on, now):
    span = (SessionOn(first_on, Session.AM), SessionOn(first_on, Session.PM))
    contact = pupil.contacts.get()
    return leave.enter(school, calendar, pupil, contact, TODAY, *span, "A fair.", Category.OTHER, today=TODAY, **now)


@pytest.fixture
def home(school, client):
    def ask(member: Membership) -> BeautifulSoup:
        client.force_login(member.user)
        response = client.get(reverse("home", args=[school.slug]))
        assert response.status_code == 200
        return BeautifulSoup(response.content, "html.parser").main

    return ask


def todos(page, label: str = "To do") -> dict[str, tuple[int, str]]:
    """What there is to do: count and detail."""
    found = {}
    for item in page.select(f"[aria-label='{label}'] li"):
        what, detail = item.select_one(".todo__what").stripped_strings
        found[what] = (int(item.select_one(".todo__count").get_text()), detail)
    return found


def now(page) -> list[int]:
    return [int(cell.get_text()) for cell in page.select("[aria-label='The school now'] dd")]


OFFICE = (MISSING, CLASH, UNEXPLAINED, DRAFTS)
FLO = (UNEXPLAINED, FLAGGED, DRAFTS)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.TEACHER, ()),
        (Role.OFFICE, OFFICE),
        (Role.FLO, FLO),
        (Role.ATTENDANCE_LEAD, (MISSING, CLASH, UNEXPLAINED, FLAGGED, DRAFTS)),
        (Role.HEAD, (MISSING, CLASH, UNEXPLAINED, LEAVE, FLAGGED, DRAFTS)),
        (Role.GOVERNOR, ()),
        (Role.TRUST, ()),
        (Role.ADMINISTRATOR, ()),
    ],
)
def test_each_role_has_its_own_to_do_and_no_other(busy, home, staff, role: Role, expected: tuple[str, ...]) -> None:
    page = home(staff[role])
    assert tuple(todos(page)) == expected
    assert bool(now(page)) is (role not in (Role.TEACHER, Role.GOVERNOR, Role.TRUST, Role.ADMINISTRATOR))
    assert bool(page.select("[aria-label='Your registers']")) is (role is Role.TEACHER)
    assert bool(page.select("[aria-label='To read']")) is (role in (Role.GOVERNOR, Role.TRUST))
    assert bool(page.select("[aria-label='To look after']")) is (role is Role.ADMINISTRATOR)


def test_the_counts_are_right(busy, home, staff) -> None:
    page = home(staff[Role.HEAD])
    assert todos(page) == {
        MISSING: (2, "3 Oak, 4 Elm"),
        CLASH: (1, "The code stands until the office has looked."),
        UNEXPLAINED: (2, "1 past the fifth school day."),
        LEAVE: (1, "The first leave begins on Monday 7 December."),
        FLAGGED: (1, "What is due stands first."),
        DRAFTS: (1, "Read, then issue or drop them."),
    }
    # In school, elsewhere, away, no mark yet.
    assert now(page) == [2, 1, 1, 2]


def test_each_line_leads_to_where_it_is_done(busy, home, staff, school, client) -> None:
    links = [link["href"] for link in home(staff[Role.HEAD]).select("[aria-label='To do'] a")]
    names = ["missing", "disagreements", "unexplained", "leave_requests", "desk", "letters"]
    assert [link.partition("?")[0] for link in links] == [reverse(name, args=[school.slug]) for name in names]
    assert {client.get(link).status_code for link in links} == {200}


def test_a_governor_is_led_to_the_report_and_sees_no_child(busy, home, staff, school) -> None:
    page = home(staff[Role.GOVERNOR])
    [link] = page.select("[aria-label='To read'] a")
    assert link["href"] == reverse("governors_report", args=[school.slug])
    assert not page.select("[aria-label='Your registers'], [aria-label='The school now']")


def test_an_administrator_is_led_to_people_and_settings_and_sees_no_child(
    busy, home, staff, school, other_school, client
) -> None:
    builders.member(other_school)
    staff[Role.FLO].user.last_login = AT
    staff[Role.FLO].user.save()
    page = home(staff[Role.ADMINISTRATOR])
    found = todos(page, "To look after")
    # Seven have not: the administrator is in, and the FLO was.
    assert found["people with a part here"] == (9, "7 never signed in yet.")
    assert found["uploaded files not taken in yet"][0] == 0
    assert found["with a second step at sign-in"] == (0, "Of 9 people.")
    links = [link["href"] for link in page.select("[aria-label='To look after'] a")]
    assert {client.get(link).status_code for link in links} == {200}
    assert not page.select("[aria-label='To do'], .empty")


class TestTeacher:
    def lines(self, page) -> list[tuple[str, str, str]]:
        return [
            (
                item.a["href"],
                item.select_one(".todo__count").get_text(strip=True),
                item.small.get_text(" ", strip=True),
            )
            for item in page.select("[aria-label='Your registers'] li")
        ]

    def test_finds_the_register_of_the_own_class_alone(self, busy, home, staff, school) -> None:
        url = reverse("class_register", args=[school.slug, busy["oak"].pk, "AM"])
        assert self.lines(home(staff[Role.TEACHER])) == [(url, "1", "1 of 2 pupils without a mark")]
        assert "4 Elm" not in home(staff[Role.TEACHER]).get_text()

    def test_finds_the_afternoon_in_the_afternoon(self, busy, home, staff, school, time_machine) -> None:
        time_machine.move_to(datetime(2026, 11, 20, 13, 30, tzinfo=UTC), tick=False)
        url = reverse("class_register", args=[school.slug, busy["oak"].pk, "PM"])
        assert self.lines(home(staff[Role.TEACHER])) == [(url, "2", "2 of 2 pupils without a mark")]

    def test_sees_that_it_is_sent_and_by_whom(self, busy, home, staff, school) -> None:
        sent = {"school": school, "on": TODAY, "session": "AM", "at": AT, "role": Role.TEACHER}
        RegisterTaken.objects.create(school_class=busy["oak"], by=staff[Role.TEACHER].user, **sent)
        [(_, count, says)] = self.lines(home(staff[Role.TEACHER]))
        assert (count, says) == ("✓", "Sent at 09:05 by you")

    @pytest.mark.parametrize(
        ("starts_on", "ends_on", "count"),
        [
            pytest.param(TODAY, None, 2, id="from today"),
            pytest.param(TODAY + timedelta(days=1), None, 1, id="from tomorrow"),
            pytest.param(date(2026, 9, 1), TODAY, 2, id="to today"),
            pytest.param(date(2026, 9, 1), TODAY - timedelta(days=1), 1, id="to yesterday"),
        ],
    )
    def test_finds_a_second_class_while_it_is_theirs(
        self, busy, home, staff, school, starts_on, ends_on, count
    ) -> None:
        teacher = staff[Role.TEACHER]
        ClassTeacher.objects.create(
            school=school, user=teacher.user, school_class=busy["elm"], starts_on=starts_on, ends_on=ends_on
        )
        assert len(self.lines(home(teacher))) == count

    def test_without_a_class_is_told_whom_to_ask(self, busy, home, school) -> None:
        page = home(builders.member(school, Role.TEACHER, "New here"))
        assert "ask the school office" in page.select_one(".empty").get_text()

    def test_who_runs_the_office_too_has_the_own_register_and_the_list(self, busy, home, staff, school) -> None:
        teacher = staff[Role.TEACHER]
        Membership.objects.create(user=teacher.user, school=school, role=Role.OFFICE, starts_on=date(2026, 9, 1))
        page = home(teacher)
        assert len(self.lines(page)) == 1
        assert tuple(todos(page)) == OFFICE


@pytest.mark.parametrize(
    ("on", "why"),
    [
        pytest.param(date(2026, 11, 21), "a weekend", id="Saturday"),
        pytest.param(date(2026, 10, 20), "outside the school's terms", id="half-term holiday"),
        pytest.param(date(2026, 11, 2), "In-service day", id="in-service day"),
    ],
)
def test_on_a_closed_day_there_is_no_register_and_it_says_why(busy, home, staff, time_machine, on, why) -> None:
    time_machine.move_to(datetime(on.year, on.month, on.day, 9, tzinfo=UTC), tick=False)
    page = home(staff[Role.HEAD])
    assert page.select_one(".notice").get_text() == f"There is no school today ({why})."
    assert MISSING not in todos(page)
    assert UNEXPLAINED in todos(page)
    assert not now(page)
    assert not home(staff[Role.TEACHER]).select("[aria-label='Your registers']")


def test_nothing_to_do_is_said(school, home) -> None:
    page = home(builders.member(school, Role.FLO))
    assert page.select_one(".empty").get_text() == "Nothing waits for you now."


def test_another_schools_work_is_not_counted(school, other_school, home, staff) -> None:
    with schools_in_scope([other_school.pk]):
        whole_school.fill(other_school)
    page = home(staff[Role.HEAD])
    assert todos(page) == {}
    assert now(page) == [0, 0, 0, 0]


def test_the_number_of_queries_does_not_grow_with_the_pupils(busy, school, client, staff) -> None:
    def queries() -> int:
        client.force_login(staff[Role.HEAD].user)
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("home", args=[school.slug])).status_code == 200
        return len(caught)

    few = queries()
    for number in range(54):
        pupil = builders.pupil(school, school_class=busy["elm"])
        builders.mark(pupil, date(2026, 11, 18), Session.AM, "NLIO"[number % 4])
    assert queries() == few <= 45
