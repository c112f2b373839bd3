"""From draft to posted: who takes which step, what undoes it, and what amended marks do to a letter."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from letters import tasks
from letters.models import Letter
from letters.queries import composing, counted, standing
from letters.queries import letters as queries
from letters.queries.composing import Given
from letters.rules.counted import Said, difference
from letters.rules.kinds import IssuerRefusedError
from letters.rules.letters import FiguresChangedRefusedError
from letters.rules.posting import How, SentRefusedError
from letters.rules.states import StateRefusedError
from letters.services import letters, posting, signing
from letters.services.letters import ReasonRefusedError
from letters.services.steps import AgainRefusedError
from registers.models import Event, Job, Mark
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session, SessionOn
from registers.services import jobs
from tests import builders
from tests.letters.conftest import YEAR_BEGAN
from tests.letters.test_issuing import amend

pytestmark = pytest.mark.usefixtures("plain_pdf")
NOW = {"today": builders.TODAY, "at": builders.AT}
NEXT_WEEK = builders.TODAY + timedelta(days=7)


def check(desk, letter, by=None, **changes):
    return letters.check(letter, desk.calendar, **{**NOW, "by": by or desk.flo, **changes})


def approve(desk, letter, by=None, **changes):
    return letters.approve(letter, desk.calendar, **{**NOW, "by": by or desk.head, **changes})


def stamps(letter):
    letter.refresh_from_db()
    return letter.state, letter.checked_role, letter.approved_role, letter.issued_role


def test_each_step_says_who_took_it_in_which_role(desk):
    (letter,) = desk.draft("stage1_medical")
    assert stamps(letter) == ("draft", "", "", "")
    check(desk, letter)
    assert stamps(letter) == ("checked", "flo", "", "")
    approve(desk, letter)
    assert stamps(letter) == ("approved", "flo", "head", "")
    desk.issue(letter, by=desk.office)
    assert stamps(letter) == ("issued", "flo", "head", "office")
    assert [event.kind for event in Event.objects.filter(subject=f"letter:{letter.pk}").order_by("pk")] == [
        "letter drafted",
        "letter checked",
        "letter approved",
        "letter issued",
    ]


def test_whoever_may_sign_takes_every_step_in_one(desk):
    (letter,) = desk.draft()
    desk.issue(letter, by=desk.flo)
    assert stamps(letter) == ("issued", "flo", "flo", "flo")


@pytest.mark.parametrize("step", ["approve", "issue"])
def test_only_an_issuer_of_the_kind_signs(desk, step):
    (letter,) = desk.draft("stage1_medical")
    check(desk, letter)
    with pytest.raises(IssuerRefusedError):
        getattr(letters, step)(letter, desk.calendar, **NOW, by=desk.flo)
    assert stamps(letter)[0] == "checked"


def test_checking_asks_for_the_right(desk):
    (letter,) = desk.draft()
    with pytest.raises(RightRefusedError):
        check(desk, letter, by=builders.member(desk.school, Role.TEACHER))


@pytest.mark.parametrize("state", ["checked", "approved"])
def test_what_changes_meanwhile_makes_a_draft_again(desk, state):
    (letter,) = desk.draft()
    check(desk, letter)
    if state == "approved":
        approve(desk, letter, by=desk.flo)
    amend(desk, "L", "I")
    with pytest.raises(FiguresChangedRefusedError, match="5 occasions before, now 4"):
        desk.issue(letter)
    assert stamps(letter) == ("draft", "", "", "")
    assert (letter.checked_at, letter.approved_by) == (None, None)
    assert letter.values["lates_this_year"] == "4 occasions"
    assert desk.issue(letter).state == "issued"


@pytest.mark.parametrize(("days", "counted_on"), [(7, builders.TODAY), (8, None)], ids=["a week", "longer"])
def test_a_checked_letters_figures_stand_for_a_week(desk, days, counted_on):
    (letter,) = desk.draft()
    check(desk, letter)
    later = builders.TODAY + timedelta(days=days)
    issued = desk.issue(letter, today=later)
    assert issued.counted_on == (counted_on or later)
    assert issued.issued_on == later


def test_a_checked_letter_is_dated_and_answered_from_the_day_it_is_issued(desk, plain_pdf):
    """The figures keep their day; ten school days to answer begin with the letter."""
    (letter,) = desk.draft()
    check(desk, letter)
    later = builders.TODAY + timedelta(days=5)
    written = composing.write(
        desk.school, desk.calendar, desk.pupil, letter.wording, Given({}, frozenset()), builders.TODAY, dated_on=later
    )
    assert written[0].composed.values.get("figures_on", "20 November 2026") == "20 November 2026"
    assert standing.dated(desk.calendar, later) == {
        "date_of_printing": "25 November 2026",
        "reply_by": "9 December 2026",
    }
    desk.issue(letter, today=later, by=desk.head)
    assert "25 November 2026" in plain_pdf[-1]


def test_given_back_it_is_a_draft_with_the_reason(desk):
    (letter,) = desk.draft("stage1_medical")
    check(desk, letter)
    letters.send_back(letter, reason="Ring them first", by=desk.head, at=builders.AT)
    assert stamps(letter) == ("draft", "", "", "")
    assert queries.sent_back(letter) == "Ring them first"
    check(desk, letter)
    assert queries.sent_back(letter) == ""


@pytest.mark.parametrize(
    ("by", "reason", "error"),
    [("head", " ", ReasonRefusedError), ("flo", "Wait", IssuerRefusedError)],
    ids=["no reason", "not the signatory"],
)
def test_giving_back_needs_a_reason_and_a_signatory(desk, by, reason, error):
    (letter,) = desk.draft("stage1_medical")
    check(desk, letter)
    with pytest.raises(error):
        letters.send_back(letter, reason=reason, by=getattr(desk, by), at=builders.AT)
    assert stamps(letter)[0] == "checked"


def test_a_draft_is_not_given_back(desk):
    (letter,) = desk.draft("stage1_medical")
    with pytest.raises(StateRefusedError):
        letters.send_back(letter, reason="x", by=desk.head, at=builders.AT)


def test_the_same_letter_goes_again_only_with_a_reason_which_is_kept(desk):
    desk.issue(desk.draft(because="flag:1")[0])
    (second,) = desk.draft(because="flag:2")
    for step in (check, approve):
        with pytest.raises(AgainRefusedError, match="went to this family on 20/11/2026"):
            step(desk, second)
    with pytest.raises(AgainRefusedError):
        desk.issue(second)
    assert stamps(second)[0] == "draft"
    issued = desk.issue(second, why_again="They say the first never came")
    assert issued.repeat_reason == "They say the first never came"


@pytest.mark.parametrize(("days", "asks"), [(27, True), (28, False)], ids=["inside", "on the last day"])
def test_the_interval_ends(desk, days, asks):
    desk.issue(desk.draft(because="flag:1")[0])
    later = builders.TODAY + timedelta(days=days)
    (second,) = desk.draft(because="flag:2", today=later)
    if asks:
        with pytest.raises(AgainRefusedError):
            desk.issue(second, today=later)
    else:
        assert desk.issue(second, today=later).repeat_reason == ""


def test_a_draft_asked_for_again_leaves_a_checked_letter_alone(desk):
    (letter,) = desk.draft(because="flag:1")
    check(desk, letter)
    (again,) = desk.draft(because="flag:1")
    assert again == letter
    assert stamps(letter)[0] == "checked"


def test_several_are_signed_at_once_and_one_that_cannot_be_stops_no_other(desk, monkeypatch):
    other = builders.pupil(desk.school, "Other")
    builders.marks(other, desk.calendar, YEAR_BEGAN, "I/////////")
    (letter,), (second,) = desk.draft("stage1_medical"), desk.draft("stage1_medical", other)
    check(desk, letter)
    check(desk, second)
    amend(desk, "I", "/")
    signed = signing.sign(desk.school, desk.calendar, [letter, second], **NOW, by=desk.head)
    assert [each.pk for each in signed.letters] == [second.pk]
    assert [each.pk for each, _ in signed.refused] == [letter.pk]
    monkeypatch.setattr("registers.clock.timezone.now", lambda: builders.AT)
    assert jobs.run(Job.objects.get(kind=signing.ISSUE_SIGNED).pk, lambda: builders.AT)
    assert stamps(second) == ("issued", "flo", "head", "head")


def test_a_signed_letter_that_cannot_be_issued_waits_approved(desk, monkeypatch):
    (letter,) = desk.draft("stage1_medical")
    check(desk, letter)
    signing.sign(desk.school, desk.calendar, [letter], **NOW, by=desk.head)

    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("letters.store._write", no_space)
    tasks.issue_signed(desk.school, Job.objects.get(kind=signing.ISSUE_SIGNED).payload, builders.AT)
    assert stamps(letter)[0] == "approved"


def send(desk, ids, **changes):
    told = {"how": How.POST, "on": builders.TODAY, **NOW, "by": desk.office, **changes}
    return posting.mark_sent(desk.school, ids, **told)


def test_letters_are_said_to_have_gone_with_day_and_way(desk):
    letter = desk.issue(desk.draft()[0])
    assert send(desk, [letter.pk]) == 1
    letter.refresh_from_db()
    assert (letter.state, letter.sent_on, letter.sent_how) == ("sent", builders.TODAY, "post")
    assert (letter.sent_by, letter.sent_role, letter.sent_at) == (desk.office.user, "office", builders.AT)
    assert Event.objects.get(kind="letter sent").facts == {"kind": "late_l", "how": "post", "on": "2026-11-20"}
    with pytest.raises(SentRefusedError, match="None of these"):
        send(desk, [letter.pk])


@pytest.mark.parametrize(
    ("on", "said"),
    [
        pytest.param(builders.TODAY + timedelta(days=1), "not come yet", id="tomorrow"),
        pytest.param(builders.TODAY - timedelta(days=1), "issued on 20/11/2026", id="before it was issued"),
    ],
)
def test_a_day_on_which_it_cannot_have_gone_is_refused(desk, on, said):
    letter = desk.issue(desk.draft()[0])
    with pytest.raises(SentRefusedError, match=said):
        send(desk, [letter.pk], on=on)
    assert stamps(letter)[0] == "issued"


def test_a_draft_cannot_have_gone(desk):
    (letter,) = desk.draft()
    with pytest.raises(SentRefusedError):
        send(desk, [letter.pk])


def test_a_sent_letter_is_withdrawn_and_keeps_how_it_went(desk):
    letter = desk.issue(desk.draft()[0])
    send(desk, [letter.pk])
    withdrawn = letters.withdraw(letter, reason="Wrong child", by=desk.flo, at=builders.AT)
    assert (withdrawn.state, withdrawn.sent_how) == ("withdrawn", "post")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"state": "checked"}, id="checked by nobody"),
        pytest.param({"state": "approved"}, id="approved by nobody"),
        pytest.param({"state": "sent"}, id="sent by nobody"),
        pytest.param({"sent_how": "post"}, id="a way without a day"),
        pytest.param({"checked_role": "flo"}, id="half a check"),
    ],
)
def test_the_database_keeps_steps_and_people_together(desk, change):
    (letter,) = desk.draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(**change)


def test_the_sessions_counted_are_kept_with_an_issued_letter(desk):
    issued = desk.issue(desk.draft()[0])
    standing = Mark.objects.filter(pupil=desk.pupil).order_by("on", "session")
    assert issued.sessions == [[mark.on.isoformat(), mark.session, mark.code, None] for mark in standing]
    assert counted.difference(issued) is None


def test_an_amended_mark_shows_then_and_now_on_the_letter(desk):
    issued = desk.issue(desk.draft()[0])
    amend(desk, "O", "I")
    changed = counted.difference(issued)
    assert [(str(one.then), str(one.now)) for one in changed.amended] == [("O", "I")]
    assert changed.figures == (("Authorised", "2", "3"), ("Unauthorised", "2", "1"))


def test_a_mark_that_is_only_new_changes_no_letter(desk):
    issued = desk.issue(desk.draft()[0])
    builders.mark(desk.pupil, builders.TODAY + timedelta(days=3), Session.AM, "O")
    assert counted.difference(issued) is None


def test_a_mark_amended_and_put_back_changes_no_letter(desk):
    issued = desk.issue(desk.draft()[0])
    amend(desk, "O", "I")
    mark = Mark.objects.filter(pupil=desk.pupil, code="I", version=2).get()
    Mark.objects.filter(pk=mark.pk).update(code="O", version=3)
    assert counted.difference(issued) is None


def test_looking_behind_many_letters_costs_two_queries(desk):
    others = [builders.pupil(desk.school, f"Pupil{number}") for number in range(3)]
    for pupil in others:
        builders.marks(pupil, desk.calendar, YEAR_BEGAN, "LLLLL")
    drafted = [desk.draft(pupil=pupil)[0] for pupil in (desk.pupil, *others)]
    amend(desk, "O", "I")
    with CaptureQueriesContext(connection) as asked:
        assert set(counted.differences(drafted)) == {drafted[0].pk}
    assert len(asked) == 2


AM = SessionOn(date(2026, 9, 1), Session.AM)


@pytest.mark.parametrize(
    ("now", "differs"),
    [
        pytest.param({AM: Said("L", 12)}, False, id="the same"),
        pytest.param({AM: Said("L", 13)}, True, id="other minutes"),
        pytest.param({AM: Said("U", 12)}, True, id="another code"),
        pytest.param({AM: Said("L", None)}, True, id="minutes gone"),
        pytest.param({}, False, id="no longer read"),
    ],
)
def test_what_counts_as_amended(now, differs):
    assert (difference([["2026-09-01", "AM", "L", 12]], now) is not None) is differs
