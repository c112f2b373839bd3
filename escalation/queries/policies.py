"""Which version of a school's policy applies, and what it says."""

from datetime import date

from escalation import policy_file
from escalation.models import PolicyVersion
from escalation.rules.policy import Policy
from registers.models import School


def in_force(school: School, on: date) -> PolicyVersion | None:
    """The version that applies on a day: the latest begun by then, and of two begun together the last adopted."""
    return (
        PolicyVersion.objects.filter(school=school, applies_from__lte=on)
        .order_by("-applies_from", "-adopted_at", "-pk")
        .first()
    )


def read(version: PolicyVersion) -> Policy:
    """A version's rules, as they were when it was adopted."""
    return policy_file.read({"policy": version.document})
