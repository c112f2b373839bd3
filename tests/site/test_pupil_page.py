"""A pupil's page: figures, count, flags, family and what happened, each shown to those alone who may see it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from escalation.models import Flag
from escalation.services import policies, scan
from registers.models import Arrangement, Parent
from registers.queries import calendars
from registers.rules import rights
from registers.rules.rights import Role
from tests import builders, whole_school
from tests.builders import AT, TODAY

WHO = [Role.OFFICE, Role.FLO, Role.ATTENDANCE_LEAD, Role.HEAD]


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def pupil(school):
    """A Year 5 pupil: of 74 possible sessions this year 4 missed with leave and 9 without, two of them lates."""
    made = builders.pupil(school, "Quill", "Robin", school_class=builders.school_class(school, "5 Oak"))
    calendar = calendars.of(school)
    builders.marks(made, calendar, date(2026, 9, 1), "OOOOUUIIIILLLD" + "/" * 53)
    builders.marks(made, calendar, date(2026, 11, 9), "NNG/////")
    builders.marks(made, calendar, date(2026, 7, 20), "OO")
    return made


@pytest.fixture
def show(school, client):
    def ask(pupil, role: Role = Role.FLO) -> BeautifulSoup:
        client.force_login(builders.member(school, role).user)
        response = client.get(reverse("pupil", args=[school.slug, pupil.pk]))
        assert response.status_code == 200
        return BeautifulSoup(response.content, "html.parser").main

    return ask


def facts(page, section: str) -> dict[str, str]:
    return {
        each.dt.get_text(strip=True): " ".join(each.dd.get_text(" ").split())
        for each in page.select(f"[aria-labelledby={section}] dl div")
    }


def happened(page) -> list[tuple[str, str, str, str]]:
    """When, what, who, and where the line leads."""
    found = []
    for row in page.select("[aria-label='What happened'] tbody tr"):
        cells = [" ".join(cell.get_text().split()) for cell in row.select("td")]
        found.append((*cells, row.a["href"] if row.a else ""))
    return found


@pytest.mark.parametrize("role", WHO)
def test_the_figures_are_of_this_school_year(school, pupil, show, role: Role) -> None:
    assert facts(show(pupil, role), "year") == {
        "Attendance": "82.4 % Persistently absent",
        "Missed": "13 of 74 sessions",
        "Authorised": "4",
        "Unauthorised": "9",
        "Late": "3 L 2 U",
        "No mark": "21",
    }


@pytest.mark.parametrize(
    ("codes", "chip"),
    [
        ("I" + "/" * 10, ""),
        ("I" + "/" * 9, "Persistently absent"),
        ("IIII" + "/" * 5, "Persistently absent"),
        ("IIII" + "/" * 4, "Severely absent"),
    ],
)
def test_the_chip_stands_at_a_tenth_and_at_half(school, show, codes: str, chip: str) -> None:
    pupil = builders.pupil(school)
    builders.marks(pupil, calendars.of(school), date(2026, 9, 1), codes)
    found = show(pupil).select("[aria-labelledby=year] .chip")
    assert [each.get_text() for each in found] == ([chip] if chip else [])


def test_a_pupil_without_marks_has_a_page_without_a_percentage(school, show) -> None:
    page = show(builders.pupil(school, starts_on=TODAY))
    assert facts(page, "year")["Attendance"] == "– %" or facts(page, "year")["Attendance"] == "–"
    assert "No class" in page.get_text()
    assert "Nothing yet" in page.get_text()


def test_the_ten_week_count_stands_beside_the_figures(pupil, show, time_machine) -> None:
    page = show(pupil)
    assert facts(page, "ten-weeks") == {
        "Sessions of G, N, O or U": "9 of 10",
        "Before the threshold": "1 session",
        "Ten school weeks": "week of 31 Aug 2026 to week of 16 Nov 2026",
        "Oldest drops out": "6 on 23 Nov 2026",
    }
    assert [cell.get_text() for cell in page.select("[aria-labelledby=ten-weeks] .mark")] == list("OOOOUUNNG")
    assert "2 of the 9 are N" in " ".join(page.get_text().split())
    time_machine.move_to(datetime(2026, 11, 23, 9, tzinfo=UTC), tick=False)
    assert facts(show(pupil), "ten-weeks")["Sessions of G, N, O or U"] == "3 of 10"


class TestFlags:
    @pytest.fixture
    def flag(self, school, pupil):
        head = builders.member(school, Role.HEAD)
        policies.adopt(school, whole_school.POLICY, by=head, at=AT)
        scan.scan(school, calendars.of(school), TODAY, by=builders.nightly(school), at=AT)
        return Flag.objects.get(pupil=pupil)

    @pytest.mark.parametrize("role", WHO)
    def test_are_for_those_who_see_the_desk(self, school, pupil, flag, show, role: Role) -> None:
        found = [link["href"] for link in show(pupil, role).select("[aria-label=Flags] a")]
        sees = rights.holds(role, rights.Right.SEE_DESK)
        assert found == ([reverse("flag", args=[school.slug, flag.pk])] if sees else [])
        assert sees is (role is not Role.OFFICE)

    def test_an_ended_flag_is_gone(self, pupil, flag, show) -> None:
        Flag.objects.update(ended_on=TODAY)
        assert not show(pupil).select("[aria-label=Flags]")


class TestFamily:
    def test_contacts_stand_in_the_order_to_ring_with_the_court_order_marked(self, pupil, show) -> None:
        builders.parent_of(pupil, priority=3, relationship="Father", lives_with_pupil=False, court_order=True)
        builders.parent_of(pupil, priority=2, relationship="Grandmother", parental_responsibility=False)
        Parent.objects.filter(contacts__relationship="Grandmother").update(phone1="01632 960111", phone2="07700 900222")
        found = [" ".join(each.get_text(" ").split()) for each in show(pupil).select("[aria-labelledby=contacts] li")]
        assert [each.split()[4] for each in found] == ["Mother", "Grandmother", "Father"]
        assert ["Court order" in each for each in found] == [False, False, True]
        assert "01632 960111, 07700 900222" in found[1]
        assert ["Parental responsibility." in each for each in found] == [True, False, True]
        assert ["Lives with the pupil." in each for each in found] == [True, True, False]

    def test_number_address_and_needs(self, pupil, show) -> None:
        type(pupil).objects.filter(pk=pupil.pk).update(sen="K", lac=True, social_worker=True, eal=True, fsm=True)
        page = show(pupil, Role.OFFICE)
        assert facts(page, "about") == {
            "Legal name": "Robin Quill",
            "Born": "4 May 2017",
            "Sex": "Female",
            "UPN": pupil.upn,
            "On roll since": "1 September 2021",
            "Compulsory school age": "31 August 2022 to 24 June 2033",
            "Address": "1 Example Street Exampleton EX4 0XX",
        }
        chips = [chip.get_text() for chip in page.select("[aria-labelledby=needs] .chip")]
        assert chips == ["SEN support", "Free school meals", "EAL"]

    def test_what_the_register_lacks_is_said(self, pupil, show) -> None:
        notice = show(pupil, Role.OFFICE).select_one("[aria-labelledby=about] .notice")
        assert " ".join(notice.get_text().split()) == (
            "Still to be entered: a telephone for every parent the pupil lives with; "
            "two emergency contacts with a telephone."
        )

    def test_classes_with_their_days_and_other_times_on_roll(self, school, pupil, show) -> None:
        earlier = builders.pupil(school, starts_on=date(2019, 9, 1), leaves_on=date(2020, 7, 17))
        type(pupil).objects.filter(pk=earlier.pk).update(upn=pupil.upn)
        listed = [each.get_text() for each in show(pupil).select("[aria-labelledby=family] li")]
        assert listed == ["5 Oak, 1 Sep 2021 on", "1 September 2019 to 17 July 2020"]
        notice = show(earlier).select_one(".notice")
        assert notice.a["href"] == reverse("pupil", args=[school.slug, pupil.pk])
        assert notice.get_text().startswith("Left on 17 July 2020.")

    @pytest.mark.parametrize(("role", "may"), [(Role.OFFICE, True), (Role.FLO, False)])
    def test_changes_are_offered_to_those_who_may_make_them(self, school, pupil, show, role, may) -> None:
        page = show(pupil, role)
        for name in ("pupil_edit", "class_move", "pupil_leave", "admission_history", "contact_new"):
            link = page.find("a", href=reverse(name, args=[school.slug, pupil.pk]))
            assert (link is not None) is may, name

    def test_without_the_right_nothing_of_the_family_is_sent(self, school, pupil, show, monkeypatch) -> None:
        """No role of today sees pupils and not their families; the page must be ready for one that does."""
        builders.pupil(school, "Quill", "Sibling")
        sees_little = rights.RIGHTS[Role.OFFICE] - {rights.Right.SEE_FAMILY}
        monkeypatch.setattr(rights, "RIGHTS", {**rights.RIGHTS, Role.OFFICE: sees_little})
        monkeypatch.setattr("registers.models.people.RIGHTS", rights.RIGHTS)
        text = str(show(pupil, Role.OFFICE))
        assert "Robin Quill" in text
        told = [pupil.upn, pupil.postcode, "Example Street", "Ms Pat", "@family.example", "4 May 2017", "What happened"]
        assert not [each for each in told if each in text]

    def test_siblings_share_a_parent_who_lives_with_them_or_has_responsibility(self, school, pupil, show) -> None:
        parent = pupil.contacts.get().parent
        sister, stepbrother, lodger = (builders.pupil(school, "Quill", name) for name in ("Ann", "Ben", "Cy"))
        for child, fields in (
            (sister, {"parental_responsibility": True}),
            (stepbrother, {"lives_with_pupil": True}),
            (lodger, {"emergency": True}),
        ):
            child.contacts.create(school=school, parent=parent, priority=2, **fields)
        links = {link.get_text(): link["href"] for link in show(pupil).select("#siblings a")}
        assert links == {each.name: reverse("pupil", args=[school.slug, each.pk]) for each in (sister, stepbrother)}

    def test_arrangements_that_still_run(self, school, pupil, show) -> None:
        recorded = {"school": school, "pupil": pupil, "recorded_at": AT, "recorded_role": "head"}
        recorded["recorded_by"] = builders.member(school, Role.HEAD).user
        for first_on, last_on, words in (
            (date(2026, 9, 1), TODAY - timedelta(days=1), "over"),
            (date(2026, 9, 1), TODAY, "to today"),
            (date(2027, 1, 5), date(2027, 1, 6), "to come"),
        ):
            Arrangement.objects.create(code="E", first_on=first_on, last_on=last_on, reference=words, **recorded)
        listed = [each.get_text() for each in show(pupil).select("#arrangements li")]
        assert listed == [
            "E, 1 Sep 2026 to 20 Nov 2026: to today. Suspended school days 1 to 48 of the school year more than 45; "
            "education elsewhere from 8 Sep 2026, the sixth day",
            "E, 5 Jan 2027 to 6 Jan 2027: to come. Suspended school days 49 to 50 of the school year more than 45",
        ]


@pytest.mark.parametrize("dob", [date(2021, 11, 21), date(2021, 12, 31)])
def test_under_compulsory_school_age_is_said_with_the_day_it_ends(school, show, dob: date) -> None:
    words = show(builders.pupil(school, dob=dob, starts_on=date(2026, 9, 1))).select_one(".page-head p").get_text()
    assert words == "No class, Reception, under compulsory school age until 31 December 2026"
