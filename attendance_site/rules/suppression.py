"""Keeping small numbers out of a report: no child can be told from a count, nor from what subtraction leaves."""

from collections.abc import Sequence

SMALLEST_SHOWN = 6


def hidden(counts: Sequence[int], smallest: int = SMALLEST_SHOWN) -> frozenset[int]:
    """The places of the counts to hide, where their total is known.

    A count from 1 to one under the smallest is hidden. If what is hidden could be found by subtracting the rest from
    the total, the smallest of the others is hidden with it, until at least two stand behind a sum of that size.
    """
    places = {place for place, count in enumerate(counts) if 0 < count < smallest}
    rest = sorted((count, place) for place, count in enumerate(counts) if place not in places and count > 0)
    while places and rest and (len(places) < 2 or sum(counts[place] for place in places) < smallest):
        places.add(rest.pop(0)[1])
    return frozenset(places)


def is_small(count: int, smallest: int = SMALLEST_SHOWN) -> bool:
    """Whether a group is too small for any of its figures to be shown."""
    return count < smallest
