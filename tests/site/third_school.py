"""A third school's file, with a policy of its own; tests spoil it one line at a time."""

from pathlib import Path

TEXT = """\
# Wealdbrook School, invented for tests.

[school]
slug = "wealdbrook"
name = "Wealdbrook School"
phase = "primary"
local_authority = "East Sussex"
local_authority_code = "845"
establishment = "2997"
proprietor = "governing body"
address = ["Example Hill", "Wealdbrook"]
telephone = "01632 960500"
email = "office@wealdbrook.example"

[[session_times]]
key_stages = ["EYFS", "KS1", "KS2"]
session = "AM"
applies_from = 2025-09-01
starts = 09:00:00
on_time_until = 09:05:00
closes = 09:30:00

[[session_times]]
key_stages = ["EYFS", "KS1", "KS2"]
session = "PM"
applies_from = 2025-09-01
starts = 13:00:00
on_time_until = 13:00:00
closes = 13:15:00

[[terms]]
name = "Term 1"
number = 1
first_on = 2026-09-03
last_on = 2026-10-23

[[terms]]
name = "Term 2"
number = 2
first_on = 2026-11-02
last_on = 2026-12-18

[[closures]]
first_on = 2026-09-03
kind = "inset"
name = "In-service day"

[[closures]]
first_on = 2026-12-18
kind = "closure"
name = "Carol service"
session = "PM"

[letters]
kinds = ["letter_of_concern"]

[policy]
version = "2026-09"
title = "Every day counts"
applies_from = 2026-09-01
expected_attendance = 97.5

[[policy.rules]]
id = "WB-97"
title = "Below what we hope for"
paragraph = "Page 3"
says = "Below 97.5 % the class teacher asks how things are."
stage = "Watch"
follow_up = "Ask the family."
minimum_possible = 20
[policy.rules.measure]
kind = "attendance_band"
below = 97.5

[[policy.rules]]
id = "WB-LATE"
title = "Late three times"
paragraph = "Page 4"
says = "Three lates in a half-term: we ring home."
stage = "Late"
follow_up = "Ring home."
letter = "letter_of_concern"
risk = 1
[policy.rules.measure]
kind = "lates_in_half_term"
at_least = 3
"""


def with_line(line: str, new: str, text: str = TEXT) -> str:
    """The file with the first such line changed."""
    assert f"\n{line}\n" in text
    return text.replace(f"\n{line}\n", f"\n{new}\n", 1)


def number_of(line: str, text: str = TEXT, *, last: bool = False) -> int:
    """The number of a line, counted from 1: the first like it, or the last."""
    places = [number for number, each in enumerate(text.splitlines(), start=1) if each == line]
    return places[-1 if last else 0]


def write(folder: Path, text: str = TEXT) -> Path:
    path = folder / "wealdbrook.toml"
    path.write_text(text, encoding="utf-8")
    return path
