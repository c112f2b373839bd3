"""Telephone numbers, as far as a text can reach them."""

import re
from collections.abc import Iterable

_NOISE = re.compile(r"[\s().\-–/]")
_MOBILE = re.compile(r"(?:\+44|0044|0)(7[0-9]{9})")
_ABROAD = re.compile(r"(?:\+|00)(?!44)([1-9][0-9]{6,14})")


def mobile(typed: str) -> str | None:
    """A number that takes texts, as it is dialled from anywhere (+447…), or None for any other."""
    bare = _NOISE.sub("", typed.replace("(0)", ""))
    if found := _MOBILE.fullmatch(bare):
        return f"+44{found[1]}"
    if found := _ABROAD.fullmatch(bare):
        return f"+{found[1]}"
    return None


def first_mobile(numbers: Iterable[str]) -> str | None:
    """The first of a person's numbers that takes texts."""
    return next((found for number in numbers if (found := mobile(number))), None)


def shown(number: str) -> str:
    """A mobile number as it is read out: 07700 900123."""
    return f"0{number[3:7]} {number[7:]}" if number.startswith("+447") else number
