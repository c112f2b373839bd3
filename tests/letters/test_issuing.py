"""Issuing freezes: the text, the figures, the file. Whatever changes afterwards, what was sent stands."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from letters import pdf, store
from letters.models import Letter, Wording
from letters.rules.kinds import IssuerRefusedError
from letters.rules.letters import FiguresChangedRefusedError
from letters.rules.states import StateRefusedError
from letters.services import letters
from letters.services.letters import HouseholdRefusedError, ReasonRefusedError
from registers.models import Contact, Event, Mark, Membership, Parent
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.services import marks
from tests import builders
from tests.letters.conftest import LEAVE

pytestmark = pytest.mark.usefixtures("plain_pdf")
TOMORROW = builders.TODAY + timedelta(days=3)
"""The next school day, a Monday."""


def amend(desk, code, to):
    """Give the pupil's first mark of a code another one, as the office does."""
    mark = Mark.objects.filter(pupil=desk.pupil, code=code).order_by("on", "session").first()
    entry = marks.Entry(desk.pupil.pk, mark.on, Session(mark.session), to)
    marks.enter(
        desk.school,
        desk.calendar,
        [entry],
        door=Door.OFFICE,
        reason="The parent rang",
        today=builders.TODAY,
        by=desk.office,
        at=builders.AT,
    )


def file_of(settings, letter) -> Path:
    return Path(settings.LETTERS_DIR) / letter.pdf_path


def test_an_issued_letter_has_its_day_its_signatory_and_its_file(desk, settings, plain_pdf):
    issued = desk.issue(desk.draft()[0])
    assert issued == Letter.objects.get()
    assert (issued.state, issued.issued_on, issued.issued_at) == ("issued", builders.TODAY, builders.AT)
    assert (issued.issued_by, issued.issued_role) == (desk.head.user, "head")
    document = file_of(settings, issued).read_bytes()
    assert issued.sha256 == hashlib.sha256(document).hexdigest()
    assert issued.pdf_path == f"ashdown/{issued.pk}-{issued.sha256[:16]}.pdf"
    assert "Registration certificate" in plain_pdf[-1]
    assert "DRAFT" not in plain_pdf[-1]


def test_a_draft_that_stands_is_written_once_on_its_way(desk, django_assert_max_num_queries):
    letter = desk.draft()[0]
    with django_assert_max_num_queries(40) as asked:
        desk.issue(letter)
    assert sum(query["sql"].startswith('UPDATE "letters_letter"') for query in asked) == 1


def test_the_event_holds_the_hash_and_no_name(desk):
    issued = desk.issue(desk.draft()[0])
    event = Event.objects.get(kind="letter issued")
    assert event.facts == {"kind": "late_l", "sha256": issued.sha256, "wording": 1}
    assert (event.by, event.role, event.at) == (desk.head.user, "head", builders.AT)


def test_an_amendment_afterwards_changes_nothing_that_was_sent(desk, settings):
    issued = desk.issue(desk.draft()[0])
    before = Letter.objects.values().get()
    document = file_of(settings, issued).read_bytes()
    amend(desk, "L", "I")
    Parent.objects.update(surname="Changed", address="Moved away")
    assert Letter.objects.values().get() == before
    assert file_of(settings, issued).read_bytes() == document
    assert store.read(store.Kept(issued.pdf_path, issued.sha256)) == document


def test_figures_that_changed_are_refused_by_name_and_the_draft_shows_the_new_ones(desk, plain_pdf):
    (letter,) = desk.draft()
    amend(desk, "L", "I")
    with pytest.raises(FiguresChangedRefusedError, match="5 occasions before, now 4 occasions") as refused:
        desk.issue(letter)
    assert {change.meaning for change in refused.value.changes} == {
        "late before the register closed (L) this school year"
    }
    letter.refresh_from_db()
    assert letter.state == "draft"
    assert letter.values["lates_this_year"] == "4 occasions"
    assert "4 occasions" in letter.body
    assert plain_pdf == []
    assert Event.objects.filter(kind="letter brought up to date").count() == 1
    assert desk.issue(letter).state == "issued"


def test_a_figure_the_letter_does_not_state_may_change(desk):
    (letter,) = desk.draft()
    amend(desk, "I", "O")
    assert desk.issue(letter).state == "issued"


def test_another_day_alone_is_no_change_but_is_printed(desk, plain_pdf):
    (letter,) = desk.draft()
    issued = desk.issue(letter, today=TOMORROW)
    assert issued.issued_on == issued.certificate_last_on == TOMORROW
    assert 'Up to <bdi class="letter__unbroken">23 November 2026</bdi>' in plain_pdf[-1]
    assert "20 November" not in plain_pdf[-1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"title": "Dr"}, "Ms Example before, now Dr Example", id="title"),
        pytest.param({"address": "2 New Street"}, "the address: 1 Example Street, Exampleton, EX4 0XX", id="address"),
        pytest.param({"forename": "Jo"}, "addressed to: Ms Pat Example before, now Ms Jo Example", id="forename"),
    ],
)
def test_a_changed_addressee_is_told_of(desk, change, said):
    (letter,) = desk.draft()
    Parent.objects.update(**change)
    with pytest.raises(FiguresChangedRefusedError, match=said):
        desk.issue(letter)
    assert desk.issue(letter).state == "issued"


def test_a_changed_signatory_is_told_of(desk):
    (letter,) = desk.draft()
    Membership.objects.filter(pk=desk.flo.pk).update(ends_on=builders.TODAY - timedelta(days=1))
    with pytest.raises(FiguresChangedRefusedError, match="who signs: A flo before, now nothing"):
        desk.issue(letter)


def test_a_new_member_of_the_household_needs_a_new_draft(desk):
    (letter,) = desk.draft()
    builders.parent_of(desk.pupil, priority=2)
    with pytest.raises(HouseholdRefusedError, match="Drop it and draft it again"):
        desk.issue(letter)


def test_a_court_order_since_the_draft_stops_the_letter(desk):
    (letter,) = desk.draft()
    Contact.objects.filter(pupil=desk.pupil).update(court_order=True)
    with pytest.raises(Exception, match="court order"):
        desk.issue(letter)
    assert Letter.objects.get().state == "draft"


def test_a_mark_amended_while_the_file_is_made_stops_the_letter(desk, monkeypatch, settings):
    """O to G leaves every figure as it was, yet the certificate is another one."""
    (letter,) = desk.draft()

    def amended_meanwhile(html):
        amend(desk, "O", "G")
        return b"a file"

    monkeypatch.setattr(pdf, "render", amended_meanwhile)
    with pytest.raises(FiguresChangedRefusedError, match="registration certificate"):
        desk.issue(letter)
    assert Letter.objects.get().state == "draft"
    assert not list(Path(settings.LETTERS_DIR).glob("**/*.pdf"))


@pytest.mark.parametrize(
    ("kind", "role", "may"),
    [
        ("late_l", Role.FLO, True),
        ("late_l", Role.ATTENDANCE_LEAD, True),
        ("late_l", Role.OFFICE, False),
        ("stage1_medical", Role.HEAD, True),
        ("stage1_medical", Role.FLO, False),
        ("leave_refused", Role.HEAD, True),
        ("leave_refused", Role.ATTENDANCE_LEAD, False),
    ],
)
def test_only_the_kinds_roles_issue_it(desk, kind, role, may):
    (letter,) = desk.draft(kind, facts=LEAVE if kind == "leave_refused" else None)
    # The signatory's name would change with a second person in that part.
    person = {Role.FLO: desk.flo, Role.HEAD: desk.head}.get(role) or builders.member(desk.school, role)
    if may:
        assert desk.issue(letter, by=person).issued_role == role
    else:
        with pytest.raises(IssuerRefusedError, match="may issue this letter"):
            desk.issue(letter, by=person)
        assert Letter.objects.get().state == "draft"


def test_issued_twice_is_refused_and_one_file_stands(desk, settings):
    (letter,) = desk.draft()
    desk.issue(letter)
    with pytest.raises(StateRefusedError, match="has been issued and stands"):
        desk.issue(letter)
    assert len(list(Path(settings.LETTERS_DIR).glob("**/*.pdf"))) == 1


def test_without_the_libraries_the_draft_stands(desk, monkeypatch):
    def nothing_loads(html):
        raise pdf.PdfUnavailableError(["libpango-1.0-0"])

    monkeypatch.setattr(pdf, "render", nothing_loads)
    with pytest.raises(pdf.PdfUnavailableError, match="libpango"):
        desk.issue(desk.draft()[0])
    assert Letter.objects.get().state == "draft"


def test_a_full_disk_leaves_the_draft(desk, monkeypatch):
    def full(target, document):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_write", full)
    with pytest.raises(store.NotKeptError, match="No space left on device"):
        desk.issue(desk.draft()[0])
    assert Letter.objects.get().state == "draft"
    assert not Event.objects.filter(kind="letter issued").exists()


def test_a_draft_is_dropped(desk):
    (letter,) = desk.draft()
    letters.drop(letter, by=desk.office, at=builders.AT)
    assert Letter.objects.get().state == "dropped"
    assert Event.objects.get(kind="letter dropped").by == desk.office.user
    with pytest.raises(StateRefusedError, match="was dropped"):
        desk.issue(letter)


def test_a_dropped_draft_can_be_drafted_again(desk):
    (letter,) = desk.draft()
    letters.drop(letter, by=desk.office, at=builders.AT)
    (again,) = desk.draft()
    assert again.pk != letter.pk


def test_an_issued_letter_is_withdrawn_with_its_reason_and_keeps_its_file(desk, settings):
    issued = desk.issue(desk.draft()[0])
    withdrawn = letters.withdraw(issued, reason=" Wrong pupil ", by=desk.flo, at=builders.AT)
    assert (withdrawn.state, withdrawn.withdrawn_reason) == ("withdrawn", "Wrong pupil")
    assert (withdrawn.withdrawn_by, withdrawn.withdrawn_at) == (desk.flo.user, builders.AT)
    assert file_of(settings, withdrawn).exists()
    assert Event.objects.get(kind="letter withdrawn").subject == f"letter:{issued.pk}"


def test_withdrawing_needs_a_reason_a_role_and_an_issued_letter(desk):
    (letter,) = desk.draft()
    with pytest.raises(StateRefusedError, match="still a draft"):
        letters.withdraw(letter, reason="x", by=desk.head, at=builders.AT)
    issued = desk.issue(letter)
    with pytest.raises(ReasonRefusedError, match="Say why"):
        letters.withdraw(issued, reason="  ", by=desk.head, at=builders.AT)
    with pytest.raises(IssuerRefusedError):
        letters.withdraw(issued, reason="x", by=desk.office, at=builders.AT)
    assert Letter.objects.get().state == "issued"


@pytest.mark.parametrize(
    "change",
    [
        {"state": "issued"},
        {"state": "sent"},
        {"sha256": "0" * 64},
        {"issued_at": builders.AT},
        {"state": "withdrawn"},
        {"withdrawn_reason": "x"},
        {"certificate_first_on": None},
    ],
    ids="-".join,
)
def test_the_database_keeps_its_own_promises(desk, change):
    desk.draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        Letter.objects.update(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": ""},
        {"sha256": "0" * 64},
        {"pdf_path": "elsewhere.pdf"},
        {"body": "Dear all"},
        {"facts": {}},
        {"issued_by": None},
        {"issued_on": builders.TODAY - timedelta(days=1)},
        {"state": "draft"},
        {"state": "dropped"},
    ],
    ids="-".join,
)
def test_the_database_keeps_an_issued_letter_as_it_was_sent(desk, change):
    desk.issue(desk.draft()[0])
    with pytest.raises(DatabaseError), transaction.atomic():
        Letter.objects.update(**change)


def test_the_database_deletes_no_letter_and_changes_no_wording(desk):
    (letter,) = desk.draft()
    letter.parents.clear()
    with pytest.raises(DatabaseError), transaction.atomic():
        letter.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Wording.objects.update(document={})
    with pytest.raises(DatabaseError), transaction.atomic():
        Wording.objects.filter(kind="letter_of_concern").delete()
