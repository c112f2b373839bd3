"""What an attacker or a slip might do to the calendar, the settings and the figures."""

from dataclasses import replace
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from registers.models import Closure, Event, Membership, SessionTimes, Term
from registers.queries import calendars
from registers.rules import statistics
from registers.rules.calendar import CalendarRefusedError
from registers.rules.rights import Role
from registers.rules.statistics import BandsRefusedError
from registers.services import calendars as services
from tests import builders
from tests.builders import AT


@pytest.fixture
def head(school) -> Membership:
    return builders.member(school, Role.HEAD)


@pytest.mark.parametrize("week", ["0001-01-01", "9999-12-31", "1999-12-31", "2100-12-31", "٢٠٢٦-١١-٢٠", "x"])
def test_a_week_beyond_all_calendars(client, school, head, week: str) -> None:
    client.force_login(head.user)
    assert client.get(reverse("class_table", args=[school.slug]), {"week": week}).status_code == 200


@pytest.mark.parametrize("red", ["1e-99999", "1_0", "٥٠", "nan", "inf", "-1", "50%", ""])
def test_bands_are_plain_percentages(red: str) -> None:
    with pytest.raises(BandsRefusedError):
        statistics.bands(["95", "90", red])


def test_bands_are_chosen_in_the_part_that_may(client, school, head) -> None:
    """Somebody of the office who is the system administrator as well."""
    both = builders.member(school, Role.OFFICE)
    Membership.objects.create(user=both.user, school=school, role=Role.ADMINISTRATOR, starts_on=both.starts_on)
    client.force_login(both.user)
    assert (
        client.post(
            reverse("colour_sheet", args=[school.slug]), {"green": "96", "amber": "92", "red": "50"}
        ).status_code
        == 302
    )
    assert Event.objects.get().role == Role.ADMINISTRATOR


def test_a_key_stage_sent_twice_is_entered_once(client, school, head) -> None:
    client.force_login(head.user)
    sent = {"save": "times", "session": "AM", "applies_from": "2027-01-04", "key_stages": ["KS1", "KS1"]}
    sent |= {"starts": "08:45", "on_time_until": "08:45", "closes": "09:15"}
    assert client.post(reverse("settings", args=[school.slug]), sent).status_code == 302
    assert SessionTimes.objects.filter(applies_from=date(2027, 1, 4)).count() == 1


@pytest.mark.parametrize(("last_on", "stands"), [("2028-08-31", True), ("2028-09-01", False), ("2072-07-21", False)])
def test_a_half_term_ends_within_its_school_year(client, school, head, last_on: str, stands: bool) -> None:
    client.force_login(head.user)
    sent = {"number": "6", "name": "", "first_on": "2028-06-05", "last_on": last_on}
    assert client.post(reverse("term_new", args=[school.slug]), sent).status_code == (302 if stands else 422)
    rows = f"kind,number,first_on,last_on\nterm,6,2029-06-04,{last_on.replace('2028', '2029')}\n"
    upload = {"file": SimpleUploadedFile("calendar.csv", rows.encode())}
    assert client.post(reverse("calendar_import", args=[school.slug]), upload).status_code == (200 if stands else 422)


def test_what_somebody_else_took_out_is_not_changed(school, head) -> None:
    term = Term.objects.get(first_on=date(2027, 6, 7))
    closure = Closure.objects.get()
    known = calendars.as_term(term), calendars.as_closure(closure)
    services.remove_term(term, by=head, at=AT)
    services.remove_closure(closure, by=head, at=AT)
    before = Event.objects.count()
    who = {"by": head, "at": AT}
    for work in (
        lambda: services.change_term(term, replace(known[0], name="Summer"), **who),
        lambda: services.remove_term(term, **who),
        lambda: services.change_closure(closure, replace(known[1], name="Training"), **who),
        lambda: services.remove_closure(closure, **who),
    ):
        with pytest.raises(CalendarRefusedError, match="meanwhile"):
            work()
    assert Event.objects.count() == before


@pytest.mark.parametrize("name", ["term_new", "closure_new"])
def test_names_on_a_calendar_can_be_seen(client, school, head, name: str) -> None:
    client.force_login(head.user)
    sent = {"number": "1", "kind": "inset", "name": "Tr\u202eaining", "first_on": "2027-09-01", "last_on": "2027-10-15"}
    response = client.post(reverse(name, args=[school.slug]), sent)
    assert response.status_code == 422
    assert "cannot be seen" in response.content.decode()


@pytest.mark.parametrize("name", ["term", "closure"])
def test_a_form_that_stood_open_does_not_win_unseen(client, school, head, name: str) -> None:
    client.force_login(head.user)
    row = Term.objects.get(first_on=date(2027, 6, 7)) if name == "term" else Closure.objects.get()
    address = reverse(name, args=[school.slug, row.pk])
    stood = client.get(address).context["form"].initial
    sent = {field: str(value) for field, value in stood.items()} | {"name": "Mine"}
    type(row).objects.filter(pk=row.pk).update(name="Theirs")
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert "Now it is: " in refused.content.decode()
    row.refresh_from_db()
    assert row.name == "Theirs"
    again = sent | {"stood": refused.context["form"]["stood"].value()}
    assert client.post(address, again).status_code == 302
    row.refresh_from_db()
    assert row.name == "Mine"
