"""Two wordings side by side."""

from hypothesis import given
from hypothesis import strategies as st

from letters.rules import comparison, kinds
from tests.letters.test_kinds import SOUND


def text(pieces):
    return " ".join(piece.text for piece in pieces)


def test_only_the_words_that_differ_are_marked():
    (line,) = comparison.compare(["Please be on time"], ["Please come on time"])
    assert [(piece.text, piece.differs) for piece in line.old] == [("Please", False), ("be", True), ("on time", False)]
    assert [(piece.text, piece.differs) for piece in line.new] == [
        ("Please", False),
        ("come", True),
        ("on time", False),
    ]


def test_a_paragraph_of_one_side_stands_beside_nothing():
    same, added = comparison.compare(["One"], ["One", "Two"])
    assert not same.differs
    assert (added.old, text(added.new)) == ((), "Two")


def test_a_changed_condition_shows():
    old = kinds.read(SOUND)
    document = {**SOUND, "paragraphs": [{**SOUND["paragraphs"][0], "when": "academy"}, *SOUND["paragraphs"][1:]]}
    changed = [line for line in comparison.lines(old, kinds.read(document)) if line.differs]
    assert [text(line.new) for line in changed] == ["[When: the school is an academy] Dear **«salutation»**"]
    assert not any(line.differs for line in comparison.lines(old, old))


def test_a_list_is_compared_item_by_item():
    def kind(items):
        return kinds.read({**SOUND, "paragraphs": [{"text": items}]})

    changed = [line for line in comparison.lines(kind("- one\n- two"), kind("- one\n- too")) if line.differs]
    assert [(text(line.old), text(line.new)) for line in changed] == [("- two", "- too")]


@given(st.lists(st.text(alphabet="ab ", max_size=8)), st.lists(st.text(alphabet="ab ", max_size=8)))
def test_both_sides_are_whole_whatever_they_say(old, new):
    lines = comparison.compare(old, new)

    def words(side):
        return " ".join(text(getattr(line, side)) for line in lines).split()

    assert words("old") == " ".join(old).split()
    assert words("new") == " ".join(new).split()
