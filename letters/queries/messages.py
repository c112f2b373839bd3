"""Messages as the pages show them, and those of which there may be news."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from letters.models import Message
from letters.rules import messages as rules
from letters.rules import numbers
from letters.rules.messages import TO_LOOK_AT, Channel, MessageState
from registers.models import Pupil, School

ASKED_FOR = timedelta(days=3)
"""A provider tries for 72 hours at most; after that there is no more news of a message."""
MOST_ASKED = 500
MOST_SHOWN = 200
_FIRST = (MessageState.FAILED, MessageState.UNKNOWN, MessageState.KEPT, MessageState.PREPARED)


@dataclass(frozen=True)
class Line:
    """One message, and what may be done with it."""

    row: Message
    pupils: Sequence[Pupil]
    is_over: bool = False
    """Whether the day it speaks of is over, so that it is not sent any more."""

    @property
    def to(self) -> str:
        return numbers.shown(self.row.to_address) if self.row.channel == Channel.TEXT else self.row.to_address

    @property
    def wants_somebody(self) -> bool:
        return self.row.state in TO_LOOK_AT

    @property
    def may_retry(self) -> bool:
        waits = self.row.state in (MessageState.FAILED, MessageState.UNKNOWN, MessageState.KEPT)
        return waits and not self.is_over

    @property
    def may_withdraw(self) -> bool:
        return rules.may_move(MessageState(self.row.state), MessageState.WITHDRAWN)

    @property
    def may_put_back(self) -> bool:
        return self.row.state == MessageState.WITHDRAWN and not self.row.releases

    @property
    def may_settle(self) -> bool:
        return self.row.state == MessageState.UNKNOWN


def of_school(school: School) -> QuerySet[Message, Message]:
    """A school's messages with what every page shows of them."""
    return Message.objects.filter(school=school).select_related(
        "school", "parent", "prepared_by", "released_by", "attachment__wording"
    )


def lines(rows: QuerySet[Message, Message], at: datetime) -> list[Line]:
    """Messages with the children they are about, and what may be done with each now; two queries."""
    return [
        Line(row, list(row.about.all()), row.not_after is not None and at > row.not_after)
        for row in rows.prefetch_related("about")
    ]


def outbox(school: School, at: datetime, *, day: date | None = None, states: Sequence[MessageState] = ()) -> list[Line]:
    """What was prepared on a day, or lately, in these states or any: what wants somebody first, then the newest."""
    rows = of_school(school)
    if day is not None:
        rows = rows.filter(Q(prepared_at__date=day) | Q(released_at__date=day))
    if states:
        rows = rows.filter(state__in=states)
    first = Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate(_FIRST)),
        default=Value(len(_FIRST)),
        output_field=IntegerField(),
    )
    return lines(rows.order_by(first, "-prepared_at", "-pk")[:MOST_SHOWN], at)


def counts(school: School, *, day: date | None = None) -> Mapping[MessageState, int]:
    """How many messages stand in each state."""
    rows = Message.objects.filter(school=school)
    if day is not None:
        rows = rows.filter(Q(prepared_at__date=day) | Q(released_at__date=day))
    found = Counter(rows.values_list("state", flat=True))
    return {state: found[state] for state in MessageState}


def to_look_at(school: School, at: datetime) -> tuple[int, int]:
    """How many messages failed, and of how many it is not known whether they went, while that still matters."""
    rows = Message.objects.filter(school=school, state__in=TO_LOOK_AT)
    found = Counter(rows.filter(Q(not_after__isnull=True) | Q(not_after__gte=at)).values_list("state", flat=True))
    return found[MessageState.FAILED], found[MessageState.UNKNOWN]


def awaiting_news(school: School, at: datetime) -> list[Message]:
    """What a provider has, or may have, taken of late and may have delivered since, the latest first."""
    rows = Message.objects.filter(school=school, state__in=[MessageState.SENT, MessageState.UNKNOWN])
    rows = rows.filter(tried_at__gte=at - ASKED_FOR).select_related("school")
    return list(rows.order_by("-tried_at", "-pk")[:MOST_ASKED])
