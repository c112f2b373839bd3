"""The admission register on screen: the pages, their refusals, and who sees what."""

from datetime import UTC, date, datetime

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from registers.models import AdmissionChange, ClassPlace, Contact, Event, Parent, Pupil, School, SchoolClass
from registers.rules import upn
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from registers.services import admissions
from tests import builders
from tests.registers import pages

FRIDAY = date(2026, 11, 20)
NUMBER = upn.check_letter("886299925001") + "886299925001"
NEW = {
    "legal_surname": "Quill",
    "legal_forename": "Robin",
    "sex": "F",
    "dob": "2017-05-04",
    "upn": NUMBER,
    "starts_on": "2026-11-23",
    "year_offset": "0",
}
pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 10, 0, tzinfo=UTC), tick=False)


@pytest.fixture
def pupil(school: School) -> Pupil:
    return builders.pupil(school, "Ash", school_class=builders.school_class(school, "4 Oak"))


@pytest.fixture
def as_role(school: School, client: Client):
    """Sign somebody in, and return the client."""

    def sign_in(role: Role) -> Client:
        client.force_login(builders.member(school, role).user)
        return client

    return sign_in


@pytest.fixture
def desk(as_role) -> Client:
    return as_role(Role.OFFICE)


def at(name: str, school: School, *names: object) -> str:
    return reverse(name, args=[school.slug, *names])


def typed(client: Client, page: str, /, **changed: object) -> dict[str, object]:
    """What a browser would send of the page's first form, with some of it changed; None leaves a field out."""
    form = pages.soup(client.get(page)).main.find("form", method="post")
    found: dict[str, object] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        value = _value(field)
        if value is not None and field["name"] != "csrfmiddlewaretoken":
            found[field["name"]] = value
    return {name: value for name, value in {**found, **changed}.items() if value is not None}


def _value(field: BeautifulSoup) -> str | None:
    if field.name == "select":
        chosen = field.find("option", selected=True)
        return chosen["value"] if chosen else ""
    if field.name == "textarea":
        return field.get_text().removeprefix("\n")
    if field.get("type") == "checkbox":
        return "on" if field.has_attr("checked") else None
    return field.get("value", "")


class TestEnrolling:
    def test_a_pupil_is_enrolled_and_the_return_is_dated(self, school, desk) -> None:
        oak = builders.school_class(school, "4 Oak")
        response = desk.post(at("pupil_new", school), NEW | {"school_class": str(oak.pk)}, follow=True)
        pupil = Pupil.objects.get()
        assert response.redirect_chain == [(at("pupil", school, pupil.pk), 302)]
        assert ClassPlace.objects.get().school_class == oak
        said = pages.text(pages.soup(response).main)
        assert "Robin Quill is enrolled, Year 5" in said
        assert "by 25 November" in said

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"upn": "A" + NUMBER[1:]}, "check letter"),
            ({"sex": ""}, "required"),
            ({"dob": "2006-05-04"}, "Check the date of birth"),
            ({"year_offset": "3"}, "valid choice"),
            ({"legal_surname": "Qu\u202eill"}, "cannot be seen"),
            ({"school_class": "999999"}, "valid choice"),
        ],
    )
    def test_a_refusal_stands_at_the_form(self, school, desk, change, words) -> None:
        response = desk.post(at("pupil_new", school), NEW | change)
        assert response.status_code == 422
        assert words in pages.text(pages.soup(response).main)
        assert not Pupil.objects.exists()

    def test_the_same_child_under_another_number_is_asked_about(self, school, desk) -> None:
        builders.pupil(school, "Quill", "Robin", dob=date(2017, 5, 4))
        page = pages.soup(desk.get(at("pupil_new", school)))
        assert page.find(attrs={"name": "is_another_child"}) is None
        response = desk.post(at("pupil_new", school), NEW)
        assert response.status_code == 422
        assert pages.soup(response).find("input", attrs={"name": "is_another_child"})
        assert desk.post(at("pupil_new", school), NEW | {"is_another_child": "on"}).status_code == 302

    def test_a_class_of_another_school_is_none(self, school, other_school, desk) -> None:
        with schools_in_scope([other_school.pk]):
            theirs = builders.school_class(other_school, "Theirs")
        response = desk.post(at("pupil_new", school), NEW | {"school_class": str(theirs.pk)})
        assert response.status_code == 422
        assert not Pupil.objects.exists()


class TestChanging:
    def test_a_particular_is_changed(self, school, pupil, desk) -> None:
        address = at("pupil_edit", school, pupil.pk)
        response = desk.post(address, typed(desk, address, postcode="EX9 9ZZ", reason="A letter"))
        assert response.status_code == 302
        pupil.refresh_from_db()
        assert pupil.postcode == "EX9 9ZZ"
        assert list(AdmissionChange.objects.values_list("field", "reason")) == [("postcode", "A letter")]

    def test_the_page_as_it_came_changes_nothing(self, school, pupil, desk) -> None:
        """Line ends and blanks come back from a browser as they were."""
        address = at("pupil_edit", school, pupil.pk)
        given = typed(desk, address, reason="None", address="1 Example Street\r\nExampleton")
        said = pages.text(pages.soup(desk.post(address, given, follow=True)).main)
        assert "Nothing was different" in said
        assert not AdmissionChange.objects.exists()

    def test_a_clash_shows_both_values_and_changes_nothing(self, school, pupil, desk) -> None:
        address = at("pupil_edit", school, pupil.pk)
        given = typed(desk, address, postcode="EX9 9ZZ", ethnicity="Mine", reason="A letter")
        Pupil.objects.update(postcode="EX7 7ZZ", former_surname="Theirs")
        response = desk.post(address, given)
        assert response.status_code == 422
        page = pages.soup(response).main
        rows = [[pages.text(cell) for cell in row.select("th, td")] for row in page.select(".notice tbody tr")]
        assert rows == [
            ["Former surname", "–", "Theirs", "–"],
            ["Postcode", "EX4 0XX", "EX7 7ZZ", "EX9 9ZZ"],
        ]
        pupil.refresh_from_db()
        assert (pupil.postcode, pupil.ethnicity) == ("EX7 7ZZ", "")
        # What was typed stands; what somebody else changed meanwhile stands as they left it.
        fields = {
            name: page.find(attrs={"name": name})["value"] for name in ("postcode", "ethnicity", "former_surname")
        }
        assert fields == {"postcode": "EX9 9ZZ", "ethnicity": "Mine", "former_surname": "Theirs"}
        again = {name: page.find(attrs={"name": name}).get("value", "") for name in ("stood", "reason")}
        response = desk.post(address, given | again | {"former_surname": "Theirs"})
        assert response.status_code == 302
        pupil.refresh_from_db()
        assert (pupil.postcode, pupil.former_surname) == ("EX9 9ZZ", "Theirs")

    @pytest.mark.parametrize("stood", ["", "forged", "swapped"])
    def test_what_the_page_showed_cannot_be_forged(self, school, pupil, desk, stood) -> None:
        other = builders.pupil(school)
        given = typed(desk, at("pupil_edit", school, other.pk), postcode="EX9 9ZZ", reason="A letter")
        if stood != "swapped":
            given["stood"] = stood
        response = desk.post(at("pupil_edit", school, pupil.pk), given)
        assert response.status_code == 422
        pupil.refresh_from_db()
        assert pupil.postcode == "EX4 0XX"


class TestSensitive:
    SECRETS = ("Asthma", "Held overnight")

    @pytest.fixture
    def secret(self, pupil) -> Pupil:
        Pupil.objects.filter(pk=pupil.pk).update(medical_note="Asthma", social_worker=True, lac=True)
        builders.mark(pupil, FRIDAY, builders.Session.AM, "Y5", note="Held overnight")
        return pupil

    def test_the_page_itself_holds_none_of_it(self, school, secret, as_role) -> None:
        for role in (Role.OFFICE, Role.HEAD):
            page = pages.soup(as_role(role).get(at("pupil", school, secret.pk))).main
            assert not [each for each in self.SECRETS if each in str(page)]
            link = page.find("a", string="Show sensitive notes")
            assert (link is not None) is (role is Role.HEAD)

    def test_reading_it_is_recorded_and_the_part_is_the_page(self, school, secret, as_role) -> None:
        head = as_role(Role.HEAD)
        whole = head.get(at("pupil_sensitive", school, secret.pk))
        part = head.get(at("pupil_sensitive", school, secret.pk), headers={"HX-Request": "true"})
        for response in (whole, part):
            text = pages.text(pages.soup(response))
            assert "Social worker Yes Looked after Yes Medical note Asthma" in text
            assert "Held overnight" in text
        assert "<html" not in part.content.decode()
        assert Event.objects.get().kind == "sensitive fields read"

    def test_whoever_may_not_see_it_neither_sees_nor_sets_it(self, school, secret, desk) -> None:
        address = at("pupil_edit", school, secret.pk)
        page = str(pages.soup(desk.get(address)).main)
        assert not [each for each in (*self.SECRETS, "medical_note", "social_worker") if each in page]
        assert not Event.objects.exists()
        given = typed(desk, address, reason="Mine", medical_note="Mine", social_worker=None, lac=None, sex="M")
        assert desk.post(address, given).status_code == 302
        secret.refresh_from_db()
        assert (secret.sex, secret.medical_note, secret.social_worker, secret.lac) == ("M", "Asthma", True, True)
        assert list(AdmissionChange.objects.values_list("field", flat=True)) == ["sex"]
        assert desk.get(at("pupil_sensitive", school, secret.pk)).status_code == 403

    def test_whoever_may_sees_and_sets_it_and_that_is_recorded(self, school, secret, as_role) -> None:
        head = as_role(Role.HEAD)
        address = at("pupil_edit", school, secret.pk)
        given = typed(head, address, reason="The clinic", medical_note="Asthma, inhaler in the office")
        assert head.post(address, given).status_code == 302
        secret.refresh_from_db()
        assert secret.medical_note == "Asthma, inhaler in the office"
        kinds = sorted(Event.objects.values_list("kind", flat=True))
        assert kinds == ["pupil changed", "sensitive fields read"]
        page = pages.text(pages.soup(head.get(at("pupil", school, secret.pk))).main)
        assert "Admission register: sensitive notes." in page
        assert "clinic" not in page

    def test_the_history_hides_it_from_others(self, school, secret, as_role) -> None:
        head = builders.member(school, Role.HEAD)
        stood = {"medical_note": "Asthma"}
        admissions.change(secret, {"medical_note": "None"}, stood, "Outgrown", by=head, at=builders.AT)
        address = at("admission_history", school, secret.pk)
        assert "Asthma" not in as_role(Role.OFFICE).get(address).content.decode()
        assert "Asthma" in as_role(Role.HEAD).get(address).content.decode()


class TestMovingAndLeaving:
    def test_a_move(self, school, pupil, desk) -> None:
        elm = builders.school_class(school, "4 Elm")
        given = {"school_class": str(elm.pk), "on": "2026-11-20", "reason": "Set change"}
        assert desk.post(at("class_move", school, pupil.pk), given).status_code == 302
        assert ClassPlace.objects.get(ends_on=None).school_class == elm
        response = desk.post(at("class_move", school, pupil.pk), given)
        assert response.status_code == 422
        assert "on that day already" in pages.text(pages.soup(response).main)

    def test_a_move_to_a_class_that_is_new(self, school, pupil, desk) -> None:
        """However its name is written the second time, it is one class; a refused move makes none."""
        address = at("class_move", school, pupil.pk)
        given = {"on": "2026-11-20", "reason": "A new class", "school_class": ""}
        assert desk.post(address, given).status_code == 422
        both = {**given, "school_class": str(ClassPlace.objects.get().school_class_id), "new_class": "4 Yew"}
        assert desk.post(address, both).status_code == 422
        assert desk.post(address, {**given, "new_class": "4 Yew", "on": "2020-01-06"}).status_code == 422
        assert not SchoolClass.objects.filter(name="4 Yew").exists()
        assert desk.post(address, {**given, "new_class": "4 Yew"}).status_code == 302
        assert ClassPlace.objects.get(ends_on=None).school_class.name == "4 Yew"
        other = builders.pupil(
            school, "Birch", school_class=ClassPlace.objects.filter(ends_on__isnull=False).get().school_class
        )
        assert desk.post(at("class_move", school, other.pk), {**given, "new_class": " 4 yew "}).status_code == 302
        assert SchoolClass.objects.filter(name__iexact="4 yew").count() == 1
        assert Event.objects.filter(kind="class opened").count() == 1

    def test_leaving_asks_first_then_is_done(self, school, pupil, desk) -> None:
        address = at("pupil_leave", school, pupil.pk)
        given = {"leaves_on": "2026-11-20", "leaving_ground": "F", "leaving_note": "Letter of 18 November"}
        response = desk.post(address, given)
        assert response.status_code == 200
        page = pages.soup(response).main
        boxes = [box["name"] for box in page.select("input[type=checkbox]")]
        assert boxes == ["sure_held", "sure_authority"]
        assert "notice in writing" in pages.text(page)
        given |= {"asked": page.find("input", attrs={"name": "asked"})["value"]}
        response = desk.post(address, given | {"sure_held": "on"})
        assert response.status_code == 422
        assert Pupil.objects.get().leaves_on is None
        response = desk.post(address, given | {"sure_held": "on", "sure_authority": "on"})
        assert response.status_code == 302
        pupil.refresh_from_db()
        assert (pupil.leaves_on, pupil.leaving_ground) == (FRIDAY, "F")

    def test_marks_after_the_day_refuse_it(self, school, pupil, desk) -> None:
        builders.mark(pupil, FRIDAY, builders.Session.AM, "/")
        given = {"leaves_on": "2026-11-19", "leaving_ground": "F"}
        response = desk.post(at("pupil_leave", school, pupil.pk), given)
        assert response.status_code == 422
        assert "Marks stand up to 20/11/2026" in pages.text(pages.soup(response).main)

    def test_taking_it_back(self, school, pupil, desk) -> None:
        Pupil.objects.update(leaves_on=FRIDAY, leaving_ground="F")
        page = pages.soup(desk.get(at("pupil_leave", school, pupil.pk))).main
        assert page.find("form")["action"] == at("pupil_take_back", school, pupil.pk)
        address = at("pupil_take_back", school, pupil.pk)
        assert desk.post(address, {"reason": ""}).status_code == 422
        assert desk.post(address, {"reason": "The wrong child"}).status_code == 302
        assert Pupil.objects.get().leaves_on is None


class TestContacts:
    WHAT = {"relationship": "Aunt", "priority": "1"}

    def test_a_new_contact(self, school, pupil, desk) -> None:
        given = self.WHAT | {"surname": "Birch", "phone1": "01632 960001", "emergency": "on"}
        assert desk.post(at("contact_new", school, pupil.pk), given).status_code == 302
        first = Contact.objects.get(pupil=pupil, priority=1)
        assert (first.parent.surname, first.emergency, first.lives_with_pupil) == ("Birch", True, False)

    def test_a_parent_of_another_school_is_refused(self, school, other_school, pupil, desk) -> None:
        with schools_in_scope([other_school.pk]):
            stranger = builders.pupil(other_school).contacts.get().parent
        response = desk.post(at("contact_new", school, pupil.pk), self.WHAT | {"parent": str(stranger.pk)})
        assert response.status_code == 422
        assert Contact.objects.filter(pupil=pupil).count() == 1

    def test_a_change_and_a_clash(self, school, pupil, desk) -> None:
        contact = pupil.contacts.get()
        address = at("contact_edit", school, contact.pk)
        given = typed(desk, address, phone1="01632 960002", reason="A call")
        Parent.objects.update(phone1="01632 960009")
        response = desk.post(address, given)
        assert response.status_code == 422
        [row] = pages.soup(response).select(".notice tbody tr")
        assert [pages.text(cell) for cell in row.select("td")] == ["–", "01632 960009", "01632 960002"]
        assert Parent.objects.get().phone1 == "01632 960009"
        assert desk.post(address, typed(desk, address, phone1="01632 960002", reason="A call")).status_code == 302
        assert Parent.objects.get().phone1 == "01632 960002"

    def test_a_removal_needs_its_reason(self, school, pupil, desk) -> None:
        contact = pupil.contacts.get()
        address = at("contact_remove", school, contact.pk)
        assert desk.get(address).status_code == 405
        assert desk.post(address, {"remove-reason": ""}).status_code == 422
        assert desk.post(address, {"remove-reason": "Moved abroad"}).status_code == 302
        assert not Contact.objects.exists()


class TestHistory:
    def test_first_entered_as_it_stood_and_now(self, school, pupil, desk, office) -> None:
        for day, old, new in ((10, "EX4 0XX", "EX5 5XX"), (18, "EX5 5XX", "EX6 6XX")):
            when = builders.AT.replace(day=day)
            admissions.change(pupil, {"postcode": new}, {"postcode": old}, "Moved", by=office, at=when)
        page = pages.soup(desk.get(at("admission_history", school, pupil.pk), {"on": "2026-11-17"})).main
        rows = {pages.text(row.th): [pages.text(cell) for cell in row.select("td")] for row in page.select("tbody tr")}
        assert rows["Postcode changed"] == ["EX4 0XX", "EX5 5XX", "EX6 6XX"]
        chain = page.select("[aria-label='Later entries'] tbody tr")
        assert [pages.text(row.td) for row in chain] == ["18 Nov 2026 09:05", "10 Nov 2026 09:05"]
        assert pages.text(chain[0]) == ("18 Nov 2026 09:05 Postcode EX5 5XX EX6 6XX Moved A office, office")

    def test_a_day_that_is_none_is_refused(self, school, pupil, desk) -> None:
        assert desk.get(at("admission_history", school, pupil.pk), {"on": "soon"}).status_code == 422


class TestTheList:
    def test_leavers_of_this_year(self, school, pupil, desk) -> None:
        oak = pupil.places.get().school_class
        builders.pupil(school, "Gone", school_class=oak, leaves_on=date(2026, 11, 19), leaving_ground="A")
        builders.pupil(school, "Goes", leaves_on=FRIDAY)
        builders.pupil(school, "Long", leaves_on=date(2026, 7, 21))
        page = pages.soup(desk.get(at("pupils", school), {"left": "yes"})).main
        rows = [[pages.text(cell) for cell in row.select("th, td")][:5] for row in page.select("#pupils tbody tr")]
        assert rows == [["Gone, Sam", "4 Oak", "Year 5", "19 Nov 2026", "A"]]
        assert page.find("input", attrs={"name": "left", "value": "yes"})
        page = pages.soup(desk.get(at("pupils", school), {"left": "yes", "class": "5 Elm"})).main
        assert "Nobody from 5 Elm has left" in pages.text(page)

    def test_only_those_who_may_enrol_are_offered_it(self, school, as_role) -> None:
        for role, offered in ((Role.OFFICE, True), (Role.FLO, False)):
            page = pages.soup(as_role(role).get(at("pupils", school))).main
            assert (page.find("a", string="Enrol a pupil") is not None) is offered


def test_names_are_shown_as_text_wherever_they_stand(school, desk, office) -> None:
    nasty = "<script>alert(1)</script>"
    pupil = builders.pupil(school, nasty, medical_note=nasty)
    Parent.objects.update(surname=nasty, address=nasty)
    admissions.change(pupil, {"address": nasty}, {"address": pupil.address}, nasty, by=office, at=builders.AT)
    names = ["pupil", "pupil_edit", "class_move", "pupil_leave", "admission_history", "contact_new", "arrangement_new"]
    addresses = [at(name, school, pupil.pk) for name in names] + [at("contact_edit", school, pupil.contacts.get().pk)]
    for address in addresses:
        content = desk.get(address).content.decode()
        assert nasty not in content, address
        assert "&lt;script&gt;" in content, address


def test_no_pupil_is_named_in_an_address(school, pupil, desk) -> None:
    for name in ("pupil_edit", "class_move", "pupil_leave", "admission_history", "contact_new"):
        page = pages.soup(desk.get(at(name, school, pupil.pk)))
        targets = [str(link.get(part, "")) for link in page.select("[href], [action]") for part in ("href", "action")]
        assert not any(word in target for target in targets for word in ("Ash", pupil.upn, "EX4"))
