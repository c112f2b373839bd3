"""The chain of one pupil's entry in the admission register: first entered, every later entry, and as it stood."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from registers.models import AdmissionChange, Contact, Parent, Pupil
from registers.rules import admissions as rules
from registers.rules import deletion
from registers.rules.admissions import CLASS, CONTACT, PARENT, PUPIL, Step, as_text

HIDDEN = "(only for those who may see sensitive notes)"
NOTHING = {"", "no"}
"""What a line that never held anything shows; such a line is left out."""
SUBJECTS: Mapping[str, Mapping[str, str]] = {
    PUPIL: {**rules.PARTICULARS, rules.ENROLLED: "Enrolled from"},
    PARENT: rules.PARENT_PARTICULARS,
    CONTACT: {**rules.CONTACT_PARTICULARS, rules.LISTED: "Among the contacts"},
}


@dataclass(frozen=True)
class Entry:
    """One later entry as the page shows it; `hides` where the values are not for everybody."""

    at: datetime
    whose: str
    field: str
    old: str
    new: str
    reason: str
    who: str
    role: str
    source: str
    hides: bool = False


@dataclass(frozen=True)
class Line:
    """One particular: as first entered, as it stood on a day, and now."""

    name: str
    first: str
    stood: str
    now: str

    @property
    def has_changed(self) -> bool:
        return not self.first == self.stood == self.now


@dataclass(frozen=True)
class ContactThen:
    """A contact as they stood on a day."""

    name: str
    priority: str
    what: str
    details: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """An entry of the admission register with everything that was made of it."""

    lines: tuple[Line, ...]
    contacts: tuple[ContactThen, ...]
    chain: tuple[Entry, ...]
    was_entered: bool
    """Whether the pupil was on the register on the day asked for."""


def history(pupil: Pupil, on: date, *, sensitive: bool) -> History:
    """The chain of a pupil's entry, with how it stood at the end of a day; a constant number of queries."""
    rows = list(
        AdmissionChange.objects.filter(Q(pupil=pupil) | Q(pupil__isnull=True, parent__in=_parents_ever(pupil)))
        .select_related("by", "parent")
        .order_by("at", "pk")
    )
    kept = set() if sensitive else {(row.at, row.by_id) for row in rows if _is_sensitive(row)}
    begun = next((_day(row.at) for row in rows if row.field == rules.ENROLLED), pupil.entered_on or pupil.starts_on)
    return History(
        lines=_lines(pupil, rows, on, sensitive),
        contacts=tuple(_contacts_then(pupil, rows, on)),
        chain=tuple(_entry(row, sensitive, (row.at, row.by_id) in kept) for row in reversed(rows)),
        was_entered=begun <= on,
    )


def _parents_ever(pupil: Pupil) -> set[int | None]:
    now = Contact.objects.filter(pupil=pupil).values_list("parent_id", flat=True)
    ever = AdmissionChange.objects.filter(pupil=pupil, parent__isnull=False).values_list("parent_id", flat=True)
    return {*now, *ever}


def _day(at: datetime) -> date:
    """The school's day of an instant."""
    return at.astimezone(timezone.get_current_timezone()).date()


def _steps(rows: Iterable[AdmissionChange]) -> list[Step]:
    return [Step(_day(row.at), row.field, row.old) for row in rows]


def _lines(pupil: Pupil, rows: Sequence[AdmissionChange], on: date, sensitive: bool) -> tuple[Line, ...]:
    shown = [name for name in rules.PARTICULARS if sensitive or name not in rules.SENSITIVE]
    now = {name: as_text(getattr(pupil, name)) for name in shown}
    steps = _steps(row for row in rows if row.subject == PUPIL)
    first, stood = rules.as_first_entered(now, steps), rules.as_stood(now, steps, on)
    lines = (
        Line(rules.PARTICULARS[name], *(in_words(name, values[name]) for values in (first, stood, now)))
        for name in shown
    )
    return tuple(line for line in lines if {line.first, line.stood, line.now} - NOTHING)


def _contacts_then(pupil: Pupil, rows: Sequence[AdmissionChange], on: date) -> Iterator[ContactThen]:
    links = {row.parent_id: row for row in Contact.objects.filter(pupil=pupil)}
    parents = {row.pk: row for row in Parent.objects.filter(school=pupil.school_id, pk__in=_parents_of(rows, links))}
    found = []
    for pk, parent in parents.items():
        of_link = _steps(row for row in rows if row.parent_id == pk and row.subject == CONTACT)
        of_parent = _steps(row for row in rows if row.parent_id == pk and row.subject == PARENT)
        link = rules.as_stood(_link_now(links.get(pk)), of_link, on)
        if link[rules.LISTED] != "yes":
            continue
        found.append(_then(rules.as_stood(_columns(parent, rules.PARENT_PARTICULARS), of_parent, on), link))
    yield from sorted(found, key=lambda one: (len(one.priority), one.priority, one.name))


def _parents_of(rows: Iterable[AdmissionChange], links: Mapping[int, Contact]) -> set[int]:
    return {row.parent_id for row in rows if row.parent_id is not None} | set(links)


def _columns(row: Any, names: Iterable[str]) -> dict[str, str]:
    return {name: as_text(getattr(row, name)) for name in names}


def _link_now(link: Contact | None) -> dict[str, str]:
    if link is None:
        return dict.fromkeys(rules.CONTACT_PARTICULARS, "") | {rules.LISTED: ""}
    return _columns(link, rules.CONTACT_PARTICULARS) | {rules.LISTED: "yes"}


def _then(parent: Mapping[str, str], link: Mapping[str, str]) -> ContactThen:
    flags = ("parental_responsibility", "lives_with_pupil", "emergency", "court_order")
    address = ", ".join(part for part in (*parent["address"].splitlines(), parent["postcode"]) if part)
    phones = ", ".join(filter(None, (parent[name] for name in ("phone1", "phone2", "phone3", "email"))))
    said = ". ".join(rules.CONTACT_PARTICULARS[name] for name in flags if link[name] == "yes")
    name = " ".join(part for part in (parent["title"], parent["forename"], parent["surname"]) if part)
    return ContactThen(name, link["priority"], link["relationship"], tuple(filter(None, (phones, address, said))))


def _is_sensitive(row: AdmissionChange) -> bool:
    return row.subject == PUPIL and row.field in rules.SENSITIVE


def _entry(row: AdmissionChange, sensitive: bool, hides_reason: bool) -> Entry:
    """One entry. The reason may be that of a sensitive particular changed with it, and is then hidden as well."""
    hides = _is_sensitive(row) and not sensitive
    old, new = (HIDDEN, HIDDEN) if hides else (in_words(row.field, row.old), in_words(row.field, row.new))
    return Entry(
        at=row.at,
        whose=row.parent.name if row.parent is not None else "",
        field="Sensitive notes" if hides else field_name(row.subject, row.field),
        old=old,
        new=new,
        reason=HIDDEN if hides_reason else row.reason,
        who=row.by.name,
        role=row.role,
        source=row.source,
        hides=hides,
    )


def field_name(subject: str, field: str) -> str:
    """What a field of the chain is called on a page."""
    if subject == CLASS:
        return f"Class from {_written(field.removeprefix('class from '))}"
    return SUBJECTS.get(subject, {}).get(field, field.replace("_", " ").capitalize())


def in_words(field: str, value: str) -> str:
    """A value of the chain as a page shows it."""
    if not value:
        return ""
    if field == "sex":
        return rules.SEX_NAMES.get(value, value)
    if field == "sen":
        return rules.SEN_NAMES.get(value, value)
    if field == "leaving_ground":
        return str(deletion.GROUNDS.get(value, value))
    if field == "year_offset":
        return "" if value == "0" else rules.OFFSET_NAMES.get(int(value), value)
    return _written(value)


def _written(value: str) -> str:
    """A day as people write it; anything else as it is."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    return f"{day.day} {day:%B %Y}"
