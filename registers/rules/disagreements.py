"""Disagreements: marks whose code says something else than the class teacher saw, until the office has looked."""

from collections.abc import Mapping

from registers.rules import codes, taking
from registers.rules.sessions import Session
from registers.rules.taking import Seen

CONTRADICTING: Mapping[Seen, tuple[str, ...]] = {
    seen: tuple(symbol for symbol in codes.CODES if taking.disagrees(seen, symbol)) for seen in Seen
}
"""The codes that contradict each thing a teacher can see; what SQL asks for is what the rule says."""

REASONS = (
    "Checked with the class teacher",
    "Checked with the family",
    "Came after the register was taken",
    "Appointment or visit confirmed",
    "Marked in error",
)
"""The common reasons for a settlement, one key each; any other may be typed."""


class DisagreementRefusedError(Exception):
    """A settlement that cannot be made; the message says why."""


def teachers_code(seen: str, session: str) -> str:
    """The code the teacher's word would make: present, N or L."""
    return taking.symbol_for(Seen(seen), Session(session))


def check_still_open(seen: str, symbol: str) -> None:
    """Refuse to settle a mark over which nobody disagrees."""
    if not taking.disagrees(seen, symbol):
        raise DisagreementRefusedError(
            f"The teacher and the register agree on {symbol} now: nothing is left to settle."
        )
