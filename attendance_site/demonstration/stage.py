"""The day on which a demonstration's school stands, and the pupils to whom nothing has happened on it yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from random import Random

from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.stamps import LONDON
from registers.models import ClassTeacher, Contact, Mark, Membership, Pupil, School, SchoolClass
from registers.queries.families import contacts_of
from registers.rules.calendar import Calendar
from registers.rules.rights import Role
from registers.rules.sessions import Session

SEED = 2026


@dataclass
class Stage:
    """A school on one day; `now` is when the demonstration is built, on that day or later."""

    school: School
    calendar: Calendar
    today: date
    now: datetime
    taken: set[int] = field(default_factory=set)
    """The pupils something has happened to."""

    @cached_property
    def office(self) -> Membership:
        return Membership.objects.get(school=self.school, role=Role.OFFICE)

    @cached_property
    def head(self) -> Membership:
        return Membership.objects.get(school=self.school, role=Role.HEAD)

    @cached_property
    def days_ahead(self) -> tuple[date, ...]:
        """The school days to come, as far as the calendar goes."""
        return self.calendar.school_days_between(date.fromordinal(self.today.toordinal() + 1), date.max)

    def dice(self, purpose: str) -> Random:
        return Chances(SEED, self.school.slug).of("stage", purpose)

    def minute(self, at: time) -> datetime:
        """A minute of the day, as an instant that the school's clock shows."""
        return datetime.combine(self.today, at, tzinfo=LONDON)

    def by(self, at: time) -> datetime:
        """A minute of the day, or now if it has not come yet."""
        return min(self.minute(at), self.now.astimezone(LONDON))

    def has_come(self, at: time) -> bool:
        return self.minute(at) <= self.now

    def take(self, pupils: Iterable[Pupil], number: int, purpose: str) -> list[Pupil]:
        """So many of these pupils to whom nothing has happened yet, drawn the same way every time."""
        free = sorted((one for one in pupils if one.pk not in self.taken), key=lambda one: (one.upn, one.starts_on))
        drawn = self.dice(purpose).sample(free, min(number, len(free)))
        self.taken |= {one.pk for one in drawn}
        return drawn

    @cached_property
    def everybody(self) -> list[Pupil]:
        """The pupils on roll who have not been given a last day."""
        rows = Pupil.objects.filter(school=self.school, starts_on__lte=self.today, leaves_on__isnull=True)
        return list(rows.order_by("upn"))

    def marked(self, *codes: str) -> dict[int, Mark]:
        """This morning's marks with one of these codes, by pupil."""
        rows = Mark.objects.filter(school=self.school, on=self.today, session=Session.AM, code__in=codes)
        return {mark.pupil_id: mark for mark in rows.select_related("pupil").order_by("pupil__upn")}

    def parent_of(self, pupil: Pupil) -> Contact | None:
        """Whom to ring first, but nobody under a court order."""
        return next((row for row in contacts_of(pupil) if not row.court_order), None)

    def teacher_of(self, school_class: SchoolClass) -> Membership:
        user = ClassTeacher.objects.filter(school_class=school_class).order_by("pk")[0].user_id
        return Membership.objects.filter(school=self.school, user=user, role=Role.TEACHER).order_by("pk")[0]
