"""The part of a pupil's timeline that tells of absences, evidence, flags, cases and meetings."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from absences.models import EvidenceWanted
from attendance_site.queries.happenings import Happening
from escalation.models import Case, Flag, FlagHold, Meeting, Referral
from escalation.rules.meetings import AWAITING_REVIEW, MeetingState
from registers.models import Mark, Pupil
from registers.queries.figures import Period
from registers.rules import codes
from registers.rules.codes import StatClass

MOST = 40
NIGHT = time(18, 0)
MORNING = time(9, 0)
ABSENT = codes.symbols_of(StatClass.AUTHORISED, StatClass.UNAUTHORISED)


def of(pupil: Pupil) -> Iterator[Happening]:
    """What the desk did, and what the nightly scan found; read by those who work on the desk."""
    yield from _flags(pupil)
    yield from _cases(pupil)
    yield from _meetings(pupil)
    yield from _evidence(pupil)


def absences(pupil: Pupil, year: Period) -> Iterator[Happening]:
    """The year's absences, sessions of one code with no more than a weekend between as one line."""
    rows = Mark.objects.filter(pupil=pupil, on__gte=year.first_on, on__lte=year.last_on, code__in=ABSENT)
    run: list[tuple[date, str]] = []
    for on, code in rows.order_by("on", "session").values_list("on", "code"):
        if run and not (run[-1][1] == code and _follows(run[-1][0], on)):
            yield _absence(run)
            run = []
        run.append((on, code))
    if run:
        yield _absence(run)


def _absence(run: list[tuple[date, str]]) -> Happening:
    (first_on, code), (last_on, _) = run[0], run[-1]
    when = f"{first_on:%d/%m/%Y}" if first_on == last_on else f"{first_on:%d/%m/%Y} to {last_on:%d/%m/%Y}"
    sessions = f"{len(run)} session{'' if len(run) == 1 else 's'}"
    return Happening(_at(first_on, MORNING), f"Absent {when}: {code}, {sessions}.", "Register")


def _follows(earlier: date, later: date) -> bool:
    """Whether no more than a weekend lies between."""
    return later - earlier <= timedelta(days=3 if later.weekday() == 0 else 1)


def _flags(pupil: Pupil) -> Iterator[Happening]:
    for flag in Flag.objects.filter(pupil=pupil).defer("counted", "left_out").order_by("-pk")[:MOST]:
        yield Happening(_at(flag.opened_on), f"Flagged: {flag.title}", "Nightly scan", "flag", flag.pk, for_desk=True)
        if flag.ended_on:
            what = f"Flag ended: {flag.title}"
            yield Happening(_at(flag.ended_on), what, "Nightly scan", "flag", flag.pk, for_desk=True)
    for hold in FlagHold.objects.filter(flag__pupil=pupil).select_related("flag", "by")[:MOST]:
        what = f"Flag {hold.kind}: {hold.flag.title}"
        yield Happening(hold.at, what, hold.by.name, "flag", hold.flag_id, for_desk=True)


def _cases(pupil: Pupil) -> Iterator[Happening]:
    for case in Case.objects.filter(pupil=pupil).select_related("opened_by", "closed_by"):
        yield Happening(case.opened_at, "Case opened", case.opened_by.name, "case", case.pk, for_desk=True)
        if case.closed_at and case.closed_by:
            yield Happening(case.closed_at, "Case closed", case.closed_by.name, "case", case.pk, for_desk=True)
    for row in Referral.objects.filter(case__pupil=pupil).select_related("made_by"):
        what = f"Referred: {row.kind}, to {row.to}"
        yield Happening(row.made_at, what, row.made_by.name, "referral_pdf", row.pk, for_desk=True)


def _meetings(pupil: Pupil) -> Iterator[Happening]:
    for meeting in Meeting.objects.filter(case__pupil=pupil).select_related("planned_by"):
        planned = f"{meeting.kind_name} planned for {meeting.on:%d/%m/%Y}"
        who = meeting.planned_by.name
        yield Happening(meeting.planned_at, planned, who, "meeting", meeting.pk, for_desk=True)
        if meeting.state in {*AWAITING_REVIEW, MeetingState.REVIEWED}:
            held = f"{meeting.kind_name} {'held' if meeting.attendees else 'not attended'}"
            yield Happening(_at(meeting.on, time(12)), held, "", "meeting", meeting.pk, for_desk=True)
        if meeting.reviewed_on:
            words = str((meeting.result or {}).get("words", ""))
            what = f"{meeting.kind_name} reviewed. {words}".strip()
            yield Happening(_at(meeting.reviewed_on, time(13)), what, "", "meeting", meeting.pk, for_desk=True)


def _evidence(pupil: Pupil) -> Iterator[Happening]:
    for row in EvidenceWanted.objects.filter(pupil=pupil).select_related("confirmed_by"):
        yield Happening(row.confirmed_at, f"Evidence of illness wanted: {row.why}", row.confirmed_by.name)


def _at(on: date, hour: time = NIGHT) -> datetime:
    return datetime.combine(on, hour, tzinfo=ZoneInfo(settings.TIME_ZONE))
