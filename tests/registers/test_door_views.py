"""The hatch on screen: who can be found, what is entered, what is asked and refused, and undoing."""

from datetime import UTC, date, datetime, time

import pytest
from django.test import Client
from django.urls import reverse

from registers.models import Mark, Membership, Pupil, School, SchoolClass, SiteEvent
from registers.queries import door
from registers.rules.calendar import Calendar
from registers.rules.on_site import Expected
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.registers import pages

FRIDAY = date(2026, 11, 20)
TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AM, PM = Session.AM, Session.PM
pytestmark = pytest.mark.time_machine(TEN, tick=False)


@pytest.fixture
def pupil(school: School, school_class: SchoolClass) -> Pupil:
    return builders.pupil(school, "Ash", school_class=school_class)


@pytest.fixture
def signed_in(client: Client, office: Membership) -> Client:
    client.force_login(office.user)
    return client


@pytest.fixture
def address(school: School) -> str:
    return reverse("door", args=[school.slug])


def sent(pupil: Pupil, at: str, do: str = "in", **more: object) -> dict[str, object]:
    return {"on": str(FRIDAY), "do": do, "pupil": pupil.pk, "time": at, **more}


def test_the_form_offers_everybody_and_the_time_it_is(pupil: Pupil, signed_in: Client, address: str) -> None:
    builders.mark(pupil, FRIDAY, AM, "N")
    page = pages.soup(signed_in.get(address))
    [_, option] = page.select("#pupil option")
    assert (pages.text(option), option["data-more"]) == ("Ash, Sam", "3 Test, AM N")
    assert page.select_one("#time")["value"] == "10:00"
    assert "Ash" not in signed_in.get(address).request["QUERY_STRING"]


def test_an_arrival_says_what_it_made_and_why(pupil: Pupil, signed_in: Client, address: str) -> None:
    response = signed_in.post(address, sent(pupil, "0921", reason="Bus"), follow=True)
    page = pages.soup(response)
    assert pages.notices(page) == ["Arrived at 09:21. 09:21 is after the register closed at 09:20, so U."]
    row = pages.text(page.select_one("tbody tr"))
    assert "Ash, Sam 3 Test Arrived 09:21 U AM, 31 min , every entry of Sam Ash Bus" in row
    assert "Ash" not in "".join(address for address, _ in response.redirect_chain)


def test_a_u_without_a_reason_is_asked_about_and_then_entered(pupil: Pupil, signed_in: Client, address: str) -> None:
    response = signed_in.post(address, sent(pupil, "9:21"))
    page = pages.soup(response)
    assert response.status_code == 422
    assert page.find(id="ask").find("p", role="alert").text == "09:21 is after the register closed at 09:20, so U."
    assert not SiteEvent.objects.exists()
    answer = pages.fields(page, "ask") | {"decision": "change"}
    assert signed_in.post(address, answer).status_code == 302
    assert Mark.objects.get().code == "U"


@pytest.mark.parametrize(("decision", "code"), [("change", "U"), ("keep", "O")])
def test_a_code_given_on_purpose_is_asked_about(pupil, signed_in: Client, address, decision, code) -> None:
    builders.mark(pupil, FRIDAY, AM, "O")
    response = signed_in.post(address, sent(pupil, "0940", reason="Bus"))
    assert "Sam Ash: O stands. What shall it be?" in pages.text(pages.soup(response))
    signed_in.post(address, pages.fields(pages.soup(response), "ask") | {"decision": decision})
    assert (Mark.objects.get().code, SiteEvent.objects.count()) == (code, 1)


def test_leaving_without_a_reason_proposes(pupil: Pupil, signed_in: Client, address: str) -> None:
    builders.mark(pupil, FRIDAY, AM, "/")
    page = pages.soup(signed_in.post(address, sent(pupil, "0955", "out"), follow=True))
    assert pages.notices(page)[0].startswith("Left at 09:55. The session’s mark stands. No reason given.")
    assert "the afternoon is O" in pages.text(page.select_one("tbody tr"))
    assert not Mark.objects.filter(session=PM).exists()
    # Once the afternoon has its mark, there is nothing left to propose.
    builders.mark(pupil, FRIDAY, PM, "O")
    assert "the afternoon is O" not in pages.text(pages.soup(signed_in.get(address)).select_one("tbody tr"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pupil": ""}, "Find the pupil first"),
        ({"time": "9.60"}, "“9.60” is not a time"),
        ({"time": "10:01"}, "10:01 on 20/11/2026 has not come yet"),
    ],
)
def test_a_refusal_keeps_what_was_typed(pupil, signed_in: Client, address, change, message) -> None:
    response = signed_in.post(address, sent(pupil, "0921", reason="Bus") | change)
    page = pages.soup(response)
    assert response.status_code == 422
    assert message in pages.notices(page)[0]
    assert page.select_one("#reason")["value"] == "Bus"
    assert not SiteEvent.objects.exists()


@pytest.mark.parametrize("do", ["in", "out"])
def test_another_schools_pupil_is_not_found(signed_in: Client, address: str, other_school: School, do: str) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = builders.pupil(other_school)
    assert signed_in.post(address, sent(theirs, "0921", do)).status_code == 404


def test_undoing(pupil: Pupil, signed_in: Client, address: str) -> None:
    builders.mark(pupil, FRIDAY, AM, "N")
    signed_in.post(address, sent(pupil, "0910"))
    event = SiteEvent.objects.get()
    response = signed_in.post(address, {"on": str(FRIDAY), "do": "undo", "event": event.pk}, follow=True)
    assert pages.notices(pages.soup(response))[-1] == "Undone. The mark this morning is N again."
    assert "0 entered today" in pages.text(pages.soup(response))


@pytest.mark.parametrize("event", ["", "x", 10**9])
def test_undoing_what_is_not_there_is_not_found(signed_in: Client, address: str, event: object) -> None:
    assert signed_in.post(address, {"on": str(FRIDAY), "do": "undo", "event": event}).status_code == 404


def test_another_schools_event_cannot_be_undone(signed_in: Client, address: str, other_school: School) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = builders.pupil(other_school)
        head = builders.member(other_school)
        event = SiteEvent.objects.create(
            school=other_school, pupil=theirs, on=FRIDAY, time=time(9, 0), session="AM", kind="left",
            recorded_at=TEN, recorded_by=head.user, recorded_role="office",
        )  # fmt: skip
    assert signed_in.post(address, {"on": str(FRIDAY), "do": "undo", "event": event.pk}).status_code == 404
    with schools_in_scope([other_school.pk]):
        assert SiteEvent.objects.count() == 1


def test_an_earlier_day_can_be_chosen_and_a_later_one_is_today(pupil, signed_in: Client, address: str) -> None:
    assert "Thursday 19 November 2026, an earlier day" in pages.text(
        pages.soup(signed_in.get(address + "?on=2026-11-19"))
    )
    assert "Friday 20 November 2026." in pages.text(pages.soup(signed_in.get(address + "?on=2026-11-23")))
    response = signed_in.post(address, sent(pupil, "1400", on="2026-11-19", reason="Bus"))
    assert response["Location"].endswith("?on=2026-11-19")
    assert SiteEvent.objects.get().on == date(2026, 11, 19)


def test_a_closed_day_says_so(signed_in: Client, address: str) -> None:
    page = pages.text(pages.soup(signed_in.get(address + "?on=2026-11-15")))
    assert "No school on 15 November 2026" in page
    assert "a weekend" in page


class TestKnownBeforehand:
    def _of(self, school: School, calendar: Calendar, **shows: bool) -> door.Door:
        return door.of(school, calendar, FRIDAY, **{"shows_notes": True, **shows})

    def test_what_codes_entered_beforehand_say(self, school, calendar, school_class) -> None:
        pupils = {name: builders.pupil(school, name, school_class=school_class) for name in ("M", "C2", "C", "I", "X")}
        builders.mark(pupils["M"], FRIDAY, AM, "M", note="Dentist")
        builders.mark(pupils["C2"], FRIDAY, PM, "C2")
        for session in Session:
            builders.mark(pupils["C"], FRIDAY, session, "C")
            builders.mark(pupils["I"], FRIDAY, session, "I")
            builders.mark(pupils["X"], FRIDAY, session, "X")
        found = self._of(school, calendar).expected
        assert {kind: [(row.who, row.codes, row.notes) for row in rows] for kind, rows in found.items()} == {
            Expected.LATER: [("M, Sam", "AM M", ("Dentist",))],
            Expected.LEAVING: [("C2, Sam", "PM C2", ())],
            Expected.AWAY: [("C, Sam", "AM C, PM C", ())],
        }

    @pytest.mark.parametrize(("shown", "notes"), [(True, ("Clinic",)), (False, ())])
    def test_notes_are_for_those_who_may_read_them(self, school, calendar, pupil, shown, notes) -> None:
        builders.mark(pupil, FRIDAY, AM, "M", note="Clinic")
        [row] = self._of(school, calendar, shows_notes=shown).expected[Expected.LATER]
        assert row.notes == notes

    def test_a_restricted_code_is_never_told(self, school, calendar, pupil) -> None:
        builders.mark(pupil, FRIDAY, AM, "Y5", note="Custody")
        assert not any(self._of(school, calendar).expected.values())

    @pytest.mark.parametrize(("number", "rows"), [(4, 4), (5, 1)])
    def test_an_outing_is_told_in_one_line(self, school, calendar, school_class, number: int, rows: int) -> None:
        for place in range(number):
            away = builders.pupil(school, f"Name{place}", school_class=school_class)
            builders.mark(away, FRIDAY, AM, "V", note="Farm")
        assert len(self._of(school, calendar).expected[Expected.LATER]) == rows

    def test_the_number_of_queries_does_not_grow(
        self, school, calendar, school_class, office, django_assert_num_queries
    ) -> None:
        for place in range(6):
            away = builders.pupil(school, f"Name{place}", school_class=school_class)
            builders.mark(away, FRIDAY, AM, "M")
            SiteEvent.objects.create(
                school=school, pupil=away, on=FRIDAY, time=time(9, 0), session="AM", kind="left",
                recorded_at=TEN, recorded_by=office.user, recorded_role="office",
            )  # fmt: skip
        with django_assert_num_queries(4):
            assert len(self._of(school, calendar).events) == 6
