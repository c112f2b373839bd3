"""A letter put together from its wording: what each kind says, when, and when it is refused."""

import re

import pytest
from bs4 import BeautifulSoup

from letters.rules import blanks, kinds, letters
from letters.rules.blanks import BlankRefusedError
from letters.rules.conditions import ConditionRefusedError
from letters.rules.kinds import KINDS
from letters.rules.letters import Change

LATE, STAGE1, REFUSED, CONCERN = "late_l", "stage1_medical", "leave_refused", "letter_of_concern"


def text_of(slug, *holding, **values):
    """The text of a letter on the blanks' samples, on one line."""
    kind = KINDS[slug]
    composed = letters.compose(kind, {**blanks.SAMPLES, **values}, {*kind.needs, *holding})
    return " ".join(BeautifulSoup(composed.body, "html.parser").get_text(" ").split())


def in_order(text, *parts):
    """Whether the parts stand in a text one after the other."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        assert place >= 0, f"{part!r} is missing or out of order in: {text}"
        place += len(part)


def test_the_late_letter_says_what_its_appendix_says_in_order():
    text = text_of(LATE, "attendance_good", "minutes_recorded")
    in_order(
        text,
        "Dear Mr and Mrs Example",
        "Re Sam Example",
        "late for school too often",
        "as a whole is good",
        "83.7",
        "20 November 2026",
        "12 occasions",
        "5 of them in Term 2",
        "4 hours 10 minutes",
        "registration certificate enclosed",
        "Example School takes its morning register at 8.50am and closes it at 9.20am",
        "8.51am to 9.20am is given code L",
        "after 9.20am is given code U",
        "unauthorised absence",
        "learning",
        "achieve",
        "embarrassing",
        "5 minutes 3 days",
        "10 minutes 6.5 days",
        "15 minutes 10 days",
        "20 minutes 13 days",
        "30 minutes 19 days",
        "on time from now on, starting at once",
        "to help",
    )


def test_the_stage_1_letter_says_what_its_appendix_says_in_order():
    text = text_of(STAGE1, "persistently_absent")
    in_order(
        text,
        "Dear Mr and Mrs Example",
        "Re Sam Example",
        "some illness cannot be helped",
        "too unwell for school",
        "Department for Education",
        "Example School",
        "attendance this school year is 83.7 %",
        "considerably below",
        "medical evidence",
        "letter from your doctor",
        "prescription",
        "appointment card",
        "registration certificate is enclosed",
        "go on watching",
        "get in touch with me",
        "Thank you for your continuing support",
    )


def test_the_stage_1_letter_refuses_no_illness_beforehand():
    text = text_of(STAGE1)
    assert "genuine doubt" in text
    assert "nothing is decided beforehand" in text
    assert "no longer" not in text
    assert "will be unauthorised" not in text


def test_the_refusal_says_what_its_appendix_says_in_order():
    text = text_of(REFUSED, "penalty_notice_possible")
    in_order(
        text,
        "Dear Mr and Mrs Example",
        "Request for leave during term time",
        "For the attention of the parents of Sam Example",
        "a family holiday",
        "1 December 2026 to 4 December 2026 , a total of 8 sessions",
        "regulation 11 of the School Attendance (Pupil Registration) (England) Regulations 2024",
        "exceptional circumstances",
        "discretion, on behalf of the governing body",
        "own merits",
        "final",
        "after the event",
        "not authorised",
        "10 sessions of unauthorised absence within 10 school weeks",
        "ask the local authority ( Kent ) to consider",
        "Each parent",
        "for each child",
        "£160",
        "28 days",
        "£80",
        "21 days from receipt",
        "second",
        "£160",
        "without reduction",
        "no third",
        "may prosecute",
    )


@pytest.mark.parametrize("stale", ["2006", "2013", "100 school sessions", "will be making", "will prosecute"])
@pytest.mark.parametrize("slug", sorted(KINDS))
def test_no_letter_repeats_the_old_law(slug, stale):
    everything = " ".join(paragraph.text for paragraph in KINDS[slug].paragraphs)
    assert stale not in everything


def test_the_letter_of_concern_says_what_the_policy_asks():
    text = text_of(CONCERN)
    in_order(
        text,
        "Dear Mr and Mrs Example",
        "Re Sam Example",
        "below what we expect",
        "attendance this school year is 83.7 %",
        "17 sessions missed of 104 sessions possible",
        "at least 95 %",
        "registration certificate enclosed",
        "What we ask of you",
        "first day of any absence",
        "Early Help",
        "01632 960200",
    )
    assert "penalty" not in text.lower()


SENTENCES = {
    (LATE, "attendance_good"): "as a whole is good",
    (LATE, "minutes_recorded"): "4 hours 10 minutes",
    (STAGE1, "persistently_absent"): "considerably below",
    (STAGE1, "attendance_short"): "That is below the level",
    (REFUSED, "academy"): "The academy grants leave",
    (REFUSED, "not academy"): "is governed by regulation 11",
    (REFUSED, "penalty_notice_possible"): "Each parent receives a penalty notice",
    (CONCERN, "persistently_absent"): "This is called persistent absence",
    ("late_u", "threshold_met"): "so that number is reached",
    ("late_concern", "late_after_this_year"): "10 November 2026 (morning)",
    ("leave_retrospective", "academy"): "The academy grants leave",
    ("leave_retrospective", "not academy"): "is governed by regulation 11",
    ("leave_retrospective", "penalty_notice_possible"): "Each parent receives a penalty notice",
    ("leave_part_granted", "penalty_notice_possible"): "Each parent receives a penalty notice",
    ("traveller_concern", "below_90"): "attendance is below 90%",
    ("traveller_concern", "not below_90"): "attendance falls below 90%",
    ("panel_invitation", "persistently_absent"): "which is called persistent absence",
    ("penalty_warning", "threshold_met"): "has reached that number",
    ("penalty_warning", "not threshold_met"): "has not reached that number",
}


@pytest.mark.parametrize(("slug", "when"), sorted(SENTENCES))
def test_a_sentence_stands_only_on_its_condition(slug, when):
    name = when.removeprefix("not ")
    with_it, without_it = text_of(slug, name), text_of(slug)
    if when.startswith("not "):
        with_it, without_it = without_it, with_it
    assert SENTENCES[slug, when] in with_it
    assert SENTENCES[slug, when] not in without_it


def test_every_condition_of_every_wording_is_in_that_table():
    used = {(slug, paragraph.when) for slug, kind in KINDS.items() for paragraph in kind.paragraphs if paragraph.when}
    assert used == set(SENTENCES)


@pytest.mark.parametrize("money", ["£80", "£160", "penalty", "prosecut", "10 school weeks"])
def test_without_the_condition_no_penalty_is_named(money):
    assert money not in text_of(REFUSED)
    assert "unauthorised absence" in text_of(REFUSED)


@pytest.mark.parametrize("slug", sorted(KINDS))
def test_each_blank_of_each_kind_is_needed(slug):
    kind = KINDS[slug]
    holding = {paragraph.when for paragraph in kind.paragraphs if paragraph.when and " " not in paragraph.when}
    holding |= set(kind.needs)
    used = letters.compose(kind, blanks.SAMPLES, holding).values
    assert {"salutation", "forename", "surname"} <= set(used)
    for name in used:
        for nothing in ({}, {name: ""}, {name: "  "}):
            values = {key: value for key, value in blanks.SAMPLES.items() if key != name} | nothing
            with pytest.raises(BlankRefusedError, match=f"«{name}»"):
                letters.compose(kind, values, holding)


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        (LATE, "no late arrival before close"),
        (STAGE1, "no illness"),
        (CONCERN, "not below what the school expects"),
    ],
)
def test_a_letter_without_its_ground_is_refused(slug, said):
    with pytest.raises(ConditionRefusedError, match=said):
        letters.compose(KINDS[slug], blanks.SAMPLES, {"academy"})


def test_only_what_the_letter_states_is_kept():
    composed = letters.compose(KINDS[LATE], blanks.SAMPLES, {"late_this_year", "academy"})
    assert "time_missed" not in composed.values
    assert "leave_reason" not in composed.values
    assert composed.values["lates_this_year"] == "12 occasions"
    assert composed.conditions == {"late_this_year"}


def test_a_paragraph_that_runs_on_joins_the_one_before_and_never_a_table():
    document = kinds.packaged(LATE) | {
        "needs": [],
        "paragraphs": [
            {"text": "First."},
            {"text": "Hidden.", "when": "academy", "run_on": True},
            {"text": "Second.", "run_on": True},
            {"block": "table", "rows": [["a <b>"], ["1 & 2"]]},
            {"text": "Third.", "run_on": True},
            {"text": "Head «forename»", "block": "heading"},
        ],
    }
    body = letters.compose(kinds.read(document), blanks.SAMPLES, ()).body
    assert "<p>First. Second.</p>" in body
    assert '<table><thead><tr><th scope="col">a &lt;b&gt;</th></tr></thead>' in body
    assert "</table><p>Third.</p><h2>Head <bdi>Sam</bdi></h2>" in body


def test_the_letter_has_one_first_heading():
    body = letters.compose(KINDS[REFUSED], blanks.SAMPLES, ()).body
    assert re.findall(r"<h1", body) == ["<h1"]


def test_what_has_changed_is_named_old_and_new_but_not_the_day():
    said = letters.changes(
        {"attendance": "95.0", "figures_on": "1 May 2026", "forename": "Sam"},
        {"attendance": "94.9", "figures_on": "2 May 2026", "forename": "Sam", "time_missed": "5 minutes"},
        ["attendance_good"],
        ["minutes_recorded"],
    )
    assert set(said) == {
        Change("attendance this school year in per cent", "95.0", "94.9"),
        Change("time missed on late arrival, from the minutes recorded", "", "5 minutes"),
        Change("attendance this school year is 95 % or more", "so", "not so"),
        Change("minutes late are recorded for at least one late arrival", "not so", "so"),
    }
    assert str(said[0]) == "attendance this school year in per cent: 95.0 before, now 94.9"


def test_nothing_changed_is_nothing_said():
    assert letters.changes({"forename": "Sam"}, {"forename": "Sam"}, ["academy"], ["academy"]) == ()
