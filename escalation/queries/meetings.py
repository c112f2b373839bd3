"""Meetings: what the register says of their targets, and the letters about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from escalation.models import Meeting
from escalation.rules import meetings as rules
from escalation.rules.meetings import INVITATIONS, PLANS, MeetingKind
from escalation.rules.policy import plain
from letters import given
from letters.models import Letter
from letters.queries import standing, wordings
from letters.rules.kinds import Kind
from letters.rules.states import LetterState
from registers.queries import figures
from registers.queries.figures import Period
from registers.rules.figures import Figures


@dataclass(frozen=True)
class Result:
    """What a pupil's register says from the day after a meeting to the day of its review, or to today before it."""

    target: Decimal
    first_on: date
    last_on: date
    figures: Figures

    @property
    def is_reached(self) -> bool | None:
        return rules.is_reached(self.target, self.figures)

    @property
    def words(self) -> str:
        return rules.result_words(self.target, self.figures)


def result(meeting: Meeting, today: date) -> Result | None:
    """The result of one meeting's target so far; None where none was set."""
    return results([meeting], today).get(meeting.pk)


def results(meetings: Iterable[Meeting], today: date) -> dict[int, Result]:
    """The result of each meeting's target, by meeting; one query for marks however many meetings."""
    targets = {
        meeting.pk: (meeting, meeting.target_percent, Period(meeting.on + timedelta(days=1), min(today, review_on)))
        for meeting in meetings
        if (review_on := meeting.review_on) is not None and meeting.target_percent is not None
    }
    counted = figures.of_periods({pk: (meeting.case.pupil, period) for pk, (meeting, _, period) in targets.items()})
    return {
        pk: Result(target, period.first_on, period.last_on, counted[pk]) for pk, (_, target, period) in targets.items()
    }


def letter_kind(meeting: Meeting) -> Kind | None:
    """The letter to write about a meeting: what invites to one planned, what sets down one that is over.

    The first kind that the school has and whose blanks can be filled.
    """
    adopted = {wording.kind: wording.read for wording in wordings.adopted(meeting.school)}
    told = letter_facts(meeting)
    for slug in INVITATIONS[MeetingKind(meeting.kind)] if meeting.is_planned else PLANS:
        kind = adopted.get(slug)
        if kind is not None and all(name in told or given.is_answered(name) for name in kind.given_blanks):
            return kind
    return None


def letters_of(meeting: Meeting) -> list[Letter]:
    """The letters written about a meeting, the newest first."""
    rows = Letter.objects.filter(pupil=meeting.case.pupil_id, because=f"meeting:{meeting.pk}")
    return list(rows.exclude(state=LetterState.DROPPED).select_related("wording").order_by("-pk"))


def letter_facts(meeting: Meeting) -> Mapping[str, str]:
    """What a letter about a meeting may state, by the names of its blanks."""
    facts = {
        "panel_on": standing.day(meeting.on),
        "panel_time": standing.clock(meeting.time) if meeting.time else "",
        "panel_place": meeting.place or "the school",
    }
    if meeting.target_percent is not None and meeting.review_on is not None:
        actions = [f"{task.title}: {task.owner_name}" for task in meeting.tasks.select_related("owner")]
        facts["plan_actions"] = "\n".join(actions)
        facts["plan_support"] = "; ".join(meeting.case.agencies.splitlines()) or "the school’s own family support"
        facts["target_attendance"] = plain(meeting.target_percent)
        facts["review_on"] = standing.day(meeting.review_on)
    return {name: value for name, value in facts.items() if value}
