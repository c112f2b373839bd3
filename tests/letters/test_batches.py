"""Letters to many: begun, drafted, looked through, approved, issued, joined; resumed, stopped, tried again."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfWriter

from letters import pdf, store, tasks
from letters.models import Batch, BatchItem, Letter
from letters.queries import batches as queries
from letters.rules.batches import BatchRefusedError, Chosen
from letters.rules.kinds import IssuerRefusedError
from letters.services import batch_work, batches, letters
from registers.models import Contact, Event, Job, Parent
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from registers.services import jobs
from tests import builders
from tests.letters.conftest import YEAR_BEGAN
from tests.letters.test_issuing import amend

pytestmark = pytest.mark.usefixtures("real_pages")
NOW = {"today": builders.TODAY, "at": builders.AT}


@pytest.fixture
def real_pages(monkeypatch):
    """A small real PDF for each letter, which can be joined; what is on it is not the matter here."""
    made = []

    def render(html):
        made.append(html)
        writer, out = PdfWriter(), BytesIO()
        writer.add_blank_page(200, 200)
        writer.add_metadata({"/Title": str(len(html))})
        writer.write(out)
        return out.getvalue()

    monkeypatch.setattr(pdf, "render", render)
    return made


@pytest.fixture
def pupils(desk):
    """Four more pupils in two classes, each late often enough."""
    other = builders.school_class(desk.school, "1 First")
    placed = [("Zebra", other), ("Apple", other), ("Middle", None), ("Late", None)]
    made = []
    for surname, school_class in placed:
        pupil = builders.pupil(desk.school, surname, school_class=school_class)
        builders.marks(pupil, desk.calendar, YEAR_BEGAN, "LLLLL" + "/" * 40)
        made.append(pupil)
    return [desk.pupil, *made]


def begin(desk, pupils, kind="late_l", by=None, **changes):
    chosen = [Chosen(pupil.pk, changes.pop("because", "")) for pupil in pupils]
    return batches.start(desk.school, kind, chosen, **{**NOW, "by": by or desk.flo, **changes})


@pytest.fixture
def run(monkeypatch):
    """Do the background work that waits, on the day of the tests."""
    monkeypatch.setattr("registers.clock.timezone.now", lambda: builders.AT)

    def work():
        while jobs.run_waiting(lambda: builders.AT):
            pass

    return work


def states(batch):
    return dict(BatchItem.objects.filter(batch=batch).values_list("pupil__legal_surname", "state"))


def test_a_batch_goes_from_choice_to_one_file_in_the_order_of_the_envelopes(desk, pupils, run):
    batch = begin(desk, pupils)
    assert states(batch) == dict.fromkeys(["Example", "Zebra", "Apple", "Middle", "Late"], "waiting")
    assert not Letter.objects.exists()
    run()
    batch.refresh_from_db()
    assert batch.state == "open"
    assert set(states(batch).values()) == {"written"}
    assert set(Letter.objects.values_list("state", flat=True)) == {"draft"}
    batches.approve(batch, by=desk.flo, at=builders.AT)
    assert set(Letter.objects.values_list("state", flat=True)) == {"approved"}
    run()
    batch.refresh_from_db()
    assert (batch.state, batch.print_pages) == ("done", 5)
    assert set(states(batch).values()) == {"issued"}
    assert store.read(store.Kept(batch.print_path, batch.print_sha256)).startswith(b"%PDF-")
    pile = [letter.pupil.legal_surname for letter in queries.printed(batch)]
    assert pile == ["Late", "Middle", "Apple", "Zebra", "Example"]
    letter = queries.printed(batch)[0]
    assert (letter.approved_by, letter.approved_role, letter.checked_by) == (desk.flo.user, "flo", desk.flo.user)
    assert (letter.issued_by, letter.issued_on) == (desk.flo.user, builders.TODAY)


def test_the_record_tells_each_step_once_and_names_nobody(desk, pupils, run):
    batch = begin(desk, pupils)
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    run()
    kinds = list(Event.objects.filter(subject=f"batch:{batch.pk}").order_by("pk").values_list("kind", flat=True))
    assert kinds == [
        "letters begun",
        "letters drafted",
        "letters approved",
        "letters issued",
        "letters joined for printing",
    ]
    assert Event.objects.filter(kind="letter issued").count() == 5
    assert "Zebra" not in str(list(Event.objects.values_list("facts", flat=True)))


def test_each_parent_at_another_address_gets_a_letter(desk, run):
    contact = builders.parent_of(desk.pupil, priority=2)
    Parent.objects.filter(pk=contact.parent_id).update(forename="Ben", surname="Other", address="9 Elsewhere Road")
    batch = begin(desk, [desk.pupil])
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    run()
    assert [letter.addressees for letter in queries.printed(batch)] == [["Ms Pat Example"], ["Ms Ben Other"]]


def test_who_can_have_no_letter_is_refused_with_why_and_the_rest_go_on(desk, pupils, run):
    on_time = builders.pupil(desk.school, "Ontime")
    nobody = builders.pupil(desk.school, "Alone")
    builders.marks(nobody, desk.calendar, YEAR_BEGAN, "LLLLL")
    Contact.objects.filter(pupil=nobody).delete()
    homeless = builders.pupil(desk.school, "Homeless")
    Contact.objects.filter(pupil=homeless).update(lives_with_pupil=False)
    Parent.objects.filter(contacts__pupil=homeless).update(address="")
    builders.marks(homeless, desk.calendar, YEAR_BEGAN, "LLLLL")
    batch = begin(desk, [*pupils, on_time, nobody, homeless])
    run()
    whys = dict(BatchItem.objects.filter(state="refused").values_list("pupil__legal_surname", "why"))
    assert "no contact on record" in whys["Alone"]
    assert "no address" in whys["Homeless"]
    assert whys["Ontime"]
    assert sum(state == "written" for state in states(batch).values()) == 5


def test_the_same_letter_within_its_interval_is_not_written_again(desk, pupils, run):
    desk.issue(desk.draft(because="flag:1")[0])
    desk.draft(pupil=pupils[1])
    batch = begin(desk, pupils[:3])
    run()
    whys = dict(BatchItem.objects.filter(batch=batch, state="refused").values_list("pupil__legal_surname", "why"))
    assert "went on 20/11/2026" in whys["Example"]
    assert "waits already" in whys["Zebra"]
    assert states(batch)["Apple"] == "written"


def test_whom_it_answers_is_kept_on_the_letter(desk, run):
    batch = begin(desk, [desk.pupil], because="flag:12")
    run()
    assert Letter.objects.get(item__batch=batch).because == "flag:12"


def test_a_letter_for_the_head_is_checked_first_and_signed_by_the_head(desk, pupils, run):
    builders.mark(pupils[1], builders.TODAY, "AM", "I")
    batch = begin(desk, pupils[:2], kind="stage1_medical")
    run()
    with pytest.raises(IssuerRefusedError):
        batches.approve(batch, by=desk.flo, at=builders.AT)
    batches.check(batch, by=desk.flo, at=builders.AT)
    batch.refresh_from_db()
    assert (batch.state, batch.checked_by) == ("checked", desk.flo.user)
    assert set(Letter.objects.values_list("state", flat=True)) == {"checked"}
    batches.approve(batch, by=desk.head, at=builders.AT)
    run()
    letter = Letter.objects.filter(state="issued").first()
    assert (letter.checked_role, letter.approved_role, letter.issued_role) == ("flo", "head", "head")


def test_a_checked_batch_is_given_back_with_its_letters(desk, pupils, run):
    batch = begin(desk, pupils)
    run()
    batches.check(batch, by=desk.office, at=builders.AT)
    batches.send_back(batch, by=desk.head, at=builders.AT)
    batch.refresh_from_db()
    assert (batch.state, batch.checked_by) == ("open", None)
    assert set(Letter.objects.values_list("state", "checked_by")) == {("draft", None)}


def test_whoever_is_left_out_gets_nothing(desk, pupils, run):
    batch = begin(desk, pupils)
    run()
    item = BatchItem.objects.get(pupil__legal_surname="Zebra")
    assert batches.drop(batch, [item.pk], by=desk.office, at=builders.AT) == 1
    batches.approve(batch, by=desk.flo, at=builders.AT)
    run()
    assert states(batch)["Zebra"] == "dropped"
    assert Letter.objects.get(pupil__legal_surname="Zebra").state == "dropped"
    assert len(queries.printed(batch)) == 4


def test_a_mark_amended_meanwhile_stops_the_approval_until_it_is_looked_at(desk, pupils, run):
    batch = begin(desk, pupils)
    run()
    amend(desk, "L", "I")
    assert [row.item.pupil for row in queries.rows(batch) if row.changed] == [desk.pupil]
    with pytest.raises(BatchRefusedError, match="letters of 1 pupil have been amended"):
        batches.approve(batch, by=desk.flo, at=builders.AT)
    assert batches.write_again(batch, by=desk.flo, **NOW) == 1
    run()
    assert Letter.objects.get(pupil=desk.pupil).values["lates_this_year"] == "4 occasions"
    batches.approve(batch, by=desk.flo, at=builders.AT)
    run()
    assert len(queries.printed(batch)) == 5
    with pytest.raises(BatchRefusedError):
        batches.write_again(batch, by=desk.flo, **NOW)


def test_a_mark_amended_while_it_runs_is_named_and_the_rest_go_on(desk, pupils, run):
    batch = begin(desk, pupils)
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    amend(desk, "L", "I")
    run()
    item = BatchItem.objects.get(state="failed")
    assert item.pupil == desk.pupil
    assert "5 occasions before, now 4 occasions" in item.why
    batch.refresh_from_db()
    assert (batch.state, batch.print_pages) == ("done", 4)
    assert batches.try_again(batch, by=desk.flo, at=builders.AT) == 1
    run()
    batch.refresh_from_db()
    assert (batch.state, batch.print_pages) == ("done", 5)
    assert Letter.objects.filter(state="issued").count() == 5


def test_a_full_disk_fails_letters_by_name_and_they_are_issued_again(desk, pupils, run, monkeypatch):
    batch = begin(desk, pupils)
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    with monkeypatch.context() as full:

        def no_space(*_):
            raise OSError(28, "No space left on device")

        full.setattr(store, "_write", no_space)
        run()
    assert set(states(batch).values()) == {"failed"}
    assert "could not be kept on disk" in BatchItem.objects.first().why
    assert not Letter.objects.filter(state="issued").exists()
    assert batches.try_again(batch, by=desk.flo, at=builders.AT) == 5
    run()
    assert Letter.objects.filter(state="issued").count() == 5


def test_a_poisoned_letter_stops_no_other(desk, pupils, run, monkeypatch):
    batch = begin(desk, pupils)
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    whole = letters.issue

    def poisoned(letter, *arguments, **named):
        if letter.pupil.legal_surname == "Apple":
            raise ZeroDivisionError
        return whole(letter, *arguments, **named)

    monkeypatch.setattr(letters, "issue", poisoned)
    run()
    assert states(batch)["Apple"] == "failed"
    assert "ZeroDivisionError" in BatchItem.objects.get(state="failed").why
    assert sum(state == "issued" for state in states(batch).values()) == 4


def test_work_done_twice_is_done_once(desk, pupils, run):
    batch = begin(desk, pupils)
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    run()
    before = list(Letter.objects.order_by("pk").values())
    batch.refresh_from_db()
    stood = Batch.objects.values().get()
    for row in Job.objects.order_by("pk"):
        {batches.WRITE: tasks.write_letters, batches.ISSUE: tasks.issue_letters, batches.PRINT: tasks.print_letters}[
            row.kind
        ](desk.school, row.payload, builders.AT)
    assert list(Letter.objects.order_by("pk").values()) == before
    assert Batch.objects.values().get() == stood
    assert Event.objects.filter(kind="letter issued").count() == 5


def test_stopped_while_it_runs_what_is_issued_stands_and_the_rest_is_dropped(desk, pupils, run):
    batch = begin(desk, pupils)
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    first, *_ = BatchItem.objects.filter(batch=batch).order_by(*queries.ORDER)
    assert batch_work.issue(first.pk, desk.calendar, by=desk.flo, **NOW)
    batches.cancel(batch, by=desk.office, at=builders.AT)
    run()
    batch.refresh_from_db()
    assert (batch.state, batch.print_pages, batch.cancelled_by) == ("cancelled", 1, desk.office.user)
    assert sorted(states(batch).values()) == ["dropped"] * 4 + ["issued"]
    assert sorted(Letter.objects.values_list("state", flat=True)) == ["dropped"] * 4 + ["issued"]


def test_cancelled_before_it_is_written_writes_nothing(desk, pupils, run):
    batch = begin(desk, pupils)
    batches.cancel(batch, by=desk.flo, at=builders.AT)
    run()
    assert not Letter.objects.exists()
    assert set(states(batch).values()) == {"dropped"}


def test_a_letter_issued_in_the_moment_of_cancelling_is_not_called_dropped(desk, run):
    """The worker has frozen the letter and not yet said so on the pupil's row."""
    batch = begin(desk, [desk.pupil])
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    letters.issue(Letter.objects.get(), desk.calendar, by=desk.flo, **NOW)
    batches.cancel(batch, by=desk.flo, at=builders.AT)
    assert states(batch) == {"Example": "issued"}


@pytest.mark.parametrize("two_sided", [False, True], ids=["one side", "both sides"])
def test_for_both_sides_each_letter_begins_on_a_new_sheet(desk, pupils, run, two_sided):
    batch = begin(desk, pupils)
    run()
    batches.approve(batch, two_sided=two_sided, by=desk.flo, at=builders.AT)
    run()
    batch.refresh_from_db()
    assert batch.print_pages == (10 if two_sided else 5)


def test_an_altered_file_is_not_printed_and_said(desk, run, settings):
    batch = begin(desk, [desk.pupil])
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    Job.objects.filter(kind=batches.PRINT).delete()
    while jobs.run(Job.objects.filter(state="waiting").exclude(kind=batches.PRINT).first().pk, lambda: builders.AT):
        break
    letter = Letter.objects.get()
    (settings.LETTERS_DIR / letter.pdf_path).write_bytes(b"other")
    run()
    batch.refresh_from_db()
    assert batch.print_path == ""
    assert "does not match" in batch.print_refused


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        pytest.param(lambda desk, stranger: [], "Nobody is chosen", id="nobody"),
        pytest.param(lambda desk, stranger: [Chosen(stranger.pk)], "not at this school", id="another school's"),
        pytest.param(lambda desk, stranger: [Chosen(pk) for pk in range(1, 2002)], "too many", id="too many"),
    ],
)
def test_a_batch_that_cannot_begin_says_why(desk, other_school, chosen, said):
    with schools_in_scope([other_school.pk]):
        stranger = builders.pupil(other_school, "Stranger")
    with pytest.raises(BatchRefusedError, match=said):
        batches.start(desk.school, "late_l", chosen(desk, stranger), by=desk.flo, **NOW)
    assert not Batch.objects.exists()


def test_a_pupil_chosen_twice_has_one_letter(desk, run):
    batch = begin(desk, [desk.pupil, desk.pupil])
    run()
    assert BatchItem.objects.filter(batch=batch).count() == 1


@pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR])
def test_without_the_right_nothing_is_begun(desk, role):
    with pytest.raises(RightRefusedError):
        begin(desk, [desk.pupil], by=builders.member(desk.school, role))


def test_steps_out_of_order_are_refused(desk, run):
    batch = begin(desk, [desk.pupil])
    for step in (batches.approve, batches.check, batches.send_back, batches.try_again):
        with pytest.raises(BatchRefusedError, match="still being written"):
            step(batch, by=desk.flo, at=builders.AT)
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    with pytest.raises(BatchRefusedError, match="is being issued"):
        batches.drop(batch, [1], by=desk.flo, at=builders.AT)
    run()
    with pytest.raises(BatchRefusedError, match="has been issued"):
        batches.cancel(batch, by=desk.flo, at=builders.AT)


def test_the_page_costs_the_same_however_many_pupils(desk, pupils, run):
    small = begin(desk, pupils[:1])
    run()
    with CaptureQueriesContext(connection) as few:
        queries.rows(small)
    large = begin(desk, pupils[1:])
    run()
    with CaptureQueriesContext(connection) as many:
        queries.rows(large)
    assert len(few) == len(many)


def test_figures_of_a_checked_letter_stand_for_a_week(desk, run):
    """New marks do not undo a check; a week later the letter is counted anew."""
    (letter,) = desk.draft()
    checked = letters.check(letter, desk.calendar, by=desk.office, **NOW)
    assert (checked.state, checked.checked_role) == ("checked", "office")
    builders.mark(desk.pupil, builders.TODAY + timedelta(days=3), "AM", "L")
    later = {"today": builders.TODAY + timedelta(days=3), "at": builders.AT}
    issued = letters.issue(checked, desk.calendar, by=desk.flo, **later)
    assert (issued.counted_on, issued.issued_on) == (builders.TODAY, later["today"])
    assert issued.certificate_last_on == builders.TODAY
