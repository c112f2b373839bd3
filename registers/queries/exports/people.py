"""The admission register, contacts, leavers and classes as lists, in the columns that imports read (domain 7.3)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from django.db.models import Q, QuerySet

from registers import exports
from registers.exports import Asked, Export
from registers.models import ClassPlace, ClassTeacher, Contact, Parent, Pupil, SchoolClass
from registers.queries import classes
from registers.rules.exports import Column, Kind, Value, texts
from registers.rules.rights import Right

_SENSITIVE = frozenset({"lac", "social_worker", "medical_note"})
_DAY = Kind.DATE

PUPIL_COLUMNS = (
    *texts("upn", "admission_no", "legal_surname", "legal_forename", "preferred_forename"),
    Column("dob", _DAY),
    *texts("sex", "year_group", "class"),
    Column("start_date", _DAY),
    Column("leave_date", _DAY),
    *texts("address1", "address2", "town", "postcode", "fsm", "pp", "sen", "eal", "lac", "social_worker"),
    *texts("ethnicity", "service", "mobile_child"),
    *texts("middle_names", "preferred_surname", "former_surname", "former_upn"),
    Column("entered_on", _DAY),
    *texts("leaving_ground", "leaving_note", "previous_school", "previous_school_address", "next_school"),
    Column("next_school_from", _DAY),
    *texts("boarder", "future_address"),
    Column("future_address_from", _DAY),
    *texts("future_address_with", "medical_note"),
)
CONTACT_COLUMNS = (
    *texts("upn", "contact_id"),
    Column("priority", Kind.NUMBER),
    *texts("title", "forename", "surname", "relationship", "parental_responsibility", "lives_with_pupil", "emergency"),
    *texts("phone1", "phone2", "phone3", "email", "address1", "address2", "town", "postcode", "court_order_flag"),
)


@exports.listed(
    "pupils",
    right=Right.SEE_FAMILY,
    title="Admission register",
    says="Everybody on roll or to come, with every particular; comes back in through an import.",
)
def pupils(asked: Asked) -> Export:
    """The admission register of everybody on roll or to come, as imports read it; sensitive columns by right."""
    found = Pupil.objects.filter(Q(leaves_on__isnull=True) | Q(leaves_on__gte=asked.today), school=asked.school)
    return _pupils(asked, _by_name(found), "Admission register", "admission-register")


@exports.listed(
    "leavers",
    right=Right.SEE_FAMILY,
    title="Leavers",
    says="Everybody who has left, with the ground of deletion and where they went.",
)
def leavers(asked: Asked) -> Export:
    """Those who have left, with the ground of deletion and where they went."""
    found = Pupil.objects.filter(school=asked.school, leaves_on__lt=asked.today)
    return _pupils(asked, list(found.order_by("-leaves_on", "legal_surname", "pk")), "Leavers", "leavers")


def _by_name(found: QuerySet[Pupil]) -> list[Pupil]:
    return list(found.order_by("legal_surname", "legal_forename", "pk"))


def _pupils(asked: Asked, found: list[Pupil], title: str, name: str) -> Export:
    places: dict[int, list[ClassPlace]] = defaultdict(list)
    for place in ClassPlace.objects.filter(school=asked.school).select_related("school_class").order_by("starts_on"):
        places[place.pupil_id].append(place)
    columns = [column for column in PUPIL_COLUMNS if column.name not in _SENSITIVE or asked.may(Right.SEE_SENSITIVE)]
    return Export(
        title,
        f"{name}-{asked.today}",
        columns,
        (_pupil_row(pupil, columns, places.get(pupil.pk, ()), asked.today) for pupil in found),
        [f"{asked.school.name}, as it stands on {asked.today:%d/%m/%Y}."],
    )


def _pupil_row(pupil: Pupil, columns: Sequence[Column], places: Sequence[ClassPlace], today: date) -> list[Value]:
    on = max(today, pupil.starts_on)
    address1, address2, town = address_lines(pupil.address)
    special: dict[str, Value] = {
        "year_group": _year(pupil.year_group(on)),
        "class": _class_on(places, on),
        "start_date": pupil.starts_on,
        "leave_date": pupil.leaves_on,
        "address1": address1,
        "address2": address2,
        "town": town,
    }
    return [special[each.name] if each.name in special else getattr(pupil, each.name) for each in columns]


def _year(number: int) -> str:
    return {-1: "N", 0: "R"}.get(number, str(number)) if number >= -1 else ""


def _class_on(places: Sequence[ClassPlace], on: date) -> str:
    """The class held on a day, or else the last one held."""
    held = [place for place in places if place.starts_on <= on] or list(places[:1])
    return held[-1].school_class.name if held else ""


def address_lines(address: str) -> tuple[str, str, str]:
    """An address in the three columns of a file: first line, what lies between, last line."""
    lines = [line for line in address.splitlines() if line]
    if len(lines) < 2:
        return (lines[0] if lines else "", "", "")
    return lines[0], ", ".join(lines[1:-1]), lines[-1]


@exports.listed(
    "contacts",
    right=Right.SEE_FAMILY,
    title="Contacts",
    says="Parents and others in the order in which they are rung; comes back in through an import.",
)
def contacts(asked: Asked) -> Export:
    """Everybody the school may ring about a pupil on roll or to come, in the order in which they are rung."""
    links = (
        Contact.objects.filter(school=asked.school)
        .filter(Q(pupil__leaves_on__isnull=True) | Q(pupil__leaves_on__gte=asked.today))
        .select_related("pupil", "parent")
        .order_by("pupil__legal_surname", "pupil__legal_forename", "pupil_id", "priority", "pk")
    )
    return Export(
        "Contacts",
        f"contacts-{asked.today}",
        CONTACT_COLUMNS,
        (_contact_row(link, link.parent) for link in links),
        [f"{asked.school.name}, as it stands on {asked.today:%d/%m/%Y}."],
    )


def _contact_row(link: Contact, parent: Parent) -> list[Value]:
    return [
        link.pupil.upn,
        parent.contact_id,
        link.priority,
        parent.title,
        parent.forename,
        parent.surname,
        link.relationship,
        link.parental_responsibility,
        link.lives_with_pupil,
        link.emergency,
        parent.phone1,
        parent.phone2,
        parent.phone3,
        parent.email,
        *address_lines(parent.address),
        parent.postcode,
        link.court_order,
    ]


@exports.listed("classes", title="Classes", says="Today’s classes, their teachers and how many are in each.")
def class_list(asked: Asked) -> Export:
    """The classes with somebody in them today, their teachers and how many they are."""
    sizes = Counter(classes.class_names(asked.school, asked.today).values())
    teachers: dict[int, list[str]] = defaultdict(list)
    held = ClassTeacher.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=asked.today), school=asked.school)
    for teacher in held.filter(starts_on__lte=asked.today).select_related("user").order_by("user__name"):
        teachers[teacher.school_class_id].append(teacher.user.name)
    return Export(
        "Classes",
        f"classes-{asked.today}",
        (*texts("class", "teachers"), Column("pupils", Kind.NUMBER)),
        _class_rows(classes.all_of(asked.school, asked.today), teachers, sizes),
        [f"{asked.school.name}, {asked.today:%d/%m/%Y}."],
    )


def _class_rows(
    found: QuerySet[SchoolClass], teachers: dict[int, list[str]], sizes: Counter[str]
) -> Iterator[list[Value]]:
    for one in found:
        yield [one.name, ", ".join(teachers[one.pk]), sizes[one.name]]
