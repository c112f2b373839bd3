"""The pages of imports, as somebody at the screen sees them."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from registers.models import ImportFile, Job, Membership, Pupil, School
from registers.rules.rights import Role
from registers.services import import_files
from tests import builders
from tests.registers.pages import notices, soup, text
from tests.registers.sheets import ROLL

pytestmark = pytest.mark.time_machine(builders.AT)


@pytest.fixture(autouse=True)
def _data_folder(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def signed_in(client: Client, office: Membership) -> Client:
    client.force_login(office.user)
    return client


def _upload(client: Client, school: School, content: str | bytes = ROLL, kind: str = "pupils") -> HttpResponse:
    raw = content.encode() if isinstance(content, str) else content
    return client.post(
        reverse("imports", args=[school.slug]), {"kind": kind, "file": SimpleUploadedFile("<b>roll</b>.csv", raw)}
    )


def _page(client: Client, school: School, name: str = "import_file") -> HttpResponse:
    return client.get(reverse(name, args=[school.slug, ImportFile.objects.get().pk]))


def _post(client: Client, school: School, name: str, **data: str) -> HttpResponse:
    return client.post(reverse(name, args=[school.slug, ImportFile.objects.get().pk]), data)


def _seen(response: HttpResponse) -> str:
    return soup(response).find("input", attrs={"name": "seen"})["value"]


def test_from_the_upload_to_the_register(signed_in: Client, school: School) -> None:
    response = _upload(signed_in, school)
    assert response.status_code == 302
    page = signed_in.get(response["Location"])
    assert "Added: 1" in text(soup(page))
    assert "<b>roll" not in page.content.decode()
    assert not Pupil.objects.exists()
    taken = _post(signed_in, school, "import_take", seen=_seen(page))
    assert taken["Location"] == reverse("imports", args=[school.slug])
    listed = soup(signed_in.get(taken["Location"]))
    assert "Taken in. Pupils added: 1" in notices(listed)[0]
    assert Pupil.objects.count() == 1
    assert "is no longer kept" in text(soup(_page(signed_in, school)))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"%PDF-1.4", "This is a PDF"), (b"\x00", "not a text file"), (b"PK\x03\x04", "The workbook is damaged")],
    ids=["pdf", "binary", "renamed-zip"],
)
def test_a_file_that_cannot_be_read_is_said_so(signed_in: Client, school: School, content: bytes, words: str) -> None:
    response = _upload(signed_in, school, content)
    assert response.status_code == 422
    assert words in notices(soup(response))[0]
    assert "nothing was written" in notices(soup(response))[0]
    assert not ImportFile.objects.exists()


def test_no_file_at_all(signed_in: Client, school: School) -> None:
    response = signed_in.post(reverse("imports", args=[school.slug]), {"kind": "pupils"})
    assert response.status_code == 422
    assert "Choose a file first." in text(soup(response))


def test_refused_rows_are_listed_and_cannot_be_taken_in(signed_in: Client, school: School) -> None:
    _upload(signed_in, school, ROLL + "X,A,B,31/02/2017,,\n")
    page = _page(signed_in, school)
    assert "Refused: 1" in text(soup(page))
    assert soup(page).find("input", attrs={"name": "seen"}) is None
    response = _post(signed_in, school, "import_take", seen="")
    assert response.status_code == 422
    assert "nothing was written" in notices(soup(response))[0]
    assert not Pupil.objects.exists()


def test_a_stale_look_is_refused(signed_in: Client, school: School) -> None:
    _upload(signed_in, school)
    response = _post(signed_in, school, "import_take", seen="another")
    assert response.status_code == 422
    assert "changed since you looked" in notices(soup(response))[0]


def test_columns_are_chosen_on_the_page(signed_in: Client, school: School) -> None:
    _upload(signed_in, school, ROLL.replace("surname", "Nachname"))
    page = soup(_page(signed_in, school))
    assert "The header lacks legal_surname" in notices(page)[0]
    fields = {field["name"]: field for field in page.select("#choices select")}
    assert fields["c1"].find("option", selected=True)["value"] == ""
    chosen = {name: (field.find("option", selected=True) or {"value": ""})["value"] for name, field in fields.items()}
    response = _post(signed_in, school, "import_file", **chosen | {"c1": "legal_surname", "reason": "Old system"})
    assert response.status_code == 302
    assert "Added: 1" in text(soup(_page(signed_in, school)))


def test_an_unknown_column_is_refused(signed_in: Client, school: School) -> None:
    _upload(signed_in, school)
    assert _post(signed_in, school, "import_file", c1="school_id").status_code == 422


def test_a_file_is_dropped(signed_in: Client, school: School) -> None:
    _upload(signed_in, school)
    response = _post(signed_in, school, "import_drop")
    assert "was dropped" in notices(soup(signed_in.get(response["Location"])))[0]
    assert "Nothing of it was written" in text(soup(_page(signed_in, school)))
    assert _post(signed_in, school, "import_take", seen="").status_code == 302


def test_an_administrator_sees_counts_and_no_child(client: Client, school: School) -> None:
    client.force_login(builders.member(school, Role.ADMINISTRATOR).user)
    _upload(client, school, ROLL + "X,Birch,Benedict,31/02/2017,,\n")
    words = text(soup(_page(client, school)))
    assert "Refused: 1" in words
    assert "Added: 1" in words
    for private in ("Ash,", "Ada", "Birch", "Benedict", "31/02/2017", "04/05/2017"):
        assert private not in words


def test_a_file_that_is_gone_is_said_so(signed_in: Client, school: School, office: Membership) -> None:
    builders.import_file(office)
    response = _page(signed_in, school)
    assert response.status_code == 200
    assert "no longer kept as it was uploaded" in notices(soup(response))[0]


def test_a_large_file_waits_for_its_job(signed_in: Client, school: School, monkeypatch) -> None:
    monkeypatch.setattr(import_files, "MOST_AT_ONCE", 0)
    child = builders.pupil(school)
    _upload(signed_in, school, f"upn,date,session,mark\n{child.upn},2026-11-19,AM,/\n", "marks")
    page = soup(_page(signed_in, school))
    assert page.find(id="look")["hx-trigger"] == "every 2s"
    assert "being looked at" in notices(page)[0]
    Job.objects.update(state="done")
    assert not soup(_page(signed_in, school)).find(id="look").has_attr("hx-trigger")
