"""What the record says of messages: a line for each child that one is about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from letters.models import Message
from registers.models import Membership, Pupil
from registers.services import record
from registers.services.record import Line


def write(
    kind: str,
    rows: Sequence[Message],
    *,
    by: Membership,
    at: datetime,
    about: Mapping[int, Iterable[Pupil]] | None = None,
) -> None:
    """Write what was done with messages; `about` spares the query for their pupils to whoever knows them."""
    pupils = _about(rows) if about is None else about
    lines = [Line(pupil, f"message:{row.pk}", _facts(row)) for row in rows for pupil in pupils[row.pk]]
    record.write_all(kind, lines, by=by, at=at)


def _facts(row: Message) -> Mapping[str, object]:
    return {"purpose": row.purpose, "channel": row.channel, "parent": row.parent_id, "state": str(row.state)}


def _about(rows: Sequence[Message]) -> Mapping[int, list[Pupil]]:
    links = Message.about.through.objects.filter(message__in=[row.pk for row in rows]).select_related("pupil")
    found: dict[int, list[Pupil]] = defaultdict(list)
    for link in links.order_by("pupil_id"):
        found[link.message_id].append(link.pupil)
    return found
