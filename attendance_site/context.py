"""What every page of a school shows around its own content: the ways on, and who is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from registers.rules.rights import Right


@dataclass(frozen=True)
class Item:
    label: str
    url: str
    is_here: bool


WAYS: Sequence[tuple[Right, str, str]] = (
    (Right.HOME, "home", "Today"),
    (Right.TAKE_REGISTER, "classes", "Registers"),
    (Right.RECODE, "office_day", "Office"),
    (Right.SEE_PUPILS, "pupils", "Pupils"),
    (Right.RECORD_REASON, "unexplained", "Reasons"),
    (Right.ENTER_LEAVE, "leave_requests", "Leave"),
    (Right.SEE_DESK, "desk", "Flagged"),
    (Right.WRITE_LETTERS, "letters", "Letters"),
    (Right.SEND_MESSAGES, "messages", "Messages"),
    (Right.SEE_STATISTICS, "statistics", "Figures"),
    (Right.SEE_REPORT, "governors_report", "Governors"),
    (Right.HOME, "calendar", "Calendar"),
    (Right.SEE_DESK, "policy", "Policy"),
    (Right.IMPORT, "imports", "Imports"),
    (Right.EDIT_WORDING, "wordings", "Letter texts"),
    (Right.SET_UP, "settings", "School"),
    (Right.MANAGE_PEOPLE, "people", "People"),
)
"""Right, address and label of each entry in the bar at the top, in the order of the day."""
MOST_IN_BAR = 8
"""More ways than that make two lines of a narrow bar: the rest, which no day begins with, stand behind “More”."""


def navigation(request: HttpRequest) -> dict[str, object]:
    """The school, the moment and the rights of whoever is signed in, for every template."""
    school = getattr(request, "school", None)
    if school is None:
        return {}
    rights: frozenset[Right] = request.rights  # type: ignore[attr-defined]
    here = request.resolver_match.url_name if request.resolver_match else ""
    ways = [
        Item(label, reverse(name, args=[school.slug]), name == here) for right, name, label in WAYS if right in rights
    ]
    return {
        "school": school,
        "moment": getattr(request, "moment", None),
        "may": {right.name.lower(): True for right in rights},
        "role_name": request.membership.role_name,  # type: ignore[attr-defined]
        "navigation": ways[:MOST_IN_BAR],
        "more_navigation": ways[MOST_IN_BAR:],
    }
