"""In which of their parts somebody may sign a letter."""

from letters.rules import kinds
from letters.rules.kinds import Kind
from registers.access import SchoolRequest
from registers.models import Membership
from registers.rules.rights import Right, Role


def part_for(request: SchoolRequest, kind: Kind) -> Membership:
    """The part in which the person may issue a kind, where they play several; else the page's own."""
    parts = (part for part in request.memberships if part.holds(Right.WRITE_LETTERS))
    return next((part for part in parts if kinds.may_issue(kind, Role(part.role))), request.membership)


def may_sign(request: SchoolRequest, kind: Kind) -> bool:
    """Whether the person may issue a kind in any of their parts."""
    return kinds.may_issue(kind, Role(part_for(request, kind).role))
