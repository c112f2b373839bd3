"""The queue of illness of which evidence is wanted: each stretch that nobody has settled."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from absences.models import EvidenceWanted, IllnessAnswer
from absences.rules import spans
from absences.rules.illness import ILLNESS, SETTLED, Step
from absences.rules.spans import Span
from registers.models import Mark, Pupil, School
from registers.queries import classes
from registers.rules.calendar import Calendar
from registers.rules.sessions import Session, SessionOn


@dataclass(frozen=True)
class Stretch:
    """Sessions of illness on end that wait for evidence or a decision, with the last word about them."""

    wanted: EvidenceWanted
    class_name: str
    span: Span
    sessions: int
    last: IllnessAnswer | None

    @property
    def pupil(self) -> Pupil:
        return self.wanted.pupil

    @property
    def key(self) -> str:
        """What tells the stretch from every other: the first of its sessions."""
        return f"{self.span.first.on.isoformat()}{self.span.first.session}"


def waiting(school: School, calendar: Calendar, on: date, wanted: EvidenceWanted | None = None) -> list[Stretch]:
    """Every stretch of I up to a day, since evidence is wanted, that is not settled; the oldest first, four queries."""
    asked = EvidenceWanted.objects.filter(school=school, ended_on__isnull=True).select_related("pupil", "school")
    rows = {row.pupil_id: row for row in (asked.filter(pk=wanted.pk) if wanted else asked)}
    if not rows:
        return []
    marks: dict[int, list[SessionOn]] = defaultdict(list)
    since = min(row.from_on for row in rows.values())
    found = Mark.objects.filter(school=school, pupil__in=list(rows), code=ILLNESS, on__gte=since, on__lte=on)
    for pupil_id, day, session in found.values_list("pupil_id", "on", "session"):
        if day >= rows[pupil_id].from_on:
            marks[pupil_id].append(SessionOn(day, Session(session)))
    answers: dict[int, list[IllnessAnswer]] = defaultdict(list)
    for answer in IllnessAnswer.objects.filter(wanted__in=list(rows.values())).order_by("-pk"):
        answers[answer.pupil_id].append(answer)
    names = classes.class_names(school, on) if marks else {}
    lines = [
        Stretch(rows[pupil_id], names.get(pupil_id, ""), span, len(spans.sessions(span, calendar)), last)
        for pupil_id, places in marks.items()
        for span, last in _open(places, answers[pupil_id], calendar)
    ]
    return sorted(lines, key=lambda line: (line.span.first, line.pupil.sort_name))


def _open(
    places: list[SessionOn], answers: list[IllnessAnswer], calendar: Calendar
) -> list[tuple[Span, IllnessAnswer | None]]:
    """The stretches not settled, each with the last word about it; `answers` come the latest first."""
    by_last: dict[int, list[SessionOn]] = defaultdict(list)
    known = {answer.pk: answer for answer in answers}
    for place in places:
        last = next((answer for answer in answers if place in answer.span), None)
        if last is None or Step(last.step) not in SETTLED:
            by_last[last.pk if last else 0].append(place)
    return [
        (span, known.get(answer_id)) for answer_id, open_ in by_last.items() for span in spans.runs(open_, calendar)
    ]
