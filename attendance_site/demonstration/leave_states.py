"""Requests for leave in every state they pass through, a parent's link, and what was sent by one."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from absences.models import LeaveRequest
from absences.rules.leave import Category, Decision, FourTests
from absences.rules.spans import Span
from absences.services import evidence, leave, leave_changes, leave_links, leave_taken
from absences.services.leave_links import Typed, Upload
from attendance_site.demonstration.stage import Stage
from attendance_site.demonstration.stamps import LONDON
from registers.models import Contact, Mark, Membership, Pupil
from registers.queries import families, people
from registers.rules.rights import Role
from registers.rules.sessions import SessionOn

FEWEST_DAYS = 12
ENTERED = time(10, 15)
LOOK_BACK, WEEK, NOTICE_GIVEN = timedelta(days=55), timedelta(days=7), timedelta(days=12)
CARD = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
"""An empty document that stands for an invitation."""


def play(stage: Stage) -> None:
    """What has become of earlier requests, and what waits now."""
    stage.taken |= set(LeaveRequest.objects.filter(school=stage.school).values_list("pupil", flat=True))
    _look_back(stage, "G", Category.HOLIDAY, Decision.REFUSE)
    _look_back(stage, "C", Category.FUNERAL_OR_WEDDING, Decision.ALL)
    _missed_now(stage)
    if len(stage.days_ahead) >= FEWEST_DAYS:
        _ahead(stage)
        _online(stage)
    leave_taken.settle(stage.school, stage.calendar, stage.today, by=people.nightly(stage.school), at=stage.by(ENTERED))


def _look_back(stage: Stage, code: str, category: Category, decision: Decision) -> None:
    """The latest days that the imported register shows with a code had been asked for, and decided, beforehand."""
    rows = Mark.objects.filter(
        school=stage.school, code=code, on__lt=stage.today, on__gte=stage.today - LOOK_BACK, pupil__leaves_on=None
    )
    for last in rows.order_by("-on", "-session", "pupil").select_related("pupil"):
        days = sorted(set(rows.filter(pupil=last.pupil, on__gt=last.on - WEEK).values_list("on", flat=True)))
        asked_on = days[0] - NOTICE_GIVEN
        applicant = _applicant(last.pupil)
        if applicant is None or last.pupil.starts_on > asked_on or last.pupil_id in stage.taken:
            continue
        at = datetime.combine(asked_on, ENTERED, tzinfo=LONDON)
        stage.taken.add(last.pupil_id)
        row = _enter(stage, [last.pupil], applicant, (days[0], days[-1]), category, on=asked_on, at=at)
        _decide(stage, row, decision, on=asked_on, at=at + timedelta(hours=5))
        return


def _missed_now(stage: Stage) -> None:
    """Leave was refused for these days, and the child is away: somebody has to say G."""
    for mark in stage.marked("N").values():
        applicant = _applicant(mark.pupil)
        if applicant is None or mark.pupil_id in stage.taken:
            continue
        stage.taken.add(mark.pupil_id)
        asked_on = stage.today - timedelta(days=9)
        at = datetime.combine(asked_on, ENTERED, tzinfo=LONDON)
        row = _enter(stage, [mark.pupil], applicant, (stage.today, stage.today), Category.HOLIDAY, on=asked_on, at=at)
        _decide(stage, row, Decision.REFUSE, on=asked_on, at=at + timedelta(hours=4))
        return


def _ahead(stage: Stage) -> None:
    """Leave to come: asked about, partly granted, shortened, withdrawn, for a festival, for brothers and sisters."""
    days, at = stage.days_ahead, stage.by(ENTERED)
    children = iter(_children(stage, 8))
    _decide(stage, _one(stage, children, (days[9], days[11]), Category.HOLIDAY), Decision.REFUSE)
    _decide(stage, _one(stage, children, (days[4], days[4]), Category.OTHER), Decision.ALL)
    asked = _one(stage, children, (days[6], days[7]), Category.OTHER)
    leave_changes.ask_more(
        asked.pk, stage.school, "On which of the two days is the ceremony itself?", by=stage.head, at=at
    )
    part = _one(stage, children, (days[5], days[9]), Category.HOLIDAY)
    _decide(stage, part, Decision.PART, granted=_sessions(stage, days[8], days[9]), by=_deputy(stage))
    short = _one(stage, children, (days[3], days[5]), Category.FUNERAL_OR_WEDDING)
    _decide(stage, short, Decision.ALL)
    leave_changes.shorten(
        short.pk,
        stage.school,
        stage.calendar,
        _sessions(stage, days[3], days[4]),
        "The mother rang: they travel home a day earlier.",
        by=stage.office,
        at=at,
    )
    withdrawn = _one(stage, children, (days[7], days[7]), Category.OTHER)
    _decide(stage, withdrawn, Decision.ALL)
    leave_changes.withdraw(
        withdrawn.pk, stage.school, stage.calendar, "The father wrote: the visit is put off.", by=stage.office, at=at
    )
    festival = _one(stage, children, (days[2], days[2]), Category.RELIGIOUS)
    details = {"festival": "A day set apart by the family’s church"}
    leave_changes.keep_details(festival.pk, stage.school, details, by=stage.office, at=at)
    evidence.add_to_leave(festival, "invitation.pdf", CARD, by=stage.office, at=at)
    _brothers_and_sisters(stage, (days[9], days[10]))


def _brothers_and_sisters(stage: Stage, days: tuple[date, date]) -> None:
    for pupil in stage.everybody:
        applicant = _applicant(pupil)
        others = [one for one in families.latest_spells(families.siblings(pupil)) if one.leaves_on is None]
        if applicant is None or not others or {pupil.pk, *(one.pk for one in others)} & stage.taken:
            continue
        family = [pupil, *others]
        lives = Contact.objects.filter(parent=applicant.parent_id, pupil__in=family, lives_with_pupil=True)
        if lives.count() < len(family):
            continue
        stage.taken |= {one.pk for one in family}
        _enter(stage, family, applicant, days, Category.FUNERAL_OR_WEDDING)
        return


def _online(stage: Stage) -> None:
    """A link that waits to be used, one by which a request came, and one whose names the office has to read."""
    days, at = stage.days_ahead, stage.by(ENTERED)
    typed = ("", "{}", "the little one")
    for words, pupil in zip(typed, _children(stage, len(typed)), strict=False):
        applicant = _applicant(pupil)
        if applicant is None:
            continue
        link = leave_links.make(stage.school, applicant, [pupil], by=stage.office, at=at)
        if words:
            leave_links.send(
                link.pk,
                stage.school,
                stage.calendar,
                Typed(
                    words.format(pupil.name),
                    Span.of_days(days[8], days[8]),
                    Category.OTHER,
                    "Her aunt becomes a citizen, and the family is invited to the ceremony.",
                ),
                Upload("invitation.pdf", CARD),
                today=stage.today,
                by=people.online(stage.school),
                at=at,
            )


def _children(stage: Stage, number: int) -> list[Pupil]:
    return stage.take((one for one in stage.everybody if _applicant(one) is not None), number, f"leave {number}")


def _applicant(pupil: Pupil) -> Contact | None:
    return next((row for row in families.contacts_of(pupil) if row.lives_with_pupil and not row.court_order), None)


def _deputy(stage: Stage) -> Membership:
    return Membership.objects.get(school=stage.school, role=Role.DEPUTY)


def _one(stage: Stage, children: Iterator[Pupil], days: tuple[date, date], category: Category) -> LeaveRequest:
    pupil = next(children)
    return _enter(stage, [pupil], _applicant(pupil), days, category)


def _enter(
    stage: Stage,
    pupils: Sequence[Pupil],
    applicant: Contact | None,
    days: tuple[date, date],
    category: Category,
    *,
    on: date | None = None,
    at: datetime | None = None,
) -> LeaveRequest:
    if applicant is None:
        raise LookupError("Leave is asked for by a parent the child lives with.")
    return leave.enter_family(
        stage.school,
        stage.calendar,
        pupils,
        applicant,
        on or stage.today,
        Span.of_days(*days),
        REASONS[category],
        category,
        today=on or stage.today,
        by=stage.office,
        at=at or stage.by(ENTERED),
    )[0]


REASONS = {
    Category.HOLIDAY: "A week with relatives abroad, whom the children have not seen for three years.",
    Category.FUNERAL_OR_WEDDING: "A close cousin is to be married, a day’s journey away.",
    Category.OTHER: "The father’s passing-out parade; the whole family is invited.",
    Category.RELIGIOUS: "The family keeps this day as a feast of its church.",
}
WORDS = {
    Decision.REFUSE: "A holiday can be taken in the thirteen weeks without school.",
    Decision.ALL: "It is rare, it cannot be moved, and it is short.",
    Decision.PART: "The days of the celebration itself, and no more.",
}


def _decide(
    stage: Stage,
    row: LeaveRequest,
    decision: Decision,
    *,
    granted: Collection[SessionOn] = (),
    by: Membership | None = None,
    on: date | None = None,
    at: datetime | None = None,
) -> None:
    good = decision is not Decision.REFUSE
    leave.decide(
        row.pk,
        stage.school,
        stage.calendar,
        decision=decision,
        granted=granted,
        code="C" if good else "",
        words=WORDS[decision],
        tests=FourTests(rare=good, significant=True, unavoidable=good, short=good),
        today=on or stage.today,
        by=by or stage.head,
        at=at or stage.by(ENTERED),
    )


def _sessions(stage: Stage, first_on: date, last_on: date) -> list[SessionOn]:
    return list(stage.calendar.sessions_between(first_on, last_on))
