"""The day as it does not go by the book: early, out of order, and said with characters nobody types."""

from datetime import UTC, date, datetime, time

import pytest
from django.urls import reverse

from registers.models import Mark, SiteEvent
from registers.queries import on_site as queries
from registers.rules import on_site
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.on_site import Happened, Marked, SiteEventKind, SiteEventRefusedError, Where
from registers.rules.sessions import Session
from registers.services import disagreements, marks
from registers.services.disagreements import LookedAt
from registers.services.marks import Entry
from tests import builders

FRIDAY = date(2026, 11, 20)
TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AM, PM = Session.AM, Session.PM
pytestmark = pytest.mark.time_machine(TEN, tick=False)


@pytest.fixture
def pupil(school, school_class):
    return builders.pupil(school, "Ash", school_class=school_class)


def at_the_door(client, office, pupil, **fields: object):
    client.force_login(office.user)
    sent = {"on": str(FRIDAY), "do": "in", "pupil": pupil.pk, **fields}
    return client.post(reverse("door", args=[pupil.school.slug]), sent)


@pytest.mark.parametrize(("minute", "codes"), [("0849", []), ("0850", ["/"])])
def test_who_comes_before_the_register_opens_gets_no_mark_yet(client, office, pupil, minute: str, codes) -> None:
    """Whoever came to the breakfast club and was fetched at half past eight was not at registration."""
    assert at_the_door(client, office, pupil, time=minute).status_code == 302
    assert list(Mark.objects.values_list("code", flat=True)) == codes
    assert SiteEvent.objects.get().kind == "arrived"


@pytest.mark.parametrize("field", ["reason", "accompanied_by"])
def test_characters_that_turn_the_reading_are_refused(client, office, pupil, field: str) -> None:
    assert at_the_door(client, office, pupil, time="0930", **{field: "Bus\u202eesle"}).status_code == 422
    assert not SiteEvent.objects.exists()


ARRIVED, LEFT, RETURNED = SiteEventKind.ARRIVED, SiteEventKind.LEFT, SiteEventKind.RETURNED


def test_who_left_in_the_morning_may_leave_in_the_afternoon() -> None:
    """They came to its register past the door; what happened there must be written down all the same."""
    morning = [Happened(LEFT, AM, time(11, 0))]
    on_site.check_may_leave(morning, PM, time(14, 0))
    with pytest.raises(SiteEventRefusedError, match="Out since 11:00"):
        on_site.check_may_leave(morning, AM, time(12, 0))


def test_a_session_holds_no_second_departure_or_return_in_a_row() -> None:
    events = [Happened(LEFT, AM, time(10, 0)), Happened(RETURNED, AM, time(10, 30))]
    with pytest.raises(SiteEventRefusedError, match="Leaving at 10:00 is on record"):
        on_site.check_may_leave(events, AM, time(9, 30))
    with pytest.raises(SiteEventRefusedError, match="Back since 10:30"):
        on_site.kind_of_coming_in(events, AM, time(11, 0))


@pytest.mark.parametrize(
    ("mark", "event", "where", "fact"),
    [
        pytest.param(
            Marked("\\", "", None, "", time(13, 45), "Ms", "P"),
            Happened(LEFT, PM, time(13, 35)),
            Where.NOT_CERTAIN,
            "Left at 13:35, but seen in class since",
            id="seen since they left",
        ),
        pytest.param(
            Marked("\\", "", None, "", time(13, 45, 59), "Ms", "P"),
            Happened(LEFT, PM, time(13, 45)),
            Where.AWAY,
            "Left at 13:45",
            id="left in the minute of the register",
        ),
        pytest.param(
            Marked("\\", "", time(14, 0), "Office"),
            Happened(LEFT, PM, time(13, 35)),
            Where.AWAY,
            "Left at 13:35",
            id="a code the office amended moves nobody",
        ),
        pytest.param(
            Marked("N", "", None, "", time(13, 45), "Ms", "A"),
            Happened(ARRIVED, PM, time(13, 30)),
            Where.NOT_CERTAIN,
            "Arrived at 13:30, but not seen in class since",
            id="missed since they came",
        ),
        pytest.param(
            Marked("L", "", None, "", time(13, 45), "Ms", "A"),
            Happened(ARRIVED, PM, time(13, 40)),
            Where.ON_SITE,
            "Arrived at 13:40",
            id="late, while the register was sent",
        ),
    ],
)
def test_a_teacher_who_says_otherwise_since_casts_doubt(mark, event, where: Where, fact: str) -> None:
    known = on_site.last_known({PM: mark}, [event], PM)
    assert (known.where, known.fact) == (where, fact)


def test_the_list_doubts_a_departure_that_a_register_contradicts(school, pupil, teacher) -> None:
    builders.mark(pupil, FRIDAY, AM, "/", by=teacher, source=Door.TEACHER, seen="P")  # at 09:05
    SiteEvent.objects.create(
        school=school, pupil=pupil, on=FRIDAY, time=time(8, 55), session=AM, kind="left",
        recorded_at=TEN, recorded_by=teacher.user, recorded_role="office",
    )  # fmt: skip
    found = queries.of(school, TEN)
    assert dict(found.counts)[Where.NOT_CERTAIN] == 1


def test_taking_the_teachers_late_keeps_its_minutes(school, calendar: Calendar, pupil, office, teacher) -> None:
    mark = builders.mark(pupil, FRIDAY, AM, "L", by=teacher, source=Door.TEACHER, seen="L", minutes_late=12)
    said = {"today": FRIDAY, "at": TEN}
    entry = Entry(pupil.pk, FRIDAY, AM, "I")
    marks.enter(school, calendar, [entry], door=Door.OFFICE, reason="Ill", by=office, **said)
    taken = disagreements.take_teachers(school, calendar, LookedAt(mark.pk, 2, "L"), "Seen", by=office, **said)
    assert (taken.code, taken.minutes_late) == ("L", 12)
