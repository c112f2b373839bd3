from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from escalation.rules import nights
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.sessions import Session

LONDON = ZoneInfo("Europe/London")
CALENDAR = Calendar(
    terms=(
        Term("Term 1", 1, date(2026, 9, 1), date(2026, 10, 16)),
        Term("Term 2", 2, date(2026, 11, 2), date(2026, 12, 18)),
    ),
    closures=(
        Closure(date(2026, 11, 12), date(2026, 11, 12), "inset", "In-service day"),
        Closure(date(2026, 11, 19), date(2026, 11, 19), "closed", "Heating failed", Session.PM),
    ),
)


@pytest.mark.parametrize(
    ("local", "on"),
    [
        pytest.param(datetime(2026, 11, 11, 17, 59, tzinfo=LONDON), date(2026, 11, 10), id="a-minute-before-six"),
        pytest.param(datetime(2026, 11, 11, 18, 0, tzinfo=LONDON), date(2026, 11, 11), id="at-six"),
        pytest.param(datetime(2026, 11, 12, 2, 15, tzinfo=LONDON), date(2026, 11, 11), id="in-the-night-after"),
        pytest.param(
            datetime(2026, 11, 12, 19, 0, tzinfo=LONDON), date(2026, 11, 11), id="evening-of-an-in-service-day"
        ),
        pytest.param(datetime(2026, 11, 15, 19, 0, tzinfo=LONDON), date(2026, 11, 13), id="sunday-evening"),
        pytest.param(datetime(2026, 11, 16, 2, 15, tzinfo=LONDON), date(2026, 11, 13), id="monday-night"),
        pytest.param(datetime(2026, 11, 19, 18, 30, tzinfo=LONDON), date(2026, 11, 19), id="evening-of-half-a-day"),
        pytest.param(
            datetime(2026, 10, 25, 1, 30, tzinfo=LONDON), date(2026, 10, 16), id="clock-change-in-the-holiday"
        ),
        pytest.param(datetime(2026, 9, 1, 12, 0, tzinfo=LONDON), None, id="noon-of-the-first-day"),
        pytest.param(datetime(2026, 9, 1, 18, 0, tzinfo=LONDON), date(2026, 9, 1), id="evening-of-the-first-day"),
    ],
)
def test_the_day_to_scan(local: datetime, on: date | None) -> None:
    assert nights.day_to_scan(CALENDAR, local) == on


@pytest.mark.parametrize(
    ("today", "on"),
    [
        pytest.param(date(2026, 11, 11), date(2026, 11, 10), id="midweek"),
        pytest.param(date(2026, 11, 13), date(2026, 11, 11), id="after-an-in-service-day"),
        pytest.param(date(2026, 11, 16), date(2026, 11, 13), id="monday"),
        pytest.param(date(2026, 9, 1), None, id="before-any"),
    ],
)
def test_the_day_that_last_night_owed(today: date, on: date | None) -> None:
    assert nights.day_due(CALENDAR, today) == on
