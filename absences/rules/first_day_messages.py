"""Which families are written to on the first day of an absence, whom in each, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from letters.rules.message_wordings import Purpose, listed
from letters.rules.messages import Channel
from registers.rules.sessions import Session

PURPOSE = Purpose.FIRST_DAY


@dataclass(frozen=True)
class Reach:
    """One contact of a family, as far as writing to them goes."""

    parent_id: int
    pupil_ids: frozenset[int]
    """The children whose contact it is."""
    has_mobile: bool
    has_email: bool
    court_order: bool = False

    @property
    def channel(self) -> Channel | None:
        """A text, which is read at once; else an e-mail."""
        if self.court_order:
            return None
        return Channel.TEXT if self.has_mobile else Channel.EMAIL if self.has_email else None


@dataclass(frozen=True)
class Addressed:
    """One message to write: to whom, how, about which children."""

    parent_id: int
    channel: Channel
    pupil_ids: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """The messages to one family, and the children about whom nobody can be written to."""

    messages: tuple[Addressed, ...]
    unreached: tuple[int, ...]


def plan(children: Sequence[int], people: Sequence[Reach]) -> Plan:
    """One message about all children to the first contact who can be reached; a second only for a child not theirs."""
    left = list(children)
    written = []
    for person in people:
        mine = tuple(child for child in left if child in person.pupil_ids)
        if mine and person.channel is not None:
            written.append(Addressed(person.parent_id, person.channel, mine))
            left = [child for child in left if child not in mine]
    return Plan(tuple(written), tuple(left))


def prefix(on: date, session: Session) -> str:
    """How the keys of one session's messages begin."""
    return f"{PURPOSE}:{on.isoformat()}:{session}:"


def key(on: date, session: Session, addressed: Addressed) -> str:
    """What a message is for: preparing it again the same session is preparing it once."""
    return f"{prefix(on, session)}{addressed.parent_id}:{min(addressed.pupil_ids)}"


def good_for(local: datetime) -> timedelta:
    """How long “today” in a message stays true: to the end of the day."""
    return local.replace(hour=23, minute=59, second=59, microsecond=0) - local


def values(forenames: Sequence[str], parent: str, on: date, school_name: str, telephone: str) -> dict[str, str]:
    """What stands in the blanks of a message."""
    return {
        "forenames": listed(forenames),
        "parent": parent,
        "date": f"{on:%A} {on.day} {on:%B}",
        "school_name": school_name,
        "telephone": telephone,
    }


def why_not(forenames: Sequence[str], settled: Sequence[str]) -> str:
    """Why a prepared message no longer says what is so: some of its children need no asking any more."""
    if not settled:
        return ""
    return f"{listed(settled)} {'needs' if len(settled) == 1 else 'need'} no asking any more. " + (
        "Drop it." if len(settled) == len(forenames) else "Drop it, and ring about the others."
    )
