"""Everything the school holds of one pupil, on one page: the entry in the admission register and the attendance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from absences.models import LeaveRequest, LongArrangement, Reason, SupportPlan
from absences.queries import arranged, support
from absences.queries import contacts as contact_log
from attendance_site.queries import case_happenings
from attendance_site.queries.happenings import Happening
from escalation.models import Case, Flag
from escalation.queries import cases
from letters.models import Letter
from penalties.queries import threshold
from penalties.rules.threshold import Window
from registers.models import AdmissionChange, Amendment, ClassPlace, Contact, Pupil, School
from registers.queries import admission_history, admissions, arrangements, classes, families, figures
from registers.queries.arrangements import Recorded
from registers.queries.figures import Period
from registers.rules import admissions as rules
from registers.rules import ages, codes, deletion
from registers.rules.calendar import Calendar
from registers.rules.deletion import DeletionGround
from registers.rules.figures import Figures

MOST_EVENTS = 40


@dataclass(frozen=True)
class PupilPage:
    """A pupil as the office, the FLO and the headteacher see them. Nothing sensitive stands here."""

    pupil: Pupil
    class_name: str
    year: int
    is_compulsory_age: bool
    compulsory_from: date
    compulsory_until: date
    has_left: bool
    ground: DeletionGround | None
    missing: tuple[str, ...]
    places: tuple[ClassPlace, ...]
    spells: tuple[Pupil, ...]
    figures: Figures
    window: Window
    flags: tuple[Flag, ...]
    case: Case | None
    contacts: tuple[Contact, ...]
    siblings: tuple[Pupil, ...]
    arrangements: tuple[Recorded, ...]
    """Granted leave and other records that codes rest on; what was arranged at length stands apart."""
    arranged: tuple[LongArrangement, ...]
    support: tuple[SupportPlan, ...]
    """Shown only to those who may see support plans."""
    timeline: tuple[Happening, ...]

    @property
    def is_known_otherwise(self) -> bool:
        """Whether the child is called by another name than the legal one."""
        pupil = self.pupil
        surname = pupil.preferred_surname or pupil.legal_surname
        return (pupil.forename, surname) != (pupil.legal_forename, pupil.legal_surname)


def of(school: School, calendar: Calendar, pupil: Pupil, on: date) -> PupilPage:
    """One pupil's page as it stands on a day; a constant number of queries."""
    contacts = families.contacts_of(pupil)
    this_year = figures.year_to_date(on, calendar)
    at_length = arranged.of_pupil(school, pupil.pk)
    apart = {row.arrangement_id for row in at_length}
    return PupilPage(
        pupil=pupil,
        class_name=classes.class_names(school, on).get(pupil.pk, ""),
        year=pupil.year_group(on),
        is_compulsory_age=ages.is_compulsory_age(pupil.dob, on),
        compulsory_from=ages.compulsory_from(pupil.dob),
        compulsory_until=ages.compulsory_until(pupil.dob),
        has_left=pupil.leaves_on is not None and pupil.leaves_on < on,
        ground=deletion.GROUNDS.get(pupil.leaving_ground),
        missing=admissions.still_missing(pupil, contacts),
        places=tuple(admissions.places(pupil)),
        spells=tuple(admissions.other_spells(pupil)),
        figures=figures.by_pupil(school, calendar, this_year, [pupil]).get(pupil.pk, Figures()),
        window=threshold.of_pupil(school, calendar, pupil, on),
        flags=tuple(Flag.objects.filter(pupil=pupil, ended_on__isnull=True).order_by("-risk", "opened_on")),
        case=cases.open_of(pupil.pk),
        contacts=tuple(contacts),
        siblings=tuple(families.latest_spells(families.siblings(pupil))),
        arrangements=tuple(one for one in arrangements.running(pupil, calendar, on) if one.row.pk not in apart),
        arranged=tuple(row for row in at_length if not row.is_over or (row.ended_on and row.ended_on >= on)),
        support=tuple(support.of_pupil(pupil)),
        timeline=tuple(sorted(_happenings(pupil, this_year), key=lambda one: one.at, reverse=True)[:MOST_EVENTS]),
    )


def _happenings(pupil: Pupil, this_year: Period) -> Iterator[Happening]:
    yield from _amendments(pupil)
    yield from _reasons(pupil)
    yield from _contacts(pupil)
    yield from _leave(pupil)
    yield from _letters(pupil)
    yield from _admission_changes(pupil)
    yield from case_happenings.of(pupil)
    yield from case_happenings.absences(pupil, this_year)


def _amendments(pupil: Pupil) -> Iterator[Happening]:
    rows = Amendment.objects.filter(mark__pupil=pupil).select_related("mark", "by").order_by("-at")[:MOST_EVENTS]
    for row in rows:
        place = f"{row.mark.on:%d/%m/%Y} {row.mark.session}"
        what = f"{place}: {row.old_code} became {row.new_code}."
        if not any(codes.code(symbol).restricted for symbol in (row.old_code, row.new_code)):
            what = f"{what} {row.reason}"
        yield Happening(row.at, what, row.by.name, "mark", row.mark_id)


def _reasons(pupil: Pupil) -> Iterator[Happening]:
    for row in Reason.objects.filter(pupil=pupil).select_related("recorded_by").order_by("-recorded_at")[:MOST_EVENTS]:
        yield Happening(row.recorded_at, f"Reason for {row.span}: {row.text}", row.recorded_by.name)


def _contacts(pupil: Pupil) -> Iterator[Happening]:
    """Who was asked why the pupil is away; the page shows what happened only to those who may see the family."""
    for attempt in contact_log.of_pupil(pupil):
        words = f" – “{attempt.row.words}”" if attempt.row.words else ""
        yield Happening(attempt.row.tried_at, f"{attempt.what}{words}", attempt.row.recorded_by.name)


def _leave(pupil: Pupil) -> Iterator[Happening]:
    for row in LeaveRequest.objects.filter(pupil=pupil).select_related("entered_by", "decided_by"):
        yield Happening(row.entered_at, f"Leave asked for, {row.span}", row.entered_by.name, "leave_request", row.pk)
        if row.decided_at is not None and row.decided_by is not None:
            yield Happening(row.decided_at, f"Leave {row.decision_name}", row.decided_by.name, "leave_request", row.pk)


def _letters(pupil: Pupil) -> Iterator[Happening]:
    for row in (
        Letter.objects.filter(pupil=pupil)
        .select_related("wording", "drafted_by", "issued_by", "withdrawn_by")
        .order_by("-pk")
    ):
        title = row.wording.read.title
        if row.withdrawn_at is not None and row.withdrawn_by is not None:
            yield Happening(row.withdrawn_at, f"Letter withdrawn: {title}", row.withdrawn_by.name, "letter", row.pk)
        if row.issued_at is not None and row.issued_by is not None:
            yield Happening(row.issued_at, f"Letter issued: {title}", row.issued_by.name, "letter", row.pk)
        else:
            yield Happening(row.drafted_at, f"Letter {row.state}: {title}", row.drafted_by.name, "letter", row.pk)


def _admission_changes(pupil: Pupil) -> Iterator[Happening]:
    """Later entries to the admission register, those made together as one line: what was changed, never from what."""
    rows = AdmissionChange.objects.filter(pupil=pupil).select_related("by").order_by("-at", "pk")[: MOST_EVENTS * 4]
    for (at, _), entries in groupby(rows, key=lambda row: (row.at, row.by_id)):
        together = list(entries)
        fields = ", ".join(dict.fromkeys(_field(row) for row in together))
        hides = any(_is_sensitive(row) for row in together)
        what = f"Admission register: {fields}." + ("" if hides else f" {together[0].reason}")
        yield Happening(at, what, together[0].by.name, "admission_history", pupil.pk)


def _is_sensitive(row: AdmissionChange) -> bool:
    return row.subject == rules.PUPIL and row.field in rules.SENSITIVE


def _field(row: AdmissionChange) -> str:
    name = admission_history.field_name(row.subject, row.field)
    if _is_sensitive(row):
        return "sensitive notes"
    return name if name.isupper() else name[0].lower() + name[1:]
