"""What a school's texts and e-mails say: its own words, with «blanks» that are filled for each family.

Words that staff write are filled in one pass and never read as a template; a name that looks like a blank stays a name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from letters.rules import messages
from letters.rules.blanks import BLANK, Blank, named_in
from letters.rules.messages import Channel, MessageRefusedError


class Purpose(StrEnum):
    """What a message is written for."""

    FIRST_DAY = "first-day"


TABLE: tuple[Blank, ...] = (
    Blank("forenames", "what the children are called", "Sam and Alex"),
    Blank("parent", "who is written to", "Ms Example"),
    Blank("date", "the day the message is about", "Friday 20 November"),
    Blank("school_name", "the school", "Example School"),
    Blank("telephone", "the school's telephone", "01632 960200"),
)
BLANKS: Mapping[str, Blank] = {blank.name: blank for blank in TABLE}
SAMPLES: Mapping[str, str] = {blank.name: blank.sample for blank in TABLE}
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Words:
    """The text, and the e-mail for whoever has no mobile number."""

    text: str
    subject: str
    body: str


@dataclass(frozen=True)
class Kind:
    """One purpose: its name, when it is used, and what it says until a school writes its own."""

    title: str
    used: str
    packaged: Words


KINDS: Mapping[Purpose, Kind] = {
    Purpose.FIRST_DAY: Kind(
        "First day of an absence",
        "Written from the first-day list to the families still to ask.",
        Words(
            text=(
                "«school_name»: no reason has reached us yet for the absence of «forenames» today, «date». "
                "Please ring «telephone» as soon as you can."
            ),
            subject="Absence of «forenames», «date»",
            body=(
                "Dear «parent»\n\n"
                "Our register has «forenames» away today, «date», and no reason has reached us yet.\n\n"
                "Please ring the school office on «telephone» and tell us why, and when we may expect «forenames» "
                "back. If you have told us in the meantime, there is nothing more to do.\n\n"
                "«school_name»"
            ),
        ),
    ),
}


def check(words: Words) -> None:
    """Raise MessageRefusedError for an unknown blank, one that is not closed, or words no message could hold."""
    for part in (words.text, words.subject, words.body):
        _check_blanks(part)
    filled = fill(words, SAMPLES)
    messages.check_words(Channel.TEXT, "", filled.text)
    messages.check_words(Channel.EMAIL, filled.subject, filled.body)


def fill(words: Words, values: Mapping[str, str]) -> Words:
    """The words with every blank filled."""
    plain = {name: _plain(value) for name, value in values.items()}
    return replace(
        words,
        text=_filled(words.text, plain),
        subject=_filled(words.subject, plain),
        body=_filled(words.body, plain),
    )


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them: Ann, Bea and Cal."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _check_blanks(part: str) -> None:
    for name in named_in(part):
        if name not in BLANKS:
            known = ", ".join(f"«{blank}»" for blank in BLANKS)
            raise MessageRefusedError(f"«{name}» is no known blank. The blanks are {known}.")
    rest = BLANK.sub("", part)
    if "«" in rest or "»" in rest:
        raise MessageRefusedError("« and » must stand in pairs around the name of a blank.")


def _filled(part: str, values: Mapping[str, str]) -> str:
    return BLANK.sub(lambda found: values[found[1]], part)


def _plain(value: str) -> str:
    """A value on one line, without characters that turn the words round it or that no page can hold."""
    return " ".join(_UNPRINTABLE.sub("", value).split())
