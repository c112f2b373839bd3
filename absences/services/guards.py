"""Who may do the work of these services; the pages ask first, the services ask again."""

from registers.models import Membership, School
from registers.rules import rights
from registers.rules.rights import Right, RightRefusedError, Role


def check(by: Membership, school: School, right: Right) -> None:
    """Refuse somebody whose part does not hold the right, or is played at another school."""
    rights.check(Role(by.role), right)
    if by.school_id != school.pk:
        raise RightRefusedError("This part is played at another school.")
