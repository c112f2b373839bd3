"""What the admission register holds of a child beside name and birthday: earlier and later schools, health, names."""

from dataclasses import dataclass
from datetime import date, timedelta

from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.rolls import OnRoll
from registers.rules import deletion
from registers.rules.calendar import SATURDAY

MIDDLE_NAME, OTHER_SURNAME, CONDITION = 0.3, 0.04, 0.06
SUMMER = (7, 15)
"""From this day of July on a child who leaves begins elsewhere in September."""
SCHOOLS = ("Oakbank", "St Wilfrid's", "Millfield Lane", "Holm Fen", "The Beeches", "Larkrise", "Priory Road")
SECONDARIES = ("Weald Heath School", "Fenside Academy", "Bishop Larkham School")
CONDITIONS = (
    "Asthma: blue inhaler in the classroom, a second one in the office.",
    "Nut allergy: adrenaline pen in the office; see the care plan.",
    "Type 1 diabetes: checks before lunch, with a named adult.",
    "Epilepsy: absences of a few seconds; see the care plan.",
    "Hearing aid in the left ear; sits at the front.",
    "Eczema: cream in the office, at lunchtime.",
    "Glasses for reading.",
)
TAUGHT_AT_HOME = "F"
"""The ground of the first child of each school year to leave during it; the others go on to another school."""


@dataclass(frozen=True)
class Particulars:
    """The particulars of one time on the roll."""

    middle_names: str = ""
    preferred_surname: str = ""
    previous_school: str = ""
    previous_school_address: str = ""
    medical_note: str = ""
    leaving_ground: str = ""
    leaving_note: str = ""
    next_school: str = ""
    next_school_from: date | None = None


def particulars(entry: OnRoll, chances: Chances) -> Particulars:
    """Everything that follows from who the child is, and from when the child came and went."""
    child = entry.child
    dice = chances.of("particulars", child.place)
    middle = dice.choice(child.family.heritage.girls if child.sex == "F" else child.family.heritage.boys)
    mother = child.family.surname.mother
    has_middle, has_other, is_ill = dice.random(), dice.random(), dice.random()
    condition = dice.choice(CONDITIONS)
    previous, at = _previous(entry, chances)
    ground, note, next_school, next_from = _leaving(entry, chances)
    return Particulars(
        middle_names=middle if has_middle < MIDDLE_NAME and middle != child.forename else "",
        preferred_surname=f"{child.surname}-{mother}" if has_other < OTHER_SURNAME and mother != child.surname else "",
        previous_school=previous,
        previous_school_address=at,
        medical_note=condition if is_ill < CONDITION else "",
        leaving_ground=ground,
        leaving_note=note,
        next_school=next_school,
        next_school_from=next_from,
    )


def _previous(entry: OnRoll, chances: Chances) -> tuple[str, str]:
    """The school a child came from who joined after the first day of Reception, or came back."""
    if not (entry.child.place.turn or entry.is_return):
        return "", ""
    dice = chances.of("previous school", entry.child.place)
    return f"{dice.choice(SCHOOLS)} Primary School", f"School Lane\n{dice.choice(('Aldwick', 'Marham', 'Thorley'))}"


def _leaving(entry: OnRoll, chances: Chances) -> tuple[str, str, str, date | None]:
    if entry.leave_on is None:
        return "", "", "", None
    if entry.is_first_to_leave:
        return TAUGHT_AT_HOME, "Parent's notice in writing, received the week before.", "", None
    dice = chances.of("next school", entry.child.place)
    school = dice.choice(SECONDARIES) if entry.is_end_of_school else f"{dice.choice(SCHOOLS)} Primary School"
    is_summer = SUMMER <= (entry.leave_on.month, entry.leave_on.day) < (9, 1)
    starts = _next_september(entry.leave_on) if is_summer else _next_weekday(entry.leave_on)
    return next(iter(deletion.GROUNDS)), "", school, starts


def _next_weekday(on: date) -> date:
    after = on + timedelta(days=1)
    return after + timedelta(days=7 - after.weekday()) if after.weekday() >= SATURDAY else after


def _next_september(on: date) -> date:
    return _next_weekday(date(on.year, 9, 2))
