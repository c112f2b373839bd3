"""A class register in hands that it did not expect."""

from datetime import date

import pytest
from django.urls import reverse

from registers.models import Closure
from tests import builders
from tests.registers import pages

pytestmark = pytest.mark.time_machine(builders.AT, tick=False)


def test_minutes_that_cannot_be_are_told_in_their_row(client, school, school_class, teacher) -> None:
    ash, birch = (builders.pupil(school, name, school_class=school_class) for name in ("Ash", "Birch"))
    client.force_login(teacher.user)
    sent = {"on": "2026-11-20", f"seen-{ash.pk}": "P", f"seen-{birch.pk}": "L", f"minutes-{birch.pk}": "31"}
    page = pages.soup(client.post(reverse("class_register", args=[school.slug, school_class.pk, "AM"]), sent))
    [wrong] = page.select(".register__wrong")
    assert wrong["id"] == f"wrong-{birch.pk}"
    assert "that is U. Answer absent, and the office gives the code." in wrong.get_text()


def test_a_session_that_alone_is_closed_says_why(client, school, school_class, teacher) -> None:
    builders.pupil(school, school_class=school_class)
    Closure.objects.create(
        school=school,
        first_on=date(2026, 11, 20),
        last_on=date(2026, 11, 20),
        session="PM",
        kind="closure",
        name="Burst pipe",
    )
    client.force_login(teacher.user)
    response = client.get(reverse("class_register", args=[school.slug, school_class.pk, "PM"]))
    assert "The school is closed: Burst pipe." in pages.soup(response).main.get_text()
