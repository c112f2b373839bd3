"""Support plans: opened, reviewed, closed. The record tells that it was done, never what stands in the plan."""

from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction

from absences.models import SupportPlan, SupportReview
from absences.rules import support as rules
from absences.rules.support import Plan, PlanState, SupportRefusedError
from absences.services import guards
from registers.models import Membership, Pupil, School
from registers.rules.rights import Right
from registers.services import marks
from registers.services import record as events


@transaction.atomic
def start(school: School, pupil: Pupil, plan: Plan, *, today: date, by: Membership, at: datetime) -> SupportPlan:
    """Open a plan for a pupil who has none open about the same. Raises SupportRefusedError."""
    guards.check(by, school, Right.SUPPORT)
    rules.check(plan, today)
    locked = marks.lock_pupils(school, {pupil.pk})[pupil.pk]
    if SupportPlan.objects.filter(pupil=locked, state=PlanState.OPEN, concern=plan.concern).exists():
        raise SupportRefusedError("A plan about this is open already. Review that one.", "concern")
    row = SupportPlan.objects.create(
        school=school,
        pupil=locked,
        **asdict(plan),
        opened_on=today,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    _write("support plan opened", row, by=by, at=at)
    return row


@transaction.atomic
def review(
    row_id: int,
    school: School,
    held_on: date,
    words: str,
    adjustments: str,
    agencies: str,
    next_on: date,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> SupportReview:
    """Record a look at a plan; what the school does and who helps are as it says from then on."""
    guards.check(by, school, Right.SUPPORT)
    row = _locked(school, row_id)
    if not row.is_open:
        raise SupportRefusedError("This plan is closed. Open a new one if it is needed again.")
    rules.check_words(words)
    rules.check_review_day(next_on, today)
    if not row.opened_on <= held_on <= today:
        raise SupportRefusedError(f"Give the day it was held: from {row.opened_on:%d/%m/%Y} to today.", "held_on")
    if not adjustments.strip():
        raise SupportRefusedError("Say what the school does differently for this pupil.", "adjustments")
    made = SupportReview.objects.create(
        school=school,
        plan=row,
        held_on=held_on,
        words=words.strip(),
        adjustments=adjustments.strip(),
        agencies=agencies.strip(),
        next_on=next_on,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    row.adjustments, row.agencies, row.review_on = made.adjustments, made.agencies, next_on
    row.save()
    _write("support plan reviewed", row, by=by, at=at)
    return made


@transaction.atomic
def close(row_id: int, school: School, why: str, *, today: date, by: Membership, at: datetime) -> SupportPlan:
    """Close a plan, with what it came to."""
    guards.check(by, school, Right.SUPPORT)
    row = _locked(school, row_id)
    rules.check_move(PlanState(row.state), PlanState.CLOSED)
    if not why.strip():
        raise SupportRefusedError("Say what the plan came to.", "why")
    row.state, row.closed_on, row.closed_why, row.closed_by_id = PlanState.CLOSED, today, why.strip(), by.user_id
    row.save()
    _write("support plan closed", row, by=by, at=at)
    return row


def _locked(school: School, row_id: int) -> SupportPlan:
    rows = SupportPlan.objects.select_for_update(of=("self",), no_key=True).select_related("pupil")
    return rows.get(school=school, pk=row_id)


def _write(kind: str, row: SupportPlan, *, by: Membership, at: datetime) -> None:
    events.write(kind, by=by, at=at, pupil=row.pupil, subject=f"support plan:{row.pk}")
