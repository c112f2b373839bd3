"""A mark's entries in order, and which of them stood when: first taken, at a moment, or now (reg 6; domain 3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from registers.rules import codes

KEPT_BACK = "Kept for those who may see sensitive notes"
"""What stands in the place of words that not everybody may read."""


class Show(StrEnum):
    """Which state of a register somebody wants to see."""

    NOW = "now"
    FIRST = "first"
    STOOD = "stood"


SHOW_NAMES = {Show.NOW: "As it stands now", Show.FIRST: "As first taken", Show.STOOD: "As it stood on a day"}


@dataclass(frozen=True, slots=True)
class Said:
    """What an entry says of a session."""

    code: str
    minutes_late: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """An amendment: what stood before it and what stands after it."""

    old: Said
    new: Said
    at: datetime
    by: str = ""
    role: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry to a mark, with who made it, in what role, when, and why where it is not the first."""

    said: Said
    at: datetime
    by: str = ""
    role: str = ""
    reason: str = ""


Chain = tuple[Entry, ...]
"""The entries of one mark, first to last; never empty."""


@dataclass(frozen=True)
class AsOf:
    """The state asked for; `at` is the moment where it is as it stood."""

    show: Show = Show.NOW
    at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.show is Show.STOOD) != (self.at is not None):
            raise ValueError("As it stood needs a moment, and nothing else has one.")


NOW = AsOf()
FIRST = AsOf(Show.FIRST)


def chain(now: Said, recorded_at: datetime, by: str, role: str, later: Sequence[Later]) -> Chain:
    """The entries of a mark, from what it says now and its amendments in the order of their versions."""
    first = later[0].old if later else now
    return (
        Entry(first, recorded_at, by, role),
        *(Entry(each.new, each.at, each.by, each.role, each.reason) for each in later),
    )


def is_restricted(*symbols: str) -> bool:
    """Whether what is written beside any of these codes is only for those who may see sensitive fields."""
    return any(codes.code(symbol).restricted for symbol in symbols if symbol)


def for_everybody(entries: Chain) -> Chain:
    """The entries without the notes beside a restricted code and the reasons for giving one or taking it away."""
    symbols = [entry.said.code for entry in entries]
    return tuple(
        replace(
            entry,
            said=replace(entry.said, note=_kept_back(entry.said.note)) if is_restricted(symbol) else entry.said,
            reason=_kept_back(entry.reason) if is_restricted(symbol, before) else entry.reason,
        )
        for entry, symbol, before in zip(entries, symbols, ["", *symbols], strict=False)
    )


def _kept_back(words: str) -> str:
    return words and KEPT_BACK


def as_it_stood(entries: Chain, at: datetime) -> Entry | None:
    """The entry that stood at a moment: the last one made by then; None before the first was made."""
    if entries[0].at > at:
        return None
    return next(entry for entry in reversed(entries) if entry.at <= at)


def shown(entries: Chain, as_of: AsOf) -> Entry | None:
    """The entry to show of a mark."""
    if as_of.at is not None:
        return as_it_stood(entries, as_of.at)
    return entries[0] if as_of.show is Show.FIRST else entries[-1]


def differs(entry: Entry | None, entries: Chain) -> bool:
    """Whether what is shown says something else than what stands now."""
    return entry is None or entry.said != entries[-1].said
