"""The whole of a letter as HTML for printing: letterhead, window address, text, signature, enclosures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.template.loader import render_to_string

from letters.models import Letter
from letters.queries import letterheads, standing
from letters.rules import blanks
from letters.rules import letters as rules
from letters.rules.kind_parts import FROM_RIGHT, LANGUAGES
from letters.rules.kinds import Kind
from registers.queries import certificates
from registers.queries.certificates import Certificate
from registers.queries.figures import Period
from registers.rules.calendar import Calendar


def printed(together: Sequence[Letter], calendar: Calendar, on: date, *, draft: bool) -> str:
    """A letter dated a day with its enclosures, as one HTML document; a draft says on every page that it is one.

    `together` are the rows of one letter: one, or one for each of the siblings who share it.
    """
    return render_to_string(
        "letters/print.html",
        {
            **face(together, on, on_paper=True),
            "certificates": [found for letter in together if (found := enclosed_certificate(letter, calendar))],
            "is_draft": draft,
        },
    )


def face(together: Sequence[Letter], on: date, *, on_paper: bool = False) -> dict[str, object]:
    """What the letter's own page shows, on paper and on screen."""
    letter = together[0]
    kind = letter.wording.read
    return {
        "letter": letter,
        "kind": kind,
        "look": letterheads.look(letter.school, kind.signatory_role, on_paper=on_paper),
        "summary": summary(kind, together),
        "enclosed": len(together),
        "school_address": [line for line in letter.school.address.splitlines() if line.strip()],
        "address": letter.address.splitlines(),
        "dated": standing.day(letter.issued_on or on),
    }


@dataclass(frozen=True)
class Summary:
    """The letter summed up in another language, ready to show; `body` is safe HTML."""

    language: str
    name: str
    direction: str
    body: str


def summary(kind: Kind, together: Sequence[Letter]) -> Summary | None:
    """The summary of the letter's wording, filled with what the letter itself states of each child."""
    if kind.summary is None:
        return None
    language = kind.summary.language
    return Summary(
        language,
        LANGUAGES[language],
        "rtl" if language in FROM_RIGHT else "ltr",
        "".join(rules.summary(kind, partial(blanks.value_of, values=letter.values)) for letter in together),
    )


def enclosed_certificate(letter: Letter, calendar: Calendar) -> Certificate | None:
    """The registration certificate a letter encloses, from the marks as they stand."""
    if letter.certificate_first_on is None or letter.certificate_last_on is None:
        return None
    period = Period(letter.certificate_first_on, letter.certificate_last_on)
    return certificates.of(letter.school, calendar, letter.pupil, period)
