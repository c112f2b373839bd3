"""A school's file is read whole, or every fault in it is named with its own line."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from attendance_site import school_file
from attendance_site.demonstration import build
from letters.rules import kinds
from registers.files import FileRefusedError
from tests.site import third_school
from tests.site.third_school import TEXT, number_of, with_line

KINDS = frozenset(kinds.KINDS)


def faults(path: Path) -> list[tuple[int, str]]:
    with pytest.raises(FileRefusedError) as refused:
        school_file.read(path, KINDS)
    return [(fault.line, fault.reason) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("file", "slug", "rules"),
    [
        ("staplehurst.toml", "staplehurst", ["SH-A", "SH-B", "SH-C", "SH-LATE", "SH-UA10"]),
        ("carlton_road.toml", "carlton-road", ["CR-SA", "CR-PA", "CR-RISK", "CR-PNAR"]),
    ],
)
def test_both_schools_files_are_read(file: str, slug: str, rules: list[str]) -> None:
    read = school_file.read(build.FOLDER / file, KINDS)
    assert read.school.slug == slug
    assert [rule["id"] for rule in read.policy["rules"] if rule["id"] in rules] == rules
    assert len(read.policy["rules"]) >= 11
    assert len(read.terms) == 18
    assert {stage for times in read.session_times for stage in times.key_stages} == {"EYFS", "KS1", "KS2"}


def test_a_third_schools_file_is_read_to_the_letter(tmp_path: Path) -> None:
    read = school_file.read(third_school.write(tmp_path), KINDS)
    assert read.school.address == ("Example Hill", "Wealdbrook")
    assert read.session_times[0].on_time_until == time(9, 5)
    assert [(term.number, term.first_on) for term in read.terms] == [(1, date(2026, 9, 3)), (2, date(2026, 11, 2))]
    assert (read.closures[0].session, read.closures[1].session) == (None, "PM")
    assert read.letters.kinds == ("letter_of_concern",)
    assert read.policy["expected_attendance"] == Decimal("97.5")


@pytest.mark.parametrize(
    ("line", "new", "says"),
    [
        pytest.param('slug = "wealdbrook"', 'slug = "wealdbrook', "not TOML", id="syntax"),
        pytest.param('slug = "wealdbrook"', "slug = 5", "school.slug is wrong", id="a number for a text"),
        pytest.param('email = "office@wealdbrook.example"', "e_mail = 1", "school.e_mail is not known here", id="key"),
        pytest.param('session = "AM"', 'session = "morning"', "session_times.0.session is wrong", id="session"),
        pytest.param("starts = 09:00:00", 'starts = "early"', "session_times.0.starts is wrong", id="no time"),
        pytest.param("last_on = 2026-10-23", 'last_on = "the end"', "terms.0.last_on is wrong", id="no day"),
        pytest.param("number = 2", 'number = "two"', "terms.1.number is wrong", id="no number"),
        pytest.param('kind = "inset"', 'kind = "inset"\nwhy = "x"', "closures.0.why is not known", id="closure"),
        pytest.param('kinds = ["letter_of_concern"]', 'kinds = ["love"]', "no letter of kind “love”", id="letter"),
        pytest.param('version = "2026-09"', "version = 2026", "version must be text", id="policy text"),
        pytest.param("expected_attendance = 97.5", "expected_attendance = 140", "between 0 and 100", id="140 expected"),
        pytest.param('id = "WB-LATE"', 'id = "WB-97"', "“WB-97” is used by an earlier rule", id="id used twice"),
        pytest.param("below = 97.5", "below = 140.0", "between 0 and 100", id="percentage of 140"),
        pytest.param("at_least = 3", "at_least = 0", "must be 1 or more", id="no late at all"),
        pytest.param('letter = "letter_of_concern"', 'letter = "love"', "“love” is known", id="a rule's letter"),
        pytest.param('kind = "lates_in_half_term"', 'kind = "luck"', "No measure of this kind", id="measure"),
    ],
)
def test_a_fault_is_named_with_its_own_line(tmp_path: Path, line: str, new: str, says: str) -> None:
    found = faults(third_school.write(tmp_path, with_line(line, new)))
    last_of_new = number_of(line) + new.count("\n")
    assert [(number, says in reason) for number, reason in found if number == last_of_new] == [(last_of_new, True)]
    assert {number for number, _ in found} <= {last_of_new, number_of("[school]")}


@pytest.mark.parametrize(
    ("line", "table", "says"),
    [
        ('slug = "wealdbrook"', "[school]", "school.slug is missing"),
        ("closes = 09:30:00", "[[session_times]]", "session_times.0.closes is missing"),
        ("last_on = 2026-10-23", "[[terms]]", "terms.0.last_on is missing"),
        ('version = "2026-09"', "[policy]", "version is missing"),
        ('id = "WB-97"', "[[policy.rules]]", "id is missing"),
        ('kind = "attendance_band"', "[policy.rules.measure]", "kind"),
    ],
)
def test_what_is_missing_is_named_with_the_line_of_its_table(tmp_path: Path, line: str, table: str, says: str) -> None:
    text = with_line(line, "# left out")
    [(number, reason)] = faults(third_school.write(tmp_path, text))
    assert (number, says in reason) == (number_of(table, text), True)


@pytest.mark.parametrize("part", ["school", "letters"])
def test_a_whole_part_that_is_missing_is_named(tmp_path: Path, part: str) -> None:
    text = with_line(f"[{part}]", f"[other_{part}]")
    reasons = [reason for _, reason in faults(third_school.write(tmp_path, text))]
    assert sorted(reasons) == sorted([f"{part} is missing.", f"other_{part} is not known here."])


def test_a_school_without_a_policy_is_refused(tmp_path: Path) -> None:
    text = TEXT[: TEXT.index("[policy]")]
    assert faults(third_school.write(tmp_path, text)) == [(1, "policy is missing.")]


def test_every_fault_is_found_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = with_line("below = 97.5", "below = 140.0")
    text = with_line("number = 2", 'number = "two"', text)
    text = with_line('name = "Wealdbrook School"', "name = 7", text)
    lines = [number for number, _ in faults(third_school.write(tmp_path, text))]
    assert lines == [number_of(line, text) for line in ("name = 7", 'number = "two"', "below = 140.0")]


@pytest.mark.parametrize(
    ("line", "new", "at"),
    [
        pytest.param("first_on = 2026-11-02", "first_on = 2026-10-20", "first_on = 2026-10-20", id="overlapping"),
        pytest.param("last_on = 2026-12-18", "last_on = 2026-10-31", "last_on = 2026-10-31", id="backwards"),
        pytest.param("number = 2", "number = 7", "number = 7", id="a seventh half-term"),
        pytest.param("number = 2", "number = 1", "number = 1", id="the same number twice in a year"),
        pytest.param("closes = 09:30:00", "closes = 08:00:00", "closes = 08:00:00", id="closed before it opens"),
        pytest.param(
            'key_stages = ["EYFS", "KS1", "KS2"]', 'key_stages = ["KS12"]', 'key_stages = ["KS12"]', id="stage"
        ),
        pytest.param('slug = "wealdbrook"', 'slug = "Weald brook"', 'slug = "Weald brook"', id="no short name"),
        pytest.param(
            'local_authority_code = "845"',
            'local_authority_code = "84500"',
            'local_authority_code = "84500"',
            id="too long for its column",
        ),
    ],
)
def test_what_no_type_can_say_is_named_with_its_line_too(tmp_path: Path, line: str, new: str, at: str) -> None:
    """Any line of the table it stands in will do: the clerk finds the rest."""
    text = with_line(line, new)
    place = number_of(at, text, last=True)
    assert any(
        place - 6 <= number <= place + 6 and number > 1 for number, _ in faults(third_school.write(tmp_path, text))
    )


@pytest.mark.parametrize("kinds_line", ["kinds = 5", 'kinds = [["late_l"]]', 'kinds = "late_l"', "kinds = [{}]"])
def test_letters_of_the_wrong_shape_are_a_fault_and_not_a_crash(tmp_path: Path, kinds_line: str) -> None:
    text = with_line('kinds = ["letter_of_concern"]', kinds_line)
    assert {number for number, _ in faults(third_school.write(tmp_path, text))} == {number_of(kinds_line, text)}


def test_what_is_never_closed_is_named_at_the_end(tmp_path: Path) -> None:
    [(number, reason)] = faults(third_school.write(tmp_path, TEXT + "tests = [\n  1,\n"))
    assert "not TOML" in reason
    assert number >= number_of("at_least = 3")


def test_a_file_that_is_not_there_or_not_text_is_refused_in_words(tmp_path: Path) -> None:
    assert "cannot be read" in faults(tmp_path / "nobody.toml")[0][1]
    assert "cannot be read" in faults(tmp_path)[0][1]
    path = third_school.write(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Wealdbrook", b"Weald\xe4brook"))
    assert "not in UTF-8" in faults(path)[0][1]
