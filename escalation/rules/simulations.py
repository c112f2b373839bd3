"""A simulation's states, and what a policy would have meant in letters, meetings and hours."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from escalation.rules.policy import Rule
from registers.rules.calendar import Calendar

LONGEST = 366
"""Calendar days that a simulation may span: a school year."""

JOB_KIND = "simulation"
"""What the background work of a simulation is called."""


class SimulationRefusedError(Exception):
    """A simulation that cannot be made; the message says what to do."""


class SimulationState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


MOVES: Mapping[SimulationState, frozenset[SimulationState]] = {
    SimulationState.WAITING: frozenset({SimulationState.DONE, SimulationState.FAILED}),
    SimulationState.DONE: frozenset(),
    SimulationState.FAILED: frozenset(),
}


def check_move(old: SimulationState, new: SimulationState) -> None:
    if new not in MOVES[old]:
        raise SimulationRefusedError(f"A simulation that is {old} cannot become {new}.")


MINUTES: Mapping[str, int] = {"task": 15, "letter": 10, "meeting": 60, "referral": 90, "return": 30, "praise": 5}
"""Minutes of somebody's time that each step is taken to cost; an assumption the page states."""


class Opening(NamedTuple):
    """A flag that would have opened: whose, under which rule, on which stage, with which steps."""

    pupil_id: int
    rule_id: str
    stage: str
    risk: int
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Workload:
    """How often each step would have fallen due, and the hours that makes."""

    numbers: Mapping[str, int]

    @property
    def minutes(self) -> int:
        return sum(MINUTES[step] * number for step, number in self.numbers.items())

    @property
    def hours(self) -> int:
        """Whole hours, a half rounded up."""
        return (self.minutes + 30) // 60


def workload(openings: Iterable[Opening]) -> Workload:
    numbers = dict.fromkeys(MINUTES, 0)
    for opening in openings:
        for step in opening.steps:
            numbers[step] += 1
    return Workload(numbers)


def gravest(openings: Iterable[Opening]) -> dict[int, Opening]:
    """Of each pupil's flags the one with the highest risk, and of equals the first."""
    found: dict[int, Opening] = {}
    for opening in openings:
        held = found.get(opening.pupil_id)
        if held is None or opening.risk > held.risk:
            found[opening.pupil_id] = opening
    return found


@dataclass(frozen=True)
class Difference:
    """Who would be flagged that is not, who no longer, and who on another stage: pupil ids, and stages by id."""

    added: Mapping[int, str]
    removed: Mapping[int, str]
    moved: Mapping[int, tuple[str, str]]


def difference(before: Iterable[Opening], after: Iterable[Opening]) -> Difference:
    old, new = gravest(before), gravest(after)
    return Difference(
        added={pupil: one.stage for pupil, one in new.items() if pupil not in old},
        removed={pupil: one.stage for pupil, one in old.items() if pupil not in new},
        moved={
            pupil: (old[pupil].stage, one.stage)
            for pupil, one in new.items()
            if pupil in old and old[pupil].stage != one.stage
        },
    )


STEPS = ("letter", "meeting", "referral", "return", "praise")


def opening(pupil_id: int, rule: Rule) -> Opening:
    """What a rule that holds for a pupil would open."""
    named = rule.next_steps
    steps = ("task",) if rule.desk else ()
    return Opening(pupil_id, rule.id, rule.stage, rule.risk, (*steps, *(step for step in STEPS if step in named)))


@dataclass
class Trace:
    """The flags that one policy would have opened, day after day."""

    calendar: Calendar
    opened: list[Opening] = field(default_factory=list)
    standing: dict[tuple[int, str], Opening] = field(default_factory=dict)
    _last_seen: dict[tuple[int, str], date] = field(default_factory=dict)

    def see(self, on: date, held: Iterable[tuple[int, Rule]]) -> None:
        """Take in what holds on a day, which is after those seen before."""
        now = {(pupil_id, rule.id): (opening(pupil_id, rule), rule.interval) for pupil_id, rule in held}
        standing = {}
        for key, (one, interval) in now.items():
            if key in self.standing:
                standing[key] = one
            elif not self._is_too_soon(key, on, interval):
                standing[key] = one
                self.opened.append(one)
        for key in standing:
            self._last_seen[key] = on
        self.standing = standing

    def _is_too_soon(self, key: tuple[int, str], on: date, interval: int) -> bool:
        seen_on = self._last_seen.get(key)
        return seen_on is not None and len(self.calendar.school_days_between(seen_on, on)) - 1 <= interval

    @property
    def by_rule(self) -> Counter[str]:
        """How often each rule opened a flag."""
        return Counter(one.rule_id for one in self.opened)

    @property
    def on_desk(self) -> list[Opening]:
        """What stands at the end and puts a pupil before somebody."""
        return [one for one in self.standing.values() if "task" in one.steps]


def days_to_judge(calendar: Calendar, first_on: date, last_on: date) -> tuple[date, ...]:
    """The last school day of each school week of a period. Raises SimulationRefusedError."""
    if last_on < first_on:
        raise SimulationRefusedError("The last day comes before the first. Correct one.")
    if (last_on - first_on).days > LONGEST:
        raise SimulationRefusedError("A simulation spans a school year at most. Choose days nearer together.")
    school_days = calendar.school_days_between(first_on, last_on)
    if not school_days:
        raise SimulationRefusedError("There is no school on these days. Choose days in a term.")
    return tuple({on.isocalendar()[:2]: on for on in school_days}.values())
