"""The policy on screen: read, drafted rule by rule, taken in and out as a file, compared, tried and adopted."""

import json
from datetime import date, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from escalation import policy_toml
from escalation.models import Flag, PolicyDraft, PolicyVersion, Simulation
from escalation.policy_file import PolicyRefusedError
from escalation.queries import policies as policy_queries
from escalation.rules.drafting import DraftRefusedError
from escalation.services import drafts, policies, scan
from letters.rules import kinds
from registers.models import Event
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from registers.services import jobs
from tests import builders
from tests.escalation import documents
from tests.escalation.test_services_scan import attending

FRIDAY = builders.TODAY


@pytest.fixture(autouse=True)
def _on_the_friday():
    with time_machine.travel(builders.AT, tick=False):
        yield


@pytest.fixture
def head(school, client):
    member = builders.member(school, Role.HEAD)
    client.force_login(member.user)
    return member


@pytest.fixture
def flo(school, client):
    member = builders.member(school, Role.FLO)
    client.force_login(member.user)
    return member


@pytest.fixture
def draft(school, head, adopt) -> PolicyDraft:
    """A draft begun from the policy in force, with a name of its own."""
    version = adopt(documents.rule(minimum_possible=11))
    made = drafts.begin(school, version=version, by=head, at=builders.AT)
    return drafts.save_head(made, {"version": "2"}, 1, by=head, at=builders.AT)


def at(school, name: str, *arguments: object) -> str:
    return reverse(name, args=[school.slug, *arguments])


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def words(response) -> str:
    return " ".join(soup(response).find("main").get_text(" ").split())


RULE = {
    "id": "LATE3",
    "title": "Late three times",
    "paragraph": "Section 4",
    "says": "Three late arrivals in a half-term are talked over.",
    "minimum_possible": "0",
    "interval": "0",
    "when": "any day",
    "stage": "Late",
    "risk": "2",
    "desk": "on",
    "follow_up": "Speak to the parents.",
    "owner": "flo",
    "due_in": "5",
    "measure_at_least": "3",
}


def with_revision(draft: PolicyDraft, **fields: object) -> dict[str, object]:
    draft.refresh_from_db()
    return {"revision": draft.revision, **fields}


def test_the_policy_in_force_reads_rule_by_rule(client, school, flo, adopt) -> None:
    adopt(*documents.of_school("staplehurst")["rules"])
    page = words(client.get(at(school, "policy")))
    assert "Holds for attendance at least 90 % and not above 95 %, this school year." in page
    assert "From 11 possible sessions on; not again within 5 school days of its end." in page
    assert "Then Refer to the Education Welfare Officer. Attendance lead, within 5 school days." in page
    assert "Change it in a draft" not in page, "only the headteacher changes it"


def test_without_a_policy_the_page_says_what_to_do(client, school, head) -> None:
    page = words(client.get(at(school, "policy")))
    assert "nobody can be flagged" in page
    assert "Begin a draft from a blank page or from a file" in page


def test_a_draft_is_begun_once(client, school, head, adopt) -> None:
    version = adopt()
    for _ in range(2):
        client.post(at(school, "policy_draft_begin"), {"version": version.pk})
    draft = PolicyDraft.objects.get()
    assert draft.based_on == version
    assert draft.document["version"] == ""
    assert Event.objects.get(kind="policy draft begun").facts == {"from": "1"}
    assert "A draft is open already" in words(client.get(at(school, "policy_draft")))


def test_another_schools_version_begins_no_draft(client, school, other_school, head, night) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = policies.adopt(other_school, documents.policy(), by=builders.nightly(other_school), at=builders.AT)
    assert client.post(at(school, "policy_draft_begin"), {"version": theirs.pk}).status_code == 404
    assert client.post(at(school, "policy_draft_begin"), {"version": "x"}).status_code == 404
    assert not PolicyDraft.objects.exists()


def test_a_rule_is_added_changed_and_taken_out(client, school, draft) -> None:
    new = at(school, "policy_rule_new") + "?kind=lates_in_half_term"
    assert client.post(new, with_revision(draft, **RULE)).status_code == 302
    draft.refresh_from_db()
    rule = draft.document["rules"][1]
    assert rule["measure"] == {"kind": "lates_in_half_term", "at_least": 3}
    assert rule["follows"] == {"owner": "flo", "due_in": 5}
    edit = at(school, "policy_rule", 1)
    form = soup(client.get(edit))
    assert form.find(id="id_title")["value"] == "Late three times"
    assert form.find(id="id_measure_at_least")["value"] == "3"
    assert client.post(edit, with_revision(draft, **RULE | {"measure_at_least": "4"})).status_code == 302
    draft.refresh_from_db()
    assert [one["id"] for one in draft.document["rules"]] == ["PA", "LATE3"]
    assert draft.document["rules"][1]["measure"]["at_least"] == 4
    client.post(at(school, "policy_rule_remove", 1), with_revision(draft))
    draft.refresh_from_db()
    assert [one["id"] for one in draft.document["rules"]] == ["PA"]


@pytest.mark.parametrize(
    ("kind", "fields", "name", "words_expected"),
    [
        pytest.param("lates_in_half_term", {"measure_at_least": "0"}, "measure_at_least", "1 or more", id="too-few"),
        pytest.param("lates_in_half_term", {"id": "PA"}, "id", "used by an earlier rule", id="a-name-twice"),
        pytest.param("lates_in_half_term", {"id": "a b"}, "id", "letters, digits, hyphens", id="a-wrong-name"),
        pytest.param("lates_in_half_term", {"year_groups": "one"}, "year_groups", "numbers with commas", id="years"),
        pytest.param("absence_at_least", {"measure_percent": "101"}, "measure_percent", "100", id="a-percentage"),
        pytest.param(
            "attendance_band",
            {"measure_at_least": "95", "measure_below": "90", "measure_over": "year"},
            None,
            "leave nothing between them",
            id="an-empty-band",
        ),
        pytest.param("days_on_end", {"measure_codes": []}, "measure_codes", "at least one", id="no-codes"),
    ],
)
def test_what_is_wrong_with_a_rule_stands_beside_its_field(client, school, draft, kind, fields, name, words_expected):
    before = draft.document
    response = client.post(f"{at(school, 'policy_rule_new')}?kind={kind}", with_revision(draft, **{**RULE, **fields}))
    assert response.status_code == 422
    page = soup(response)
    place = page.find(id=f"div_id_{name}") if name else page.find(role="alert")
    assert words_expected in place.get_text()
    draft.refresh_from_db()
    assert draft.document == before


def test_a_change_of_a_draft_that_was_changed_meanwhile_is_refused(client, school, head, draft) -> None:
    stale = draft.revision
    drafts.save_head(draft, {"title": "Meanwhile"}, stale, by=head, at=builders.AT)
    response = client.post(at(school, "policy_rule_new") + "?kind=lates_in_half_term", {**RULE, "revision": stale})
    assert response.status_code == 422
    assert "changed meanwhile" in words(response)
    assert len(PolicyDraft.objects.get().document["rules"]) == 1


JUDGEMENT = {
    "id": "EH",
    "title": "Early Help",
    "paragraph": "Section 7",
    "says": "A family may be offered Early Help.",
    "referral": "early help",
}


def test_a_judgement_is_added_changed_and_taken_out(client, school, head, draft) -> None:
    before, count = draft.document, Event.objects.filter(kind="policy draft changed").count()
    assert client.post(at(school, "policy_judgement_new"), with_revision(draft, **JUDGEMENT)).status_code == 302
    draft.refresh_from_db()
    assert draft.document == {**before, "judgements": [JUDGEMENT]}
    edit = at(school, "policy_judgement", 0)
    assert soup(client.get(edit)).find(id="id_title")["value"] == "Early Help"
    changed = JUDGEMENT | {"title": "Family support", "referral": ""}
    assert client.post(edit, with_revision(draft, **changed)).status_code == 302
    draft.refresh_from_db()
    assert draft.document["judgements"] == [{name: text for name, text in changed.items() if text}]
    page = words(client.get(at(school, "policy_draft")))
    assert "EH Family support" in page
    client.post(at(school, "policy_judgement_remove", 0), with_revision(draft))
    draft.refresh_from_db()
    assert draft.document == {**before, "judgements": []}
    assert Event.objects.filter(kind="policy draft changed").count() == count + 3
    assert client.get(edit).status_code == 404


@pytest.mark.parametrize(
    ("fields", "name", "words_expected"),
    [
        pytest.param({"id": "PA"}, "id", "used by an earlier rule", id="the-name-of-a-rule"),
        pytest.param({"id": "EH1"}, "id", "used by an earlier rule", id="the-name-of-a-judgement"),
        pytest.param({"id": "a b"}, "id", "letters, digits, hyphens", id="a-wrong-name"),
        pytest.param({"says": ""}, "says", "This field is required", id="says-nothing"),
        pytest.param({"referral": "r" * 81}, "referral", "at most 80 characters", id="a-long-referral"),
    ],
)
def test_what_is_wrong_with_a_judgement_stands_beside_its_field(
    client, school, head, draft, fields, name, words_expected
) -> None:
    drafts.save_judgement(draft, None, JUDGEMENT | {"id": "EH1"}, draft.revision, by=head, at=builders.AT)
    draft.refresh_from_db()
    before = draft.document
    response = client.post(at(school, "policy_judgement_new"), with_revision(draft, **JUDGEMENT | fields))
    assert response.status_code == 422
    assert words_expected in soup(response).find(id=f"div_id_{name}").get_text()
    draft.refresh_from_db()
    assert draft.document == before


def test_a_judgement_of_a_draft_that_was_changed_meanwhile_is_refused(client, school, head, draft) -> None:
    stale = draft.revision
    drafts.save_judgement(draft, None, JUDGEMENT, stale, by=head, at=builders.AT)
    edit = client.post(at(school, "policy_judgement", 0), {**JUDGEMENT, "title": "Other", "revision": stale})
    assert edit.status_code == 422
    assert "changed meanwhile" in words(edit)
    remove = client.post(at(school, "policy_judgement_remove", 0), {"revision": stale}, follow=True)
    assert "changed meanwhile" in words(remove)
    assert PolicyDraft.objects.get().document["judgements"] == [JUDGEMENT]


def test_only_the_headteacher_changes_judgements_and_only_those_there_are(school, head, draft) -> None:
    officer = builders.member(school, Role.FLO)
    with pytest.raises(RightRefusedError):
        drafts.save_judgement(draft, None, JUDGEMENT, draft.revision, by=officer, at=builders.AT)
    with pytest.raises(RightRefusedError):
        drafts.remove_judgement(draft, 0, draft.revision, by=officer, at=builders.AT)
    with pytest.raises(DraftRefusedError, match="no such judgement"):
        drafts.remove_judgement(draft, 0, draft.revision, by=head, at=builders.AT)
    with pytest.raises(PolicyRefusedError, match="referral is longer"):
        drafts.save_judgement(draft, None, JUDGEMENT | {"referral": "r" * 81}, draft.revision, by=head, at=builders.AT)


def test_a_draft_marks_what_is_otherwise_than_in_the_version_it_was_begun_from(client, school, head, adopt) -> None:
    version = adopt(documents.rule("PA"), documents.rule("SAME"), judgements=[JUDGEMENT, JUDGEMENT | {"id": "KEPT"}])
    draft = drafts.begin(school, version=version, by=head, at=builders.AT)
    now = {"by": head, "at": builders.AT}
    draft = drafts.save_rule(draft, 0, documents.rule("PA", risk=2), draft.revision, **now)
    draft = drafts.save_rule(draft, None, documents.rule("NEW"), draft.revision, **now)
    drafts.save_judgement(draft, 0, JUDGEMENT | {"title": "Other"}, draft.revision, **now)
    page = soup(client.get(at(school, "policy_draft")))
    marked = {one.find("h3").span.get_text() for one in page.select("li.panel") if one.find(string="changed")}
    assert marked == {"PA", "NEW", "EH"}
    link = page.find("a", string="Compare with 1")
    assert link["href"] == f"{at(school, 'policy_compare')}?first={version.pk}&second=draft"


def test_a_judgement_goes_out_with_the_file_and_comes_in_again(client, school, head, draft) -> None:
    client.post(at(school, "policy_judgement_new"), with_revision(draft, **JUDGEMENT))
    out = client.get(at(school, "policy_draft_file")).content
    drafts.drop(PolicyDraft.objects.get(), by=head, at=builders.AT)
    client.post(at(school, "policy_draft_import"), {"file": SimpleUploadedFile("policy.toml", out)})
    assert PolicyDraft.objects.get().document["judgements"] == [JUDGEMENT]


def test_a_draft_whose_last_judgement_is_gone_goes_out_and_comes_in(client, school, head, draft) -> None:
    client.post(at(school, "policy_judgement_new"), with_revision(draft, **JUDGEMENT))
    client.post(at(school, "policy_judgement_remove", 0), with_revision(draft))
    out = client.get(at(school, "policy_draft_file")).content
    assert policy_toml.read(out, frozenset(kinds.KINDS)) == PolicyDraft.objects.get().document


def test_judgements_of_two_versions_stand_side_by_side(client, school, flo, adopt) -> None:
    same, gone = JUDGEMENT | {"id": "SAME"}, JUDGEMENT | {"id": "GONE"}
    first = adopt(judgements=[JUDGEMENT, same, gone])
    second = adopt(
        version="2", judgements=[JUDGEMENT | {"referral": "family support"}, same, JUDGEMENT | {"id": "NEW"}]
    )
    page = soup(client.get(at(school, "policy_compare"), {"first": first.pk, "second": second.pk}))
    table = page.find(attrs={"aria-label": "Judgements side by side"})
    rows = {row.th.get_text(" ", strip=True): row.get_text(" ", strip=True) for row in table.select("tbody tr")}
    assert set(rows) == {"EH changed", "SAME", "NEW added", "GONE removed"}
    assert "Referral: early help." in rows["EH changed"]
    assert "Referral: family support." in rows["EH changed"]
    assert "no such judgement" in rows["NEW added"]


def test_a_file_comes_in_as_a_draft(client, school, head) -> None:
    text = policy_toml.write(documents.of_school("carlton_road"))
    response = client.post(
        at(school, "policy_draft_import"), {"file": SimpleUploadedFile("policy.toml", text.encode())}, follow=True
    )
    assert "Taken in as a draft" in words(response)
    assert len(PolicyDraft.objects.get().document["rules"]) == 11
    out = client.get(at(school, "policy_draft_file"))
    assert policy_toml.read(out.content, frozenset(kinds.KINDS)) == PolicyDraft.objects.get().document


def test_a_file_with_faults_is_refused_line_by_line(client, school, head) -> None:
    text = policy_toml.write(documents.policy()).replace("risk = 3", "risk = 30")
    response = client.post(
        at(school, "policy_draft_import"), {"file": SimpleUploadedFile("policy.toml", text.encode())}
    )
    assert response.status_code == 422
    assert "Line 15: risk must be a whole number from 0 to 9." in words(response)
    assert not PolicyDraft.objects.exists()


def test_two_versions_stand_side_by_side(client, school, flo, adopt) -> None:
    first = adopt(documents.rule("PA"), documents.rule("OLD"), documents.rule("SAME"))
    changed = documents.rule("PA", measure={"kind": "absence_at_least", "percent": 15})
    second = adopt(changed, documents.rule("NEW"), documents.rule("SAME"), version="2")
    page = soup(client.get(at(school, "policy_compare"), {"first": first.pk, "second": second.pk}))
    rows = {row.th.get_text(" ", strip=True): row.get_text(" ", strip=True) for row in page.select("tbody tr")}
    assert set(rows) == {"PA changed", "NEW added", "SAME", "OLD removed"}
    assert next(iter(rows)) == "PA changed"
    assert list(rows)[-1] == "SAME", "what differs comes first"
    assert "at least 10 %" in rows["PA changed"]
    assert "at least 15 %" in rows["PA changed"]
    assert client.get(at(school, "policy_compare"), {"first": "0", "second": "x"}).status_code == 422


def test_a_draft_cannot_be_compared_by_whoever_may_not_see_it(client, school, draft, flo) -> None:
    version = PolicyVersion.objects.get()
    response = client.get(at(school, "policy_compare"), {"first": version.pk, "second": "draft"})
    assert response.status_code == 422


def test_adoption_needs_a_draft_without_faults_and_a_day_not_past(client, school, head, draft) -> None:
    url = at(school, "policy_draft_adopt")
    past = client.post(url, with_revision(draft, applies_from="2026-11-19"))
    assert past.status_code == 422
    assert "19/11/2026 is past" in words(past)
    drafts.save_head(draft, {"version": "1"}, draft.revision, by=head, at=builders.AT)
    taken = client.post(url, with_revision(draft, applies_from="2026-11-20"))
    assert taken.status_code == 422
    assert "There is a version 1 already" in words(taken)
    assert PolicyVersion.objects.count() == 1


def test_a_draft_is_adopted_from_a_day_and_old_flags_keep_their_words(client, school, calendar, draft, night) -> None:
    attending(school, calendar, "O" * 20)
    scan.scan(school, calendar, FRIDAY, by=night, at=builders.AT)
    old = Flag.objects.get()
    edited = {**documents.rule(), "says": "A fifth or more.", "measure": {"kind": "absence_at_least", "percent": 15}}
    draft.refresh_from_db()
    drafts.save_rule(draft, 0, edited, draft.revision, by=night_head(school), at=builders.AT)
    response = client.post(
        at(school, "policy_draft_adopt"), with_revision(draft, applies_from="2026-11-23"), follow=True
    )
    assert "Version 2 is adopted and applies from 23 November 2026." in words(response)
    assert not PolicyDraft.objects.exists()
    assert policy_queries.in_force(school, FRIDAY).version == "1"
    scan.scan(school, calendar, date(2026, 11, 23), by=night, at=builders.AT + timedelta(days=3))
    old.refresh_from_db()
    new = Flag.objects.exclude(pk=old.pk).get()
    assert (old.ended_on, old.policy_version.version, old.says) == (date(2026, 11, 23), "1", "What the policy says.")
    assert (new.policy_version.version, new.says) == ("2", "A fifth or more.")


def night_head(school):
    return builders.member(school, Role.HEAD)


def test_a_rule_that_a_new_version_repeats_goes_on_under_the_version_it_was_opened_under(
    school, calendar, adopt, night
) -> None:
    adopt()
    attending(school, calendar, "O" * 20)
    scan.scan(school, calendar, FRIDAY, by=night, at=builders.AT)
    adopt(documents.rule(), documents.rule("HALF", measure={"kind": "absence_at_least", "percent": 50}), version="2")
    result = scan.scan(school, calendar, date(2026, 11, 23), by=night, at=builders.AT)
    assert result.counts == {"opened": 0, "continued": 1, "changed": 0, "ended": 0}
    assert Flag.objects.get().policy_version.version == "1"


def test_a_simulation_tells_who_would_be_added_and_writes_no_flag(client, school, calendar, draft) -> None:
    late = attending(school, calendar, "/" * 90 + "LLL")
    flagged = attending(school, calendar, "O" * 30)
    client.post(at(school, "policy_rule_new") + "?kind=lates_in_half_term", with_revision(draft, **RULE))
    draft.refresh_from_db()
    drafts.remove_rule(draft, 0, draft.revision, by=night_head(school), at=builders.AT)
    waiting = client.post(
        at(school, "policy_simulate"), {"first_on": "2026-11-02", "last_on": "2026-11-20"}, follow=True
    )
    assert "being worked out" in words(waiting)
    jobs.run_waiting(timezone.now)
    row = Simulation.objects.get()
    assert row.result["added"] == {str(late.pk): "Late"}
    assert row.result["removed"] == {str(flagged.pk): "Stage PA"}
    assert "Sam" not in json.dumps(row.result)
    page = soup(client.get(at(school, "simulation", row.pk)))
    assert late.sort_name in page.find(attrs={"aria-label": "Added to the desk"}).get_text()
    assert "every 2s" not in str(page.find(id="result"))
    work = page.find(attrs={"aria-label": "Work"}).get_text(" ", strip=True)
    assert "Letters 1 0" in work
    assert not Flag.objects.exists()


def test_what_was_tried_is_found_again_and_says_if_the_draft_has_changed_since(client, school, head, draft) -> None:
    client.post(at(school, "policy_simulate"), {"first_on": "2026-11-20", "last_on": "2026-11-20"})
    link = at(school, "simulation", Simulation.objects.get().pk)
    item = soup(client.get(at(school, "policy_draft"))).find("a", href=link).parent
    assert item.get_text(" ", strip=True) == "20 Nov 2026 A head, 20 Nov 09:05 being worked out"
    jobs.run_waiting(timezone.now)
    drafts.save_head(draft, {"title": "Another"}, draft.revision, by=head, at=builders.AT)
    item = soup(client.get(at(school, "policy_draft"))).find("a", href=link).parent
    assert item.get_text(" ", strip=True) == "20 Nov 2026 A head, 20 Nov 09:05 another state of the draft"


@pytest.mark.parametrize(
    ("days", "words_expected"),
    [
        pytest.param({"first_on": "2026-11-20", "last_on": "2026-11-19"}, "comes before the first", id="backwards"),
        pytest.param({"first_on": "2026-11-20", "last_on": "2026-11-21"}, "days that are past", id="to-come"),
        pytest.param({"first_on": "2026-08-03", "last_on": "2026-08-07"}, "no school on these days", id="holiday"),
        pytest.param({"first_on": "2024-09-02", "last_on": "2026-11-20"}, "a school year at most", id="too-long"),
        pytest.param({"first_on": "", "last_on": ""}, "Give the first and the last day", id="nothing"),
    ],
)
def test_a_simulation_that_cannot_be_made_says_why(client, school, draft, days, words_expected) -> None:
    response = client.post(at(school, "policy_simulate"), days, follow=True)
    assert words_expected in words(response)
    assert not Simulation.objects.exists()


def test_a_third_school_goes_from_a_blank_page_to_its_first_flag(client, school, calendar, head, night) -> None:
    pupil = attending(school, calendar, "/" * 90 + "LLL")
    client.post(at(school, "policy_draft_begin"))
    page = words(client.get(at(school, "policy_draft")))
    assert "A policy needs at least one rule." in page
    draft = PolicyDraft.objects.get()
    client.post(at(school, "policy_rule_new") + "?kind=lates_in_half_term", with_revision(draft, **RULE))
    client.post(at(school, "policy_draft_adopt"), with_revision(draft, applies_from="2026-11-20"))
    scan.scan(school, calendar, FRIDAY, by=night, at=builders.AT)
    flag = Flag.objects.get()
    assert (flag.pupil, flag.rule_id, flag.policy_version.version) == (pupil, "LATE3", "2026-11")
    assert flag.follows == {
        "stage": "Late",
        "task": "Speak to the parents.",
        "owner": "flo",
        "due_in": 5,
    }
    assert [line["kind"] for line in flag.what_if] == ["again"]


def test_a_run_says_what_it_changed(client, school, calendar, flo, adopt, night) -> None:
    adopt()
    pupil = attending(school, calendar, "O" * 20)
    result = scan.scan(school, calendar, FRIDAY, by=night, at=builders.AT)
    run_id = int(Event.objects.get(kind="scan run").subject.partition(":")[2])
    page = soup(client.get(at(school, "scan_run", run_id)))
    assert pupil.sort_name in page.find(attrs={"aria-label": "Opened"}).get_text()
    assert "None." in page.find(attrs={"aria-label": "Ended"}).get_text()
    assert result.opened == 1


@pytest.mark.django_db
def test_nobody_but_the_headteacher_changes_a_draft(school, draft) -> None:
    flo = builders.member(school, Role.FLO)
    for change in (
        lambda: drafts.begin(school, by=flo, at=builders.AT),
        lambda: drafts.save_head(draft, {"title": "Mine"}, draft.revision, by=flo, at=builders.AT),
        lambda: drafts.drop(draft, by=flo, at=builders.AT),
    ):
        with pytest.raises(RightRefusedError):
            change()
