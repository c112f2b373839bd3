"""The queue of disagreements: what stands in it, how it is settled, and what opens it again."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from registers.models import Amendment, Event, Mark, Membership, Pupil, School, SchoolClass, Settlement, Sighting
from registers.queries import disagreements as queries
from registers.rules import disagreements as rules
from registers.rules import taking
from registers.rules.calendar import Calendar
from registers.rules.codes import CODES
from registers.rules.disagreements import DisagreementRefusedError
from registers.rules.marks import Door
from registers.rules.sessions import Session
from registers.rules.taking import Seen
from registers.scope import schools_in_scope
from registers.services import disagreements, marks
from registers.services.disagreements import LookedAt
from registers.services.marks import Entry
from tests import builders
from tests.registers import pages

FRIDAY = date(2026, 11, 20)
TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AM, PM = Session.AM, Session.PM
pytestmark = pytest.mark.time_machine(TEN, tick=False)


@pytest.fixture
def pupil(school: School, school_class: SchoolClass) -> Pupil:
    return builders.pupil(school, "Ash", school_class=school_class)


@pytest.fixture
def mark(pupil: Pupil, office: Membership) -> Mark:
    """The office gave M; the teacher saw the pupil."""
    return builders.mark(pupil, FRIDAY, AM, "M", by=office, source=Door.OFFICE, seen="P", note="Dentist at 9")


@pytest.fixture
def address(school: School) -> str:
    return reverse("disagreements", args=[school.slug])


@pytest.fixture
def signed_in(client: Client, office: Membership) -> Client:
    client.force_login(office.user)
    return client


def looked(mark: Mark) -> LookedAt:
    return LookedAt(mark.pk, mark.version, mark.seen)


def is_open(mark: Mark) -> bool:
    return mark.pk in queries.open_ids(mark.school, FRIDAY, FRIDAY)


def test_the_codes_asked_for_are_those_of_the_rule() -> None:
    pairs = {(seen, symbol) for seen, symbols in rules.CONTRADICTING.items() for symbol in symbols}
    assert pairs == {(seen, symbol) for seen in Seen for symbol in CODES if taking.disagrees(seen, symbol)}
    assert {(Seen.ABSENT, "/"), (Seen.PRESENT, "M"), (Seen.LATE, "N")} <= pairs
    assert not {(Seen.ABSENT, "L"), (Seen.PRESENT, "U"), (Seen.PRESENT, "/")} & pairs


@pytest.mark.parametrize(
    ("seen", "session", "code"), [("P", "AM", "/"), ("P", "PM", "\\"), ("A", "AM", "N"), ("L", "PM", "L")]
)
def test_the_code_of_the_teachers_word(seen: str, session: str, code: str) -> None:
    assert rules.teachers_code(seen, session) == code


class TestQueue:
    def test_who_stands_in_it(self, mark: Mark, pupil, school, other_school) -> None:
        agreed = builders.mark(pupil, FRIDAY, PM, "L", seen="P")
        earlier = builders.mark(pupil, date(2026, 11, 19), AM, "/", seen="A")
        with schools_in_scope([other_school.pk]):
            theirs = builders.mark(builders.pupil(other_school), FRIDAY, AM, "M", seen="P")
        with schools_in_scope([school.pk, other_school.pk]):
            found = queries.open_ids(school, date(2026, 11, 19), FRIDAY)
        assert found == {mark.pk, earlier.pk}
        assert not {agreed.pk, theirs.pk} & found
        assert queries.count(school, FRIDAY, FRIDAY) == 1

    def test_what_a_row_tells(self, mark: Mark, school, teacher) -> None:
        Sighting.objects.create(
            school=school, mark=mark, seen="P", note="Came with her aunt", at=TEN, by=teacher.user, role=teacher.role
        )
        [row] = queries.rows(school, FRIDAY, FRIDAY)
        assert (row.seen.what, row.seen.who, row.seen.note) == ("Present", "Ms Teacher", "Came with her aunt")
        assert (row.code.what, row.code.who, row.code.note) == ("M", "A office", "Dentist at 9")
        assert (row.class_name, row.teachers_code) == ("3 Test", "/")

    def test_a_teachers_own_first_entry_is_their_word(self, pupil, school, calendar, teacher, office) -> None:
        builders.mark(pupil, FRIDAY, AM, "/", by=teacher, source=Door.TEACHER, seen="P", note="Quiet")
        entry = Entry(pupil.pk, FRIDAY, AM, "I")
        marks.enter(
            school, calendar, [entry], door=Door.OFFICE, reason="Rang", today=FRIDAY, by=office, at=TEN
        )  # fmt: skip
        [row] = queries.rows(school, FRIDAY, FRIDAY)
        assert (row.seen.who, row.seen.note) == ("Ms Teacher", "Quiet")
        assert (row.code.who, row.code.why) == ("A office", "Rang")

    @pytest.mark.parametrize(("shown", "note"), [(False, ""), (True, "Custody")])
    def test_a_restricted_note_is_for_those_who_may_see_it(self, pupil, school, shown, note) -> None:
        builders.mark(pupil, FRIDAY, AM, "Y5", seen="P", note="Custody")
        [row] = queries.rows(school, FRIDAY, FRIDAY, shows_restricted=shown)
        assert row.code.note == note

    @pytest.mark.parametrize(("shown", "why"), [(False, ""), (True, "Bailed")])
    def test_so_is_the_reason_for_taking_a_restricted_code_away(self, pupil, school, office, shown, why) -> None:
        mark = builders.mark(pupil, FRIDAY, AM, "I", seen="P", version=2)
        Amendment.objects.create(
            school=school, mark=mark, version=2, old_code="Y5", new_code="I", reason="Bailed", at=TEN,
            by=office.user, role=office.role, source=Door.OFFICE,
        )  # fmt: skip
        [row] = queries.rows(school, FRIDAY, FRIDAY, shows_restricted=shown)
        assert row.code.why == why

    def test_the_number_of_queries_does_not_grow(self, school, school_class, django_assert_num_queries) -> None:
        for number in range(12):
            other = builders.pupil(school, f"Name{number}", school_class=school_class)
            builders.mark(other, FRIDAY, AM, "M", seen="P")
        with django_assert_num_queries(4):
            assert len(queries.rows(school, FRIDAY, FRIDAY)) == 12


class TestSettling:
    def test_the_code_stands(self, mark: Mark, school, office) -> None:
        disagreements.settle(school, looked(mark), "Checked with the family", by=office, at=TEN)
        assert not is_open(mark)
        settled = Settlement.objects.get()
        assert (settled.mark, settled.version, settled.seen) == (mark, 1, "P")
        assert (settled.reason, settled.by, settled.at) == ("Checked with the family", office.user, TEN)
        event = Event.objects.get(kind="code stands")
        assert (event.by, event.facts) == (office.user, {"code": "M", "seen": "P", "version": 1})
        assert Mark.objects.get().version == 1

    def test_sent_twice_it_is_written_once(self, mark: Mark, school, office) -> None:
        for _ in range(2):
            disagreements.settle(school, looked(mark), "Checked", by=office, at=TEN)
        assert (Settlement.objects.count(), Event.objects.filter(kind="code stands").count()) == (1, 1)

    def test_a_new_code_opens_it_again(self, mark: Mark, school, calendar, office) -> None:
        disagreements.settle(school, looked(mark), "Checked", by=office, at=TEN)
        entry = Entry(mark.pupil_id, FRIDAY, AM, "I", note="Ill")
        marks.enter(
            school, calendar, [entry], door=Door.OFFICE, reason="Rang", today=FRIDAY, by=office, at=TEN
        )  # fmt: skip
        assert is_open(mark)

    def test_another_sighting_opens_it_again(self, mark: Mark, school, office) -> None:
        disagreements.settle(school, looked(mark), "Checked", by=office, at=TEN)
        Mark.objects.update(seen="L")
        assert is_open(mark)

    def test_the_same_word_said_anew_opens_it_again(self, mark: Mark, school, office, teacher) -> None:
        """Seen, settled, then missed, then seen again: nobody has looked at what was said last."""
        disagreements.settle(school, looked(mark), "Checked", by=office, at=TEN)
        for minute, seen in enumerate("AP", start=1):
            Sighting.objects.create(
                school=school, mark=mark, seen=seen, at=TEN.replace(minute=minute), by=teacher.user, role=teacher.role
            )
        assert is_open(mark)
        disagreements.settle(school, looked(mark), "Checked again", by=office, at=TEN.replace(minute=5))
        assert not is_open(mark)
        assert Settlement.objects.count() == 2

    @pytest.mark.parametrize(
        ("pupils_mark", "code"), [(("M", "P"), "/"), (("/", "A"), "N"), (("I", "L"), "L")], ids=["P", "A", "L"]
    )
    def test_the_teachers_word_is_taken(self, pupil, school, calendar, office, pupils_mark, code) -> None:
        mark = builders.mark(pupil, FRIDAY, AM, pupils_mark[0], seen=pupils_mark[1])
        disagreements.take_teachers(
            school, calendar, looked(mark), "Checked", today=FRIDAY, by=office, at=TEN
        )  # fmt: skip
        assert (Mark.objects.get().code, Amendment.objects.get().reason) == (code, "Checked")
        assert not is_open(mark)
        assert Event.objects.get(kind="teacher's word taken").facts["from"] == pupils_mark[0]

    def test_a_late_sighting_brings_its_minutes(self, pupil, school, calendar, office, teacher) -> None:
        mark = builders.mark(pupil, FRIDAY, AM, "I", seen="L")
        Sighting.objects.create(
            school=school, mark=mark, seen="L", minutes_late=7, at=TEN, by=teacher.user, role=teacher.role
        )
        disagreements.take_teachers(
            school, calendar, looked(mark), "Checked", today=FRIDAY, by=office, at=TEN
        )  # fmt: skip
        assert (Mark.objects.get().code, Mark.objects.get().minutes_late) == ("L", 7)

    @pytest.mark.parametrize("stale", [{"version": 2}, {"seen": "L"}], ids=["the-code", "what-was-seen"])
    @pytest.mark.parametrize("way", ["keep", "take"])
    def test_a_stale_look_settles_nothing(self, mark: Mark, school, calendar, office, stale, way) -> None:
        before = looked(mark)
        Mark.objects.update(**stale)
        with pytest.raises(DisagreementRefusedError, match="Somebody changed this meanwhile: the code is M now"):
            self._settle(way, school, calendar, before, "Checked", office)
        assert not Settlement.objects.exists()
        assert Mark.objects.get().code == "M"

    @pytest.mark.parametrize("way", ["keep", "take"])
    @pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
    def test_a_reason_is_asked_for(self, mark: Mark, school, calendar, office, way, reason) -> None:
        with pytest.raises(DisagreementRefusedError, match="Say why"):
            self._settle(way, school, calendar, looked(mark), reason, office)

    def test_where_nobody_disagrees_nothing_is_settled(self, pupil, school, office) -> None:
        agreed = builders.mark(pupil, FRIDAY, AM, "/", seen="P")
        with pytest.raises(DisagreementRefusedError, match="nothing is left to settle"):
            disagreements.settle(school, looked(agreed), "Checked", by=office, at=TEN)

    def _settle(
        self, way: str, school: School, calendar: Calendar, seen: LookedAt, reason: str, by: Membership
    ) -> None:
        if way == "keep":
            disagreements.settle(school, seen, reason, by=by, at=TEN)
        else:
            disagreements.take_teachers(school, calendar, seen, reason, today=FRIDAY, by=by, at=TEN)


class TestPage:
    def _sent(self, mark: Mark, **more: object) -> dict[str, object]:
        return {"mark": mark.pk, "version": mark.version, "seen": mark.seen, "reason": "Checked", "place": 0, **more}

    def test_both_words_stand_side_by_side(self, mark: Mark, signed_in: Client, address: str) -> None:
        page = pages.soup(signed_in.get(address))
        row = pages.text(page.select_one("#queue tbody tr"))
        assert "Ash, Sam 3 Test" in row
        assert "Present" in row
        assert "M Medical or dental appointment , every entry of Sam Ash" in row
        assert [pages.text(button) for button in page.select("#queue button")] == [
            "Keep M , Sam Ash", "Make it / , Sam Ash",
        ]  # fmt: skip

    def test_earlier_days_can_be_left_out(self, pupil, signed_in: Client, address: str) -> None:
        builders.mark(pupil, date(2026, 11, 19), AM, "M", seen="P")
        assert pages.soup(signed_in.get(address)).select("#queue tbody tr")
        assert "Nothing waits to be settled" in pages.text(pages.soup(signed_in.get(address + "?days=today")))

    def test_keeping_and_taking(self, mark: Mark, pupil, signed_in: Client, address: str) -> None:
        other = builders.mark(pupil, FRIDAY, PM, "I", seen="P")
        response = signed_in.post(address, self._sent(mark, do="keep"), follow=True)
        assert pages.notices(pages.soup(response)) == ["M stands."]
        response = signed_in.post(address, self._sent(other, do="take", place=3))
        assert response["Location"].endswith("#place-3")
        assert {found.code for found in Mark.objects.all()} == {"M", "\\"}

    def test_a_refusal_keeps_the_words(self, mark: Mark, signed_in: Client, address: str) -> None:
        response = signed_in.post(address, self._sent(mark, do="keep", reason=" "))
        page = pages.soup(response)
        assert response.status_code == 422
        assert "Say why" in pages.notices(page)[0]

    @pytest.mark.parametrize("wrong", [{"mark": ""}, {"mark": "x"}, {"version": ""}, {"mark": 10**9}])
    def test_what_is_no_mark_is_not_found(self, mark: Mark, signed_in: Client, address: str, wrong) -> None:
        assert signed_in.post(address, self._sent(mark) | wrong).status_code == 404

    @pytest.mark.parametrize("way", ["keep", "take"])
    def test_another_schools_mark_is_not_found(self, signed_in: Client, address: str, other_school, way) -> None:
        with schools_in_scope([other_school.pk]):
            theirs = builders.mark(builders.pupil(other_school), FRIDAY, AM, "M", seen="P")
        assert signed_in.post(address, self._sent(theirs, do=way)).status_code == 404
        with schools_in_scope([other_school.pk]):
            assert Mark.objects.get(pk=theirs.pk).code == "M"
            assert not Settlement.objects.exists()
