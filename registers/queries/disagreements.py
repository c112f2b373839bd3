"""The queue of disagreements: marks whose code contradicts what the teacher saw, and that nobody has settled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from registers.models import Amendment, ClassPlace, Mark, School, Settlement, Sighting
from registers.rules import codes
from registers.rules import disagreements as rules
from registers.rules.calendar import Calendar
from registers.rules.history import is_restricted
from registers.rules.marks import Door
from registers.rules.taking import SEEN_NAMES, Seen


def open_marks(school: School, first_on: date, last_on: date) -> QuerySet[Mark]:
    """The open disagreements from a day to a day. Whoever counts or lists them asks this, and nothing else.

    A settlement holds for the code and the word it was given for, and only until the teacher says anything new.
    """
    contradicted = Q()
    for seen, symbols in rules.CONTRADICTING.items():
        contradicted |= Q(seen=seen, code__in=symbols)
    since = Sighting.objects.filter(mark=OuterRef("mark"), at__gt=OuterRef("at"))
    settled = Settlement.objects.filter(
        ~Exists(since), mark=OuterRef("pk"), version=OuterRef("version"), seen=OuterRef("seen")
    )
    return Mark.objects.filter(contradicted, school=school, on__range=(first_on, last_on)).exclude(Exists(settled))


def queue_from(calendar: Calendar, on: date) -> date:
    """The first day of the queue: the half-term's; home, tabs and the page itself count from the same day."""
    term = calendar.term_of(on)
    return term.first_on if term else on


def open_ids(school: School, first_on: date, last_on: date) -> set[int]:
    """The marks in open disagreement, by id, for a page that shows marks."""
    return set(open_marks(school, first_on, last_on).values_list("pk", flat=True))


def count(school: School, first_on: date, last_on: date) -> int:
    return open_marks(school, first_on, last_on).count()


@dataclass(frozen=True)
class Said:
    """One side of a disagreement: what, who, when, and what they noted."""

    what: str
    who: str
    at: datetime
    note: str = ""
    why: str = ""


@dataclass(frozen=True)
class Row:
    """One disagreement: what the teacher saw, what the register says, and the code the teacher's word would make."""

    mark: Mark
    class_name: str
    seen: Said
    code: Said
    teachers_code: str


def rows(school: School, first_on: date, last_on: date, *, shows_restricted: bool = False) -> list[Row]:
    """The open disagreements, latest day first; five queries however many.

    A restricted code's note is for those who may see sensitive fields.
    """
    marks = list(
        open_marks(school, first_on, last_on)
        .select_related("pupil", "recorded_by")
        .order_by("-on", "-session", "pupil__legal_surname", "pupil__legal_forename", "pk")
    )
    chains = _chains(marks)
    sightings = {
        row.mark_id: row for row in Sighting.objects.filter(mark__in=marks).select_related("by").order_by("at", "pk")
    }
    names = _class_names(marks)
    return [
        Row(
            mark,
            names.get(mark.pk, ""),
            _seen(mark, chains.get(mark.pk, []), sightings.get(mark.pk)),
            _code(mark, chains.get(mark.pk, []), shows_restricted=shows_restricted),
            rules.teachers_code(mark.seen, mark.session),
        )
        for mark in marks
    ]


def _chains(marks: list[Mark]) -> Mapping[int, list[Amendment]]:
    found: dict[int, list[Amendment]] = {}
    for row in Amendment.objects.filter(mark__in=marks).select_related("by").order_by("version"):
        found.setdefault(row.mark_id, []).append(row)
    return found


def _class_names(marks: list[Mark]) -> dict[int, str]:
    """The name of the pupil's class on the day of each mark, by mark."""
    places: dict[int, list[ClassPlace]] = {}
    pupils = {mark.pupil_id for mark in marks}
    for place in ClassPlace.objects.filter(pupil__in=pupils).select_related("school_class"):
        places.setdefault(place.pupil_id, []).append(place)
    return {
        mark.pk: place.school_class.name
        for mark in marks
        for place in places.get(mark.pupil_id, [])
        if place.starts_on <= mark.on and (place.ends_on is None or mark.on <= place.ends_on)
    }


def _seen(mark: Mark, chain: list[Amendment], sighting: Sighting | None) -> Said:
    """Who said what the teacher saw: a sighting, else the teacher's own latest entry, else the first entry."""
    what = SEEN_NAMES[Seen(mark.seen)]
    if sighting is not None and sighting.seen == mark.seen:
        return Said(what, sighting.by.name, sighting.at, sighting.note)
    for row in reversed(chain):
        if row.source == Door.TEACHER:
            return Said(what, row.by.name, row.at, row.new_note)
    note = chain[0].old_note if chain else mark.note
    return Said(what, _author(mark), mark.recorded_at, note)


def _code(mark: Mark, chain: list[Amendment], *, shows_restricted: bool) -> Said:
    code = codes.code(mark.code)
    note = "" if code.restricted and not shows_restricted else mark.note
    if chain:
        last = chain[-1]
        is_hidden = is_restricted(last.old_code, last.new_code) and not shows_restricted
        return Said(mark.code, last.by.name, last.at, note, "" if is_hidden else last.reason)
    return Said(mark.code, _author(mark), mark.recorded_at, note)


def _author(mark: Mark) -> str:
    return mark.recorded_as or mark.recorded_by.name
