"""Enrolling, changing, moving and leaving: the row, the chain, the event, the refusal."""

from datetime import date, timedelta
from typing import Any

import pytest

from registers.models import AdmissionChange, ClassPlace, Event, Mark, Membership, Pupil, School, SchoolClass
from registers.queries import admission_history, admissions, families
from registers.rules import upn
from registers.rules.admissions import AdmissionRefusedError, as_text
from registers.rules.calendar import Calendar
from registers.rules.deletion import LeavingRefusedError
from registers.rules.sessions import Session
from registers.services import admissions as services
from registers.services import changes, leavers, sensitive
from registers.services.admissions import StaleError
from registers.services.leavers import CautionsError, Departure
from tests import builders
from tests.builders import AT, TODAY

NUMBER = upn.check_letter("886299925001") + "886299925001"
PARTICULARS: dict[str, Any] = {
    "upn": NUMBER.lower(),
    "legal_surname": "Quill",
    "legal_forename": "Robin",
    "dob": date(2017, 5, 4),
    "sex": "F",
    "starts_on": date(2026, 11, 23),
}
DEPARTURE = Departure(TODAY, "A", "E-mail of 18 November", "Hillside", TODAY + timedelta(days=3))
SURE = {"held", "authority"}


@pytest.fixture
def chain():
    """The chain as tuples, in order."""
    return lambda: list(AdmissionChange.objects.values_list("subject", "field", "old", "new"))


def _enrol(school: School, by: Membership, school_class: SchoolClass | None = None, **particulars: Any) -> Pupil:
    return services.enrol(school, PARTICULARS | particulars, school_class, today=TODAY, by=by, at=AT)


class TestEnrolling:
    def test_the_entry_its_place_its_chain_and_its_event(self, school, office, school_class, chain) -> None:
        pupil = _enrol(school, office, school_class)
        pupil.refresh_from_db()
        assert (pupil.upn, pupil.entered_on, pupil.leaves_on) == (NUMBER, TODAY, None)
        place = ClassPlace.objects.get()
        assert (place.pupil, place.school_class, place.starts_on, place.ends_on) == (
            pupil, school_class, date(2026, 11, 23), None,
        )  # fmt: skip
        assert chain() == [
            ("pupil", "enrolled", "", "2026-11-23"),
            ("class", "class from 2026-11-23", "", "3 Test"),
        ]
        row = AdmissionChange.objects.first()
        assert (row.by, row.role, row.at, row.source) == (office.user, "office", AT, "screen")
        event = Event.objects.get()
        assert (event.kind, event.pupil, event.by) == ("pupil enrolled", pupil, office.user)
        assert event.facts == {"starts_on": "2026-11-23", "class": school_class.pk}

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"upn": "A" + NUMBER[1:]}, "upn"),
            ({"upn": "short"}, "upn"),
            ({"starts_on": date(2017, 5, 4)}, "starts_on"),
            ({"dob": date(2006, 5, 4)}, "dob"),
        ],
    )
    def test_what_cannot_be_is_refused(self, school, office, fields, field) -> None:
        with pytest.raises(AdmissionRefusedError) as refused:
            _enrol(school, office, **fields)
        assert refused.value.field == field
        assert not Pupil.objects.exists()
        assert not Event.objects.exists()

    def test_a_temporary_number_will_do(self, school, office) -> None:
        assert _enrol(school, office, upn="Q88622492400A").upn == "Q88622492400A"

    def test_a_child_comes_back_as_a_second_entry(self, school, office) -> None:
        first = builders.pupil(school, "Quill", "Robin", leaves_on=date(2026, 11, 22))
        second = _enrol(school, office, upn=first.upn)
        assert admissions.other_spells(second) == [first]
        assert admissions.other_spells(first) == [second]

    @pytest.mark.parametrize("leaves_on", [None, date(2026, 11, 23)], ids=["still-here", "a-day-shared"])
    def test_two_entries_share_no_day(self, school, office, leaves_on) -> None:
        first = builders.pupil(school, "Other", "Name", leaves_on=leaves_on)
        with pytest.raises(AdmissionRefusedError):
            _enrol(school, office, upn=first.upn)
        assert Pupil.objects.get() == first

    def test_the_same_child_is_not_entered_under_two_numbers_unless_somebody_is_sure(self, school, office) -> None:
        builders.pupil(school, "QUILL", "robin", dob=PARTICULARS["dob"])
        with pytest.raises(AdmissionRefusedError) as refused:
            _enrol(school, office)
        assert refused.value.field == "is_another_child"
        services.enrol(school, PARTICULARS, None, is_another_child=True, today=TODAY, by=office, at=AT)
        assert Pupil.objects.count() == 2


def _shown(pupil: Pupil, *names: str) -> dict[str, str]:
    return {name: as_text(getattr(pupil, name)) for name in names}


class TestChanging:
    def test_each_particular_that_changed_is_one_row_of_the_chain(self, school, office, chain) -> None:
        pupil = builders.pupil(school)
        wanted = {"address": "2 New Street", "postcode": "EX4 0XX", "fsm": True, "sex": "M"}
        fields = services.change(pupil, wanted, _shown(pupil, *wanted), " A call ", by=office, at=AT)
        assert fields == ("address", "fsm", "sex")
        pupil.refresh_from_db()
        assert (pupil.address, pupil.fsm, pupil.sex) == ("2 New Street", True, "M")
        assert chain() == [
            ("pupil", "address", "1 Example Street\nExampleton", "2 New Street"),
            ("pupil", "fsm", "no", "yes"),
            ("pupil", "sex", "F", "M"),
        ]
        assert set(AdmissionChange.objects.values_list("reason", flat=True)) == {"A call"}
        event = Event.objects.get()
        assert (event.kind, event.facts) == ("pupil changed", {"fields": ["address", "fsm", "sex"]})

    def test_nothing_different_writes_nothing(self, school, office) -> None:
        pupil = builders.pupil(school)
        assert services.change(pupil, {"sex": "F"}, {"sex": "F"}, "", by=office, at=AT) == ()
        assert not AdmissionChange.objects.exists()
        assert not Event.objects.exists()

    def test_a_reason_must_be_given(self, school, office) -> None:
        pupil = builders.pupil(school)
        with pytest.raises(AdmissionRefusedError, match="Say why"):
            services.change(pupil, {"sex": "M"}, {"sex": "F"}, "  ", by=office, at=AT)
        assert Pupil.objects.get().sex == "F"

    def test_a_stale_form_changes_nothing_and_shows_both_values(self, school, office) -> None:
        pupil = builders.pupil(school)
        stood = _shown(pupil, "postcode", "sex")
        Pupil.objects.update(postcode="EX2 2BB")
        with pytest.raises(StaleError) as stale:
            services.change(pupil, {"postcode": "EX3 3CC", "sex": "M"}, stood, "A call", by=office, at=AT)
        assert stale.value.clashes == [services.Clash("postcode", "EX4 0XX", "EX2 2BB")]
        pupil.refresh_from_db()
        assert (pupil.postcode, pupil.sex) == ("EX2 2BB", "F")
        assert not AdmissionChange.objects.exists()

    def test_a_new_number_keeps_the_old_one(self, school, office) -> None:
        pupil = builders.pupil(school)
        old = pupil.upn
        wanted = {"upn": NUMBER, "former_upn": ""}
        services.change(pupil, wanted, _shown(pupil, *wanted), "The permanent one", by=office, at=AT)
        pupil.refresh_from_db()
        assert (pupil.upn, pupil.former_upn) == (NUMBER, old)

    def test_another_pupils_number_is_refused(self, school, office) -> None:
        other, pupil = builders.pupil(school), builders.pupil(school)
        with pytest.raises(AdmissionRefusedError, match="on roll since"):
            services.change(pupil, {"upn": other.upn}, {"upn": pupil.upn}, "Typo", by=office, at=AT)

    @pytest.mark.parametrize(
        ("starts_on", "may"), [(date(2026, 9, 1), True), (date(2026, 9, 2), False)], ids=["that-day", "a-day-later"]
    )
    def test_the_starting_day_stays_before_the_first_mark(self, school, office, starts_on, may, school_class) -> None:
        pupil = builders.pupil(school, school_class=school_class)
        builders.mark(pupil, date(2026, 9, 1), Session.AM, "/")
        asked = ({"starts_on": starts_on}, _shown(pupil, "starts_on"), "Typo")
        if may:
            services.change(pupil, *asked, by=office, at=AT)
            assert ClassPlace.objects.get().starts_on == starts_on
        else:
            with pytest.raises(AdmissionRefusedError, match="Marks stand from 01/09/2026"):
                services.change(pupil, *asked, by=office, at=AT)


class TestMovingClass:
    @pytest.fixture
    def pupil(self, school, school_class) -> Pupil:
        return builders.pupil(school, school_class=school_class)

    @pytest.fixture
    def oak(self, school) -> SchoolClass:
        return builders.school_class(school, "4 Oak")

    def _places(self, pupil: Pupil) -> list[tuple[str, date, date | None]]:
        rows = ClassPlace.objects.filter(pupil=pupil).order_by("starts_on")
        return list(rows.values_list("school_class__name", "starts_on", "ends_on"))

    def test_from_a_day(self, pupil, oak, office, chain) -> None:
        services.move_class(pupil, oak, TODAY, "Set change", by=office, at=AT)
        assert self._places(pupil) == [
            ("3 Test", date(2021, 9, 1), TODAY - timedelta(days=1)),
            ("4 Oak", TODAY, None),
        ]
        assert chain() == [("class", f"class from {TODAY}", "3 Test", "4 Oak")]
        assert Event.objects.get().facts == {"class": oak.pk, "from": TODAY.isoformat()}

    def test_a_place_that_began_that_day_is_corrected(self, pupil, oak, office) -> None:
        services.move_class(pupil, oak, date(2021, 9, 1), "Typo", by=office, at=AT)
        assert self._places(pupil) == [("4 Oak", date(2021, 9, 1), None)]

    def test_a_move_to_come_is_kept(self, school, pupil, oak, office) -> None:
        elm = builders.school_class(school, "4 Elm")
        services.move_class(pupil, oak, date(2027, 1, 4), "January", by=office, at=AT)
        services.move_class(pupil, elm, TODAY, "Until then", by=office, at=AT)
        assert self._places(pupil)[1:] == [
            ("4 Elm", TODAY, date(2027, 1, 3)),
            ("4 Oak", date(2027, 1, 4), None),
        ]

    def test_whoever_has_no_class_gets_one(self, school, oak, office) -> None:
        pupil = builders.pupil(school)
        services.move_class(pupil, oak, TODAY, "New", by=office, at=AT)
        assert self._places(pupil) == [("4 Oak", TODAY, None)]

    @pytest.mark.parametrize("on", [date(2021, 8, 31), date(2027, 1, 1)], ids=["before-start", "after-leaving"])
    def test_not_while_off_roll(self, pupil, oak, office, on) -> None:
        Pupil.objects.update(leaves_on=date(2026, 12, 31))
        with pytest.raises(AdmissionRefusedError, match="not on roll"):
            services.move_class(pupil, oak, on, "Move", by=office, at=AT)

    def test_not_into_the_same_class(self, pupil, school_class, office) -> None:
        with pytest.raises(AdmissionRefusedError, match="on that day already"):
            services.move_class(pupil, school_class, TODAY, "Move", by=office, at=AT)


class TestLeaving:
    @pytest.fixture
    def pupil(self, school, school_class) -> Pupil:
        return builders.pupil(school, school_class=school_class)

    @pytest.fixture
    def leave(self, school: School, calendar: Calendar, pupil: Pupil, office: Membership):
        def ask(departure: Departure = DEPARTURE, sure_of: set[str] = SURE) -> Pupil:
            return leavers.leave(school, calendar, pupil, departure, sure_of=sure_of, today=TODAY, by=office, at=AT)

        return ask

    def test_the_entry_the_place_the_chain_and_the_event(self, pupil, leave, chain) -> None:
        leave()
        pupil.refresh_from_db()
        assert (pupil.leaves_on, pupil.leaving_ground, pupil.next_school) == (TODAY, "A", "Hillside")
        assert (pupil.leaving_note, pupil.next_school_from) == ("E-mail of 18 November", date(2026, 11, 23))
        assert ClassPlace.objects.get().ends_on == TODAY
        assert [row[1:] for row in chain()] == [
            ("leaves_on", "", "2026-11-20"),
            ("leaving_ground", "", "A"),
            ("leaving_note", "", "E-mail of 18 November"),
            ("next_school", "", "Hillside"),
            ("next_school_from", "", "2026-11-23"),
        ]
        event = Event.objects.get()
        assert event.kind == "pupil left"
        assert event.facts == {"ground": "A", "last_on": "2026-11-20", "sure_of": "held, authority"}

    def test_nothing_is_written_before_every_caution_is_confirmed(self, pupil, leave) -> None:
        with pytest.raises(CautionsError) as stopped:
            leave(sure_of={"held"})
        assert [caution.key for caution in stopped.value.cautions] == ["held", "authority"]
        pupil.refresh_from_db()
        assert pupil.leaves_on is None
        assert not AdmissionChange.objects.exists()

    def test_a_caution_nobody_was_shown_stops_it(self, leave) -> None:
        with pytest.raises(CautionsError) as stopped:
            leave(Departure(TODAY, "A"))
        assert "destination" in {caution.key for caution in stopped.value.cautions}

    def test_marks_are_never_left_behind(self, pupil, leave) -> None:
        builders.mark(pupil, TODAY, Session.AM, "/")
        with pytest.raises(LeavingRefusedError, match="Marks stand up to 20/11/2026"):
            leave(Departure(TODAY - timedelta(days=1), "F"), sure_of={*SURE, "backdated"})

    def test_codes_entered_ahead_become_z_and_count_for_nothing(self, pupil, leave) -> None:
        ahead = builders.mark(pupil, date(2026, 11, 23), Session.AM, "C")
        builders.mark(pupil, TODAY, Session.AM, "/")
        with pytest.raises(CautionsError):
            leave()
        leave(sure_of={*SURE, "ahead"})
        ahead.refresh_from_db()
        assert (ahead.code, ahead.version) == ("Z", 2)
        assert [(row.old_code, row.new_code) for row in ahead.amendments.all()] == [("C", "Z")]
        assert Mark.objects.get(on=TODAY).code == "/"

    @pytest.mark.parametrize(("days", "error"), [(20, CautionsError), (19, LeavingRefusedError)])
    def test_ground_i_reads_the_register(self, school, calendar, pupil, office, days, error) -> None:
        first = calendar.school_days_between(date(2026, 9, 1), TODAY)[-days]
        builders.marks(pupil, calendar, date(2026, 9, 1), "/" * 2)
        # This afternoon's register has not been taken yet.
        builders.marks(pupil, calendar, first, "NO" * (days - 1) + "G")
        with pytest.raises(error):
            leavers.leave(school, calendar, pupil, Departure(TODAY, "I"), today=TODAY, by=office, at=AT)

    def test_a_place_to_come_never_was(self, school, pupil, leave, chain) -> None:
        oak = builders.school_class(school, "4 Oak")
        ClassPlace.objects.update(ends_on=date(2027, 1, 3))
        ClassPlace.objects.create(school=school, pupil=pupil, school_class=oak, starts_on=date(2027, 1, 4))
        leave()
        assert [place.ends_on for place in ClassPlace.objects.all()] == [TODAY]
        assert ("class", "class from 2027-01-04", "4 Oak", "") in chain()

    def test_not_twice(self, leave) -> None:
        leave()
        with pytest.raises(LeavingRefusedError, match="already"):
            leave()

    def test_taken_back(self, school, pupil, leave, office, chain) -> None:
        leave()
        leavers.take_back(school, pupil, "The wrong child", by=office, at=AT)
        pupil.refresh_from_db()
        assert (pupil.leaves_on, pupil.leaving_ground, pupil.leaving_note) == (None, "", "")
        assert ClassPlace.objects.get().ends_on is None
        assert ("pupil", "leaves_on", "2026-11-20", "") in chain()
        assert AdmissionChange.objects.last().reason == "The wrong child"
        assert Event.objects.order_by("pk").last().facts == {"last_on": "2026-11-20"}

    def test_not_taken_back_once_the_child_is_enrolled_again(self, school, pupil, leave, office) -> None:
        leave()
        _enrol(school, office, upn=pupil.upn)
        with pytest.raises(AdmissionRefusedError, match="enrolled again"):
            leavers.take_back(school, pupil, "Typo", by=office, at=AT)

    def test_not_taken_back_by_nobody_and_not_without_a_reason(self, school, pupil, leave, office) -> None:
        with pytest.raises(AdmissionRefusedError, match="No last day"):
            leavers.take_back(school, pupil, "Typo", by=office, at=AT)
        leave()
        with pytest.raises(AdmissionRefusedError, match="Say why"):
            leavers.take_back(school, pupil, " ", by=office, at=AT)


class TestSensitive:
    def test_reading_is_recorded_once_a_person_pupil_and_day(self, school, office) -> None:
        pupil, other = builders.pupil(school, lac=True, medical_note="Asthma"), builders.pupil(school)
        head = builders.member(school)
        notes = sensitive.read(pupil, on=TODAY, by=office, at=AT)
        assert (notes.lac, notes.social_worker, notes.medical_note) == (True, False, "Asthma")
        sensitive.read(pupil, on=TODAY, by=office, at=AT + timedelta(hours=1))
        assert Event.objects.count() == 1
        sensitive.read(pupil, on=TODAY, by=head, at=AT)
        sensitive.read(other, on=TODAY, by=office, at=AT)
        sensitive.read(pupil, on=TODAY + timedelta(days=1), by=office, at=AT)
        assert list(Event.objects.values_list("kind", flat=True)) == ["sensitive fields read"] * 4
        assert "Asthma" not in str(list(Event.objects.values_list("facts", flat=True)))

    def test_only_restricted_marks(self, school, office) -> None:
        pupil = builders.pupil(school)
        builders.mark(pupil, TODAY, Session.AM, "Y5", note="Held overnight")
        builders.mark(pupil, TODAY, Session.PM, "I", note="Cough")
        marks = sensitive.read(pupil, on=TODAY, by=office, at=AT).marks
        assert [mark.note for mark in marks] == ["Held overnight"]


class TestHistory:
    def test_as_first_entered_as_it_stood_and_now(self, school, office) -> None:
        pupil = builders.pupil(school, entered_on=date(2026, 9, 1))
        for day, postcode in ((10, "EX2 2BB"), (12, "EX3 3CC")):
            stood = {"postcode": Pupil.objects.get(pk=pupil.pk).postcode}
            at = AT.replace(day=day)
            services.change(pupil, {"postcode": postcode}, stood, "Moved", by=office, at=at)
        pupil.refresh_from_db()
        found = admission_history.history(pupil, date(2026, 11, 11), sensitive=False)
        [line] = [line for line in found.lines if line.has_changed]
        assert (line.name, line.first, line.stood, line.now) == ("Postcode", "EX4 0XX", "EX2 2BB", "EX3 3CC")
        assert [(entry.old, entry.new) for entry in found.chain] == [("EX2 2BB", "EX3 3CC"), ("EX4 0XX", "EX2 2BB")]
        assert found.was_entered
        assert not admission_history.history(pupil, date(2026, 8, 31), sensitive=False).was_entered

    def test_sensitive_values_are_hidden_from_others(self, school, office) -> None:
        pupil = builders.pupil(school)
        stood = {"medical_note": "", "social_worker": "no"}
        wanted = {"medical_note": "Asthma", "social_worker": True}
        services.change(pupil, wanted, stood, "The clinic wrote", by=office, at=AT)
        pupil.refresh_from_db()
        hidden = admission_history.history(pupil, TODAY, sensitive=False)
        assert "Asthma" not in str(hidden)
        assert "clinic" not in str(hidden)
        assert {entry.field for entry in hidden.chain} == {"Sensitive notes"}
        assert "Asthma" in str(admission_history.history(pupil, TODAY, sensitive=True))

    def test_the_number_of_queries_does_not_grow(self, school, office, django_assert_max_num_queries) -> None:
        pupil = builders.pupil(school)
        for number in range(6):
            builders.parent_of(pupil, priority=number + 2)
            at = AT + timedelta(minutes=number)
            stood = {"postcode": Pupil.objects.get(pk=pupil.pk).postcode}
            services.change(pupil, {"postcode": f"EX{number} 1AA"}, stood, "Moved", by=office, at=at)
        with django_assert_max_num_queries(5):
            admission_history.history(pupil, TODAY, sensitive=True)


def test_the_same_childs_other_entry_is_no_sibling(school: School) -> None:
    child = builders.pupil(school, leaves_on=date(2025, 7, 21))
    again = builders.pupil(school, starts_on=date(2026, 9, 1))
    sister = builders.pupil(school)
    Pupil.objects.filter(pk=again.pk).update(upn=child.upn)
    again.refresh_from_db()
    for each in (again, sister):
        each.contacts.create(
            school=school, parent=child.contacts.get().parent, priority=2, parental_responsibility=True
        )
    assert list(families.siblings(again)) == [sister]
    assert set(families.siblings(sister)) == {child, again}
    assert families.latest_spells(families.siblings(sister)) == [again]


def test_the_chain_leaves_out_what_did_not_change(school: School, office: Membership) -> None:
    pupil = builders.pupil(school)
    rows = [
        changes.Change(pupil.pk, None, "pupil", "sex", "F", "F"),
        changes.Change(pupil.pk, None, "pupil", "a", "1", "2"),
    ]
    assert len(changes.write(school.pk, rows, reason="x", source=changes.FILE, by=office, at=AT)) == 1
