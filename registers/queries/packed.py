"""Some pupils' marks of a period in order, read a row a pupil: one text of many sessions costs less than many rows."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, TypeVar

from django.db.models import Aggregate, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from registers.models import Mark, School
from registers.queries.figures import Period
from registers.rules.codes import NOT_ON_ROLL
from registers.rules.sessions import Session, SessionOn

T = TypeVar("T")
Told = tuple[SessionOn, str]
"""A session and the code it carries."""


class _Packed(Aggregate):
    """Sessions in one text, such as "2026-11-20 AM I,2026-11-20 PM I"."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="STRING_AGG(%(expressions)s, ',')", **context)


def by_pupil(school: School, period: Period, pupil_ids: Collection[int]) -> Mapping[int, list[Told]]:
    """Each pupil's marks in the order of the sessions; blanks and Z are none. One query; who has none is left out."""
    marks = Mark.objects.filter(
        school=school, pupil__in=pupil_ids, on__gte=period.first_on, on__lte=period.last_on
    ).exclude(code=NOT_ON_ROLL)
    return of_marks(marks, lambda place, code: (place, code))


def of_marks(marks: QuerySet[Mark, Mark], make: Callable[[SessionOn, str], T]) -> dict[int, list[T]]:
    """Some marks by pupil in the order of the sessions, each made of its session and code. One query."""
    sessions = Concat(Cast("on", TextField()), Value(" "), "session", Value(" "), "code")
    rows = marks.order_by().values("pupil_id").annotate(packed=_Packed(sessions)).values_list("pupil_id", "packed")
    known: dict[str, T] = {}
    return {pupil_id: _unpacked(packed, known, make) for pupil_id, packed in rows}


def _unpacked(packed: str, known: dict[str, T], make: Callable[[SessionOn, str], T]) -> list[T]:
    """In order; the same session with the same code is one value for all pupils."""
    words = packed.split(",")
    words.sort()
    for word in words:
        if word not in known:
            on, session, code = word.split(" ")
            known[word] = make(SessionOn(date.fromisoformat(on), Session(session)), code)
    return [known[word] for word in words]
