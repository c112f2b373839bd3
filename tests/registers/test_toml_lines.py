"""Every key and table of a TOML file is found at its line, whatever surrounds it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.files import toml_lines

TEXT = """\
# A comment with version = "0" in it.
title = "A file"

[school]
slug = "wald"   # a comment
  name = "Indented"

[[terms]]
number = 1

[[terms]]
number = 2
first_on = 2026-11-02

[policy]
version = "1"

[[policy.rules]]
id = "A"
[policy.rules.measure]
percent = 10.0

[[policy.rules]]
id = "B"
[policy.rules.measure]
percent = 140.0
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("school",), 4),
        (("school", "slug"), 5),
        (("school", "name"), 6),
        (("terms", 0), 8),
        (("terms", 0, "number"), 9),
        (("terms", 1), 11),
        (("terms", 1, "number"), 12),
        (("terms", 1, "first_on"), 13),
        (("policy",), 15),
        (("policy", "version"), 16),
        (("policy", "rules", 0, "id"), 19),
        (("policy", "rules", 0, "measure"), 20),
        (("policy", "rules", 0, "measure", "percent"), 21),
        (("policy", "rules", 1), 23),
        (("policy", "rules", 1, "measure", "percent"), 26),
    ],
    ids=str,
)
def test_each_stands_at_its_own_line(path: toml_lines.Path, line: int) -> None:
    assert toml_lines.lines_of(TEXT)[path] == line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param(("school", "telephone"), 4, id="a missing key is its table's"),
        pytest.param(("terms", 1, "last_on"), 11, id="that of its own table among several"),
        pytest.param(("policy", "rules", 1, "measure", "kind"), 25, id="the nearest of all"),
        pytest.param(("terms", 7), 1, id="a table that is not there"),
        pytest.param(("closures",), 1, id="a part that is not there"),
        pytest.param((), 1, id="the whole file"),
    ],
)
def test_what_is_not_there_is_named_at_what_it_would_stand_in(path: toml_lines.Path, line: int) -> None:
    assert toml_lines.line_of(toml_lines.lines_of(TEXT), path) == line


def test_a_key_of_an_inline_table_is_named_at_the_tables_line() -> None:
    found = toml_lines.lines_of('[rule]\nid = "A"\nmeasure = { kind = "x", percent = 140 }\n')
    assert toml_lines.line_of(found, ("rule", "measure", "percent")) == 3


def test_the_lines_of_a_list_do_not_count_as_keys() -> None:
    found = toml_lines.lines_of('[letters]\nkinds = [\n  "late_l",\n  "leave_refused",\n]\nlast = 1\n')
    assert toml_lines.line_of(found, ("letters", "kinds", 1)) == 2
    assert found["letters", "last"] == 6


def test_text_of_several_lines_is_neither_a_key_nor_a_table() -> None:
    """A policy's own words may fill several lines; one of them may look like something else."""
    text = '[rule]\nsays = """\nid = a sign of\n[illness]\nand nothing else"""\nid = "A"\nrisk = 3\n'
    assert tomllib.loads(text)["rule"]["id"] == "A"
    found = toml_lines.lines_of(text)
    assert (found["rule", "says"], found["rule", "id"], found["rule", "risk"]) == (2, 6, 7)


def test_an_empty_file_has_no_lines_to_name() -> None:
    assert toml_lines.lines_of("") == {}


NAMES = st.lists(st.sampled_from(["name", "number", "first_on", "last_on"]), unique=True, max_size=4)


@given(st.lists(NAMES, min_size=1, max_size=6))
def test_in_a_list_of_tables_every_key_is_found_where_it_was_written(tables: list[list[str]]) -> None:
    lines, expected = ["# Terms"], {}
    for place, names in enumerate(tables):
        lines += ["", "[[terms]]"]
        expected[("terms", place)] = len(lines)
        for name in names:
            lines.append(f"{name} = {place}")
            expected[("terms", place, name)] = len(lines)
    assert toml_lines.lines_of("\n".join(lines)) == expected
