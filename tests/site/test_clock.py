"""The school's now: the real one, or, in a demonstration without school today, the last school day's."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from registers import clock
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.rights import Role
from registers.rules.sessions import Session
from tests import builders

LONDON = ZoneInfo("Europe/London")
CALENDAR = Calendar(
    terms=(
        Term("Term 1", 1, date(2026, 9, 1), date(2026, 10, 16)),
        Term("Term 2", 2, date(2026, 11, 2), date(2026, 12, 18)),
        Term("Term 5", 5, date(2027, 4, 12), date(2027, 5, 28)),
    ),
    closures=(
        Closure(date(2026, 11, 2), date(2026, 11, 2), "inset", "In-service day"),
        Closure(date(2026, 12, 18), date(2026, 12, 18), "closure", "Half a day", Session.PM),
    ),
)


@pytest.fixture
def stands_in(settings) -> None:
    settings.LAST_SCHOOL_DAY_AS_TODAY = True


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)


def test_off_unless_switched_on() -> None:
    from attendance_site import settings

    assert settings.LAST_SCHOOL_DAY_AS_TODAY is False


@pytest.mark.parametrize(
    "now", [local(2026, 11, 20, 9, 5), local(2026, 11, 21, 9, 5), local(2026, 8, 1, 9, 5)], ids=str
)
def test_without_the_switch_today_is_today(time_machine, now: datetime) -> None:
    time_machine.move_to(now, tick=False)
    moment = clock.read(CALENDAR)
    assert (moment.at, moment.local, moment.today, moment.stands_in) == (now, now, now.date(), False)
    assert not moment.is_demonstration


@pytest.mark.parametrize(
    ("now", "today"),
    [
        pytest.param(local(2026, 11, 20, 9), date(2026, 11, 20), id="a school day is itself"),
        pytest.param(local(2026, 12, 18, 15), date(2026, 12, 18), id="so is half of one"),
        pytest.param(local(2026, 11, 21, 9), date(2026, 11, 20), id="Saturday is Friday"),
        pytest.param(local(2026, 11, 22, 9), date(2026, 11, 20), id="Sunday is Friday"),
        pytest.param(local(2026, 10, 28, 9), date(2026, 10, 16), id="a half-term holiday"),
        pytest.param(local(2026, 11, 2, 9), date(2026, 10, 16), id="an in-service day"),
        pytest.param(local(2027, 1, 1, 9), date(2026, 12, 18), id="the Christmas holiday"),
        pytest.param(local(2028, 2, 29, 9), date(2027, 5, 28), id="long after the calendar"),
    ],
)
def test_with_it_the_last_school_day_stands_in(stands_in, time_machine, now: datetime, today: date) -> None:
    time_machine.move_to(now, tick=False)
    moment = clock.read(CALENDAR)
    assert moment.today == today
    assert moment.stands_in is (today != now.date())
    assert moment.local.time() == now.time()
    assert moment.at == now, "the record keeps the real instant"
    assert moment.is_demonstration


def test_before_the_calendar_begins_today_is_today(stands_in, time_machine) -> None:
    now = local(2026, 8, 31, 9)
    time_machine.move_to(now, tick=False)
    moment = clock.read(CALENDAR)
    assert (moment.today, moment.stands_in) == (now.date(), False)
    assert clock.read(Calendar(())).today == now.date()


@pytest.mark.parametrize(
    ("instant", "today", "shown"),
    [
        pytest.param(datetime(2027, 5, 17, 23, 30, tzinfo=UTC), date(2027, 5, 18), time(0, 30), id="a summer night"),
        pytest.param(datetime(2027, 5, 17, 22, 59, tzinfo=UTC), date(2027, 5, 17), time(23, 59), id="a minute before"),
        pytest.param(datetime(2026, 11, 19, 23, 30, tzinfo=UTC), date(2026, 11, 19), time(23, 30), id="a winter night"),
        pytest.param(datetime(2026, 11, 20, 0, 0, tzinfo=UTC), date(2026, 11, 20), time(0, 0), id="winter midnight"),
    ],
)
def test_the_day_is_that_of_the_schools_clock(time_machine, instant: datetime, today: date, shown: time) -> None:
    time_machine.move_to(instant, tick=False)
    moment = clock.read(CALENDAR)
    assert (moment.today, moment.local.time(), moment.at) == (today, shown, instant)


def test_a_summer_midnight_begins_the_weekend(stands_in, time_machine) -> None:
    """Half past eleven on Friday by UTC is Saturday at school, and Friday stands in for it."""
    time_machine.move_to(datetime(2027, 5, 21, 23, 30, tzinfo=UTC), tick=False)
    moment = clock.read(CALENDAR)
    assert (moment.today, moment.stands_in, moment.local.time()) == (date(2027, 5, 21), True, time(0, 30))


def test_the_time_of_day_survives_the_change_of_the_clocks(stands_in, time_machine) -> None:
    """The clocks went back on 25 October; nine o'clock of that week stands for nine o'clock of the 16th."""
    time_machine.move_to(local(2026, 10, 29, 9, 5), tick=False)
    moment = clock.read(CALENDAR)
    assert moment.local == local(2026, 10, 16, 9, 5)
    assert moment.local.utcoffset() == local(2026, 10, 16, 9, 5).utcoffset()


@pytest.mark.parametrize("switched_on", [False, True])
def test_pages_say_that_another_day_stands_in(school, client, time_machine, settings, switched_on: bool) -> None:
    settings.LAST_SCHOOL_DAY_AS_TODAY = switched_on
    time_machine.move_to(local(2026, 11, 21, 9, 5), tick=False)
    teacher = builders.member(school, Role.TEACHER)
    builders.pupil(school, school_class=builders.school_class(school, "3 Oak", teacher))
    client.force_login(teacher.user)
    page = BeautifulSoup(client.get(reverse("home", args=[school.slug])).content, "html.parser")
    banners = [banner.get_text() for banner in page.select(".banner[role=status]")]
    if switched_on:
        assert ["Friday 20 November 2026" in banner for banner in banners] == [True]
        assert page.h1.get_text() == "Friday 20 November 2026"
        assert page.select("[aria-label='Your registers'] a")
    else:
        assert banners == []
        assert page.h1.get_text() == "Saturday 21 November 2026"
        assert not page.select("[aria-label='Your registers'] a")
