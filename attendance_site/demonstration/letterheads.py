"""Each school's letterhead, invented, and one letter in its own words."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from attendance_site.demonstration.stage import Stage
from letters.queries import wordings as queries
from letters.rules.letterheads import Window
from letters.services import letterheads, wordings
from registers.models import Membership, School
from registers.rules.rights import Role

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{drawn}</svg>'
OAK = _SVG.format(
    width=120,
    height=120,
    drawn='<circle cx="60" cy="60" r="57" fill="#f4f7f4" stroke="#2c5f3c" stroke-width="4"/>'
    '<path d="M60 104V58" stroke="#6b4a2b" stroke-width="8" stroke-linecap="round"/>'
    '<path d="M60 16c10 0 14 7 13 13 9-2 16 4 15 13 8 2 11 12 4 18 2 9-6 16-15 13-5 7-14 7-17 1-3 6-12 6-17-1'
    "-9 3-17-4-15-13-7-6-4-16 4-18-1-9 6-15 15-13-1-6 3-13 13-13z"
    '" fill="#3f8a57"/>',
)
TOWER = _SVG.format(
    width=150,
    height=120,
    drawn='<path d="M6 6h138v62c0 26-32 42-69 48C38 110 6 94 6 68z" fill="#133b64" stroke="#c9a227" stroke-width="5"/>'
    '<path d="M66 92V42h18v50zM62 42h26l-5-9H67zM70 33V18h10v15z" fill="#f3ead0"/>'
    '<path d="M22 78q13-9 26 0t26 0 26 0 26 0" fill="none" stroke="#8fb8de" stroke-width="6"/>',
)
LEFT_HAND = _SVG.format(
    width=200,
    height=60,
    drawn='<path d="M10 42c14-36 26-36 22-6-2 14 8 10 14-6 4-12 12-8 9 4-2 10 7 8 12-2 6-12 14-6 10 4-3 9 9 7 16-4'
    '6-9 12-4 9 4-2 8 14 4 26-6 12-9 28-12 52-8" fill="none" stroke="#1b2f6b" stroke-width="2.6"/>',
)
RIGHT_HAND = _SVG.format(
    width=200,
    height=60,
    drawn='<path d="M16 14c2 14 0 28-4 36M14 16c22-12 34 4 4 16 18-2 24 6 30 14 8-10 14-16 20-12 4 4-4 12 4 12'
    '10 0 8-16 18-14 6 2 0 12 8 12 12 0 14-20 24-18 8 4-6 16 6 16 18 0 32-10 54-6" fill="none" stroke="#202020" '
    'stroke-width="2.4"/>',
)


@dataclass(frozen=True)
class Dress:
    """What a school's letters wear, and the one letter it has put into its own words."""

    logo: str
    signatures: Mapping[Role, str]
    reply: str
    footer: str
    kind: str
    change: Callable[[dict[str, Any]], None]


def _kinder_reminder(document: dict[str, Any]) -> None:
    document["paragraphs"][0]["text"] = (
        "We love seeing «forename» at school, and a good start to the day makes all the difference. This is a friendly "
        "reminder of how much it matters that «forename» comes to school regularly and on time."
    )


def _with_a_summary(document: dict[str, Any]) -> None:
    document["summary"] = {
        "language": "pl",
        "text": "Frekwencja dziecka («forename») wynosi w tym roku szkolnym **«attendance»%**. Oczekujemy co najmniej "
        "«expected_attendance»%.\n\nProsimy o kontakt ze szkołą, jeśli możemy pomóc: «school_telephone».",
    }


DRESSES: Mapping[str, Dress] = {
    "staplehurst": Dress(
        OAK,
        {Role.HEAD: LEFT_HAND, Role.FLO: RIGHT_HAND},
        "flo",
        "Every day counts. In school by 8.50am.",
        "percentage",
        _kinder_reminder,
    ),
    "carlton-road": Dress(
        TOWER,
        {Role.HEAD: RIGHT_HAND, Role.ATTENDANCE_LEAD: LEFT_HAND},
        "attendance",
        "Part of an invented trust, for the demonstration only.",
        "letter_of_concern",
        _with_a_summary,
    ),
}


def furnish(stage: Stage) -> None:
    """Give the school its letterhead and its own words for one letter."""
    dress = DRESSES.get(stage.school.slug)
    if dress is None:
        return
    school, at = stage.school, stage.now
    head = Membership.objects.filter(school=school, role=Role.HEAD).order_by("pk")[0]
    reply = f"{dress.reply}@{school.email.partition('@')[2]}"
    letterheads.arrange(school, reply_email=reply, footer=dress.footer, window=Window.LEFT, by=head, at=at)
    letterheads.set_image(school, letterheads.LOGO, dress.logo.encode(), by=head, at=at)
    for role, drawn in dress.signatures.items():
        letterheads.set_image(school, role, drawn.encode(), by=head, at=at)
    _reword(school, dress, head, stage)


def _reword(school: School, dress: Dress, head: Membership, stage: Stage) -> None:
    current = queries.current(school, dress.kind)
    document = deepcopy(current.document)
    dress.change(document)
    wordings.save(school, dress.kind, document, based_on=current.version, by=head, at=stage.now)
