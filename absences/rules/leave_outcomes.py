"""What became of leave once its days have passed: whether it was taken, and what was taken without leave.

Source: SI 2024/208 reg 10 Table 3 (G: a holiday without leave, or beyond the leave given). A session is G or O only
after it was missed: before that nobody knows whether the family will go.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from absences.rules.leave import HELD, Category, LeaveRefusedError, LeaveState
from registers.rules import codes
from registers.rules.sessions import SessionOn


class Outcome(StrEnum):
    """Whether the family went, as far as the register says."""

    TO_COME = "to come"
    TAKEN = "taken"
    PART_TAKEN = "part taken"
    NOT_TAKEN = "not taken"


OUTCOME_NAMES: Mapping[Outcome, str] = {
    Outcome.TO_COME: "Not settled yet",
    Outcome.TAKEN: "Taken",
    Outcome.PART_TAKEN: "Part taken",
    Outcome.NOT_TAKEN: "Not taken",
}
_SETTLED = frozenset(Outcome) - {Outcome.TO_COME}

MOVES: Mapping[Outcome, frozenset[Outcome]] = {
    Outcome.TO_COME: _SETTLED,
    **{outcome: _SETTLED - {outcome} for outcome in sorted(_SETTLED)},
}
"""A mark amended later may change what was settled; nothing that was settled is open again."""

SETTLED_AGAIN_FOR = 60
"""Days after its end in which a request is looked at again each night, because a late reason may amend its marks."""


def check_move(old: Outcome, new: Outcome) -> None:
    if new not in MOVES[old]:
        raise LeaveRefusedError(f"Leave that is {OUTCOME_NAMES[old].lower()} cannot become {new}.")


AWAY = frozenset({codes.UNEXPLAINED, "G", "O"})
"""Marks of a session missed for no other reason that the register knows."""


def outcome_of(marks: Mapping[SessionOn, str], asked: Sequence[SessionOn], code: str) -> Outcome:
    """Whether the sessions asked for were missed as asked; `code` is the leave's, blank if it was refused.

    A session that the child was ill in, or not required for, says nothing. While a session has no mark, nothing is
    settled: a blank is neither presence nor absence.
    """
    found = [marks.get(place) for place in asked]
    if not found or None in found:
        return Outcome.TO_COME
    missed = sum(symbol in AWAY or (bool(code) and symbol == code) for symbol in found)
    told = missed + sum(codes.code(symbol).is_attended for symbol in found if symbol)
    if missed == 0:
        return Outcome.NOT_TAKEN
    return Outcome.TAKEN if missed == told else Outcome.PART_TAKEN


@dataclass(frozen=True)
class Standing:
    """A mark as the rule must know it: its code, and whether the night gave it because no reason was found."""

    code: str
    is_nightly: bool = False

    @property
    def is_unsettled(self) -> bool:
        return self.code == codes.UNEXPLAINED or (self.code == "O" and self.is_nightly)


def without_leave(
    marks: Mapping[SessionOn, Standing],
    asked: Sequence[SessionOn],
    granted: Collection[SessionOn],
    after: Iterable[SessionOn],
    code: str = "",
) -> tuple[SessionOn, ...]:
    """The sessions missed without a reason that a request speaks of: asked for and not granted, or beyond its end.

    `after` are the school's sessions that follow the last one asked for; those count only while one follows the other
    without a break, and only if the last session asked for was missed as well, without leave or with its `code`.
    """
    found = [place for place in asked if place not in granted and place in marks and marks[place].is_unsettled]
    last = marks.get(asked[-1]) if asked else None
    if last is None or last.code not in AWAY | {code}:
        return tuple(found)
    for place in after:
        if place not in marks or not marks[place].is_unsettled:
            break
        found.append(place)
    return tuple(found)


def proposed_code(state: LeaveState, category: Category) -> str:
    """The code proposed for sessions missed without leave: G for a holiday or beyond a grant, else O."""
    return "G" if category is Category.HOLIDAY or state in HELD else "O"


CONFIRMED = ("G", "O")
"""What may be confirmed of a session that was missed without leave."""


def check_confirmed(code: str, chosen: Collection[SessionOn], today: date) -> None:
    """Refuse a code that is not for absence without leave, and a session that nobody has missed yet."""
    if code not in CONFIRMED:
        raise LeaveRefusedError("Choose G or O for sessions missed without leave.")
    if not chosen:
        raise LeaveRefusedError("Nothing is left to confirm: the register has changed. Look at the list again.")
    if any(place.on > today for place in chosen):
        raise LeaveRefusedError("A session can only be said to be missed once it has passed.")
