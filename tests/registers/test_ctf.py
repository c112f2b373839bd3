"""Common Transfer Files: what is taken of them, and what is refused before it can do harm."""

import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from registers.files import FileRefusedError, ctf
from registers.models import AdmissionChange, ClassPlace, Contact, Event, Membership, Parent, Pupil, School
from tests import builders
from tests.registers.sheets import Sheet, number

PUPIL = """
<Pupil>
  <UPN>{upn}</UPN><UniqueLearnerNumber>1</UniqueLearnerNumber><Surname>Ash</Surname><Forename>Ada</Forename>
  <DOB>2017-05-04</DOB><{sex}>F</{sex}>
  <BasicDetails><PreferredForename>Addy</PreferredForename><MiddleNames>Bea Cleo</MiddleNames>
    <NCyearActual>4</NCyearActual>
    <Ethnicity>WBRI</Ethnicity><EnrolStatus>C</EnrolStatus>
    <Languages><Type><LanguageType>F</LanguageType><Language>POL</Language></Type></Languages></BasicDetails>
  <LookedAfter><InCare>false</InCare></LookedAfter>
  <FSMhistory><FSMinstance><FSMstartDate>2022-01-01</FSMstartDate><UKcountry>ENG</UKcountry></FSMinstance></FSMhistory>
  <SENhistory><SEN><StartDate>2022-01-01</StartDate><SENprovision>N</SENprovision></SEN>
    <SEN><StartDate>2024-01-01</StartDate><SENprovision>K</SENprovision></SEN></SENhistory>
  <Address><BS7666Address><PAON>12</PAON><Street>High Street</Street><PostTown>Exampleton</PostTown></BS7666Address>
    <PostCode>EX4 0XX</PostCode></Address>
  <Contacts>
    <Contact><Order>1</Order><Title>Ms</Title><Surname>Ash</Surname><Forename>Pat</Forename><Relationship>PAM</Relationship>
      <Responsibility>true</Responsibility><AddressAsPupil>true</AddressAsPupil>
      <Phones><Phone><TelephoneType>H</TelephoneType><PhoneNo>01632 960201</PhoneNo></Phone>
        <Phone><TelephoneType>M</TelephoneType><PhoneNo>07700 900123</PhoneNo></Phone></Phones></Contact>
    <Contact><Order>2</Order><Surname>Elm</Surname><Forename>Lee</Forename><Responsibility>false</Responsibility>
      <Address><AddressLines><AddressLine1>2 Low Road</AddressLine1></AddressLines></Address></Contact>
  </Contacts>
  <Attendance><YearData><Year>2025</Year><SessionsPossible>380</SessionsPossible><SessionsAttended>370</SessionsAttended>
    <SessionsAuthorised>6</SessionsAuthorised><SessionsUnauthorised>4</SessionsUnauthorised>
    <AttendSessions><AttendanceStartDate>2025-09-01</AttendanceStartDate><AttendanceMarks>///C1</AttendanceMarks>
    </AttendSessions></YearData></Attendance>
  <StageAssessments><KeyStage><Anything/></KeyStage></StageAssessments>
  {more}
</Pupil>
"""


def _file(*pupils: str, version: str = "25.0", root: str = "<CTfile>", estab: str = "2111") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
{root}<Header><DocumentName>Common Transfer File</DocumentName><CTFversion>{version}</CTFversion><SourceSchool>
<LEA>886</LEA><Estab>{estab}</Estab><SchoolName>Elsewhere School</SchoolName></SourceSchool></Header>
<CTFpupilData>{"".join(pupils)}</CTFpupilData></CTfile>""".encode()


def _pupil(upn: str = "", sex: str = "Sex", more: str = "") -> str:
    return PUPIL.format(upn=upn or number(1), sex=sex, more=more)


def _command(school: School, path: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("import_ctf", str(path), "--school", school.slug, *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


NEW = ("--starts-on", "2026-11-23", "--class", "4 Oak")


def test_a_newcomer_is_taken_in_with_contacts(school: School, operator: Membership, sheet: Sheet) -> None:
    path = sheet.raw(_file(_pupil()), "ctf.xml")
    report = json.loads(_command(school, path, *NEW, "--json"))
    assert (report["pupils_added"], report["contacts_added"], report["unknown"]) == (1, 2, {})
    assert report["totals"][0] == {
        "pupil": "1", "upn": number(1), "year": "2025",
        "possible": "380", "attended": "370", "authorised": "6", "unauthorised": "4",
    }  # fmt: skip
    pupil = Pupil.objects.get()
    assert (pupil.name, pupil.middle_names, pupil.sex, pupil.dob) == ("Addy Ash", "Bea Cleo", "F", date(2017, 5, 4))
    assert (pupil.fsm, pupil.sen, pupil.lac, pupil.eal, pupil.ethnicity) == (True, "K", False, True, "WBRI")
    assert (pupil.address, pupil.postcode) == ("12 High Street\nExampleton", "EX4 0XX")
    assert (pupil.previous_school, pupil.starts_on) == ("Elsewhere School", date(2026, 11, 23))
    assert ClassPlace.objects.get().school_class.name == "4 Oak"
    mother, other = Contact.objects.order_by("priority")
    assert (mother.relationship, mother.parental_responsibility, mother.lives_with_pupil) == ("Mother", True, True)
    assert (mother.parent.name, mother.parent.address) == ("Ms Pat Ash", pupil.address)
    assert (mother.parent.phone1, mother.parent.phone2) == ("01632 960201", "07700 900123")
    assert (other.parent.address, other.parental_responsibility, other.lives_with_pupil) == ("2 Low Road", False, False)


def test_the_same_file_twice_changes_nothing(school: School, operator: Membership, sheet: Sheet) -> None:
    path = sheet.raw(_file(_pupil(), _pupil(number(2))), "ctf.xml")
    _command(school, path, *NEW)
    models = (Pupil, ClassPlace, Parent, Contact, AdmissionChange, Event)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    assert Parent.objects.count() == 2  # the two are siblings: the same names at the same addresses
    assert "0 added, 0 changed, 2 unchanged" in _command(school, path, *NEW)
    assert [list(model.objects.order_by("pk").values()) for model in models] == before


def test_a_pupil_on_roll_keeps_starting_day_and_class(school: School, operator: Membership, sheet: Sheet) -> None:
    child = builders.pupil(school, "Ash", "Ada", school_class=builders.school_class(school))
    path = sheet.raw(_file(_pupil(child.upn)), "ctf.xml")
    _command(school, path, *NEW)
    child.refresh_from_db()
    assert (child.starts_on, child.middle_names) == (date(2021, 9, 1), "Bea Cleo")
    assert child.places.get().school_class.name == "3 Test"
    # Pat Ash stood among the contacts already, under the school's own number.
    assert child.contacts.count() == 2


def test_a_child_who_left_comes_back_by_a_transfer_file(school: School, operator: Membership, sheet: Sheet) -> None:
    child = builders.pupil(school, "Ash", "Ada", leaves_on=date(2025, 7, 22))
    _command(school, sheet.raw(_file(_pupil(child.upn)), "ctf.xml"), *NEW)
    spells = Pupil.objects.order_by("starts_on").values_list("starts_on", "leaves_on")
    assert list(spells) == [(date(2021, 9, 1), date(2025, 7, 22)), (date(2026, 11, 23), None)]


def test_a_newcomer_needs_a_day_and_a_class(school: School, operator: Membership, sheet: Sheet) -> None:
    with pytest.raises(CommandError, match=r"ctf.xml: pupil 1: This pupil is not on the roll. Give the starting day"):
        _command(school, sheet.raw(_file(_pupil()), "ctf.xml"))
    assert not Pupil.objects.exists()


@pytest.mark.parametrize(
    ("raw", "notes"),
    [
        pytest.param(_file(_pupil(sex="Gender")), [], id="gender"),
        pytest.param(_file(_pupil(), root='<CTfile xmlns="urn:ctf">'), [], id="a-namespace"),
        pytest.param(_file(_pupil(), version="24.0"), [], id="the-edition-before"),
        pytest.param(_file(_pupil(), version="26.0"), ["The file is of edition 26.0"], id="a-later-edition"),
        pytest.param(_file(_pupil(), version=""), ["The file is of edition not stated"], id="no-edition"),
        pytest.param(_file(_pupil(more="<New><Part/></New>")), ["1 × Pupil/New"], id="an-unknown-element"),
        pytest.param(_file(_pupil()).replace(b"<CTFpupilData>", b"<Extra/><CTFpupilData>"), ["1 × Extra"], id="beside"),
    ],
)
def test_files_of_other_editions_are_read(sheet: Sheet, raw: bytes, notes: list[str]) -> None:
    found = ctf.read_ctf(sheet.raw(raw, "ctf.xml"))
    assert found.pupils.rows[0].cells["sex"] == "F"
    assert len(found.pupils.notes) == len(notes)
    assert all(note.startswith(start) for note, start in zip(found.pupils.notes, notes, strict=True))


def test_the_school_that_sent_it_to_itself_is_no_earlier_school(sheet: Sheet) -> None:
    found = ctf.read_ctf(sheet.raw(_file(_pupil(), estab="2999"), "ctf.xml"), own_number="8862999")
    assert "previous_school" not in found.pupils.rows[0].cells


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE CTfile [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b"<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]><CTfile>&c;</CTfile>"
)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(BOMB, "defines entities or refers to other files", id="a-bomb-of-entities"),
        pytest.param(
            b'<!DOCTYPE CTfile [<!ENTITY x SYSTEM "file:///etc/passwd">]><CTfile>&x;</CTfile>',
            "defines entities or refers",
            id="a-file-of-this-machine",
        ),
        pytest.param(b'<!DOCTYPE CTfile SYSTEM "http://x.example/x.dtd"><CTfile/>', "defines entities", id="a-dtd"),
        pytest.param(b"<CTfile>" + b"<a>" * 60 + b"</a>" * 60 + b"</CTfile>", "stand deeper", id="too-deep"),
        pytest.param(b"<CTfile><a>" + b"x" * 200_000 + b"</a></CTfile>", "holds more text", id="a-huge-element"),
        pytest.param(b"<CTfile><CTFpupilData>", "not well formed", id="broken-off"),
        pytest.param(b"<CTfile><CTFpupilData/></CTfile>", "holds no pupil", id="nobody"),
        pytest.param(b"<html><body/></html>", "no Common Transfer File", id="a-web-page"),
        pytest.param(b"upn,surname\n", "no Common Transfer File", id="csv"),
        pytest.param(b"PK\x03\x04", "no Common Transfer File", id="a-workbook"),
        pytest.param(b'<?xml version="1.0" encoding="klingon"?><CTfile/>', "character set", id="an-unknown-encoding"),
    ],
)
def test_a_file_made_to_harm_or_of_another_kind_is_refused(sheet: Sheet, raw: bytes, words: str) -> None:
    with pytest.raises(FileRefusedError) as caught:
        ctf.read_ctf(sheet.raw(raw, "ctf.xml"))
    assert words in caught.value.faults[0].reason


def test_a_file_without_end_is_refused(sheet: Sheet, monkeypatch) -> None:
    path = sheet.raw(_file(_pupil(more="<x/>" * 2000)), "ctf.xml")
    with pytest.raises(FileRefusedError, match="larger than 0 MB"):
        ctf.read_ctf(path, most_bytes=1000)
    monkeypatch.setattr(ctf, "MOST_ELEMENTS", 1000)
    with pytest.raises(FileRefusedError, match="far more than any Common Transfer File"):
        ctf.read_ctf(path)
