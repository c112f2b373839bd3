"""Batches as their pages show them and as their background work goes through them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet

from letters.models import Batch, BatchItem, Letter
from letters.queries import counted
from letters.rules.batches import LOOKED_THROUGH, ItemState, Progress
from letters.rules.counted import Difference
from letters.rules.states import WAITING, WENT, LetterState
from registers.models import Pupil, School, SchoolClass
from registers.queries import classes

ORDER = ("class_name", "pupil__legal_surname", "pupil__legal_forename", "pupil_id")
"""The order of a pile of envelopes: by class, then surname; the households of a pupil follow each other."""
LETTER_ORDER = (*(f"item__{name}" for name in ORDER), "pk")
LATELY = timedelta(days=90)


@dataclass(frozen=True)
class Row:
    """One pupil of a batch with their letters, and what has been amended behind them."""

    item: BatchItem
    letters: tuple[Letter, ...]
    changed: Difference | None
    shares: tuple[str, ...] = ()
    """The brothers and sisters of whom the letters speak as well."""

    @property
    def may_drop(self) -> bool:
        return self.item.state in (ItemState.WAITING, ItemState.WRITTEN)


def of_school(school: School) -> QuerySet[Batch, Batch]:
    return Batch.objects.filter(school=school).select_related(
        "school", "wording", "started_by", "checked_by", "approved_by", "cancelled_by"
    )


def lately(school: School, on: date) -> list[Batch]:
    """The batches of the last months with how many pupils each has, the newest first."""
    rows = of_school(school).filter(written_for__gte=on - LATELY).annotate(pupils=Count("items"))
    return list(rows.order_by("-started_at", "-pk"))


def waiting(school: School) -> list[Batch]:
    """The batches that somebody has to look through or approve, the oldest first."""
    rows = of_school(school).filter(state__in=LOOKED_THROUGH).annotate(pupils=Count("items"))
    return list(rows.order_by("started_at", "pk"))


def progress(batch: Batch) -> Progress:
    """How many of a batch's pupils are in each state; one query."""
    counts = BatchItem.objects.filter(batch=batch).values_list("state").annotate(Count("pk")).order_by()
    return Progress({ItemState(state): number for state, number in counts})


def rows(batch: Batch) -> list[Row]:
    """Every pupil of a batch in the order of the envelopes; four queries however many."""
    # What a letter says and was counted from is long, and stands on its own page.
    live = Letter.objects.exclude(state=LetterState.DROPPED).defer("body", "sessions", "facts", "given").order_by("pk")
    items = list(
        BatchItem.objects.filter(batch=batch)
        .select_related("pupil")
        .prefetch_related(Prefetch("letters", queryset=live, to_attr="live"))
        .order_by(*ORDER)
    )
    changed = counted.differences(letter for item in items for letter in item.live)
    speaks_of: defaultdict[int | None, list[BatchItem]] = defaultdict(list)
    for item in items:
        for letter in item.live:
            speaks_of[letter.number].append(item)
    return [_row(item, changed, speaks_of) for item in items]


def _row(item: BatchItem, changed: dict[int, Difference], speaks_of: Mapping[int | None, list[BatchItem]]) -> Row:
    live: list[Letter] = item.live  # type: ignore[attr-defined]
    others = {other.pk: other.pupil.name for one in live for other in speaks_of[one.number] if other.pk != item.pk}
    return Row(
        item,
        tuple(live),
        next((changed[one.pk] for one in live if one.pk in changed), None),
        tuple(others.values()),
    )


def changed(batch: Batch) -> list[int]:
    """The items behind whose waiting letters a mark has been amended."""
    rows = Letter.objects.filter(item__batch=batch, state__in=WAITING, item__state=ItemState.WRITTEN)
    waiting = list(rows.defer("body", "sessions", "facts", "given"))
    found = counted.differences(waiting)
    return sorted({letter.item_id for letter in waiting if letter.pk in found and letter.item_id is not None})


def shared(batch: Batch) -> list[tuple[int, int]]:
    """The items of a batch whose letters are one, in pairs."""
    rows = Letter.objects.filter(item__batch=batch, state__in=WAITING, shared__isnull=False)
    return list(rows.order_by("pk").values_list("shared__item", "item"))


def printed(batch: Batch) -> list[Letter]:
    """The letters of a batch that went or can go, in the order of the envelopes; one that siblings share once."""
    rows = Letter.objects.filter(item__batch=batch, state__in=WENT, shared=None).select_related(
        "item", "pupil", "wording"
    )
    return list(rows.prefetch_related("parts__pupil").order_by(*LETTER_ORDER))


def chosen(school: School, pupil_ids: Iterable[int]) -> dict[int, Pupil]:
    """The pupils of these ids that are at the school."""
    return {pupil.pk: pupil for pupil in Pupil.objects.filter(school=school, pk__in=list(pupil_ids))}


def to_choose_from(
    school: School, on: date, school_class: SchoolClass | None, *, everybody: bool, also: Collection[int]
) -> list[tuple[Pupil, str]]:
    """Pupils on roll with their classes, by class and surname: a class's, everybody, or those of some ids."""
    names = classes.class_names(school, on)
    rows = Pupil.objects.filter(school=school, starts_on__lte=on)
    rows = rows.filter(Q(leaves_on__isnull=True) | Q(leaves_on__gte=on))
    if school_class is not None:
        rows = rows.filter(pk__in=[pupil.pk for pupil in classes.pupils_in(school_class, on)])
    elif not everybody:
        rows = rows.filter(pk__in=list(also))
    found = [(pupil, names.get(pupil.pk, "")) for pupil in rows.order_by("legal_surname", "legal_forename", "pk")]
    return sorted(found, key=lambda row: row[1])


def already(item: BatchItem, kind: str, interval: int, today: date) -> str:
    """Why a pupil needs no letter of a batch: one of the kind waits already, or went within its interval."""
    rows = Letter.objects.filter(school_id=item.school_id, pupil=item.pupil_id, kind=kind).exclude(item=item)
    if rows.filter(state__in=WAITING).exists():
        return "A letter of this kind about this pupil waits already. Issue or drop that one."
    went = rows.filter(state__in=WENT, issued_on__gt=today - timedelta(days=interval)).order_by("-issued_on")
    if interval and (last := went.first()) is not None:
        return (
            f"The same letter went on {last.issued_on:%d/%m/%Y}; it is meant to go at most every {interval} days. "
            "If it is to go again, write it from the pupil's page and say why."
        )
    return ""
