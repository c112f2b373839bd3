"""The marks behind letters: those counted when one is written, and how they stand now."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from letters.models import Letter
from letters.rules import counted as rules
from letters.rules.counted import Difference, Said
from registers.models import Amendment, Mark, Pupil
from registers.queries.figures import Period
from registers.rules.codes import NOT_ON_ROLL
from registers.rules.sessions import Session, SessionOn


def kept(pupil: Pupil, period: Period) -> list[list[object]]:
    """The marks of a pupil in a period, as a letter keeps them; one query."""
    rows = Mark.objects.filter(pupil=pupil, on__gte=period.first_on, on__lte=period.last_on)
    return rules.keep(
        rows.exclude(code=NOT_ON_ROLL).order_by("on", "session").values_list("on", "session", "code", "minutes_late")
    )


def difference(letter: Letter) -> Difference | None:
    """What has been amended behind one letter since it was counted."""
    return differences([letter]).get(letter.pk)


def differences(letters: Iterable[Letter]) -> dict[int, Difference]:
    """The letters behind which a mark was amended, with what; two queries however many letters."""
    by_pk = {letter.pk: letter for letter in letters}
    kept = {pk: sessions for pk, sessions in _with_amendments(by_pk).items() if sessions}
    if not kept:
        return {}
    suspects = [by_pk[pk] for pk in kept]
    now = _marks(suspects, min(str(sessions[0][0]) for sessions in kept.values()))
    found = {pk: rules.difference(sessions, now[by_pk[pk].pupil_id]) for pk, sessions in kept.items()}
    return {pk: changed for pk, changed in found.items() if changed is not None}


def _with_amendments(pks: Iterable[int]) -> dict[int, list[list[object]]]:
    """What was counted of those whose pupil has an amended mark since; most have none, and cost no more."""
    amended = Amendment.objects.filter(
        mark__pupil=OuterRef("pupil"), mark__on__lte=OuterRef("counted_on"), at__gte=OuterRef("drafted_at")
    )
    return dict(Letter.objects.filter(Exists(amended), pk__in=list(pks)).values_list("pk", "sessions"))


def _marks(letters: list[Letter], first_on: str) -> dict[int, dict[SessionOn, Said]]:
    """The marks of these letters' pupils as they stand, from a day to the last on which one of them was counted."""
    last_on = max(letter.counted_on for letter in letters)
    rows = Mark.objects.filter(pupil__in={letter.pupil_id for letter in letters}, on__gte=first_on, on__lte=last_on)
    found: dict[int, dict[SessionOn, Said]] = defaultdict(dict)
    for pupil_id, on, session, code, minutes in rows.values_list("pupil", "on", "session", "code", "minutes_late"):
        found[pupil_id][SessionOn(on, Session(session))] = Said(code, minutes)
    return found
