from datetime import date, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from absences.rules.support import Concern, Plan
from absences.services import support
from escalation.models import Flag, ScanRun
from escalation.services import scan
from registers.models import Job, Mark
from registers.rules.jobs import JobState
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.escalation import documents

FIRST = date(2026, 9, 1)
THURSDAY = date(2026, 11, 19)
NOW = "2026-11-20T10:02:00+00:00"

pytestmark = pytest.mark.usefixtures("_morning")


@pytest.fixture
def _morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def flo(client, school):
    member = builders.member(school, Role.FLO)
    client.force_login(member.user)
    return member


@pytest.fixture
def pupils(school, calendar):
    """One pupil persistently absent, one late; in two classes."""
    found = {}
    for surname, name, codes in (("Ash", "3 Oak", "O" * 20), ("Birch", "4 Elm", "/" * 88 + "LLLUU")):
        pupil = builders.pupil(school, surname, "Robin", school_class=builders.school_class(school, name))
        left = len(calendar.sessions_between(FIRST, THURSDAY)) - len(codes)
        builders.marks(pupil, calendar, FIRST, codes + "/" * left)
        found[surname] = pupil
    return found


@pytest.fixture
def scanned(school, calendar, night, adopt, pupils):
    adopt(documents.rule(), documents.LATES)
    scan.scan(school, calendar, THURSDAY, by=night, at=builders.AT)
    return pupils


def page(client, name: str, school, *arguments: int, **query: str) -> BeautifulSoup:
    response = client.get(reverse(name, args=[school.slug, *arguments]), query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def text(soup) -> str:
    return " ".join(soup.get_text(" ").split())


def rows(soup: BeautifulSoup) -> list[str]:
    return [text(row) for row in soup.select("main table tbody tr")]


def test_the_desk_lists_who_needs_somebody(client, school, flo, scanned) -> None:
    soup = page(client, "desk", school)
    first, second = rows(soup)
    assert first.startswith("Ash, Robin 3 Oak, Year 5")
    assert "78.7 %" in first
    assert "Persistent 20 of 94 107 full sessions to recover 20 of 10: met 8 out on 23 Nov" in first
    assert "0 of 5 lates 0 illnesses Stage PA Title of PA since 19 Nov 2026 none yet" in first
    assert "Write to the parents. Family Liaison Officer, today Take up" in first
    assert second.startswith("Birch, Robin 4 Elm, Year 5")
    assert "5 of 5 lates" in second
    assert soup.select_one("main tbody a")["href"] == reverse("pupil", args=[school.slug, scanned["Ash"].pk])
    assert "Flags as on Thursday 19 November 2026" in text(soup)


def test_counts_stand_beside_the_numbers_of_the_schools_own_policy(client, school, calendar, flo, night, adopt) -> None:
    """A third school's: seven lates, two occasions of illness, and nothing about days of it on end."""
    lates = documents.rule("LATE", letter="", measure={"kind": "lates_in_half_term", "at_least": 7})
    illness = documents.rule("ILL", letter="", measure={"kind": "illness_occasions", "at_least": 2})
    on_end = documents.rule("DAYS", letter="", measure={"kind": "days_on_end", "at_least": 3, "codes": ["O"]})
    adopt(documents.rule(), lates, illness, on_end)
    pupil = builders.pupil(school, "Ash", "Robin")
    codes = "I" * 22 + "/" * 66 + "LLL"
    left = len(calendar.sessions_between(FIRST, THURSDAY)) - len(codes)
    builders.marks(pupil, calendar, FIRST, codes + "/" * left)
    scan.scan(school, calendar, THURSDAY, by=night, at=builders.AT)
    (row,) = rows(page(client, "desk", school))
    assert "3 of 7 lates 1 of 2 illnesses, longest 11 days" in row


@pytest.mark.parametrize(
    ("query", "surnames"),
    [
        pytest.param({}, ["Ash", "Birch"], id="everybody"),
        pytest.param({"stage": "Stage LATE"}, ["Birch"], id="by-stage"),
        pytest.param({"school_class": "3 Oak"}, ["Ash"], id="by-class"),
        pytest.param({"stage": "Stage PA", "school_class": "3 Oak"}, ["Ash"], id="by-both"),
    ],
)
def test_the_desk_can_be_narrowed(query, surnames, client, school, flo, scanned) -> None:
    assert [row.split(",")[0] for row in rows(page(client, "desk", school, **query))] == surnames


def test_nobody_in_the_stage_and_class_chosen(client, school, flo, scanned) -> None:
    soup = page(client, "desk", school, stage="Stage LATE", school_class="3 Oak")
    assert "No pupil is left by these filters" in text(soup)
    assert "0 of 2 pupils" in text(soup)


def test_a_stage_that_is_not_there_is_refused_and_everybody_shown(client, school, flo, scanned) -> None:
    soup = page(client, "desk", school, stage="Moon")
    assert "Select a valid choice" in text(soup)
    assert len(rows(soup)) == 2


def test_each_row_can_start_its_letter(client, school, flo, scanned) -> None:
    url = reverse("letter_draft", args=[school.slug, scanned["Ash"].pk])
    form = page(client, "desk", school).select_one(f"main tbody form[action='{url}']")
    flag = Flag.objects.get(pupil=scanned["Ash"])
    assert form.select_one("[name=kind]")["value"] == "letter_of_concern"
    assert form.select_one("[name=because]")["value"] == f"flag:{flag.pk}"


def test_a_support_plan_stands_beside_what_is_flagged(client, school, flo, scanned) -> None:
    """Only the pupil's own, and only while it is open."""
    plan = Plan(Concern.AVOIDANCE, "Will not come in", "A quieter way in", "", date(2026, 12, 18))
    row = support.start(school, scanned["Ash"], plan, today=THURSDAY, by=flo, at=builders.AT)
    first, second = page(client, "desk", school).select("main table tbody tr")
    address = reverse("support_plan", args=[school.slug, row.pk])
    assert first.select_one(f"a[href='{address}']").get_text() == "Support plan"
    assert "Support plan" not in text(second)
    ash, birch = (page(client, "flag", school, Flag.objects.get(pupil=scanned[name]).pk) for name in ("Ash", "Birch"))
    assert "looked at again on 18 December 2026" in text(ash)
    assert "support plan" not in text(birch)
    support.close(row.pk, school, "In school every day", today=THURSDAY, by=flo, at=builders.AT)
    assert "Support plan" not in text(page(client, "desk", school).select_one("main table"))


def test_nobody_flagged_says_when_it_was_looked(client, school, flo, calendar, night, adopt) -> None:
    adopt()
    scan.scan(school, calendar, THURSDAY, by=night, at=builders.AT)
    assert "The scan of Thursday 19 November 2026 found no pupil" in text(page(client, "desk", school))


def test_before_any_scan_it_says_so_and_does_not_say_that_nobody_is_flagged(client, school, flo, adopt) -> None:
    adopt()
    words = text(page(client, "desk", school))
    assert "The scan has not run yet" in words
    assert "Nobody is flagged" not in words


def test_without_a_policy_it_says_so(client, school, flo) -> None:
    assert "No attendance policy applies today" in text(page(client, "desk", school))


def test_if_last_nights_scan_did_not_run_it_says_so(client, school, flo, scanned) -> None:
    ScanRun.objects.update(on=THURSDAY - timedelta(days=1))
    words = text(page(client, "desk", school))
    assert "Last night’s scan did not run" in words
    assert "stand as on Wednesday 18 November 2026; they should stand as on Thursday 19 November 2026" in words


def test_the_number_of_queries_of_the_desk_does_not_grow(
    client, school, calendar, flo, night, adopt, pupils, django_assert_max_num_queries
) -> None:
    adopt()
    for _ in range(30):
        pupil = builders.pupil(school)
        builders.marks(pupil, calendar, FIRST, "O" * 20 + "/" * 80)
    scan.scan(school, calendar, THURSDAY, by=night, at=builders.AT)
    with django_assert_max_num_queries(40):
        assert len(rows(page(client, "desk", school))) == 31


# A flag -----------------------------------------------------------------------------------------------------------


def test_a_flag_says_why(client, school, flo, scanned) -> None:
    flag = Flag.objects.get(pupil=scanned["Ash"])
    soup = page(client, "flag", school, flag.pk)
    words = text(soup)
    assert soup.h1.get_text() == "Robin Ash: Title of PA"
    for expected in (flag.words, "What the policy says.", "Section 1", "A policy for tests, version 1, rule PA"):
        assert expected in words
    counted = [text(row) for row in soup.select("[aria-label='Sessions counted'] tbody tr")]
    assert len(counted) == 20
    assert counted[0] == "Tue 1 Sep 2026 AM O Absent, no accepted reason"
    assert soup.select_one("[aria-label='Sessions left out']") is None


def test_a_flag_can_be_recounted_from_its_page(client, school, flo, scanned) -> None:
    """The sessions on the page are the pupil's absences in the register, and as many as the words say."""
    flag = Flag.objects.get(pupil=scanned["Ash"])
    soup = page(client, "flag", school, flag.pk)
    shown = [row.th.get_text() for row in soup.select("[aria-label='Sessions counted'] tbody tr")]
    absences = Mark.objects.filter(pupil=scanned["Ash"], code__in=["O", "I", "U", "G", "N"]).order_by("on", "session")
    assert shown == [f"{mark.on:%a} {mark.on.day} {mark.on:%b %Y} {mark.session}" for mark in absences]
    assert f"{len(shown)} of {flag.figures['possible']} possible sessions" in flag.words


def test_a_flag_shows_what_was_left_out_and_why(client, school, calendar, flo, night, adopt) -> None:
    adopt()
    pupil = builders.pupil(school)
    builders.marks(pupil, calendar, FIRST, "O" * 20 + "D." + "/" * 80)
    scan.scan(school, calendar, THURSDAY, by=night, at=builders.AT)
    soup = page(client, "flag", school, Flag.objects.get().pk)
    assert [text(row) for row in soup.select("[aria-label='Sessions left out'] tbody tr")] == [
        "Tue 15 Sep 2026 AM D Dual registered, at the other school: not a possible session.",
        "Tue 15 Sep 2026 PM none No mark in the register.",
    ]


def test_a_late_flag_shows_lates(client, school, flo, scanned) -> None:
    words = text(page(client, "flag", school, Flag.objects.get(pupil=scanned["Birch"]).pk))
    assert "Late in Term 2 5" in words
    assert "3 L" in words
    assert "2 U" in words


def test_a_flag_leads_to_the_pupil_and_the_letter(client, school, flo, scanned) -> None:
    flag = Flag.objects.get(pupil=scanned["Birch"])
    soup = page(client, "flag", school, flag.pk)
    assert soup.find("a", string="Open the pupil")["href"] == reverse("pupil", args=[school.slug, flag.pupil_id])
    url = reverse("letter_draft", args=[school.slug, flag.pupil_id])
    form = soup.select_one(f"main form[action='{url}']")
    assert form.select_one("[name=kind]")["value"] == "late_l"
    assert form.select_one("[name=because]")["value"] == f"flag:{flag.pk}"


def test_a_flag_that_has_ended_says_so_and_writes_no_letter(client, school, flo, scanned) -> None:
    flag = Flag.objects.get(pupil=scanned["Ash"])
    Flag.objects.filter(pk=flag.pk).update(ended_on=THURSDAY)
    soup = page(client, "flag", school, flag.pk)
    assert "This flag has ended" in text(soup)
    assert soup.select_one("main form") is None


def test_another_schools_flag_is_not_found(client, school, other_school, flo, scanned) -> None:
    flag = Flag.objects.get(pupil=scanned["Ash"])
    outsider = builders.member(other_school, Role.FLO)
    client.force_login(outsider.user)
    assert client.get(reverse("flag", args=[other_school.slug, flag.pk])).status_code == 404
    assert client.get(reverse("flag", args=[school.slug, flag.pk])).status_code == 404


@pytest.mark.parametrize("role", [Role.TEACHER, Role.OFFICE, Role.GOVERNOR])
def test_who_may_not_see_flags(role, client, school, scanned) -> None:
    client.force_login(builders.member(school, role).user)
    flag = Flag.objects.get(pupil=scanned["Ash"])
    for url in (reverse("desk", args=[school.slug]), reverse("flag", args=[school.slug, flag.pk])):
        assert client.get(url).status_code == 403


# Scans ------------------------------------------------------------------------------------------------------------


def test_scan_now_asks_and_does_not_say_that_it_has_run(client, school, flo, scanned) -> None:
    before = list(Flag.objects.order_by("pk").values())
    response = client.post(reverse("scan_now", args=[school.slug]), follow=True)
    assert response.redirect_chain == [(reverse("desk", args=[school.slug]), 302)]
    words = text(BeautifulSoup(response.content, "html.parser"))
    assert "Asked for a scan of 19 November 2026. The flags below change when it has run" in words
    assert "A scan of 19 November 2026, asked for at 10:02 on 20 November, is waiting its turn" in words
    job = Job.objects.get()
    assert (job.key, job.payload) == (
        f"scan:{school.slug}:2026-11-19:2026-11-20T10:02",
        {"on": "2026-11-19", "by": flo.pk},
    )
    assert list(Flag.objects.order_by("pk").values()) == before


def test_scan_now_twice_in_a_minute_is_one_scan(client, school, flo, scanned) -> None:
    for _ in range(2):
        client.post(reverse("scan_now", args=[school.slug]))
    assert Job.objects.count() == 1


def test_scan_now_without_a_school_day_says_what_to_do(client, flo, school) -> None:
    with time_machine.travel("2025-08-20T10:00:00+00:00", tick=False):
        client.force_login(flo.user)
        response = client.post(reverse("scan_now", args=[school.slug]), follow=True)
    assert "There is no school day to scan yet" in text(BeautifulSoup(response.content, "html.parser"))
    assert not Job.objects.exists()


def test_scan_now_is_not_for_reading_or_for_others(client, school, flo) -> None:
    url = reverse("scan_now", args=[school.slug])
    assert client.get(url).status_code == 405
    client.force_login(builders.member(school, Role.OFFICE).user)
    assert client.post(url).status_code == 403
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("state", "attempts", "words"),
    [
        pytest.param(JobState.RUNNING, 1, "is running", id="running"),
        pytest.param(JobState.WAITING, 2, "did not succeed and will be tried again", id="to-be-tried-again"),
        pytest.param(JobState.FAILED, 5, "given up after 5 tries (RuntimeError)", id="given-up"),
    ],
)
def test_the_desk_says_how_a_scan_that_was_asked_for_fares(state, attempts, words, client, school, flo, adopt) -> None:
    adopt()
    client.post(reverse("scan_now", args=[school.slug]))
    Job.objects.update(state=state, attempts=attempts, error="RuntimeError")
    assert words in text(page(client, "desk", school))
    assert rows(page(client, "scan_runs", school))


def test_each_run_with_its_counts_and_errors(client, school, flo, scanned) -> None:
    ScanRun.objects.create(
        school=school, on=date(2026, 11, 20), state="failed", started_at=builders.AT, error="No policy applies."
    )
    found = rows(page(client, "scan_runs", school))
    assert found == [
        "Fri 20 Nov 2026 Failed 20 Nov 09:05:00 – 0 0 0 0 No policy applies.",
        "Thu 19 Nov 2026 Done 20 Nov 09:05:00 20 Nov 09:05:00 2 0 0 0 –",
    ]


def test_no_run_yet(client, school, flo) -> None:
    assert "No day has been scanned yet" in text(page(client, "scan_runs", school))


def test_another_schools_runs_are_not_shown(client, school, other_school, flo) -> None:
    with schools_in_scope([other_school.pk]):
        ScanRun.objects.create(school=other_school, on=THURSDAY, state="running", started_at=builders.AT)
    assert "No day has been scanned yet" in text(page(client, "scan_runs", school))
