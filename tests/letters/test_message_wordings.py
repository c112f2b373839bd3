"""What a school's texts and e-mails say: blanks filled in one pass, versions added, unknown blanks refused."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from letters.models import MessageWording
from letters.queries import message_wordings as queries
from letters.rules import message_wordings as rules
from letters.rules.message_wordings import BLANKS, KINDS, SAMPLES, Purpose, Words
from letters.rules.messages import MessageRefusedError
from letters.services import message_wordings as services
from registers.models import Event
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT

PACKAGED = KINDS[Purpose.FIRST_DAY].packaged
OWN = Words("Ring «telephone» about «forenames».", "«forenames»", "Dear «parent»\n\nRing us.")


def adopt(school, by, words=OWN):
    services.adopt(school, Purpose.FIRST_DAY, words, by=by, at=AT)


@pytest.fixture
def head(school, client):
    made = builders.member(school, Role.HEAD, "Hope Head")
    client.force_login(made.user)
    return made


def test_every_purpose_comes_with_words_that_hold():
    assert set(KINDS) == set(Purpose)
    for kind in KINDS.values():
        rules.check(kind.packaged)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param(
            {"text": "Dear «forename»"}, "«forename» is no known blank. The blanks are «forenames»", id="unknown"
        ),
        pytest.param({"body": "Dear «»"}, "«» is no known blank", id="without a name"),
        pytest.param({"subject": "«forenames"}, "must stand in pairs", id="not closed"),
        pytest.param({"text": "x" * 919}, "at most 918", id="text too long"),
        pytest.param({"text": "x" * 910 + "«forenames»"}, "at most 918", id="text too long once filled"),
        pytest.param({"text": " "}, "says nothing", id="no text"),
        pytest.param({"subject": ""}, "needs a subject", id="no subject"),
    ],
)
def test_refuses_words_that_cannot_be_filled(changes, why):
    with pytest.raises(MessageRefusedError, match=why):
        rules.check(replace(PACKAGED, **changes))


def test_template_tags_are_only_words():
    words = Words("{{ school }} {% now %} «forenames»", "s", "b")
    assert (
        rules.fill(words, SAMPLES | {"forenames": "«telephone» {{ x }}"}).text
        == "{{ school }} {% now %} «telephone» {{ x }}"
    )


@given(st.dictionaries(st.sampled_from(sorted(BLANKS)), st.text(max_size=30)))
def test_a_value_stays_one_line_of_what_can_be_printed(values):
    filled = rules.fill(Words("«forenames»", "«forenames»", "«forenames»"), SAMPLES | values)
    assert len(filled.subject.splitlines()) <= 1
    assert filled.text == " ".join(filled.text.split())
    assert not set(filled.body) & set("\x00\u202e\u2066")


@pytest.mark.parametrize(
    ("names", "said"), [(["Ann"], "Ann"), (["Ann", "Bea"], "Ann and Bea"), (["Ann", "Bea", "Cal"], "Ann, Bea and Cal")]
)
def test_names_as_a_sentence_has_them(names, said):
    assert rules.listed(names) == said


def test_a_school_has_the_products_words_until_it_writes_its_own(school, head):
    assert queries.current(school, Purpose.FIRST_DAY) == PACKAGED
    adopt(school, head, PACKAGED)
    assert not MessageWording.objects.exists()
    adopt(school, head)
    adopt(school, head)
    adopt(school, head, replace(OWN, text="Ring us. "))
    assert queries.current(school, Purpose.FIRST_DAY).text == "Ring us."
    assert list(MessageWording.objects.values_list("version", flat=True)) == [1, 2]
    assert Event.objects.filter(kind="message wording adopted", by=head.user).count() == 2


def test_another_school_keeps_its_own(school, head, other_school):
    adopt(school, head)
    with schools_in_scope([school.pk, other_school.pk]):
        assert queries.current(other_school, Purpose.FIRST_DAY) == PACKAGED
        with pytest.raises(RightRefusedError):
            adopt(other_school, head)


def test_only_those_who_may(school):
    with pytest.raises(RightRefusedError):
        adopt(school, builders.member(school, Role.OFFICE))


def test_the_database_keeps_every_version(school, head):
    adopt(school, head)
    with pytest.raises(DatabaseError), transaction.atomic():
        MessageWording.objects.update(text="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        MessageWording.objects.all().delete()


class TestThePage:
    def address(self, school):
        return reverse("message_wording", args=[school.slug, "first-day"])

    def test_saves_and_shows_what_a_family_reads(self, client, school, head):
        typed = {"text": OWN.text, "subject": OWN.subject, "body": OWN.body}
        response = client.post(self.address(school), typed, follow=True)
        found = BeautifulSoup(response.content, "html.parser")
        assert "Version 1, adopted" in " ".join(found.main.get_text().split())
        assert "by Hope Head" in " ".join(found.main.get_text().split())
        assert "Ring 01632 960200 about Sam and Alex." in found.main.get_text()

    def test_an_unknown_blank_says_which_there_are(self, client, school, head):
        typed = {"text": "Dear «mum»", "subject": "s", "body": "b"}
        response = client.post(self.address(school), typed)
        assert response.status_code == 422
        found = BeautifulSoup(response.content, "html.parser")
        assert "«mum» is no known blank" in found.main.get_text()
        assert found.select_one("[name=text]").get_text().strip() == "Dear «mum»"
        assert not MessageWording.objects.exists()

    def test_a_purpose_nobody_knows_is_not_found(self, client, school, head):
        assert client.get(reverse("message_wording", args=[school.slug, "other"])).status_code == 404
