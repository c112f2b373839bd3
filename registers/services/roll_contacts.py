"""What the rows of a contacts file mean for the parents in the register and for what they are to each pupil."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from registers.files import Fault, Table
from registers.models import Contact, Parent, Pupil, School
from registers.rules import rolls as rules
from registers.rules.admissions import LISTED
from registers.rules.cells import CellRefusedError
from registers.rules.import_files import Difference, Result, RowOutcome
from registers.rules.rolls import ContactRow
from registers.rules.upn import UpnRefusedError
from registers.services import changes
from registers.services.changes import Change

_PHONES = ("phone1", "phone2", "phone3")
_MENDED = "A telephone number had lost its leading 0; it was put back."
_FIRST_STANDS = "The same person stands in line {line} with other particulars; those are taken."

Rows = list[tuple[int, ContactRow]]


@dataclass
class ContactPlan:
    """One row, the parent and the tie it speaks of, changed in memory and not yet written."""

    line: int
    contact: Contact
    parent: Parent
    is_new: bool
    before: dict[str, Any] = field(default_factory=dict)
    before_parent: dict[str, Any] = field(default_factory=dict)
    """What stood of the parent; told in the first row that names them."""

    @property
    def steps(self) -> list[Change]:
        pupil, parent = self.contact.pupil_id, self.parent.pk
        after = {name: getattr(self.parent, name) for name in self.before_parent}
        steps = changes.between(self.before_parent, after, subject=changes.PARENT, parent_id=parent)
        if self.is_new:
            return [*steps, Change(pupil, parent, changes.CONTACT, LISTED, "", "yes")]
        after = {name: getattr(self.contact, name) for name in self.before}
        return steps + changes.between(self.before, after, subject=changes.CONTACT, pupil_id=pupil, parent_id=parent)

    @property
    def outcome(self) -> RowOutcome:
        what = tuple(Difference(step.field, step.old, step.new) for step in self.steps if step.field != LISTED)
        result = Result.ADDED if self.is_new else Result.CHANGED if what else Result.UNCHANGED
        return RowOutcome(self.line, result, who=f"{self.contact.pupil.sort_name}: {self.parent.name}", what=what)


@dataclass
class ContactPlans:
    """What a file of contacts would do. `missing` are the contacts of pupils on roll that it does not name."""

    plans: list[ContactPlan]
    faults: list[Fault]
    notes: list[RowOutcome]
    missing: list[Contact]
    who: dict[int, str]
    parents: list[Parent] = field(default_factory=list)
    """The parents that would be new."""
    changed: list[Parent] = field(default_factory=list)


def read(table: Table) -> tuple[Rows, list[Fault], list[RowOutcome], dict[int, str]]:
    """The rows that can be read, the faults of the others, what was put right, and whom each line names."""
    found: Rows = []
    faults: list[Fault] = []
    notes: list[RowOutcome] = []
    who = {}
    for row in table.rows:
        who[row.line] = " ".join(filter(None, map(row.cells.get, ("forename", "surname"))))
        try:
            contact = rules.read_contact(row.cells)
        except (CellRefusedError, UpnRefusedError) as refused:
            faults.append(Fault(row.line, str(refused)))
            continue
        mended = {name: rules.mended_phone(contact.parent[name]) for name in _PHONES if name in contact.parent}
        if any(contact.parent[name] != number for name, number in mended.items()):
            notes.append(RowOutcome(row.line, Result.NOTED, _MENDED, who[row.line]))
        found.append((row.line, replace(contact, parent=contact.parent | mended)))
    return found, faults, notes, who


def plan(
    school: School, table: Table, standing: Mapping[str, Sequence[Pupil]], on: date, refused: frozenset[str]
) -> ContactPlans:
    """Hold every row against the register, without writing. `standing` are the pupils by UPN, new ones included.

    `refused` are UPNs whose pupil is refused already: what is wrong is told there.
    """
    rows, faults, notes, who = read(table)
    pupils = {upn: max(spells, key=lambda one: one.starts_on) for upn, spells in standing.items() if spells}
    unknown = {row.upn for _, row in rows} - pupils.keys()
    strangers = unknown - refused
    faults += [Fault(line, "No pupil with this UPN is on the roll.") for line, row in rows if row.upn in strangers]
    rows = [(line, row) for line, row in rows if row.upn not in unknown]
    parents = {parent.contact_id: parent for parent in Parent.objects.filter(school=school).order_by("pk")}
    links = _links(school)
    rows, given = _identified(rows, parents, pupils, links)
    rows, more, further = _once(rows, given)
    faults, notes = faults + more, notes + further
    found = ContactPlans([], faults, notes, [], who)
    told: dict[str, dict[str, Any]] = {}
    order: Counter[str] = Counter()
    for line, row in rows:
        order[row.upn] += 1
        parent = parents.get(row.contact_id)
        if parent is None:
            parent = Parent(school=school, contact_id=row.contact_id, **row.parent)
            parents[row.contact_id] = parent
            found.parents.append(parent)
            told[row.contact_id] = {}
        elif row.contact_id not in told:
            told[row.contact_id] = _apply(parent, row.parent)
            found.changed += [parent] if told[row.contact_id] else []
        pupil = pupils[row.upn]
        link = links.get((pupil.pk, parent.pk)) if pupil.pk and parent.pk else None
        before = told[row.contact_id]
        told[row.contact_id] = {}
        if link is None:
            contact = Contact(school=school, pupil=pupil, parent=parent, **{"priority": order[row.upn]} | row.contact)
            found.plans.append(ContactPlan(line, contact, parent, is_new=True, before_parent=before))
        else:
            stood = _apply(link, row.contact)
            link.pupil, link.parent = pupil, parent
            found.plans.append(ContactPlan(line, link, parent, False, before=stood, before_parent=before))
    found.missing = _missing(links, found.plans, pupils, on)
    found.faults.sort(key=lambda fault: fault.line)
    return found


def _links(school: School) -> dict[tuple[int, int], Contact]:
    rows = Contact.objects.filter(school=school).select_related("pupil", "parent").order_by("priority", "pk")
    return {(link.pupil_id, link.parent_id): link for link in rows}


def _apply(row: Parent | Contact, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Set what differs, and return what stood before of that."""
    stood = {name: getattr(row, name) for name, value in fields.items() if getattr(row, name) != value}
    for name in stood:
        setattr(row, name, fields[name])
    return stood


def _name(parent: Mapping[str, Any]) -> tuple[str, str]:
    return parent.get("surname", "").casefold(), parent.get("forename", "").casefold()


def _home(parent: Mapping[str, Any]) -> str:
    """Where somebody lives, as far as two spellings of it can be compared; "" if that is not known."""
    address = "".join(part for part in parent.get("address", "").casefold() if part.isalnum())
    postcode = parent.get("postcode", "").casefold().replace(" ", "")
    return f"{address}|{postcode}" if address else ""


def _identified(
    rows: Rows, parents: Mapping[str, Parent], pupils: Mapping[str, Pupil], links: Mapping[tuple[int, int], Contact]
) -> tuple[Rows, bool]:
    """The rows with a number for each person, and whether the file gave those itself.

    A file without numbers means by a name the pupil's own contact of that name; else whoever has it and lives there.
    """
    if all(row.contact_id for _, row in rows):
        return rows, True
    own: dict[tuple[int, tuple[str, str]], list[str]] = defaultdict(list)
    # Of two of one name the first entered is the first in the file: the order to ring may be what the file changes.
    for (pupil_id, _), link in sorted(links.items(), key=lambda one: one[1].pk):
        own[pupil_id, _name(_plain(link.parent))].append(link.parent.contact_id)
    homes: dict[tuple[tuple[str, str], str], str] = {}
    for parent in parents.values():
        homes.setdefault((_name(_plain(parent)), _home(_plain(parent))), parent.contact_id)
    seen: Counter[tuple[str, tuple[str, str]]] = Counter()
    found: Rows = []
    for line, row in rows:
        name, home = _name(row.parent), _home(row.parent)
        place = seen[row.upn, name]
        seen[row.upn, name] += 1
        known = own.get((pupils[row.upn].pk or 0, name), [])
        if place < len(known):
            contact_id = known[place]
        elif home and place == 0:
            contact_id = homes.setdefault((name, home), _number(*name, home))
        else:
            contact_id = _number(row.upn, *name, str(place))
        found.append((line, replace(row, contact_id=contact_id)))
    return found, False


def _plain(parent: Parent) -> dict[str, str]:
    return {name: getattr(parent, name) for name in ("surname", "forename", "address", "postcode")}


def _number(*parts: str) -> str:
    """A number for somebody whom no system gave one: the same for the same words."""
    return "file-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def _once(rows: Rows, given: bool) -> tuple[Rows, list[Fault], list[RowOutcome]]:
    """Each person of each pupil once, and each person with one set of particulars."""
    found: Rows = []
    faults: list[Fault] = []
    notes: list[RowOutcome] = []
    people: dict[str, tuple[int, dict[str, Any]]] = {}
    pairs: dict[tuple[str, str], int] = {}
    for line, row in rows:
        first, parent = people.setdefault(row.contact_id, (line, row.parent))
        pair = (row.upn, row.contact_id)
        if parent != row.parent:
            if given:
                faults.append(Fault(line, f"The same contact_id stands in line {first} with other particulars."))
            else:
                notes.append(RowOutcome(line, Result.NOTED, _FIRST_STANDS.format(line=first)))
        if pair in pairs:
            faults.append(Fault(line, f"The same contact of the same pupil stands in line {pairs[pair]} already."))
            continue
        pairs[pair] = line
        found.append((line, replace(row, parent=parent)))
    return found, faults, notes


def _missing(
    links: Mapping[tuple[int, int], Contact], plans: Iterable[ContactPlan], pupils: Mapping[str, Pupil], on: date
) -> list[Contact]:
    """The contacts of pupils on roll whom the file does not name."""
    named = {(one.contact.pupil_id, one.parent.pk) for one in plans if not one.is_new}
    here = {one.pk for one in pupils.values() if one.pk and (one.leaves_on is None or one.leaves_on >= on)}
    return [link for key, link in links.items() if key not in named and link.pupil_id in here]


def save(found: ContactPlans) -> None:
    """Write the parents and what they are to the pupils, who are written already."""
    Parent.objects.bulk_create(found.parents, batch_size=200)
    if found.changed:
        names = sorted({name for one in found.plans for name in one.before_parent})
        Parent.objects.bulk_update(found.changed, names, batch_size=50)
    for one in found.plans:
        # The pupil and the parent may be of this very file: only now do they have their numbers.
        one.contact.pupil_id, one.contact.parent_id = one.contact.pupil.pk, one.parent.pk
    Contact.objects.bulk_create([one.contact for one in found.plans if one.is_new], batch_size=200)
    changed = [one for one in found.plans if not one.is_new and one.before]
    if changed:
        names = sorted({name for one in changed for name in one.before})
        Contact.objects.bulk_update([one.contact for one in changed], names, batch_size=100)
