"""Building the demonstration as a school would be set up: file, roll, registers, people, and a scan."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from absences.rules.leave import Category
from absences.services import leave
from attendance_site import school_file
from attendance_site.demonstration import (
    ahead,
    arranged,
    casework,
    correspondence,
    generate,
    leave_states,
    letterheads,
    messages,
    morning,
    people,
    returns,
    standing,
    trial,
    winter,
)
from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.generate import Files, Plan, RollFile
from attendance_site.demonstration.localities import FORMS, locality
from attendance_site.demonstration.stage import SEED, Stage
from attendance_site.demonstration.stamps import LONDON
from attendance_site.demonstration.standing import Row
from attendance_site.demonstration.years import school_year, years_covered
from attendance_site.services import school_set_up
from escalation.services import scan
from letters.rules import kinds
from registers.models import ClassTeacher, Contact, Membership, Pupil, School, SchoolClass, User
from registers.queries import calendars, classes
from registers.queries import people as people_queries
from registers.queries.disruptions import concerned, preview
from registers.rules.calendar import Calendar, school_year_start
from registers.rules.deletion import LeavingRefusedError
from registers.rules.disruptions import Closing, DisruptionCode
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from registers.services import disruptions, leavers, mark_imports, rolls
from registers.services.leavers import Departure

SCHOOL_FILES = ("staplehurst.toml", "carlton_road.toml")
PASSWORD = "wet-monday-register"  # noqa: S105 - the demonstration prints it for everybody
FOLDER = Path(__file__).resolve().parent.parent / "schools"

EARLY = time(7, 10)
ALL_CAUTIONS = ("held", "authority", "destination", "backdated", "ahead")

Say = Callable[[str], None]


def build(folder: Path, now: datetime, say: Say) -> date:
    """Build both schools up to the last school day and return that day. Nothing is kept if a part fails."""
    for name in SCHOOL_FILES:
        with transaction.atomic():
            file = school_file.read(FOLDER / name, frozenset(kinds.KINDS))
            say(f"{file.school.name}: setting up")
            school = school_set_up.set_up(file, at=now)
            with schools_in_scope([school.pk]):
                calendar = calendars.of(school)
                today = _last_school_day(calendar, now)
                files = generate.write(_plan(school, calendar, today), folder / school.slug)
                _take_roll_in(school, files.rolls, now, say)
                _employ(school, files.classes, today)
                letterheads.furnish(Stage(school, calendar, today, now))
                _close_for_winter(school, calendar, date(school_year_start(today).year - 1, 9, 1), today, now)
                _take_marks_in(school, calendar, files, now, say)
                _ask_for_leave(school, calendar, today, now)
                _go_through_the_day(school, calendar, today, now)
                leave_states.play(Stage(school, calendar, today, now))
                _scan(school, calendar, today, now, say)
                casework.play(Stage(school, calendar, today, now))
                trial.play(Stage(school, calendar, today, now))
                correspondence.write(Stage(school, calendar, today, now))
    return today


def catch_up(folder: Path, since: date, now: datetime, say: Say) -> date:
    """Bring the registers from the day the demonstration was last used to the last school day; blanks only."""
    today = since
    for school in School.objects.order_by("pk"):
        with transaction.atomic(), schools_in_scope([school.pk]):
            calendar = calendars.of(school)
            today = _last_school_day(calendar, now)
            if today <= since:
                continue
            say(f"{school.name}: the days since {since:%d/%m/%Y}")
            files = generate.write(
                _plan(school, calendar, today), folder / school.slug, since=since - timedelta(days=1)
            )
            # The roll stands as it was taken in and as it was changed since; only newcomers and leavers are news.
            on_file = standing.keep_newcomers(school, files.rolls[-1])
            known = {row["upn"] for row in (*on_file, *standing.read(files.rolls[-1].pupils))}
            if standing.read(files.rolls[-1].pupils):
                _take_roll_in(school, files.rolls[-1:], now, say)
            _say_goodbye(school, calendar, on_file, today, now)
            _close_for_winter(school, calendar, since, today, now)
            standing.fill_others(school, calendar, files.marks[-1], known, since, today)
            for path in files.marks:
                standing.keep_blanks(school, path, since)
            _take_marks_in(school, calendar, files, now, say)
            _scan(school, calendar, today, now, say)
    return today


def _last_school_day(calendar: Calendar, now: datetime) -> date:
    local = timezone.localdate(now)
    return calendar.last_school_day(local) or local


def _plan(school: School, calendar: Calendar, today: date) -> Plan:
    return Plan(school.slug, school.name, school.local_authority_code, school.establishment, calendar, today)


def _take_roll_in(school: School, files: Sequence[RollFile], now: datetime, say: Say) -> None:
    operator = people_queries.operator(school)
    for roll in files:
        report = rolls.take_in(school, roll.pupils, roll.contacts, on=roll.on, by=operator, at=now)
        say(f"{school.name}: roll of {roll.on:%B %Y}, {report.pupils_added} pupils added")


def _take_marks_in(school: School, calendar: Calendar, files: Files, now: datetime, say: Say) -> None:
    operator = people_queries.operator(school)
    standing.nothing_to_come(files.marks[-1], now)
    for path in files.marks:
        marks = mark_imports.take_in(
            school,
            calendar,
            path,
            reason="Corrected by an imported file",
            today=timezone.localdate(now),
            by=operator,
            at=now,
        )
        say(f"{school.name}: {marks.added:,} marks imported")


def _close_for_winter(school: School, calendar: Calendar, since: date, today: date, now: datetime) -> None:
    """Enter the closure of each winter from a day up to today: once, for all whom it concerned."""
    chances = Chances(SEED, school.slug)
    head = Membership.objects.filter(school=school, role=Role.HEAD).order_by("pk")[0]
    for number in years_covered(calendar):
        year = school_year(calendar, number)
        shut = winter.closure(chances, year)
        if shut is None or not since <= (on := year.days[shut.day]) < today:
            continue
        shut_classes = SchoolClass.objects.filter(school=school, name__in=_class_names(school, shut.groups))
        closing = Closing(
            DisruptionCode(shut.code),
            SessionOn(on, Session.AM),
            SessionOn(on, Session.PM),
            shut.reason,
            frozenset(shut_classes.values_list("pk", flat=True)) if shut.code == DisruptionCode.PART else frozenset(),
        )
        found = preview(school, calendar, closing, concerned(school, closing))
        if found.number:
            at = min(datetime.combine(on, EARLY, tzinfo=LONDON), now)
            disruptions.enter(school, calendar, closing, expected=found.number, today=today, by=head, at=at)


def _class_names(school: School, groups: Iterable[int]) -> list[str]:
    area = locality(school.slug)
    return [area.class_name(group, form) for group in groups for form in range(FORMS)]


def _go_through_the_day(school: School, calendar: Calendar, today: date, now: datetime) -> None:
    """What is known beforehand, what happened this morning, and what was answered: no pupil twice in one of them."""
    for part in (ahead.prepare, arranged.arrange, morning.play, messages.send, returns.make):
        part(Stage(school, calendar, today, now))


def _say_goodbye(school: School, calendar: Calendar, on_file: Iterable[Row], today: date, now: datetime) -> None:
    """Enter the last day of those who have left since, as the office would, unless their marks say otherwise."""
    office = Membership.objects.filter(school=school, role=Role.OFFICE).order_by("pk")[0]
    here = {(one.upn, one.starts_on.isoformat()): one for one in Pupil.objects.filter(school=school, leaves_on=None)}
    for row in on_file:
        pupil = here.get((row["upn"], row["start_date"]))
        if pupil is None or not row["leave_date"]:
            continue
        begins = date.fromisoformat(row["next_school_from"]) if row["next_school_from"] else None
        departure = Departure(
            date.fromisoformat(row["leave_date"]),
            row["leaving_ground"],
            row["leaving_note"],
            row["next_school"],
            begins,
        )
        try:
            leavers.leave(school, calendar, pupil, departure, sure_of=ALL_CAUTIONS, today=today, by=office, at=now)
        except LeavingRefusedError:
            continue  # somebody has marked the pupil since: whoever did decides


def _employ(school: School, classes: tuple[str, ...], today: date) -> None:
    password = make_password(PASSWORD)  # once: a good hash takes its time, and everybody here has the same password
    for person in (*people.staff(school.slug, classes), people.trust_officer()):
        user, _ = User.objects.get_or_create(email=person.email, defaults={"name": person.name, "password": password})
        starts_on = today - timedelta(days=400)
        Membership.objects.create(user=user, school=school, role=Role(person.role), starts_on=starts_on)
        if person.class_name:
            ClassTeacher.objects.create(
                school=school,
                user=user,
                school_class=SchoolClass.objects.get(school=school, name=person.class_name),
                starts_on=starts_on,
            )


def _ask_for_leave(school: School, calendar: Calendar, today: date, now: datetime) -> None:
    """Three requests on the headteacher's desk: in good time, for a holiday, too late; none at the calendar's end."""
    office = Membership.objects.get(school=school, role=Role.OFFICE)
    coming = calendar.school_days_between(today + timedelta(days=5), calendar.school_days[-1])[:14]
    if len(coming) < 10:
        return
    wanted = (
        (
            (coming[2], coming[2]),
            Category.FUNERAL_OR_WEDDING,
            "The funeral of the child's grandmother, in the family's home town.",
            4,
        ),
        ((coming[4], coming[8]), Category.HOLIDAY, "A week away with cousins; the flights are cheaper then.", 10),
        ((today, coming[0]), Category.HOLIDAY, "The family left early for a long weekend.", 0),
    )
    chosen = _families(school, len(wanted))
    for ((first_on, last_on), category, reason, days_ago), applicant in zip(wanted, chosen, strict=True):
        leave.enter(
            school,
            calendar,
            applicant.pupil,
            applicant,
            today - timedelta(days=days_ago),
            SessionOn(first_on, Session.AM),
            SessionOn(last_on, Session.PM),
            reason,
            category,
            today=today,
            by=office,
            at=now,
        )


def _families(school: School, number: int) -> list[Contact]:
    """A parent with whom the pupil lives, of pupils who are here and spread over the roll."""
    pupils = Pupil.objects.filter(school=school, leaves_on__isnull=True).order_by("upn")
    spread = list(pupils)[:: max(1, len(pupils) // number)][:number]
    return [
        Contact.objects.select_related("pupil").filter(pupil=pupil, lives_with_pupil=True).order_by("priority")[0]
        for pupil in spread
    ]


def _scan(school: School, calendar: Calendar, today: date, now: datetime, say: Say) -> None:
    result = scan.scan(school, calendar, today, by=people_queries.nightly(school), at=now)
    say(f"{school.name}: policy applied, {result.opened} flags")


def is_empty() -> bool:
    """Whether nobody has set a school up in this database."""
    return not School.objects.exists()


def sign_ins(today: date) -> list[tuple[str, str, str]]:
    """School, part and e-mail address of one person for each part; the teacher is one with a register to take."""
    found: list[tuple[str, str, str]] = []
    for school in School.objects.order_by("pk"):
        with schools_in_scope([school.pk]):
            teacher = _teacher_with_a_register(school, today)
        rows = Membership.objects.filter(school=school, user__is_active=True).select_related("user").order_by("pk")
        parts: dict[str, Membership] = {}
        for membership in rows:
            if membership.role != Role.TEACHER or membership.user_id == teacher:
                parts.setdefault(membership.role, membership)
        found += [(school.name, membership.role_name, membership.user.email) for membership in parts.values()]
    return found


def _teacher_with_a_register(school: School, today: date) -> int:
    """The teacher of the class with most pupils still to mark this morning."""
    states = classes.register_states(classes.all_of(school, today), school, today, Session.AM)
    waiting = max(states, key=lambda state: state.blank)
    return ClassTeacher.objects.filter(school_class=waiting.school_class).order_by("pk")[0].user_id
