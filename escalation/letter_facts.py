"""What letters ask of a school's policy."""

from datetime import date

from escalation.queries import policies
from letters.given import answers
from registers.models import Pupil, School


@answers("expected_attendance")
def expected_attendance(school: School, _pupil: Pupil, today: date) -> str:
    """The attendance a school expects, per cent; nothing while it is only assumed, for the headteacher must set it."""
    version = policies.in_force(school, today)
    policy = policies.read(version) if version else None
    if policy is None or policy.expected_attendance_assumed:
        return ""
    return f"{policy.expected_attendance.normalize():f}"
