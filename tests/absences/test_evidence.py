"""Files sent as evidence: what is taken, where it lies, who may fetch it, and that each look is written down."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from absences import evidence_store
from absences.models import Evidence, EvidenceAside, Reason
from absences.rules import evidence as rules
from absences.rules.evidence import EvidenceRefusedError, FileKind
from absences.services import evidence
from registers.models import Event
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from tests import builders
from tests.absences.builders import request
from tests.builders import AT

PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40)
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def row(school, office):
    return request(builders.pupil(school, "Ash", "Kim"), office)


def add(row, by, name="card.pdf", content=PDF):
    return evidence.add_to_leave(row, name, content, by=by, at=AT)


def files(settings):
    return sorted(path for path in Path(settings.EVIDENCE_DIR).rglob("*") if path.is_file())


class TestWhatIsTaken:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            pytest.param(PDF, FileKind.PDF, id="a PDF"),
            pytest.param(PNG, FileKind.PNG, id="a PNG"),
            pytest.param(JPEG, FileKind.JPEG, id="a JPEG"),
            pytest.param(HEIC, FileKind.HEIC, id="a HEIC from a phone"),
        ],
    )
    def test_by_what_is_in_it_whatever_it_is_called(self, row, office, content, kind):
        found = add(row, office, "virus.exe.html", content)
        assert (found.kind, found.name, found.size) == (kind, "virus.exe.html", len(content))
        assert found.file_name == f"evidence-{found.pk}.{kind}"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            pytest.param(b"", "empty", id="empty"),
            pytest.param(b"<html><script>alert(1)</script>%PDF-1.7", "no PDF", id="a page with a PDF inside"),
            pytest.param(b"MZ\x90\x00" + bytes(100), "no PDF", id="a program"),
            pytest.param(b"PK\x03\x04" + bytes(100), "no PDF", id="an archive"),
            pytest.param(b"GIF89a" + bytes(100), "no PDF", id="a GIF that may be a script"),
            pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "no PDF", id="an SVG"),
            pytest.param(b"plain words", "no PDF", id="text"),
            pytest.param(b"\n" + PDF, "no PDF", id="something before the PDF"),
        ],
    )
    def test_anything_else_is_refused_and_nothing_is_kept(self, row, office, settings, content, message):
        with pytest.raises(EvidenceRefusedError, match=message):
            add(row, office, "letter.pdf", content)
        assert not Evidence.objects.exists()
        assert files(settings) == []

    @pytest.mark.parametrize(
        ("size", "taken"),
        [
            pytest.param(rules.MOST_BYTES, True, id="ten megabytes"),
            pytest.param(rules.MOST_BYTES + 1, False, id="a byte more"),
            pytest.param(1, True, id="one byte"),
            pytest.param(0, False, id="none"),
        ],
    )
    def test_the_size_has_a_limit(self, size, taken):
        if taken:
            rules.check_size(size)
        else:
            with pytest.raises(EvidenceRefusedError):
                rules.check_size(size)

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            pytest.param("../../etc/passwd", "passwd", id="climbs out"),
            pytest.param("C:\\Users\\me\\card.pdf", "card.pdf", id="a whole path"),
            pytest.param("card\x00\r\n.pdf", "card.pdf", id="control characters"),
            pytest.param("card\u202efdp.exe", "cardfdp.exe", id="turns the writing round"),
            pytest.param("....", "file", id="dots alone"),
            pytest.param("", "file", id="no name"),
            pytest.param("x" * 200 + ".pdf", "x" * 116 + ".pdf", id="too long keeps its ending"),
        ],
    )
    def test_a_name_is_made_fit_to_be_shown(self, name, shown):
        assert rules.shown_name(name) == shown

    @given(st.text(max_size=300))
    def test_a_shown_name_is_never_a_path(self, name):
        shown = rules.shown_name(name)
        assert 0 < len(shown) <= rules.MOST_NAME
        assert "/" not in shown
        assert "\\" not in shown
        assert shown.isprintable()
        assert shown not in (".", "..")


class TestWhereItLies:
    def test_under_a_name_that_says_nothing_and_only_for_the_site(self, row, office, settings):
        found = add(row, office, "Kim Ash hospital.pdf")
        [path] = files(settings)
        assert path == evidence_store.place(found.stored)
        assert "Ash" not in str(path.relative_to(settings.EVIDENCE_DIR))
        assert path.suffix == ""
        assert path.stat().st_mode & 0o077 == 0
        assert path.read_bytes() == PDF

    def test_two_files_of_the_same_content_are_two(self, row, office, settings):
        assert add(row, office).stored != add(row, office).stored
        assert len(files(settings)) == 2

    def test_a_row_that_cannot_be_written_leaves_no_file(self, row, office, settings, monkeypatch):
        monkeypatch.setattr("absences.services.evidence.events.write", _fail)
        with pytest.raises(RuntimeError):
            add(row, office)
        assert not Evidence.objects.exists()
        assert files(settings) == []

    def test_a_full_disk_is_said_and_nothing_is_kept(self, row, office, settings, monkeypatch):
        monkeypatch.setattr("absences.evidence_store._write", _full)
        with pytest.raises(EvidenceRefusedError, match="cannot keep the file"):
            add(row, office)
        assert not Evidence.objects.exists()

    def test_the_record_names_no_file_and_nobody(self, row, office):
        found = add(row, office, "Kim Ash.pdf")
        event = Event.objects.get(kind="evidence taken")
        assert event.facts == {"kind": "pdf", "size": len(PDF), "sha256": found.sha256}
        assert (event.pupil_id, event.by, event.at) == (row.pupil_id, office.user, AT)

    def test_it_is_never_deleted(self, row, office):
        found = add(row, office)
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
            found.delete()

    def test_it_belongs_to_somebody(self, row, office):
        found = add(row, office)
        with pytest.raises(DatabaseError), transaction.atomic():
            Evidence.objects.filter(pk=found.pk).update(pupil=None)


def _fail(*_args, **_kwargs):
    raise RuntimeError


def _full(*_args):
    raise OSError(28, "No space left on device")


class TestFetching:
    def url(self, found):
        return reverse("evidence_file", args=[found.school.slug, found.pk])

    def test_as_an_attachment_of_its_true_type(self, client, row, office):
        found = add(row, office, "picture.html", PNG)
        client.force_login(office.user)
        response = client.get(self.url(found))
        assert response.content == PNG
        assert response["Content-Type"] == "image/png"
        assert response["Content-Disposition"] == f'attachment; filename="evidence-{found.pk}.png"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response["Cache-Control"]

    def test_each_look_is_written_down(self, client, row, office):
        found = add(row, office)
        client.force_login(office.user)
        client.get(self.url(found))
        client.get(self.url(found))
        looks = Event.objects.filter(kind="evidence looked at")
        assert [(look.by, look.pupil_id, look.subject) for look in looks] == [
            (office.user, row.pupil_id, f"evidence file:{found.pk}")
        ] * 2

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR, Role.ADMINISTRATOR, Role.TRUST])
    def test_not_by_everybody(self, client, school, row, office, role):
        found = add(row, office)
        member = builders.member(school, role)
        client.force_login(member.user)
        assert client.get(self.url(found)).status_code == 403
        with pytest.raises(RightRefusedError):
            evidence.look(found, by=member, at=AT)
        assert not Event.objects.filter(kind="evidence looked at").exists()

    def test_another_schools_file_is_not_found(self, client, school, office, other_school):
        with schools_in_scope([other_school.pk]):
            theirs = add(
                request(builders.pupil(other_school), builders.member(other_school)), builders.member(other_school)
            )
        client.force_login(office.user)
        assert client.get(reverse("evidence_file", args=[school.slug, theirs.pk])).status_code == 404

    @pytest.mark.parametrize(("damage", "says"), [("gone", "missing from the store"), ("altered", "does not match")])
    def test_a_file_that_is_not_what_was_sent_is_not_shown(self, client, row, office, damage, says):
        found = add(row, office)
        path = evidence_store.place(found.stored)
        if damage == "gone":
            path.unlink()
        else:
            path.write_bytes(b"%PDF-another")
        client.force_login(office.user)
        response = client.get(self.url(found))
        assert response.status_code == 422
        assert says in BeautifulSoup(response.content, "html.parser").main.get_text()


class TestPuttingAside:
    def url(self, found, name="evidence_aside"):
        return reverse(name, args=[found.school.slug, found.pk])

    def test_it_is_kept_shown_no_longer_and_on_record(self, client, school, row, office):
        found = add(row, office, "letter about another child.pdf")
        client.force_login(office.user)
        response = client.post(self.url(found), {"why": " Belongs to  another child. "}, follow=True)
        shown = BeautifulSoup(response.content, "html.parser").select_one(".evidence").get_text(" ", strip=True)
        assert "put aside by" in shown
        assert "Belongs to another child." in shown
        assert "letter about another child.pdf" not in response.content.decode()
        assert client.get(self.url(found, "evidence_file")).status_code == 422
        assert Event.objects.filter(kind="evidence put aside", pupil=row.pupil, by=office.user).count() == 1
        assert Evidence.objects.filter(pk=found.pk).exists()
        assert evidence_store.read(found.stored, found.sha256) == PDF

    @pytest.mark.parametrize(("role", "opens"), [(Role.HEAD, True), (Role.DEPUTY, True), (Role.OFFICE, False)])
    def test_only_who_decides_leave_opens_it_afterwards(self, school, row, office, role, opens):
        found = add(row, office)
        evidence.put_aside(found, "Wrong child", by=office, at=AT)
        by = builders.member(school, role)
        if opens:
            assert evidence.look(found, by=by, at=AT) == PDF
        else:
            with pytest.raises(EvidenceRefusedError, match="put aside"):
                evidence.look(found, by=by, at=AT)

    def test_not_without_a_reason_and_not_twice(self, client, row, office):
        found = add(row, office)
        client.force_login(office.user)
        response = client.post(self.url(found), {"why": "  "})
        assert response.status_code == 422
        assert "Say why" in response.content.decode()
        evidence.put_aside(found, "Wrong child", by=office, at=AT)
        with pytest.raises(EvidenceRefusedError, match="already"):
            evidence.put_aside(found, "Again", by=office, at=AT)

    @pytest.mark.parametrize("write", [lambda rows: rows.update(why="x"), lambda rows: rows.delete()])
    def test_what_was_said_is_never_changed(self, row, office, write):
        evidence.put_aside(add(row, office), "Wrong child", by=office, at=AT)
        with pytest.raises(DatabaseError), transaction.atomic():
            write(EvidenceAside.objects.all())


class TestThePages:
    def upload(self, content=PDF, name="card.pdf"):
        return {"file": SimpleUploadedFile(name, content, content_type="application/x-whatever")}

    def test_a_file_is_added_to_a_request_and_stands_on_its_page(self, client, school, row, office):
        client.force_login(office.user)
        response = client.post(reverse("leave_evidence", args=[school.slug, row.pk]), self.upload(), follow=True)
        found = BeautifulSoup(response.content, "html.parser").main
        file = Evidence.objects.get()
        assert (file.leave, file.pupil) == (row, row.pupil)
        assert found.select_one(".evidence a")["href"] == reverse("evidence_file", args=[school.slug, file.pk])

    def test_a_file_is_added_to_a_reason(self, client, school, office):
        pupil = builders.pupil(school)
        reason = Reason.objects.create(
            school=school,
            pupil=pupil,
            first_on=AT.date(),
            last_on=AT.date(),
            text="Broken arm",
            told_by="Mum",
            channel="phone",
            outcome="accepted",
            code="I",
            recorded_at=AT,
            recorded_by=office.user,
            recorded_role="office",
        )
        client.force_login(office.user)
        url = reverse("reason_evidence", args=[school.slug, reason.pk])
        assert "None yet" in client.get(url).content.decode()
        response = client.post(url, self.upload(JPEG, "arm.jpeg"), follow=True)
        assert Evidence.objects.get().reason == reason
        assert "arm.jpeg" in response.content.decode()

    @pytest.mark.parametrize(
        ("sent", "message"),
        [
            pytest.param({}, "This field is required", id="no file"),
            pytest.param({"file": SimpleUploadedFile("a.pdf", b"")}, "The file is empty", id="empty"),
            pytest.param({"file": SimpleUploadedFile("a.pdf", b"hello")}, "whatever its name says", id="no PDF"),
        ],
    )
    def test_a_refusal_says_what_to_send(self, client, school, row, office, sent, message):
        client.force_login(office.user)
        response = client.post(reverse("leave_evidence", args=[school.slug, row.pk]), sent)
        assert response.status_code == 422
        assert message in response.content.decode()
        assert not Evidence.objects.exists()
