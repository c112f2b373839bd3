"""Which flags are put aside."""

from datetime import date

from django.db.models import Q, QuerySet

from escalation.models import FlagHold
from escalation.rules.holds import HoldKind
from registers.models import School


def standing(school: School, on: date) -> QuerySet[FlagHold, FlagHold]:
    """The holds that keep their flags off the desk on a day."""
    lasts = Q(kind=HoldKind.DISMISSED) | Q(until_on__gt=on)
    return FlagHold.objects.filter(lasts, school=school, ended_at__isnull=True, flag__ended_on__isnull=True)


def held_ids(school: School, on: date) -> QuerySet[FlagHold, int]:
    """The ids of the flags put aside, for another query to leave out."""
    return standing(school, on).values_list("flag_id", flat=True)


def put_aside(school: School, on: date) -> list[FlagHold]:
    """The flags put aside, with who and why; those that come back soonest first, dismissed ones last."""
    rows = list(standing(school, on).select_related("flag__pupil", "by").defer("flag__counted", "flag__left_out"))
    return sorted(rows, key=lambda row: (row.until_on is None, row.until_on or on, row.flag.pupil.sort_name))
