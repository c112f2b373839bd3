"""A school's own settings: session times from a day on, how lateness is counted, and where its copies go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction

from registers.models import Membership, School, SessionTimes
from registers.rules import school_settings as rules
from registers.rules.school_settings import SettingRefusedError
from registers.rules.sessions import Session
from registers.services import record


@dataclass(frozen=True)
class NewTimes:
    """The times of one session for some key stages, from a day on. Minutes are included."""

    key_stages: Sequence[str]
    session: Session
    applies_from: date
    starts: time
    on_time_until: time
    closes: time
    assumed: bool = False


@transaction.atomic
def enter_times(school: School, new: NewTimes, *, by: Membership, at: datetime) -> list[SessionTimes]:
    """Enter session times from a day; earlier ones stay in force until then, and marks stay as they were entered.

    Times entered from the same day are corrected. Raises SettingRefusedError.
    """
    rules.check_times(new.key_stages, new.starts, new.on_time_until, new.closes)
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    same_day = SessionTimes.objects.filter(
        school=school, session=new.session, applies_from=new.applies_from, key_stage__in=list(new.key_stages)
    )
    corrected = [f"{row} {row.on_time_until:%H:%M}" for row in same_day]
    same_day.delete()
    made = SessionTimes.objects.bulk_create(
        SessionTimes(
            school=school,
            key_stage=stage,
            session=new.session,
            applies_from=new.applies_from,
            starts=new.starts,
            on_time_until=new.on_time_until,
            closes=new.closes,
            assumed=new.assumed,
        )
        for stage in new.key_stages
    )
    facts = {
        "key_stages": list(new.key_stages),
        "session": new.session,
        "applies_from": str(new.applies_from),
        "times": [f"{moment:%H:%M}" for moment in (new.starts, new.on_time_until, new.closes)],
        "corrected": corrected,
    }
    record.write("session times entered", by=by, at=at, facts=facts)
    return made


@transaction.atomic
def remove_times(row: SessionTimes, today: date, *, by: Membership, at: datetime) -> None:
    """Take back times that have not come into force; those that have are part of the school's history."""
    if row.applies_from <= today:
        raise SettingRefusedError("These times have been in force. Enter new ones from a day instead.")
    SessionTimes.objects.filter(pk=row.pk).delete()
    facts = {"key_stage": row.key_stage, "session": row.session, "applies_from": str(row.applies_from)}
    record.write("session times taken back", by=by, at=at, facts=facts)


@transaction.atomic
def set_lateness(school: School, *, from_start: bool, by: Membership, at: datetime) -> bool:
    """Count an arrival as late from the moment the register begins, or after the stated minutes; whether it changed."""
    if School.objects.filter(pk=school.pk).exclude(late_from_start=from_start).update(late_from_start=from_start) == 0:
        return False
    record.write("lateness counted otherwise", by=by, at=at, facts={"late_from_start": from_start})
    return True


@transaction.atomic
def set_copies_folder(school: School, folder: str, *, by: Membership, at: datetime) -> bool:
    """Name the folder the monthly copies of both registers go to; blank for none. Whether it changed."""
    rules.check_folder(folder)
    if School.objects.filter(pk=school.pk).exclude(copies_folder=folder).update(copies_folder=folder) == 0:
        return False
    record.write("copies folder named", by=by, at=at, facts={"folder": folder})
    return True
