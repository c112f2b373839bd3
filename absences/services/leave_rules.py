"""What a school asks of requests for leave."""

from datetime import datetime

from django.db import transaction

from absences.models import LeaveRules
from absences.services import guards
from registers.models import Membership, School
from registers.rules.rights import Right, Role
from registers.services import record as events


@transaction.atomic
def choose(
    school: School,
    *,
    religious_notice_days: int | None,
    holiday_notice_days: int | None,
    link_days: int,
    from_file: bool = False,
    by: Membership,
    at: datetime,
) -> None:
    """Choose how much notice the school asks for and how long a link is good. Late notice never refuses by itself.

    A file does not undo what was chosen on screen.
    """
    if by.role != Role.OPERATOR:
        guards.check(by, school, Right.SET_UP)
    wanted = {
        "religious_notice_days": religious_notice_days,
        "holiday_notice_days": holiday_notice_days,
        "link_days": link_days,
    }
    standing = LeaveRules.objects.filter(school=school).first()
    if from_file and standing is not None and not standing.from_file:
        return
    before = {name: getattr(standing, name) for name in wanted} if standing else {}
    if before == wanted:
        return
    LeaveRules.objects.update_or_create(school=school, defaults={**wanted, "from_file": from_file})
    events.write("rules of leave chosen", by=by, at=at, facts={"before": before, "after": wanted})
