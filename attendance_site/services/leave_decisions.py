"""Deciding a leave request, and drafting the letter that says so."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from absences.models import LeaveRequest
from absences.queries import leave as queries
from absences.queries.leave import LeaveFacts
from absences.rules.leave import Decision, FourTests, LeaveState
from absences.services import leave, leave_changes
from attendance_site.queries import leave as composed
from letters.models import Wording
from letters.queries.standing import days_in_words
from letters.rules.refusals import LetterRefusedError
from letters.services import letters
from registers.models import Membership, School
from registers.rules.calendar import Calendar
from registers.rules.sessions import SessionOn

REFUSAL, RETROSPECTIVE = "leave_refused", "leave_retrospective"
LETTERS: Mapping[LeaveState, str] = {
    LeaveState.GRANTED: "leave_granted",
    LeaveState.PARTLY_GRANTED: "leave_part_granted",
    LeaveState.REFUSED: REFUSAL,
}
"""The letter that says each decision, where the school has adopted it."""


@transaction.atomic
def decide_alike(
    request_ids: Sequence[int],
    school: School,
    calendar: Calendar,
    *,
    decision: Decision,
    granted: Collection[SessionOn] = (),
    code: str,
    words: str,
    tests: FourTests,
    today: date,
    by: Membership,
    at: datetime,
) -> list[tuple[LeaveRequest, str]]:
    """Decide the requests of one family alike, all of them or none; of a part, what each of them asked for."""
    found = []
    for request_id in request_ids:
        asked = queries.of(school).get(pk=request_id)
        places = leave.sessions_of(asked.pupil, calendar, asked.span)
        found.append(
            decide(
                request_id,
                school,
                calendar,
                decision=decision,
                granted=[place for place in granted if place in places] if len(request_ids) > 1 else granted,
                code=code,
                words=words,
                tests=tests,
                today=today,
                by=by,
                at=at,
            )
        )
    return found


@transaction.atomic
def decide(
    request_id: int,
    school: School,
    calendar: Calendar,
    *,
    decision: Decision,
    granted: Collection[SessionOn] = (),
    code: str,
    words: str,
    tests: FourTests,
    today: date,
    by: Membership,
    at: datetime,
) -> tuple[LeaveRequest, str]:
    """Decide a request and draft its letter; return it with what hindered the letter, if anything did.

    A decision stands whether or not a letter can be drafted: a missing address must not keep the register waiting.
    """
    decided = leave.decide(
        request_id,
        school,
        calendar,
        decision=decision,
        granted=granted,
        code=code,
        words=words,
        tests=tests,
        today=today,
        by=by,
        at=at,
    )
    facts = queries.facts(decided, calendar, today)
    kind = _kind(decided, facts)
    if not kind:
        return decided, ""
    try:
        with transaction.atomic():
            _draft(kind, decided, facts, calendar, today=today, by=by, at=at)
    except LetterRefusedError as refused:
        return decided, str(refused)
    return decided, ""


def _kind(decided: LeaveRequest, facts: LeaveFacts) -> str:
    """The letter for a decision, among those the school has adopted; none if it has none."""
    state = LeaveState(decided.state)
    wanted = [RETROSPECTIVE] if state is LeaveState.REFUSED and facts.is_retrospective else []
    wanted.append(LETTERS[state])
    adopted = set(Wording.objects.filter(school=decided.school_id, kind__in=wanted).values_list("kind", flat=True))
    return next((kind for kind in wanted if kind in adopted), "")


def _draft(
    kind: str,
    decided: LeaveRequest,
    facts: LeaveFacts,
    calendar: Calendar,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> None:
    granted = leave_changes.granted_of(decided)
    not_granted = tuple(place for place in facts.would_miss if place not in granted)
    # The letter names a penalty notice only where one could lawfully follow.
    window = composed.window_if_taken(decided, replace(facts, would_miss=not_granted), calendar)
    letters.draft(
        decided.school,
        calendar,
        decided.pupil,
        kind,
        because=composed.because(decided),
        facts=_facts(kind, decided, granted),
        conditions=["penalty_notice_possible"] if window.met and not_granted else [],
        today=today,
        by=by,
        at=at,
    )


def _facts(kind: str, decided: LeaveRequest, granted: Sequence[SessionOn]) -> dict[str, str]:
    told = queries.letter_facts(decided)
    if kind not in (LETTERS[LeaveState.GRANTED], LETTERS[LeaveState.PARTLY_GRANTED]):
        return told
    refused = decided.asked_sessions - len(granted)
    return told | {
        "leave_granted_sessions": _sessions(len(granted)),
        "leave_granted_when": days_in_words(granted),
        "leave_refused_sessions": _sessions(refused),
    }


def _sessions(number: int) -> str:
    return f"{number} session" if number == 1 else f"{number} sessions"
