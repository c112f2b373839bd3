"""Illness of which evidence is wanted: the queue, the answers, and that nothing becomes O by itself."""

from datetime import date
from itertools import product

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from absences.models import EvidenceWanted, IllnessAnswer
from absences.queries import illness as queries
from absences.rules import illness as rules
from absences.rules.illness import IllnessRefusedError, Step
from absences.services import illness as services
from registers.models import Amendment, Event, Mark
from registers.queries import calendars
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT, TODAY
from tests.registers import pages

FROM = date(2026, 11, 16)


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD)


def want(pupil, head) -> EvidenceWanted:
    return EvidenceWanted.objects.create(
        school=pupil.school,
        pupil=pupil,
        from_on=FROM,
        why="3 occasions of illness this school year",
        confirmed_at=AT,
        confirmed_by=head.user,
        confirmed_role=head.role,
    )


@pytest.fixture
def wanted(school, head) -> EvidenceWanted:
    return want(builders.pupil(school, "Ash"), head)


@pytest.fixture
def ill(wanted, calendar) -> EvidenceWanted:
    """Ill before evidence was wanted, all of Tuesday and Wednesday morning, and on Friday morning."""
    builders.marks(wanted.pupil, calendar, date(2026, 11, 12), "IIII" + "//" + "III\\" + "//" + "I")
    return wanted


def waiting(school, calendar, on=TODAY) -> list[tuple[str, int, str | None]]:
    return [
        (str(one.span), one.sessions, one.last.step if one.last else None)
        for one in queries.waiting(school, calendar, on)
    ]


def answer(wanted, by, key="2026-11-17AM", step=Step.ASKED, words="Rang the mother") -> IllnessAnswer:
    school = wanted.school
    return services.answer(wanted, school, calendars.of(school), key, step, words, today=TODAY, by=by, at=AT)


@pytest.mark.parametrize(("old", "new"), list(product([None, *Step], Step)), ids=str)
def test_every_move_there_may_be(old: Step | None, new: Step) -> None:
    closed = {(Step.ASKED, Step.ASKED), (Step.STANDS, Step.ASKED), (Step.STANDS, Step.STANDS)}
    closed |= {(Step.REFUSED, Step.REFUSED)} | {(Step.SEEN, step) for step in Step}
    assert (new in rules.MOVES[old]) is ((old, new) not in closed)
    if (old, new) in closed:
        with pytest.raises(IllnessRefusedError):
            rules.check_move(old, new)


def test_only_illness_since_evidence_is_wanted_waits(school, calendar, ill) -> None:
    assert waiting(school, calendar) == [("Tue 17 Nov to Wed 18 Nov 2026 AM", 3, None), ("Fri 20 Nov 2026 AM", 1, None)]
    assert waiting(school, calendar, date(2026, 11, 16)) == []


def test_of_others_nothing_waits(school, calendar, other_school, wanted) -> None:
    builders.marks(builders.pupil(school, "Birch"), calendar, date(2026, 11, 17), "II")
    with schools_in_scope([other_school.pk]):
        head = builders.member(other_school, Role.HEAD)
        theirs = want(builders.pupil(other_school), head)
        builders.marks(theirs.pupil, calendars.of(other_school), date(2026, 11, 17), "II")
    assert waiting(school, calendar) == []


def test_asked_it_still_waits_and_seen_it_does_not(school, calendar, ill, office) -> None:
    answer(ill, office)
    assert waiting(school, calendar)[0][2] == "asked"
    answer(ill, office, step=Step.SEEN, words="Letter of the hospital")
    assert waiting(school, calendar) == [("Fri 20 Nov 2026 AM", 1, None)]
    assert set(Mark.objects.filter(pupil=ill.pupil, on__gte=FROM, code="O")) == set()


def test_without_evidence_the_head_decides(school, calendar, ill, office, head) -> None:
    for step in (Step.STANDS, Step.REFUSED):
        with pytest.raises(RightRefusedError):
            answer(ill, office, step=step, words="No letter came")
    answer(ill, head, step=Step.STANDS, words="Seen poorly by the class teacher")
    assert [span for span, _, _ in waiting(school, calendar)] == ["Fri 20 Nov 2026 AM"]


def test_refused_it_becomes_o_with_an_amendment(school, calendar, ill, head) -> None:
    answer(ill, head, step=Step.REFUSED, words="No letter in a fortnight")
    codes = [mark.code for mark in Mark.objects.filter(pupil=ill.pupil, on__gte=FROM).order_by("on", "session")]
    assert "".join(codes) == "/\\OOO\\/\\I"
    chain = [(row.old_code, row.new_code, row.reason, row.by) for row in Amendment.objects.all()]
    assert chain == [("I", "O", services.REASON, head.user)] * 3
    event = Event.objects.get(kind="illness with evidence wanted answered")
    assert (event.pupil, event.facts["amended"]) == (ill.pupil, 3)
    assert [span for span, _, _ in waiting(school, calendar)] == ["Fri 20 Nov 2026 AM"]


def test_a_later_reason_opens_what_was_refused(school, calendar, ill, head, office) -> None:
    answer(ill, head, step=Step.REFUSED, words="No letter")
    Mark.objects.filter(pupil=ill.pupil, code="O").update(code="I")
    assert waiting(school, calendar)[0] == ("Tue 17 Nov to Wed 18 Nov 2026 AM", 3, "refused")
    answer(ill, office, step=Step.SEEN, words="The letter came after all")
    assert len(waiting(school, calendar)) == 1


def test_illness_that_goes_on_after_it_was_seen_waits_again(school, calendar, ill, office) -> None:
    answer(ill, office, step=Step.SEEN, words="Letter")
    builders.mark(ill.pupil, TODAY, Session.PM, "I")
    assert waiting(school, calendar) == [("Fri 20 Nov 2026", 2, None)]


@pytest.mark.parametrize(
    ("key", "words", "message"),
    [("2026-11-18AM", "x", "no longer waits"), ("", "x", "no longer waits"), ("2026-11-17AM", " ", "Say how")],
    ids=["not-a-first-session", "none", "no-words"],
)
def test_an_answer_that_cannot_stand(ill, office, key, words, message) -> None:
    with pytest.raises(IllnessRefusedError, match=message):
        answer(ill, office, key, words=words)
    assert not IllnessAnswer.objects.exists()


def test_answers_are_kept(ill, office) -> None:
    answer(ill, office)
    with pytest.raises(DatabaseError), transaction.atomic():
        IllnessAnswer.objects.update(words="Otherwise")


def test_the_queue_asks_in_a_constant_number_of_queries(
    school, calendar, ill, head, django_assert_max_num_queries
) -> None:
    for number in range(6):
        builders.marks(want(builders.pupil(school, f"Also {number}"), head).pupil, calendar, FROM, "II")
    with django_assert_max_num_queries(4):
        assert len(queries.waiting(school, calendar, TODAY)) == 8


def test_the_page_answers(client, school, ill, office) -> None:
    client.force_login(office.user)
    page = pages.soup(client.get(reverse("illness_evidence", args=[school.slug])))
    row = page.select_one("#ill tbody tr")
    assert "Not asked yet" in pages.text(row)
    assert [button["value"] for button in row.select("button")] == ["asked", "seen"]
    address = reverse("illness_answer", args=[school.slug, ill.pk])
    key = row.select_one("input[name=key]")["value"]
    refused = client.post(address, {"key": key, "step": "seen", "words": ""})
    assert refused.status_code == 422
    assert "Say how it was asked" in pages.text(pages.soup(refused).main)
    assert client.post(address, {"key": key, "step": "nothing", "words": "x"}).status_code == 422
    assert client.post(address, {"key": key, "step": "refused", "words": "x"}).status_code == 403
    assert client.post(address, {"key": key, "step": "asked", "words": "Rang"}).status_code == 302
    assert "Evidence asked for" in pages.text(
        pages.soup(client.get(reverse("illness_evidence", args=[school.slug]))).main
    )


def test_the_head_is_offered_the_decision(client, school, ill, head) -> None:
    client.force_login(head.user)
    page = pages.soup(client.get(reverse("illness_evidence", args=[school.slug])))
    values = [button["value"] for button in page.select_one("#ill tbody tr").select("button")]
    assert values == ["asked", "seen", "stands", "refused"]
    typed = {"key": "2026-11-17AM", "step": "refused", "words": "No letter"}
    client.post(reverse("illness_answer", args=[school.slug, ill.pk]), typed)
    assert Mark.objects.filter(pupil=ill.pupil, code="O").count() == 3
