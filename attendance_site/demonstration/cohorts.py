"""Who was born into which class: children by intake and number, and which of them are brothers and sisters.

A child is known by the year of their intake, so the same children move up when another school year comes.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from attendance_site.demonstration.chances import Chances

YEAR_GROUPS = 7
TWINS = 0.012
TWIN_STEPS = 5
YOUNGER = 0.44
GAPS = {2: 0.5, 3: 0.35, 4: 0.15}
"""School years between a child and the next younger one; with two or more, no two birthdays stand too close."""


class Place(NamedTuple):
    """One place in the school: the September of its Reception year, its number, and which child in turn has it."""

    intake: int
    number: int
    turn: int = 0

    def __str__(self) -> str:
        return f"{self.intake}-{self.number}-{self.turn}"


class Part(StrEnum):
    """What makes a child's story different from the others'."""

    SEVERE = "severely absent"
    PART_TIME = "on a part-time timetable"
    SUSPENDED = "suspended now and then"
    TRAVELLING = "travelling with a parent for work"
    COURT_ORDER = "one parent under a court order"
    LOOKED_AFTER = "looked after by the council"
    TUTORED = "taught by the council's tutors in part"
    PERFORMING = "performing under licence"


# Each part falls to one child of every so many intakes, so any seven intakes hold one, two or three of them.
PARTS = (
    (Part.SEVERE, 4, 0),
    (Part.PART_TIME, 3, 1),
    (Part.SUSPENDED, 2, 1),
    (Part.TRAVELLING, 5, 2),
    (Part.COURT_ORDER, 4, 2),
    (Part.LOOKED_AFTER, 3, 0),
    (Part.TUTORED, 6, 5),
    (Part.PERFORMING, 6, 0),
)


@dataclass(frozen=True)
class Cohorts:
    """The places of a school of so many pupils, and how they belong together."""

    chances: Chances
    pupils: int

    def size(self, intake: int) -> int:
        """How many places an intake has; any seven intakes in a row come to the whole number of pupils."""
        each, over = divmod(self.pupils, YEAR_GROUPS)
        return each + (intake % YEAR_GROUPS < over)

    def is_twin(self, intake: int, number: int) -> bool:
        """Whether a child is the twin of the one with the number before."""
        if number == 0 or self.chances.of("twin", intake, number).random() >= TWINS:
            return False
        return not self.is_twin(intake, number - 1)

    @cache  # noqa: B019 - a handful of these live as long as the command that makes them
    def _younger(self, intake: int) -> tuple[Place | None, ...]:
        """For each child of an intake, the place of the next younger one, if the family sends one."""
        dice = self.chances.of("younger", intake)
        orders = {gap: dice.sample(range(self.size(intake + gap)), self.size(intake + gap)) for gap in GAPS}
        found: list[Place | None] = []
        for number in range(self.size(intake)):
            gap = dice.choices(tuple(GAPS), tuple(GAPS.values()))[0]
            has_one = dice.random() < YOUNGER and number < len(orders[gap]) and not self.is_twin(intake, number)
            found.append(Place(intake + gap, orders[gap][number]) if has_one else None)
        return tuple(found)

    @cache  # noqa: B019
    def _elders(self, intake: int) -> dict[int, Place]:
        """The elder child of each number of an intake that has one; the first claim stands."""
        found: dict[int, Place] = {}
        for gap in GAPS:
            for number, younger in enumerate(self._younger(intake - gap)):
                if younger and younger.intake == intake and not self.is_twin(intake, younger.number):
                    found.setdefault(younger.number, Place(intake - gap, number))
        return found

    def elder(self, place: Place) -> Place | None:
        """The next elder brother or sister, or the twin, of a child."""
        if place.turn:
            return None
        if self.is_twin(place.intake, place.number):
            return Place(place.intake, place.number - 1)
        return self._elders(place.intake).get(place.number)

    def eldest(self, place: Place) -> tuple[Place, int]:
        """The eldest child of the family, and a number that no other child of the family has."""
        steps = 0
        while elder := self.elder(place):
            # A twin and the next younger child stand below the same one.
            steps += TWIN_STEPS if elder.intake == place.intake else 1
            place = elder
        return place, steps

    @cache  # noqa: B019
    def only_children(self, intake: int) -> tuple[int, ...]:
        """The numbers of the children without brothers or sisters at the school, in a drawn order."""
        linked = set(self._elders(intake))
        for number, younger in enumerate(self._younger(intake)):
            if younger and self._elders(younger.intake).get(younger.number) == Place(intake, number):
                linked.add(number)
        for number in range(self.size(intake)):
            if self.is_twin(intake, number):
                linked.update((number - 1, number))
        alone = [number for number in range(self.size(intake)) if number not in linked]
        self.chances.of("only children", intake).shuffle(alone)
        return tuple(alone)

    @cache  # noqa: B019
    def parts(self, intake: int) -> dict[int, Part]:
        """The children of an intake with a story of their own, by number."""
        told = [part for part, every, at in PARTS if intake % every == at]
        return dict(zip(self.only_children(intake), told, strict=False))

    def part(self, place: Place) -> Part | None:
        return None if place.turn else self.parts(place.intake).get(place.number)
