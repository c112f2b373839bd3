"""What was changed in either register in a period, as lists: who, in what role, when and why."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from registers import exports
from registers.exports import Asked, Export
from registers.models import AdmissionChange, Amendment
from registers.queries.figures import Period
from registers.rules import history as rules
from registers.rules.exports import Column, Kind, Value, texts
from registers.rules.rights import ROLE_NAMES, Right, Role

_SENSITIVE_FIELDS = frozenset({"lac", "social_worker", "medical_note"})


def _made_in(period: Period) -> dict[str, datetime]:
    """The instants between the first day's midnight and the last one's, by the school's clock."""
    return {"at__gte": _midnight(period.first_on), "at__lt": _midnight(period.last_on + timedelta(days=1))}


def _midnight(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time.min))


def _local(at: datetime) -> datetime:
    return at.astimezone(timezone.get_current_timezone())


def _period(asked: Asked) -> Period:
    return asked.period(Period(asked.today.replace(day=1), asked.today))


def _role(role: str) -> str:
    return ROLE_NAMES[Role(role)] if role in set(Role) else role


@exports.listed(
    "amendments",
    title="Amendments",
    says="Every amendment made on the days chosen: what stood, what stands, why, who and when.",
)
def amendments(asked: Asked) -> Export:
    """Every amendment of a mark made in a period: this month unless chosen."""
    period = _period(asked)
    found = (
        Amendment.objects.filter(school=asked.school, **_made_in(period))
        .select_related("mark__pupil", "by")
        .order_by("at", "pk")
    )
    return Export(
        "Amendments of the attendance register",
        f"amendments-{period.first_on}-to-{period.last_on}",
        (
            Column("date", Kind.DATE),
            *texts("session", "upn", "surname", "forename"),
            Column("entry", Kind.NUMBER),
            Column("old_code", Kind.CODE),
            Column("new_code", Kind.CODE),
            Column("old_minutes_late", Kind.NUMBER),
            Column("new_minutes_late", Kind.NUMBER),
            *texts("old_note", "new_note", "reason", "by", "role", "at"),
        ),
        (_amendment_row(one, asked) for one in found.iterator(chunk_size=2000)),
        [f"{asked.school.name}: made from {period.first_on:%d/%m/%Y} to {period.last_on:%d/%m/%Y}."],
    )


def _amendment_row(one: Amendment, asked: Asked) -> list[Value]:
    pupil = one.mark.pupil
    return [
        *(one.mark.on, one.mark.session, pupil.upn, pupil.legal_surname, pupil.forename),
        *(one.version, one.old_code, one.new_code, one.old_minutes_late, one.new_minutes_late),
        _for(asked, one.old_note, one.old_code),
        _for(asked, one.new_note, one.new_code),
        _for(asked, one.reason, one.old_code, one.new_code),
        *(one.by.name, _role(one.role), _local(one.at)),
    ]


def _for(asked: Asked, words: str, *symbols: str) -> str:
    """What was written beside some codes, if whoever asks may read it."""
    return "" if rules.is_restricted(*symbols) and not asked.may(Right.SEE_SENSITIVE) else words


@exports.listed(
    "admission-changes",
    right=Right.SEE_FAMILY,
    title="Changes of the admission register",
    says="Every change made on the days chosen.",
)
def admission_changes(asked: Asked) -> Export:
    """Every change of the admission register made in a period: this month unless chosen."""
    period = _period(asked)
    found = (
        AdmissionChange.objects.filter(school=asked.school, **_made_in(period))
        .select_related("pupil", "parent", "by")
        .order_by("at", "pk")
    )
    if not asked.may(Right.SEE_SENSITIVE):
        # One reason is typed for all that is saved at once: beside a sensitive change it may tell of that.
        beside = AdmissionChange.objects.filter(
            pupil=OuterRef("pupil"), at=OuterRef("at"), by=OuterRef("by"), field__in=_SENSITIVE_FIELDS
        )
        found = found.exclude(field__in=_SENSITIVE_FIELDS).annotate(is_kept_back=Exists(beside))
    return Export(
        "Changes of the admission register",
        f"admission-changes-{period.first_on}-to-{period.last_on}",
        texts("upn", "surname", "forename", "contact", "of", "field", "old", "new", "reason", "by", "role", "at"),
        _change_rows(found.iterator(chunk_size=2000)),
        [f"{asked.school.name}: made from {period.first_on:%d/%m/%Y} to {period.last_on:%d/%m/%Y}."],
    )


def _change_rows(found: Iterator[AdmissionChange]) -> Iterator[list[Value]]:
    for one in found:
        pupil, parent = one.pupil, one.parent
        yield [
            *((pupil.upn, pupil.legal_surname, pupil.forename) if pupil else ("", "", "")),
            parent.name if parent else "",
            *(one.subject, one.field, one.old, one.new),
            *("" if getattr(one, "is_kept_back", False) else one.reason, one.by.name, _role(one.role)),
            _local(one.at),
        ]
