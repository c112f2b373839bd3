"""The on-site list: everybody once, in their group and class, with the time and source of the last known fact."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from registers.models import Mark, Membership, Pupil, School, SchoolClass, Sighting, SiteEvent
from registers.queries import on_site
from registers.queries.on_site import OnSite
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.on_site import Where
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import disagreements, marks
from registers.services.disagreements import LookedAt
from registers.services.marks import Entry
from tests import builders
from tests.registers import pages

FRIDAY = date(2026, 11, 20)
TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AM, PM = Session.AM, Session.PM


@pytest.fixture
def pupil(school: School, school_class: SchoolClass) -> Pupil:
    return builders.pupil(school, "Ash", school_class=school_class)


@pytest.fixture
def happen(school: School, office: Membership):
    def do(pupil: Pupil, kind: str, at: time, session: Session = AM, **fields: object) -> SiteEvent:
        return SiteEvent.objects.create(
            school=school, pupil=pupil, on=FRIDAY, time=at, session=session, kind=kind,
            recorded_at=TEN, recorded_by=office.user, recorded_role="office", **fields,
        )  # fmt: skip

    return do


def known(found: OnSite) -> list[tuple[Where, str, time | None, str]]:
    return [
        (row.known.where, row.known.fact, row.known.at, row.known.source)
        for one in found.classes
        for part in one.parts
        for row in part.rows
    ]


def test_everybody_stands_once_in_their_class_and_group(school, school_class, pupil) -> None:
    elm = builders.school_class(school, "4 Elm")
    builders.mark(pupil, FRIDAY, AM, "/")
    for code in ("I", "V", ""):
        other = builders.pupil(school, f"Name{code}", school_class=elm)
        if code:
            builders.mark(other, FRIDAY, AM, code)
    builders.pupil(school, "Gone", school_class=elm, leaves_on=date(2026, 11, 19))
    found = on_site.of(school, TEN)
    assert dict(found.counts) == {
        Where.ON_SITE: 1,
        Where.NOT_REGISTERED: 1,
        Where.NOT_CERTAIN: 0,
        Where.ELSEWHERE: 1,
        Where.AWAY: 1,
    }
    groups = {one.name: [(part.where, len(part.rows)) for part in one.parts] for one in found.classes}
    assert groups == {
        "3 Test": [(Where.ON_SITE, 1)],
        "4 Elm": [(Where.NOT_REGISTERED, 1), (Where.ELSEWHERE, 1), (Where.AWAY, 1)],
    }


def test_one_group_can_be_shown_and_the_counts_stay(school, school_class, pupil) -> None:
    builders.mark(pupil, FRIDAY, AM, "/")
    builders.pupil(school, "Birch", school_class=school_class)
    found = on_site.of(school, TEN, Where.NOT_REGISTERED)
    assert [row.pupil.legal_surname for one in found.classes for part in one.parts for row in part.rows] == ["Birch"]
    assert dict(found.counts)[Where.ON_SITE] == 1


def test_a_fact_names_who_made_its_last_entry(school, calendar: Calendar, pupil, teacher, office) -> None:
    builders.mark(pupil, FRIDAY, AM, "N", by=teacher, source=Door.TEACHER)
    assert known(on_site.of(school, TEN)) == [
        (Where.AWAY, "Absent this morning, nobody knows why yet", time(9, 5), "Ms Teacher, class register")
    ]
    written = {"door": Door.OFFICE, "reason": "Rang", "today": FRIDAY, "by": office, "at": TEN}
    marks.enter(school, calendar, [Entry(pupil.pk, FRIDAY, AM, "I")], **written)
    assert known(on_site.of(school, TEN)) == [(Where.AWAY, "Absent this morning", time(10, 0), "A office, office")]


def test_who_saw_a_pupil_against_the_code_is_named(school, pupil, teacher) -> None:
    mark = builders.mark(pupil, FRIDAY, AM, "M", seen="P")
    Sighting.objects.create(
        school=school,
        mark=mark,
        seen="P",
        at=datetime(2026, 11, 20, 8, 56, tzinfo=UTC),
        by=teacher.user,
        role="teacher",
    )
    assert known(on_site.of(school, TEN)) == [
        (Where.ON_SITE, "Seen in class this morning", time(8, 56), "Ms Teacher, class register")
    ]


def test_a_settled_disagreement_leaves_the_code(school, pupil, office) -> None:
    mark = builders.mark(pupil, FRIDAY, AM, "/", seen="A")
    assert known(on_site.of(school, TEN))[0][0] is Where.NOT_CERTAIN
    looked_at = LookedAt(mark.pk, mark.version, mark.seen)
    disagreements.settle(school, looked_at, "Checked with the class teacher", by=office, at=TEN)
    assert known(on_site.of(school, TEN))[0][0] is Where.ON_SITE


def test_a_code_entered_on_an_earlier_day_has_no_time(school, pupil) -> None:
    builders.mark(pupil, FRIDAY, AM, "M")
    Mark.objects.update(recorded_at=datetime(2026, 11, 12, 9, 0, tzinfo=UTC))
    assert known(on_site.of(school, TEN))[0][2] is None


def test_the_minutes_are_the_schools_own_clocks(school, pupil) -> None:
    """In summer time the clock on the wall is an hour ahead of the record's."""
    day = date(2026, 9, 11)
    builders.mark(pupil, day, AM, "/")
    Mark.objects.update(recorded_at=datetime(2026, 9, 11, 8, 5, tzinfo=UTC))
    [row] = known(on_site.of(school, datetime(2026, 9, 11, 10, 0, tzinfo=ZoneInfo("Europe/London"))))
    assert row[2] == time(9, 5)


def test_the_last_event_that_stands_decides(school, pupil, happen) -> None:
    builders.mark(pupil, FRIDAY, AM, "/")
    left = happen(pupil, "left", time(9, 30))
    assert known(on_site.of(school, TEN)) == [(Where.AWAY, "Left at 09:30", time(9, 30), "At the door")]
    happen(pupil, "cancelled", time(9, 30), cancels=left)
    assert known(on_site.of(school, TEN))[0][0] is Where.ON_SITE


@pytest.mark.parametrize(
    ("minute", "where"),
    [(time(13, 29), Where.ON_SITE), (time(13, 30), Where.NOT_REGISTERED)],
)
def test_the_afternoon_begins_with_its_register(school, pupil, minute: time, where: Where) -> None:
    builders.mark(pupil, FRIDAY, AM, "/")
    assert known(on_site.of(school, datetime.combine(FRIDAY, minute, tzinfo=UTC)))[0][0] is where


def test_another_schools_pupils_are_not_on_the_list(school, pupil, other_school) -> None:
    with schools_in_scope([other_school.pk]):
        builders.pupil(other_school, school_class=builders.school_class(other_school))
    with schools_in_scope([school.pk, other_school.pk]):
        assert sum(number for _, number in on_site.of(school, TEN).counts) == 1


def test_the_number_of_queries_does_not_grow(school, school_class, happen, django_assert_num_queries) -> None:
    for place in range(8):
        pupil = builders.pupil(school, f"Name{place}", school_class=school_class)
        builders.mark(pupil, FRIDAY, AM, "/")
        happen(pupil, "left", time(9, 30))
    with django_assert_num_queries(8):
        on_site.of(school, TEN)


@pytest.mark.time_machine(TEN, tick=False)
class TestPage:
    @pytest.fixture
    def page(self, client: Client, school: School):
        def do(member: Membership, query: str = ""):
            client.force_login(member.user)
            return pages.soup(client.get(reverse("on_site", args=[school.slug]) + query))

        return do

    def test_the_list_and_its_minute(self, page, office, pupil, happen) -> None:
        builders.mark(pupil, FRIDAY, AM, "/")
        found = page(office)
        assert "On site, as of 10:00" in pages.text(found.h1)
        assert "3 Test : 1 on site, as of 10:00" in pages.text(found.select_one("caption"))
        row = found.select(".onsite__part tr")[1]
        assert pages.text(row) == "Ash, Sam Present this morning 09:05 Importer, imported"
        assert row.select_one(".onsite__box")

    def test_somebody_away_has_no_box_to_tick(self, page, office, pupil, happen) -> None:
        happen(pupil, "left", time(9, 30), reason="Dentist")
        row = page(office).select(".onsite__part tr")[1]
        assert pages.text(row) == "Ash, Sam Left at 09:30 (Dentist) 09:30 At the door"
        assert not row.select_one(".onsite__box")

    def test_a_medical_code_is_not_told(self, page, office, pupil) -> None:
        builders.mark(pupil, FRIDAY, AM, "I", note="Asthma")
        words = pages.text(page(office).main)
        assert "Absent this morning" in words
        assert not [word for word in ("Asthma", "Illness") if word in words]

    def test_a_group_is_shown_alone(self, page, office, pupil) -> None:
        builders.mark(pupil, FRIDAY, AM, "/")
        assert "Ash, Sam" not in pages.text(page(office, "?where=not+yet+registered").main)
        assert "Ash, Sam" in pages.text(page(office, "?where=nonsense").main)
