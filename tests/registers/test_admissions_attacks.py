"""What an attacker or a slip might do to the admission register."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from registers.admission_forms import check_plain
from registers.exports import Asked
from registers.models import ClassPlace, Event, Membership
from registers.queries import admission_history, calendars, figures
from registers.queries.exports import changes
from registers.queries.figures import Period
from registers.rules import deletion
from registers.rules.calendar import Calendar
from registers.rules.rights import Right, Role
from registers.rules.sessions import Session, SessionOn
from registers.services import admissions, leavers
from registers.services.leavers import Departure
from tests import builders
from tests.builders import AT, TODAY

LEAVING = Departure(TODAY, "F")
SURE = {"held", "authority", "ahead"}
AHEAD = date(2026, 11, 23)


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\u00ad", "\u0085", "\x7f", "\ufeff", "\u2028", "\t"])
def test_no_character_that_cannot_be_seen_stands_in_a_name(character: str) -> None:
    with pytest.raises(ValidationError):
        check_plain(f"Sm{character}ith")


@pytest.mark.parametrize("text", ["Zoë O’Brien-Ńowak", "1 Example Street\nExampleton", "Łukasz 😀", "محمد"])
def test_names_of_every_script_do(text: str) -> None:
    check_plain(text)


def test_taken_back_with_what_was_entered_ahead(school, calendar, office) -> None:
    oak, elm = builders.school_class(school, "4 Oak"), builders.school_class(school, "5 Elm")
    pupil = builders.pupil(school, school_class=oak)
    ClassPlace.objects.update(ends_on=date(2027, 1, 3))
    ClassPlace.objects.create(school=school, pupil=pupil, school_class=elm, starts_on=date(2027, 1, 4))
    mark = builders.mark(pupil, AHEAD, Session.AM, "M", note="Dentist at ten")
    leavers.leave(school, calendar, pupil, LEAVING, sure_of=SURE, today=TODAY, by=office, at=AT)
    leavers.take_back(school, pupil, "The wrong child", by=office, at=AT + timedelta(hours=1))
    mark.refresh_from_db()
    assert (mark.code, mark.note, mark.version) == ("M", "Dentist at ten", 3)
    places = ClassPlace.objects.order_by("starts_on").values_list("school_class", "starts_on", "ends_on")
    assert list(places) == [(oak.pk, pupil.starts_on, date(2027, 1, 3)), (elm.pk, date(2027, 1, 4), None)]


def test_codes_after_the_last_day_are_in_no_figures(school, calendar, office) -> None:
    pupil = builders.pupil(school, starts_on=date(2026, 11, 19), school_class=builders.school_class(school))
    builders.mark(pupil, AHEAD, Session.AM, "M")
    leavers.leave(school, calendar, pupil, LEAVING, sure_of=SURE, today=TODAY, by=office, at=AT)
    period = Period(date(2026, 11, 16), date(2026, 11, 27))
    found = figures.by_pupil(school, calendar, period)[pupil.pk]
    assert (dict(found.by_code), found.unmarked) == ({}, 4)
    assert set(figures.by_class(school, calendar, period)) == {"3 Test"}
    assert figures.by_day(school, period) == {}


def test_a_day_on_which_the_whole_school_was_shut_breaks_no_absence(calendar: Calendar) -> None:
    places = calendar.sessions_between(date(2026, 11, 3), date(2026, 11, 6))
    codes = dict.fromkeys(places, "O")
    codes[SessionOn(date(2026, 11, 4), Session.AM)] = codes[SessionOn(date(2026, 11, 4), Session.PM)] = "Y4"
    assert deletion.absent_run(places, codes) == 3
    codes[SessionOn(date(2026, 11, 4), Session.PM)] = "Y1"
    assert deletion.absent_run(places, codes) == 2


def test_what_was_ticked_for_one_ground_is_no_word_about_another(client, school, office) -> None:
    pupil = builders.pupil(school)
    client.force_login(office.user)
    address = reverse("pupil_leave", args=[school.slug, pupil.pk])
    given = {"leaves_on": "2026-11-20", "leaving_ground": "F", "asked": "J 2026-11-20"}
    given |= {f"sure_{key}": "on" for key in ("held", "authority", "backdated")}
    response = client.post(address, given)
    page = response.content.decode()
    assert (response.status_code, "notice in writing" in page, "checked" in page) == (200, True, False)
    pupil.refresh_from_db()
    assert pupil.leaves_on is None
    assert client.post(address, given | {"asked": "F 2026-11-20"}).status_code == 302


def test_a_reason_shared_with_a_sensitive_change_is_hidden_with_it(school, office) -> None:
    pupil = builders.pupil(school)
    wanted = {"medical_note": "Epilepsy", "postcode": "EX2 2BB"}
    stood = {"medical_note": "", "postcode": pupil.postcode}
    admissions.change(pupil, wanted, stood, "The clinic wrote of fits", by=office, at=AT)
    admissions.change(
        pupil, {"postcode": "EX3 3CC"}, {"postcode": "EX2 2BB"}, "Moved", by=office, at=AT.replace(hour=10)
    )
    pupil.refresh_from_db()
    hidden = admission_history.history(pupil, TODAY, sensitive=False)
    assert "fits" not in str(hidden)
    assert "Moved" in str(hidden)
    assert "fits" in str(admission_history.history(pupil, TODAY, sensitive=True))
    for rights, is_told in ((frozenset[Right](), False), (frozenset({Right.SEE_SENSITIVE}), True)):
        asked = Asked(school, calendars.of(school), TODAY, AT, rights, {})
        taken_away = str(list(changes.admission_changes(asked).rows))
        assert ("fits" in taken_away) is is_told
        assert "Moved" in taken_away


def test_who_read_is_recorded_in_the_part_that_may(client, school, office) -> None:
    """Somebody of the office who is the family liaison officer as well."""
    Membership.objects.create(user=office.user, school=school, role=Role.FLO, starts_on=office.starts_on)
    pupil = builders.pupil(school)
    client.force_login(office.user)
    assert client.get(reverse("pupil_edit", args=[school.slug, pupil.pk])).status_code == 200
    assert Event.objects.get(kind="sensitive fields read").role == Role.FLO
