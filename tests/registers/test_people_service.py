"""People invited, moved and ended: the row, the record, the refusal."""

from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from registers.models import ClassTeacher, Event, Membership, School, User
from registers.queries import classes
from registers.queries import people as queries
from registers.rules.people import PeopleRefusedError
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from registers.services import people
from tests import builders
from tests.builders import AT, TODAY

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_work(time_machine) -> None:
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def head(school: School) -> Membership:
    return builders.member(school, Role.HEAD)


@pytest.fixture
def now(head: Membership) -> dict[str, object]:
    return {"by": head, "at": AT}


def last_event() -> Event:
    return Event.objects.order_by("pk").last()


def dates(part: Membership) -> tuple[date, date | None]:
    part.refresh_from_db()
    return part.starts_on, part.ends_on


class TestInviting:
    def test_somebody_new_has_a_part_and_no_password(self, school, head, now) -> None:
        made = people.invite(school, " Jo.New@Ashdown.example ", " Jo New ", Role.OFFICE, TODAY, **now)
        user = made.part.user
        assert made.is_new
        assert (user.email, user.name, user.has_usable_password()) == ("jo.new@ashdown.example", "Jo New", False)
        assert (made.part.role, *dates(made.part)) == (Role.OFFICE, TODAY, None)
        event = last_event()
        assert (event.kind, event.subject, event.by, event.role, event.at) == (
            "person invited",
            f"user:{user.pk}",
            head.user,
            Role.HEAD,
            AT,
        )
        assert "Jo" not in str(event.facts)
        assert event.facts["role"] == Role.OFFICE

    def test_a_class_teacher_has_their_classes_from_that_day(self, school, now) -> None:
        oak = builders.school_class(school, "3 Oak")
        builders.pupil(school, school_class=oak)
        made = people.invite(school, "t@ashdown.example", "T", Role.TEACHER, TOMORROW, [oak], **now)
        assert list(classes.open_to([made.part], school, TOMORROW)) == [oak]
        assert list(classes.open_to([made.part], school, TODAY)) == []

    def test_somebody_of_another_school_keeps_name_and_password(self, school, other_school, now) -> None:
        known = builders.member(other_school, Role.OFFICE, "Kim Known").user
        made = people.invite(school, known.email.upper(), "Someone Else", Role.FLO, TODAY, **now)
        known.refresh_from_db()
        assert made.part.user == known
        assert not made.is_new
        assert known.name == "Kim Known"
        assert known.check_password("correct horse")

    @pytest.mark.parametrize(
        ("email", "name", "role", "refusal"),
        [
            ("nobody", "Jo", Role.OFFICE, "no email address"),
            ("jo@ashdown.example", "  ", Role.OFFICE, "name"),
            ("jo@ashdown.example", "Jo", Role.NIGHTLY, "system's own"),
            ("jo@ashdown.example", "Jo", Role.OPERATOR, "system's own"),
        ],
    )
    def test_what_cannot_be_is_refused_and_leaves_nothing(self, school, now, email, name, role, refusal) -> None:
        users = User.objects.count()
        with pytest.raises(PeopleRefusedError, match=refusal):
            people.invite(school, email, name, role, TODAY, **now)
        assert (User.objects.count(), Event.objects.count()) == (users, 0)

    def test_the_machines_address_is_refused(self, school, now) -> None:
        User.objects.create(email="nightly@system.invalid", name="Nightly scan", is_active=False)
        with pytest.raises(PeopleRefusedError, match="Nobody signs in"):
            people.invite(school, "nightly@system.invalid", "N", Role.OFFICE, TODAY, **now)

    def test_classes_for_the_office_are_refused(self, school, now) -> None:
        with pytest.raises(PeopleRefusedError, match="Only a class teacher"):
            people.invite(
                school, "jo@ashdown.example", "Jo", Role.OFFICE, TODAY, [builders.school_class(school)], **now
            )

    @pytest.mark.parametrize("role", [Role.OFFICE, Role.ATTENDANCE_LEAD, Role.FLO, Role.TEACHER, Role.TRUST])
    def test_only_whoever_manages_people_invites(self, school, role: Role) -> None:
        with pytest.raises(RightRefusedError):
            people.invite(school, "jo@a.example", "Jo", Role.OFFICE, TODAY, by=builders.member(school, role), at=AT)


class TestParts:
    def test_another_part_is_given(self, school, now) -> None:
        office = builders.member(school, Role.OFFICE)
        given = people.give_part(school, office.user, Role.FLO, TODAY, **now)
        assert queries.memberships(office.user, school.slug) == [office, given]
        assert last_event().kind == "part given"

    def test_the_same_part_twice_is_refused(self, school, now) -> None:
        office = builders.member(school, Role.OFFICE)
        with pytest.raises(PeopleRefusedError, match="already"):
            people.give_part(school, office.user, Role.OFFICE, TODAY, **now)

    def test_a_part_that_ended_can_be_given_again(self, school, now) -> None:
        office = builders.member(school, Role.OFFICE)
        people.end_part(school, office.pk, TODAY, **now)
        again = people.give_part(school, office.user, Role.OFFICE, TODAY, **now)
        assert queries.memberships(office.user, school.slug) == [again]

    def test_whoever_is_not_here_must_be_invited(self, school, other_school, now) -> None:
        stranger = builders.member(other_school)
        with pytest.raises(PeopleRefusedError, match="Invite them"):
            people.give_part(school, stranger.user, Role.OFFICE, TODAY, **now)

    def test_a_move_ends_one_and_begins_another(self, school, now) -> None:
        teacher = builders.member(school, Role.TEACHER)
        oak = builders.school_class(school, "3 Oak", teacher)
        new = people.move_part(school, teacher.pk, Role.OFFICE, TOMORROW, **now)
        assert dates(teacher) == (date(2024, 9, 1), TODAY)
        assert (new.role, *dates(new)) == (Role.OFFICE, TOMORROW, None)
        assert ClassTeacher.objects.get(school_class=oak).ends_on == TODAY
        event = last_event()
        assert event.kind == "part moved"
        assert (event.facts["from"]["role"], event.facts["to"]["role"]) == (Role.TEACHER, Role.OFFICE)

    def test_a_move_to_the_same_part_is_refused(self, school, now) -> None:
        office = builders.member(school, Role.OFFICE)
        with pytest.raises(PeopleRefusedError, match="as it is"):
            people.move_part(school, office.pk, Role.OFFICE, TOMORROW, **now)

    def test_a_head_may_move_to_another_part_that_manages_people_and_to_no_other(self, school, head, now) -> None:
        with pytest.raises(PeopleRefusedError, match="Ask another"):
            people.move_part(school, head.pk, Role.GOVERNOR, TOMORROW, **now)
        assert dates(head)[1] is None
        people.move_part(school, head.pk, Role.ADMINISTRATOR, TOMORROW, **now)
        assert dates(head)[1] == TODAY

    def test_an_ended_part_keeps_its_row_and_opens_nothing_at_once(self, school, now, client) -> None:
        office = builders.member(school, Role.OFFICE)
        client.force_login(office.user)
        assert client.get(f"/s/{school.slug}/office").status_code == 200
        people.end_part(school, office.pk, TODAY, **now)
        assert dates(office) == (date(2024, 9, 1), YESTERDAY)
        assert client.get(f"/s/{school.slug}/office").status_code == 404
        event = last_event()
        assert (event.kind, event.facts["ends_on"]) == ("part ended", str(YESTERDAY))

    def test_one_to_end_later_runs_until_then(self, school, now, time_machine) -> None:
        office = builders.member(school, Role.OFFICE)
        people.end_part(school, office.pk, TOMORROW, **now)
        assert queries.memberships(office.user, school.slug) == [office]
        time_machine.shift(timedelta(days=1))
        assert queries.memberships(office.user, school.slug) == []

    def test_one_that_never_was_is_taken_back_and_the_record_keeps_it(self, school, now) -> None:
        made = people.invite(school, "jo@ashdown.example", "Jo", Role.OFFICE, TODAY, **now)
        people.end_part(school, made.part.pk, TODAY, **now)
        assert not Membership.objects.filter(user=made.part.user).exists()
        event = last_event()
        assert (event.kind, event.facts["role"], event.facts["starts_on"]) == (
            "part taken back",
            Role.OFFICE,
            str(TODAY),
        )

    def test_a_teachers_classes_end_with_the_part(self, school, now) -> None:
        teacher = builders.member(school, Role.TEACHER)
        oak, elm = builders.school_class(school, "3 Oak", teacher), builders.school_class(school, "4 Elm")
        people.give_class(school, teacher.user, elm, TOMORROW, **now)
        people.end_part(school, teacher.pk, TODAY, **now)
        assert list(ClassTeacher.objects.values_list("school_class", "ends_on")) == [(oak.pk, YESTERDAY)]

    def test_nobody_shuts_themselves_out(self, school, head, now) -> None:
        builders.member(school, Role.HEAD)
        with pytest.raises(PeopleRefusedError, match="Ask another"):
            people.end_part(school, head.pk, TODAY, **now)

    def test_two_heads_cannot_end_each_other_for_later(self, school, head, now) -> None:
        other = builders.member(school, Role.HEAD)
        people.end_part(school, other.pk, date(2027, 1, 1), **now)
        with pytest.raises(PeopleRefusedError, match="Nobody could"):
            people.end_part(school, head.pk, date(2027, 1, 1), by=other, at=AT)

    def test_another_schools_part_is_not_found(self, school, other_school, now) -> None:
        stranger = builders.member(other_school)
        for change in (people.end_part, lambda *a, **k: people.move_part(*a[:2], Role.FLO, a[2], **k)):
            with pytest.raises(Membership.DoesNotExist):
                change(school, stranger.pk, TODAY, **now)

    def test_the_machines_part_is_not_found(self, school, now) -> None:
        with pytest.raises(Membership.DoesNotExist):
            people.end_part(school, builders.nightly(school).pk, TODAY, **now)


class TestClasses:
    @pytest.fixture
    def teacher(self, school) -> Membership:
        return builders.member(school, Role.TEACHER)

    def test_given_and_taken(self, school, teacher, now) -> None:
        oak = builders.school_class(school, "3 Oak")
        builders.pupil(school, school_class=oak)
        people.give_class(school, teacher.user, oak, TODAY - timedelta(days=7), **now)
        assert list(classes.open_to([teacher], school, TODAY)) == [oak]
        assert last_event().kind == "class given"
        people.take_class(school, ClassTeacher.objects.get().pk, TODAY, **now)
        assert list(classes.open_to([teacher], school, TODAY)) == []
        assert list(classes.open_to([teacher], school, YESTERDAY)) == [oak]
        assert (last_event().kind, last_event().facts["class"]) == ("class taken", oak.pk)

    def test_not_twice(self, school, teacher, now) -> None:
        oak = builders.school_class(school, "3 Oak", teacher)
        with pytest.raises(PeopleRefusedError, match="already"):
            people.give_class(school, teacher.user, oak, TODAY, **now)

    def test_not_to_the_office(self, school, now) -> None:
        office = builders.member(school, Role.OFFICE)
        with pytest.raises(PeopleRefusedError, match="not a class teacher"):
            people.give_class(school, office.user, builders.school_class(school), TODAY, **now)

    def test_not_after_the_part_has_ended(self, school, teacher, now) -> None:
        people.end_part(school, teacher.pk, TODAY, **now)
        with pytest.raises(PeopleRefusedError, match="not a class teacher"):
            people.give_class(school, teacher.user, builders.school_class(school), TODAY, **now)


class TestHelp:
    @pytest.fixture
    def office(self, school) -> Membership:
        office = builders.member(school, Role.OFFICE)
        for kind in Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES:
            Authenticator.objects.create(user=office.user, type=kind, data={})
        return office

    def test_a_lost_second_step_is_removed_with_its_codes(self, school, office, now) -> None:
        people.reset_second_factor(school, office.user, TODAY, **now)
        assert not Authenticator.objects.exists()
        assert (last_event().kind, last_event().subject) == ("second factor reset", f"user:{office.user_id}")

    def test_none_to_remove_is_said(self, school, now) -> None:
        with pytest.raises(PeopleRefusedError, match="no second step"):
            people.reset_second_factor(school, builders.member(school).user, TODAY, **now)

    def test_a_link_is_on_record(self, school, office, now) -> None:
        people.allow_link(school, office.user, TODAY, **now)
        assert last_event().kind == "password link made"

    @pytest.mark.parametrize("help_in", [people.reset_second_factor, people.allow_link])
    def test_nobody_gets_into_another_school_by_it(self, school, other_school, office, head, now, help_in) -> None:
        """A head could otherwise invite another school's head and take a link for their account."""
        there = Membership.objects.create(user=office.user, school=other_school, role=Role.HEAD, starts_on=TODAY)
        with pytest.raises(PeopleRefusedError, match="another school"):
            help_in(school, office.user, TODAY, **now)
        assert Authenticator.objects.count() == 2
        mine = Membership.objects.create(
            user=head.user, school=other_school, role=Role.ADMINISTRATOR, starts_on=TODAY, ends_on=TODAY
        )
        help_in(school, office.user, TODAY, **now)
        mine.delete()
        there.starts_on, there.ends_on = date(2024, 9, 1), YESTERDAY
        there.save()
        if help_in is people.allow_link:
            help_in(school, office.user, TODAY, **now)

    @pytest.mark.parametrize("help_in", [people.reset_second_factor, people.allow_link])
    def test_nobody_helps_themselves_nor_a_stranger(self, school, other_school, head, now, help_in) -> None:
        with pytest.raises(PeopleRefusedError, match="This is you"):
            help_in(school, head.user, TODAY, **now)
        with pytest.raises(PeopleRefusedError, match="no part"):
            help_in(school, builders.member(other_school).user, TODAY, **now)


class TestSecondStepOfTheSchool:
    def test_the_roles_are_set_and_on_record_once(self, school, now) -> None:
        for _ in range(2):
            people.require_second_factor(school, ["office", "head"], **now)
        school.refresh_from_db()
        assert school.second_factor_roles == ["head", "office"]
        assert Event.objects.get().facts == {"before": [], "after": ["head", "office"]}

    def test_by_whoever_sets_the_school_up(self, school) -> None:
        people.require_second_factor(school, ["head"], by=builders.member(school, Role.ATTENDANCE_LEAD), at=AT)
        with pytest.raises(RightRefusedError):
            people.require_second_factor(school, [], by=builders.member(school, Role.OFFICE), at=AT)

    def test_the_machine_is_not_asked(self, school, now) -> None:
        with pytest.raises(PeopleRefusedError):
            people.require_second_factor(school, ["nightly"], **now)


def test_two_schools_are_kept_apart(school, other_school, now) -> None:
    """The same person ends at one school and stays at the other."""
    person = builders.member(school, Role.OFFICE)
    there = Membership.objects.create(user=person.user, school=other_school, role=Role.OFFICE, starts_on=TODAY)
    people.end_part(school, person.pk, TODAY, **now)
    with schools_in_scope([other_school.pk]):
        assert queries.memberships(person.user, other_school.slug) == [there]
        assert not Event.objects.exists()


class TestFromTheCommandLine:
    @pytest.fixture
    def operator(self, school) -> Membership:
        return builders.member(school, Role.OPERATOR)

    def test_the_first_who_manages_people_is_made_and_given_a_link(self, school, operator, client, capsys) -> None:
        call_command("appoint", "a@ashdown.example", "Ada", "--school", school.slug, "--site", "https://a.example")
        link = capsys.readouterr().out.split()[-1]
        assert link.startswith("https://a.example/password/")
        assert client.get(link.removeprefix("https://a.example")).status_code == 302
        part = Membership.objects.get(user__email="a@ashdown.example")
        assert (part.role, part.starts_on) == (Role.ADMINISTRATOR, TODAY)
        assert (last_event().kind, last_event().by) == ("person invited", operator.user)

    def test_twice_is_refused(self, school, operator) -> None:
        words = ["appoint", "a@ashdown.example", "Ada", "--school", school.slug]
        call_command(*words)
        with pytest.raises(CommandError, match="already"):
            call_command(*words)

    def test_a_password_that_was_chosen_is_not_asked_for_again(self, school, operator, capsys) -> None:
        office = builders.member(school, Role.OFFICE)
        call_command("appoint", office.user.email, "O", "--school", school.slug, "--role", "head")
        assert "link" not in capsys.readouterr().out

    @pytest.mark.parametrize("role", [Role.OFFICE, Role.TRUST, Role.NIGHTLY])
    def test_nobody_else_is_made_there(self, school, operator, role: Role) -> None:
        with pytest.raises(PeopleRefusedError):
            people.appoint(school, "a@ashdown.example", "Ada", role, TODAY, by=operator, at=AT)

    def test_nobody_else_makes_them_so(self, school, now) -> None:
        with pytest.raises(PeopleRefusedError):
            people.appoint(school, "a@ashdown.example", "Ada", Role.HEAD, TODAY, **now)
