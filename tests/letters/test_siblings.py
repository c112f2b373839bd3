"""One letter about several children of a household: who shares one, what it says of each, and what becomes of it."""

import re

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, transaction
from django.urls import reverse

from letters import store
from letters.models import BatchItem, Letter, Message
from letters.queries import batch_index
from letters.queries import batches as queries
from letters.queries import letters as letter_queries
from letters.rules import batches as batch_rules
from letters.rules import kind_faults, kinds
from letters.rules import letters as rules
from letters.rules.blanks import SAMPLES
from letters.rules.kinds import KINDS
from letters.rules.letters import FiguresChangedRefusedError
from letters.rules.posting import How
from letters.services import batch_work, batches, letters, mailing, orders, posting, wordings
from registers.exports import Asked
from registers.models import Contact, Event, Job, Mark, Parent
from registers.queries import calendars
from registers.rules.marks import Door
from registers.rules.rights import RIGHTS, Right, Role
from registers.rules.sessions import Session
from registers.services import jobs, marks
from tests import builders
from tests.letters.conftest import YEAR_BEGAN
from tests.letters.test_batches import real_pages, run  # noqa: F401 (fixtures)
from tests.letters.test_pages import _today, client_of, get, main  # noqa: F401 (fixture)

pytestmark = pytest.mark.usefixtures("real_pages", "_today")
NOW = {"today": builders.TODAY, "at": builders.AT}
SUMMARY = "register_summary"
NEVER = {
    "holiday_as_illness",
    "late_concern",
    "late_l",
    "late_u",
    "leave_refused",
    "letter_of_concern",
    "notice_to_improve",
    "panel_invitation",
    "penalty_warning",
    "stage1_medical",
}
"""What warns of something, asks for medical evidence, or may become evidence about one child."""


def child_of(parent, surname="Example", forename="Kim", codes="LILIO/////", **contact):
    """Another child of a parent, in the parent's house unless told otherwise."""
    made = builders.pupil(parent.school, surname, forename)
    Contact.objects.filter(pupil=made).delete()
    fields = {"priority": 1, "parental_responsibility": True, "lives_with_pupil": True, **contact}
    Contact.objects.create(school=made.school, pupil=made, parent=parent, relationship="Mother", **fields)
    builders.marks(made, calendars.of(made.school), YEAR_BEGAN, codes + "/" * 60)
    return made


@pytest.fixture
def mother(desk):
    return Parent.objects.get(contacts__pupil=desk.pupil)


@pytest.fixture
def kim(desk, mother):
    return child_of(mother)


def begin(desk, *pupils, kind=SUMMARY):
    chosen = [batch_rules.Chosen(pupil.pk) for pupil in pupils]
    return batches.start(desk.school, kind, chosen, by=desk.flo, **NOW)


def numbers(batch):
    """By forename, the numbers of the letters about a pupil that stand."""
    rows = Letter.objects.filter(item__batch=batch).exclude(state="dropped").order_by("pk")
    found = {}
    for row in rows.select_related("pupil"):
        found.setdefault(row.pupil.forename, []).append(row.number)
    return found


def amend(desk, pupil, code="I", to="O"):
    mark = Mark.objects.filter(pupil=pupil, code=code).order_by("on", "session").first()
    entry = marks.Entry(pupil.pk, mark.on, Session(mark.session), to)
    told = {"door": Door.OFFICE, "reason": "The parent rang", "by": desk.office}
    marks.enter(desk.school, desk.calendar, [entry], **told, **NOW)


def issued(desk, run, *pupils):  # noqa: F811
    batch = begin(desk, *pupils)
    run()
    batches.approve(batch, by=desk.flo, at=builders.AT)
    run()
    batch.refresh_from_db()
    return batch


class TestTheKinds:
    def test_no_kind_that_warns_or_may_be_evidence_is_shared(self):
        assert {kind.slug for kind in KINDS.values() if kind.siblings_share} == {SUMMARY, "reason_wanted"}
        assert not any(KINDS[slug].siblings_share for slug in NEVER)

    def test_a_letter_to_one_parent_alone_cannot_be_shared(self):
        document = {**kinds.packaged(SUMMARY), "recipients": "parent"}
        assert [fault for fault in kind_faults.problems(document) if "siblings_share" in fault]

    def test_a_school_cannot_make_a_warning_one_that_is_shared(self, desk):
        document = {**kinds.packaged("late_u"), "title": "Our own", "siblings_share": True}
        saved = wordings.save(desk.school, "late_u", document, based_on=1, by=desk.head, at=builders.AT)
        assert not saved.read.siblings_share


class TestTheWords:
    VALUES = {
        "salutation": "Ms Example",
        "school_telephone": "01632 960200",
        "reply_email": "flo@example.example",
        "surname": "Example",
    }

    def of(self, forename, days):
        return {**self.VALUES, "forename": forename, "dates_without_reason": days}, {"without_reason"}

    def test_what_names_a_child_is_said_of_each_and_the_rest_once(self):
        kind = KINDS["reason_wanted"]
        body = rules.together(kind, [self.of("Ann", "2 November 2026"), self.of("Ben", "3 November 2026")])
        text = re.sub(r"\s+", " ", BeautifulSoup(body, "html.parser").get_text(" "))
        assert text.index("Re Ann") < text.index("Re Ben") < text.index("why Ann")
        assert text.index("why Ann") < text.index("2 November") < text.index("why Ben") < text.index("3 November")
        assert text.count("five school days") == text.count("Please tell us the reason for an absence") == 1
        assert text.count("Dear") == body.count("<h1") == 1

    @pytest.mark.parametrize("slug", sorted(KINDS))
    def test_a_letter_about_one_child_reads_as_it_did(self, slug):
        holding = KINDS[slug].needs
        alone = rules.compose(KINDS[slug], SAMPLES, holding)
        assert rules.together(KINDS[slug], [(alone.values, alone.conditions)]) == alone.body

    def test_a_condition_is_asked_of_each_child(self):
        document = kinds.packaged(SUMMARY)
        document["paragraphs"].append({"text": "That is very good.", "when": "attendance_good"})
        kind = kinds.read(document)
        children = [({**SAMPLES, "forename": "Ann"}, {"attendance_good"}), ({**SAMPLES, "forename": "Ben"}, set())]
        assert rules.together(kind, children).count("That is very good.") == 1


@pytest.mark.parametrize(
    ("items", "linked", "pieces"),
    [
        pytest.param([], [], [[]], id="nothing"),
        pytest.param([1, 2, 3, 4, 5, 6], [], [[1, 2, 3, 4, 5], [6]], id="nobody linked"),
        pytest.param([1, 2, 3, 4, 5, 6], [(5, 6)], [[1, 2, 3, 4], [5, 6]], id="not parted at the edge"),
        pytest.param([1, 2, 3], [(1, 3), (3, 2)], [[1, 3, 2]], id="a chain"),
        pytest.param([1, 2], [(1, 9)], [[1, 2]], id="linked with one who is not among them"),
        pytest.param(
            [*range(1, 8)], [(1, n) for n in range(2, 8)], [[*range(1, 8)]], id="a family larger than a piece"
        ),
        pytest.param([1, 2, 3], [(1, 2), (2, 1), (1, 2)], [[1, 2, 3]], id="said twice"),
    ],
)
def test_work_is_cut_and_no_family_parted(items, linked, pieces):
    assert batch_rules.pieces(items, linked) == pieces


class TestWhoShares:
    def test_two_siblings_have_one_letter(self, desk, kim, run):  # noqa: F811
        batch = begin(desk, desk.pupil, kim)
        run()
        first, second = Letter.objects.order_by("pk")
        assert numbers(batch) == {"Sam": [first.number], "Kim": [first.number]}
        assert first.body == second.body
        assert first.values["forename"] != second.values["forename"]
        assert first.sessions != second.sessions
        text = BeautifulSoup(first.body, "html.parser").get_text(" ")
        assert "Sam" in text
        assert "Kim" in text
        for letter in (first, second):
            assert letter.values["attendance"] in text

    def test_one_chosen_alone_has_a_letter_about_themselves(self, desk, kim, run):  # noqa: F811
        batch = begin(desk, desk.pupil)
        run()
        assert set(numbers(batch)) == {"Sam"}
        assert "Kim" not in Letter.objects.get().body

    def test_a_kind_that_is_not_shared_goes_out_for_each(self, desk, kim, run):  # noqa: F811
        begin(desk, desk.pupil, kim, kind="late_l")
        run()
        assert Letter.objects.filter(shared=None).count() == 2

    def test_a_child_who_has_other_addressees_has_a_letter_of_their_own(self, desk, mother, kim, run):  # noqa: F811
        """A half-brother whose father lives in the same house, and is written to about him alone."""
        half = child_of(mother, "Other", "Max")
        builders.parent_of(half, priority=2, relationship="Father")
        batch = begin(desk, desk.pupil, kim, half)
        run()
        found = numbers(batch)
        assert found["Sam"] == found["Kim"]
        assert found["Max"] != found["Sam"]
        assert all("Max" not in row.body for row in Letter.objects.exclude(pupil=half))

    def test_parents_apart_each_have_one_about_both(self, desk, mother, kim, run):  # noqa: F811
        father = builders.parent_of(desk.pupil, priority=2, lives_with_pupil=False).parent
        Parent.objects.filter(pk=father.pk).update(forename="Ben", address="9 Elsewhere Road")
        Contact.objects.create(school=desk.school, pupil=kim, parent=father, priority=2, parental_responsibility=True)
        batch = begin(desk, desk.pupil, kim)
        run()
        found = numbers(batch)
        assert found["Sam"] == found["Kim"]
        assert len(set(found["Sam"])) == 2

    def test_at_another_address_each_child_has_a_letter(self, desk, kim, run):  # noqa: F811
        Parent.objects.update(address="")
        type(kim).objects.filter(pk=kim.pk).update(address="7 New Road")
        batch = begin(desk, desk.pupil, kim)
        run()
        assert Letter.objects.filter(item__batch=batch, shared=None).count() == 2

    def test_under_a_court_order_about_one_child_nothing_goes_to_that_parent_about_it(self, desk, mother, kim, run):  # noqa: F811
        father = builders.parent_of(desk.pupil, priority=2, relationship="Father").parent
        order = Contact.objects.create(
            school=desk.school,
            pupil=kim,
            parent=father,
            priority=2,
            parental_responsibility=True,
            lives_with_pupil=True,
            court_order=True,
        )
        batch = begin(desk, desk.pupil, kim)
        run()
        assert Letter.objects.filter(item__batch=batch, shared=None).count() == 2
        for letter in Letter.objects.filter(parents=father):
            assert letter.pupil == desk.pupil
            assert "Kim" not in letter.body
        # Even once somebody has decided to write, that is a letter about this child alone.
        orders.decide(order, may_write=True, reason="The court allows it", by=desk.head, at=builders.AT)
        again = begin(desk, desk.pupil, kim)
        batches.cancel(batch, by=desk.flo, at=builders.AT)
        run()
        for letter in Letter.objects.filter(item__batch=again, parents=father):
            assert ("Kim" in letter.body) is (letter.pupil == kim)

    def test_of_another_wording_is_another_letter(self, desk, kim, run):  # noqa: F811
        """Somebody saves new words while the batch is being written."""
        batch = begin(desk, desk.pupil, kim)
        first, second = batch.items.order_by("pk")
        batch_work.write(first.pk, desk.calendar, by=desk.flo, **NOW)
        document = {**kinds.packaged(SUMMARY), "title": "Our summary"}
        wordings.save(desk.school, SUMMARY, document, based_on=1, by=desk.head, at=builders.AT)
        batch_work.write(second.pk, desk.calendar, by=desk.flo, **NOW)
        run()
        assert Letter.objects.filter(shared=None).count() == 2

    def test_the_record_says_with_which_and_names_nobody(self, desk, kim, run):  # noqa: F811
        begin(desk, desk.pupil, kim)
        run()
        event = Event.objects.get(kind="letter shared")
        lead, part = Letter.objects.get(shared=None), Letter.objects.get(shared__isnull=False)
        assert (event.subject, event.pupil, event.facts["with"]) == (f"letter:{part.pk}", part.pupil, lead.pk)


class TestIssued:
    def test_both_rows_are_frozen_with_one_file_that_is_printed_once(self, desk, kim, run, real_pages):  # noqa: F811
        batch = issued(desk, run, desk.pupil, kim)
        rows = list(Letter.objects.all())
        assert {row.state for row in rows} == {"issued"}
        assert len({row.sha256 for row in rows}) == len({row.pdf_path for row in rows}) == 1
        assert store.read(store.Kept(rows[0].pdf_path, rows[0].sha256))
        assert [letter.shared_id for letter in queries.printed(batch)] == [None]
        assert (batch.state, batch.print_pages) == ("done", 1)
        assert len(real_pages) == 1
        page = BeautifulSoup(real_pages[0], "html.parser")
        assert {place.bdi.get_text() for place in page.select(".enclosure__whose")} == {"Sam Example", "Kim Example"}
        assert "Enclosed: registration certificates" in page.get_text()
        assert f"Our reference {queries.printed(batch)[0].pk}" in page.get_text()
        assert set(BatchItem.objects.values_list("state", flat=True)) == {"issued"}

    def test_it_counts_as_had_by_each(self, desk, kim, run):  # noqa: F811
        document = {**kinds.packaged(SUMMARY), "interval_days": 30}
        wordings.save(desk.school, SUMMARY, document, based_on=1, by=desk.head, at=builders.AT)
        issued(desk, run, desk.pupil, kim)
        for pupil in (desk.pupil, kim):
            assert [row.state for row in letter_queries.of_pupil(pupil)] == ["issued"]
        begin(desk, kim)
        run()
        assert "went on 20/11/2026" in BatchItem.objects.get(state="refused").why

    def test_a_mark_of_either_child_flags_it_afterwards(self, desk, kim, run):  # noqa: F811
        issued(desk, run, desk.pupil, kim)
        amend(desk, kim)
        for letter in Letter.objects.all():
            page = get(desk, desk.flo, "letter", letter.pk)
            (warning,) = page.select("section[aria-labelledby^=changed]")
            assert "Kim Example" in warning.h2.get_text()

    def test_it_is_posted_and_mailed_once_for_both(self, desk, kim, run):  # noqa: F811
        issued(desk, run, desk.pupil, kim)
        part = Letter.objects.get(shared__isnull=False)
        mailing.email(part, today=builders.TODAY, by=desk.flo, at=builders.AT)
        message = Message.objects.get()
        assert message.attachment == part.shared
        assert set(message.about.all()) == {desk.pupil, kim}
        assert set(Letter.objects.values_list("state", "sent_how")) == {("sent", "email")}
        for letter in letter_queries.with_mails(desk.school):
            assert letter_queries.mails(letter) == [message]

    def test_said_to_be_posted_it_went_for_each(self, desk, kim, run):  # noqa: F811
        issued(desk, run, desk.pupil, kim)
        one = Letter.objects.get(shared__isnull=False)
        told = {"how": How.POST, "on": builders.TODAY, "by": desk.office, **NOW}
        assert posting.mark_sent(desk.school, [one.pk], **told) == 1
        assert set(Letter.objects.values_list("state", flat=True)) == {"sent"}

    def test_withdrawn_it_is_withdrawn_for_each(self, desk, kim, run):  # noqa: F811
        issued(desk, run, desk.pupil, kim)
        letters.withdraw(Letter.objects.last(), reason="Wrong", by=desk.flo, at=builders.AT)
        assert set(Letter.objects.values_list("state", flat=True)) == {"withdrawn"}
        assert Event.objects.filter(kind="letter withdrawn").count() == 2

    def test_with_whom_it_was_shared_stands_for_ever(self, desk, kim, run):  # noqa: F811
        issued(desk, run, desk.pupil, kim)
        with pytest.raises(Exception, match=r"kept|append|refused"), transaction.atomic():
            Letter.objects.filter(shared__isnull=False).update(shared=None)

    def test_the_list_of_the_pile_names_each(self, desk, kim, run):  # noqa: F811
        batch = issued(desk, run, desk.pupil, kim)
        asked = Asked(
            desk.school, desk.calendar, builders.TODAY, builders.AT, RIGHTS[Role.OFFICE], {"batch": str(batch.pk)}
        )
        (row,) = batch_index.index(asked).rows
        names = [column.name for column in batch_index.COLUMNS]
        told = dict(zip(names, row, strict=True))
        assert {told["forename"], told["also_about"].split()[0]} == {"Sam", "Kim"}


class TestOnTheWay:
    @pytest.fixture
    def batch(self, desk, kim, run):  # noqa: F811
        made = begin(desk, desk.pupil, kim)
        run()
        made.refresh_from_db()
        return made

    def test_left_out_the_other_has_a_letter_alone(self, desk, kim, batch):
        lead, part = Letter.objects.get(shared=None), Letter.objects.get(shared__isnull=False)
        batches.drop(batch, [lead.item_id], by=desk.office, at=builders.AT)
        (letter,) = Letter.objects.exclude(state="dropped")
        assert (letter, letter.shared_id) == (part, None)
        assert lead.pupil.forename not in letter.body

    def test_an_amended_mark_of_one_brings_the_letter_up_to_date(self, desk, kim, batch, run):  # noqa: F811
        before = Letter.objects.get(pupil=kim).values["total_unauthorised_absences"]
        amend(desk, kim)
        assert batches.write_again(batch, by=desk.flo, **NOW) == 1
        run()
        first, second = Letter.objects.order_by("pk")
        assert first.number == second.number
        assert first.body == second.body
        assert Letter.objects.get(pupil=kim).values["total_unauthorised_absences"] == str(int(before) + 1)
        text = BeautifulSoup(first.body, "html.parser").get_text()
        assert f"missed without authority: {int(before) + 1}" in text

    def test_amended_while_it_runs_neither_child_is_gone_on_with(self, desk, kim, batch, run):  # noqa: F811
        batches.approve(batch, by=desk.flo, at=builders.AT)
        amend(desk, kim)
        run()
        assert set(BatchItem.objects.values_list("state", flat=True)) == {"failed"}
        assert all("Kim, " in why for why in BatchItem.objects.values_list("why", flat=True))
        assert set(Letter.objects.values_list("state", flat=True)) == {"draft"}
        assert batches.try_again(batch, by=desk.flo, at=builders.AT) == 2
        run()
        assert set(Letter.objects.values_list("state", flat=True)) == {"issued"}

    def test_a_step_on_its_page_is_a_step_of_the_whole_letter(self, desk, kim, batch):
        part = Letter.objects.get(shared__isnull=False)
        checked = letters.check(part, desk.calendar, by=desk.office, **NOW)
        assert checked.pk == part.pk
        assert set(Letter.objects.values_list("state", flat=True)) == {"checked"}
        letters.send_back(part, reason="Look again", by=desk.flo, at=builders.AT)
        assert set(Letter.objects.values_list("state", flat=True)) == {"draft"}
        letters.issue(part, desk.calendar, by=desk.flo, **NOW)
        assert set(Letter.objects.values_list("state", flat=True)) == {"issued"}

    def test_dropped_on_its_page_it_is_dropped_whole(self, desk, batch):
        letters.drop(Letter.objects.first(), by=desk.flo, at=builders.AT)
        assert set(Letter.objects.values_list("state", flat=True)) == {"dropped"}

    def test_a_change_behind_one_is_named_and_undoes_the_check_of_both(self, desk, kim, batch):
        lead = Letter.objects.get(shared=None)
        letters.check(lead, desk.calendar, by=desk.office, **NOW)
        amend(desk, kim)
        with pytest.raises(FiguresChangedRefusedError, match="Kim, "):
            letters.issue(lead, desk.calendar, by=desk.flo, **NOW)
        assert set(Letter.objects.values_list("state", flat=True)) == {"draft"}

    def test_when_one_moves_house_they_share_no_more(self, desk, kim, batch):
        Parent.objects.update(address="")
        type(kim).objects.filter(pk=kim.pk).update(address="7 New Road")
        with pytest.raises(letters.HouseholdRefusedError, match="no longer have one address"):
            letters.issue(Letter.objects.first(), desk.calendar, by=desk.flo, **NOW)
        assert set(Letter.objects.values_list("state", flat=True)) == {"draft"}

    def test_work_taken_up_again_makes_no_second_letter(self, desk, batch, run, monkeypatch):  # noqa: F811
        """The worker dies with the letter frozen and neither pupil's row settled."""
        batches.approve(batch, by=desk.flo, at=builders.AT)

        def killed(*_args, **_named):
            raise KeyboardInterrupt

        with monkeypatch.context() as dying:
            dying.setattr(batch_work, "_settle", killed)
            with pytest.raises(KeyboardInterrupt):
                jobs.run(Job.objects.get(kind=batches.ISSUE, state="waiting").pk, lambda: builders.AT)
        assert set(Letter.objects.values_list("state", flat=True)) == {"issued"}
        assert set(batch.items.values_list("state", flat=True)) == {"written"}
        later = builders.AT + jobs.LEASE * 2
        monkeypatch.setattr("registers.clock.timezone.now", lambda: later)
        while jobs.run_waiting(lambda: later):
            pass
        batch.refresh_from_db()
        assert (batch.state, batch.print_pages) == ("done", 1)
        assert Event.objects.filter(kind="letter issued").count() == 2
        assert Letter.objects.count() == 2

    def test_both_are_in_one_piece_of_work(self, desk, kim, batch):
        batches.approve(batch, by=desk.flo, at=builders.AT)
        job = Job.objects.get(kind=batches.ISSUE)
        assert set(job.payload["items"]) == set(batch.items.values_list("pk", flat=True))

    def test_work_done_twice_shares_once(self, desk, batch):
        stood = list(Letter.objects.order_by("pk").values())
        batch_work.settle(batch.pk, batches.WRITE, by=desk.flo, at=builders.AT)
        assert list(Letter.objects.order_by("pk").values()) == stood
        assert Event.objects.filter(kind="letter shared").count() == 1

    def test_no_letter_shares_itself(self, desk, batch):
        letter = Letter.objects.get(shared=None)
        with pytest.raises(IntegrityError), transaction.atomic():
            Letter.objects.filter(pk=letter.pk).update(shared=letter)


class TestPages:
    @pytest.fixture
    def batch(self, desk, kim, run):  # noqa: F811
        made = begin(desk, desk.pupil, kim)
        run()
        return made

    def test_the_batch_says_with_whom(self, desk, kim, batch):
        rows = get(desk, desk.flo, "batch", batch.pk).select("tbody tr")
        said = {row.th.get_text(strip=True): row.get_text(" ", strip=True) for row in rows}
        assert any("one letter with Kim Example" in text for text in said.values())
        assert any("one letter with Sam Example" in text for text in said.values())

    def test_the_letter_says_about_whom_and_what_of_each(self, desk, kim, batch):
        for letter in Letter.objects.all():
            page = get(desk, desk.flo, "letter", letter.pk)
            assert {link.get_text() for link in page.select(".page-head p a")} == {"Sam Example", "Kim Example"}
            headings = {heading.get_text() for heading in page.select("h3")}
            assert {"Sam Example", "Kim Example"} <= headings
            assert f"Our reference {letter.number}" in page.get_text()

    def test_the_draft_is_shown_whole(self, desk, kim, batch, real_pages):  # noqa: F811
        part = Letter.objects.get(shared__isnull=False)
        answer = client_of(desk.flo).get(reverse("letter_pdf", args=[desk.school.slug, part.pk]))
        assert answer.status_code == 200
        assert "Kim" in real_pages[-1]
        assert "Sam" in real_pages[-1]

    @pytest.mark.parametrize("role", [role for role in Role if Right.WRITE_LETTERS not in RIGHTS[role]])
    def test_whoever_may_not_see_letters_sees_neither_childs(self, desk, kim, batch, role):
        by = builders.member(desk.school, role)
        for letter in Letter.objects.all():
            answer = client_of(by).get(reverse("letter", args=[desk.school.slug, letter.pk]))
            assert answer.status_code in (403, 404)
            assert b"Kim" not in answer.content
