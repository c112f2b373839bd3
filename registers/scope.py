"""No scope, no data: rows of a school cannot be read or written until somebody has said which schools are in scope.

The guard covers managers, related managers, creation and saving. Following a foreign key from a row already in hand,
`refresh_from_db` and joins that start at an unscoped model are not covered; the access matrix test covers every
address for those.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import models

_scope: ContextVar[frozenset[int] | None] = ContextVar("schools_in_scope", default=None)


class OutOfScopeError(Exception):
    """A school's rows were asked for outside its scope: a fault in the program, never in what was typed."""


@contextmanager
def schools_in_scope(school_ids: Iterable[int]) -> Iterator[None]:
    """Open the data of these schools, and of no other, until the block ends."""
    token = _scope.set(frozenset(school_ids))
    try:
        yield
    finally:
        _scope.reset(token)


def current_scope() -> frozenset[int]:
    """The ids of the schools whose rows may be touched now, or an error if nobody has said."""
    scope = _scope.get()
    if scope is None:
        raise OutOfScopeError("No school is in scope. Open one with schools_in_scope([...]).")
    return scope


def check_in_scope(school_id: int | None) -> None:
    if school_id not in current_scope():
        raise OutOfScopeError(f"School {school_id} is not in scope.")


M = TypeVar("M", bound=models.Model)


class ScopedQuerySet(models.QuerySet[M, M]):
    """Creates rows, and moves them, only for schools in scope."""

    def create(self, **kwargs: Any) -> M:
        check_in_scope(_school_id(kwargs))
        return super().create(**kwargs)

    def update(self, **kwargs: Any) -> int:
        if "school" in kwargs or "school_id" in kwargs:
            check_in_scope(_school_id(kwargs))
        return super().update(**kwargs)

    def bulk_update(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> int:
        rows = list(objs)
        for school_id in {row.school_id for row in rows}:  # type: ignore[attr-defined]
            check_in_scope(school_id)
        return super().bulk_update(rows, *args, **kwargs)

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        rows = list(objs)
        for school_id in {row.school_id for row in rows}:  # type: ignore[attr-defined]
            check_in_scope(school_id)
        return super().bulk_create(rows, *args, **kwargs)


def _school_id(kwargs: dict[str, Any]) -> int | None:
    school = kwargs.get("school")
    return school.pk if school is not None else kwargs.get("school_id")


class ScopedManager(models.Manager[M]):
    """Sees only the rows of the schools in scope, and nothing at all before a scope is opened."""

    def get_queryset(self) -> ScopedQuerySet[M]:
        return ScopedQuerySet(self.model, using=self._db).filter(school_id__in=current_scope())


class SchoolOwned(models.Model):
    """A row that belongs to one school."""

    school = models.ForeignKey("registers.School", on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        check_in_scope(self.school_id)
        super().save(*args, **kwargs)
