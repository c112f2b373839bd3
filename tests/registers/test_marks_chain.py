"""Whatever is tried, in whatever order, the chain of amendments tells how each mark came to be what it is."""

from datetime import date, timedelta

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registers.models import Amendment, Mark, Membership, School
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.sessions import Session
from registers.services import marks
from registers.services.marks import Entry, MarksRefusedError
from tests import builders

TODAY = builders.TODAY
PLACES = [(TODAY - timedelta(days=1), Session.AM), (TODAY, Session.AM), (TODAY, Session.PM)]
GIVEN = st.sampled_from(
    [
        *[("/", None), ("N", None), ("I", None), ("O", None), ("U", None), ("U", 40), ("m", None), ("L", None)],
        *[("L", 5), ("L", 12), ("E", None), ("A", None)],  # the last two are refused
    ]
)
VERSIONS = st.sampled_from([None, None, None, 0, 1, 2])
REASONS = st.sampled_from(["Rang", "Rang", "Rang", ""])
ROUND = st.tuples(st.dictionaries(st.sampled_from(PLACES), st.tuples(GIVEN, VERSIONS), min_size=1, max_size=2), REASONS)
Round = tuple[dict[tuple[date, Session], tuple[tuple[str, int | None], int | None]], str]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(ROUND, min_size=8, max_size=14))
def test_the_chain_tells_how_each_mark_came_to_be(
    school: School, calendar: Calendar, office: Membership, rounds: list[Round]
) -> None:
    told = {"door": Door.OFFICE, "today": TODAY, "by": office, "at": builders.AT}
    first: dict[tuple[date, str], str] = {}
    with transaction.atomic():
        pupil = builders.pupil(school)
        for tried, reason in rounds:
            entries = [
                Entry(pupil.pk, *place, symbol, minutes, version=version)
                for place, ((symbol, minutes), version) in tried.items()
            ]
            before = (Mark.objects.count(), Amendment.objects.count())
            try:
                outcome = marks.enter(school, calendar, entries, reason=reason, **told)
            except MarksRefusedError:
                assert (Mark.objects.count(), Amendment.objects.count()) == before
                continue
            assert Mark.objects.count() == before[0] + len(outcome.entered)
            assert Amendment.objects.count() == before[1] + len(outcome.amended)
            first |= {(mark.on, mark.session): mark.code for mark in outcome.entered}
        for mark in Mark.objects.all():
            chain = list(mark.amendments.order_by("version").values_list("version", "old_code", "new_code"))
            codes = [first[(mark.on, mark.session)], *(new for _, _, new in chain)]
            assert [old for _, old, _ in chain] == codes[:-1]
            assert mark.code == codes[-1]
            assert [version for version, _, _ in chain] == list(range(2, mark.version + 1))
        transaction.set_rollback(True)
