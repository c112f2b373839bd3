"""A class teacher's pages: own classes only, a register that is sent once, and messages that say what to do."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest
from django.test import Client
from django.urls import reverse

from registers.models import (
    Amendment,
    ClassPlace,
    ClassTeacher,
    Mark,
    Membership,
    Pupil,
    RegisterTaken,
    School,
    SchoolClass,
    Sighting,
    SiteEvent,
)
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.services import marks
from registers.services.marks import Entry
from tests import builders
from tests.registers import pages

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.time_machine(NINE, tick=False)


@pytest.fixture
def roll(school: School, school_class: SchoolClass) -> list[Pupil]:
    return [builders.pupil(school, name, school_class=school_class) for name in ("Ash", "Birch")]


@pytest.fixture
def signed_in(client: Client, teacher: Membership) -> Client:
    client.force_login(teacher.user)
    return client


@pytest.fixture
def address(school: School, school_class: SchoolClass) -> str:
    return reverse("class_register", args=[school.slug, school_class.pk, "AM"])


def _answers(roll: list[Pupil], seen: str, **rest: str) -> dict[str, str]:
    return {"on": "2026-11-20"} | {f"seen-{p.pk}": s for p, s in zip(roll, seen, strict=True) if s != "."} | rest


def _codes() -> list[str]:
    return list(Mark.objects.order_by("pupil__legal_surname").values_list("code", flat=True))


def test_a_teacher_sees_own_classes_with_their_state(
    school: School, school_class: SchoolClass, roll: list[Pupil], signed_in: Client, address: str
) -> None:
    builders.pupil(school, school_class=builders.school_class(school, "4 Other"))
    page = pages.soup(signed_in.get(reverse("classes", args=[school.slug])))
    rows = page.select("tbody tr")
    assert [pages.text(row.th) for row in rows] == ["3 Test"]
    assert [link["href"] for link in rows[0].select("a")] == [address, address.replace("/AM", "/PM")]
    assert [pages.text(chip) for chip in rows[0].select(".chip")] == ["Open until 09:20"]
    assert "Opens 13:30" in pages.text(rows[0])
    assert "1 to take now" in pages.text(page.select_one(".page-head"))
    signed_in.post(address, _answers(roll, "PA"))
    page = pages.soup(signed_in.get(reverse("classes", args=[school.slug])))
    assert [pages.text(chip) for chip in page.select(".chip")] == ["Sent 09:00 by you"]
    assert "Nothing to take now" in pages.text(page.select_one(".page-head"))


@pytest.mark.parametrize(
    ("hour", "minute", "says"),
    [
        pytest.param(8, 49, "Opens 08:50", id="before-it-opens"),
        pytest.param(8, 50, "Open until 09:20", id="opening-minute"),
        pytest.param(9, 20, "Open until 09:20", id="closing-minute"),
        pytest.param(9, 21, "1 minute late", id="a-minute-late"),
        pytest.param(9, 32, "12 minutes late", id="late"),
    ],
)
def test_the_list_says_how_late_a_register_is(
    school: School,
    roll: list[Pupil],
    teacher: Membership,
    client: Client,
    hour: int,
    minute: int,
    says: str,
    time_machine,
) -> None:
    time_machine.move_to(NINE.replace(hour=hour, minute=minute), tick=False)
    client.force_login(teacher.user)
    page = pages.soup(client.get(reverse("classes", args=[school.slug])))
    assert says in pages.text(page.select_one("tbody td"))


def test_the_list_tells_what_was_never_taken(
    school: School, school_class: SchoolClass, roll: list[Pupil], signed_in: Client
) -> None:
    for pupil in roll:
        builders.mark(pupil, date(2026, 11, 19), Session.AM, "/")
    builders.mark(roll[0], date(2026, 11, 19), Session.PM, "\\")
    section = pages.soup(signed_in.get(reverse("classes", args=[school.slug]))).select_one(
        "[aria-labelledby=never-taken]"
    )
    assert [pages.text(line) for line in section.select("li")] == [
        "3 Test, Thursday 19 November, afternoon: 1 of 2 without a mark"
    ]
    assert "Tell the office" in pages.text(section)
    builders.mark(roll[1], date(2026, 11, 19), Session.PM, "\\")
    assert not pages.soup(signed_in.get(reverse("classes", args=[school.slug]))).select("#never-taken")


def test_taking_a_register(roll: list[Pupil], signed_in: Client, address: str) -> None:
    page = pages.soup(signed_in.get(address))
    assert [pages.text(row.legend) for row in page.select(".register__row")] == ["Ash, Sam", "Birch, Sam"]
    assert not page.select("input[type=radio][checked]")
    assert pages.fields(page, "register")["on"] == "2026-11-20"
    response = signed_in.post(address, _answers(roll, "PL", **{f"minutes-{roll[1].pk}": "7"}))
    assert (response.status_code, response["Location"]) == (302, address)
    assert _codes() == ["/", "L"]
    page = pages.soup(signed_in.get(address))
    assert pages.notices(page) == [
        "2 of 2 present, sent 09:00 by you. You can change it until the register closes at 09:20. "
        "Late: Sam Birch (7 min).",
    ]
    sent = pages.fields(page, "register")
    assert (sent[f"seen-{roll[0].pk}"], sent[f"seen-{roll[1].pk}"], sent[f"minutes-{roll[1].pk}"]) == ("P", "L", "7")


def test_what_the_page_shows_can_be_sent_again_and_changes_nothing(
    roll: list[Pupil], signed_in: Client, address: str
) -> None:
    signed_in.post(address, _answers(roll, "LA", **{f"minutes-{roll[0].pk}": "7"}))
    before = list(Mark.objects.order_by("pk").values())
    response = signed_in.post(address, pages.fields(pages.soup(signed_in.get(address)), "register"), follow=True)
    assert "Nothing changed." in pages.notices(pages.soup(response))
    assert list(Mark.objects.order_by("pk").values()) == before
    assert RegisterTaken.objects.count() == 1


@pytest.mark.parametrize(
    ("seen", "minutes", "words"),
    [
        pytest.param("P.", "", "1 pupil has no mark yet. Mark everybody, then send.", id="blank"),
        pytest.param("PL", "31", "31 minutes is after the register closed (09:20)", id="past-the-close"),
        pytest.param("PL", "ten", "Minutes late is a whole number, such as 12.", id="in-words"),
        pytest.param("PL", "-3", "Minutes late is a whole number, such as 12.", id="below-nought"),
        pytest.param("PL", "٣", "Minutes late is a whole number, such as 12.", id="other-digits"),
        pytest.param("PX", "", "1 pupil has no mark yet", id="an-answer-nobody-knows"),
    ],
)
def test_a_refused_register_says_why_and_keeps_the_answers(
    roll: list[Pupil], signed_in: Client, address: str, seen: str, minutes: str, words: str
) -> None:
    response = signed_in.post(address, _answers(roll, seen, **{f"minutes-{roll[1].pk}": minutes}))
    assert response.status_code == 422
    page = pages.soup(response)
    alert = page.find(role="alert")
    assert words in pages.text(alert)
    assert pages.fields(page, "register")[f"seen-{roll[0].pk}"] == "P"
    assert not Mark.objects.exists()


def test_the_row_without_an_answer_is_marked(roll: list[Pupil], signed_in: Client, address: str) -> None:
    page = pages.soup(signed_in.post(address, _answers(roll, "P.")))
    assert [row["id"] for row in page.select(".register__row--missing")] == [f"row-{roll[1].pk}"]


def test_the_offices_code_is_shown_and_stands(roll: list[Pupil], signed_in: Client, address: str) -> None:
    builders.mark(roll[0], date(2026, 11, 20), Session.AM, "M", source=Door.OFFICE)
    page = pages.soup(signed_in.get(address))
    assert "M Medical or dental appointment, office" in pages.text(page.select_one(".register__lock"))
    page = pages.soup(signed_in.post(address, _answers(roll, "PP"), follow=True))
    assert "One answer differs from the office’s code. The code stays and the office will look." in pages.notices(page)
    assert _codes() == ["M", "/"]


def test_the_last_five_school_days_stand_beside_each_name(
    school: School, roll: list[Pupil], signed_in: Client, address: str
) -> None:
    for day, code in ((12, "O"), (13, "I"), (19, "L")):
        builders.mark(roll[0], date(2026, 11, day), Session.AM, code)
    recent = pages.soup(signed_in.get(address)).select(".register__recent")[0]
    assert pages.text(recent).split() == ["I", "·", "·", "·", "·", "·", "·", "·", "L", "·"]


class TestAfterTheClose:
    pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 9, 21, tzinfo=UTC), tick=False)

    def test_a_register_never_taken_is_late_and_may_be_taken(
        self, roll: list[Pupil], signed_in: Client, address: str
    ) -> None:
        assert "closed at 09:20 and is late" in pages.notices(pages.soup(signed_in.get(address)))[0]
        assert signed_in.post(address, _answers(roll, "PA")).status_code == 302
        assert _codes() == ["/", "N"]

    def test_a_register_taken_is_the_offices(self, roll: list[Pupil], signed_in: Client, address: str) -> None:
        builders.mark(roll[0], date(2026, 11, 20), Session.AM, "/", source=Door.TEACHER)
        response = signed_in.post(address, _answers(roll, "AA"))
        assert response.status_code == 422
        assert "The register has closed. Ask the office" in pages.text(pages.soup(response).find(role="alert"))
        assert _codes() == ["/"]
        page = pages.soup(signed_in.get(address))
        assert f"seen-{roll[0].pk}" not in pages.fields(page, "register")
        assert signed_in.post(address, {"on": "2026-11-20", f"seen-{roll[1].pk}": "A"}).status_code == 302


def test_yesterdays_page_is_not_todays_register(
    roll: list[Pupil], signed_in: Client, teacher: Membership, address: str, time_machine
) -> None:
    time_machine.move_to(datetime(2026, 11, 19, 8, 55, tzinfo=UTC))
    signed_in.force_login(teacher.user)
    left_open = pages.fields(pages.soup(signed_in.get(address)), "register")
    time_machine.move_to(NINE)
    signed_in.force_login(teacher.user)
    response = signed_in.post(address, left_open | {f"seen-{pupil.pk}": "P" for pupil in roll})
    assert response.status_code == 422
    assert "another day" in pages.text(pages.soup(response).find(role="alert"))
    assert not Mark.objects.exists()


def test_the_afternoon_is_not_registered_in_the_morning(roll: list[Pupil], signed_in: Client, address: str) -> None:
    response = signed_in.post(address.replace("/AM", "/PM"), _answers(roll, "PP"))
    assert response.status_code == 422
    assert not Mark.objects.exists()


class TestWithoutSchool:
    pytestmark = pytest.mark.time_machine(datetime(2026, 11, 21, 9, 0, tzinfo=UTC), tick=False)

    def test_a_weekend_has_no_register(
        self, school: School, roll: list[Pupil], signed_in: Client, address: str
    ) -> None:
        for response in (signed_in.get(address), signed_in.get(reverse("classes", args=[school.slug]))):
            assert "a weekend" in pages.text(pages.soup(response).main)
        signed_in.post(address, _answers(roll, "PP") | {"on": "2026-11-21"})
        assert not Mark.objects.exists()


def test_a_teacher_without_a_class_is_told_what_to_do(school: School, client: Client) -> None:
    client.force_login(builders.member(school, Role.TEACHER).user)
    page = pages.soup(client.get(reverse("classes", args=[school.slug])))
    assert "ask the school office to give you the class" in pages.text(page.main)


@pytest.mark.parametrize("pupils", [5, 30])
def test_the_number_of_queries_does_not_grow(
    school: School,
    school_class: SchoolClass,
    signed_in: Client,
    address: str,
    pupils: int,
    django_assert_max_num_queries: Callable,
) -> None:
    for _ in range(pupils):
        builders.mark(builders.pupil(school, school_class=school_class), date(2026, 11, 19), Session.AM, "I")
    with django_assert_max_num_queries(16):
        signed_in.get(address)
    assert not Amendment.objects.exists()
    assert ClassPlace.objects.count() == pupils


def test_the_list_asks_as_few_queries_for_many_classes(
    school: School, client: Client, office: Membership, django_assert_max_num_queries: Callable
) -> None:
    for number in range(12):
        builders.pupil(school, school_class=builders.school_class(school, f"{number} Test"))
    client.force_login(office.user)
    with django_assert_max_num_queries(24):
        page = pages.soup(client.get(reverse("classes", args=[school.slug])))
    assert len(page.select("tbody tr")) == 12


class TestWhatATeacherMaySee:
    def row(self, client: Client, address: str, pupil: Pupil) -> str:
        return pages.text(pages.soup(client.get(address)).select_one(f"#row-{pupil.pk}"))

    def test_the_offices_note_is_not_the_teachers_to_read(
        self, roll: list[Pupil], signed_in: Client, address: str
    ) -> None:
        for pupil, code in zip(roll, "MI", strict=True):
            builders.mark(pupil, date(2026, 11, 20), Session.AM, code, source=Door.OFFICE, note="Psychiatrist")
        page = signed_in.get(address).content.decode()
        assert "M Medical or dental appointment, office 09:05" in self.row(signed_in, address, roll[0])
        assert "I Illness, office 09:05" in self.row(signed_in, address, roll[1])
        assert "Psychiatrist" not in page

    def test_a_code_given_days_ago_tells_its_day(self, roll: list[Pupil], signed_in: Client, address: str) -> None:
        at = datetime(2026, 11, 17, 8, 12, tzinfo=UTC)
        mark = builders.mark(roll[0], date(2026, 11, 20), Session.AM, "V", source=Door.OFFICE)
        Mark.objects.filter(pk=mark.pk).update(recorded_at=at)
        assert "V Educational visit, office Tue 17 Nov" in self.row(signed_in, address, roll[0])

    def test_a_restricted_code_says_no_more_than_it_must(
        self, roll: list[Pupil], signed_in: Client, address: str
    ) -> None:
        builders.mark(roll[0], date(2026, 11, 20), Session.AM, "Y5", source=Door.OFFICE)
        builders.mark(roll[0], date(2026, 11, 19), Session.AM, "Y5", source=Door.OFFICE)
        # The rows alone: a form's token is drawn by chance and may hold any letters.
        rows = str(pages.soup(signed_in.get(address)).select_one("ol.register"))
        assert "Y Unable to attend, office" in self.row(signed_in, address, roll[0])
        assert "Y5" not in rows
        assert "justice" not in rows

    def test_the_teachers_own_note_comes_back_until_the_office_takes_over(
        self, school: School, calendar: Calendar, roll: list[Pupil], signed_in: Client, office: Membership, address: str
    ) -> None:
        signed_in.post(address, _answers(roll, "PA", **{f"note-{roll[1].pk}": " feels  sick "}))
        assert Mark.objects.get(pupil=roll[1]).note == "feels sick"
        assert pages.fields(pages.soup(signed_in.get(address)), "register")[f"note-{roll[1].pk}"] == "feels sick"
        entry = Entry(roll[1].pk, date(2026, 11, 20), Session.AM, "N", note="Seizure", version=1)
        told = {"door": Door.OFFICE, "reason": "Rang", "today": date(2026, 11, 20), "by": office, "at": NINE}
        marks.enter(school, calendar, [entry], **told)
        page = signed_in.get(address)
        assert "Seizure" not in page.content.decode()
        assert pages.fields(pages.soup(page), "register")[f"note-{roll[1].pk}"] == "feels sick"

    def test_flags(self, school: School, school_class: SchoolClass, signed_in: Client, address: str, office) -> None:
        today = date(2026, 11, 20)
        new = builders.pupil(school, "New", school_class=school_class, starts_on=date(2026, 11, 16))
        gone = builders.pupil(school, "Gone", school_class=school_class)
        back = builders.pupil(school, "Noon", school_class=school_class)
        builders.mark(back, today, Session.PM, "M", source=Door.OFFICE, note="Dentist")
        told = {"school": school, "on": today, "session": "AM", "recorded_at": NINE, "recorded_by": office.user}
        told |= {"recorded_role": "office", "reason": "Collected, unwell"}
        SiteEvent.objects.create(pupil=gone, kind="left", time=time(9, 40), **told)
        wrong = SiteEvent.objects.create(pupil=new, kind="left", time=time(9, 50), **told)
        SiteEvent.objects.create(pupil=new, kind="cancelled", time=time(9, 51), cancels=wrong, **told)
        page = pages.soup(signed_in.get(address))
        flags = {
            pupil.pk: [pages.text(flag) for flag in page.select(f"#row-{pupil.pk} .register__flag")]
            for pupil in (new, gone, back)
        }
        assert flags == {
            new.pk: ["New this week"],
            gone.pk: ["Left site 09:40"],
            back.pk: ["This afternoon: M Medical or dental appointment"],
        }
        assert "unwell" not in pages.text(page)


class TestTwoPagesOfOneRegister:
    """What was opened before somebody else sent is sent afterwards."""

    @pytest.fixture
    def other(self, school: School, school_class: SchoolClass) -> Client:
        member = builders.member(school, Role.TEACHER, "Ms Other")
        ClassTeacher.objects.create(
            school=school, user=member.user, school_class=school_class, starts_on=date(2024, 9, 1)
        )
        client = Client()
        client.force_login(member.user)
        return client

    def test_another_teachers_newer_answer_is_shown_and_sent_again(
        self, roll: list[Pupil], signed_in: Client, other: Client, address: str
    ) -> None:
        opened = pages.fields(pages.soup(signed_in.get(address)), "register")
        assert opened[f"token-{roll[0].pk}"] == "0.0"
        late = _answers(roll, "LP", **{f"minutes-{roll[0].pk}": "5"})
        assert other.post(address, late).status_code == 302
        mine = opened | {f"seen-{roll[0].pk}": "A", f"seen-{roll[1].pk}": "P"}
        response = signed_in.post(address, mine)
        assert response.status_code == 422
        page = pages.soup(response)
        assert "1 answer was not saved" in pages.text(page.find(role="alert"))
        assert (
            pages.text(page.select_one(".register__wrong"))
            == "Ms Other sent Late (5 min) at 09:00; this page says Absent. Send again to make it Absent."
        )
        assert _codes() == ["L", "/"]
        again = pages.fields(page, "register")
        assert again[f"seen-{roll[0].pk}"] == "A"
        assert signed_in.post(address, again).status_code == 302
        assert _codes() == ["N", "/"]
        assert Amendment.objects.get().old_code == "L"

    def test_a_row_left_as_it_was_shown_takes_nothing_back(
        self, roll: list[Pupil], signed_in: Client, other: Client, address: str
    ) -> None:
        signed_in.post(address, _answers(roll, "PP"))
        opened = pages.fields(pages.soup(signed_in.get(address)), "register")
        other.post(address, _answers(roll, "AP"))
        assert signed_in.post(address, opened | {f"seen-{roll[1].pk}": "L"}).status_code == 302
        assert _codes() == ["N", "L"]

    def test_a_refused_page_is_still_the_old_page(
        self, roll: list[Pupil], signed_in: Client, other: Client, address: str
    ) -> None:
        opened = pages.fields(pages.soup(signed_in.get(address)), "register")
        other.post(address, _answers(roll, "AP"))
        wrong = {f"seen-{roll[0].pk}": "P", f"seen-{roll[1].pk}": "L", f"minutes-{roll[1].pk}": "x"}
        refused = pages.fields(pages.soup(signed_in.post(address, opened | wrong)), "register")
        response = signed_in.post(address, refused | {f"seen-{roll[1].pk}": "P"})
        assert "Ms Other sent Absent" in pages.text(pages.soup(response).select_one(".register__wrong"))
        assert _codes() == ["N", "/"]

    def test_the_office_gave_a_code_meanwhile(self, roll: list[Pupil], signed_in: Client, address: str) -> None:
        opened = pages.fields(pages.soup(signed_in.get(address)), "register")
        builders.mark(roll[0], date(2026, 11, 20), Session.AM, "M", source=Door.OFFICE)
        answers = opened | {f"seen-{pupil.pk}": "P" for pupil in roll}
        page = pages.soup(signed_in.post(address, answers, follow=True))
        assert any("The office gave a code to 1 pupil while this page was open" in each for each in pages.notices(page))
        row = pages.text(page.select_one(f"#row-{roll[0].pk}"))
        assert "M Medical or dental appointment, office" in row
        assert "You say Present: the office will look" in row
        assert _codes() == ["M", "/"]
        assert Sighting.objects.get().seen == "P"

    def test_somebody_else_has_signed_in(
        self, roll: list[Pupil], signed_in: Client, other: Client, address: str
    ) -> None:
        opened = pages.fields(pages.soup(signed_in.get(address)), "register")
        response = other.post(address, opened | _answers(roll, "PA"))
        assert response.status_code == 422
        assert "Somebody else has signed in" in pages.text(pages.soup(response).find(role="alert"))
        assert not Mark.objects.exists()

    @pytest.mark.parametrize("token", ["", "1", "x.y", "1.2.3", "-1.0", "9" * 30 + ".0", "٣.0"])
    def test_a_token_nobody_gave_takes_nothing_back(
        self, roll: list[Pupil], signed_in: Client, other: Client, address: str, token: str
    ) -> None:
        other.post(address, _answers(roll, "AP"))
        response = signed_in.post(address, _answers(roll, "PP", **{f"token-{roll[0].pk}": token or "0.0"}))
        assert response.status_code == 422
        assert _codes() == ["N", "/"]


@pytest.mark.parametrize(
    ("note", "words"),
    [
        pytest.param("x" * 200, "", id="as-long-as-the-record"),
        pytest.param("x" * 201, "at most 200 characters", id="longer"),
        pytest.param("sick\x07", "cannot be kept", id="control-character"),
        pytest.param("sick \u202e gnp", "cannot be kept", id="turned-round"),
    ],
)
def test_a_note_fits_the_record(roll: list[Pupil], signed_in: Client, address: str, note: str, words: str) -> None:
    response = signed_in.post(address, _answers(roll, "PA", **{f"note-{roll[1].pk}": note}))
    assert response.status_code == (422 if words else 302)
    if words:
        assert words in pages.text(pages.soup(response).find(role="alert"))
    assert Mark.objects.filter(note=note).exists() is not bool(words)
