"""Setting a school up from its file: the school, its calendar, its letters and its policy, all or nothing."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from absences.services import clocks, leave_rules
from attendance_site.school_file import SchoolFile
from escalation.services import policies
from letters.services import wordings
from registers.models import School
from registers.scope import schools_in_scope
from registers.services import schools


@transaction.atomic
def set_up(file: SchoolFile, *, at: datetime) -> School:
    """Make or renew a school from its file; safe to run again. There is no `by`: the school's operator is made here."""
    operator = schools.found(file.school, at=at)
    school = operator.school
    with schools_in_scope([school.pk]):
        schools.set_calendar(school, file.session_times, file.terms, file.closures, by=operator, at=at)
        wordings.adopt(school, file.letters.kinds, by=operator, at=at)
        clocks.choose(school, **asdict(file.absences), from_file=True, by=operator, at=at)
        if file.leave is not None:
            leave_rules.choose(school, **asdict(file.leave), from_file=True, by=operator, at=at)
        policies.adopt(school, file.policy, by=operator, at=at)
    return school
