"""One letter about several children of a household: each has a row of their own, and all rows the same words.

A letter is shared only by children each of whom would have had the very same one to the very same people by itself, so
that nobody reads of a child of whom the school would not have written to them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from letters.models import Batch, Letter
from letters.queries import batches as queries
from letters.rules import letters as rules
from letters.rules.batches import ItemState
from letters.rules.refusals import LetterRefusedError
from letters.rules.states import WAITING
from registers.models import Contact, Membership
from registers.services import marks, record
from registers.services.record import Line


class HouseholdRefusedError(LetterRefusedError):
    """A letter to people who no longer are the household it was drafted for."""


def share(batch: Batch, *, by: Membership, at: datetime) -> None:
    """Make one letter of those of a batch that go to one household, where the kind allows it.

    Harmless to run again: letters that share already are written anew, and whoever is left alone has a letter of their
    own again. The caller holds the batch.
    """
    if not batch.wording.read.siblings_share:
        return
    waiting = Letter.objects.filter(item__batch=batch, item__state=ItemState.WRITTEN, state__in=WAITING)
    marks.lock_pupils(batch.school, set(waiting.values_list("pupil_id", flat=True)))
    households: defaultdict[object, list[Letter]] = defaultdict(list)
    rows = waiting.defer("sessions").select_related("wording", "pupil").prefetch_related("parents")
    letters = list(rows.order_by(*queries.LETTER_ORDER))
    ordered = _under_order(letters)
    for letter in letters:
        households[_household(letter, ordered)].append(letter)
    changed = [letter for together in households.values() for letter in _joined(together)]
    Letter.objects.bulk_update(changed, ["shared", "body"], batch_size=100)
    joined = [
        Line(one.pupil, f"letter:{one.pk}", {"kind": one.kind, "with": one.number}) for one in changed if one.shared_id
    ]
    record.write_all("letter shared", joined, by=by, at=at)


def join(together: Sequence[Letter]) -> None:
    """Give the rows of a letter that siblings share its words, which name each child. The caller saves."""
    first = together[0]
    if len(together) == 1:
        return
    if any((one.addressees, one.address) != (first.addressees, first.address) for one in together):
        raise HouseholdRefusedError(
            "These children no longer have one address, so they cannot share a letter. Drop it and write to each."
        )
    words = rules.together(first.wording.read, [(one.values, one.conditions) for one in together])
    for letter in together:
        letter.body = words


def _household(letter: Letter, ordered: set[tuple[int, int]]) -> object:
    """What letters have in common that are one; of a letter that is not shared its own number."""
    parents = frozenset(parent.pk for parent in letter.parents.all())
    # Whoever is written to in spite of a court order was decided about for one child, and shares no letter.
    if any((letter.pupil_id, parent) in ordered for parent in parents):
        return letter.pk
    return (parents, tuple(letter.addressees), letter.address, letter.wording_id)


def _under_order(letters: Sequence[Letter]) -> set[tuple[int, int]]:
    """The pupils and parents between whom a court order stands; one query."""
    rows = Contact.objects.filter(pupil__in={letter.pupil_id for letter in letters}, court_order=True)
    return set(rows.values_list("pupil_id", "parent_id"))


def _joined(together: Sequence[Letter]) -> Iterator[Letter]:
    """Make one letter of some, and say which rows have changed by it."""
    first = together[0]
    words = rules.together(first.wording.read, [(one.values, one.conditions) for one in together])
    for letter in together:
        leader = None if letter is first else first.pk
        if (letter.shared_id, letter.body) != (leader, words):
            letter.shared_id, letter.body = leader, words
            yield letter
