from registers.models.files import ImportFile
from registers.models.jobs import Job
from registers.models.marks import (
    Amendment,
    Arrangement,
    DisruptedClass,
    Disruption,
    Mark,
    RegisterTaken,
    Settlement,
    Sighting,
    SiteEvent,
)
from registers.models.people import Event, Membership, User
from registers.models.pupils import AdmissionChange, ClassPlace, ClassTeacher, Contact, Parent, Pupil, SchoolClass
from registers.models.schools import Closure, School, SessionTimes, Term

__all__ = [
    "AdmissionChange",
    "Amendment",
    "Arrangement",
    "ClassPlace",
    "ClassTeacher",
    "Closure",
    "Contact",
    "DisruptedClass",
    "Disruption",
    "Event",
    "ImportFile",
    "Job",
    "Mark",
    "Membership",
    "Parent",
    "Pupil",
    "RegisterTaken",
    "School",
    "SchoolClass",
    "SessionTimes",
    "Settlement",
    "Sighting",
    "SiteEvent",
    "Term",
    "User",
]
