"""What a policy must know of pupils beside their marks: letters sent, families reached, reviews that were due."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Min

from absences.models import ContactAttempt
from absences.rules.contacts import Outcome
from escalation.models import Meeting
from escalation.rules.measuring import NoContact, NoImprovement, ReviewOverdue
from escalation.rules.meetings import MeetingState
from escalation.rules.policy import Policy
from letters.models import Letter
from letters.rules.states import FROZEN, LetterState
from registers.models import School

REACHED = (Outcome.REASON_GIVEN, Outcome.SPOKE)
"""What came of a contact when somebody was spoken to."""
_SENT = [str(state) for state in FROZEN if state is not LetterState.WITHDRAWN]


@dataclass(frozen=True)
class Standing:
    """By pupil: when each kind of letter was last issued, the days somebody was reached about, the review now due."""

    letters: Mapping[int, Mapping[str, date]] = field(default_factory=dict)
    reached: Mapping[int, frozenset[date]] = field(default_factory=dict)
    reviews: Mapping[int, date] = field(default_factory=dict)


def of_school(school: School, first_on: date, on: date, policy: Policy) -> Standing:
    """Only what the policy's rules ask for: at most a query for each kind of it."""
    asked = {type(rule.measure) for rule in policy.rules}
    return Standing(
        letters=_letters(school, first_on, on) if NoImprovement in asked else {},
        reached=_reached(school, first_on, on) if NoContact in asked else {},
        reviews=_due(school, on) if ReviewOverdue in asked else {},
    )


def _letters(school: School, first_on: date, on: date) -> dict[int, dict[str, date]]:
    found: defaultdict[int, dict[str, date]] = defaultdict(dict)
    sent = Letter.objects.filter(school=school, state__in=_SENT, issued_on__gte=first_on, issued_on__lte=on)
    for pupil_id, kind, issued_on in sent.order_by("issued_on").values_list("pupil_id", "kind", "issued_on"):
        if issued_on is not None:
            found[pupil_id][kind] = issued_on
    return dict(found)


def _reached(school: School, first_on: date, on: date) -> dict[int, frozenset[date]]:
    found: defaultdict[int, set[date]] = defaultdict(set)
    tries = ContactAttempt.objects.filter(school=school, about_on__gte=first_on, about_on__lte=on, outcome__in=REACHED)
    for pupil_id, about_on in tries.values_list("pupil_id", "about_on"):
        found[pupil_id].add(about_on)
    return {pupil_id: frozenset(days) for pupil_id, days in found.items()}


def _due(school: School, on: date) -> dict[int, date]:
    """The day the earliest review of a meeting was due that has not been held."""
    meetings = Meeting.objects.filter(school=school, state=MeetingState.HELD, review_on__lte=on)
    return dict(meetings.values_list("case__pupil").annotate(first=Min("review_on")).order_by())
