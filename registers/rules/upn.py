"""Unique pupil numbers: thirteen characters whose first is a check letter (DfES govtalk UPN v2.0)."""

ALPHABET = "ABCDEFGHJKLMNPQRTUVWXYZ"
LENGTH = 13


class UpnRefusedError(Exception):
    """A UPN that cannot be right; the message says what is wrong."""


def check_letter(rest: str) -> str:
    """The letter that must stand before the twelve characters given."""
    total = sum(position * _value(character) for position, character in enumerate(rest, start=2))
    return ALPHABET[total % len(ALPHABET)]


def _value(character: str) -> int:
    return int(character) if character.isdigit() else ALPHABET.index(character)


def is_one(text: str) -> bool:
    """Whether a text is a UPN."""
    try:
        return bool(check(text))
    except UpnRefusedError:
        return False


def check(upn: str) -> str:
    """The UPN in capitals, or a refusal. A temporary UPN ends in a letter."""
    upn = upn.strip().upper()
    if len(upn) != LENGTH:
        raise UpnRefusedError(f"A UPN has 13 characters; this one has {len(upn)}.")
    middle, last = upn[1:12], upn[12]
    if not (middle.isascii() and middle.isdigit()) or not (last in ALPHABET or (last.isascii() and last.isdigit())):
        raise UpnRefusedError("A UPN is one letter and twelve digits (the last may be a letter).")
    expected = check_letter(upn[1:])
    if upn[0] != expected:
        raise UpnRefusedError(f"The UPN's check letter is {upn[0]} but its digits call for {expected}.")
    return upn
