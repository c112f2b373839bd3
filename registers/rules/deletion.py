"""Taking a name off the roll: the grounds of regulation 9(1) as one table, and what each asks before it is used.

Source: SI 2024/208 reg 9(1) (grounds) and reg 13 (the return); WTISA 2024 for who must be asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from registers.rules import ages
from registers.rules.disruptions import DisruptionCode
from registers.rules.sessions import SessionOn

ABSENT_CODES = frozenset({"G", "N", "O"})
"""What every mark of ground I's run must be; T, U or I inside it breaks the run."""
RUN_NEEDED = 20


class LeavingRefusedError(Exception):
    """A name that may not come off the roll like this; the message says what to do. `field` is what to look at."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class DeletionGround:
    """One ground: what it is in our words, and what the school must hold before it deletes the name."""

    letter: str
    meaning: str
    must_hold: str
    has_destination: bool = True
    """Whether the child goes on to a school or address that somebody should know of."""

    @property
    def source(self) -> str:
        return f"reg 9(1)({self.letter.lower()})"

    def __str__(self) -> str:
        return f"{self.letter}: {self.meaning}"


TABLE: tuple[DeletionGround, ...] = (
    DeletionGround(
        "A",
        "registered at another school",
        "Word from the parent or the other school that the pupil is on its roll, with the first day there. "
        "Not for a pupil whom both schools have agreed to keep on both rolls.",
    ),
    DeletionGround(
        "B",
        "left nursery and is not going on here",
        "Word from the parent that the child will not go on from nursery to Reception at this school.",
    ),
    DeletionGround(
        "C",
        "on two rolls, and the other school agrees",
        "The agreement of every other school at which the pupil is registered.",
    ),
    DeletionGround(
        "D", "school attendance order now names another school", "The local authority’s order as it was amended."
    ),
    DeletionGround(
        "E",
        "school attendance order revoked",
        "The local authority’s revocation of the order, because suitable education is arranged otherwise.",
        has_destination=False,
    ),
    DeletionGround(
        "F",
        "educated otherwise than at school",
        "The parent’s notice in writing that the child will be educated otherwise. What was said on the telephone "
        "is not enough. A meeting may be offered, and noted; whether it takes place changes nothing.",
        has_destination=False,
    ),
    DeletionGround(
        "G",
        "no longer lives within reasonable distance",
        "The new address, and that the pupil cannot reasonably come to school from there.",
    ),
    DeletionGround(
        "H",
        "not back after leave of absence",
        "Ten school days without a return since the leave ended, no reason to think the pupil ill or kept away "
        "unavoidably, and enquiries made together with the local authority that did not find the pupil.",
    ),
    DeletionGround(
        "I",
        "absent twenty school days, whereabouts not found",
        "Twenty school days in a row, every mark G, N or O; no reason to think the pupil ill or kept away unavoidably; "
        "and enquiries made together with the local authority that did not find the pupil.",
    ),
    DeletionGround(
        "J",
        "sentence of detention",
        "The court’s final sentence, and that the pupil is not expected back at the school when it ends.",
        has_destination=False,
    ),
    DeletionGround("K", "died", "Word from the family or the authorities.", has_destination=False),
    DeletionGround(
        "L",
        "over compulsory school age and not staying",
        "Word that the pupil, who is past compulsory school age, does not stay on.",
        has_destination=False,
    ),
    DeletionGround("M", "boarder whose fees are unpaid", "The unpaid fees, and that the boarding has ended."),
    DeletionGround(
        "N",
        "left an independent or non-maintained special school",
        "Word from the parent that the pupil has left this independent or non-maintained special school.",
    ),
    DeletionGround(
        "O",
        "permanently excluded",
        "The governors’ decision, and that every review is over or the time to ask for one has run out.",
    ),
)
GROUNDS: Mapping[str, DeletionGround] = {ground.letter: ground for ground in TABLE}


@dataclass(frozen=True)
class Leaving:
    """What is proposed, and what the registers say about it.

    `marked_until` is the last day up to today that carries a mark; `marked_ahead` counts codes entered for days to
    come; `absent_run` the school days in a row up to the last day whose every mark is G, N or O.
    """

    ground: str
    last_on: date
    today: date
    starts_on: date
    dob: date
    next_school: str = ""
    next_school_from: date | None = None
    marked_until: date | None = None
    marked_ahead: int = 0
    absent_run: int = 0


@dataclass(frozen=True)
class Caution:
    """Something to make sure of before the name comes off; whoever deletes it says that they have."""

    key: str
    words: str


def check(leaving: Leaving) -> None:
    """Raise LeavingRefusedError with the first rule the deletion breaks."""
    for rule in REFUSALS:
        rule(leaving)


def cautions(leaving: Leaving) -> tuple[Caution, ...]:
    """What must be made sure of first, in order; never empty."""
    return tuple(found for look in CAUTIONS if (found := look(leaving)) is not None)


def absent_run(sessions: Sequence[SessionOn], codes: Mapping[SessionOn, str]) -> int:
    """School days in a row, up to the last of these sessions, whose every session is G, N or O.

    A session for which the whole school was closed without warning is none: nobody could have come.
    """
    run = 0
    met = [place for place in reversed(sessions) if codes.get(place) != DisruptionCode.WHOLE]
    for _, places in groupby(met, key=lambda place: place.on):
        if not all(codes.get(place) in ABSENT_CODES for place in places):
            break
        run += 1
    return run


def _known_ground(leaving: Leaving) -> None:
    if leaving.ground not in GROUNDS:
        raise LeavingRefusedError("Choose the ground of deletion, A to O.", "leaving_ground")


def _after_the_start(leaving: Leaving) -> None:
    if leaving.last_on < leaving.starts_on:
        raise LeavingRefusedError(
            f"The starting day is {leaving.starts_on:%d/%m/%Y}; the last day cannot be before it.", "leaves_on"
        )


def _not_behind_the_marks(leaving: Leaving) -> None:
    if leaving.marked_until is not None and leaving.marked_until > leaving.last_on:
        raise LeavingRefusedError(
            f"Marks stand up to {leaving.marked_until:%d/%m/%Y}, and a name is never deleted retrospectively. "
            "Give that day or a later one.",
            "leaves_on",
        )


def _old_enough(leaving: Leaving) -> None:
    if leaving.ground == "L" and leaving.last_on <= ages.compulsory_until(leaving.dob):
        raise LeavingRefusedError(
            f"Ground L is for a pupil past compulsory school age, which lasts to "
            f"{ages.compulsory_until(leaving.dob):%d/%m/%Y}. Choose another ground.",
            "leaving_ground",
        )


def _from_nursery(leaving: Leaving) -> None:
    if leaving.ground == "B" and ages.is_compulsory_age(leaving.dob, leaving.last_on):
        raise LeavingRefusedError(
            "Ground B is for a nursery child; this one is of compulsory school age. Choose another ground.",
            "leaving_ground",
        )


def _absent_long_enough(leaving: Leaving) -> None:
    if leaving.ground == "I" and leaving.absent_run < RUN_NEEDED:
        days = f"{leaving.absent_run} school {'day' if leaving.absent_run == 1 else 'days'}"
        raise LeavingRefusedError(
            f"The register shows {days} in a row of G, N or O up to this day, and ground I needs {RUN_NEEDED}. "
            "Keep the name on the roll; if a mark is wrong, correct it first.",
            "leaving_ground",
        )


def _next_school_later(leaving: Leaving) -> None:
    if leaving.next_school_from is not None and leaving.next_school_from <= leaving.last_on:
        raise LeavingRefusedError(
            "The first day at the next school is not after the last day here. Correct one of them.", "next_school_from"
        )


REFUSALS: tuple[Callable[[Leaving], None], ...] = (
    _known_ground,
    _after_the_start,
    _not_behind_the_marks,
    _old_enough,
    _from_nursery,
    _absent_long_enough,
    _next_school_later,
)


def _held(leaving: Leaving) -> Caution:
    return Caution("held", f"We hold this: {GROUNDS[leaving.ground].must_hold}")


def _authority(_leaving: Leaving) -> Caution:
    return Caution(
        "authority",
        "We asked the local authority first, and its return is sent no later than the name comes off. "
        "(No return for the top class at the end of the summer term.)",
    )


def _destination(leaving: Leaving) -> Caution | None:
    if not GROUNDS[leaving.ground].has_destination or (leaving.next_school and leaving.next_school_from):
        return None
    return Caution(
        "destination",
        "No next school is named with its first day. We make reasonable enquiries together with the local authority, "
        "and report the child as missing from education (CME) if they do not find them.",
    )


def _backdated(leaving: Leaving) -> Caution | None:
    if leaving.last_on >= leaving.today:
        return None
    return Caution(
        "backdated",
        f"The last day is past. The ground was met by {leaving.last_on:%d/%m/%Y}, and this enters late what was "
        "decided then.",
    )


def _ahead(leaving: Leaving) -> Caution | None:
    if not leaving.marked_ahead:
        return None
    number = leaving.marked_ahead
    return Caution(
        "ahead",
        f"{number} {'code was' if number == 1 else 'codes were'} entered ahead for days after this. "
        "They become Z (not on the roll) and count for nothing; their history is kept.",
    )


CAUTIONS: tuple[Callable[[Leaving], Caution | None], ...] = (_held, _authority, _destination, _backdated, _ahead)
