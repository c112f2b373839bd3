"""What is logged: ids and places in the code. Nobody's name, number or address, even when something breaks."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import date

import pytest
import structlog
from django.conf import settings as site
from django.test import Client
from django.urls import reverse

from absences import links
from absences.services import leave_links
from attendance_site import logs
from letters.services import wordings
from registers import invitations
from registers.models import Mark, Parent, Pupil
from registers.rules.rights import Role
from registers.rules.sessions import Session
from tests import builders, whole_school
from tests.builders import AT, TODAY

NAME = "Quillfeather"


class Lines(logging.Handler):
    """Everything that is logged, as the site's own formatter writes it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        json_format = site.LOGGING["formatters"]["json"]
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                processors=json_format["processors"], foreign_pre_chain=json_format["foreign_pre_chain"]
            )
        )
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def events(self, name: str) -> list[dict[str, object]]:
        return [line for line in map(json.loads, self.lines) if line["event"] == name]


@pytest.fixture
def logged() -> Iterator[Lines]:
    """Listen at the root and at every logger that keeps its lines to itself."""
    handler = Lines()
    loggers = [logging.getLogger(name) for name in ("", "django")]
    for logger in loggers:
        logger.addHandler(handler)
    yield handler
    for logger in loggers:
        logger.removeHandler(handler)


def fail() -> None:
    raise ValueError(f"{NAME} is 9 years old")


def by_structlog() -> None:
    structlog.get_logger("tests").exception("it_failed", pupil=7)


def by_structlog_with_the_error() -> None:
    structlog.get_logger("tests").error("it_failed", pupil=7, exc_info=sys.exc_info()[1])


def by_logging() -> None:
    logging.getLogger("tests").error("it_failed", exc_info=sys.exc_info())


@pytest.mark.parametrize("log", [by_structlog, by_structlog_with_the_error, by_logging])
def test_an_exception_leaves_its_type_and_its_frames_and_nothing_it_says(
    logged: Lines, log: Callable[[], None]
) -> None:
    try:
        fail()
    except ValueError:
        log()
    [line] = logged.events("it_failed")
    assert line["error"] == "builtins.ValueError"
    frames = line["frames"]
    assert isinstance(frames, list)
    assert [frame.rpartition(" ")[2] for frame in frames][-1] == "fail"
    assert all("test_logs.py:" in frame for frame in frames)
    assert NAME not in logged.text


def test_a_cause_does_not_speak_either(logged: Lines) -> None:
    try:
        try:
            fail()
        except ValueError as error:
            raise RuntimeError(f"again {NAME}") from error
    except RuntimeError:
        by_logging()
    assert logged.events("it_failed")[0]["error"] == "builtins.RuntimeError"
    assert NAME not in logged.text


@pytest.mark.parametrize("nothing", [None, False, (None, None, None)])
def test_a_line_without_an_exception_stays_as_it_is(nothing: object) -> None:
    assert logs.frames_only(None, "info", {"event": "quiet", "exc_info": nothing}) == {"event": "quiet"}
    assert logs.frames_only(None, "info", {"event": "quiet", "pupil": 7}) == {"event": "quiet", "pupil": 7}


def test_a_text_already_made_of_an_exception_is_dropped() -> None:
    assert logs.frames_only(None, "error", {"event": "x", "exception": f"ValueError: {NAME}"}) == {"event": "x"}


@pytest.fixture
def rows(school, time_machine) -> whole_school.Rows:
    time_machine.move_to(AT, tick=False)
    found = whole_school.fill(school)
    Pupil.objects.filter(pk=found.pupil.pk).update(legal_surname=NAME, preferred_forename="Zephyrine")
    Parent.objects.update(surname=NAME, forename="Parzival")
    return found


def told(rows: whole_school.Rows) -> list[str]:
    """What no line may hold: pupils, parents, their numbers and addresses, and who works at the school."""
    pupil, parent = rows.pupil, rows.pupil.contacts.get().parent
    people = [part.user for part in rows.members.values()]
    return [
        NAME,
        "Zephyrine",
        "Parzival",
        pupil.upn,
        pupil.postcode,
        "Example Street",
        parent.email,
        *(user.email for user in people),
        *(user.name for user in people),
        "correct horse",
    ]


def test_whole_requests_log_no_name(school, rows, client, logged) -> None:
    head = rows.members[Role.HEAD]
    wordings.adopt(school, ["leave_refused"], by=head, at=AT)
    client.post(reverse("sign_in"), {"login": head.user.email, "password": "wrong"})
    client.post(reverse("sign_in"), {"login": head.user.email, "password": "correct horse"})
    reads = {
        "home": [],
        "pupils": [],
        "desk": [],
        "unexplained": [],
        "office_day": [],
        "pupil": [rows.pupil.pk],
        "flag": [rows.flag.pk],
        "letter": [rows.letter.pk],
        "leave_request": [rows.leave_id],
        "certificate": [rows.pupil.pk],
    }
    for name, arguments in reads.items():
        assert client.get(reverse(name, args=[school.slug, *arguments])).status_code == 200
    writes = {
        "class_register": ([rows.school_class.pk, "AM"], {"on": str(TODAY), f"seen-{rows.pupil.pk}": "A"}),
        "leave_decide": ([rows.leave_id], {"decision": "refuse", "words": f"Not for {NAME}."}),
        "letter_drop": ([rows.letter.pk], {}),
    }
    for name, (arguments, sent) in writes.items():
        assert client.post(reverse(name, args=[school.slug, *arguments]), sent).status_code == 302
    assert client.get(reverse("pupil", args=[school.slug, 10**9])).status_code == 404
    assert len(logged.events("request_finished")) == len(reads) + len(writes) + 3
    assert {line.get("user_id") for line in logged.events("request_finished")[2:]} == {head.user_id}
    assert not [each for each in told(rows) if each in logged.text]
    assert f"/pupils/{rows.pupil.pk}" in logged.text


def test_a_page_that_breaks_logs_where_and_not_whom(school, rows, logged, monkeypatch) -> None:
    def broken(school, calendar, pupil: object, on: date) -> None:
        raise ValueError(f"{pupil} of {rows.pupil.upn}")

    monkeypatch.setattr("attendance_site.queries.pupil_page.of", broken)
    client = Client(raise_request_exception=False)
    client.force_login(rows.members[Role.HEAD].user)
    response = client.get(reverse("pupil", args=[school.slug, rows.pupil.pk]))
    assert response.status_code == 500
    assert NAME not in response.content.decode()
    [line] = logged.events("request_failed")
    assert line["error"] == "builtins.ValueError"
    assert line["school"] == school.slug
    assert not [each for each in told(rows) if each in logged.text]


def test_a_refused_row_of_the_database_is_not_quoted(school, rows, logged) -> None:
    """PostgreSQL and SQLite both quote the row that breaks a constraint."""
    try:
        Mark.objects.create(
            school=school,
            pupil=rows.pupil,
            on=TODAY,
            session=Session.AM,
            code=NAME[:2],
            source="import",
            recorded_at=AT,
            recorded_by=rows.members[Role.HEAD].user,
            recorded_role="head",
            note=NAME,
        )
    except Exception:
        by_logging()
    [line] = logged.events("it_failed")
    assert line["error"] == "django.db.utils.IntegrityError"
    assert NAME not in logged.text


def test_a_link_to_choose_a_password_is_not_logged_whole(client, school, logged) -> None:
    link = invitations.link(builders.member(school).user, str)
    assert client.get(link).status_code == 302
    assert logged.events("request_started")
    assert link.rpartition("/")[2] not in logged.text


def test_a_parents_link_is_not_logged_whole(client, school, logged) -> None:
    pupil = builders.pupil(school)
    made = leave_links.make(school, pupil.contacts.get(), [pupil], by=builders.member(school), at=AT)
    token = links.token(made)
    assert client.get(reverse("ask_leave", args=[token])).status_code in (200, 410)
    assert client.post(reverse("ask_leave", args=[token[:-1]]), {}).status_code == 404
    assert logged.events("request_started")
    assert token[:-1] not in logged.text
