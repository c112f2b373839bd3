"""What a roll means for the classes: who moves from its day, and whose place ends with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from registers.models import ClassPlace, Pupil, School, SchoolClass
from registers.services import changes
from registers.services.changes import Change
from registers.services.roll_pupils import PupilPlan


@dataclass
class Places:
    """What would be written of classes and places."""

    classes: dict[str, SchoolClass]
    fresh: list[SchoolClass] = field(default_factory=list)
    never: list[ClassPlace] = field(default_factory=list)
    """Places that begin after their pupil left: they never were any."""
    changed: dict[int, ClassPlace] = field(default_factory=dict)
    new: list[ClassPlace] = field(default_factory=list)
    moves: list[tuple[Pupil, date, str, str]] = field(default_factory=list)


def plan(school: School, plans: Sequence[PupilPlan], on: date) -> Places:
    """Move pupils to the classes the roll gives them from its day, and end the places of those who leave."""
    classes = {row.name: row for row in SchoolClass.objects.filter(school=school)}
    missing = sorted({one.row.class_name for one in plans} - set(classes) - {""})
    fresh = [SchoolClass(school=school, name=name) for name in missing]
    found = Places(classes | {row.name: row for row in fresh}, fresh)
    leaving = {one.pupil.pk: one.pupil.leaves_on for one in plans if not one.is_new}
    latest: dict[int, ClassPlace] = {}
    held = ClassPlace.objects.select_related("school_class").filter(school=school).order_by("starts_on")
    for place in held:
        left = leaving.get(place.pupil_id)
        if left is not None and place.starts_on > left:
            found.never.append(place)
        else:
            latest[place.pupil_id] = place
    for one in plans:
        _place(found, one, None if one.is_new else latest.get(one.pupil.pk), on)
    return found


def _place(found: Places, one: PupilPlan, place: ClassPlace | None, on: date) -> None:
    pupil = one.pupil
    wanted = found.classes[one.row.class_name] if one.row.class_name else place.school_class if place else None
    if pupil.leaves_on is not None and pupil.leaves_on < on:
        if place is not None and place.starts_on <= pupil.leaves_on and place.ends_on != pupil.leaves_on:
            place.ends_on = pupil.leaves_on
            found.changed[place.pk] = place
        return
    if wanted is None:
        return
    if place is None or (place.school_class != wanted and place.starts_on < on):
        if place is not None and (place.ends_on is None or place.ends_on >= on):
            place.ends_on = on - timedelta(days=1)
            found.changed[place.pk] = place
        begins = max(on, pupil.starts_on)
        _tell(found, one, begins, place, wanted)
        found.new.append(
            ClassPlace(
                school_id=pupil.school_id, pupil=pupil, school_class=wanted, starts_on=begins, ends_on=pupil.leaves_on
            )
        )
    elif place.school_class != wanted or place.ends_on != pupil.leaves_on:
        if place.school_class != wanted:
            _tell(found, one, place.starts_on, place, wanted)
        place.school_class, place.ends_on = wanted, pupil.leaves_on
        found.changed[place.pk] = place


def _tell(found: Places, one: PupilPlan, begins: date, place: ClassPlace | None, wanted: SchoolClass) -> None:
    old = place.school_class.name if place is not None else ""
    one.moved = (old, wanted.name)
    found.moves.append((one.pupil, begins, old, wanted.name))


def save(found: Places) -> list[Change]:
    """Write the classes and places; the pupils are written already. What the chain must say of them."""
    SchoolClass.objects.bulk_create(found.fresh)
    ClassPlace.objects.filter(pk__in=[place.pk for place in found.never]).delete()
    # Classes and pupils may be of this very file: only now do they have their numbers.
    for place in (*found.changed.values(), *found.new):
        place.school_class_id = place.school_class.pk
    for place in found.new:
        place.pupil_id = place.pupil.pk
    ClassPlace.objects.bulk_update(found.changed.values(), ["school_class", "ends_on"], batch_size=100)
    ClassPlace.objects.bulk_create(found.new, batch_size=200)
    return [changes.place(pupil.pk, begins, old, new) for pupil, begins, old, new in found.moves]
