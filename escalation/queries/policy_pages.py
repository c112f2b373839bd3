"""A school's policies to be read: the version in force, the others, the draft, and two of them side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

from escalation.models import PolicyDraft, PolicyVersion, Simulation
from escalation.queries import policies
from escalation.rules import describing, drafting
from escalation.rules.describing import JudgementWords, RuleWords
from registers.models import School

DRAFT = "draft"
TRIALS = 5
"""How many simulations the draft's page shows."""


@dataclass(frozen=True)
class PolicyPage:
    """A version and how each of its rules reads."""

    version: PolicyVersion
    rules: tuple[RuleWords, ...]
    judgements: tuple[JudgementWords, ...]
    document: Mapping[str, Any]


Words = TypeVar("Words", RuleWords, JudgementWords)


@dataclass(frozen=True)
class Beside(Generic[Words]):
    """One rule or judgement in two documents, None where one has none; `named` is its id."""

    named: str
    first: Words | None
    second: Words | None

    @property
    def change(self) -> str:
        """What became of it from the first to the second; "" where nothing did."""
        if self.first is None:
            return "added"
        if self.second is None:
            return "removed"
        return "" if self.first == self.second else "changed"


def page(version: PolicyVersion) -> PolicyPage:
    return PolicyPage(
        version,
        describing.rules_of(version.document),
        describing.judgements_of(version.document),
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


class Trial(NamedTuple):
    """A simulation, and whether what it tried is the draft as it stands now."""

    row: Simulation
    is_current: bool


def trials(working: PolicyDraft) -> list[Trial]:
    """What the school tried last, the latest first; without the results, which are long."""
    rows = Simulation.objects.filter(school=working.school_id).select_related("asked_by").defer("result")
    return [Trial(row, row.document == drafting.to_try(working.document)) for row in rows[:TRIALS]]


def named(school: School) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Everything that can be compared: key, name and document; the draft first."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    if (working := draft(school)) is not None:
        found[DRAFT] = ("Draft", working.document)
    for version in versions(school):
        found[str(version.pk)] = (f"{version.version}, from {version.applies_from:%d/%m/%Y}", version.document)
    return found


def rules_beside(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Beside[RuleWords], ...]:
    """The rules of two documents: those that differ first, in the second's order, then those it no longer has."""
    return _beside(describing.rules_of(first), describing.rules_of(second))


def judgements_beside(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Beside[JudgementWords], ...]:
    """The judgements of two documents, in the same order."""
    return _beside(describing.judgements_of(first), describing.judgements_of(second))


def _beside(first: Iterable[Words], second: Iterable[Words]) -> tuple[Beside[Words], ...]:
    old: dict[str, Words] = {one.id: one for one in first}
    new: dict[str, Words] = {one.id: one for one in second}
    ids = [*new, *(named for named in old if named not in new)]
    rows = [Beside(named, old.get(named), new.get(named)) for named in ids]
    return tuple(sorted(rows, key=lambda row: not row.change))


def changed(working: PolicyDraft) -> frozenset[str]:
    """The ids of the rules and judgements that a draft has otherwise than the version it was begun from, or besides."""
    if working.based_on is None:
        return frozenset()
    asked = (working.based_on.document, working.document)
    rules = {row.named for row in rules_beside(*asked) if row.change}
    return frozenset(rules | {row.named for row in judgements_beside(*asked) if row.change})
