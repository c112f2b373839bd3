"""This morning at the door, in the classrooms and on the telephone, as far as the clock has come."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from absences.rules.contacts import Channel, Outcome
from absences.services import contacts
from absences.services.contacts import Try
from attendance_site.demonstration.stage import Stage
from attendance_site.demonstration.stamps import REGISTER_STARTS
from registers.models import Mark, Pupil, SchoolClass
from registers.queries import classes, disagreements
from registers.rules import codes
from registers.rules.sessions import Session, SessionOn
from registers.rules.taking import Seen
from registers.services import arrivals, registers, site_events
from registers.services import disagreements as settling
from registers.services.disagreements import LookedAt
from registers.services.registers import Answer
from registers.services.site_events import AtTheDoor

ARRIVALS = 4
WHY_SO_LATE = ("Overslept", "Missed the bus", "Brother was ill in the night")
CAME_AFTER_ALL = time(9, 14)
REGISTER_SENT, SETTLED = time(8, 59), time(9, 32)
SEEN_BY_MINUTE = 8
"""Who came more minutes late than these was not there yet when the register was sent."""
TRIES: tuple[tuple[time, Channel, Outcome, str, int | None], ...] = (
    (time(9, 36), Channel.PHONE, Outcome.NO_ANSWER, "", 30),
    (time(9, 39), Channel.PHONE, Outcome.MESSAGE_LEFT, "Asked to ring back before ten.", 30),
    (time(9, 41), Channel.TEXT, Outcome.SENT, "", None),
)
SEEN_THERE = ("In class since ten to nine.", "Came in with the second bell.")


def play(stage: Stage) -> None:
    """Everything that has happened this morning up to now."""
    _arrivals(stage)
    _out_and_back(stage)
    _registers(stage)
    _calls(stage)


def _arrivals(stage: Stage) -> None:
    """Those whom the register has as late are seen at the door, and one for whom nobody had a reason comes in."""
    late = [mark for mark in stage.marked(*codes.LATE_CODES).values() if mark.minutes_late is not None]
    starts = stage.minute(REGISTER_STARTS[Session.AM])
    for number, mark in enumerate(late[:ARRIVALS]):
        came = (starts + timedelta(minutes=mark.minutes_late or 0)).time()
        stage.taken.add(mark.pupil_id)
        _arrive(stage, mark.pupil, came, WHY_SO_LATE[number % len(WHY_SO_LATE)] if mark.code == "U" else mark.note)
    unexplained = [mark.pupil for mark in stage.marked(codes.UNEXPLAINED).values()]
    if len(unexplained) > 1:
        for pupil in stage.take(unexplained, 1, "came after all"):
            _arrive(stage, pupil, CAME_AFTER_ALL, "The car would not start")


def _arrive(stage: Stage, pupil: Pupil, came: time, reason: str) -> None:
    if stage.has_come(came):
        said = AtTheDoor(pupil.pk, stage.today, came, reason)
        at = stage.minute(came)
        arrivals.arrive(stage.school, stage.calendar, said, local=at, by=stage.office, at=at)


def _out_and_back(stage: Stage) -> None:
    """One child is fetched for the rest of the morning; another goes to the dentist and comes back."""
    present = [mark.pupil for mark in stage.marked("/").values()]
    for pupil, (left, reason, back) in zip(
        stage.take(present, 2, "out and back"),
        ((time(10, 10), "Sent home: headache", None), (time(9, 25), "Dentist", time(10, 20))),
        strict=False,
    ):
        parent = stage.parent_of(pupil)
        if not stage.has_come(left):
            continue
        said = AtTheDoor(pupil.pk, stage.today, left, reason, parent.parent.name if parent else "")
        at = stage.minute(left)
        site_events.leave(stage.school, stage.calendar, said, local=at, by=stage.office, at=at)
        if back:
            _arrive(stage, pupil, back, reason)


def _registers(stage: Stage) -> None:
    """Two teachers send their registers; here and there they saw something else than the office has."""
    everyone = classes.all_of(stage.school, stage.today).order_by("name")
    states = classes.register_states(everyone, stage.school, stage.today, Session.AM)
    whole = [state.school_class for state in states if state.pupils and not state.blank]
    for school_class, contradicted in zip(whole[len(whole) // 2 :], (3, 2), strict=False):
        _send(stage, school_class, contradicted)
    rows = disagreements.open_marks(stage.school, stage.today, stage.today).order_by("pupil__upn")
    if rows.count() > 1:
        settled = rows.filter(code="/").first() or rows[0]
        _settle(stage, settled)


def _send(stage: Stage, school_class: SchoolClass, contradicted: int) -> None:
    pupils = classes.pupils_in(school_class, stage.today)
    marks = {mark.pupil_id: mark for mark in Mark.objects.filter(pupil__in=pupils, on=stage.today, session=Session.AM)}
    answers = {pupil.pk: _truth(marks[pupil.pk]) for pupil in pupils}
    away = [one for one in pupils if marks[one.pk].code not in {"/", codes.UNEXPLAINED, *codes.LATE_CODES}]
    here = [one for one in pupils if marks[one.pk].code == "/"]
    seen = stage.take(away, 1, f"seen there {school_class.name}")
    missed = stage.take(here, contradicted - len(seen), f"not seen {school_class.name}")
    answers |= {one.pk: Answer(Seen.PRESENT, note=stage.dice(one.upn).choice(SEEN_THERE)) for one in seen}
    answers |= {one.pk: Answer(Seen.ABSENT) for one in missed}
    registers.take(
        stage.school,
        stage.calendar,
        school_class,
        SessionOn(stage.today, Session.AM),
        answers,
        is_closed=False,
        today=stage.today,
        by=stage.teacher_of(school_class),
        at=stage.by(REGISTER_SENT),
    )


def _truth(mark: Mark) -> Answer:
    """What a teacher saw of a pupil whose code is right."""
    if mark.code == "/":
        return Answer(Seen.PRESENT)
    if mark.code == "L" and (mark.minutes_late or 0) <= SEEN_BY_MINUTE:
        return Answer(Seen.LATE, mark.minutes_late)
    return Answer(Seen.ABSENT)


def _settle(stage: Stage, mark: Mark) -> None:
    settling.settle(
        stage.school,
        LookedAt(mark.pk, mark.version, mark.seen),
        "Checked with the class teacher",
        by=stage.office,
        at=stage.by(SETTLED),
    )


def _calls(stage: Stage) -> None:
    """The office begins to ring those who are away without a reason; most are still to be rung."""
    unexplained = [mark.pupil for mark in stage.marked(codes.UNEXPLAINED).values()]
    asked = stage.take(unexplained, min(len(TRIES), len(unexplained) // 2), "rung")
    for pupil, (at, channel, outcome, words, again) in zip(asked, TRIES, strict=False):
        if stage.has_come(at):
            _call(stage, pupil, stage.minute(at), (channel, outcome, words), again)


def _call(
    stage: Stage, pupil: Pupil, at: datetime, what: tuple[Channel, Outcome, str], again: int | None
) -> Sequence[object]:
    channel, outcome, words = what
    parent = stage.parent_of(pupil)
    next_at = at + timedelta(minutes=again) if again else None
    tried = Try(channel, parent.parent_id if parent else None, outcome, at, next_at, words)
    return contacts.record(stage.school, pupil, (), tried, stage.today, local=at, by=stage.office, at=at)
