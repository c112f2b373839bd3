"""The demonstration can be built on any day: what it shows depends on the day, and nothing lies in the future."""

from datetime import UTC, date, datetime
from functools import partial

import pytest

from attendance_site.demonstration import build
from attendance_site.demonstration.generate import Plan
from registers.models import Event, Mark, School, SiteEvent
from registers.scope import schools_in_scope

PUPILS = 28


@pytest.mark.parametrize(
    ("now", "day"),
    [
        pytest.param(datetime(2026, 11, 23, 7, 5, tzinfo=UTC), date(2026, 11, 23), id="before school"),
        pytest.param(datetime(2027, 7, 21, 9, tzinfo=UTC), date(2027, 7, 21), id="where the calendar ends"),
    ],
)
def test_it_can_be_built_on_any_day(now: datetime, day: date, db, tmp_path, settings, monkeypatch) -> None:
    """What has not happened yet is left out, and so is what there are no days for."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(build, "Plan", partial(Plan, pupils=PUPILS))
    assert build.build(tmp_path, now, lambda _words: None) == day
    with schools_in_scope(School.objects.values_list("pk", flat=True)):
        assert Mark.objects.filter(on=day).exists()
        assert not Mark.objects.filter(recorded_at__gt=now).exists()
        assert not SiteEvent.objects.filter(recorded_at__gt=now).exists()
        assert not Event.objects.filter(at__gt=now).exists()
