"""What the office has entered beforehand: planned codes, a leaver, a newcomer, a suspension, a dual registration."""

from collections.abc import Iterable
from datetime import date, datetime, time

from django.db.models import Count

from absences.rules.arranged import Kind, Particulars
from absences.rules.spans import Span
from absences.services import long_arrangements
from attendance_site.demonstration.localities import locality
from attendance_site.demonstration.stage import Stage
from registers.models import Contact, Mark, Pupil, SchoolClass
from registers.queries import classes
from registers.queries import leavers as leaving
from registers.rules import deletion, upn
from registers.rules.calendar import school_year_start
from registers.rules.marks import Door
from registers.rules.sessions import Session, SessionOn, is_in_pattern
from registers.services import admissions, contacts, leavers, marks
from registers.services.leavers import Departure
from registers.services.marks import Entry

FEWEST_DAYS = 8
"""With fewer school days ahead nothing is entered for them: the calendar ends, or the summer is near."""
ENTERED = time(9, 50)
PATTERN = "4AM 4PM 5AM"
OTHER_SCHOOL = "Rowan Bank School"
DAYS_SHARED = 15
NEXT_SCHOOL = "Larkrise Primary School"
NEWCOMER_GROUP = 3
NEWCOMERS = (("Matthew", "Matty", "Ravensdale"), ("Joseph", "Joe", "Wynter"), ("Edmund", "Ned", "Carraway"))
SUSPENDED_AGAIN_AFTER = 10
"""Days between two marks of one suspension at most: a weekend, or a half-term."""

_AM, _PM = Session.AM, Session.PM


def prepare(stage: Stage) -> None:
    """Everything that is entered for the days to come."""
    _record_suspension(stage)
    if len(stage.days_ahead) < FEWEST_DAYS:
        return
    _share_a_pupil(stage)
    _suspend(stage)
    _say_goodbye(stage)
    _welcome(stage)
    _plan(stage)


def _enter(stage: Stage, entries: Iterable[Entry], reason: str = "") -> None:
    marks.enter(
        stage.school,
        stage.calendar,
        list(entries),
        door=Door.OFFICE,
        reason=reason,
        today=stage.today,
        by=stage.office,
        at=stage.by(ENTERED),
    )


def _plan(stage: Stage) -> None:
    """Appointments tomorrow and next week, a tournament, and a class's visit."""
    tomorrow, later, visit_on, tournament_on = (stage.days_ahead[place] for place in (0, 2, 3, 5))
    first, second, third = (stage.take(stage.everybody, 1, f"appointment {place}") for place in range(3))
    _enter(
        stage,
        [
            *(Entry(one.pk, tomorrow, _AM, "M", note="dentist at 9.40") for one in first),
            *(Entry(one.pk, tomorrow, _PM, "M", note="hospital appointment at 14.15") for one in second),
            *(Entry(one.pk, later, _AM, "M", note="optician at 10.20") for one in third),
        ],
    )
    everyone = list(classes.all_of(stage.school, visit_on).order_by("name"))
    team = stage.take((one for one in stage.everybody if one.year_group(stage.today) >= 5), 6, "tournament")
    note = "visit: county museum, led by the class teacher"
    middle = len(everyone) // 2
    going = (classes.pupils_in(one, visit_on) for one in (*everyone[middle:], *everyone[:middle]))
    free = next((found for one in going if (found := [pupil for pupil in one if pupil.pk not in stage.taken])), [])
    _enter(stage, [Entry(one.pk, visit_on, session, "V", note=note) for one in free for session in Session])
    sport = "netball tournament at the leisure centre, with the sports coach"
    _enter(stage, [Entry(one.pk, tournament_on, _PM, "P", note=sport) for one in team])


def _share_a_pupil(stage: Stage) -> None:
    """One pupil is taught at another school on some sessions of the week, since a few weeks ago."""
    chosen = stage.take((one for one in stage.everybody if one.key_stage(stage.today) == "KS2"), 1, "dual")
    term = stage.calendar.term_of(stage.today)
    if not chosen or term is None:
        return
    [pupil] = chosen
    past = stage.calendar.school_days_between(max(term.first_on, pupil.starts_on), stage.today)[-DAYS_SHARED:]
    long_arrangements.record(
        stage.school,
        stage.calendar,
        pupil,
        Kind.DUAL,
        Span.of_days(past[0], term.last_on),
        PATTERN,
        Particulars(OTHER_SCHOOL, "149999", contact="Its office, each Friday", is_main=True),
        # Recorded before this morning: its registers are taken by whoever takes them.
        today=past[0],
        by=stage.office,
        at=stage.by(ENTERED),
    )
    present = Mark.objects.filter(pupil=pupil, on__gte=past[0], code__in=("/", "\\"))
    stands = [SessionOn(mark.on, Session(mark.session)) for mark in present]
    coming = stage.calendar.sessions_between(stage.days_ahead[0], term.last_on)[:20]
    shared = [place for place in (*stands, *coming) if is_in_pattern(place, PATTERN)]
    _enter(stage, [Entry(pupil.pk, *place, "D") for place in shared], f"Dual registered with {OTHER_SCHOOL}")


def _record_suspension(stage: Stage) -> None:
    """The latest suspension that the imported register shows gets its record."""
    rows = Mark.objects.filter(school=stage.school, code="E", pupil__leaves_on__isnull=True).order_by("-on", "-session")
    last = rows.select_related("pupil").first()
    if last is None:
        return
    first = last
    for mark in rows.filter(pupil=last.pupil_id):
        if (first.on - mark.on).days > SUSPENDED_AGAIN_AFTER:
            break
        first = mark
    _record_e(stage, last.pupil, SessionOn(first.on, Session(first.session)), SessionOn(last.on, Session(last.session)))


def _suspend(stage: Stage) -> None:
    """One pupil is suspended for the next two days."""
    first, last = SessionOn(stage.days_ahead[0], _AM), SessionOn(stage.days_ahead[1], _PM)
    for pupil in stage.take((one for one in stage.everybody if one.year_group(stage.today) >= 4), 1, "suspended"):
        _record_e(stage, pupil, first, last)
        places = stage.calendar.sessions_between(first.on, last.on)
        _enter(stage, [Entry(pupil.pk, *place, "E", note="suspension") for place in places])


def _record_e(stage: Stage, pupil: Pupil, first: SessionOn, last: SessionOn) -> None:
    notice_on = min(first.on, stage.today)
    long_arrangements.record(
        stage.school,
        stage.calendar,
        pupil,
        Kind.SUSPENSION,
        Span(first, last),
        "",
        Particulars(reference="The headteacher’s letter to the parents", notice_on=notice_on),
        today=stage.today,
        by=stage.head,
        at=stage.by(ENTERED),
    )


def _say_goodbye(stage: Stage) -> None:
    """One family moves away: the last day is next week, and the next school is named."""
    last_on, starts_on = stage.days_ahead[4], stage.days_ahead[5]
    departure = Departure(last_on, "A", "The family is moving house.", NEXT_SCHOOL, starts_on)
    shared = _shared_parents(stage)
    alone = [one for one in stage.everybody if one.pk not in shared]
    for pupil in stage.take(alone, 1, "leaving"):
        leavers.leave(
            stage.school,
            stage.calendar,
            pupil,
            departure,
            sure_of=[caution.key for caution in deletion.cautions(_asked(stage, pupil, departure))],
            today=stage.today,
            by=stage.office,
            at=stage.by(ENTERED),
        )


def _shared_parents(stage: Stage) -> set[int]:
    """The pupils with a brother or sister at the school: nobody moves away and leaves them behind."""
    rows = Contact.objects.filter(school=stage.school).values("parent").annotate(children=Count("pupil__upn"))
    families = rows.filter(children__gt=1).values("parent").order_by()
    return set(Contact.objects.filter(parent__in=families).values_list("pupil", flat=True))


def _asked(stage: Stage, pupil: Pupil, departure: Departure) -> deletion.Leaving:
    return leaving.asked(
        stage.calendar,
        pupil,
        departure.ground,
        departure.last_on,
        departure.next_school,
        departure.next_school_from,
        today=stage.today,
    )


def _welcome(stage: Stage) -> None:
    """One new pupil was entered the day before, and starts tomorrow: the local authority has still to be told."""
    entered_on = stage.calendar.last_school_day(date.fromordinal(stage.today.toordinal() - 1)) or stage.today
    born = date(school_year_start(stage.today).year - NEWCOMER_GROUP - 5, 11, 23)
    school_class, area = _smallest_class(stage), locality(stage.school.slug)
    forename, known_as, surname = stage.dice("newcomer").choice(NEWCOMERS)
    at = stage.minute(ENTERED).replace(year=entered_on.year, month=entered_on.month, day=entered_on.day)
    at = min(at, stage.now)
    pupil = admissions.enrol(
        stage.school,
        {
            "upn": _new_upn(stage),
            "admission_no": "999001",
            "legal_surname": surname,
            "legal_forename": forename,
            "middle_names": "Oliver",
            "preferred_forename": known_as,
            "dob": born,
            "sex": "M",
            "starts_on": stage.days_ahead[0],
            "previous_school": "Holm Fen Primary School",
            "previous_school_address": "School Lane\nMarham",
            "address": f"14 Lavender Close\n{area.towns[1]}",
            "postcode": f"{area.outward} 1XY",
            "sen": "N",
            "medical_note": "Asthma: blue inhaler in his bag.",
        },
        school_class,
        today=entered_on,
        by=stage.office,
        at=at,
    )
    _newcomers_mother(stage, pupil, at)


def _newcomers_mother(stage: Stage, pupil: Pupil, at: datetime) -> None:
    surname = pupil.legal_surname
    contacts.add(
        stage.school,
        pupil,
        None,
        {
            "title": "Ms",
            "forename": "Hannah",
            "surname": surname,
            "phone1": "07700 900417",
            "email": f"hannah.{surname.lower()}@post.example",
            "address": pupil.address,
            "postcode": pupil.postcode,
        },
        {
            "relationship": "Mother",
            "priority": 1,
            "parental_responsibility": True,
            "lives_with_pupil": True,
            "emergency": True,
            "court_order": False,
        },
        by=stage.office,
        at=at,
    )


def _new_upn(stage: Stage) -> str:
    rest = f"{stage.school.local_authority_code}2998{stage.today.year % 100:02d}417"
    return upn.check_letter(rest) + rest


def _smallest_class(stage: Stage) -> SchoolClass:
    """The class of the newcomer's year group with fewest pupils."""
    named = classes.all_of(stage.school, stage.today).filter(name__startswith=f"{NEWCOMER_GROUP} ").order_by("name")
    found = list(named) or list(classes.all_of(stage.school, stage.today).order_by("name"))
    return min(found, key=lambda one: len(classes.pupils_in(one, stage.today)))
