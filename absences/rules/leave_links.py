"""A parent's link: how long it is good, and which of the family's children a parent means by the names typed."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LINK_DAYS, MOST_LINK_DAYS = 14, 60
MOST_CHILDREN_TYPED = 300
MOST_REASON_TYPED = 2000


class LinkState(StrEnum):
    """Whether a link opens anything."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


LINK_STATE_NAMES = {
    LinkState.OPEN: "Not used yet",
    LinkState.USED: "Used",
    LinkState.EXPIRED: "Expired",
    LinkState.REVOKED: "Taken back",
}


def state_of(expires_at: datetime, used_at: datetime | None, revoked_at: datetime | None, at: datetime) -> LinkState:
    """What a link is at an instant; it is good to the last moment before it expires, and for one request."""
    if revoked_at is not None:
        return LinkState.REVOKED
    if used_at is not None:
        return LinkState.USED
    return LinkState.OPEN if at < expires_at else LinkState.EXPIRED


@dataclass(frozen=True)
class Child:
    """A child as a parent may call them: by each forename and surname the school knows."""

    pupil_id: int
    forenames: tuple[str, ...]
    surnames: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(
            plain(name)
            for forename in self.forenames
            if forename
            for name in (forename, *(f"{forename} {surname}" for surname in self.surnames if surname))
        )


def plain(name: str) -> str:
    """A name without case, accents, hyphens or needless spaces, so that a parent's spelling is met halfway."""
    spread = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(sign if sign.isalnum() else " " for sign in spread if not unicodedata.combining(sign))
    return " ".join(letters.split())


def typed_names(text: str) -> list[str]:
    """The names a parent typed, one on each line or parted by commas or “and”."""
    lines = text.replace(",", "\n").replace("&", "\n").replace(" and ", "\n").splitlines()
    return [line.strip() for line in lines if plain(line)]


def match(text: str, children: Iterable[Child]) -> Sequence[int] | None:
    """The children meant, in the order typed; None unless every name means exactly one of them and nobody twice."""
    known = list(children)
    found = []
    for name in typed_names(text):
        meant = [child.pupil_id for child in known if plain(name) in child.names]
        if len(meant) != 1 or meant[0] in found:
            return None
        found.append(meant[0])
    return found or None
