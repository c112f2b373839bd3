"""Entering pupils in the admission register and changing their particulars; every later entry stays in the chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from registers.models import ClassPlace, Mark, Membership, Pupil, School, SchoolClass
from registers.rules import admissions as rules
from registers.rules import upn as numbers
from registers.rules.admissions import AdmissionRefusedError, Spell
from registers.rules.upn import UpnRefusedError
from registers.services import changes, record


@dataclass(frozen=True)
class Clash:
    """A particular that somebody else changed while a form stood open: what it showed, and what stands now."""

    field: str
    seen: str
    stands: str


class StaleError(Exception):
    """A form that was filled in from an older state; nothing was changed."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__("Somebody changed this while your page stood open.")
        self.clashes = list(clashes)


@transaction.atomic
def enrol(
    school: School,
    particulars: Mapping[str, Any],
    school_class: SchoolClass | None,
    *,
    is_another_child: bool = False,
    today: date,
    by: Membership,
    at: datetime,
) -> Pupil:
    """Enter a pupil from a starting day, in a class from that day; a child who comes back is entered again.

    `is_another_child`: somebody made sure that a pupil of the same name and birthday is another. Raises
    AdmissionRefusedError.
    """
    _lock(school)
    pupil = Pupil(school=school, entered_on=today, **{**particulars, "upn": _upn(particulars["upn"])})
    rules.check_days(pupil.dob, pupil.starts_on)
    rules.check_apart(Spell(pupil.starts_on, None), _other_spells(pupil))
    if not is_another_child:
        _check_not_here_already(pupil)
    pupil.save(force_insert=True)
    steps = [changes.Change(pupil.pk, None, changes.PUPIL, rules.ENROLLED, "", pupil.starts_on.isoformat())]
    if school_class is not None:
        ClassPlace.objects.create(school=school, pupil=pupil, school_class=school_class, starts_on=pupil.starts_on)
        steps.append(changes.place(pupil.pk, pupil.starts_on, "", school_class.name))
    changes.write(school.pk, steps, reason="Enrolled", source=changes.SCREEN, by=by, at=at)
    facts = {"starts_on": pupil.starts_on.isoformat(), "class": school_class.pk if school_class else None}
    record.write("pupil enrolled", by=by, at=at, pupil=pupil, facts=facts)
    return pupil


@transaction.atomic
def change(
    pupil: Pupil, wanted: Mapping[str, Any], stood: Mapping[str, str], reason: str, *, by: Membership, at: datetime
) -> tuple[str, ...]:
    """Change particulars, and return which did change. `stood` is what the form showed of each, as text.

    Raises StaleError if any of it has changed since, AdmissionRefusedError if the entry may not be.
    """
    _lock(pupil.school)
    standing = Pupil.objects.select_for_update(no_key=True).get(pk=pupil.pk)
    check_fresh(standing, wanted, stood)
    given = dict(wanted)
    if "upn" in given:
        given["upn"] = _upn(given["upn"])
        if given["upn"] != standing.upn and given.get("former_upn", "") == standing.former_upn:
            given["former_upn"] = standing.upn
    before = {name: getattr(standing, name) for name in given}
    steps = changes.between(before, given, subject=changes.PUPIL, pupil_id=standing.pk)
    if not steps:
        return ()
    why = rules.check_reason(reason)
    _apply(standing, given)
    _check(standing, before)
    standing.save(update_fields=list(given))
    steps += _move_first_place(standing, before)
    fields = tuple(step.field for step in steps if step.subject == changes.PUPIL)
    changes.write(standing.school_id, steps, reason=why, source=changes.SCREEN, by=by, at=at)
    record.write("pupil changed", by=by, at=at, pupil=standing, facts={"fields": list(fields)})
    return fields


def check_fresh(row: Any, wanted: Mapping[str, Any], stood: Mapping[str, str]) -> None:
    """Refuse if what a form showed is no longer what stands. Raises StaleError."""
    clashes = [
        Clash(name, stood.get(name, ""), stands)
        for name in wanted
        if (stands := changes.as_text(getattr(row, name))) != stood.get(name, "")
    ]
    if clashes:
        raise StaleError(clashes)


def _lock(school: School) -> None:
    """Let one person at a time enter or renumber pupils of a school, so that no two spells can overlap."""
    School.objects.select_for_update(no_key=True).get(pk=school.pk)


def _upn(typed: str) -> str:
    try:
        return numbers.check(typed)
    except UpnRefusedError as refused:
        raise AdmissionRefusedError(str(refused), "upn") from None


def _apply(row: Pupil, given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        setattr(row, name, value)


def _check(pupil: Pupil, before: Mapping[str, Any]) -> None:
    """Ask the rules about an entry that was changed."""
    rules.check_days(pupil.dob, pupil.starts_on)
    if pupil.leaves_on is not None and pupil.leaves_on < pupil.starts_on:
        raise AdmissionRefusedError("The starting day is after the last day on roll.", "starts_on")
    if pupil.upn != before.get("upn", pupil.upn) or pupil.starts_on != before.get("starts_on", pupil.starts_on):
        rules.check_apart(Spell(pupil.starts_on, pupil.leaves_on), _other_spells(pupil))
    first = Mark.objects.filter(pupil=pupil, on__lt=pupil.starts_on).order_by("on").values_list("on", flat=True).first()
    if first is not None:
        raise AdmissionRefusedError(
            f"Marks stand from {first:%d/%m/%Y} on. The starting day cannot be after that.", "starts_on"
        )


def _other_spells(pupil: Pupil) -> list[Spell]:
    rows = Pupil.objects.filter(school=pupil.school_id, upn=pupil.upn).exclude(pk=pupil.pk).order_by("-starts_on")
    return [Spell(row.starts_on, row.leaves_on) for row in rows]


def _check_not_here_already(pupil: Pupil) -> None:
    """Refuse a second entry of a child under another number: an entry is never taken out again."""
    same = Pupil.objects.filter(
        school=pupil.school_id,
        dob=pupil.dob,
        legal_surname__iexact=pupil.legal_surname,
        legal_forename__iexact=pupil.legal_forename,
    ).exclude(upn=pupil.upn)
    if same.exists():
        raise AdmissionRefusedError(
            "A pupil of the same name and date of birth is in the register under another UPN. An entry cannot be "
            "taken out again: open that pupil’s page first. If it is another child, tick the box and save again.",
            "is_another_child",
        )


def _move_first_place(pupil: Pupil, before: Mapping[str, Any]) -> list[changes.Change]:
    """Let the first place in a class begin with the starting day when that is corrected."""
    old = before.get("starts_on")
    if old is None or old == pupil.starts_on:
        return []
    place = ClassPlace.objects.select_related("school_class").filter(pupil=pupil).order_by("starts_on").first()
    if place is None or place.starts_on != old:
        return []
    if place.ends_on is not None and place.ends_on < pupil.starts_on:
        raise AdmissionRefusedError(
            f"The place in {place.school_class.name} ended on {place.ends_on:%d/%m/%Y}, before that starting day.",
            "starts_on",
        )
    place.starts_on = pupil.starts_on
    place.save(update_fields=["starts_on"])
    return [
        changes.place(pupil.pk, old, place.school_class.name, ""),
        changes.place(pupil.pk, pupil.starts_on, "", place.school_class.name),
    ]


@transaction.atomic
def move_class(
    pupil: Pupil, school_class: SchoolClass, on: date, reason: str, *, by: Membership, at: datetime
) -> ClassPlace:
    """Move a pupil to another class from a day, until the place they held that day would have ended."""
    standing = Pupil.objects.select_for_update(no_key=True).get(pk=pupil.pk)
    why = rules.check_reason(reason)
    if on < standing.starts_on or (standing.leaves_on is not None and on > standing.leaves_on):
        raise AdmissionRefusedError("The pupil is not on roll on that day. Choose a day between first and last.", "on")
    places = list(ClassPlace.objects.select_related("school_class").filter(pupil=standing).order_by("starts_on"))
    held = next((row for row in places if row.starts_on <= on and (row.ends_on is None or row.ends_on >= on)), None)
    if held is not None and held.school_class_id == school_class.pk:
        raise AdmissionRefusedError(f"The pupil is in {school_class.name} on that day already.", "school_class")
    place = _place_from(standing, school_class, on, held, places)
    step = changes.place(standing.pk, on, held.school_class.name if held else "", school_class.name)
    changes.write(standing.school_id, [step], reason=why, source=changes.SCREEN, by=by, at=at)
    facts = {"class": school_class.pk, "from": on.isoformat()}
    record.write("pupil moved class", by=by, at=at, pupil=standing, facts=facts)
    return place


@transaction.atomic
def move_to_new_class(pupil: Pupil, name: str, on: date, reason: str, *, by: Membership, at: datetime) -> ClassPlace:
    """Move a pupil to a class that is not there yet; one of that name, however it is written, is the same class."""
    named = SchoolClass.objects.filter(school=pupil.school_id, name__iexact=name.strip()).first()
    if named is None:
        named = SchoolClass.objects.create(school_id=pupil.school_id, name=name.strip())
        record.write("class opened", by=by, at=at, subject=f"class:{named.pk}")
    return move_class(pupil, named, on, reason, by=by, at=at)


def _place_from(
    pupil: Pupil, school_class: SchoolClass, on: date, held: ClassPlace | None, places: Sequence[ClassPlace]
) -> ClassPlace:
    if held is not None and held.starts_on == on:
        held.school_class = school_class
        held.save(update_fields=["school_class"])
        return held
    later = next((row.starts_on - timedelta(days=1) for row in places if row.starts_on > on), pupil.leaves_on)
    ends_on = held.ends_on if held is not None else later
    if held is not None:
        held.ends_on = on - timedelta(days=1)
        held.save(update_fields=["ends_on"])
    return ClassPlace.objects.create(
        school_id=pupil.school_id, pupil=pupil, school_class=school_class, starts_on=on, ends_on=ends_on
    )
