"""Whether anything that a policy's rules go by has changed since the same day was scanned before."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256

from django.db.models import Q

from escalation.models import PolicyVersion
from escalation.queries import measures, standing
from escalation.queries.measures import WHOLE, Counted
from escalation.queries.standing import Standing
from escalation.rules.measuring import BestClasses
from escalation.rules.policy import Policy
from registers.models import ClassPlace, Pupil, School
from registers.queries import figures
from registers.queries.figures import Entries, Period
from registers.rules.calendar import Calendar, monday_of


def digest(school: School, calendar: Calendar, version: PolicyVersion, policy: Policy, counted: Counted) -> str:
    """One short text for all that a scan has read: the same text, the same findings.

    A mark that is given adds to a code's number, and one that is amended to its entries, so that two marks which
    change places are noticed as well.
    """
    classes = _classes(school, counted.on, policy)
    return _digest(calendar, version, counted.on, counted.entries, counted.pupils, counted.known, classes)


def digest_now(school: School, calendar: Calendar, on: date, version: PolicyVersion, policy: Policy) -> str:
    """The same text for what there is to read now, without counting pupil by pupil."""
    whole = measures.periods_of(calendar, on, policy)[WHOLE]
    known = standing.of_school(school, whole.first_on, on, policy)
    pupils = figures.pupils_on_roll(school, Period(on, on), *figures.COUNTED_BY)
    classes = _classes(school, on, policy)
    return _digest(calendar, version, on, figures.entries(school, whole), pupils, known, classes)


def _digest(
    calendar: Calendar,
    version: PolicyVersion,
    on: date,
    entries: Mapping[str, Entries],
    pupils: Iterable[Pupil],
    known: Standing,
    classes: list[tuple[object, ...]],
) -> str:
    read = sha256()
    read.update(repr((on, version.pk, version.document, calendar.terms, calendar.closures)).encode())
    read.update(repr((sorted(entries.items()), sorted(_facts(pupils)), *_sorted(known), classes)).encode())
    return read.hexdigest()


def _facts(pupils: Iterable[Pupil]) -> Iterator[tuple[int, str]]:
    for pupil in pupils:
        yield pupil.pk, repr((pupil.dob, pupil.year_offset, pupil.starts_on, pupil.leaves_on))


def _sorted(known: Standing) -> Iterator[object]:
    yield sorted((pupil_id, sorted(kinds.items())) for pupil_id, kinds in known.letters.items())
    yield sorted((pupil_id, sorted(days)) for pupil_id, days in known.reached.items())
    yield sorted(known.reviews.items())


def _classes(school: School, on: date, policy: Policy) -> list[tuple[object, ...]]:
    """Who was in which class this week, where a rule compares the classes."""
    if not any(isinstance(rule.measure, BestClasses) for rule in policy.rules):
        return []
    places = ClassPlace.objects.filter(school=school, starts_on__lte=on)
    this_week = places.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=monday_of(on)))
    facts = ("pk", "school_class__name", "starts_on", "ends_on", "pupil__starts_on", "pupil__leaves_on")
    return list(this_week.order_by("pk").values_list(*facts))
