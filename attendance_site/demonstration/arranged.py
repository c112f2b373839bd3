"""What is arranged at length: timetables in every state, tuition, appointments, support, and leavers looked for."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from absences.models import EvidenceWanted, LongArrangement
from absences.queries import clocks as clock_queries
from absences.queries import illness as illness_queries
from absences.rules.arranged import Kind, Particulars
from absences.rules.illness import Step
from absences.rules.part_time import Agreeing, Proposal, ReviewOutcome
from absences.rules.spans import Span
from absences.rules.support import Concern, Plan
from absences.services import (
    clocks,
    illness,
    lapses,
    long_arrangements,
    missing,
    part_time,
    support,
)
from absences.services.part_time import Held
from attendance_site.demonstration.stage import Stage
from attendance_site.demonstration.stamps import LONDON
from registers.models import Contact, Mark, Membership, Pupil
from registers.queries import people
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from registers.services import leavers, marks
from registers.services.leavers import Departure
from registers.services.marks import Entry

FEWEST_DAYS = 8
MEETING = time(15, 40)
LONG_AGO, A_WHILE_AGO = 34, 20
"""School days before today on which timetables began."""
WHY_PART_TIME = (
    "Back after six weeks in hospital; tires by noon. One more afternoon every fortnight until the week is whole.",
    "Panics in the dining hall. Mornings in full, afternoons added one by one with her key adult.",
    "Returning after a bereavement. The family and the school begin with mornings.",
)
PLANS = (
    (
        Concern.AVOIDANCE,
        "Has come in late or not at all since half-term; stomach aches on Sundays. Says the playground is too loud.",
        "A quieter way in at 9.00 with a named adult; first task laid out; nothing asked in front of the class.",
        "School nurse; the specialist teaching service has been asked.",
        -3,
    ),
    (
        Concern.HEALTH,
        "Severe eczema: nights without sleep, weekly treatment at the hospital.",
        "A later start after treatment; work sent home; creams kept in the office.",
        "Paediatric outpatients; school nurse.",
        18,
    ),
)


def arrange(stage: Stage) -> None:
    """Everything that is arranged at length, in every state it can be in."""
    _play_the_evening(stage)
    if len(stage.days_ahead) < FEWEST_DAYS:
        return
    _timetables(stage)
    _elsewhere(stage)
    _support(stage)
    _want_evidence(stage)
    _look_for_a_leaver(stage)
    _play_the_evening(stage)


def _on(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=LONDON)


def _ago(stage: Stage, days: int) -> date:
    return stage.calendar.school_days_between(date.min, stage.today)[-days - 1]


def _here_since(stage: Stage, day: date, number: int, purpose: str) -> list[Pupil]:
    """Pupils of compulsory age, with a parent they live with, who were here on a day."""
    homes = set(Contact.objects.filter(school=stage.school, lives_with_pupil=True).values_list("pupil", flat=True))
    found = (one for one in stage.everybody if one.starts_on <= day and one.pk in homes)
    return stage.take((one for one in found if one.year_group(stage.today) >= 1), number, purpose)


def _timetables(stage: Stage) -> None:
    """One runs and was reviewed, one lapsed for want of a review, and one waits for the headteacher."""
    began = _ago(stage, LONG_AGO)
    for pupil in _here_since(stage, began, 1, "part-time"):
        row_id = _agree(stage, pupil, began, "1PM 3PM 5PM", WHY_PART_TIME[0])
        _review(stage, row_id)
        part_time.tell(
            row_id,
            stage.school,
            began,
            f"Form to {stage.school.local_authority}’s inclusion team",
            today=stage.today,
            by=stage.office,
            at=stage.by(MEETING),
        )
    for pupil in _here_since(stage, began, 1, "lapsed"):
        _agree(stage, pupil, began, "2PM 4PM", WHY_PART_TIME[1])
    for pupil in _here_since(stage, began, 1, "agreeing"):
        row = _propose(stage, pupil, stage.days_ahead[1], stage.today, "1PM 2PM 3PM 4PM 5PM", WHY_PART_TIME[2])
        _parent_agrees(stage, row, pupil, stage.today)


def _review(stage: Stage, row_id: int) -> None:
    """Every review held in time, or on the first day after a holiday, up to today or the timetable's own end."""
    row = LongArrangement.objects.get(pk=row_id)
    since, due_on = row.first_on, row.terms.review_on
    while due_on < min(stage.today, row.last_on):
        in_time = stage.calendar.school_days_between(since + timedelta(days=1), due_on)
        later = stage.calendar.school_days_between(due_on, min(stage.today, row.last_on) - timedelta(days=1))
        if not (in_time or later):
            return
        since = in_time[-1] if in_time else later[0]
        held = Held(since, ReviewOutcome.CONTINUES, "Manages Tuesday afternoons now. Goes on as it is.", True)
        at = min(_on(since, MEETING), stage.now)
        made = part_time.review(row_id, stage.school, stage.calendar, held, today=since, by=_flo(stage), at=at)
        due_on = made.next_on or row.last_on


def _propose(stage: Stage, pupil: Pupil, first_on: date, on: date, weekdays: str, why: str) -> int:
    most = clock_queries.rules_of(stage.school).review_days
    last_on = max(stage.days_ahead[FEWEST_DAYS - 1], first_on + timedelta(days=28))
    last_on = min(last_on, stage.calendar.school_days[-1])
    proposal = Proposal(first_on, last_on, weekdays, why, min(first_on + timedelta(days=most), last_on), True)
    at = min(_on(on, MEETING), stage.now)
    row = part_time.propose(stage.school, stage.calendar, pupil, proposal, by=_flo(stage), at=at)
    return row.pk


def _parent_agrees(stage: Stage, row_id: int, pupil: Pupil, on: date) -> None:
    contact = Contact.objects.filter(pupil=pupil, lives_with_pupil=True).order_by("priority")[0]
    at = min(_on(on, MEETING), stage.now)
    part_time.agree_parent(
        row_id, stage.school, stage.calendar, contact, on, Agreeing.MEETING, today=on, by=_flo(stage), at=at
    )


def _agree(stage: Stage, pupil: Pupil, began: date, weekdays: str, why: str) -> int:
    """A timetable both agreed to some weeks ago, with the sessions since then as the office entered them."""
    row_id = _propose(stage, pupil, began, began, weekdays, why)
    _parent_agrees(stage, row_id, pupil, began)
    at = min(_on(began, MEETING), stage.now)
    row = part_time.agree_head(row_id, stage.school, stage.calendar, today=began, by=stage.head, at=at)
    until = row.terms.review_on + timedelta(days=7)
    _give_past(stage, pupil, began, min(until, stage.today), weekdays, "C2")
    return row_id


def _give_past(stage: Stage, pupil: Pupil, first_on: date, last_on: date, weekdays: str, code: str) -> None:
    """What the mornings since would have given, over the registers the files brought."""
    present = Mark.objects.filter(pupil=pupil, on__gte=first_on, on__lte=last_on, code__in=("/", "\\", "N"))
    entries = [
        Entry(pupil.pk, mark.on, Session(mark.session), code)
        for mark in present
        if f"{mark.on.isoweekday()}{mark.session}" in weekdays.split()
    ]
    marks.enter(
        stage.school,
        stage.calendar,
        entries,
        door=Door.OFFICE,
        reason="As arranged",
        today=stage.today,
        by=stage.office,
        at=stage.now,
    )


def _elsewhere(stage: Stage) -> None:
    """Home tuition, an afternoon at a farm, and two pupils with weekly appointments."""
    began, last_on = _ago(stage, 1), stage.days_ahead[FEWEST_DAYS - 1]
    tuition = Particulars("At home", nature="Home tuition", contact="The local authority’s tuition service")
    farm = Particulars("Kestrel Farm", nature="Animal care", contact="The farm’s education lead")
    speech = Particulars(nature="Speech therapy", at_time=time(9, 40), evidence_on=began)
    dentist = Particulars(nature="Orthodontist", at_time=time(14, 15))
    for kind, particulars, weekdays in (
        (Kind.PROVISION, tuition, "1AM 3AM 5AM"),
        (Kind.ACTIVITY, farm, "5PM"),
        (Kind.APPOINTMENTS, speech, "2AM"),
        (Kind.APPOINTMENTS, dentist, "4PM"),
    ):
        for pupil in _here_since(stage, began, 1, particulars.nature):
            long_arrangements.record(
                stage.school,
                stage.calendar,
                pupil,
                kind,
                Span(SessionOn(began, Session.AM), SessionOn(last_on, Session.PM)),
                weekdays,
                particulars,
                today=began,
                by=stage.office,
                at=min(_on(began, MEETING), stage.now),
            )


def _support(stage: Stage) -> None:
    """Two plans, of which one is due to be looked at again."""
    opened = _ago(stage, A_WHILE_AGO)
    chosen = _here_since(stage, opened, len(PLANS), "support")
    for pupil, (concern, worry, adjustments, agencies, days) in zip(chosen, PLANS, strict=False):
        plan = Plan(concern, worry, adjustments, agencies, stage.today + timedelta(days=days))
        at = min(_on(opened, MEETING), stage.now)
        support.start(stage.school, pupil, plan, today=opened, by=_flo(stage), at=at)


def _want_evidence(stage: Stage) -> None:
    """The headteacher wanted evidence of two pupils some weeks ago, and both have been ill since; one was asked."""
    then = _ago(stage, A_WHILE_AGO)
    met = [one.pupil for one in clock_queries.illness(stage.school, stage.calendar, then) if one.words]
    ill = set(
        Mark.objects.filter(pupil__in=met, code="I", on__gte=then, on__lte=stage.today).values_list("pupil", flat=True)
    )
    chosen = stage.take((one for one in met if one.pk in ill), 2, "evidence")
    at = min(_on(then, MEETING), stage.now)
    for pupil in chosen:
        clocks.want_evidence(stage.school, stage.calendar, pupil, today=then, by=stage.head, at=at)
    _ask_for_evidence(stage, chosen[:1])


def _ask_for_evidence(stage: Stage, pupils: Iterable[Pupil]) -> None:
    for wanted in EvidenceWanted.objects.filter(pupil__in=list(pupils)).select_related("pupil", "school"):
        for line in illness_queries.waiting(stage.school, stage.calendar, stage.today, wanted)[:1]:
            illness.answer(
                wanted,
                stage.school,
                stage.calendar,
                line.key,
                Step.ASKED,
                "Rang the mother; she will bring the prescription",
                today=stage.today,
                by=stage.office,
                at=stage.by(MEETING),
            )


def _look_for_a_leaver(stage: Stage) -> None:
    """A family moves away today and does not say where to; one enquiry has been made."""
    departure = Departure(stage.today, "G", "The landlord ended the tenancy; no new address yet.")
    pairs = list(Contact.objects.filter(school=stage.school).values_list("parent", "pupil__upn"))
    children = Counter(parent for parent, _ in set(pairs))
    together = {upn for parent, upn in pairs if children[parent] > 1}
    alone = (one for one in stage.everybody if one.upn not in together)
    for pupil in stage.take(alone, 1, "not known where to"):
        sure_of = ("held", "authority", "destination", "backdated", "ahead")
        leavers.leave(
            stage.school,
            stage.calendar,
            pupil,
            departure,
            sure_of=sure_of,
            today=stage.today,
            by=stage.office,
            at=stage.by(MEETING),
        )
        pupil.refresh_from_db()
        missing.enquire(
            stage.school,
            pupil,
            stage.today,
            "Rang the mother: staying with friends, will say where the children go to school next week",
            today=stage.today,
            by=stage.office,
            at=stage.by(MEETING),
        )


def _play_the_evening(stage: Stage) -> None:
    """Yesterday evening's look at what lapses and what is over."""
    yesterday = _ago(stage, 1)
    at = _on(yesterday, time(19, 15))
    lapses.look(stage.school, stage.calendar, yesterday, by=people.nightly(stage.school), at=min(at, stage.now))


def _flo(stage: Stage) -> Membership:
    return Membership.objects.filter(school=stage.school, role=Role.FLO).order_by("pk")[0]
