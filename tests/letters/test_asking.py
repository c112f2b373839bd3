"""Letters that ask something before they are drafted."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from letters import given
from letters.asking_forms import AskingForm
from letters.models import Letter
from letters.queries import wordings as queries
from letters.rules import blanks
from letters.rules.kinds import KINDS
from registers.models import Mark
from tests.builders import AT

PLAN = {
    "panel_on": "2026-12-01",
    "plan_actions": "Breakfast club: the school\r\nEarly nights: home",
    "target_attendance": "96.0",
    "review_on": "2027-01-15",
    "plan_support": "an Early Help assessment",
}


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def ask(desk, client):
    client.force_login(desk.office.user)
    url = reverse("letter_ask", args=[desk.school.slug, desk.pupil.pk])

    def go(post=None, **sent):
        return client.post(url, post) if post is not None else client.get(url, sent)

    return go


def alert(response):
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def test_every_given_blank_is_asked_for_or_comes_with_a_decision():
    for kind in KINDS.values():
        for name in kind.given_blanks:
            blank = blanks.BLANKS[name]
            assert blank.entry or name.startswith("leave_") or name == "expected_attendance"


def test_letters_of_a_decision_are_not_offered(desk, ask):
    page = BeautifulSoup(ask().content, "html.parser")
    offered = {option["value"] for option in page.select("#kind option")}
    assert "panel_action_plan" in offered
    assert "late_l" in offered
    assert not {slug for slug in offered if slug.startswith("leave_")}


@pytest.mark.parametrize("slug", sorted(KINDS))
def test_each_letter_asks_for_its_own_blanks(desk, ask, slug):
    kind = KINDS[slug]
    page = BeautifulSoup(ask(kind=slug).content, "html.parser")
    asked = [field["name"] for field in page.select("form.panel [name][id^=id_]")]
    offered = slug in {one.slug for one in queries.kinds_to_ask(desk.school)}
    wanted = [name for name in kind.given_blanks if not given.is_answered(name)] if offered else []
    assert asked == wanted


def test_what_is_answered_is_printed_as_a_letter_writes_it(desk, ask):
    response = ask({"kind": "panel_action_plan", "because": "flag:12", **PLAN})
    assert response.status_code == 302
    letter = Letter.objects.get()
    assert letter.because == "flag:12"
    assert letter.values["panel_on"] == "1 December 2026"
    assert letter.values["target_attendance"] == "96"
    items = BeautifulSoup(letter.body, "html.parser").select("ul > li > bdi")
    assert [item.get_text() for item in items] == PLAN["plan_actions"].splitlines()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"panel_on": "yesterday"}, "Enter a valid date"),
        ({"panel_on": ""}, "This field is required"),
        ({"target_attendance": "120"}, "less than or equal to 100"),
        ({"plan_actions": " "}, "This field is required"),
    ],
)
def test_a_bad_answer_drafts_nothing(ask, change, said):
    response = ask({"kind": "panel_action_plan", **PLAN, **change})
    assert response.status_code == 422
    assert said in alert(response)
    assert not Letter.objects.exists()


def test_a_letter_without_its_ground_says_why(desk, ask):
    Mark.objects.filter(pupil=desk.pupil, code="U").update(code="/")
    response = ask({"kind": "late_u"})
    assert response.status_code == 422
    assert "no arrival after close" in alert(response)


def test_a_kind_that_is_not_offered_shows_the_choice(ask):
    for kind in ("leave_refused", "birthday_card", ""):
        response = ask({"kind": kind})
        assert response.status_code == 200
        assert "Go on" in alert(response)
    assert not Letter.objects.exists()


def test_a_made_up_reason_is_dropped(desk, ask):
    ask({"kind": "register_summary", "because": "javascript:alert(1)"})
    assert Letter.objects.get().because == ""


def test_markup_in_an_answer_stays_text(desk, ask):
    ask({"kind": "praise_postcard", "praised_for": "<b>**{{7*7}}**</b> «forename»"})
    assert "&lt;b&gt;**{{7*7}}**&lt;/b&gt; «forename»" in Letter.objects.get().body


def test_the_form_has_a_field_for_each_entry():
    form = AskingForm(["panel_on", "target_attendance", "plan_actions", "panel_time"])
    assert [type(field.widget).__name__ for field in form.fields.values()] == [
        "DateInput",
        "NumberInput",
        "Textarea",
        "TextInput",
    ]
