"""The steps of one letter on its row: who may take which, what they leave on it, and what undoes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from letters.models import Letter
from letters.queries import letters as queries
from letters.rules import counted, kinds, states
from letters.rules.refusals import LetterRefusedError
from letters.rules.states import LetterState
from registers.models import Membership
from registers.queries import figures
from registers.rules import rights
from registers.rules.rights import Right, Role

_STAMPED = (LetterState.CHECKED, LetterState.APPROVED, LetterState.ISSUED)
STEPPED = (
    "state",
    "repeat_reason",
    *(f"{step}_{what}" for step in _STAMPED for what in ("at", "by", "role")),
    "issued_on",
    "pages",
    "pdf_path",
    "sha256",
)
"""What the steps up to being issued leave on a letter."""


class AgainRefusedError(LetterRefusedError):
    """The same letter went to the same people lately, and nobody has said why it goes again."""


def check(letter: Letter, to: LetterState, by: Membership) -> None:
    """Refuse a step that the letter's state or the person's role does not allow."""
    rights.check(Role(by.role), Right.WRITE_LETTERS)
    passed = list(states.steps(LetterState(letter.state), to))
    if LetterState.APPROVED in passed:
        kinds.check_may_issue(letter.wording.read, Role(by.role))


def take(letter: Letter, to: LetterState, by: Membership, at: datetime) -> Iterator[LetterState]:
    """Take every step on the way to a state, each with who took it, when and in what role. The caller saves."""
    for step in list(states.steps(LetterState(letter.state), to)):
        letter.state = step
        if step in _STAMPED:
            _stamp(letter, step, by, at)
        yield step


def fall_back(letter: Letter) -> None:
    """Make a draft again: who checked and approved it did so of something else. The caller saves."""
    if letter.is_draft:
        return
    states.check_move(LetterState(letter.state), LetterState.DRAFT)
    letter.state = LetterState.DRAFT
    letter.checked_at = letter.checked_by = letter.approved_at = letter.approved_by = None
    letter.checked_role = letter.approved_role = ""


def counted_day(letter: Letter, today: date) -> date:
    """The day up to which a letter is counted when it is looked at again."""
    stands = not letter.is_draft and letter.counted_on >= today - timedelta(days=counted.STAND_DAYS)
    return letter.counted_on if stands else today


def check_again(letter: Letter, why: str, today: date) -> None:
    """Refuse a letter that went lately, unless somebody says why it goes again; the reason is kept with it."""
    before = queries.sent_lately(letter, today)
    if before is None:
        return
    letter.repeat_reason = why.strip() or letter.repeat_reason
    if not letter.repeat_reason and before.issued_on is not None:
        raise AgainRefusedError(
            f"The same letter went to this family on {before.issued_on:%d/%m/%Y}, and it is meant to go at most every "
            f"{letter.wording.read.interval_days} days. Say why it goes again, or drop it."
        )


def row(letter: Letter) -> Mapping[str, object]:
    """Every field of a letter as it stands."""
    return {field.attname: getattr(letter, field.attname) for field in Letter._meta.concrete_fields}


def save_if_new(letter: Letter, stood: Mapping[str, object]) -> None:
    """Save a letter that is no longer as it stood; of the many that are, nothing needs writing."""
    if row(letter) != stood:
        letter.save()


@dataclass(frozen=True)
class Seal:
    """What a printed page rests on: the letter as it stood, and how many entries the marks behind it had."""

    letter: tuple[object, ...]
    marks: int
    entries: int


def seal(letter: Letter) -> Seal:
    """The seal of a letter as it stands now; one query. Whoever holds the pupil's lock keeps the marks as they are."""
    period = figures.Period(letter.certificate_first_on or letter.counted_on, letter.counted_on)
    marks, entries = queries.entries_behind(letter, period)
    words = (letter.body, letter.facts, letter.addressees, letter.address, letter.signatory)
    return Seal((*words, letter.wording_id, letter.counted_on, letter.state), marks, entries)


def _stamp(letter: Letter, step: LetterState, by: Membership, at: datetime) -> None:
    setattr(letter, f"{step}_at", at)
    setattr(letter, f"{step}_by", by.user)
    setattr(letter, f"{step}_role", by.role)
