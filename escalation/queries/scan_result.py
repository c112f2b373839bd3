"""What a scan makes of a school's flags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from escalation.models import Flag, GroupFlag, PolicyVersion


@dataclass
class ScanResult:
    """What a scan makes of a school's flags. Changed ones count other sessions than at the scan before."""

    on: date
    policy_version: PolicyVersion
    read: str = ""
    """The digest of what was read (escalation.queries.unchanged)."""
    opened_flags: list[Flag] = field(default_factory=list)
    continued_flags: list[Flag] = field(default_factory=list)
    changed_flags: list[Flag] = field(default_factory=list)
    ended_flags: list[Flag] = field(default_factory=list)
    stale_flags: list[Flag] = field(default_factory=list)
    """Of those continued and changed, the ones whose row must be written."""
    moved_flags: list[Flag] = field(default_factory=list)
    """Of those, the ones that list other sessions as well, counted or left out."""
    opened_groups: list[GroupFlag] = field(default_factory=list)
    stale_groups: list[GroupFlag] = field(default_factory=list)
    ended_groups: list[GroupFlag] = field(default_factory=list)

    @property
    def opened(self) -> int:
        return len(self.opened_flags)

    @property
    def continued(self) -> int:
        return len(self.continued_flags)

    @property
    def changed(self) -> int:
        return len(self.changed_flags)

    @property
    def ended(self) -> int:
        return len(self.ended_flags)

    @property
    def counts(self) -> Mapping[str, int]:
        return {
            "opened": self.opened,
            "continued": self.continued,
            "changed": self.changed,
            "ended": self.ended,
        }

    @property
    def is_quiet(self) -> bool:
        """Whether no flag opened, changed or ended."""
        return not (self.opened or self.changed or self.ended or self.opened_groups or self.ended_groups)
