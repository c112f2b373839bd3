"""The markup of a wording: what it may hold, and that whatever fills a blank is shown as it is and nothing else."""

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from letters.rules import markup
from letters.rules.markup import MarkupRefusedError

VALUES = {"forename": "Sam", "surname": "Example", "school_name": "The School"}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        pytest.param("One line.", "<p>One line.</p>", id="paragraph"),
        pytest.param("One\nline.", "<p>One line.</p>", id="line break is a space"),
        pytest.param("One.\n\nTwo.", "<p>One.</p><p>Two.</p>", id="blank line parts paragraphs"),
        pytest.param("A **bold** word", "<p>A <strong>bold</strong> word</p>", id="bold"),
        pytest.param("- one\n- two", "<ul><li>one</li><li>two</li></ul>", id="list"),
        pytest.param("one\n- two", "<p>one - two</p>", id="a line of text among items is no list"),
        pytest.param("«forename»!", "<p><bdi>Sam</bdi>!</p>", id="blank"),
        pytest.param("**«forename»**", "<p><strong><bdi>Sam</bdi></strong></p>", id="bold blank"),
        pytest.param("a < b & c", "<p>a &lt; b &amp; c</p>", id="literal text is escaped"),
        pytest.param("<b>x</b> {{ y }}", "<p>&lt;b&gt;x&lt;/b&gt; {{ y }}</p>", id="no other markup"),
    ],
)
def test_a_text_becomes_html(text, html):
    assert markup.to_html(text, VALUES.__getitem__) == html


@pytest.mark.parametrize(
    ("value", "is_unbroken"),
    [
        pytest.param("30 September 2026", True, id="a day"),
        pytest.param("01632 960200", True, id="a number"),
        pytest.param("x" * 9 + " " + "y" * 10, True, id="twenty letters"),
        pytest.param("x" * 9 + " " + "y" * 11, False, id="twenty-one"),
        pytest.param("office@example.example", False, id="one word"),
        pytest.param("Sam told the class about it", False, id="a sentence"),
    ],
)
def test_a_short_value_stays_on_one_line(value, is_unbroken):
    assert ("letter__unbroken" in markup.value(value)) is is_unbroken


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "{{7*7}}",
        "{% include 'x' %}",
        "Marks & Spencer",
        "**bold**",
        "«surname»",
        "- item",
        'O\'Brien "quoted"',
        "محمد",
        "👧🏽 𝒜da",
        "x" * 80,
    ],
)
def test_a_hostile_name_is_shown_as_it_is(name):
    html = markup.to_html("Dear «forename»,\n\n- **«forename»**", lambda _: name)
    page = BeautifulSoup(html, "html.parser")
    assert [element.get_text() for element in page.find_all("bdi")] == [name, name]
    assert {element.name for element in page.find_all()} == {"p", "bdi", "ul", "li", "strong"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("Sam\u202egnp.exe", "Samgnp.exe", id="right-to-left override"),
        pytest.param("Sam\u2069", "Sam", id="end of an isolate"),
        pytest.param("Sa\x00m\x1b", "Sam", id="control characters"),
        pytest.param("Sa\ud800m", "Sam", id="half a surrogate pair"),
        pytest.param("Zo\u200d\u00eb", "Zo\u200d\u00eb", id="a joiner is part of a name"),
    ],
)
def test_invisible_characters_cannot_turn_or_break_the_line(name, shown):
    assert markup.value(name) == f"<bdi>{shown}</bdi>"


@given(st.text())
def test_any_value_at_all_stays_text(value):
    html = markup.to_html("**«forename»** and «forename»", lambda _: value)
    page = BeautifulSoup(html, "html.parser")
    assert [element.name for element in page.find_all()] == ["p", "strong", "bdi", "bdi"]
    visible = "".join(letter for letter in value if letter.isprintable() or letter == " ")
    assert all(set(element.get_text()) >= set(visible) for element in page.find_all("bdi"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a **b", "** is opened and not closed", id="bold not closed"),
        pytest.param("a **b\n\nc** d", "** is opened and not closed", id="bold over two paragraphs"),
        pytest.param("- a **b\n- c** d", "** is opened and not closed", id="bold over two items"),
        pytest.param("Dear «forename", "« and » must stand in pairs", id="blank not closed"),
        pytest.param("Dear forename»", "« and » must stand in pairs", id="blank not opened"),
    ],
)
def test_markup_that_is_not_closed_is_refused(text, said):
    with pytest.raises(MarkupRefusedError, match=said.replace("*", r"\*")):
        markup.check(text)


@pytest.mark.parametrize("text", ["", "a **b** c **d**", "**a\nb**", "«forename» «surname»", "- **a**\n- b"])
def test_closed_markup_is_accepted(text):
    markup.check(text)
