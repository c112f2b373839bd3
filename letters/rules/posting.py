"""How a letter leaves the school, and on which day it can have."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from letters.rules.refusals import LetterRefusedError


class How(StrEnum):
    POST = "post"
    HAND = "hand"
    EMAIL = "email"


WORDS: Mapping[How, str] = {How.POST: "posted", How.HAND: "handed over", How.EMAIL: "e-mailed"}


class SentRefusedError(LetterRefusedError):
    """A letter that cannot be said to have been sent so."""


def check_day(on: date, issued_on: date, today: date) -> None:
    """Refuse a day on which a letter cannot have gone."""
    if on > today:
        raise SentRefusedError("That day has not come yet. Enter the day on which the letter went.")
    if on < issued_on:
        raise SentRefusedError(
            f"The letter was issued on {issued_on:%d/%m/%Y}, so it cannot have gone before. Enter a later day."
        )
