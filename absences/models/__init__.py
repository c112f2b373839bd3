from absences.models.arranged import LongArrangement, PartTimeReview, PartTimeTerms
from absences.models.clocks import AbsenceRules, EvidenceWanted, Return
from absences.models.contacts import ContactAttempt
from absences.models.evidence import Evidence, EvidenceAside
from absences.models.illness import IllnessAnswer
from absences.models.leave import LeaveRequest, LeaveRules, LeaveSession, LeaveStep
from absences.models.leave_links import LeaveLink, SentRequest
from absences.models.missing import Enquiry, MissingChild
from absences.models.reasons import Reason
from absences.models.support import SupportPlan, SupportReview

__all__ = [
    "AbsenceRules",
    "ContactAttempt",
    "Enquiry",
    "Evidence",
    "EvidenceAside",
    "EvidenceWanted",
    "IllnessAnswer",
    "LeaveLink",
    "LeaveRequest",
    "LeaveRules",
    "LeaveSession",
    "LeaveStep",
    "LongArrangement",
    "MissingChild",
    "PartTimeReview",
    "PartTimeTerms",
    "Reason",
    "Return",
    "SentRequest",
    "SupportPlan",
    "SupportReview",
]
