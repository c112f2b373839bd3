"""The monthly copies of both registers: where they may go, what they are called, and when one is due."""

import re
from datetime import date, datetime

JOB_KIND = "copy"


class CopyRefusedError(Exception):
    """A copy that cannot be made, read or restored; the message says why and what to do."""


def month_of(on: date) -> str:
    return f"{on:%Y-%m}"


def name_of(slug: str, month: str, number: int) -> str:
    """The name of a month's first copy, and of its second and later ones."""
    return f"{slug}-{month}" if number == 1 else f"{slug}-{month}-{number}"


def read_name(slug: str, name: str) -> tuple[str, int] | None:
    """The month and number of a copy of a school, by its name; None where it is no such name."""
    match = re.fullmatch(re.escape(slug) + r"-(\d{4}-\d{2})(?:-([1-9]\d{0,5}))?", name)
    return (match[1], int(match[2] or 1)) if match else None


def monthly_key(month: str) -> str:
    """What the job of a month's copy is called, so that it is asked for once."""
    return f"copy:{month}"


def now_key(at: datetime) -> str:
    """What a copy wanted at once is called: once a minute, however often the button is pressed."""
    return f"copy:now:{at:%Y-%m-%dT%H:%M}"
