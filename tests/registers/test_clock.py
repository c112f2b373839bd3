"""The school's now: what the clock says, and a demonstration's stand-in for a day without school."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from registers import clock
from registers.models import School, SessionTimes
from registers.queries import calendars
from registers.rules.calendar import Calendar, Term
from registers.rules.sessions import Session
from tests import builders

CALENDAR = Calendar((Term("Term 1", 1, date(2026, 9, 1), date(2026, 10, 23)),))
SUMMER_NIGHT = datetime(2026, 9, 2, 23, 30, tzinfo=UTC)
SATURDAY = datetime(2026, 9, 5, 7, 30, tzinfo=UTC)
AFTER_THE_CLOCKS_WENT_BACK = datetime(2026, 10, 26, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "today", "shown"),
    [
        pytest.param(SUMMER_NIGHT, date(2026, 9, 3), "00:30", id="past-midnight-in-summer-time"),
        pytest.param(SATURDAY, date(2026, 9, 5), "08:30", id="saturday"),
        pytest.param(AFTER_THE_CLOCKS_WENT_BACK, date(2026, 10, 26), "09:00", id="winter-time"),
    ],
)
def test_now_is_the_schools_own_time(time_machine: Any, at: datetime, today: date, shown: str) -> None:
    time_machine.move_to(at, tick=False)
    moment = clock.read(CALENDAR)
    assert (moment.at, moment.today, f"{moment.local:%H:%M}") == (at, today, shown)
    assert (moment.stands_in, moment.is_demonstration) == (False, False)


@pytest.mark.parametrize(
    ("at", "today", "shown", "stands_in"),
    [
        pytest.param(SUMMER_NIGHT, date(2026, 9, 3), "00:30", False, id="a-school-day"),
        pytest.param(SATURDAY, date(2026, 9, 4), "08:30", True, id="saturday-is-friday"),
        pytest.param(AFTER_THE_CLOCKS_WENT_BACK, date(2026, 10, 23), "09:00", True, id="over-the-change-of-clocks"),
        pytest.param(datetime(2026, 8, 1, 9, tzinfo=UTC), date(2026, 8, 1), "10:00", False, id="before-any-school-day"),
    ],
)
def test_a_demonstration_stands_on_the_last_school_day_at_the_same_time(
    time_machine: Any, settings: Any, at: datetime, today: date, shown: str, stands_in: bool
) -> None:
    settings.LAST_SCHOOL_DAY_AS_TODAY = True
    time_machine.move_to(at, tick=False)
    moment = clock.read(CALENDAR)
    assert moment.at == at  # the record keeps the real instant
    assert (moment.today, f"{moment.local:%H:%M}", moment.stands_in) == (today, shown, stands_in)
    assert moment.is_demonstration


def test_times_are_those_in_force_on_the_day(school: School, other_school: School) -> None:
    SessionTimes.objects.filter(key_stage="KS2", session=Session.AM).update(assumed=True)
    earlier = calendars.session_times(school, date(2026, 11, 19))
    row = SessionTimes.objects.get(key_stage="KS1", session=Session.AM)
    row.pk, row.applies_from, row.closes = None, date(2026, 11, 20), builders.AT.time().replace(hour=9, minute=15)
    row.save()
    later = calendars.session_times(school, date(2026, 11, 20))
    assert f"{earlier['KS1', Session.AM].closes:%H:%M} {later['KS1', Session.AM].closes:%H:%M}" == "09:20 09:15"
    assert later["KS2", Session.AM] == earlier["KS2", Session.AM]
    assert later["KS2", Session.AM].assumed
    assert calendars.session_times(school, date(2024, 8, 31)) == {}


@pytest.mark.parametrize(("hour", "minute", "session"), [(13, 29, Session.AM), (13, 30, Session.PM)])
def test_the_session_of_a_minute(school: School, hour: int, minute: int, session: Session) -> None:
    assert calendars.session_at(school, datetime(2026, 11, 20, hour, minute, tzinfo=UTC)) is session
