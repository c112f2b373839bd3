"""Deadlines of a school: who stands in the list, what an answer records, and what it refuses."""

from datetime import UTC, date, datetime, time

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import DatabaseError, transaction
from django.urls import reverse

from absences import tasks
from absences.models import AbsenceRules, EvidenceWanted, Return
from absences.queries import clocks as queries
from absences.rules.clocks import ClockKind
from absences.services import clocks as services
from absences.services.clocks import ClockRefusedError
from letters import pdf
from registers.models import Amendment, Event, Job, Mark, Pupil
from registers.queries import calendars
from registers.rules.marks import Door
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import jobs
from tests import builders

TODAY, AT = builders.TODAY, builders.AT
NOV = date(2026, 11, 3)


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def away(school, calendar) -> Pupil:
    """Unexplained for ten school days from 3 November: the tenth is the 16th."""
    pupil = builders.pupil(school, "Away")
    builders.marks(pupil, calendar, NOV, "O" * 20)
    return pupil


def kinds(school, calendar, **asked) -> list[tuple[str, str]]:
    return [(one.pupil.legal_surname, one.kind) for one in queries.due(school, calendar, TODAY, **asked)]


def test_the_tenth_day_puts_a_pupil_in_the_list(school, calendar, away) -> None:
    nearly = builders.pupil(school, "Nearly")
    builders.marks(nearly, calendar, NOV, "O" * 18 + "//")
    assert kinds(school, calendar) == [("Away", ClockKind.ATTENDANCE)]
    assert queries.due(school, calendar, TODAY)[0].reached_on == date(2026, 11, 16)
    assert queries.open_count(school, calendar, TODAY) == (1, 1)


def test_a_child_under_compulsory_age_is_in_no_list(school, calendar) -> None:
    young = builders.pupil(school, dob=date(2022, 3, 1), starts_on=date(2026, 9, 1))
    builders.marks(young, calendar, NOV, "O" * 20)
    assert kinds(school, calendar) == []


def test_another_schools_pupil_is_in_no_list(school, calendar, other_school) -> None:
    with schools_in_scope([other_school.pk]):
        builders.marks(builders.pupil(other_school), calendar, NOV, "O" * 20)
    assert kinds(school, calendar) == []


def test_names_that_came_and_went(school, calendar) -> None:
    builders.pupil(school, "New", starts_on=date(2026, 11, 18), entered_on=date(2026, 11, 17))
    builders.pupil(school, "Gone", leaves_on=date(2026, 11, 27), leaving_ground="A")
    builders.pupil(school, "Long ago", entered_on=date(2026, 9, 1))
    found = {one.pupil.legal_surname: one for one in queries.due(school, calendar, TODAY)}
    assert (found["New"].due_on, found["New"].is_overdue) == (date(2026, 11, 22), False)
    assert (found["Gone"].kind, found["Gone"].due_on) == (ClockKind.DELETION, date(2026, 11, 27))
    assert set(found) == {"New", "Gone"}


def test_the_queries_do_not_grow(school, calendar, away, django_assert_max_num_queries) -> None:
    for number in range(12):
        builders.marks(builders.pupil(school, f"Also {number}"), calendar, NOV, "O" * 20)
    with django_assert_max_num_queries(9):
        assert len(queries.due(school, calendar, TODAY)) == 13


def answer(school, calendar, pupil, by, **changes) -> Return:
    given = {"since": NOV, "answered_on": TODAY, "words": "Form sent to the local authority", **changes}
    return services.answer(
        school,
        calendar,
        pupil,
        given.get("kind", ClockKind.ATTENDANCE),
        given["since"],
        given["answered_on"],
        given["words"],
        today=TODAY,
        by=by,
        at=AT,
    )


def test_an_answer_is_kept_with_its_author(school, calendar, away) -> None:
    row = answer(school, calendar, away, builders.member(school))
    assert (row.reached_on, row.recorded_role, row.recorded_at) == (date(2026, 11, 16), Role.OFFICE, AT)
    assert Event.objects.get(kind="deadline answered").facts["since"] == "2026-11-03"
    assert queries.due(school, calendar, TODAY)[0].answer == row
    assert queries.open_count(school, calendar, TODAY) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"since": date(2026, 11, 4)}, "no longer falls due"),
        ({"kind": ClockKind.SICKNESS}, "no longer falls due"),
        ({"words": "  "}, "Say how"),
        ({"answered_on": date(2026, 11, 21)}, "Give the day"),
        ({"answered_on": date(2026, 11, 2)}, "Give the day"),
    ],
)
def test_what_is_no_answer(school, calendar, away, changes, words) -> None:
    with pytest.raises(ClockRefusedError, match=words):
        answer(school, calendar, away, builders.member(school), **changes)
    assert not Return.objects.exists()


def test_an_answer_is_given_once_and_never_changed(school, calendar, away) -> None:
    office = builders.member(school)
    row = answer(school, calendar, away, office)
    with pytest.raises(ClockRefusedError, match="answered already"):
        answer(school, calendar, away, office)
    for change in (lambda: Return.objects.filter(pk=row.pk).update(words="other"), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_teacher_answers_nothing(school, calendar, away) -> None:
    with pytest.raises(RightRefusedError):
        answer(school, calendar, away, builders.member(school, Role.TEACHER))


@pytest.fixture
def unexplained(school) -> list[Mark]:
    """Friday 13 November's fifth school day is today; Thursday's was yesterday."""
    pupil = builders.pupil(school)
    return [builders.mark(pupil, date(2026, 11, day), Session.AM, "N") for day in (12, 13)]


@pytest.mark.parametrize(("through", "codes"), [(date(2026, 11, 19), "ON"), (TODAY, "OO"), (date(2026, 11, 18), "NN")])
def test_an_n_is_given_up_after_its_fifth_school_day(school, calendar, unexplained, through, codes) -> None:
    by = builders.nightly(school)
    services.give_up(school, calendar, through, door=Door.NIGHTLY, today=TODAY, by=by, at=AT)
    assert "".join(Mark.objects.order_by("on").values_list("code", flat=True)) == codes
    for amendment in Amendment.objects.all():
        assert (amendment.reason, amendment.source, amendment.role) == (
            services.NOT_ESTABLISHED,
            Door.NIGHTLY,
            Role.NIGHTLY,
        )


def test_the_evening_does_it_where_the_school_chose_so(school, unexplained) -> None:
    builders.nightly(school)
    AbsenceRules.objects.create(school=school, writes_o=True)
    with time_machine.travel(datetime(2026, 11, 20, 17, 59, tzinfo=UTC), tick=False):
        assert tasks.give_up_all() == 0
    with time_machine.travel(datetime(2026, 11, 20, 18, 0, tzinfo=UTC), tick=False) as clock:
        assert (tasks.give_up_all(), tasks.give_up_all()) == (1, 1)
        assert Job.objects.count() == 1
        clock.shift(60)
        jobs.run_waiting(lambda: datetime(2026, 11, 20, 18, 1, tzinfo=UTC))
    assert set(Mark.objects.values_list("code", flat=True)) == {"O"}


def test_the_evening_leaves_it_where_the_school_did_not(school, unexplained) -> None:
    builders.nightly(school)
    with time_machine.travel(datetime(2026, 11, 20, 19, 0, tzinfo=UTC), tick=False):
        assert tasks.give_up_all() == 0


@pytest.fixture
def ill(school, calendar) -> Pupil:
    pupil = builders.pupil(school, "Ill")
    builders.marks(pupil, calendar, NOV, "I/" * 3 + "/" * 10)
    return pupil


def test_evidence_is_proposed_where_the_school_has_a_limit(school, calendar, ill) -> None:
    assert queries.illness(school, calendar, TODAY) == []
    AbsenceRules.objects.create(school=school, illness_occasions=3, illness_days=5)
    assert [one.words for one in queries.illness(school, calendar, TODAY)] == [
        "3 occasions of illness this school year"
    ]
    AbsenceRules.objects.update(illness_occasions=4)
    assert queries.illness(school, calendar, TODAY) == []


def test_the_head_wants_evidence_and_ends_it(school, calendar, ill) -> None:
    AbsenceRules.objects.create(school=school, illness_occasions=3)
    head = builders.member(school, Role.HEAD)
    row = services.want_evidence(school, calendar, ill, today=TODAY, by=head, at=AT)
    assert (row.from_on, row.why) == (TODAY, "3 occasions of illness this school year")
    with pytest.raises(ClockRefusedError, match="already"):
        services.want_evidence(school, calendar, ill, today=TODAY, by=head, at=AT)
    for _ in range(2):
        services.end_evidence(row, today=TODAY, by=head, at=AT)
    assert Event.objects.filter(kind="evidence of illness no longer wanted").count() == 1
    assert EvidenceWanted.objects.get().ended_on == TODAY


def test_nobody_but_the_head_wants_evidence(school, calendar, ill) -> None:
    AbsenceRules.objects.create(school=school, illness_occasions=3)
    for role in (Role.FLO, Role.OFFICE, Role.ATTENDANCE_LEAD):
        with pytest.raises(RightRefusedError):
            services.want_evidence(school, calendar, ill, today=TODAY, by=builders.member(school, role), at=AT)


def test_well_pupils_are_not_asked(school, calendar) -> None:
    AbsenceRules.objects.create(school=school, illness_occasions=3)
    with pytest.raises(ClockRefusedError, match="does not meet"):
        services.want_evidence(
            school, calendar, builders.pupil(school), today=TODAY, by=builders.member(school, Role.HEAD), at=AT
        )


def test_a_file_does_not_undo_what_was_chosen_on_screen(school) -> None:
    head = builders.member(school, Role.HEAD)
    file = {"writes_o": False, "illness_occasions": 3, "illness_days": 5, "from_file": True, "by": head, "at": AT}
    services.choose(school, **file)
    services.choose(school, writes_o=True, illness_occasions=3, illness_days=None, by=head, at=AT)
    services.choose(school, **file)
    row = AbsenceRules.objects.get()
    assert (row.writes_o, row.illness_days) == (True, None)
    assert Event.objects.filter(kind="rules of absence chosen").count() == 2


@pytest.fixture
def on_the_friday():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.mark.usefixtures("on_the_friday")
class TestPages:
    def page(self, client, school, member, name: str, *args) -> BeautifulSoup:
        client.force_login(member.user)
        response = client.get(reverse(name, args=[school.slug, *args]))
        assert response.status_code == 200
        return BeautifulSoup(response.content, "html.parser")

    def test_the_list(self, client, school, away) -> None:
        text = self.page(client, school, builders.member(school), "deadlines").get_text(" ", strip=True)
        assert "10 school days on end since 3 November 2026; day 10 was 16 November 2026." in text

    def test_an_answer(self, client, school, away) -> None:
        office = builders.member(school)
        where = reverse("deadline", args=[school.slug, away.pk, "attendance", "2026-11-03"])
        client.force_login(office.user)
        assert client.post(where, {"answered_on": "2026-11-20", "words": ""}).status_code == 422
        assert client.post(where, {"answered_on": "2026-11-25", "words": "sent"}).status_code == 422
        assert client.post(where, {"answered_on": "2026-11-20", "words": "sent"}).status_code == 302
        assert "Answered on 20 November 2026" in client.get(where).content.decode()

    @pytest.mark.parametrize("named", [("attendance", "2026-11-04"), ("nonsense", "2026-11-03"), ("attendance", "x")])
    def test_what_is_not_due_is_not_found(self, client, school, away, named) -> None:
        client.force_login(builders.member(school).user)
        assert client.get(reverse("deadline", args=[school.slug, away.pk, *named])).status_code == 404

    def test_the_return_holds_what_the_regulation_asks(self, client, school, away, monkeypatch) -> None:
        seen = []
        monkeypatch.setattr(pdf, "render", lambda page: seen.append(page) or b"%PDF-1.7")
        client.force_login(builders.member(school).user)
        response = client.get(reverse("deadline_pdf", args=[school.slug, away.pk, "attendance", "2026-11-03"]))
        assert response["Content-Disposition"].startswith("attachment")
        assert "Away" not in response["Content-Disposition"]
        for fact in ("Sam", "Away", "1 Example Street", "EX4 0XX", "Ms Pat Away"):
            assert fact in seen[0]

    def test_the_overdue_ns_are_given_up_by_number(self, client, school, unexplained) -> None:
        client.force_login(builders.member(school).user)
        url = reverse("give_up", args=[school.slug])
        client.post(url, {"number": "2"})
        assert Mark.objects.filter(code="N").count() == 2
        client.post(url, {"number": "1"})
        assert list(Mark.objects.order_by("on").values_list("code", flat=True)) == ["O", "N"]

    def test_the_head_confirms_on_the_page(self, client, school, ill) -> None:
        AbsenceRules.objects.create(school=school, illness_occasions=3)
        head = builders.member(school, Role.HEAD)
        assert (
            "for the headteacher to say" in self.page(client, school, builders.member(school), "deadlines").get_text()
        )
        client.force_login(head.user)
        assert client.post(reverse("evidence_want", args=[school.slug, ill.pk])).status_code == 302
        assert client.post(reverse("evidence_want", args=[school.slug, ill.pk])).status_code == 422
        row = EvidenceWanted.objects.get()
        assert client.post(reverse("evidence_end", args=[school.slug, row.pk])).status_code == 302
        assert EvidenceWanted.objects.get().ended_on == TODAY

    def test_the_schools_choice(self, client, school) -> None:
        client.force_login(builders.member(school, Role.HEAD).user)
        url = reverse("absence_rules", args=[school.slug])
        assert client.post(url, {"illness_days": "0", "first_contact_by": "10:00"}).status_code == 422
        assert client.post(url, {"illness_days": "5", "first_contact_by": ""}).status_code == 422
        chosen = {"writes_o": "on", "illness_days": "5", "first_contact_by": "09:30"}
        assert client.post(url, chosen).status_code == 302
        row = AbsenceRules.objects.get()
        assert (row.writes_o, row.illness_occasions, row.illness_days) == (True, None, 5)
        assert row.first_contact_by == time(9, 30)

    def test_the_list_can_be_taken_away(self, client, school, away) -> None:
        client.force_login(builders.member(school).user)
        response = client.get(reverse("export", args=[school.slug, "deadlines", "csv"]))
        assert b"Away" in b"".join(response.streaming_content)
