"""Cases: opened from a flag or by somebody's judgement, moved through the policy's stages, closed and opened again."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from absences.services import guards
from escalation.models import Case, CaseNote, Flag, Meeting, PolicyVersion, Task
from escalation.queries import policies
from escalation.rules import cases as rules
from escalation.rules.cases import Barrier, CaseRefusedError, CaseState
from escalation.rules.meetings import AWAITING_REVIEW, MeetingState
from escalation.rules.tasks import WORKERS, TaskState
from escalation.services.following import follow_flags as follow_flags
from escalation.services.following import take_turn
from registers.models import Membership, Pupil, School, User
from registers.rules.rights import Right
from registers.services import record

MOST_WHY = 200


@transaction.atomic
def open_case(school: School, pupil: Pupil, why: str, *, on: date, by: Membership, at: datetime) -> Case:
    """Open a pupil's case, at the gravest stage flagged or else the policy's first; an open one is given back.

    Raises CaseRefusedError without a reason or without a policy in force.
    """
    guards.check(by, school, Right.SEE_DESK)
    take_turn(school.pk)
    pupil = Pupil.objects.select_for_update(no_key=True).get(pk=pupil.pk, school=school)
    standing = Case.objects.filter(pupil=pupil, state=CaseState.OPEN).first()
    if standing is not None:
        return standing
    flag = Flag.objects.filter(pupil=pupil, ended_on__isnull=True).order_by("-risk", "opened_on", "pk").first()
    version = policies.in_force(school, on)
    if version is None:
        raise CaseRefusedError(f"No attendance policy applies on {on:%d/%m/%Y}. Adopt one, then open the case.")
    case = Case.objects.create(
        school=school,
        pupil=pupil,
        policy_version=flag.policy_version if flag else version,
        stage=flag.stage if flag else rules.stage_table(policies.read(version)).stages[0],
        owner=by.user,
        why=_why(why),
        opened_on=on,
        opened_at=at,
        opened_by=by.user,
        opened_role=by.role,
    )
    _record("case opened", case, by, at, stage=case.stage, flag=flag.pk if flag else None)
    return case


@transaction.atomic
def move_stage(case: Case, stage: str, why: str, *, by: Membership, at: datetime) -> Case:
    """Move a case to another stage of its own policy version. Raises CaseRefusedError."""
    locked = lock_open(case, by)
    rules.stage_table(policies.read(locked.policy_version)).check_move(locked.stage, stage)
    words = _why(why)
    old, locked.stage = locked.stage, stage
    locked.save(update_fields=["stage"])
    write_note(locked, f"From stage {old} to stage {stage}: {words}", by=by, at=at)
    _record("case moved", locked, by, at, old=old, new=stage)
    return locked


@transaction.atomic
def carry_over(case: Case, version: PolicyVersion, *, by: Membership, at: datetime) -> Case:
    """Bring a case under a later version of the school's policy; what was done under the old one stands."""
    locked = lock_open(case, by)
    if version.school_id != locked.school_id:
        raise CaseRefusedError("That is not a version of this school's policy.")
    old, locked.policy_version = locked.policy_version, version
    locked.save(update_fields=["policy_version"])
    write_note(locked, f"Carried on under policy version {version.version}, {old.version} before.", by=by, at=at)
    _record("case carried over", locked, by, at, old=old.version, new=version.version)
    return locked


@transaction.atomic
def describe(
    case: Case,
    *,
    owner: User | None,
    barriers: Collection[Barrier],
    agencies: str,
    plan: str,
    by: Membership,
    at: datetime,
) -> Case:
    """Say who owns a case, what stands in the child's way, who else helps and what is planned."""
    locked = lock_open(case, by)
    if owner is not None:
        check_worker(locked.school, owner)
    fresh = {
        "owner": owner,
        "barriers": sorted(str(one) for one in barriers),
        "agencies": agencies.strip(),
        "plan": plan.strip(),
    }
    changed = [name for name, value in fresh.items() if getattr(locked, name) != value]
    for name, value in fresh.items():
        setattr(locked, name, value)
    if changed:
        locked.save(update_fields=changed)
        _record("case described", locked, by, at, changed=changed)
    return locked


@transaction.atomic
def add_note(case: Case, text: str, *, restricted: bool, by: Membership, at: datetime) -> CaseNote:
    """Write a note into a case. Raises CaseRefusedError for an empty one."""
    locked = lock(case, by)
    if not text.strip():
        raise CaseRefusedError("Write the note first.")
    note = write_note(locked, text, restricted=restricted, by=by, at=at)
    _record("case note written", locked, by, at, note=note.pk, restricted=restricted)
    return note


@transaction.atomic
def close(case: Case, why: str, *, by: Membership, at: datetime) -> Case:
    """Close a case with a reason; what was still to do is set aside. Planned or unreviewed meetings come first."""
    locked = lock(case, by)
    rules.check_move(CaseState(locked.state), CaseState.CLOSED)
    if (meeting := _unfinished(locked)) is not None:
        raise CaseRefusedError(
            f"{meeting.kind_name} of {meeting.on:%d/%m/%Y} is still open. Review it or call it off, then close."
        )
    locked.state, locked.closed_at, locked.closed_by = CaseState.CLOSED, at, by.user
    locked.closed_why = _why(why)
    locked.save(update_fields=["state", "closed_at", "closed_by", "closed_why"])
    left = Task.objects.filter(case=locked, state=TaskState.OPEN).update(
        state=TaskState.SET_ASIDE, settled_at=at, settled_by=by.user, settled_words="The case was closed."
    )
    _record("case closed", locked, by, at, set_aside=left)
    return locked


def _unfinished(case: Case) -> Meeting | None:
    """The first meeting still to come, or whose target is still to be reviewed."""
    waiting = Q(state=MeetingState.PLANNED) | Q(state__in=AWAITING_REVIEW, review_on__isnull=False)
    return Meeting.objects.filter(waiting, case=case).order_by("on").first()


@transaction.atomic
def reopen(case: Case, why: str, *, by: Membership, at: datetime) -> Case:
    """Open a closed case again, with a reason. Raises CaseRefusedError while the pupil has another open."""
    take_turn(case.school_id)
    locked = lock(case, by)
    rules.check_move(CaseState(locked.state), CaseState.OPEN)
    Pupil.objects.select_for_update(no_key=True).get(pk=locked.pupil_id, school=locked.school_id)
    if Case.objects.filter(pupil=locked.pupil_id, state=CaseState.OPEN).exists():
        raise CaseRefusedError("This pupil has another case open. Work in that one; this history stays with the pupil.")
    words = _why(why)
    locked.state, locked.closed_at, locked.closed_by, locked.closed_why = CaseState.OPEN, None, None, ""
    locked.save(update_fields=["state", "closed_at", "closed_by", "closed_why"])
    write_note(locked, f"Opened again: {words}", by=by, at=at)
    _record("case reopened", locked, by, at)
    return locked


def lock(case: Case, by: Membership) -> Case:
    """The case, locked, for somebody who may work on it."""
    locked = (
        Case.objects.select_for_update(of=("self",))
        .select_related("school", "pupil", "policy_version")
        .get(pk=case.pk, school_id=case.school_id)
    )
    guards.check(by, locked.school, Right.SEE_DESK)
    return locked


def lock_open(case: Case, by: Membership) -> Case:
    """The same, refused once the case is closed."""
    locked = lock(case, by)
    if not locked.is_open:
        raise CaseRefusedError("This case is closed. Open it again first.")
    return locked


def write_note(case: Case, text: str, *, restricted: bool = False, by: Membership, at: datetime) -> CaseNote:
    """The row of a note; whoever calls writes the record."""
    return CaseNote.objects.create(
        school_id=case.school_id, case=case, text=text.strip(), restricted=restricted, at=at, by=by.user, role=by.role
    )


def check_worker(school: School, user: User) -> None:
    """Refuse an owner who does not work through this school's cases."""
    if not Membership.objects.filter(school=school, user=user, role__in=WORKERS, ends_on__isnull=True).exists():
        raise CaseRefusedError("That person does not work through this school's cases. Choose another.")


def _why(why: str) -> str:
    words = " ".join(why.split())
    if not words:
        raise CaseRefusedError("Say why: the reason is kept with the case.")
    return words[:MOST_WHY]


def _record(kind: str, case: Case, by: Membership, at: datetime, **facts: object) -> None:
    record.write(kind, by=by, at=at, pupil=case.pupil, subject=f"case:{case.pk}", facts=facts)
