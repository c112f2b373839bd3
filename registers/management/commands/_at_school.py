"""What every command about one school shares: the school by its short name, dates, faults in a file, JSON."""

import json
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import CommandError

from registers.files import MOST_FAULTS_SHOWN, FileRefusedError
from registers.forms import EARLIEST, LATEST
from registers.models import School


def school(slug: str) -> School:
    try:
        return School.objects.get(slug=slug)
    except School.DoesNotExist:
        known = ", ".join(School.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"No school is called “{slug}”. Known: {known}.") from None


def day(text: str) -> date:
    """An ISO date given on the command line."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a date; write 2026-09-01.") from None
    if not EARLIEST <= on <= LATEST:
        raise ArgumentTypeError(f"{text} is no day of a register.")
    return on


def refused(error: FileRefusedError, file: str) -> CommandError:
    """The faults of a file as one message, first lines first; `file` names it where the error does not."""
    file = error.file_name or file
    shown = [f"{file}: {error.unit} {fault.line}: {fault.reason}" for fault in error.faults[:MOST_FAULTS_SHOWN]]
    if more := len(error.faults) - len(shown):
        shown.append(f"… and {more} more.")
    return CommandError("Nothing was written.\n" + "\n".join(shown))


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, default=str)
