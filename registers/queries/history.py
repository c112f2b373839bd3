"""The chains of marks: every entry of each, read for a set of pupils and days in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from registers.models import Amendment, Mark, Pupil, School, Settlement, Sighting
from registers.queries.figures import Period
from registers.rules import history as rules
from registers.rules.history import Chain, Later, Said
from registers.rules.sessions import Session, SessionOn


def end_of_minute(on: date, at: time) -> datetime:
    """The last instant of a minute of the school's clock: what a page shows as made at 10:15 stood at 10:15."""
    whole = datetime.combine(on, at.replace(second=0, microsecond=0))
    # Half past one comes twice in the night the clocks go back; both have gone by at the end of the second.
    last = max(timezone.make_aware(whole.replace(fold=fold)).astimezone(UTC) for fold in (0, 1))
    return last + timedelta(seconds=59, microseconds=999_999)


@dataclass(frozen=True, slots=True)
class Kept:
    """One mark with all its entries."""

    mark_id: int
    pupil_id: int
    place: SessionOn
    entries: Chain

    @property
    def is_amended(self) -> bool:
        return len(self.entries) > 1


def of_pupils(school: School, period: Period, pupils: Iterable[Pupil] | None = None) -> list[Kept]:
    """Every mark of a period with its entries, by day and session; of these pupils, or of everybody.

    Two queries; one where no mark was amended.
    """
    marks = Mark.objects.filter(school=school, on__gte=period.first_on, on__lte=period.last_on)
    if pupils is not None:
        marks = marks.filter(pupil__in=[pupil.pk for pupil in pupils])
    rows = list(marks.order_by("on", "session", "pupil_id").values_list(*_MARK))
    later = _later(marks) if any(row[-1] > 1 for row in rows) else {}
    return [
        Kept(
            mark_id,
            pupil_id,
            SessionOn(on, Session(session)),
            rules.chain(Said(code, minutes, note), recorded_at, recorded_as or author, role, later.get(mark_id, ())),
        )
        for mark_id, pupil_id, on, session, code, minutes, note, recorded_at, author, role, recorded_as, _ in rows
    ]


_MARK = (
    *("pk", "pupil_id", "on", "session", "code", "minutes_late", "note"),
    *("recorded_at", "recorded_by__name", "recorded_role", "recorded_as", "version"),
)


def _later(marks: QuerySet[Mark]) -> dict[int, list[Later]]:
    """The amendments of marks, by mark, in the order of their versions."""
    found: dict[int, list[Later]] = defaultdict(list)
    amendments = Amendment.objects.filter(mark__in=marks.filter(version__gt=1).values("pk")).order_by("version")
    for amendment in amendments.select_related("by"):
        found[amendment.mark_id].append(
            Later(
                Said(amendment.old_code, amendment.old_minutes_late, amendment.old_note),
                Said(amendment.new_code, amendment.new_minutes_late, amendment.new_note),
                amendment.at,
                amendment.by.name,
                amendment.role,
                amendment.reason,
            )
        )
    return found


@dataclass(frozen=True)
class MarkChain:
    """One mark's entries, what teachers saw beside it, and the office's word on what differed."""

    entries: Chain
    sightings: tuple[Sighting, ...]
    settlements: tuple[Settlement, ...]


def chain_of(mark: Mark, *, shows_restricted: bool) -> MarkChain:
    """The whole of one mark's history, in the order in which it came about. Three queries.

    What is written beside a restricted code is for those who may see sensitive fields.
    """
    later = _later(Mark.objects.filter(pk=mark.pk))
    said = Said(mark.code, mark.minutes_late, mark.note)
    author = mark.recorded_as or mark.recorded_by.name
    entries = rules.chain(said, mark.recorded_at, author, mark.recorded_role, later.get(mark.pk, ()))
    settlements = tuple(mark.settlements.select_related("by").order_by("at", "pk"))
    if not shows_restricted:
        for settlement in settlements:
            if rules.is_restricted(entries[settlement.version - 1].said.code):
                settlement.reason = rules.KEPT_BACK
        entries = rules.for_everybody(entries)
    return MarkChain(entries, tuple(mark.sightings.select_related("by").order_by("at", "pk")), settlements)
