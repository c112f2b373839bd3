"""Taking a name off the roll, and taking back a last day that was entered wrongly. Nothing is ever deleted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F

from registers.models import AdmissionChange, Amendment, ClassPlace, Mark, Membership, Pupil, School, SchoolClass
from registers.queries import leavers as queries
from registers.rules import admissions, codes, deletion
from registers.rules.admissions import AdmissionRefusedError
from registers.rules.calendar import Calendar
from registers.rules.codes import NOT_ON_ROLL
from registers.rules.deletion import Caution, LeavingRefusedError
from registers.rules.marks import Door
from registers.rules.sessions import Session
from registers.services import changes, marks, record
from registers.services.marks import Entry

OFF_ROLL = "Off the roll by then"


@dataclass(frozen=True)
class Departure:
    """What is entered when a name comes off the roll."""

    last_on: date
    ground: str
    note: str = ""
    next_school: str = ""
    next_school_from: date | None = None


class CautionsError(Exception):
    """What somebody must make sure of first; nothing was changed."""

    def __init__(self, cautions: Sequence[Caution]) -> None:
        super().__init__("Before the name comes off the roll, make sure of each of these.")
        self.cautions = list(cautions)


@transaction.atomic
def leave(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    departure: Departure,
    *,
    sure_of: Collection[str] = (),
    today: date,
    by: Membership,
    at: datetime,
) -> Pupil:
    """Enter the last day with its ground; places in classes end with it. `sure_of` names the cautions confirmed.

    Raises LeavingRefusedError if it may not be, CautionsError while a caution is not confirmed.
    """
    standing = marks.lock_pupils(school, {pupil.pk})[pupil.pk]
    if standing.leaves_on is not None:
        raise LeavingRefusedError("A last day is entered already. Take that back first if it is wrong.")
    leaving = queries.asked(
        calendar,
        standing,
        departure.ground,
        departure.last_on,
        departure.next_school,
        departure.next_school_from,
        today=today,
    )
    deletion.check(leaving)
    cautions = deletion.cautions(leaving)
    if not {caution.key for caution in cautions} <= set(sure_of):
        raise CautionsError(cautions)
    _void_marks_ahead(standing, max(departure.last_on, today), by=by, at=at)
    steps = [*_take_off(standing, departure), *_end_places(standing, departure.last_on)]
    reason = f"Off roll, ground {departure.ground}"
    changes.write(school.pk, steps, reason=reason, source=changes.SCREEN, by=by, at=at)
    facts = {"ground": departure.ground, "last_on": departure.last_on.isoformat()}
    facts["sure_of"] = ", ".join(caution.key for caution in cautions)
    record.write("pupil left", by=by, at=at, pupil=standing, facts=facts)
    return standing


def _take_off(pupil: Pupil, departure: Departure) -> list[changes.Change]:
    given = {
        "leaves_on": departure.last_on,
        "leaving_ground": departure.ground,
        "leaving_note": departure.note.strip(),
        "next_school": departure.next_school.strip(),
        "next_school_from": departure.next_school_from,
    }
    return _set(pupil, given)


def _set(pupil: Pupil, given: dict[str, object]) -> list[changes.Change]:
    before = {name: getattr(pupil, name) for name in given}
    for name, value in given.items():
        setattr(pupil, name, value)
    pupil.save(update_fields=list(given))
    return changes.between(before, given, subject=changes.PUPIL, pupil_id=pupil.pk)


def _end_places(pupil: Pupil, last_on: date) -> list[changes.Change]:
    """End the place held on the last day; one that would begin later never was one."""
    steps = []
    for place in ClassPlace.objects.select_related("school_class").filter(pupil=pupil).order_by("starts_on"):
        if place.starts_on > last_on:
            steps.append(changes.place(pupil.pk, place.starts_on, place.school_class.name, ""))
            place.delete()
        elif place.ends_on is None or place.ends_on > last_on:
            place.ends_on = last_on
            place.save(update_fields=["ends_on"])
    return steps


def _void_marks_ahead(pupil: Pupil, after: date, *, by: Membership, at: datetime) -> None:
    """Give Z to codes entered for days to come: a mark is never deleted, and there is no session to count."""
    rows = Mark.objects.select_for_update().filter(pupil=pupil, on__gt=after).exclude(code=NOT_ON_ROLL)
    ahead = list(rows.order_by("on", "session"))
    marks.amend(
        [
            (row, codes.code(NOT_ON_ROLL), Entry(pupil.pk, row.on, Session(row.session), NOT_ON_ROLL, None, "", None))
            for row in ahead
        ],
        door=Door.OFFICE,
        reason=OFF_ROLL,
        by=by,
        at=at,
    )


@transaction.atomic
def take_back(school: School, pupil: Pupil, reason: str, *, by: Membership, at: datetime) -> Pupil:
    """Clear a last day that was entered wrongly, unless the child has been enrolled again since.

    Codes ahead that became Z are given again, and classes that were to come are entered again.
    """
    # As enrolling does, so that nobody enters the child again meanwhile.
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    standing = marks.lock_pupils(school, {pupil.pk})[pupil.pk]
    why = admissions.check_reason(reason)
    if standing.leaves_on is None:
        raise AdmissionRefusedError("No last day is entered.")
    if Pupil.objects.filter(school=school, upn=standing.upn, starts_on__gt=standing.leaves_on).exists():
        raise AdmissionRefusedError("The child has been enrolled again since, so this last day has to stand.")
    last_on = standing.leaves_on
    steps = _set(standing, {"leaves_on": None, "leaving_ground": "", "leaving_note": ""})
    steps += _reopen_places(standing, last_on)
    _give_again(standing, last_on, why, by=by, at=at)
    changes.write(school.pk, steps, reason=why, source=changes.SCREEN, by=by, at=at)
    record.write("pupil’s leaving taken back", by=by, at=at, pupil=standing, facts={"last_on": last_on.isoformat()})
    return standing


def _reopen_places(pupil: Pupil, last_on: date) -> list[changes.Change]:
    """Let the place that ended with the last day go on, and enter again those that were to begin later."""
    place = ClassPlace.objects.filter(pupil=pupil, ends_on=last_on).order_by("-starts_on").first()
    steps = []
    for starts_on, name in _places_dropped(pupil, last_on):
        room = SchoolClass.objects.filter(school=pupil.school_id, name=name).first()
        if room is None:
            continue
        if place is not None:
            place.ends_on = starts_on - timedelta(days=1)
            place.save(update_fields=["ends_on"])
        place = ClassPlace(school_id=pupil.school_id, pupil=pupil, school_class=room, starts_on=starts_on)
        steps.append(changes.place(pupil.pk, starts_on, "", name))
    if place is not None:
        place.ends_on = None
        place.save()
    return steps


def _places_dropped(pupil: Pupil, last_on: date) -> list[tuple[date, str]]:
    """The places that ended before they began when this last day was entered: from when, in which class."""
    chain = AdmissionChange.objects.filter(pupil=pupil)
    left = chain.filter(subject=changes.PUPIL, field="leaves_on", new=last_on.isoformat()).order_by("at", "pk").last()
    if left is None:
        return []
    dropped = chain.filter(subject=changes.CLASS, new="", at=left.at).order_by("field")
    return [(changes.place_from(row.field), row.old) for row in dropped]


def _give_again(pupil: Pupil, last_on: date, reason: str, *, by: Membership, at: datetime) -> None:
    """Give the codes entered ahead that became Z with the leaving as they stood before it."""
    voided = Amendment.objects.select_related("mark").filter(
        mark__pupil=pupil, mark__on__gt=last_on, mark__code=NOT_ON_ROLL, version=F("mark__version"), reason=OFF_ROLL
    )
    marks.amend(
        [
            (row.mark, codes.code(row.old_code), _as_before(pupil, row))
            for row in voided.order_by("mark__on", "mark__session")
        ],
        door=Door.OFFICE,
        reason=reason,
        by=by,
        at=at,
    )


def _as_before(pupil: Pupil, row: Amendment) -> Entry:
    place = Session(row.mark.session)
    return Entry(pupil.pk, row.mark.on, place, row.old_code, row.old_minutes_late, row.old_note)
