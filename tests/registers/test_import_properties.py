"""Whatever rolls come one after the other: the chain tells each change, and the same files again change nothing."""

import random
from datetime import date, timedelta

import pytest

from registers.files import Row, Table
from registers.models import AdmissionChange, Contact, Membership, Parent, Pupil, School
from registers.rules import admissions
from registers.services import rolls
from tests import builders
from tests.registers.sheets import number

ALWAYS = {"legal_surname": ["Ash", "Elm"], "legal_forename": ["Ada"], "dob": ["2017-05-04"]}
PUPIL = {
    "admission_no": ["", "0012", "0013"], "preferred_forename": ["", "Addy"], "sex": ["F", "M", ""],
    "year_group": ["", "4", "5"], "class": ["1 Oak", "2 Ash", "3"], "start_date": ["2021-09-01"],
    "leave_date": ["", "2026-12-01", "2026-08-31"], "address1": ["", "1 High St"], "town": ["", "Ashby"],
    "postcode": ["", "EX4 0XX"], "fsm": ["Y", "N", ""], "sen": ["N", "K", "E", ""], "lac": ["Y", ""],
    "medical_note": ["", "Asthma"], "entered_on": ["", "2021-09-02"], "former_upn": ["", number(50)],
}  # fmt: skip
PERSON = {
    "contact_id": ["C1", "C2", "C3"], "forename": ["Pat", ""], "phone1": ["", "01632960201"],
    "email": ["", "a@b.example"], "address1": ["", "1 High St"],
}  # fmt: skip
TIE = {"priority": ["1", "2", "9"], "emergency": ["Y", "N"], "relationship": ["", "Mother"]}

State = dict[tuple[str, int | None, int | None, str], str]


def _state() -> State:
    """Every particular that the register holds, as the chain writes it."""
    found: State = {}
    for pupil in Pupil.objects.all():
        for name in admissions.PARTICULARS:
            found["pupil", pupil.pk, None, name] = admissions.as_text(getattr(pupil, name))
    for parent in Parent.objects.all():
        for name in admissions.PARENT_PARTICULARS:
            found["parent", None, parent.pk, name] = admissions.as_text(getattr(parent, name))
    for contact in Contact.objects.all():
        for name in admissions.CONTACT_PARTICULARS:
            found["contact", contact.pupil_id, contact.parent_id, name] = admissions.as_text(getattr(contact, name))
    return found


def _some(chance: random.Random, table: dict[str, list[str]]) -> list[str]:
    return [name for name in table if chance.random() < 0.6]


def _pupils(chance: random.Random, names: list[str]) -> Table:
    told = ALWAYS | {name: PUPIL[name] for name in names}
    rows = [Row(n, {"upn": number(n)} | {name: chance.choice(told[name]) for name in told}) for n in range(4)]
    return Table(["upn", *told], rows)


def _contacts(chance: random.Random) -> Table:
    names, ties = _some(chance, PERSON), _some(chance, TIE)
    people: dict[str, dict[str, str]] = {}
    rows: dict[tuple[str, str], Row] = {}
    for line in range(8):
        upn = number(chance.randrange(4))
        person = {name: chance.choice(PERSON[name]) for name in names} | {"surname": chance.choice(["Ash", "Elm"])}
        person = people.setdefault(person.get("contact_id", str(line)), person)
        tie = {name: chance.choice(TIE[name]) for name in ties}
        rows[upn, person.get("contact_id", str(line))] = Row(line, {"upn": upn} | person | tie)
    return Table(["upn", "surname", *names, *ties], sorted(rows.values(), key=lambda row: row.line))


@pytest.mark.parametrize("seed", range(5))
def test_the_chain_tells_every_change_and_nothing_else(school: School, operator: Membership, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    told = 0
    for week in range(5):
        tables = _pupils(chance, list(PUPIL) if week == 0 else _some(chance, PUPIL)), _contacts(chance)
        given = {"on": date(2026, 9, 1) + timedelta(weeks=week), "by": operator, "at": builders.AT}
        before, first = _state(), AdmissionChange.objects.count()
        rolls.take_in_tables(school, *tables, **given)
        after = _state()
        changes = {key: (before[key], now) for key, now in after.items() if key in before and before[key] != now}
        chain = AdmissionChange.objects.exclude(subject="class").exclude(field__in=("enrolled", "listed"))
        new = chain.filter(pk__in=AdmissionChange.objects.order_by("pk").values_list("pk", flat=True)[first:])
        steps = [((row.subject, row.pupil_id, row.parent_id, row.field), (row.old, row.new)) for row in new]
        assert sorted(steps, key=str) == sorted(changes.items(), key=str)
        assert rolls.take_in_tables(school, *tables, **given).changes == 0
        assert _state() == after
        told += len(changes)
    assert told > 50
