"""Both layers of marks: the code with its chain of entries, and what class teachers said of the pupil."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from registers.models import Amendment, Mark, Sighting, User
from registers.rules import taking
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.taking import Said, Seen


@dataclass(frozen=True)
class Told:
    """Something a teacher said of a pupil, who it was and when."""

    said: Said
    by: User
    at: datetime


@dataclass(frozen=True)
class Layers:
    """One mark with every later entry and every sighting, in order."""

    mark: Mark
    amendments: tuple[Amendment, ...] = ()
    sightings: tuple[Sighting, ...] = ()

    @property
    def is_teachers(self) -> bool:
        """Whether the code that stands was given in the classroom."""
        return taking.is_teachers(self.mark.source)

    @property
    def is_open(self) -> bool:
        """Whether nobody has said anything of the session since the plan for it fell away: it is as good as blank."""
        return self.mark.source == Door.LAPSED and not self.sightings

    @property
    def last_sighting(self) -> int:
        """The number of the last sighting, by which a page tells whether it has grown old; 0 for none."""
        return self.sightings[-1].pk if self.sightings else 0

    @property
    def given_at(self) -> datetime:
        """When the code that stands was given."""
        return self.amendments[-1].at if self.amendments else self.mark.recorded_at

    @property
    def told(self) -> Told | None:
        """The last thing a teacher said of the pupil for this session."""
        return _of_sighting(self.sightings[-1]) if self.sightings else self._first_told()

    def told_at(self, version: int | None, sighting: int | None) -> Said | None:
        """What a page that showed this version and this sighting had the teacher say already."""
        if found := next((one for one in self.sightings if one.pk == sighting), None):
            return _of_sighting(found).said
        if not version:
            return None
        entry = self._entry(min(version, self.mark.version))
        if entry is not None:
            return entry.said
        first = self._first_told()
        return first.said if first else None

    def _first_told(self) -> Told | None:
        """What a teacher said by giving the code itself, before the office gave another."""
        if self.is_teachers:
            return self._entry(self.mark.version)
        if not self.mark.seen:
            return None
        entries = (self._entry(version) for version in range(self.mark.version, 0, -1))
        found = next((entry for entry in entries if entry is not None and entry.said.seen == self.mark.seen), None)
        return found or Told(Said(Seen(self.mark.seen)), self.mark.recorded_by, self.mark.recorded_at)

    def _entry(self, version: int) -> Told | None:
        """One entry of the chain read as a teacher's answer; None where it was not given in the classroom."""
        later = {amendment.version: amendment for amendment in self.amendments}
        after, own = later.get(version + 1), later.get(version)
        seen = taking.seen_of(after.old_code if after else self.mark.code)
        if seen is None or not self._is_from_class(own):
            return None
        minutes = after.old_minutes_late if after else self.mark.minutes_late
        note = after.old_note if after else self.mark.note
        by, at = (own.by, own.at) if own else (self.mark.recorded_by, self.mark.recorded_at)
        return Told(Said(seen, minutes, note), by, at)

    def _is_from_class(self, own: Amendment | None) -> bool:
        """Whether an entry came from the class register; the first one of an amended mark is told by its author."""
        if own is not None and own.source == Door.LAPSED:
            return False
        if self.is_teachers:
            return True
        return taking.is_teachers(own.source) if own else self.mark.recorded_role == Role.TEACHER


def _of_sighting(sighting: Sighting) -> Told:
    return Told(Said(Seen(sighting.seen), sighting.minutes_late, sighting.note), sighting.by, sighting.at)


def of(marks: Iterable[Mark]) -> dict[int, Layers]:
    """Both layers of each mark, by pupil, for marks of one session; two queries, none where there is no mark."""
    rows = list(marks)
    if not rows:
        return {}
    amendments: dict[int, list[Amendment]] = defaultdict(list)
    for amendment in Amendment.objects.filter(mark__in=rows).select_related("by"):
        amendments[amendment.mark_id].append(amendment)
    sightings: dict[int, list[Sighting]] = defaultdict(list)
    for sighting in Sighting.objects.filter(mark__in=rows).select_related("by"):
        sightings[sighting.mark_id].append(sighting)
    return {mark.pupil_id: Layers(mark, tuple(amendments[mark.pk]), tuple(sightings[mark.pk])) for mark in rows}
