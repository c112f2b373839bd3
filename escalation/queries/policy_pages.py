"""A school's policies to be read: the version in force, the others, the draft, and two of them side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from escalation.models import PolicyDraft, PolicyVersion
from escalation.queries import policies
from escalation.rules import describing
from escalation.rules.describing import RuleWords
from registers.models import School

DRAFT = "draft"


@dataclass(frozen=True)
class PolicyPage:
    """A version and how each of its rules reads."""

    version: PolicyVersion
    rules: tuple[RuleWords, ...]
    judgements: tuple[Mapping[str, Any], ...]
    document: Mapping[str, Any]


class Beside(NamedTuple):
    """One rule in two documents, "" where one has none."""

    rule_id: str
    first: RuleWords | None
    second: RuleWords | None
    change: str


def page(version: PolicyVersion) -> PolicyPage:
    return PolicyPage(
        version,
        describing.rules_of(version.document),
        tuple(version.document.get("judgements", ())),
        version.document,
    )


def versions(school: School) -> list[PolicyVersion]:
    """Every version, the latest first."""
    found = PolicyVersion.objects.filter(school=school).select_related("adopted_by")
    return list(found.order_by("-applies_from", "-adopted_at", "-pk"))


def in_force(school: School, on: date) -> PolicyVersion | None:
    return policies.in_force(school, on)


def draft(school: School) -> PolicyDraft | None:
    return PolicyDraft.objects.filter(school=school).select_related("changed_by", "based_on").first()


def named(school: School) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Everything that can be compared: key, name and document; the draft first."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    if (working := draft(school)) is not None:
        found[DRAFT] = ("Draft", working.document)
    for version in versions(school):
        found[str(version.pk)] = (f"{version.version}, from {version.applies_from:%d/%m/%Y}", version.document)
    return found


def beside(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Beside, ...]:
    """The rules of two documents, in the second's order, then those that it no longer has."""
    old = {rule.id: rule for rule in describing.rules_of(first)}
    new = {rule.id: rule for rule in describing.rules_of(second)}
    rows = [Beside(rule_id, old.get(rule_id), rule, _change(old.get(rule_id), rule)) for rule_id, rule in new.items()]
    gone = [Beside(rule_id, rule, None, "removed") for rule_id, rule in old.items() if rule_id not in new]
    return (*rows, *gone)


def _change(old: RuleWords | None, new: RuleWords) -> str:
    if old is None:
        return "added"
    return "" if old == new else "changed"
