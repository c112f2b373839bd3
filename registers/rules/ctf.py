"""What a Common Transfer File says of a pupil and their contacts, in our own columns.

Element names as two independent systems write them (domain.md 7.1); neither their order nor all of them is relied on.
Attendance is shown as totals: how the string of marks packs codes of two characters is not published, so it stays shut.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
CURRENT_VERSIONS = ("24", "25")

_TEXTS: Mapping[str, str] = {
    "UPN": "upn",
    "Surname": "legal_surname",
    "Forename": "legal_forename",
    "DOB": "dob",
    "Sex": "sex",
    "Gender": "sex",
}
_BASIC: Mapping[str, str] = {
    "FormerUPN": "former_upn",
    "PreferredSurname": "preferred_surname",
    "PreferredForename": "preferred_forename",
    "FormerSurname": "former_surname",
    "MiddleNames": "middle_names",
    "Ethnicity": "ethnicity",
}
_RELATIONSHIPS: Mapping[str, str] = {
    "PAM": "Mother",
    "PAF": "Father",
    "STM": "Stepmother",
    "STF": "Stepfather",
    "FOM": "Foster mother",
    "FOF": "Foster father",
    "CAR": "Carer",
    "CHM": "Childminder",
    "OTR": "Other relative",
    "SWR": "Social worker",
    "DOC": "Doctor",
    "OTH": "Other contact",
}
_SEN: Mapping[str, str] = {"A": "K", "P": "K", "S": "E"}
_ENGLISH = frozenset({"ENG", "ENB"})
_ADDRESS_LINES = frozenset({"SAON", "PAON", "Street", "Locality", "AdministrativeArea", "County"})
_TOWNS = ("PostTown", "Town")
TOTALS: Mapping[str, str] = {
    "SessionsPossible": "possible",
    "SessionsAttended": "attended",
    "SessionsAuthorised": "authorised",
    "SessionsUnauthorised": "unauthorised",
}

UNOPENED = frozenset({"StageAssessments", "SENneeds", "Disabilities", "NAWdetails", "AttendSessions", "LearnerSupport"})
"""Parts that every system writes and nothing here needs; what stands in them is not looked at."""

_FURTHER = """
Pupil BasicDetails UniqueLearnerNumber UCI ApplicationReference NCyearActual FormerForename EthnicitySource
Languages Type LanguageType Language LanguageSource EnrolStatus MedicalFlag LookedAfter InCare CareAuthority
FSMhistory FSMreviewDate FSMinstance FSMstartDate FSMendDate UKcountry SENhistory SEN StartDate SENprovision Address
AddressLines BS7666Address PostCode Postcode Country ZIP Easting Northing UPRN UniquePropertyReferenceNumber Phones
Phone TelephoneType PhoneNo Email Contacts Contact Order Title Relationship Responsibility AddressAsPupil Attendance
YearData Year LEA Estab URN SchoolName AttendanceStartDate AttendanceMarks SchoolHistory School EntryDate
LeavingDate LeavingReason LastSchool PupilPremium FundingDetails ServiceChild ServiceChildIndicator SENneed
Disability MinistryIndicator
"""

KNOWN = (
    {*_TEXTS, *_BASIC, *TOTALS, *_ADDRESS_LINES, *_TOWNS, *UNOPENED}
    | {f"AddressLine{number}" for number in range(1, 6)}
    | frozenset(_FURTHER.split())
)
"""Every element under a pupil that is understood or known to be of no use here."""


@dataclass(frozen=True)
class Node:
    """One element: its name without a namespace, its text, what stands in it."""

    name: str
    text: str = ""
    children: Sequence["Node"] = field(default_factory=tuple)

    def all(self, *names: str) -> Iterator["Node"]:
        return (child for child in self.children if child.name in names)

    def one(self, *names: str) -> "Node | None":
        return next(self.all(*names), None)

    def said(self, *names: str) -> str:
        """The text of the first of these elements; "" if there is none."""
        found = self.one(*names)
        return found.text if found is not None else ""


@dataclass(frozen=True)
class Header:
    """Who sent the file, and in which edition."""

    version: str
    sender: str
    sender_number: str
    """Local authority and establishment, such as 8862999."""
    made_on: str = ""
    """The day the file was made, such as 2026-07-10; "" if it does not tell."""


def header(node: Node) -> Header:
    source = node.one("SourceSchool") or Node("SourceSchool")
    number = source.said("LEA") + source.said("Estab")
    made = _DAY.match(node.said("DateTime"))
    return Header(node.said("CTFversion")[:20], source.said("SchoolName"), number, made[0] if made else "")


def version_note(version: str) -> str:
    """A warning about an edition that this was not made for; "" if there is none to give."""
    if version.split(".")[0] in CURRENT_VERSIONS:
        return ""
    return (
        f"The file is of edition {version or 'not stated'}; this was made for CTF 24 and 25. It was read all the same: "
        "look closely at what it would change."
    )


def pupil_cells(pupil: Node, sent_by: str, made_on: str = "") -> dict[str, str]:
    """What is said of the pupil, by our columns; what is not said is left out, so that what stands stays."""
    basic = pupil.one("BasicDetails") or Node("BasicDetails")
    cells = dict.fromkeys(("upn", "legal_surname", "legal_forename", "dob"), "")
    cells |= {_TEXTS[child.name]: child.text for child in pupil.all(*_TEXTS) if child.text}
    cells |= {_BASIC[child.name]: child.text for child in basic.all(*_BASIC) if child.text}
    year = (basic.said("NCyearActual") or pupil.said("NCyearActual")).upper()
    # In August some systems tell the year that ends and some the one that begins.
    if (year == "R" or year.isdigit()) and made_on[5:7] != "08":
        cells |= {"year_group": year, "year_on": made_on}
    if sent_by:
        cells["previous_school"] = sent_by
    return cells | _address(pupil) | _flags(pupil, basic)


def contact_cells(pupil: Node, own_address: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What is said of each contact, in the file's order."""
    holder = pupil.one("Contacts")
    for place, contact in enumerate(holder.all("Contact") if holder is not None else (), start=1):
        order = contact.said("Order")
        cells = {
            "upn": pupil.said("UPN"),
            "priority": order if order.isascii() and order.isdigit() and int(order[:3]) else str(place),
            "surname": contact.said("Surname"),
            "forename": contact.said("Forename"),
        }
        if contact.said("Title"):
            cells["title"] = contact.said("Title")
        if kind := contact.said("Relationship"):
            cells["relationship"] = _RELATIONSHIPS.get(kind.upper(), kind)
        if contact.one("Responsibility") is not None:
            cells["parental_responsibility"] = contact.said("Responsibility")
        if contact.said("AddressAsPupil").lower() in ("true", "1", "y", "yes"):
            cells |= {"lives_with_pupil": "Y", **own_address}
        else:
            cells |= _address(contact)
        if contact.said("Email"):
            cells["email"] = contact.said("Email")
        yield cells | _phones(contact)


def totals(pupil: Node) -> list[dict[str, str]]:
    """The attendance totals of each year, as the sender states them."""
    holder = pupil.one("Attendance")
    return [
        {"year": year.said("Year")} | {name: year.said(element) for element, name in TOTALS.items()}
        for year in (holder.all("YearData") if holder is not None else ())
    ]


def unknown(pupil: Node) -> Iterator[str]:
    """The elements that are not known, each as what it stands in and its name."""
    for child in pupil.children:
        if child.name not in KNOWN:
            yield f"{pupil.name}/{child.name}"
        elif child.name not in UNOPENED:
            yield from unknown(child)


def _address(holder: Node) -> dict[str, str]:
    address = holder.one("Address")
    if address is None:
        return {}
    inner = address.one("BS7666Address", "AddressLines") or address
    name = " ".join(filter(None, (inner.said("SAON"), inner.said("PAON"))))
    street = inner.said("Street")
    lines = [f"{name} {street}".strip() if name.isdigit() else ", ".join(filter(None, (name, street)))]
    lines += [inner.said("Locality")] + [inner.said(f"AddressLine{number}") for number in range(1, 6)]
    lines = [line for line in lines if line]
    postcode = address.said("PostCode", "Postcode") or inner.said("PostCode", "Postcode")
    cells = {"address1": lines[0] if lines else "", "address2": ", ".join(lines[1:]), "town": inner.said(*_TOWNS)}
    return cells | ({"postcode": postcode} if postcode else {})


def _flags(pupil: Node, basic: Node) -> dict[str, str]:
    cells = {}
    meals = pupil.one("FSMhistory")
    if meals is not None:
        cells["fsm"] = "Y" if any(not one.said("FSMendDate") for one in meals.all("FSMinstance")) else "N"
    care = pupil.one("LookedAfter")
    if care is not None and care.said("InCare"):
        cells["lac"] = care.said("InCare")
    history = pupil.one("SENhistory")
    stages = sorted(history.all("SEN"), key=lambda one: one.said("StartDate")) if history is not None else []
    if stages:
        stage = stages[-1].said("SENprovision").upper()
        cells["sen"] = _SEN.get(stage, stage)
    languages = basic.one("Languages")
    first = [one for one in (languages.all("Type") if languages else ()) if one.said("LanguageType").upper() == "F"]
    if first and first[0].said("Language"):
        cells["eal"] = "N" if first[0].said("Language").upper() in _ENGLISH else "Y"
    return cells


def _phones(contact: Node) -> dict[str, str]:
    holder = contact.one("Phones")
    numbers = [one.said("PhoneNo") for one in (holder.all("Phone") if holder else ()) if one.said("PhoneNo")]
    return {f"phone{place}": number for place, number in enumerate(numbers[:3], start=1)}
