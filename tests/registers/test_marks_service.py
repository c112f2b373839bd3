"""Writing in the register: what is written, what is refused, and what the chain of amendments says."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from registers.models import Amendment, Arrangement, Mark, Membership, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import marks
from registers.services.marks import Entry, MarksRefusedError, Outcome
from tests import builders

TODAY = builders.TODAY
AM, PM = Session.AM, Session.PM
Write = Callable[..., Outcome]


@pytest.fixture
def write(school: School, calendar: Calendar, office: Membership) -> Write:
    """Enter marks in the office's name, with the reason "Rang" unless told otherwise."""

    def enter(*entries: Entry, **changes: object) -> Outcome:
        told = {"door": Door.OFFICE, "reason": "Rang", "today": TODAY, "by": office, "at": builders.AT} | changes
        return marks.enter(school, calendar, entries, **told)

    return enter


@pytest.fixture
def pupil(school: School) -> Pupil:
    return builders.pupil(school)


def _entry(pupil: Pupil, symbol: str, session: Session = AM, on: date = TODAY, **rest: object) -> Entry:
    return Entry(pupil.pk, on, session, symbol, **rest)


def test_a_first_mark_says_who_in_what_role_and_when(pupil: Pupil, office: Membership, write: Write) -> None:
    outcome = write(_entry(pupil, "l", minutes_late=12, note="Bus"), reason="")
    mark = Mark.objects.get()
    assert outcome.entered == [mark]
    assert (mark.pupil, mark.on, mark.session, mark.code, mark.minutes_late) == (pupil, TODAY, "AM", "L", 12)
    assert (mark.note, mark.source, mark.version, mark.seen) == ("Bus", "office", 1, "")
    assert (mark.recorded_by, mark.recorded_role, mark.recorded_at) == (office.user, "office", builders.AT)
    assert not Amendment.objects.exists()


def test_an_amendment_keeps_old_new_reason_who_role_and_when(school: School, pupil: Pupil, write: Write) -> None:
    head = builders.member(school, Role.HEAD)
    later = builders.AT + timedelta(hours=2)
    write(_entry(pupil, "L", minutes_late=12))
    first = Mark.objects.get()
    outcome = write(_entry(pupil, "I", note="Sent home"), reason="Was ill", by=head, at=later)
    mark = Mark.objects.get()
    assert outcome.amended == [mark]
    assert (mark.code, mark.minutes_late, mark.version, mark.note) == ("I", None, 2, "Sent home")
    assert (mark.recorded_by, mark.recorded_at) == (first.recorded_by, first.recorded_at)
    amendment = mark.amendments.get()
    assert (amendment.version, amendment.old_code, amendment.new_code) == (2, "L", "I")
    assert (amendment.old_minutes_late, amendment.new_minutes_late) == (12, None)
    assert (amendment.reason, amendment.source, amendment.school) == ("Was ill", "office", school)
    assert (amendment.by, amendment.role, amendment.at) == (head.user, "head", later)


def test_the_same_again_writes_nothing(pupil: Pupil, write: Write) -> None:
    write(_entry(pupil, "L", minutes_late=12))
    before = Mark.objects.values().get()
    with CaptureQueriesContext(connection) as asked:
        outcome = write(_entry(pupil, "l", minutes_late=12), reason="", at=builders.AT + timedelta(hours=1))
    assert (outcome.unchanged, outcome.entered, outcome.amended) == (1, [], [])
    assert not [query["sql"] for query in asked if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert Mark.objects.values().get() == before


def test_only_what_changes_is_written(pupil: Pupil, write: Write) -> None:
    write(_entry(pupil, "N"), _entry(pupil, "N", PM))
    outcome = write(_entry(pupil, "I"), _entry(pupil, "N", PM), _entry(pupil, "/", on=TODAY - timedelta(days=1)))
    assert (len(outcome.entered), len(outcome.amended), outcome.unchanged) == (1, 1, 1)
    assert [mark.version for mark in Mark.objects.order_by("on", "session")] == [1, 2, 1]
    assert Amendment.objects.count() == 1


def test_other_minutes_are_an_amendment_of_the_same_code(pupil: Pupil, write: Write) -> None:
    write(_entry(pupil, "L", minutes_late=5))
    write(_entry(pupil, "L", minutes_late=15))
    amendment = Amendment.objects.get()
    assert (amendment.old_code, amendment.new_code) == ("L", "L")
    assert (amendment.old_minutes_late, amendment.new_minutes_late) == (5, 15)


def test_a_wrong_stroke_is_put_right(pupil: Pupil, write: Write) -> None:
    write(_entry(pupil, "/", PM), _entry(pupil, "\\", AM))
    assert list(Mark.objects.order_by("session").values_list("session", "code")) == [("AM", "/"), ("PM", "\\")]


@pytest.mark.parametrize(
    ("reason", "is_enough"),
    [("Rang", True), ("x" * 200, True), ("", False), ("   ", False), ("x" * 201, False)],
    ids=["given", "200-characters", "none", "blanks", "201-characters"],
)
def test_an_amendment_needs_a_reason(pupil: Pupil, write: Write, reason: str, is_enough: bool) -> None:
    write(_entry(pupil, "N"))
    if is_enough:
        write(_entry(pupil, "I"), reason=reason)
        assert Amendment.objects.get().reason == reason
        return
    with pytest.raises(MarksRefusedError, match="Say why the mark is changed"):
        write(_entry(pupil, "I"), reason=reason)
    assert Mark.objects.get().code == "N"


def test_one_refusal_stops_the_whole_set_and_every_refusal_is_named(pupil: Pupil, write: Write) -> None:
    write(_entry(pupil, "N"))
    wrong = [_entry(pupil, "Q9", PM), _entry(pupil, "X", on=TODAY - timedelta(days=1))]
    with pytest.raises(MarksRefusedError) as caught:
        write(_entry(pupil, "I"), *wrong, _entry(pupil, "/", on=TODAY - timedelta(days=2)))
    assert [entry for entry, _ in caught.value.refusals] == wrong
    assert "not an attendance code" in caught.value.refusals[0][1]
    assert "under compulsory school age" in caught.value.refusals[1][1]
    assert list(Mark.objects.values_list("code", "version")) == [("N", 1)]
    assert not Amendment.objects.exists()


@pytest.mark.parametrize(
    ("standing", "version", "clashes"),
    [
        pytest.param("N", 1, False, id="the-version-that-stands"),
        pytest.param("N", 0, True, id="thought-it-was-blank"),
        pytest.param("N", 2, True, id="a-version-not-there-yet"),
        pytest.param("N", None, False, id="looked-at-none"),
        pytest.param(None, 0, False, id="blank-as-thought"),
        pytest.param(None, None, False, id="blank-looked-at-none"),
    ],
)
def test_a_stale_entry_clashes(
    pupil: Pupil, write: Write, standing: str | None, version: int | None, clashes: bool
) -> None:
    if standing:
        write(_entry(pupil, standing))
    outcome = write(_entry(pupil, "I", version=version), _entry(pupil, "/", PM, version=0))
    assert [clash.mark.code for clash in outcome.clashes] == (["N"] if clashes else [])
    assert [clash.entry.symbol for clash in outcome.clashes] == (["I"] if clashes else [])
    assert Mark.objects.get(session=AM).code == ("N" if clashes else "I")
    assert Mark.objects.get(session=PM).code == "\\"


def test_what_stands_already_is_no_clash(pupil: Pupil, write: Write) -> None:
    """The same set sent twice, or two clerks of one mind: there is nothing to ask anybody."""
    write(_entry(pupil, "N"), reason="")
    sent = [_entry(pupil, "I", version=1), _entry(pupil, "I", PM, version=0)]
    write(*sent)
    again = write(*sent)
    assert (again.clashes, again.unchanged) == ([], 2)
    assert Amendment.objects.count() == 1


def test_one_session_twice_in_a_set_is_refused(pupil: Pupil, write: Write) -> None:
    with pytest.raises(MarksRefusedError), transaction.atomic():
        write(_entry(pupil, "I"), _entry(pupil, "N"))
    assert not Mark.objects.exists()


@pytest.mark.parametrize("symbol", ["E", "D", "C", "C2"])
def test_a_code_that_rests_on_a_record_needs_one_on_screen(
    pupil: Pupil, write: Write, office: Membership, symbol: str
) -> None:
    day = timedelta(days=1)
    with pytest.raises(MarksRefusedError, match="on record for this session"):
        write(_entry(pupil, symbol))
    write(_entry(pupil, symbol), door=Door.IMPORT)
    Arrangement.objects.create(
        school=pupil.school, pupil=pupil, code=symbol, first_on=TODAY - 3 * day, first_session=PM, last_on=TODAY - day,
        last_session=AM, reference="Letter of 2 November", recorded_at=builders.AT, recorded_by=office.user,
        recorded_role="office",
    )  # fmt: skip
    covered = [_entry(pupil, symbol, PM, TODAY - 3 * day), _entry(pupil, symbol, AM, TODAY - day)]
    write(*covered)
    for beside in (
        _entry(pupil, symbol, AM, TODAY - 3 * day),
        _entry(pupil, symbol, PM, TODAY - day),
        _entry(builders.pupil(pupil.school), symbol, AM, TODAY - day),
        _entry(pupil, "C1", PM, TODAY - 2 * day),
    ):
        with pytest.raises(MarksRefusedError, match="on record for this session"):
            write(beside)
    assert Mark.objects.count() == 3


@pytest.mark.parametrize(
    ("symbol", "session", "minutes", "is_right"),
    [
        pytest.param("L", AM, 30, True, id="late-at-the-closing-minute"),
        pytest.param("L", AM, 31, False, id="late-a-minute-past-the-close"),
        pytest.param("L", PM, 16, False, id="late-a-minute-past-the-close-of-the-afternoon"),
        pytest.param("U", AM, 31, True, id="after-close-a-minute-past-it"),
        pytest.param("U", AM, 30, False, id="after-close-but-in-time"),
        pytest.param("I", AM, 12, False, id="minutes-of-an-illness"),
        pytest.param("/", AM, 12, False, id="minutes-of-a-present-mark"),
    ],
)
def test_minutes_agree_with_the_code(
    pupil: Pupil, write: Write, symbol: str, session: Session, minutes: int, is_right: bool
) -> None:
    """Domain 1.4 rule 7: L by the close, U after it; the class closes at 9.20 and 13.45 for 8.50 and 13.30."""
    if is_right:
        write(_entry(pupil, symbol, session, minutes_late=minutes))
        return
    with pytest.raises(MarksRefusedError):
        write(_entry(pupil, symbol, session, minutes_late=minutes))


def test_another_schools_pupil_is_not_there(school: School, other_school: School, pupil: Pupil, write: Write) -> None:
    with schools_in_scope([school.pk, other_school.pk]):
        stranger = builders.pupil(other_school)
        with pytest.raises(Pupil.DoesNotExist):
            write(_entry(pupil, "/"), _entry(stranger, "/"))
        assert not Mark.objects.exists()


def test_no_entries_are_no_work(write: Write) -> None:
    assert write() == Outcome()


@pytest.mark.parametrize("pupils", [5, 50])
def test_a_set_is_written_in_few_statements(
    school: School, write: Write, pupils: int, django_assert_max_num_queries: Callable
) -> None:
    roll = [builders.pupil(school) for _ in range(pupils)]
    with django_assert_max_num_queries(6):
        write(*(_entry(child, "N") for child in roll))
    with django_assert_max_num_queries(8):
        write(*(_entry(child, "I") for child in roll))
    assert Amendment.objects.count() == pupils
