"""The log of tries to find out why a pupil is away, and whom there is to ask."""

from dataclasses import dataclass
from datetime import date

from absences.models import ContactAttempt, Reason
from absences.rules.contacts import CHANNEL_NAMES, OUTCOME_NAMES, TOLD_THROUGH, Channel, Outcome
from absences.rules.reasons import Told
from letters.rules.messages import REACHED_NOBODY, MessageState
from registers.models import Pupil

MOST_SHOWN = 20


@dataclass(frozen=True)
class Attempt:
    """One try, in words."""

    row: ContactAttempt

    @property
    def channel_name(self) -> str:
        return CHANNEL_NAMES[Channel(self.row.channel)]

    @property
    def outcome_name(self) -> str:
        return OUTCOME_NAMES[Outcome(self.row.outcome)]

    @property
    def what(self) -> str:
        """How, with whom and what came of it, in one line; of a message, how far it has come."""
        who = f", {self.row.parent.name}" if self.row.parent else ""
        came = self.row.message.state_name if self.row.message else self.outcome_name
        return f"{self.channel_name}{who}: {came[0].lower()}{came[1:]}"

    @property
    def reached_nobody(self) -> bool:
        """Whether it is a message that failed, or of which nobody knows whether it went."""
        return self.row.message is not None and self.row.message.state in REACHED_NOBODY

    @property
    def may_retry(self) -> bool:
        """Whether it can be sent again from the list; what nobody knows of is settled in the outbox."""
        return self.row.message is not None and self.row.message.state == MessageState.FAILED


def of_pupil(pupil: Pupil) -> list[Attempt]:
    """A pupil's log, the latest try first."""
    rows = ContactAttempt.objects.filter(pupil=pupil).select_related("parent", "recorded_by", "message")
    return [Attempt(row) for row in rows.order_by("-tried_at", "-pk")[:MOST_SHOWN]]


def told(pupil: Pupil, on: date) -> Told | None:
    """What was said in the last try about a day, if a reason was given and it is not recorded yet."""
    row = ContactAttempt.objects.filter(pupil=pupil, about_on=on).select_related("parent").order_by("-tried_at").first()
    if row is None or row.outcome != Outcome.REASON_GIVEN:
        return None
    if Reason.objects.filter(pupil=pupil, first_on__lte=on, last_on__gte=on, recorded_at__gte=row.recorded_at).exists():
        return None
    return Told(row.words, row.parent.name if row.parent else "", TOLD_THROUGH[Channel(row.channel)])
