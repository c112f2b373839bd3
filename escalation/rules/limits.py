"""The numbers of lates and of illness that a school's own policy speaks of, for a count to be read beside."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from escalation.rules.measuring import DaysOnEnd, IllnessOccasions, LatesInHalfTerm
from escalation.rules.policy import Policy

ILLNESS = frozenset("I")


@dataclass(frozen=True)
class Limits:
    """Every such number of a policy, the least first; none where it has no such rule."""

    lates: tuple[int, ...] = ()
    illnesses: tuple[int, ...] = ()
    illness_days: tuple[int, ...] = ()

    def words(self, lates: int, illnesses: int, longest: int) -> tuple[str, ...]:
        """A pupil's counts, such as "3 of 5 lates" and "2 of 3 illnesses, longest 4 of 5 days"."""
        illness = _told(illnesses, self.illnesses, "illness", "illnesses")
        if longest:
            illness = f"{illness}, longest {_told(longest, self.illness_days, 'day', 'days')}"
        return _told(lates, self.lates, "late", "lates"), illness


NONE = Limits()


def of(policy: Policy) -> Limits:
    """The numbers of a policy's rules about pupils. Days on end are of illness where they count nothing but I."""
    measures = [rule.measure for rule in policy.rules]
    return Limits(
        lates=_sorted(one.at_least for one in measures if isinstance(one, LatesInHalfTerm)),
        illnesses=_sorted(one.at_least for one in measures if isinstance(one, IllnessOccasions)),
        illness_days=_sorted(
            one.at_least for one in measures if isinstance(one, DaysOnEnd) and frozenset(one.codes) == ILLNESS
        ),
    )


def _sorted(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(numbers)))


def _told(count: int, limits: tuple[int, ...], one: str, many: str) -> str:
    """A count beside the first number it has not passed, or the last of them; by itself where there is none."""
    if not limits:
        return f"{count} {one if count == 1 else many}"
    limit = limits[min(bisect_left(limits, count), len(limits) - 1)]
    return f"{count} of {limit} {one if limit == 1 else many}"
