"""Recording a reason: the row, the marks, the record, the refusals."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from absences.models import Reason
from absences.rules.reasons import Channel, Outcome, ReasonRefusedError, Told
from absences.rules.spans import Span
from absences.services import reasons
from registers.models import Amendment, Event, Mark, Pupil
from registers.queries import calendars, certificates
from registers.queries.figures import Period
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT, TODAY

MONDAY, WEDNESDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 18), date(2026, 11, 20)
WORDS = "Sick in the night and a high temperature"


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def pupil(school):
    return builders.pupil(school)


def record(pupil, by, span, *, outcome=Outcome.ACCEPTED, code="I", text=WORDS, today=TODAY):
    told = Told(text, "Mum", Channel.PHONE)
    return reasons.record(
        pupil.school, calendars.of(pupil.school), pupil, span, told, outcome, code, today=today, by=by, at=AT
    )


def codes_of(pupil):
    return "".join(Mark.objects.filter(pupil=pupil).order_by("on", "session").values_list("code", flat=True))


def test_keeps_what_was_said_and_who_recorded_it(pupil, office):
    builders.marks(pupil, calendars.of(pupil.school), MONDAY, "NN")
    row = record(pupil, office, Span.of_days(MONDAY, MONDAY)).reason
    row.refresh_from_db()
    assert (row.pupil, row.span) == (pupil, Span.of_days(MONDAY, MONDAY))
    assert (row.text, row.told_by, row.channel) == (WORDS, "Mum", "phone")
    assert (row.outcome, row.code) == ("accepted", "I")
    assert (row.recorded_at, row.recorded_by, row.recorded_role) == (AT, office.user, Role.OFFICE)


def test_recodes_n_o_and_blanks_up_to_today_and_leaves_the_rest(pupil, office):
    calendar = calendars.of(pupil.school)
    builders.marks(pupil, calendar, MONDAY, "/NNO.L/U")
    came = record(pupil, office, Span.of_days(MONDAY, date(2026, 11, 23)))
    assert codes_of(pupil) == "/IIIIL/UII"
    assert len(came.recoded) == 6
    assert [(str(left.place), left.why.split(",")[0]) for left in came.left] == [
        ("Mon 16 Nov 2026 AM", "marked /"),
        ("Wed 18 Nov 2026 PM", "marked L"),
        ("Thu 19 Nov 2026 AM", "marked /"),
        ("Thu 19 Nov 2026 PM", "marked U"),
        ("Mon 23 Nov 2026 AM", "still to come"),
        ("Mon 23 Nov 2026 PM", "still to come"),
    ]


def test_an_appointment_told_in_advance_is_entered_ahead(pupil, office):
    ahead = Span(SessionOn(date(2026, 11, 24), Session.PM), SessionOn(date(2026, 11, 24), Session.PM))
    record(pupil, office, ahead, code="M", text="Dentist at two")
    mark = Mark.objects.get(pupil=pupil)
    assert (mark.on, mark.session, mark.code, mark.source) == (date(2026, 11, 24), "PM", "M", "office")


def test_the_amendment_says_the_code_and_not_what_the_family_said(pupil, office):
    builders.marks(pupil, calendars.of(pupil.school), MONDAY, "N")
    record(pupil, office, Span.of_days(MONDAY, MONDAY))
    amendment = Amendment.objects.get()
    assert (amendment.old_code, amendment.new_code) == ("N", "I")
    assert amendment.reason == "Reason recorded: illness"
    assert (amendment.by, amendment.role, amendment.at) == (office.user, Role.OFFICE, AT)


def test_the_chain_of_a_mark_stays_whole_through_o_and_back(pupil, office):
    builders.marks(pupil, calendars.of(pupil.school), MONDAY, "NN")
    day = Span.of_days(MONDAY, MONDAY)
    record(pupil, office, day, outcome=Outcome.NOT_ACCEPTED, code="O", text="Slept in")
    record(pupil, office, day, text="Letter from the hospital: broken wrist")
    certificate = certificates.of(pupil.school, calendars.of(pupil.school), pupil, Period(MONDAY, FRIDAY))
    chains = [[(step.old_code, step.new_code) for step in note.amendments] for note in certificate.footnotes]
    assert chains == [[("N", "O"), ("O", "I")]] * 2
    assert certificate.figures.authorised == 2


def test_while_evidence_is_wanted_n_stays(pupil, office):
    builders.marks(pupil, calendars.of(pupil.school), MONDAY, "NN")
    came = record(pupil, office, Span.of_days(MONDAY, MONDAY), outcome=Outcome.EVIDENCE_WANTED, code="N", text="Ill")
    assert codes_of(pupil) == "NN"
    assert came.recoded == ()
    assert len(came.left) == 2
    assert Reason.objects.get().outcome == "evidence wanted"


def test_writes_one_event_without_a_name_or_the_familys_words(pupil, office):
    builders.marks(pupil, calendars.of(pupil.school), MONDAY, "N")
    row = record(pupil, office, Span.of_days(MONDAY, MONDAY)).reason
    event = Event.objects.get(kind="reason recorded")
    assert (event.pupil, event.subject, event.by, event.role) == (pupil, f"reason:{row.pk}", office.user, "office")
    assert event.facts == {
        "outcome": "accepted",
        "code": "I",
        "first": "Mon 16 Nov 2026 AM",
        "last": "Mon 16 Nov 2026 PM",
        "entered": 1,
        "amended": 1,
        "left": 0,
    }


@pytest.mark.parametrize(
    ("span", "changes", "message"),
    [
        pytest.param(Span.of_days(MONDAY, MONDAY), {"text": "poorly"}, "does not say what is wrong", id="too vague"),
        pytest.param(Span.of_days(MONDAY, MONDAY), {"code": "O"}, "cannot follow", id="code against outcome"),
        pytest.param(Span.of_days(MONDAY, MONDAY), {"code": "C"}, "granted by the headteacher", id="leave"),
        pytest.param(Span.of_days(MONDAY, MONDAY), {"code": "X"}, "under compulsory school age", id="wrong age"),
        pytest.param(Span.of_days(date(2026, 11, 14), date(2026, 11, 15)), {}, "no school session", id="a weekend"),
        pytest.param(Span.of_days(FRIDAY, MONDAY), {}, "comes before", id="backwards"),
        pytest.param(Span.of_days(date(2030, 1, 7), date(2030, 1, 7)), {}, "calendar is entered", id="unknown year"),
    ],
)
def test_a_refusal_changes_nothing(pupil, office, span, changes, message):
    builders.marks(pupil, calendars.of(pupil.school), MONDAY, "NN")
    with pytest.raises(ReasonRefusedError, match=message):
        record(pupil, office, span, **changes)
    assert codes_of(pupil) == "NN"
    assert not Reason.objects.exists()
    assert not Event.objects.exists()


def test_the_same_form_sent_twice_is_one_reason(pupil, office):
    builders.marks(pupil, calendars.of(pupil.school), MONDAY, "NN")
    record(pupil, office, Span.of_days(MONDAY, MONDAY))
    with pytest.raises(ReasonRefusedError, match="already recorded"):
        record(pupil, office, Span.of_days(MONDAY, MONDAY))
    assert Reason.objects.count() == 1
    assert Amendment.objects.count() == 2


@pytest.mark.parametrize("role", [role for role in Role if role in {Role.TEACHER, Role.GOVERNOR, Role.NIGHTLY}])
def test_only_those_who_may_record_reasons(pupil, role):
    with pytest.raises(RightRefusedError):
        record(pupil, builders.member(pupil.school, role), Span.of_days(MONDAY, MONDAY))
    assert not Reason.objects.exists()


def test_a_pupil_of_another_school_is_not_found(school, office, other_school):
    with schools_in_scope([school.pk, other_school.pk]):
        stranger = builders.pupil(other_school)
        with pytest.raises(Pupil.DoesNotExist):
            reasons.record(
                school,
                calendars.of(school),
                stranger,
                Span.of_days(MONDAY, MONDAY),
                Told(WORDS, "Mum", Channel.PHONE),
                Outcome.ACCEPTED,
                "I",
                today=TODAY,
                by=office,
                at=AT,
            )
        assert not Mark.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("code", "O"), ("channel", "owl"), ("outcome", "perhaps"), ("text", ""), ("last_on", date(2026, 11, 15))],
)
def test_the_database_refuses_a_row_that_breaks_a_rule(pupil, office, field, value):
    builders.marks(pupil, calendars.of(pupil.school), MONDAY, "NN")
    row = record(pupil, office, Span.of_days(MONDAY, MONDAY)).reason
    with pytest.raises(IntegrityError), transaction.atomic():
        Reason.objects.filter(pk=row.pk).update(**{field: value})
