"""Working on a policy that is not in force: one draft a school, changed rule by rule, adopted from a day."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from escalation import policy_file
from escalation.models import PolicyDraft, PolicyVersion
from escalation.policy_file import PolicyRefusedError
from escalation.rules import drafting
from escalation.rules.drafting import DraftRefusedError
from escalation.rules.policy import Fault
from escalation.services import policies
from letters.rules import kinds
from registers.models import Membership, School
from registers.rules import rights
from registers.rules.rights import Right, Role
from registers.services import record

RULES, JUDGEMENTS = "rules", "judgements"
_ONE_OF: Mapping[str, str] = {RULES: "rule", JUDGEMENTS: "judgement"}
Change = Callable[[dict[str, Any]], dict[str, Any]]


@transaction.atomic
def begin(school: School, *, by: Membership, at: datetime, version: PolicyVersion | None = None) -> PolicyDraft:
    """Begin a draft from a version, or from a blank page. Raises DraftRefusedError while another is open."""
    document = drafting.from_version(version.document) if version else drafting.blank(at.date())
    return _open(school, document, version, by=by, at=at)


@transaction.atomic
def take_in(
    school: School, document: Mapping[str, Any], *, by: Membership, at: datetime, replace: bool = False
) -> PolicyDraft:
    """Begin a draft with the document of a file. `replace` puts it in place of the draft that is open."""
    if replace:
        PolicyDraft.objects.filter(school=school).delete()
    return _open(school, dict(document), None, by=by, at=at)


def _open(
    school: School, document: dict[str, Any], based_on: PolicyVersion | None, *, by: Membership, at: datetime
) -> PolicyDraft:
    rights.check(Role(by.role), Right.SET_POLICY)
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    if PolicyDraft.objects.filter(school=school).exists():
        raise DraftRefusedError("A draft is open already. Adopt it or drop it first.")
    draft = PolicyDraft.objects.create(
        school=school,
        document=policy_file.kept(document),
        based_on=based_on,
        changed_at=at,
        changed_by=by.user,
        changed_role=by.role,
    )
    record.write("policy draft begun", by=by, at=at, subject=f"draft:{draft.pk}", facts={"from": _name(based_on)})
    return draft


def _name(version: PolicyVersion | None) -> str:
    return version.version if version else ""


def save_head(
    draft: PolicyDraft, fields: Mapping[str, Any], revision: int, *, by: Membership, at: datetime
) -> PolicyDraft:
    """Save what stands above the rules: version, title, expected attendance, review."""
    return _change(draft, revision, lambda document: {**document, **policy_file.kept(fields)}, by=by, at=at)


def save_rule(
    draft: PolicyDraft, place: int | None, rule: Mapping[str, Any], revision: int, *, by: Membership, at: datetime
) -> PolicyDraft:
    """Put a rule in its place, or without one at the end. Raises PolicyRefusedError with the rule's own faults."""
    kept = policy_file.kept(rule)
    return _change(draft, revision, lambda document: _with(document, RULES, place, kept), by=by, at=at)


def save_judgement(
    draft: PolicyDraft, place: int | None, judgement: Mapping[str, Any], revision: int, *, by: Membership, at: datetime
) -> PolicyDraft:
    """Put a judgement in its place, or without one at the end. Raises PolicyRefusedError with its own faults."""
    kept = policy_file.kept(judgement)
    return _change(draft, revision, lambda document: _with(document, JUDGEMENTS, place, kept), by=by, at=at)


def remove_rule(draft: PolicyDraft, place: int, revision: int, *, by: Membership, at: datetime) -> PolicyDraft:
    return _change(draft, revision, lambda document: _without(document, RULES, place), by=by, at=at)


def remove_judgement(draft: PolicyDraft, place: int, revision: int, *, by: Membership, at: datetime) -> PolicyDraft:
    return _change(draft, revision, lambda document: _without(document, JUDGEMENTS, place), by=by, at=at)


def _with(document: dict[str, Any], table: str, place: int | None, row: dict[str, Any]) -> dict[str, Any]:
    """The document with a row of a table in its place, or refused with that row's own faults."""
    rows = list(document.get(table, ()))
    at = len(rows) if place is None else place
    rows[at : at + 1] = [row]
    changed = {**document, table: rows}
    faults = policy_file.faults_of(changed, frozenset(kinds.KINDS))
    if own := [fault for fault in faults if fault.path[:3] == ("policy", table, at)]:
        raise PolicyRefusedError(own)
    return changed


def _without(document: dict[str, Any], table: str, place: int) -> dict[str, Any]:
    rows = list(document.get(table, ()))
    if place >= len(rows):
        raise DraftRefusedError(f"The draft has no such {_ONE_OF[table]} any more.")
    return {**document, table: [*rows[:place], *rows[place + 1 :]]}


@transaction.atomic
def _change(draft: PolicyDraft, revision: int, change: Change, *, by: Membership, at: datetime) -> PolicyDraft:
    rights.check(Role(by.role), Right.SET_POLICY)
    row = PolicyDraft.objects.select_for_update().filter(school_id=draft.school_id, pk=draft.pk).first()
    if row is None:
        raise DraftRefusedError("The draft was adopted or dropped meanwhile.")
    if row.revision != revision:
        raise DraftRefusedError("The draft was changed meanwhile. Look at it as it stands now, then change it again.")
    row.document = change(row.document)
    row.revision += 1
    row.changed_at, row.changed_by, row.changed_role = at, by.user, by.role
    row.save()
    record.write("policy draft changed", by=by, at=at, subject=f"draft:{row.pk}", facts={"revision": row.revision})
    return row


@transaction.atomic
def drop(draft: PolicyDraft, *, by: Membership, at: datetime) -> None:
    rights.check(Role(by.role), Right.SET_POLICY)
    record.write("policy draft dropped", by=by, at=at, subject=f"draft:{draft.pk}")
    PolicyDraft.objects.filter(school_id=draft.school_id, pk=draft.pk).delete()


@transaction.atomic
def adopt(
    draft: PolicyDraft, applies_from: date, revision: int, *, by: Membership, at: datetime, today: date
) -> PolicyVersion:
    """Adopt the draft from a day on; the versions before it stay as they were.

    Raises PolicyRefusedError with every fault of the draft, and DraftRefusedError for a day past where there are any.
    """
    rights.check(Role(by.role), Right.SET_POLICY)
    school = School.objects.select_for_update(no_key=True).get(pk=draft.school_id)
    row = PolicyDraft.objects.filter(school=school, pk=draft.pk, revision=revision).first()
    if row is None:
        raise DraftRefusedError("The draft was changed meanwhile. Look at it as it stands now, then adopt it.")
    # A school's first policy may reach back, so that its first scan finds one: nobody was flagged before it.
    if PolicyVersion.objects.filter(school=school).exists():
        drafting.check_from(applies_from, today)
    document = {**row.document, "applies_from": applies_from.isoformat()}
    name = str(document.get("version", ""))
    if PolicyVersion.objects.filter(school=school, version=name).exists():
        raise PolicyRefusedError([Fault(("policy", "version"), _TAKEN.format(version=name))])
    version = policies.adopt(school, document, by=by, at=at)
    row.delete()
    return version


_TAKEN = "There is a version {version} already. Give the draft a version of its own, such as the month it begins."
