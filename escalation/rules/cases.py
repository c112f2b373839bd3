"""A case: the school's work with one family, through the stages of the policy it was opened under."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from escalation.rules.policy import Policy


class CaseRefusedError(Exception):
    """A step that a case, its tasks or its notes cannot take; the message says why and what to do."""


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


CASE_STATE_NAMES: Mapping[CaseState, str] = {CaseState.OPEN: "Open", CaseState.CLOSED: "Closed"}

MOVES: Mapping[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.CLOSED}),
    # A family that needs the school again comes back to its own history.
    CaseState.CLOSED: frozenset({CaseState.OPEN}),
}


def check_move(old: CaseState, new: CaseState) -> None:
    if new not in MOVES[old]:
        raise CaseRefusedError(f"This case is {CASE_STATE_NAMES[old].lower()} already.")


class Barrier(StrEnum):
    """What keeps a child from school, as the school and the family see it."""

    HEALTH = "health"
    ANXIETY = "anxiety"
    TRANSPORT = "transport"
    HOUSING = "housing"
    MONEY = "money"
    CARING = "caring"
    FRIENDS = "friends"
    LEARNING = "learning"
    ROUTINE = "routine"
    OTHER = "other"


BARRIER_NAMES: Mapping[Barrier, str] = {
    Barrier.HEALTH: "Physical health",
    Barrier.ANXIETY: "Worry about school",
    Barrier.TRANSPORT: "Getting here",
    Barrier.HOUSING: "Housing",
    Barrier.MONEY: "Money",
    Barrier.CARING: "Caring for somebody at home",
    Barrier.FRIENDS: "Friendships, bullying",
    Barrier.LEARNING: "Learning, special needs",
    Barrier.ROUTINE: "Routines, sleep",
    Barrier.OTHER: "Something else",
}


@dataclass(frozen=True)
class StageTable:
    """The stages of one policy, lightest first, each with its rank; stages of one rank stand side by side."""

    ranks: Mapping[str, int]

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(self.ranks)

    @property
    def moves(self) -> Mapping[str, frozenset[str]]:
        """From each stage: to any graver one, for attendance can fall fast, and back by one step at a time."""
        return {
            old: frozenset(new for new in self.ranks if new != old and self.ranks[new] >= self.ranks[old] - 1)
            for old in self.ranks
        }

    def check_move(self, old: str, new: str) -> None:
        """Refuse a step that the policy's stages do not allow."""
        if new not in self.ranks:
            raise CaseRefusedError(f"The policy this case was opened under knows no stage “{new}”.")
        if old == new:
            raise CaseRefusedError(f"The case is at stage {old} already.")
        # A stage the table does not know comes from nowhere, so it may go anywhere.
        if old in self.ranks and new not in self.moves[old]:
            below = [stage for stage in self.stages if self.ranks[stage] == self.ranks[old] - 1]
            raise CaseRefusedError(
                f"From stage {old} a case steps back one stage at a time: to {' or '.join(below)} first."
            )


def stage_table(policy: Policy) -> StageTable:
    """The stages a policy's rules name, in the order of their risk; a stage of several rules has the lightest's."""
    risks: dict[str, int] = {}
    for rule in policy.rules:
        risks[rule.stage] = min(rule.risk, risks.get(rule.stage, rule.risk))
    order = sorted(set(risks.values()))
    return StageTable({stage: order.index(risk) for stage, risk in sorted(risks.items(), key=lambda one: one[1])})
