"""The office grid through the client: what is shown, saved, refused with a reason, or shown beside another's entry."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from registers.models import Amendment, Arrangement, Event, Mark, Membership, Pupil, School, Settlement
from registers.queries import calendars
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.services import marks
from registers.services.marks import Entry
from tests import builders
from tests.registers import pages

FRIDAY = date(2026, 11, 20)
TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AM, PM = "2026-11-20AM", "2026-11-20PM"
pytestmark = pytest.mark.time_machine(TEN, tick=False)


@pytest.fixture
def roll(school: School) -> list[Pupil]:
    """Ash with an unexplained morning, Birch with nothing."""
    oak = builders.school_class(school, "4 Oak")
    pupils = [builders.pupil(school, name, school_class=oak) for name in ("Ash", "Birch")]
    builders.mark(pupils[0], FRIDAY, Session.AM, "N", source=Door.TEACHER, seen="A")
    return pupils


@pytest.fixture
def signed_in(client: Client, office: Membership) -> Client:
    client.force_login(office.user)
    return client


@pytest.fixture
def address(school: School) -> str:
    return reverse("office_day", args=[school.slug])


Send = Callable[..., HttpResponse]


@pytest.fixture
def send(school: School, signed_in: Client) -> Send:
    """Send to one of the grid's addresses as its page does."""

    def to(name: str, **body: Any) -> HttpResponse:
        return signed_in.post(reverse(name, args=[school.slug]), json.dumps(body), content_type="application/json")

    return to


def entry(pupil: Pupil, code: str, place: str = AM, version: int = 0, **more: Any) -> dict[str, Any]:
    return {"pupil": pupil.pk, "place": place, "code": code, "version": version, **more}


def rows(page: BeautifulSoup) -> list[str]:
    return [pages.text(row.th.a) for row in page.select("#grid tbody tr")]


def cells(page: BeautifulSoup, pupil: Pupil) -> list[Tag]:
    return page.select(f"#grid tr[data-p='{pupil.pk}'] td:not(.remark)")


def codes() -> dict[tuple[str, str], str]:
    return {(mark.pupil.legal_surname, mark.session): mark.code for mark in Mark.objects.select_related("pupil")}


def meanwhile(school: School, pupil: Pupil, code: str) -> None:
    """Somebody else gives the morning a code."""
    marks.enter(
        school,
        calendars.of(school),
        [Entry(pupil.pk, FRIDAY, Session.AM, code)],
        door=Door.OFFICE,
        reason="Rang",
        today=FRIDAY,
        by=builders.member(school, Role.HEAD, "Ms Head"),
        at=builders.AT,
    )


def test_the_whole_school_is_on_one_page(roll: list[Pupil], signed_in: Client, address: str) -> None:
    page = pages.soup(signed_in.get(address))
    assert "1 blank, 1 without a reason, 0 where a teacher saw otherwise" in pages.text(page.main)
    assert rows(page) == ["Ash, Sam", "Birch, Sam"]
    assert [(cell.text, cell.get("class")) for cell in cells(page, roll[0])] == [("N", ["u"]), ("", None)]
    assert [head["data-s"] for head in page.select("#grid th[data-s]")] == [AM, PM]
    assert page.find(id="grid")["role"] == "grid"


def test_a_cell_carries_its_version_minutes_and_corners(roll: list[Pupil], signed_in: Client, address: str) -> None:
    builders.mark(roll[1], FRIDAY, Session.AM, "L", minutes_late=12, version=3)
    builders.mark(roll[1], FRIDAY, Session.PM, "M", seen="P", note="Dentist")
    page = pages.soup(signed_in.get(address))
    late, dentist = cells(page, roll[1])
    assert (late.text, late["data-v"], late["data-m"], late["class"]) == ("L", "3", "12", ["p"])
    assert (dentist.text, dentist["class"], dentist.has_attr("data-v")) == ("M", ["a", "note", "odd"], False)


def test_a_day_says_what_is_known_of_each_pupil(
    school: School, roll: list[Pupil], signed_in: Client, address: str
) -> None:
    builders.mark(roll[1], FRIDAY, Session.AM, "Y5", note="At the station")
    builders.mark(roll[1], FRIDAY, Session.PM, "M", seen="P", note="<Dentist>")
    meanwhile(school, roll[0], "I")
    answer = signed_in.get(address)
    page = pages.soup(answer)
    assert [pages.text(cell) for cell in page.select("td.remark")] == [
        "AM I, Rang, Ms Head 20/11 09:05",
        "AM Y5, Importer 20/11 09:05; PM M, “<Dentist>”, teacher saw present, Importer 20/11 09:05",
    ]
    assert "<Dentist>" not in answer.content.decode()
    assert not pages.soup(signed_in.get(address, {"span": "week"})).select("td.remark")


def test_closed_sessions_and_days_off_roll_are_hatched(school: School, signed_in: Client, address: str) -> None:
    new = builders.pupil(school, "Cedar", starts_on=date(2026, 11, 4))
    gone = builders.pupil(school, "Dogwood", leaves_on=date(2026, 11, 4))
    page = pages.soup(signed_in.get(address, {"from": "2026-11-04", "span": "week"}))
    assert [cell.get("aria-label", "") for cell in cells(page, new)] == [
        *["Closed"] * 2, *["Not on roll"] * 2, *[""] * 6
    ]  # fmt: skip
    assert [bool(cell.get("class")) for cell in cells(page, gone)] == [True] * 2 + [False] * 4 + [True] * 4
    assert "In-service day" in pages.text(page.select_one("#grid thead"))


@pytest.mark.parametrize(
    ("query", "first", "number"),
    [
        pytest.param({}, AM, 2, id="today"),
        pytest.param({"on": "2026-11-19"}, "2026-11-19AM", 2, id="the-old-name-of-the-day"),
        pytest.param({"span": "week"}, "2026-11-16AM", 10, id="week"),
        pytest.param({"span": "fortnight"}, "2026-11-09AM", 20, id="two-weeks"),
        pytest.param({"span": "half-term"}, "2026-11-02AM", 70, id="half-term"),
        pytest.param({"span": "ages", "from": "never"}, AM, 2, id="nonsense"),
    ],
)
def test_the_spans(
    roll: list[Pupil], signed_in: Client, address: str, query: dict[str, str], first: str, number: int
) -> None:
    heads = pages.soup(signed_in.get(address, query)).select("#grid th[data-s]")
    assert (heads[0]["data-s"], len(heads)) == (first, number)


def test_what_is_typed_is_saved(roll: list[Pupil], office: Membership, send: Send) -> None:
    answer = send(
        "grid_save",
        reason="Rang",
        cells=[entry(roll[0], "I", version=1, note="A cold"), entry(roll[1], "L", minutes=12)],
    ).json()
    assert answer["clashes"] == []
    assert answer["cells"] == [
        {
            "pupil": roll[0].pk, "place": AM, "code": "I", "minutes": None, "version": 2, "classes": "a note",
            "was": {"code": "N", "minutes": None},
        },
        {
            "pupil": roll[1].pk, "place": AM, "code": "L", "minutes": 12, "version": 1, "classes": "p",
            "was": {"code": ""},
        },
    ]  # fmt: skip
    amendment = Amendment.objects.get()
    assert (amendment.old_code, amendment.new_code, amendment.reason) == ("N", "I", "Rang")
    assert (amendment.by, amendment.role, amendment.at, amendment.source) == (office.user, "office", TEN, "office")


def test_sending_twice_changes_nothing_the_second_time(roll: list[Pupil], send: Send) -> None:
    """A request tried again because its answer was lost: there is nothing to ask the clerk."""
    body = {"reason": "Rang", "cells": [entry(roll[0], "I", version=1), entry(roll[1], "G")]}
    send("grid_save", **body)
    answer = send("grid_save", **body)
    assert answer.status_code == 200
    assert [(cell["code"], cell["version"], "was" in cell) for cell in answer.json()["cells"]] == [
        ("I", 2, False),
        ("G", 1, False),
    ]
    assert answer.json()["clashes"] == []
    assert Amendment.objects.count() == 1


@pytest.mark.parametrize(
    ("cell", "reason", "words"),
    [
        pytest.param({"code": "Q9"}, "Rang", "“Q9” is not an attendance code", id="unknown-code"),
        pytest.param({"code": ""}, "Rang", "“” is not an attendance code", id="emptied"),
        pytest.param({"code": "I"}, "", "Say why the mark is changed", id="no-reason"),
        pytest.param({"code": "I"}, "  ", "Say why the mark is changed", id="reason-of-blanks"),
        pytest.param({"code": "X"}, "Rang", "X is only for a child under compulsory school age", id="age"),
        pytest.param({"code": "E"}, "Rang", "needs a suspension or exclusion on record", id="no-suspension"),
        pytest.param({"code": "C"}, "Rang", "needs a leave of absence granted by the headteacher", id="no-leave"),
        pytest.param({"code": "H"}, "Rang", "H is not in use for 20/11/2026", id="old-code"),
        pytest.param({"code": "#"}, "Rang", "is for a whole school or group", id="closure"),
        pytest.param({"code": "K"}, "Rang", "K needs a note", id="must-have-a-note"),
        pytest.param({"code": "L", "minutes": 31}, "Rang", "31 minutes is after the register closed", id="late-is-U"),
        pytest.param({"code": "I", "place": "2026-11-21AM"}, "", "The school is closed", id="closed"),
        pytest.param({"code": "I", "place": "2026-11-23AM"}, "", "I cannot be entered before the day", id="future"),
    ],
)
def test_a_refusal_says_why_and_nothing_is_saved(
    roll: list[Pupil], send: Send, cell: dict[str, Any], reason: str, words: str
) -> None:
    refused = entry(roll[0], "", version=1) | cell
    answer = send("grid_save", reason=reason, cells=[refused, entry(roll[1], "V")])
    assert answer.status_code == 422
    assert [(one["pupil"], one["place"]) for one in answer.json()["refused"]] == [(roll[0].pk, refused["place"])]
    assert words in answer.json()["refused"][0]["message"]
    assert codes() == {("Ash", "AM"): "N"}


def test_a_planned_code_stands_before_its_day(roll: list[Pupil], send: Send) -> None:
    answer = send("grid_save", cells=[entry(roll[0], "M", "2026-11-23AM", note="Hospital")])
    assert answer.status_code == 200
    assert Mark.objects.get(on=date(2026, 11, 23)).code == "M"


def test_a_recorded_suspension_lets_e_stand(roll: list[Pupil], send: Send) -> None:
    Arrangement.objects.create(
        school=roll[0].school, pupil=roll[0], code="E", first_on=FRIDAY, last_on=FRIDAY, reference="Letter",
        recorded_at=builders.AT, recorded_by=builders.member(roll[0].school).user, recorded_role="head",
    )  # fmt: skip
    answer = send("grid_save", reason="Suspended", cells=[entry(roll[0], "E", version=1)])
    assert answer.json()["cells"][0]["classes"] == "a rec"


@pytest.mark.parametrize("typed", ["/", "\\"])
def test_either_stroke_is_the_right_one(roll: list[Pupil], send: Send, typed: str) -> None:
    answer = send("grid_save", reason="Seen", cells=[entry(roll[1], typed), entry(roll[1], typed, PM)])
    assert [cell["code"] for cell in answer.json()["cells"]] == ["/", "\\"]


@pytest.mark.parametrize("typed", ["y6", "Y6", "c1"])
def test_codes_of_two_characters_in_any_case(roll: list[Pupil], send: Send, typed: str) -> None:
    answer = send("grid_save", cells=[entry(roll[1], typed)])
    assert (answer.status_code == 200) is (typed.upper() == "Y6")


@pytest.mark.parametrize(
    ("arrived", "code", "minutes"),
    [("08:50", "/", None), ("08:51", "L", 1), ("09:20", "L", 30), ("09:21", "U", 31)],
)
def test_a_time_of_arrival_makes_the_code_and_says_why(
    roll: list[Pupil], send: Send, arrived: str, code: str, minutes: int | None
) -> None:
    answer = send("grid_save", cells=[entry(roll[1], "L", arrived=arrived)]).json()
    assert (answer["cells"][0]["code"], answer["cells"][0]["minutes"]) == (code, minutes)
    assert answer["cells"][0]["why"]


def test_a_stale_write_shows_both_values_and_the_rest_is_saved(school: School, roll: list[Pupil], send: Send) -> None:
    meanwhile(school, roll[0], "M")
    body = {"reason": "No answer", "cells": [entry(roll[0], "O", version=1), entry(roll[1], "V")]}
    answer = send("grid_save", **body).json()
    assert codes() == {("Ash", "AM"): "M", ("Birch", "AM"): "V"}
    assert answer["clashes"] == [
        {
            "pupil": roll[0].pk, "place": AM, "yours": "O", "minutes": None, "note": "", "theirs": "M",
            "theirs_minutes": None, "version": 2, "by": "Ms Head", "at": "20 Nov 2026, 09:05", "reason": "Rang",
        }
    ]  # fmt: skip
    assert [(cell["code"], cell["version"]) for cell in answer["cells"]] == [("M", 2), ("V", 1)]
    body["cells"][0]["version"] = 2
    assert send("grid_save", **body).json()["clashes"] == []
    assert [(row.old_code, row.new_code) for row in Amendment.objects.order_by("version")] == [("N", "M"), ("M", "O")]


def test_a_blank_filled_by_somebody_else_is_a_clash(roll: list[Pupil], send: Send) -> None:
    builders.mark(roll[1], FRIDAY, Session.AM, "/", source=Door.TEACHER)
    answer = send("grid_save", reason="Rang", cells=[entry(roll[1], "I")]).json()
    assert [(clash["theirs"], clash["yours"], clash["by"]) for clash in answer["clashes"]] == [("/", "I", "Importer")]
    assert codes()[("Birch", "AM")] == "/"


@pytest.mark.parametrize(("count", "status"), [(None, 422), (50, 422), (51, 200)])
def test_over_fifty_marks_want_their_number(school: School, send: Send, count: int | None, status: int) -> None:
    many = [builders.pupil(school) for _ in range(51)]
    answer = send("grid_save", count=count, cells=[entry(pupil, "/") for pupil in many])
    assert answer.status_code == status
    assert Mark.objects.count() == (51 if status == 200 else 0)
    if status == 422:
        assert answer.json()["message"] == "This is for 51 marks. Type 51 to go on."


def fill(pupils: list[Pupil], versions: list[int], filling: str = "blanks", **more: Any) -> dict[str, Any]:
    cells = [[pupil.pk, AM, version] for pupil, version in zip(pupils, versions, strict=True)]
    return {"code": "I", "filling": filling, "cells": cells, **more}


def test_a_fill_is_previewed_and_nothing_is_written(roll: list[Pupil], send: Send) -> None:
    answer = send("grid_preview", **fill(roll, [1, 0]))
    assert answer.json() == {
        "touched": {"blanks": 1, "unexplained": 1, "unauthorised": 1, "unlocked": 2},
        "entered": 1, "amended": 0, "clashes": 0, "refused": [],
    }  # fmt: skip
    assert codes() == {("Ash", "AM"): "N"}
    assert not Amendment.objects.exists()


def test_a_preview_counts_what_cannot_take_the_code(school: School, roll: list[Pupil], send: Send) -> None:
    five = builders.pupil(school, "Fir", dob=date(2022, 5, 4))
    answer = send("grid_preview", **fill([*roll, five], [1, 0, 0], "unlocked", code="X")).json()
    assert (answer["entered"], answer["amended"]) == (1, 0)
    assert [one["number"] for one in answer["refused"]] == [2]
    assert "X is only for a child under compulsory school age" in answer["refused"][0]["message"]


def test_a_fill_touches_what_it_says_and_is_recorded(roll: list[Pupil], send: Send) -> None:
    answer = send("grid_fill", **fill(roll, [1, 0])).json()
    assert [(cell["code"], "was" in cell) for cell in answer["cells"]] == [("N", False), ("I", True)]
    send("grid_fill", **fill(roll, [1, 1], "unexplained", reason="Rang"))
    assert codes() == {("Ash", "AM"): "I", ("Birch", "AM"): "I"}
    assert [event.facts for event in Event.objects.filter(kind="marks filled").order_by("pk")] == [
        {"code": "I", "filling": "blanks", "entered": 1, "amended": 0},
        {"code": "I", "filling": "unexplained", "entered": 0, "amended": 1},
    ]


def test_a_fill_that_amends_wants_a_reason(roll: list[Pupil], send: Send) -> None:
    answer = send("grid_fill", **fill(roll, [1, 0], "unlocked"))
    assert (answer.status_code, answer.json()["message"][:27]) == (422, "Say why the mark is changed")
    assert codes() == {("Ash", "AM"): "N"}


def test_a_fill_over_a_mark_changed_meanwhile_is_a_clash(school: School, roll: list[Pupil], send: Send) -> None:
    meanwhile(school, roll[0], "O")
    answer = send("grid_fill", **fill(roll, [1, 0], "unlocked", reason="Rang")).json()
    assert [(clash["theirs"], clash["yours"]) for clash in answer["clashes"]] == [("O", "I")]
    assert codes() == {("Ash", "AM"): "O", ("Birch", "AM"): "I"}


@pytest.mark.parametrize(("count", "status"), [(None, 422), (51, 200)])
def test_a_fill_of_over_fifty_wants_its_number(school: School, send: Send, count: int | None, status: int) -> None:
    many = [builders.pupil(school) for _ in range(51)]
    assert send("grid_fill", **fill(many, [0] * 51, count=count)).status_code == status
    assert Mark.objects.count() == (51 if status == 200 else 0)


def test_the_detail_shows_the_whole_chain(school: School, roll: list[Pupil], signed_in: Client) -> None:
    meanwhile(school, roll[0], "M")
    page = pages.soup(signed_in.get(reverse("grid_cell", args=[school.slug, roll[0].pk, AM])))
    assert pages.text(page.find(id="cell-title")) == "Ash, Sam, Fri 20 Nov 2026 AM"
    assert [pages.text(row) for row in page.select("tbody tr")] == [
        "Original N First entry Importer, School office 20 Nov 2026 09:05",
        "Amendment 1 M Rang Ms Head, Headteacher 20 Nov 2026 09:05",
    ]
    assert "Teacher saw: absent" in pages.text(page)


def test_the_detail_of_a_blank_says_so(school: School, roll: list[Pupil], signed_in: Client) -> None:
    page = pages.soup(signed_in.get(reverse("grid_cell", args=[school.slug, roll[1].pk, PM])))
    assert "No mark yet" in pages.text(page)


@pytest.mark.parametrize(("role", "is_shown"), [(Role.OFFICE, False), (Role.HEAD, True)])
def test_a_restricted_note_is_for_those_who_may_see_it(
    school: School, roll: list[Pupil], client: Client, role: Role, is_shown: bool
) -> None:
    builders.mark(roll[1], FRIDAY, Session.AM, "Y5", note="At the station")
    client.force_login(builders.member(school, role).user)
    page = pages.text(pages.soup(client.get(reverse("grid_cell", args=[school.slug, roll[1].pk, AM]))))
    assert ("At the station" in page) is is_shown


@pytest.mark.parametrize(("role", "is_shown"), [(Role.OFFICE, False), (Role.HEAD, True)])
def test_what_stood_beside_a_restricted_code_stays_with_those_who_may_see_it(
    school: School, roll: list[Pupil], client: Client, send: Send, role: Role, is_shown: bool
) -> None:
    """Wherever the grid shows it: the answer to a change, a clash, the detail, the mark's page, what is known."""
    mark = builders.mark(roll[1], FRIDAY, Session.AM, "Y5", note="At the station")
    settled = {"version": 1, "seen": "P", "reason": "Held overnight", "at": TEN, "by": mark.recorded_by, "role": role}
    Settlement.objects.create(school=school, mark=mark, **settled)
    client.force_login(builders.member(school, role).user)
    told = [send("grid_save", reason="Held overnight", cells=[entry(roll[1], "I", version=1)])]
    told += [
        send("grid_save", reason="Rang", cells=[entry(roll[1], "O", version=1)]),
        client.get(reverse("grid_cell", args=[school.slug, roll[1].pk, AM])),
        client.get(reverse("mark", args=[school.slug, mark.pk])),
        client.get(reverse("office_day", args=[school.slug])),
        client.get(reverse("certificate", args=[school.slug, roll[1].pk])),
    ]
    pages_told = [answer.content.decode() for answer in told]
    assert [("At the station" in page, "Held overnight" in page) for page in pages_told] == [
        (False, False), (False, is_shown), (is_shown, is_shown), (is_shown, is_shown), (False, is_shown),
        (False, is_shown),
    ]  # fmt: skip


def test_an_undo_gives_back_the_note_that_stood_beside_the_code(roll: list[Pupil], send: Send) -> None:
    builders.mark(roll[1], FRIDAY, Session.AM, "Y5", note="At the station")
    send("grid_save", reason="Rang", cells=[entry(roll[1], "I", version=1, note="A cold")])
    send("grid_save", reason="Rang", cells=[entry(roll[1], "M", version=2)])
    send("grid_save", reason="Undone", cells=[entry(roll[1], "I", version=3, undoes=True)])
    assert Mark.objects.get(pupil=roll[1]).note == "A cold"
    send("grid_save", reason="Undone", cells=[entry(roll[1], "Y5", version=4, undoes=True)])
    assert Mark.objects.get(pupil=roll[1]).note == "At the station"


@pytest.mark.parametrize("place", ["2026-11-20EV", "2026-02-30AM", "today", "20261120  AM"])
def test_a_session_that_cannot_be_is_not_found(
    school: School, roll: list[Pupil], signed_in: Client, place: str
) -> None:
    assert signed_in.get(reverse("grid_cell", args=[school.slug, roll[0].pk, place])).status_code == 404


def test_the_page_is_narrowed_to_a_group_and_to_what_needs_a_look(
    school: School, roll: list[Pupil], signed_in: Client, address: str
) -> None:
    elm = builders.school_class(school, "5 Elm")
    settled = builders.pupil(school, "Cedar", school_class=elm, dob=date(2016, 5, 4))
    for session, stroke in ((Session.AM, "/"), (Session.PM, "\\")):
        builders.mark(settled, FRIDAY, session, stroke)

    def shown(**query: str) -> list[str]:
        return rows(pages.soup(signed_in.get(address, query)))

    assert shown() == ["Ash, Sam", "Birch, Sam", "Cedar, Sam"]
    assert shown(show="attention") == ["Ash, Sam", "Birch, Sam"]
    assert shown(show="absent") == ["Ash, Sam"]
    assert shown(group=f"c{elm.pk}") == ["Cedar, Sam"]
    assert shown(group="y6") == ["Cedar, Sam"]
    assert shown(group="y5") == ["Ash, Sam", "Birch, Sam"]
    assert shown(group=f"c{elm.pk}", show="absent") == []
    assert shown(group="c999999") == []


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ("2026-11-21", "a weekend"),
        ("2026-11-02", "In-service day"),
        ("2026-10-20", "outside the school's terms"),
        ("0001-01-01", "outside the school's terms"),
        ("9999-12-31", "outside the school's terms"),
    ],
)
@pytest.mark.parametrize("name", ["on", "from"])
def test_a_day_without_school_says_why(
    roll: list[Pupil], signed_in: Client, address: str, name: str, on: str, words: str
) -> None:
    assert words in pages.text(pages.soup(signed_in.get(address, {name: on})).main)


@pytest.mark.parametrize("span", ["week", "fortnight", "half-term"])
@pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31", "2026-08-12"])
def test_any_span_of_any_day_is_answered(
    roll: list[Pupil], signed_in: Client, address: str, span: str, on: str
) -> None:
    assert signed_in.get(address, {"from": on, "span": span}).status_code == 200


def test_no_pupil_is_named_in_an_address(roll: list[Pupil], signed_in: Client, address: str) -> None:
    page = pages.soup(signed_in.get(address))
    targets = [str(link.get(name, "")) for link in page.select("[href], [action]") for name in ("href", "action")]
    assert any(f"/pupils/{roll[0].pk}" in target for target in targets)
    assert not any(word in target for target in targets for word in ("Ash", "Birch", "Sam", roll[0].upn))


@pytest.mark.parametrize("pupils", [5, 50])
def test_the_number_of_queries_does_not_grow(
    school: School, signed_in: Client, address: str, send: Send, pupils: int, django_assert_max_num_queries: Callable
) -> None:
    oak = builders.school_class(school, "4 Oak")
    many = [builders.pupil(school, school_class=oak) for _ in range(pupils)]
    for pupil in many:
        builders.mark(pupil, FRIDAY, Session.AM, "I")
    with django_assert_max_num_queries(15):
        signed_in.get(address, {"span": "fortnight"})
    with django_assert_max_num_queries(21):
        changed = [entry(pupil, "O", version=1) for pupil in many]
        assert send("grid_save", reason="Rang", cells=changed).status_code == 200
    with django_assert_max_num_queries(29):
        asked = fill(many, [2] * pupils, "unlocked", reason="Rang", code="G")
        assert send("grid_fill", **asked).status_code == 200
