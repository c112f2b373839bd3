"""Why a pupil was away: how it was told, what the school makes of it, and which code may follow.

Source: SI 2024/208 reg 10(7)-(9) (a reason is established, else the absence is unauthorised after five school days);
both policies: being "ill" or "poorly" does not say why.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registers.rules import codes
from registers.rules.codes import Ground, Group, StatClass
from registers.rules.sessions import SessionOn

SCHOOL_DAYS_TO_ESTABLISH = 5
"""School days after the session within which N must be replaced (reg 10(9))."""


class ReasonRefusedError(Exception):
    """A reason that cannot be recorded as it stands; the message says what is missing."""


class Channel(StrEnum):
    """How the school was told."""

    PHONE = "phone"
    MESSAGE = "message"
    EMAIL = "e-mail"
    LETTER = "letter"
    IN_PERSON = "in person"
    OTHER = "other"


CHANNEL_NAMES: Mapping[Channel, str] = {
    Channel.PHONE: "Phone call",
    Channel.MESSAGE: "Text or app message",
    Channel.EMAIL: "E-mail",
    Channel.LETTER: "Letter or note",
    Channel.IN_PERSON: "In person",
    Channel.OTHER: "Another way",
}


class Outcome(StrEnum):
    """What the school makes of a reason; always somebody's decision."""

    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not accepted"
    EVIDENCE_WANTED = "evidence wanted"


OUTCOME_NAMES: Mapping[Outcome, str] = {
    Outcome.ACCEPTED: "Accepted",
    Outcome.NOT_ACCEPTED: "Not accepted",
    Outcome.EVIDENCE_WANTED: "Evidence wanted; N stays for now",
}

CODES_AFTER: Mapping[Outcome, tuple[str, ...]] = {
    Outcome.ACCEPTED: tuple(
        code.symbol
        for code in codes.TABLE
        if code.stat_class in {StatClass.AUTHORISED, StatClass.NOT_POSSIBLE, StatClass.ELSEWHERE}
        and code.group not in {Group.ADMINISTRATIVE, Group.LEGACY}
        and code.ground in {Ground.NONE, Ground.MOBILE_CHILD}
    ),
    Outcome.NOT_ACCEPTED: ("O", "G"),
    Outcome.EVIDENCE_WANTED: (codes.UNEXPLAINED,),
}
"""Which code may follow which outcome. A code that rests on another record (leave, a suspension) comes with that."""

COMMON = (
    "Vomiting or diarrhoea",
    "High temperature",
    "Heavy cold and cough",
    "Headache and sore throat",
    "Chickenpox",
    "Doctor’s appointment",
    "Dentist’s appointment",
    "Hospital appointment",
    "Overslept",
    "Family holiday, no leave granted",
    "Family could not be reached",
)
"""What is said most often, offered while it is typed; anything else may be written."""

RECODED = frozenset({codes.UNEXPLAINED, "O"})
"""What an accepted or refused reason replaces. Any other mark says something a reason does not undo."""

_SAID = {
    "O": "reason not accepted",
    codes.UNEXPLAINED: "evidence wanted",
}

_VAGUE = (
    "a an and been bit child feel feeling feels felt had has have he her hes him his i ill illness in is isnt it just "
    "medical my not of off our parent poorly school she shes sick sickness so some still the their they today unwell "
    "very was well were with"
)
VAGUE = frozenset(_VAGUE.split())
"""Words that, alone or together, do not yet say what is wrong."""


@dataclass(frozen=True)
class Told:
    """What was said about an absence, by whom, and how it reached the school."""

    text: str
    told_by: str
    channel: Channel


def check_told(told: Told, outcome: Outcome) -> None:
    """Refuse a reason without words or teller, and one too vague to be accepted ("ill" alone, at either school)."""
    if not told.text.strip():
        raise ReasonRefusedError("Write down what was said about the absence.")
    if not told.told_by.strip():
        raise ReasonRefusedError("Write down who told the school.")
    if outcome is Outcome.ACCEPTED and is_vague(told.text):
        raise ReasonRefusedError(
            f"“{told.text.strip()}” alone does not say what is wrong. Ask, and write down what is the matter (for "
            "example “high temperature since last night”), or choose “evidence wanted”."
        )


def is_vague(text: str) -> bool:
    """Whether a reason says no more than that somebody was unwell."""
    words = re.findall(r"[^\W_]+", re.sub(r"['’]", "", text.lower()))
    return all(word in VAGUE for word in words)


def check_code(outcome: Outcome, symbol: str) -> None:
    """Refuse a code that may not follow the outcome."""
    if symbol not in CODES_AFTER[outcome]:
        raise ReasonRefusedError(_wrong_code(outcome, symbol))


def outcome_of(symbol: str) -> Outcome:
    """What a code typed beside an absence says the school makes of the reason."""
    if not symbol:
        raise ReasonRefusedError("Type the code that follows, such as I for illness.")
    if symbol not in codes.CODES:
        raise ReasonRefusedError(f"“{symbol}” is not an attendance code.")
    others = (Outcome.NOT_ACCEPTED, Outcome.EVIDENCE_WANTED)
    return next((outcome for outcome in others if symbol in CODES_AFTER[outcome]), Outcome.ACCEPTED)


def _wrong_code(outcome: Outcome, symbol: str) -> str:
    if not symbol:
        return "Choose the code that follows."
    if outcome is Outcome.EVIDENCE_WANTED:
        return f"While evidence is wanted the mark stays N; {symbol} can follow when the evidence has been seen."
    if outcome is Outcome.NOT_ACCEPTED:
        return f"{symbol} cannot follow a reason that is not accepted. Choose O, or G for a holiday."
    if codes.code(symbol).ground is not Ground.NONE:
        return f"{symbol} needs {codes.code(symbol).ground}. Record that instead; the code follows from it."
    return f"{symbol} cannot follow a reason that is accepted. Choose the code that says why the pupil was away."


def amendment_reason(symbol: str) -> str:
    """The words kept with each changed mark: what follows, never what the family said."""
    return f"Reason recorded: {_SAID.get(symbol, codes.code(symbol).meaning.lower())}"


def is_filled_later(outcome: Outcome, symbol: str) -> bool:
    """Whether the days still to come are given the code each morning: an accepted one that cannot be planned (I)."""
    return outcome is Outcome.ACCEPTED and not codes.code(symbol).planned


def why_left(
    standing: str | None, place: SessionOn, outcome: Outcome, symbol: str, today: date, *, from_report: bool = False
) -> str:
    """Why a session keeps what it has, in words; empty if the reason recodes it.

    `from_report` says that the code was filled in overnight from an earlier reason, to which this one is the later.
    """
    if standing is None:
        if place.on <= today or codes.code(symbol).planned:
            return ""
        return "still to come, filled each school morning" if is_filled_later(outcome, symbol) else "still to come"
    if from_report and standing != symbol and outcome is not Outcome.EVIDENCE_WANTED:
        return ""
    if standing == symbol or outcome is Outcome.EVIDENCE_WANTED or standing not in RECODED:
        return f"marked {standing}, {codes.code(standing).meaning.lower()}"
    return ""
