"""The demonstration: built by the imports a school uses, open to each part, and it keeps what somebody does in it."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.urls import reverse

from absences.models import Evidence, LeaveRequest
from absences.queries import clocks, leave, leave_links, leave_taken
from absences.rules.clocks import ClockKind
from absences.rules.leave import DECIDED, LeaveState, is_retrospective
from absences.rules.leave_outcomes import Outcome
from attendance_site.demonstration import build, leave_states
from attendance_site.demonstration.generate import Plan
from escalation import policy_file
from escalation.models import Flag, ScanRun
from escalation.queries import policy_pages
from escalation.rules.simulations import SimulationState
from letters.models import Message
from letters.rules import kinds
from registers.models import (
    Amendment,
    Arrangement,
    ClassTeacher,
    DisruptedClass,
    Disruption,
    Event,
    Mark,
    Membership,
    Pupil,
    School,
    Settlement,
    SiteEvent,
    User,
)
from registers.queries import calendars, classes, disagreements
from registers.rules.marks import Door
from registers.rules.rights import MACHINE, Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import marks
from registers.services.marks import Entry
from tests import builders
from tests.builders import TODAY

FRIDAY, WEDNESDAY = (datetime(2026, 11, day, 10, 30, tzinfo=UTC) for day in (20, 25))
PUPILS = 28


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Path]:
    """Both schools, small, built once for this file; what a test changes is undone after it."""
    folder = tmp_path_factory.mktemp("demonstration")
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with (
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
        override_settings(PASSWORD_HASHERS=[hasher], LETTERHEADS_DIR=folder / "letterheads"),
        transaction.atomic(),
    ):
        patch.setattr(build, "Plan", partial(Plan, pupils=PUPILS))
        assert build.build(folder, FRIDAY, lambda _words: None) == TODAY
        yield folder
        transaction.set_rollback(True)


@pytest.fixture(params=["staplehurst", "carlton-road"])
def school(request, built, db) -> Iterator[School]:
    """Each of the two, in scope."""
    found = School.objects.get(slug=request.param)
    with schools_in_scope([found.pk]):
        yield found


def snapshot() -> dict[tuple[int, date, str], tuple[str, int, str]]:
    rows = Mark.objects.values_list("pupil_id", "on", "session", "code", "version", "source")
    return {(pupil, on, session): (code, version, source) for pupil, on, session, code, version, source in rows}


def test_each_school_has_a_roll_and_both_years_of_marks(school) -> None:
    on_roll = Pupil.objects.filter(school=school, starts_on__lte=TODAY).exclude(leaves_on__lt=TODAY)
    assert PUPILS - 4 <= on_roll.count() <= PUPILS + 4
    assert classes.all_of(school, TODAY).count() >= 10
    days = Mark.objects.filter(school=school, source="import").order_by("on").values_list("on", flat=True)
    assert (days.first(), days.last()) == (calendars.of(school).school_days_between(date(2025, 9, 1), TODAY)[0], TODAY)
    assert set(Mark.objects.values_list("source", flat=True)) == {"import", "closure", "office", "leave", "lapsed"}
    imported = Event.objects.filter(kind__in=["roll imported", "marks imported"]).values_list("kind", flat=True)
    assert sorted(imported) == ["marks imported"] * 2 + ["roll imported"] * 2


def test_there_is_a_register_to_take_this_morning_and_every_afternoon(school) -> None:
    everyone = classes.all_of(school, TODAY)
    morning = classes.register_states(everyone, school, TODAY, Session.AM)
    untaken = [state for state in morning if state.blank]
    assert len(untaken) == 2
    assert all(state.blank == state.pupils > 0 for state in untaken)
    assert all(state.blank == state.pupils for state in classes.register_states(everyone, school, TODAY, Session.PM))


def test_there_is_something_to_decide(school) -> None:
    waiting = leave.waiting(school)
    late = [row for row in waiting if is_retrospective(row.received_on, row.first_on)]
    assert len(late) == 1
    assert len(waiting) - len(late) >= 4


def test_leave_is_in_every_state_at_each_school(school) -> None:
    rows = LeaveRequest.objects.filter(school=school)
    assert set(rows.values_list("state", flat=True)) == set(LeaveState)
    past = rows.filter(state__in=DECIDED, last_on__lt=TODAY)
    assert set(past.values_list("outcome", flat=True)) <= {Outcome.TAKEN, Outcome.PART_TAKEN}
    shown = Mark.objects.filter(school=school, code__in=["G", "C"], on__range=(TODAY - leave_states.LOOK_BACK, TODAY))
    assert past.exists() or not shown.exclude(on=TODAY).exists()
    assert rows.filter(together__isnull=False).count() >= 2
    assert rows.filter(source="online").exists()
    assert rows.filter(decided_role=Role.DEPUTY).exists()
    assert leave_links.to_settle(school)
    away = Mark.objects.filter(school=school, on=TODAY, code="N").exclude(pupil__in=rows.values("pupil"))
    assert leave_taken.missed(school, calendars.of(school), TODAY) or not away.exists()
    assert Evidence.objects.filter(school=school).exists()


def test_something_is_flagged(school) -> None:
    assert Flag.objects.filter(ended_on__isnull=True).exists()
    assert ScanRun.objects.get().on == TODAY


def test_the_headteacher_at_staplehurst_tries_a_change_of_one_rule(school) -> None:
    draft = policy_pages.draft(school)
    if school.slug != "staplehurst":
        assert draft is None
        return
    old = {rule["id"]: rule for rule in draft.based_on.document["rules"]}
    changed = [rule["id"] for rule in draft.document["rules"] if rule != old[rule["id"]]]
    assert changed == ["SH-LATE"]
    assert policy_file.faults_of(draft.document, frozenset(kinds.KINDS)) == []
    (trial,) = policy_pages.trials(draft)
    assert (trial.row.state, trial.is_current) == (SimulationState.DONE, True)
    assert trial.row.result["days"]


def test_last_winter_closed_each_school_once(school) -> None:
    [closure] = Disruption.objects.filter(school=school)
    assert closure.code == {"staplehurst": "Y4", "carlton-road": "Y3"}[school.slug]
    given = Mark.objects.filter(school=school, source=Door.CLOSURE)
    assert set(given.values_list("code", "on")) == {(closure.code, closure.first_on)}
    assert not Mark.objects.filter(school=school, on=closure.first_on, code=closure.code).exclude(source=Door.CLOSURE)
    assert DisruptedClass.objects.filter(disruption=closure).exists() is (closure.code == "Y3")


def test_the_admission_register_is_in_motion(school) -> None:
    """Somebody came back, somebody leaves next week, and somebody was entered yesterday who starts on Monday."""
    spells = Counter(Pupil.objects.filter(school=school).values_list("upn", flat=True))
    # So few pupils are not enough for somebody to come back at each school.
    assert [n for n in spells.values() if n > 1] == {"staplehurst": [], "carlton-road": [2]}[school.slug]
    leaver = Pupil.objects.get(school=school, leaves_on__gt=TODAY)
    assert (leaver.leaving_ground, leaver.leaves_on) == ("A", date(2026, 11, 27))
    assert leaver.next_school_from == date(2026, 11, 30)
    newcomer = Pupil.objects.get(school=school, starts_on__gt=TODAY)
    assert (newcomer.entered_on, newcomer.starts_on) == (date(2026, 11, 19), date(2026, 11, 23))
    waiting = {(row.kind, row.pupil.pk) for row in clocks.due(school, calendars.of(school), TODAY) if not row.answer}
    assert {(ClockKind.DELETION, leaver.pk), (ClockKind.NEW_PUPIL, newcomer.pk)} <= waiting


def test_codes_are_entered_ahead_with_their_records(school) -> None:
    ahead = Mark.objects.filter(school=school, on__gt=TODAY)
    assert {"M", "V", "E", "D"} <= set(ahead.values_list("code", flat=True))
    assert not ahead.filter(code__in=["M", "V", "P", "E"], note="")
    shared = Arrangement.objects.get(school=school, code="D")
    assert {f"{mark.on.isoweekday()}{mark.session}" for mark in Mark.objects.filter(pupil=shared.pupil, code="D")} == {
        *shared.weekdays.split()
    }
    for mark in ahead.filter(code="E"):
        assert Arrangement.objects.filter(pupil=mark.pupil, code="E", first_on__lte=mark.on, last_on__gte=mark.on)


def test_the_morning_has_begun(school) -> None:
    """The door, the classrooms and the telephone have something to tell."""
    kinds = Counter(SiteEvent.objects.filter(school=school, on=TODAY).values_list("kind", flat=True))
    assert kinds["left"] == 2
    assert kinds["returned"] == 1
    assert disagreements.count(school, TODAY, TODAY) >= 1
    # The smaller of two registers was sent by a teacher who agreed with it.
    assert Settlement.objects.filter(school=school).count() == {"staplehurst": 0, "carlton-road": 1}[school.slug]
    assert SiteEvent.objects.filter(school=school).count() == sum(kinds.values())


def test_one_person_of_each_part_is_introduced(built, db) -> None:
    people = build.sign_ins(TODAY)
    assert Counter(school for school, _, _ in people) == {"Staplehurst School": 9, "Carlton Road Academy": 9}
    assert len({part for _, part, _ in people}) == 9
    roles = {membership.role for membership in Membership.objects.filter(user__email__in=[row[2] for row in people])}
    assert roles == set(Role) - set(MACHINE)


@pytest.mark.parametrize("role", sorted(set(Role) - set(MACHINE)))
def test_each_signs_in_with_the_printed_password(school, client, time_machine, role: Role) -> None:
    time_machine.move_to(FRIDAY, tick=False)
    [email] = [
        email
        for name, _, email in build.sign_ins(TODAY)
        if name == school.name and Membership.objects.get(user__email=email, school=school).role == role
    ]
    client.post(reverse("sign_in"), {"login": email, "password": build.PASSWORD})
    if role is not Role.TRUST:  # whose schools are several
        assert client.get(reverse("start"))["Location"] == reverse("home", args=[school.slug])
    assert client.get(reverse("home", args=[school.slug])).status_code == 200


def test_the_teacher_introduced_has_a_register_to_take_first(school) -> None:
    emails = [email for name, _, email in build.sign_ins(TODAY) if name == school.name]
    own = ClassTeacher.objects.filter(user__in=User.objects.filter(email__in=emails)).values("school_class")
    states = classes.register_states(classes.all_of(school, TODAY).filter(pk__in=own), school, TODAY, Session.AM)
    assert [state.blank > 0 for state in states] == [True]


def test_every_class_has_its_teacher(school) -> None:
    taught = ClassTeacher.objects.values_list("school_class", flat=True)
    assert set(classes.all_of(school, TODAY).values_list("pk", flat=True)) <= set(taught)


class TestCatchingUp:
    """Both schools are brought up to date together, and both are looked at."""

    @pytest.fixture(autouse=True)
    def schools(self, built, db) -> Iterator[list[School]]:
        found = list(School.objects.order_by("pk"))
        with schools_in_scope([school.pk for school in found]):
            yield found

    @pytest.fixture
    def touched(self, schools) -> dict[tuple[int, date, str], str]:
        """At each school a mark of this morning was changed, and one of this afternoon was entered."""
        found = {}
        for school in schools:
            office = Membership.objects.get(school=school, role=Role.OFFICE)
            pupil = (
                Mark.objects.filter(school=school, on=TODAY, session=Session.AM, code="/").order_by("pk")[0].pupil_id
            )
            entries = [Entry(pupil, TODAY, Session.AM, "M"), Entry(pupil, TODAY, Session.PM, "N")]
            now = {"today": TODAY, "by": office, "at": FRIDAY}
            marks.enter(school, calendars.of(school), entries, door=Door.OFFICE, reason="Dentist", **now)
            found |= {(pupil, TODAY, "AM"): "M", (pupil, TODAY, "PM"): "N"}
        return found

    def catch_up(self, folder: Path, now: datetime, since: date = TODAY) -> date:
        return build.catch_up(folder, since, now, lambda _words: None)

    def blank(self, school: School, on: date, session: Session) -> int:
        """How many classes have a blank."""
        states = classes.register_states(classes.all_of(school, on), school, on, session)
        return sum(state.blank > 0 for state in states)

    def test_adds_blanks_only_and_keeps_what_somebody_marked(self, schools, built, touched) -> None:
        before, amended = snapshot(), Amendment.objects.count()
        assert self.catch_up(built, WEDNESDAY) == WEDNESDAY.date()
        after = snapshot()
        assert {place: after[place] for place in before} == before
        assert {place: after[place][0] for place in touched} == touched
        assert Amendment.objects.count() == amended
        assert {on for _, on, _ in after.keys() - before.keys()} == {date(2026, 11, day) for day in (20, 23, 24, 25)}
        for school in schools:
            # Today's registers are there to be taken again; those of the days between are whole.
            assert self.blank(school, WEDNESDAY.date(), Session.AM) == 2
            assert not self.blank(school, TODAY, Session.AM)
            assert not self.blank(school, TODAY, Session.PM)
            assert not self.blank(school, date(2026, 11, 24), Session.PM)
            assert ScanRun.objects.filter(school=school, on=WEDNESDAY.date()).exists()

    def test_a_second_time_nothing_changes(self, built, touched) -> None:
        self.catch_up(built, WEDNESDAY)
        before, events = snapshot(), Event.objects.count()
        assert self.catch_up(built, WEDNESDAY + timedelta(hours=1), since=WEDNESDAY.date()) == WEDNESDAY.date()
        assert (snapshot(), Event.objects.count()) == (before, events)

    def test_keeps_what_was_changed_in_the_admission_register(self, schools, built) -> None:
        """A particular that was corrected stays, and so does the last day of whoever is leaving."""
        for school in schools:
            pupil = Pupil.objects.filter(school=school, leaves_on=None, starts_on__lte=TODAY).order_by("upn")[3]
            Pupil.objects.filter(pk=pupil.pk).update(legal_surname="Corrected")
        leaving = set(Pupil.objects.filter(leaves_on__gt=TODAY).values_list("pk", "leaves_on"))
        self.catch_up(built, datetime(2026, 12, 2, 10, 30, tzinfo=UTC))
        assert Pupil.objects.filter(legal_surname="Corrected").count() == len(schools)
        assert leaving <= set(Pupil.objects.values_list("pk", "leaves_on"))
        assert not Mark.objects.filter(pupil__in=[pk for pk, _ in leaving], on__gt=date(2026, 11, 27))

    def test_before_school_nothing_of_today_is_marked(self, built) -> None:
        """Nothing is stamped with an hour that has not struck."""
        early = datetime(2026, 11, 23, 7, 5, tzinfo=UTC)
        assert self.catch_up(built, early) == early.date()
        assert not Mark.objects.filter(on=early.date(), recorded_at__gt=early).exists()

    def test_at_the_weekend_there_is_nothing_to_catch_up(self, built) -> None:
        before = snapshot()
        assert self.catch_up(built, datetime(2026, 11, 21, 9, tzinfo=UTC)) == TODAY
        assert snapshot() == before

    def test_after_a_holiday_every_school_day_is_there(self, schools, built) -> None:
        january = datetime(2027, 1, 6, 10, 30, tzinfo=UTC)
        assert self.catch_up(built, january) == january.date()
        for school in schools:
            days = set(Mark.objects.filter(school=school, on__gt=TODAY).values_list("on", flat=True))
            assert days == set(calendars.of(school).school_days_between(date(2026, 11, 21), january.date()))


class TestTheCommand:
    def run(self, settings, folder: Path, database_url: str = "") -> str:
        settings.DATA_DIR, settings.STATIC_ROOT = folder, folder / "static"
        settings.DATABASE_URL = database_url
        out = StringIO()
        call_command("demo", build_only=True, stdout=out)
        return out.getvalue()

    def test_keeps_a_demonstration_that_stands(self, built, db, settings, tmp_path, time_machine) -> None:
        time_machine.move_to(FRIDAY + timedelta(days=1), tick=False)
        (tmp_path / "demonstration.json").write_text(json.dumps({"until": str(TODAY)}), encoding="ascii")
        with schools_in_scope(School.objects.values_list("pk", flat=True)):
            before = Mark.objects.count()
            assert "setting up" not in self.run(settings, tmp_path)
            assert Mark.objects.count() == before
        assert json.loads((tmp_path / "demonstration.json").read_text()) == {"until": str(TODAY)}
        assert list((tmp_path / "static").rglob("theme*.css"))

    def test_leaves_somebody_elses_database_alone(self, db, settings, tmp_path) -> None:
        builders.school("real")
        with pytest.raises(CommandError, match="not the demonstration's"):
            self.run(settings, tmp_path)

    def test_keeps_to_its_own_embedded_database(self, settings, tmp_path) -> None:
        with pytest.raises(CommandError, match="Unset DATABASE_URL"):
            self.run(settings, tmp_path, "postgres://somewhere/real")


def test_there_are_messages_in_the_states_that_an_office_meets(school) -> None:
    states = set(Message.objects.filter(school=school).values_list("state", flat=True))
    assert {"prepared", "sent", "delivered", "failed"} <= states
    assert not Message.objects.exclude(sender__in=["", "outbox"]).exists(), "none can be asked about, or sent again"
    assert not Message.objects.filter(prepared_at__gt=FRIDAY).exists()
