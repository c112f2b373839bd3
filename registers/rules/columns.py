"""Which column of a file stands for which of ours: the names that other systems give them, as one table a file.

Names are compared by their letters and digits alone: “Reg Group”, “reg_group” and “RegGroup” are one name.
Sources: the layouts listed in domain.md 7.3 (SIMS, Arbor, Bromcom, ScholarPack, Wonde and parent files).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from registers.rules.import_files import FileKind
from registers.rules.mark_rows import wide_place

Aliases = Mapping[str, tuple[str, ...]]

_PLACE: Aliases = {
    "address1": ("Address", "Address line 1", "House and street", "Street", "Address 1"),
    "address2": ("Address line 2", "Locality", "Address 2"),
    "town": ("Town or city", "City", "Post town", "Address line 3"),
    "postcode": ("Post code", "Home postcode", "Postal code"),
}

PUPILS: Aliases = {
    "upn": ("Unique Pupil Number", "Pupil UPN", "Student UPN", "UPN number"),
    "former_upn": ("Previous UPN", "Old UPN"),
    "admission_no": ("Adno", "Admission No", "Admission Number", "Adm No", "School number"),
    "legal_surname": ("Surname", "Last name", "Family name", "Legal last name"),
    "legal_forename": ("Forename", "First name", "Given name", "Legal first name"),
    "middle_names": ("Middle name", "Middle name(s)"),
    "preferred_forename": ("Chosen name", "Chosen forename", "Preferred first name", "Preferred name", "Known as"),
    "preferred_surname": ("Chosen surname", "Preferred last name"),
    "former_surname": ("Previous surname",),
    "dob": ("Date of Birth", "Birth date", "D.O.B."),
    "sex": ("Gender", "Legal sex"),
    "year_group": ("Year", "Year taught in", "NC Year", "NCyearActual", "Curriculum year", "Year group name"),
    "class": ("Reg", "Reg Group", "Registration Form", "Registration Group", "Form", "Tutor group", "Class name"),
    "start_date": ("Entry date", "Date of admission", "Admission date", "Date of entry", "Enrolment date", "On roll"),
    "leave_date": ("Leaving date", "Date of leaving", "Leaving day", "Off roll"),
    "entered_on": ("Date entered in the register",),
    "leaving_ground": ("Ground of deletion", "Grounds for removal"),
    "leaving_note": ("Reason for leaving", "Leaving reason"),
    "previous_school": ("Last school attended", "Last school", "Previous school name"),
    "previous_school_address": ("Address of the last school",),
    "next_school": ("Destination school", "Destination"),
    "next_school_from": ("Start date at the next school",),
    "boarder": ("Boarder status", "Is boarder"),
    **_PLACE,
    "fsm": ("Free school meals", "FSM eligible", "Eligible for free meals", "FSM eligibility"),
    "pp": ("Pupil premium", "Pupil premium indicator", "PP indicator"),
    "sen": ("SEN status", "SEN provision", "SEN stage", "SEN need"),
    "eal": ("English as an additional language", "EAL status"),
    "lac": ("Looked after", "In care", "Looked after child", "Currently in care"),
    "social_worker": ("Has social worker",),
    "ethnicity": ("Ethnic group", "Ethnicity code"),
    "service": ("Service child", "Service children", "Service child indicator"),
    "mobile_child": ("Traveller", "Mobile"),
    "medical_note": ("Medical notes", "Medical conditions", "Medical information"),
}

CONTACTS: Aliases = {
    "upn": PUPILS["upn"],
    "contact_id": ("Parent ID", "Contact number", "Guardian ID"),
    "priority": ("Contact priority", "Emergency contact", "Contact order", "Order"),
    "title": ("Contact title", "Parent title"),
    "forename": ("First name", "Contact forename", "Contact first name", "Parent forename"),
    "surname": ("Last name", "Contact surname", "Contact last name", "Parent surname", "Legal surname"),
    "relationship": ("Relationship to pupil", "Relationship to student", "Relation", "Relation type"),
    "parental_responsibility": ("Legal guardian", "Has parental responsibility", "PR"),
    "lives_with_pupil": ("Lives with pupil", "Lives with student", "Same address", "Lives with"),
    "emergency": ("Is emergency contact",),
    "phone1": ("Phone", "Telephone", "Main telephone", "Home telephone", "Home phone", "Phone number"),
    "phone2": ("Mobile", "Mobile phone", "Mobile number", "Mobile telephone"),
    "phone3": ("Work telephone", "Work phone"),
    "email": ("E-mail", "Email address", "Home email", "Primary email"),
    **_PLACE,
    "court_order_flag": ("Court order",),
}

MARKS: Aliases = {
    "upn": ("Unique Pupil Number", "Pupil UPN", "Student UPN", "Student", "UPN number"),
    "date": ("Mark date", "Record date", "Attendance date", "Session date", "Day"),
    "session": ("AM/PM", "Session name", "Period"),
    "code": ("Mark", "Attendance mark", "Attendance code", "Mark code"),
    "am": (),
    "pm": (),
    "minutes_late": ("Minutes late", "Mins late", "Late minutes"),
    "comment": ("Comments", "Note", "Notes", "Reason"),
    "entered_by": ("Recorded by", "Taken by", "Entered by user"),
    "entered_at": ("Recorded at", "Date recorded", "Time recorded"),
    "possible": ("Possible sessions", "Sessions possible", "TermlySessionsPossible", "Possible marks"),
    "attended": ("Attended sessions", "Sessions attended", "Attendances", "Present marks"),
    "late": ("Late sessions", "Sessions late", "Lates"),
    "authorised": (
        *("Authorised absence sessions", "Sessions authorised", "TermlySessionsAuthorised"),
        *("Authorised absences", "Authorised absence"),
    ),
    "unauthorised": (
        *("Unauthorised absence sessions", "Sessions unauthorised", "TermlySessionsUnauthorised"),
        *("Unauthorised absences", "Unauthorised absence"),
    ),
}

TABLES: Mapping[FileKind, Aliases] = {FileKind.PUPILS: PUPILS, FileKind.CONTACTS: CONTACTS, FileKind.MARKS: MARKS}

LABELS: Mapping[str, str] = {
    "upn": "UPN",
    "former_upn": "Former UPN",
    "admission_no": "Admission number",
    "dob": "Date of birth",
    "contact_id": "Contact’s own number",
    "priority": "Order to ring",
    "start_date": "Starting day",
    "leave_date": "Last day on roll",
    "leaving_ground": "Ground of deletion",
    "address1": "Address",
    "address2": "Address, second line",
    "town": "Town",
    "fsm": "Free school meals",
    "pp": "Pupil premium",
    "sen": "SEN",
    "eal": "English as an additional language",
    "lac": "Looked after",
    "service": "Service child",
    "phone1": "First telephone",
    "phone2": "Second telephone",
    "phone3": "Third telephone",
    "email": "E-mail",
    "court_order_flag": "Court order",
    "session": "Session (AM or PM)",
    "am": "Code of the morning",
    "pm": "Code of the afternoon",
    "possible": "Total: possible",
    "attended": "Total: attended",
    "late": "Total: late",
    "authorised": "Total: authorised",
    "unauthorised": "Total: unauthorised",
}


def label(name: str) -> str:
    """What a column is called on a page."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def normalised(heading: str) -> str:
    """A heading by its letters and digits alone."""
    return "".join(character for character in heading.casefold() if character.isalnum())


_NAMES: Mapping[FileKind, Mapping[str, str]] = {
    kind: {normalised(alias): name for name, aliases in table.items() for alias in aliases}
    | {normalised(name): name for name in table}
    for kind, table in TABLES.items()
}


@dataclass(frozen=True)
class Choice:
    """What each column of a file stands for, in the file's order; "" where it is not used.

    `doubled` names columns of ours that several of the file's could be: somebody has to say which.
    """

    columns: tuple[str, ...]
    doubled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def named(self) -> frozenset[str]:
        return frozenset(self.columns) - {""}


def choose(kind: FileKind, headings: Sequence[str], said: Mapping[str, str] | None = None) -> Choice:
    """Guess the columns by their headings; what somebody `said` of a column, by its place from 0, goes before."""
    said = said or {}
    guessed = [_guess(kind, heading) for heading in headings]
    columns = [said.get(str(place), guess) for place, guess in enumerate(guessed)]
    columns = [name if name in TABLES[kind] or wide_place(name) else "" for name in columns]
    doubled = {}
    for name in sorted({name for name in columns if name and columns.count(name) > 1}):
        places = [place for place, found in enumerate(columns) if found == name]
        exact = [place for place in places if normalised(headings[place]) == normalised(name) or str(place) in said]
        if len(exact) == 1:
            # The column that bears the very name is meant; the others were a guess.
            for place in places:
                columns[place] = columns[place] if place == exact[0] else ""
        else:
            doubled[name] = tuple(headings[place] for place in places)
    return Choice(tuple(columns), doubled)


def places(headings: Sequence[str], named: Mapping[str, str]) -> dict[str, str]:
    """What somebody said of columns by their headings, by their places."""
    wanted = {normalised(heading): name for heading, name in named.items()}
    return {
        str(place): wanted[normalised(heading)]
        for place, heading in enumerate(headings)
        if normalised(heading) in wanted
    }


def _guess(kind: FileKind, heading: str) -> str:
    if kind is FileKind.MARKS and wide_place(heading):
        return heading.lower()
    return _NAMES[kind].get(normalised(heading), "")


def unused(choice: Choice, headings: Sequence[str]) -> list[str]:
    """The file's columns that stand for none of ours, by their headings."""
    return [heading for heading, name in zip(headings, choice.columns, strict=True) if heading and not name]


def faults(choice: Choice, required: frozenset[str]) -> list[str]:
    """Why the columns cannot be taken as they are."""
    found = []
    if missing := sorted(required - choice.named):
        found.append(f"The header lacks {', '.join(missing)}.")
    for name, headings in choice.doubled.items():
        if len(set(headings)) == 1:
            found.append(f"The header names {name} more than once.")
        else:
            quoted = " and ".join(f"“{heading}”" for heading in headings)
            found.append(f"The columns {quoted} could each be {name}. Say which one is.")
    return found
