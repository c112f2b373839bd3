from escalation.models.cases import Case, CaseNote, Referral, Task
from escalation.models.flags import Flag
from escalation.models.groups import GroupFlag
from escalation.models.holds import FlagHold, SavedView
from escalation.models.meetings import Meeting
from escalation.models.policies import PolicyDraft, PolicyVersion, Simulation
from escalation.models.runs import ScanRun

__all__ = [
    "Case",
    "CaseNote",
    "Flag",
    "FlagHold",
    "GroupFlag",
    "Meeting",
    "PolicyDraft",
    "PolicyVersion",
    "Referral",
    "SavedView",
    "ScanRun",
    "Simulation",
    "Task",
]
