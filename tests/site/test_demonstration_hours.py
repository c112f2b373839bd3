"""The demonstration can be built at any hour of any day."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from attendance_site.demonstration import build
from attendance_site.demonstration.generate import Plan
from registers.models import Mark, School
from registers.rules import codes
from registers.rules.marks import Door
from registers.scope import schools_in_scope

HOURS = [
    pytest.param(datetime(2026, 11, 20, 7, 5, tzinfo=UTC), date(2026, 11, 20), id="before school"),
    pytest.param(datetime(2026, 12, 28, 12, 0, tzinfo=UTC), date(2026, 12, 18), id="between the years"),
    pytest.param(datetime(2026, 8, 5, 12, 0, tzinfo=UTC), date(2026, 7, 20), id="in August"),
    pytest.param(datetime(2026, 9, 2, 12, 0, tzinfo=UTC), date(2026, 9, 2), id="the first day of school"),
    pytest.param(datetime(2027, 10, 5, 12, 0, tzinfo=UTC), date(2027, 7, 22), id="after the calendar's end"),
]


@pytest.mark.parametrize(("now", "today"), HOURS)
def test_it_can_be_built(db, tmp_path, monkeypatch, now: datetime, today: date) -> None:
    """And nothing is stamped with an hour that has not struck."""
    monkeypatch.setattr(build, "Plan", partial(Plan, pupils=14))
    monkeypatch.setattr(build, "SCHOOL_FILES", build.SCHOOL_FILES[:1])
    assert build.build(tmp_path, now, lambda _words: None) == today
    with schools_in_scope(School.objects.values_list("pk", flat=True)):
        days = Mark.objects.order_by("on").values_list("on", flat=True)
        assert days.first() < today - timedelta(days=320)
        # A plan that fell away leaves an open N, and one of a pupil who has left a Z; neither says anything of the day.
        ahead = Mark.objects.filter(on__gt=today).exclude(amendments__source=Door.LAPSED)
        ahead = ahead.exclude(code=codes.NOT_ON_ROLL, pupil__leaves_on__lte=today)
        unplanned = [(str(mark), mark.source) for mark in ahead if not codes.code(mark.code).planned]
        assert unplanned == [], "only what is planned stands before its day"
        assert not Mark.objects.filter(recorded_at__gt=now).exists()
    assert len(build.sign_ins(today)) == 9
