"""Absences reported for several days: what a morning fills, from which reason, and when it ends.

A parent says once that a child is ill until Thursday. Each school morning fills that day's blank sessions, until a
later reason says otherwise or the child is back.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from absences.rules import reasons
from absences.rules.reasons import Outcome
from absences.rules.spans import Span
from registers.rules import codes
from registers.rules.sessions import SessionOn

BACK_CODES = frozenset({*codes.PRESENT_STROKE.values(), *codes.LATE_CODES})
"""Marks that say the child was here: present, late, or late after the register closed."""


@dataclass(frozen=True)
class Reported:
    """A recorded reason, as the morning's work must know it; a higher number was recorded later."""

    number: int
    span: Span
    outcome: Outcome
    code: str


def filling(reported: Iterable[Reported], place: SessionOn, here: Iterable[SessionOn]) -> Reported | None:
    """The reason that gives a blank session its code: the latest that covers it, if it still holds.

    `here` are the sessions in which the child was in school. A later reason that was not accepted ends an earlier one.
    """
    latest = max((one for one in reported if place in one.span), key=lambda one: one.number, default=None)
    if latest is None or not reasons.is_filled_later(latest.outcome, latest.code):
        return None
    return None if is_over(latest.span, place, here) else latest


def is_over(span: Span, place: SessionOn, here: Iterable[SessionOn]) -> bool:
    """Whether the child was back after the first day of the absence and before a session.

    The first day itself does not count: a child may come in and be sent home ill.
    """
    return any(span.first.on < seen.on and seen < place for seen in here)
