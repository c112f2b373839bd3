"""No scope, no data: nothing of a school is read or written until it is in scope, and then nothing of another's."""

import contextlib
from collections.abc import Callable
from datetime import date
from threading import Thread

import pytest
from django.apps import apps
from django.db import models

from registers import bulk
from registers.models import ClassPlace, Contact, Mark, Pupil, School, SchoolClass
from registers.rules.sessions import Session
from registers.scope import OutOfScopeError, SchoolOwned, ScopedManager, current_scope, schools_in_scope
from tests import builders

OWNED = sorted(
    (model for model in apps.get_models() if issubclass(model, SchoolOwned)), key=lambda model: model._meta.label
)


@pytest.fixture
def closed(db: None) -> School:
    """A school with a pupil, a class and a mark, and no scope open."""
    school = builders.school("cedar")
    with schools_in_scope([school.pk]):
        pupil = builders.pupil(school, school_class=builders.school_class(school, "1 Ash"))
        builders.mark(pupil, date(2026, 11, 20), Session.AM, "/")
    return school


ASKING: dict[str, Callable[[], object]] = {
    "all": Pupil.objects.all,
    "filter": lambda: Pupil.objects.filter(pk=1),
    "get": lambda: Pupil.objects.get(pk=1),
    "first": Pupil.objects.first,
    "count": Pupil.objects.count,
    "exists": Pupil.objects.exists,
    "none": Pupil.objects.none,
    "values": lambda: Pupil.objects.values("pk"),
    "aggregate": lambda: Pupil.objects.aggregate(models.Max("pk")),
    "update": lambda: Pupil.objects.update(sex="M"),
    "delete": lambda: SchoolClass.objects.all().delete(),
    "raw-lookup": lambda: Pupil.objects.in_bulk([1]),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_nothing_is_read_without_a_scope(closed: School, ask: Callable[[], object]) -> None:
    with pytest.raises(OutOfScopeError, match="No school is in scope"):
        ask()


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)
def test_every_model_of_a_school_is_guarded(model: type[SchoolOwned]) -> None:
    assert isinstance(model._default_manager, ScopedManager)
    with pytest.raises(OutOfScopeError):
        model._default_manager.all()


def test_every_model_with_a_school_is_of_a_school() -> None:
    """A model with a foreign key to a school, or to something of one, is guarded, but the one that says who may."""
    unguarded = {
        model.__name__
        for model in apps.get_models()
        if not issubclass(model, SchoolOwned)
        and any(
            field.many_to_one and (field.related_model is School or issubclass(field.related_model, SchoolOwned))
            for field in model._meta.get_fields()
        )
    }
    assert unguarded == {"Membership"}


def test_nothing_is_written_without_a_scope(closed: School) -> None:
    with schools_in_scope([closed.pk]):
        pupil = Pupil.objects.get()
        place = ClassPlace.objects.get()
    for write in (
        lambda: SchoolClass.objects.create(school=closed, name="2 Oak"),
        lambda: SchoolClass.objects.bulk_create([SchoolClass(school=closed, name="2 Oak")]),
        lambda: SchoolClass.objects.get_or_create(school=closed, name="2 Oak"),
        lambda: SchoolClass.objects.update_or_create(school=closed, name="2 Oak"),
        lambda: SchoolClass(school=closed, name="2 Oak").save(),
        pupil.save,
        lambda: Pupil.objects.bulk_update([pupil], ["sex"]),
        pupil.marks.count,
        lambda: pupil.places.create(school=closed, school_class_id=place.school_class_id, starts_on=date(2026, 9, 1)),
    ):
        with pytest.raises(OutOfScopeError):
            write()
    with schools_in_scope([closed.pk]):
        assert SchoolClass.objects.count() == 1


def test_another_schools_rows_are_not_there(school: School, closed: School) -> None:
    own = builders.pupil(school)
    assert list(Pupil.objects.all()) == [own]
    assert not Mark.objects.exists()
    assert Pupil.objects.filter(school=closed).count() == 0
    assert Pupil.objects.update(sex="M") == 1
    with schools_in_scope([closed.pk]):
        stranger = Pupil.objects.get()
        assert stranger.sex == "F"
    with pytest.raises(Pupil.DoesNotExist):
        Pupil.objects.get(pk=stranger.pk)
    assert stranger.marks.count() == 0


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda other: SchoolClass.objects.create(school=other, name="X"), id="create"),
        pytest.param(lambda other: SchoolClass.objects.create(school_id=other.pk, name="X"), id="create-by-id"),
        pytest.param(lambda _: SchoolClass.objects.create(name="X"), id="create-for-nobody"),
        pytest.param(lambda other: SchoolClass(school=other, name="X").save(), id="save"),
        pytest.param(
            lambda other: SchoolClass.objects.bulk_create([SchoolClass(school=other, name="X")]), id="bulk-create"
        ),
        pytest.param(lambda other: SchoolClass.objects.get_or_create(school=other, name="X"), id="get-or-create"),
        pytest.param(
            lambda other: bulk.insert(SchoolClass, other.pk, ["name"], [["X"]]), id="the-quick-way-of-many-rows"
        ),
        pytest.param(
            lambda other: bulk.update(SchoolClass, other.pk, ["name"], [(1, "X")]), id="the-quick-way-of-many-changes"
        ),
    ],
)
def test_no_row_is_written_for_another_school(
    school: School, closed: School, write: Callable[[School], object]
) -> None:
    with pytest.raises(OutOfScopeError):
        write(closed)


def test_one_stranger_in_a_batch_stops_all_of_it(school: School, closed: School) -> None:
    with pytest.raises(OutOfScopeError):
        SchoolClass.objects.bulk_create([SchoolClass(school=school, name="A"), SchoolClass(school=closed, name="B")])
    assert not SchoolClass.objects.exists()


def test_a_row_cannot_be_moved_to_another_school(school: School, closed: School) -> None:
    pupil = builders.pupil(school)
    pupil.school = closed
    with pytest.raises(OutOfScopeError):
        pupil.save()


def test_rows_cannot_be_moved_to_another_school_all_at_once(school: School, closed: School) -> None:
    pupil = builders.pupil(school)
    with pytest.raises(OutOfScopeError):
        Pupil.objects.update(school=closed)
    with pytest.raises(OutOfScopeError):
        Pupil.objects.update(school_id=closed.pk)
    pupil.school = closed
    with pytest.raises(OutOfScopeError):
        Pupil.objects.bulk_update([pupil], ["school"])


def test_reading_joins_only_rows_of_the_scope(school: School, closed: School) -> None:
    builders.pupil(school)
    assert Contact.objects.count() == 1
    with schools_in_scope([school.pk, closed.pk]):
        assert Contact.objects.count() == 2


def test_scopes_nest_and_are_restored() -> None:
    with schools_in_scope([1, 2]):
        with schools_in_scope([3]):
            assert current_scope() == {3}
        assert current_scope() == {1, 2}
        with contextlib.suppress(ZeroDivisionError), schools_in_scope([]):
            assert current_scope() == frozenset()
            raise ZeroDivisionError
        assert current_scope() == {1, 2}
    with pytest.raises(OutOfScopeError):
        current_scope()


def test_an_empty_scope_is_a_scope_without_rows(closed: School) -> None:
    with schools_in_scope([]):
        assert Pupil.objects.count() == 0
        with pytest.raises(OutOfScopeError):
            SchoolClass.objects.create(school=closed, name="X")


def test_another_thread_starts_without_a_scope(school: School) -> None:
    found: list[str] = []

    def look() -> None:
        try:
            Pupil.objects.all()
        except OutOfScopeError:
            found.append("refused")

    thread = Thread(target=look)
    thread.start()
    thread.join()
    assert found == ["refused"]
