"""Putting a flag aside: until a day (snoozed), or for as long as it lasts (dismissed), always with a reason."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

LONGEST = timedelta(days=92)
"""A snooze is no burial: a term at the longest."""


class HoldRefusedError(Exception):
    """A flag that cannot be put aside so; the message says what to do."""


class HoldKind(StrEnum):
    SNOOZED = "snoozed"
    DISMISSED = "dismissed"


HOLD_KIND_NAMES: Mapping[HoldKind, str] = {HoldKind.SNOOZED: "Snoozed", HoldKind.DISMISSED: "Dismissed"}


def check(kind: HoldKind, reason: str, until_on: date | None, today: date) -> None:
    """Refuse a hold without a reason, a snooze without a day to come, and a dismissal with one."""
    if not reason.strip():
        raise HoldRefusedError("Say why: the reason is kept with the flag.")
    if kind is HoldKind.DISMISSED:
        if until_on is not None:
            raise HoldRefusedError("A dismissed flag has no date. Snooze it to have it back on a day.")
        return
    if until_on is None:
        raise HoldRefusedError("Choose the day on which the flag comes back.")
    if until_on <= today:
        raise HoldRefusedError("The flag must come back on a day after today.")
    if until_on > today + LONGEST:
        raise HoldRefusedError(f"A flag can be snoozed until {today + LONGEST:%d/%m/%Y} at the latest.")
