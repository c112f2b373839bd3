"""Illness of which evidence is wanted: asked for, seen, or a person's decision without it. Never an automatic O.

Source: Staplehurst, "Authorising Absence" and its stage 1 letter; WTISA 2024 (evidence only on genuine doubt).
"""

from collections.abc import Mapping
from enum import StrEnum

ILLNESS = "I"
NOT_SHOWN = "O"


class IllnessRefusedError(Exception):
    """An answer that cannot stand; the message says what to do."""


class Step(StrEnum):
    """What was done about one stretch of illness."""

    ASKED = "asked"
    SEEN = "seen"
    STANDS = "stands"
    REFUSED = "refused"


STEP_NAMES: Mapping[Step, str] = {
    Step.ASKED: "Evidence asked for",
    Step.SEEN: "Evidence seen; I stands",
    Step.STANDS: "I stands without evidence",
    Step.REFUSED: "Not accepted; O",
}
MOVES: Mapping[Step | None, frozenset[Step]] = {
    None: frozenset(Step),
    Step.ASKED: frozenset({Step.SEEN, Step.STANDS, Step.REFUSED}),
    Step.SEEN: frozenset(),
    Step.STANDS: frozenset({Step.SEEN, Step.REFUSED}),
    Step.REFUSED: frozenset({Step.ASKED, Step.SEEN, Step.STANDS}),
}
"""None is a stretch about which nothing was done. What was refused opens again when a later reason makes it I."""
SETTLED = frozenset({Step.SEEN, Step.STANDS})
DECIDED = frozenset({Step.STANDS, Step.REFUSED})
"""What is the headteacher's to say, because there is no evidence."""


def check_move(old: Step | None, new: Step) -> None:
    if new not in MOVES[old]:
        raise IllnessRefusedError(f"This was answered already: {STEP_NAMES[old].lower() if old else ''}. Look again.")


def check_words(step: Step, words: str) -> None:
    """A decision without evidence says why; what was asked or seen says how or what."""
    if not words.strip():
        raise IllnessRefusedError(
            "Say why: the family is told, and may ask."
            if step in DECIDED
            else "Say how it was asked, or what was seen."
        )
