"""Drafting: one letter a household, what it takes, and what it refuses."""

import pytest

from letters import given
from letters.models import Letter
from letters.queries.wordings import KindRefusedError
from letters.rules.addressees import AddresseeRefusedError
from letters.rules.blanks import BlankRefusedError
from letters.rules.conditions import ConditionRefusedError
from registers.models import Contact, Event, Parent, Pupil, SessionTimes
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from tests import builders
from tests.letters.conftest import LEAVE


def second_parent(pupil, **fields):
    contact = builders.parent_of(pupil, priority=2, lives_with_pupil=False)
    Parent.objects.filter(pk=contact.parent_id).update(
        **{"title": "Mr", "forename": "Ben", "surname": "Other", "address": "9 Elsewhere Road", **fields}
    )
    return contact


def test_a_draft_holds_what_it_says_and_for_whom(desk):
    (letter,) = desk.draft(because="flag:12")
    assert (letter.state, letter.kind, letter.because) == ("draft", "late_l", "flag:12")
    assert letter.addressees == ["Ms Pat Example"]
    assert letter.address == "1 Example Street\nExampleton\nEX4 0XX"
    assert letter.values["lates_this_year"] == "5 occasions"
    assert letter.values["lates_this_half_term"] == "3"
    assert letter.conditions == ["late_this_year"]
    assert (letter.drafted_by, letter.drafted_at) == (desk.flo.user, builders.AT)
    assert (letter.certificate_first_on, letter.certificate_last_on) == (
        builders.TODAY.replace(month=9, day=1),
        builders.TODAY,
    )
    assert letter.signatory == "A flo"
    assert 'Dear <bdi class="letter__unbroken">Ms Example</bdi>' in letter.body
    assert list(letter.parents.all()) == [desk.pupil.contacts.get().parent]


def test_the_event_names_nobody(desk):
    (letter,) = desk.draft(because="flag:12")
    event = Event.objects.get(kind="letter drafted")
    assert (event.subject, event.pupil, event.by) == (f"letter:{letter.pk}", desk.pupil, desk.flo.user)
    assert event.facts == {"kind": "late_l", "because": "flag:12"}


def test_parents_at_two_addresses_get_a_letter_each(desk):
    second_parent(desk.pupil)
    first, second = desk.draft()
    assert (first.addressees, second.addressees) == (["Ms Pat Example"], ["Mr Ben Other"])
    assert 'Dear <bdi class="letter__unbroken">Mr Other</bdi>' in second.body
    assert "Other" not in first.body


def test_a_parent_under_a_court_order_gets_none_and_the_draft_says_so(desk):
    second_parent(desk.pupil)
    Contact.objects.filter(pupil=desk.pupil, priority=2).update(court_order=True)
    (letter,) = desk.draft()
    assert letter.addressees == ["Ms Pat Example"]
    assert "court order" in letter.left_out[0]


def test_asked_twice_there_is_one_draft_brought_up_to_date(desk):
    (first,) = desk.draft(because="flag:12")
    Parent.objects.update(title="Dr")
    (again,) = desk.draft(because="flag:12")
    assert again.pk == first.pk
    assert Letter.objects.count() == 1
    assert 'Dear <bdi class="letter__unbroken">Dr Example</bdi>' in Letter.objects.get().body
    assert list(Event.objects.values_list("kind", flat=True).filter(subject__startswith="letter")) == [
        "letter drafted",
        "letter brought up to date",
    ]


def test_another_reason_or_kind_is_another_letter(desk):
    desk.draft(because="flag:12")
    desk.draft(because="flag:13")
    desk.draft("stage1_medical", because="flag:12")
    assert Letter.objects.count() == 3


def test_a_new_household_gets_its_letter_beside_the_waiting_one(desk):
    (first,) = desk.draft()
    second_parent(desk.pupil)
    both = desk.draft()
    assert both[0].pk == first.pk
    assert Letter.objects.count() == 2


@pytest.mark.parametrize(
    ("conditions", "says_penalty"), [((), False), (("penalty_notice_possible",), True)], ids=["below", "at threshold"]
)
def test_a_refusal_of_leave_takes_its_facts_from_whoever_decides(desk, conditions, says_penalty):
    (letter,) = desk.draft("leave_refused", because="leave:3", facts=LEAVE, conditions=conditions, by=desk.head)
    assert letter.given == {"values": LEAVE, "conditions": list(conditions)}
    assert letter.certificate_first_on is None
    assert "8 sessions" in letter.body
    assert ("£160" in letter.body) is says_penalty


@pytest.mark.parametrize("missing", sorted(LEAVE))
def test_a_refusal_of_leave_without_a_fact_is_refused(desk, missing):
    facts = {name: value for name, value in LEAVE.items() if name != missing}
    with pytest.raises(BlankRefusedError, match=rf"«{missing}».*from the decision on the leave request"):
        desk.draft("leave_refused", facts=facts)
    assert not Letter.objects.exists()


@pytest.fixture
def _nobody_answers(monkeypatch):
    monkeypatch.setattr(given, "_answers", {})


@pytest.mark.usefixtures("_nobody_answers")
def test_the_letter_of_concern_waits_for_the_headteachers_figure(desk):
    with pytest.raises(BlankRefusedError, match="The headteacher must set it"):
        desk.draft("letter_of_concern")


@pytest.mark.usefixtures("_nobody_answers")
def test_a_higher_app_may_answer_for_a_fact_nobody_gave(desk):
    given.answers("expected_attendance")(lambda school, pupil, on: f"9{pupil.pk // pupil.pk + 5}")
    (letter,) = desk.draft("letter_of_concern")
    assert letter.values["expected_attendance"] == "96"
    (told,) = desk.draft("letter_of_concern", facts={"expected_attendance": "97"}, because="x:1")
    assert told.values["expected_attendance"] == "97"


@pytest.mark.usefixtures("_nobody_answers")
@pytest.mark.parametrize(
    ("expected", "said"),
    [
        # 72 of 76 sessions attended: 94.7368… %
        pytest.param("94.8", None, id="above the attendance"),
        pytest.param("94.7", "not below what the school expects", id="94.7 as shown, but the exact figure is above it"),
        pytest.param("ninety", "must be a number", id="no number"),
        pytest.param("nan", "must be a number", id="not a number"),
        pytest.param("inf", "must be a number", id="no end"),
    ],
)
def test_concern_needs_attendance_below_what_is_expected(desk, expected, said):
    if said is None:
        assert desk.draft("letter_of_concern", facts={"expected_attendance": expected})
    else:
        with pytest.raises((ConditionRefusedError, BlankRefusedError), match=said):
            desk.draft("letter_of_concern", facts={"expected_attendance": expected})


def test_a_fact_of_the_registers_cannot_be_told(desk):
    with pytest.raises(BlankRefusedError, match="cannot be given"):
        desk.draft(facts={"attendance": "100.0"})
    with pytest.raises(ConditionRefusedError, match="cannot be given"):
        desk.draft(conditions=["attendance_good"])


def test_a_pupil_without_marks_is_refused(desk):
    with pytest.raises(ConditionRefusedError, match="no late arrival"):
        desk.draft(pupil=builders.pupil(desk.school, "New"))
    with pytest.raises(BlankRefusedError, match=r"«attendance».*No session has been possible"):
        desk.draft("stage1_medical", pupil=builders.pupil(desk.school, "Newer"))


def test_missing_session_times_are_refused_by_name(desk):
    SessionTimes.objects.filter(school=desk.school).delete()
    with pytest.raises(BlankRefusedError, match="«register_am_starts»"):
        desk.draft()


def test_nobody_to_write_to_is_refused(desk):
    Contact.objects.filter(pupil=desk.pupil).update(court_order=True)
    with pytest.raises(AddresseeRefusedError, match="court order"):
        desk.draft()


def test_a_kind_the_school_has_not_adopted_is_refused(desk):
    with pytest.raises(KindRefusedError):
        desk.draft("birthday_card")


@pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR, Role.NIGHTLY, Role.OPERATOR])
def test_a_role_without_the_right_is_refused(desk, role):
    with pytest.raises(RightRefusedError):
        desk.draft(by=builders.member(desk.school, role))
    assert not Letter.objects.exists()


def test_another_schools_pupil_is_refused(desk, other_school):
    with schools_in_scope([desk.school.pk, other_school.pk]):
        stranger = builders.pupil(other_school, "Stranger")
        with pytest.raises(Pupil.DoesNotExist):
            desk.draft(pupil=stranger)


def test_drafting_asks_a_fixed_number_of_questions(desk, django_assert_max_num_queries):
    for number in range(2, 8):
        builders.parent_of(desk.pupil, priority=number)
    with django_assert_max_num_queries(20):
        desk.draft()
