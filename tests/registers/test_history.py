"""As first taken, as it stood, and now: the rule against a replay, and the register sheet that shows it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from registers.models import ClassPlace, Mark, Membership, Pupil, RegisterTaken, School, SchoolClass, Sighting
from registers.queries import certificates, figures, history, register_sheets
from registers.queries.figures import Period
from registers.queries.register_sheets import Group
from registers.rules import history as rules
from registers.rules.calendar import Calendar
from registers.rules.history import FIRST, NOW, AsOf, Later, Said, Show
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import marks
from registers.services.marks import Entry
from tests import builders
from tests.registers import pages

FRIDAY = builders.TODAY
WEEK = Period(date(2026, 11, 16), FRIDAY)
NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 14, 0, tzinfo=UTC), tick=False)

SAID = st.builds(Said, st.sampled_from("/LIONU"), st.none() | st.integers(0, 60), st.sampled_from(["", "a note"]))


@given(
    said=st.lists(SAID, min_size=1, max_size=6),
    gaps=st.lists(st.integers(0, 9), min_size=6, max_size=6),
    at=st.integers(-3, 60),
)
def test_as_it_stood_is_what_a_replay_of_the_entries_comes_to(said: list[Said], gaps: list[int], at: int) -> None:
    times = [NINE + timedelta(minutes=sum(gaps[: place + 1])) for place in range(len(said))]
    later = [Later(said[place - 1], said[place], times[place]) for place in range(1, len(said))]
    entries = rules.chain(said[-1], times[0], "", "", later)
    moment, standing = NINE + timedelta(minutes=at), None
    for instant, words in zip(times, said, strict=True):
        if instant <= moment:
            standing = words
    stood = rules.as_it_stood(entries, moment)
    assert (stood.said if stood else None) == standing
    assert rules.shown(entries, FIRST).said == said[0]
    assert rules.shown(entries, NOW).said == said[-1]
    assert rules.differs(stood, entries) == (standing != said[-1])


def test_as_it_stood_needs_a_moment_and_nothing_else_has_one() -> None:
    for show, at in ((Show.STOOD, None), (Show.NOW, NINE), (Show.FIRST, NINE)):
        with pytest.raises(ValueError, match="moment"):
            AsOf(show, at)


def test_a_minute_of_the_schools_clock_is_whole_and_knows_summer_time() -> None:
    assert history.end_of_minute(date(2026, 6, 1), time(10, 15)) == datetime(2026, 6, 1, 9, 15, 59, 999999, tzinfo=UTC)
    assert history.end_of_minute(FRIDAY, time(10, 15)) == datetime(2026, 11, 20, 10, 15, 59, 999999, tzinfo=UTC)


@pytest.fixture
def pupil(school: School, school_class: SchoolClass) -> Pupil:
    return builders.pupil(school, "Ash", school_class=school_class)


@pytest.fixture
def mark(pupil: Pupil, teacher: Membership) -> Mark:
    """N at 09:00, made L 12 at 10:15:30 and I, with a note, at 11:00."""
    made = builders.mark(pupil, FRIDAY, Session.AM, "N", by=teacher, source=Door.TEACHER)
    Mark.objects.update(recorded_at=NINE)
    return made


@pytest.fixture
def amended(school: School, calendar: Calendar, mark: Mark, office: Membership) -> Mark:
    for minutes, code, late, note in ((75.5, "L", 12, ""), (120, "I", None, "A cold")):
        _amend(school, calendar, mark, office, NINE + timedelta(minutes=minutes), code, late, note)
    mark.refresh_from_db()
    return mark


def _amend(
    school: School,
    calendar: Calendar,
    mark: Mark,
    by: Membership,
    at: datetime,
    code: str,
    late: int | None = None,
    note: str = "",
) -> None:
    marks.enter(
        school,
        calendar,
        [Entry(mark.pupil_id, mark.on, Session(mark.session), code, late, note)],
        door=Door.OFFICE,
        reason="Reason established",
        today=FRIDAY,
        by=by,
        at=at,
    )


def _stood(hour: int, minute: int) -> AsOf:
    return AsOf(Show.STOOD, history.end_of_minute(FRIDAY, time(hour, minute)))


def _cell(school: School, calendar: Calendar, group: Group, as_of: AsOf) -> register_sheets.SheetCell:
    sheet = register_sheets.of(school, calendar, group, WEEK, as_of)
    return next(cell for cell in sheet.parts[0].rows[0].cells if cell.place == (FRIDAY, Session.AM))


@pytest.mark.parametrize(
    ("as_of", "symbol", "now"),
    [
        (NOW, "I", ""),
        (FIRST, "N", "I"),
        (_stood(8, 59), "", "I"),
        (_stood(9, 0), "N", "I"),
        (_stood(10, 14), "N", "I"),
        (_stood(10, 15), "L", "I"),
        (_stood(11, 0), "I", ""),
    ],
)
def test_the_sheet_shows_a_state_and_what_stands_now(
    school: School, calendar: Calendar, school_class: SchoolClass, amended: Mark, as_of: AsOf, symbol: str, now: str
) -> None:
    cell = _cell(school, calendar, Group(school_class), as_of)
    assert (cell.symbol, cell.now_in_brief, cell.is_amended) == (symbol, now, True)


def test_a_change_of_minutes_or_note_alone_is_told(
    school: School, calendar: Calendar, school_class: SchoolClass, mark: Mark, office: Membership
) -> None:
    for hour, late, note in ((1, 5, ""), (2, 9, ""), (3, 9, "By bus")):
        _amend(school, calendar, mark, office, NINE + timedelta(hours=hour), "L", late, note)
    group = Group(school_class)
    assert _cell(school, calendar, group, _stood(10, 30)).now_in_brief == "9 min"
    assert _cell(school, calendar, group, _stood(11, 30)).now_in_brief == "note"


def test_a_class_sheet_has_whoever_was_in_the_class_on_the_days_they_were(
    school: School, other_school: School, calendar: Calendar, school_class: SchoolClass
) -> None:
    moved = builders.pupil(school, "Moved")
    other = builders.school_class(school, "4 Other")
    ClassPlace.objects.create(
        school=school, pupil=moved, school_class=school_class, starts_on=date(2025, 9, 1), ends_on=date(2026, 11, 17)
    )
    ClassPlace.objects.create(school=school, pupil=moved, school_class=other, starts_on=date(2026, 11, 18))
    gone = builders.pupil(school, "Gone", leaves_on=date(2026, 11, 13), school_class=school_class)
    builders.marks(moved, calendar, WEEK.first_on, "/" * 10)
    with schools_in_scope([other_school.pk]):
        builders.pupil(other_school, "Theirs", school_class=builders.school_class(other_school, "3 Test"))
    sheet = register_sheets.of(school, calendar, Group(school_class), WEEK, NOW)
    assert [row.pupil for row in sheet.parts[0].rows] == [moved]
    kinds = [cell.kind for cell in sheet.parts[0].rows[0].cells]
    assert kinds == ["present"] * 4 + ["closed"] * 6
    whole = register_sheets.of(school, calendar, Group(), WEEK, NOW)
    assert [row.pupil for row in whole.parts[0].rows] == [moved]
    assert gone not in {row.pupil for row in whole.parts[0].rows}
    year = register_sheets.of(school, calendar, Group(year=5), WEEK, NOW)
    assert [row.pupil for row in year.parts[0].rows] == [moved]
    assert register_sheets.of(school, calendar, Group(year=4), WEEK, NOW).pupils == 0


@pytest.mark.parametrize("children", [2, 20])
def test_a_sheet_needs_the_same_queries_for_any_class(
    school: School,
    calendar: Calendar,
    school_class: SchoolClass,
    amended: Mark,
    children: int,
    django_assert_num_queries: Callable,
) -> None:
    for _ in range(children):
        builders.marks(builders.pupil(school, school_class=school_class), calendar, WEEK.first_on, "/" * 10)
    with django_assert_num_queries(5):
        register_sheets.of(school, calendar, Group(school_class), WEEK, FIRST)


def test_weeks_stand_a_few_side_by_side_and_days_without_school_nowhere(school: School, calendar: Calendar) -> None:
    builders.pupil(school)
    sheet = register_sheets.of(school, calendar, Group(), Period(date(2026, 10, 12), date(2026, 11, 27)), NOW)
    assert [(part.days[0][0], part.days[-1][0]) for part in sheet.parts] == [
        (date(2026, 10, 12), date(2026, 11, 20)),
        (date(2026, 11, 23), date(2026, 11, 27)),
    ]
    assert date(2026, 11, 2) not in dict(sheet.parts[0].days), "an in-service day"


def test_registers_taken_by_the_moment_shown(
    school: School, calendar: Calendar, school_class: SchoolClass, pupil: Pupil, teacher: Membership
) -> None:
    RegisterTaken.objects.create(
        school=school, school_class=school_class, on=FRIDAY, session="AM", at=NINE, by=teacher.user, role=teacher.role
    )
    taken = register_sheets.of(school, calendar, Group(school_class), WEEK, NOW).taken
    assert [(one.school_class, one.sessions, len(one.registers)) for one in taken] == [(school_class, 10, 1)]
    assert register_sheets.of(school, calendar, Group(school_class), WEEK, _stood(8, 59)).taken[0].registers == ()


@pytest.fixture
def signed_in(client: Client, office: Membership) -> Client:
    client.force_login(office.user)
    return client


def test_the_page_says_what_it_shows_and_marks_what_differs(
    school: School, school_class: SchoolClass, amended: Mark, signed_in: Client
) -> None:
    address = reverse("register_sheet", args=[school.slug])
    asked = {"group": f"class-{school_class.pk}", "show": "stood", "stood_on": "2026-11-20", "stood_at": "10:15"}
    page = pages.soup(signed_in.get(address, asked))
    assert "As it stood on 20 November 2026 10:15" in pages.text(page.select_one(".sheet__state"))
    cell = page.select_one(".sheet__differs")
    assert pages.text(cell) == "L , now I"
    assert cell.a["href"] == reverse("mark", args=[school.slug, amended.pk])
    assert "Certified as a true extract" in pages.text(page.main)
    export = page.find("a", string="CSV")["href"]
    row = signed_in.get(export).getvalue().decode("utf-8-sig").splitlines()[1].split(",")
    assert row[-2:] == ["L", ""]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"show": "stood", "stood_on": ""}, "Say on which day"),
        ({"show": "stood", "stood_on": "2026-11-21"}, "has not come yet"),
        ({"first_on": "2026-09-01", "last_on": "2026-11-20"}, "a sheet holds 45"),
        ({"first_on": "2026-11-20", "last_on": "2026-11-16"}, "before the first"),
        ({"group": "class-999999"}, "Select a valid choice"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused(
    school: School, pupil: Pupil, signed_in: Client, asked: dict[str, str], words: str
) -> None:
    response = signed_in.get(reverse("register_sheet", args=[school.slug]), asked)
    assert response.status_code == 422
    assert words in pages.text(pages.soup(response).main)


def test_another_schools_class_is_no_choice(
    school: School, other_school: School, pupil: Pupil, signed_in: Client
) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = builders.school_class(other_school)
    response = signed_in.get(reverse("register_sheet", args=[school.slug]), {"group": f"class-{theirs.pk}"})
    assert response.status_code == 422


def test_a_certificate_as_it_stood_counts_what_stood(
    school: School, calendar: Calendar, pupil: Pupil, amended: Mark, signed_in: Client
) -> None:
    made = {
        name: certificates.of(school, calendar, pupil, WEEK, as_of)
        for name, as_of in (("first", FIRST), ("stood", _stood(10, 15)), ("now", NOW), ("later", _stood(13, 0)))
    }
    assert [(one.figures.unauthorised, one.figures.late, one.figures.authorised) for one in made.values()] == [
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
        (0, 0, 1),
    ]
    assert made["now"].figures == made["later"].figures == figures.by_pupil(school, calendar, WEEK, [pupil])[pupil.pk]
    steps = {name: [step.new_code for note in one.footnotes for step in note.amendments] for name, one in made.items()}
    assert steps == {"first": [], "stood": ["L"], "now": ["L", "I"], "later": ["L", "I"]}
    assert [(late.code, late.minutes_late) for late in made["stood"].lates] == [("L", 12)]
    assert made["now"].lates == ()


def test_a_certificate_is_read_in_three_queries(
    school: School, calendar: Calendar, pupil: Pupil, amended: Mark, django_assert_num_queries: Callable
) -> None:
    builders.marks(pupil, calendar, date(2026, 9, 1), "/I" * 40)
    with django_assert_num_queries(3):
        certificates.of(school, calendar, pupil, Period(date(2026, 9, 1), FRIDAY))


@pytest.mark.parametrize(
    ("entered", "asked", "stood"),
    [
        pytest.param(datetime(2026, 10, 25, 0, 30, 20, tzinfo=UTC), time(1, 30), True, id="the-first-half-past-one"),
        pytest.param(datetime(2026, 10, 25, 1, 30, 20, tzinfo=UTC), time(1, 30), True, id="the-second"),
        pytest.param(datetime(2026, 10, 25, 1, 31, tzinfo=UTC), time(1, 30), False, id="a-minute-later"),
        pytest.param(datetime(2026, 3, 29, 0, 59, tzinfo=UTC), time(1, 30), True, id="an-hour-that-never-was"),
    ],
)
def test_a_minute_of_the_night_the_clocks_change(entered: datetime, asked: time, stood: bool) -> None:
    assert (entered <= history.end_of_minute(entered.date(), asked)) is stood


@pytest.mark.time_machine(datetime(2026, 9, 10, 23, 30, tzinfo=UTC), tick=False)
def test_after_midnight_in_summer_the_new_day_may_be_asked_for(school: School, signed_in: Client) -> None:
    asked = {"first_on": "2026-09-07", "last_on": "2026-09-11", "show": "stood", "stood_on": "2026-09-11"}
    assert signed_in.get(reverse("register_sheet", args=[school.slug]), asked).status_code == 200


def test_a_restricted_note_is_only_for_those_who_may_see_it(
    school: School, pupil: Pupil, office: Membership, client: Client
) -> None:
    kept = builders.mark(pupil, FRIDAY, Session.AM, "Y5", note="Held overnight")
    Sighting.objects.create(
        school=school, mark=kept, seen="A", at=NINE, by=office.user, role="teacher", note="Not here"
    )
    address = reverse("mark", args=[school.slug, kept.pk])
    client.force_login(office.user)
    page = pages.text(pages.soup(client.get(address)).main)
    assert "Held overnight" not in page
    assert "Absent – Not here A office, Class teacher" in page
    client.force_login(builders.member(school, Role.HEAD).user)
    assert "Held overnight" in pages.text(pages.soup(client.get(address)).main)
