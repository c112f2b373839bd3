"""Flags put aside with a reason, and brought back."""

from datetime import date, datetime

from django.db import transaction

from absences.services import guards
from escalation.models import Flag, FlagHold, SavedView, Task
from escalation.rules import holds as rules
from escalation.rules.holds import HoldKind, HoldRefusedError
from escalation.rules.tasks import TaskState
from registers.models import Membership, School
from registers.rules.rights import Right
from registers.services import record

MOST_REASON = 200
MOST_VIEWS = 12


@transaction.atomic
def hold(
    flag: Flag, kind: HoldKind, reason: str, until_on: date | None, *, today: date, by: Membership, at: datetime
) -> FlagHold:
    """Snooze a flag until a day, or dismiss it for as long as it lasts. A hold that stood is ended by the new one."""
    locked = _locked(flag, by)
    if locked.ended_on is not None:
        raise HoldRefusedError("This flag has ended by itself; there is nothing to put aside.")
    rules.check(kind, reason, until_on, today)
    _end_standing(locked, by, at)
    row = FlagHold.objects.create(
        school=locked.school,
        flag=locked,
        kind=kind,
        reason=" ".join(reason.split())[:MOST_REASON],
        until_on=until_on,
        at=at,
        by=by.user,
        role=by.role,
    )
    _postpone(locked, until_on, by, at)
    until = until_on.isoformat() if until_on else None
    record.write(
        f"flag {kind}", by=by, at=at, pupil=locked.pupil, subject=f"flag:{locked.pk}", facts={"until_on": until}
    )
    return row


@transaction.atomic
def bring_back(flag: Flag, *, by: Membership, at: datetime) -> Flag:
    """End a flag's hold before its day. Raises HoldRefusedError where there is none."""
    locked = _locked(flag, by)
    if not _end_standing(locked, by, at):
        raise HoldRefusedError("This flag is on the desk already.")
    record.write("flag brought back", by=by, at=at, pupil=locked.pupil, subject=f"flag:{locked.pk}")
    return locked


def _postpone(flag: Flag, until_on: date | None, by: Membership, at: datetime) -> None:
    """What was to be done about the flag waits with it, or is set aside."""
    tasks = Task.objects.filter(from_flag=flag, state=TaskState.OPEN)
    if until_on is not None:
        tasks.filter(due_on__lt=until_on).update(due_on=until_on)
    else:
        tasks.update(
            state=TaskState.SET_ASIDE, settled_at=at, settled_by=by.user, settled_words="The flag was dismissed."
        )


def _end_standing(flag: Flag, by: Membership, at: datetime) -> int:
    return FlagHold.objects.filter(flag=flag, ended_at__isnull=True).update(ended_at=at, ended_by=by.user)


def _locked(flag: Flag, by: Membership) -> Flag:
    locked = (
        Flag.objects.select_for_update(of=("self",))
        .select_related("pupil", "school")
        .get(pk=flag.pk, school_id=flag.school_id)
    )
    guards.check(by, locked.school, Right.SEE_DESK)
    return locked


@transaction.atomic
def save_view(school: School, name: str, filters: dict[str, str], *, by: Membership, at: datetime) -> SavedView:
    """Keep a choice of filters under a name of one's own; the same name again replaces it."""
    guards.check(by, school, Right.SEE_DESK)
    words = " ".join(name.split())[:40]
    if not words:
        raise HoldRefusedError("Give the view a name.")
    others = SavedView.objects.filter(school=school, user=by.user).exclude(name=words)
    if others.count() >= MOST_VIEWS:
        raise HoldRefusedError(f"{MOST_VIEWS} views are the most. Remove one first.")
    view, _ = SavedView.objects.update_or_create(school=school, user=by.user, name=words, defaults={"filters": filters})
    record.write("desk view saved", by=by, at=at, subject=f"view:{view.pk}")
    return view


@transaction.atomic
def remove_view(view: SavedView, *, by: Membership, at: datetime) -> None:
    """Remove one of one's own views. Raises HoldRefusedError for somebody else's."""
    if view.user_id != by.user_id or view.school_id != by.school_id:
        raise HoldRefusedError("That view is somebody else's.")
    record.write("desk view removed", by=by, at=at, subject=f"view:{view.pk}")
    view.delete()
