"""The monthly copies of both registers, and putting one back: whole, exact, or not at all."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import reverse

from registers import copy_files, tasks
from registers.models import (
    AdmissionChange,
    Amendment,
    Arrangement,
    Event,
    Job,
    Mark,
    Membership,
    Pupil,
    RegisterTaken,
    School,
    Settlement,
    Sighting,
    SiteEvent,
    User,
)
from registers.queries import calendars, certificates, figures, history
from registers.queries.figures import Period
from registers.rules.calendar import Calendar
from registers.rules.copies import CopyRefusedError, read_name
from registers.rules.jobs import JobState
from registers.rules.marks import Door
from registers.rules.on_site import SiteEventKind
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import copies, jobs, marks, restoring
from registers.services.marks import Entry
from tests import builders
from tests.registers import pages

FRIDAY = builders.TODAY
PERIOD = Period(date(2026, 9, 1), FRIDAY)
AT = builders.AT
pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 10, 0, tzinfo=UTC), tick=False)


@pytest.fixture(autouse=True)
def _somewhere(settings, tmp_path: Path) -> None:
    settings.COPIES_DIR = tmp_path / "copies"


@pytest.fixture
def head(school: School) -> Membership:
    return builders.member(school, Role.HEAD, "Dr Head")


@pytest.fixture
def full(school: School, calendar: Calendar, head: Membership, teacher: Membership) -> School:
    """A school with a row of everything a copy holds, and a folder for it."""
    School.objects.filter(pk=school.pk).update(copies_folder="registers")
    school.copies_folder = "registers"
    school_class = builders.school_class(school, "3 Test", teacher)
    for surname in ("Ash", "=Birch", "O'Cedar"):
        pupil = builders.pupil(
            school,
            surname,
            school_class=school_class,
            medical_note="-asthma\r\nan inhaler",
            future_address="1 Old\rMacs",
        )
        builders.marks(pupil, calendar, date(2026, 9, 1), "/\\LIO.NX" * 9)
    mark = builders.mark(pupil, FRIDAY, Session.AM, "N", by=teacher, recorded_as="J Smith", note="'@ the gate")
    for code, minutes in (("L", 12), ("U", 45), ("I", None)):
        marks.enter(
            school,
            calendar,
            [Entry(pupil.pk, FRIDAY, Session.AM, code, minutes, "seen by the office")],
            door=Door.OFFICE,
            reason="Reason established",
            today=FRIDAY,
            by=head,
            at=AT + timedelta(minutes=minutes or 90),
        )
    who = {"by": teacher.user, "role": teacher.role, "at": AT, "school": school}
    Sighting.objects.create(mark=mark, seen="L", minutes_late=5, **who)
    Settlement.objects.create(mark=mark, version=2, seen="L", reason="Home by ten", **who)
    RegisterTaken.objects.create(school_class=school_class, on=FRIDAY, session="AM", **who)
    AdmissionChange.objects.create(
        pupil=pupil,
        subject="pupil",
        field="postcode",
        old="EX4 0XY",
        new="EX4 0XX",
        reason="Moved",
        source="office",
        **who,
    )
    kept = {"recorded_at": AT, "recorded_by": head.user, "recorded_role": head.role, "school": school, "pupil": pupil}
    Arrangement.objects.create(code="E", first_on=FRIDAY, last_on=FRIDAY, reference="Letter", **kept)
    left = {"on": FRIDAY, "session": "AM", "time": time(10, 15)}
    wrong = SiteEvent.objects.create(kind=SiteEventKind.LEFT, **left, **kept)
    SiteEvent.objects.create(kind=SiteEventKind.LEFT, cancels=wrong, **left, **kept)
    return school


@pytest.fixture
def empty() -> Iterator[School]:
    """A school of the same kind with nothing in it, and a part for the machine."""
    made = builders.school("elsewhere")
    builders.member(made, Role.OPERATOR)
    with schools_in_scope([made.pk]):
        builders.calendar(made)
    return made


def _make(school: School, by: Membership) -> Path:
    return copies.make(school, on=FRIDAY, by=by, at=AT)


def _loosen(folder: Path) -> None:
    """Give the folder and its files back to whoever would change them."""
    folder.chmod(0o700)
    for path in folder.iterdir():
        path.chmod(0o600)


def _of(school: School) -> dict[str, object]:
    """All that must come back the same, told without the numbers of rows."""
    with schools_in_scope([school.pk]):
        calendar = calendars.of(school)
        pupils = {pupil.pk: pupil for pupil in Pupil.objects.filter(school=school)}
        columns = [field.attname for field in Pupil._meta.concrete_fields if field.attname not in ("id", "school_id")]
        by_name = {pupil.legal_surname: pupil for pupil in pupils.values()}
        made = certificates.of(school, calendar, by_name["O'Cedar"], PERIOD)
        counted = figures.by_pupil(school, calendar, PERIOD)
        return {
            "calendar": calendar,
            "pupils": sorted([getattr(pupil, column) or "" for column in columns] for pupil in pupils.values()),
            "figures": {pupils[pk].upn: (one.as_counts, dict(one.by_code)) for pk, one in counted.items()},
            "certificate": (made.weeks, made.lates, made.footnotes, made.codes_used),
            "chains": [(pupils[one.pupil_id].upn, one.place, one.entries) for one in history.of_pupils(school, PERIOD)],
            "recorded": list(
                Mark.objects.order_by("pupil__upn", "on", "session").values_list(
                    "recorded_at", "recorded_by__email", "recorded_role", "recorded_as", "source", "seen", "version"
                )
            ),
            "amendments": list(Amendment.objects.order_by("version").values_list("by__email", "role", "at", "source")),
            "sightings": list(Sighting.objects.values_list("mark__on", "seen", "minutes_late", "by__email", "at")),
            "settlements": list(Settlement.objects.values_list("mark__on", "version", "reason", "by__email", "at")),
            "site": list(SiteEvent.objects.order_by("pk").values_list("kind", "time", "cancels__time")),
            "changes": list(AdmissionChange.objects.values_list("pupil__upn", "field", "old", "new", "by__email")),
            "taken": list(RegisterTaken.objects.values_list("school_class__name", "on", "session", "by__email", "at")),
            "contacts": sorted(
                (link.pupil.upn, link.parent.contact_id, link.parent.email, link.priority)
                for pupil in pupils.values()
                for link in pupil.contacts.select_related("pupil", "parent")
            ),
        }


def test_a_copy_put_back_elsewhere_is_equal(full: School, head: Membership, empty: School) -> None:
    before = _of(full)
    folder = _make(full, head)
    with schools_in_scope([empty.pk]):
        operator = Membership.objects.get(school=empty)
        restoring.restore(empty, folder, by=operator, at=AT)
        event = Event.objects.get(school=empty)
    assert _of(empty) == before
    assert _of(full) == before
    assert (event.kind, event.by, event.facts["copy"]) == ("registers restored", operator.user, folder.name)
    assert before["certificate"][2][0].amendments[-1].new.said.code == "I"


def test_the_command_makes_the_school_and_everybody_the_copy_names(full: School, head: Membership) -> None:
    """As on a machine that knows neither: the people of this one are put out of the way."""
    before = _of(full)
    folder = _make(full, head)
    User.objects.update(email=Concat(Value("gone."), "email"))
    call_command("restore_registers", str(folder), school="afresh", stdout=StringIO())
    assert _of(School.objects.get(slug="afresh")) == before
    user = User.objects.get(email=head.user.email)
    assert (user.name, user.is_active, user.has_usable_password()) == ("Dr Head", False, False)
    with pytest.raises(CommandError, match="already"):
        call_command("restore_registers", str(folder), school="afresh", stdout=StringIO())


def test_a_copy_is_whole_hashed_and_read_only(full: School, head: Membership) -> None:
    folder = _make(full, head)
    assert folder.name == "ashdown-2026-11"
    assert folder.parent.name == "registers"
    made = copy_files.manifest_of(folder)
    assert {path.name for path in folder.iterdir()} == {one.name for one in made.files} | {
        "manifest.json",
        "README.txt",
    }
    assert next(one.rows for one in made.files if one.name == "marks.csv") == Mark.objects.count()
    assert {path.stat().st_mode & 0o222 for path in (folder, *folder.iterdir())} == {0}
    event = Event.objects.get(kind="registers copied")
    assert (event.by, event.facts["copy"]) == (head.user, folder.name)
    assert event.facts["manifest"] == copy_files.manifest_hash(folder)
    assert "\n'=Birch" not in (folder / "pupils.csv").read_text()
    assert ",'=Birch," in (folder / "pupils.csv").read_text()


def test_a_second_copy_never_takes_the_place_of_the_first(full: School, head: Membership) -> None:
    first = _make(full, head)
    content = {path.name: path.read_bytes() for path in first.iterdir()}
    assert _make(full, head) == first, "nothing has changed"
    builders.pupil(full, "New")
    second = _make(full, head)
    assert second.name == "ashdown-2026-11-2"
    assert {path.name: path.read_bytes() for path in first.iterdir()} == content
    assert sorted(path.name for path in first.parent.iterdir()) == [first.name, second.name]


def _cut_short(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _change_a_code(folder: Path) -> None:
    content = (folder / "marks.csv").read_bytes()
    (folder / "marks.csv").write_bytes(content.replace(b",O,", b",I,", 1))


def _drop_a_row(folder: Path) -> None:
    lines = (folder / "amendments.csv").read_text().splitlines(keepends=True)
    (folder / "amendments.csv").write_text("".join(lines[:-1]))


def _lose_a_file(folder: Path) -> None:
    (folder / "sightings.csv").unlink()


def _leave_out_a_file(folder: Path) -> None:
    made = json.loads((folder / "manifest.json").read_text())
    made["files"] = [one for one in made["files"] if one["name"] != "amendments.csv"]
    (folder / "manifest.json").write_text(json.dumps(made))


def _break_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def _name_another_place(folder: Path) -> None:
    made = json.loads((folder / "manifest.json").read_text())
    made["files"][0]["name"] = "../elsewhere.csv"
    (folder / "manifest.json").write_text(json.dumps(made))


def _say_nonsense(folder: Path) -> None:
    made = json.loads((folder / "manifest.json").read_text())
    made["files"][0]["name"] = 5
    (folder / "manifest.json").write_text(json.dumps(made))


def _never_made(folder: Path) -> None:
    made = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(made | {"made_at": "yesterday"}))


def _with_a_manifest_to_suit(folder: Path, name: str, old: str, new: str) -> None:
    content = (folder / name).read_bytes().replace(old.encode(), new.encode(), 1)
    (folder / name).write_bytes(content)
    made = json.loads((folder / "manifest.json").read_text())
    facts = {"size": len(content), "sha256": sha256(content).hexdigest()}
    made["files"] = [one | facts if one["name"] == name else one for one in made["files"]]
    (folder / "manifest.json").write_text(json.dumps(made))


def _add_a_column(folder: Path) -> None:
    _with_a_manifest_to_suit(folder, "terms.csv", "first_on", "colour,first_on")


def _write_a_day_that_is_none(folder: Path) -> None:
    _with_a_manifest_to_suit(folder, "marks.csv", "2026-09-01", "2026-02-30")


def _mark_a_session_twice(folder: Path) -> None:
    _with_a_manifest_to_suit(folder, "marks.csv", ",PM,", ",AM,")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_say_nonsense, "cannot be read"),
        (_never_made, "cannot be read"),
        (_add_a_column, "does not keep: colour"),
        (_write_a_day_that_is_none, "holds what no register does"),
        (_mark_a_session_twice, "holds what no register does"),
        (_cut_short, "half a copy"),
        (_change_a_code, "marks.csv in ashdown-2026-11 was changed"),
        (_drop_a_row, "amendments.csv"),
        (_lose_a_file, "sightings.csv is missing"),
        (_leave_out_a_file, "lacks amendments.csv"),
        (_break_the_manifest, "cannot be read"),
        (_name_another_place, "outside it"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_copy_that_is_not_as_it_was_written_is_refused(
    full: School, head: Membership, empty: School, harm: Callable[[Path], None], words: str
) -> None:
    folder = _make(full, head)
    _loosen(folder)
    harm(folder)
    with schools_in_scope([empty.pk]):
        operator = Membership.objects.get(school=empty)
        with pytest.raises(CopyRefusedError, match=words):
            restoring.restore(empty, folder, by=operator, at=AT)
        assert not Pupil.objects.exists()
        assert not Event.objects.exists()


def test_a_school_with_registers_of_its_own_is_left_alone(full: School, head: Membership) -> None:
    folder = _make(full, head)
    before = _of(full)
    with pytest.raises(CopyRefusedError, match="already"):
        restoring.restore(full, folder, by=head, at=AT)
    assert _of(full) == before


def test_a_disk_that_fills_leaves_nothing_behind(full: School, head: Membership, monkeypatch) -> None:
    def full_disk(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copy_files.os, "fsync", full_disk)
    with pytest.raises(CopyRefusedError, match="No space left on device"):
        _make(full, head)
    assert list(copy_files.root("registers").iterdir()) == []
    assert not Event.objects.filter(kind="registers copied").exists()


def test_a_disk_that_cannot_be_read_is_said_to_be_so(full: School, head: Membership, monkeypatch) -> None:
    folder = _make(full, head)

    def failing(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(copy_files, "file_digest", failing)
    with pytest.raises(CopyRefusedError, match="cannot be read"):
        restoring.check(folder)


def test_no_folder_no_copy(school: School, head: Membership) -> None:
    with pytest.raises(CopyRefusedError, match="Name a folder"):
        _make(school, head)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("ashdown-2026-11", ("2026-11", 1)),
        ("ashdown-2026-11-12", ("2026-11", 12)),
        ("ashdown-north-2026-11", None),
        ("ashdown-2026-11-x", None),
        (".part-abc", None),
    ],
)
def test_a_copy_is_known_by_its_name(name: str, found: tuple[str, int] | None) -> None:
    assert read_name("ashdown", name) == found


def _clock() -> datetime:
    return datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def test_a_month_is_asked_for_once_and_made_as_a_job(full: School, other_school: School) -> None:
    builders.nightly(full)
    assert tasks.copy_all() == 1, "the other school names no folder"
    assert tasks.copy_all() == 1
    row = Job.objects.get()
    assert (row.kind, row.key) == ("copy", "copy:2026-11")
    assert jobs.run(row.pk, _clock)
    row.refresh_from_db()
    assert row.state == JobState.DONE
    assert [path.name for path in copy_files.root("registers").iterdir()] == ["ashdown-2026-11"]


def test_the_page_lists_copies_and_makes_one(client: Client, full: School, head: Membership) -> None:
    client.force_login(head.user)
    address = reverse("copies", args=[full.slug])
    page = pages.soup(client.get(address))
    assert "There is no copy yet." in pages.text(page.main)
    for _ in range(2):
        response = client.post(reverse("copy_now", args=[full.slug]))
        assert (response.status_code, response["Location"]) == (302, address)
    row = Job.objects.get()
    assert "is being made" in pages.text(pages.soup(client.get(address)).main)
    assert jobs.run(row.pk, _clock)
    page = pages.soup(client.get(address, {"check": "ashdown-2026-11"}))
    assert "every byte is as it was written" in pages.text(page.main)
    assert "All there, as recorded" in pages.text(page.find("tbody"))
    folder = copy_files.root("registers") / "ashdown-2026-11"
    _loosen(folder)
    _change_a_code(folder)
    assert "was changed after it was written" in pages.text(
        pages.soup(client.get(address, {"check": "ashdown-2026-11"})).main
    )
    assert client.get(address, {"check": "birchwood-2026-11"}).status_code == 404
