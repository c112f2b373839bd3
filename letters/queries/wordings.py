"""The wordings a school has adopted."""

from letters import given
from letters.models import Wording
from letters.rules import blanks
from letters.rules.kinds import Kind
from letters.rules.refusals import LetterRefusedError
from registers.models import School


class KindRefusedError(LetterRefusedError):
    """A kind of letter that the school does not write."""


def current(school: School, kind: str) -> Wording:
    """The newest version of a kind at a school, or KindRefusedError."""
    rows = Wording.objects.filter(school=school, kind=kind).select_related("adopted_by")
    wording = rows.order_by("-version").first()
    if wording is None:
        raise KindRefusedError(f"{school.name} has adopted no letter of this kind. The school's own file lists them.")
    return wording


def version(school: School, kind: str, number: int) -> Wording:
    """One version of a kind at a school, or KindRefusedError."""
    wording = Wording.objects.filter(school=school, kind=kind, version=number).select_related("adopted_by").first()
    if wording is None:
        raise KindRefusedError(f"{school.name} has no version {number} of this letter.")
    return wording


def versions(school: School, kind: str) -> list[Wording]:
    """Every version of a kind at a school, newest first, with who adopted it."""
    return list(Wording.objects.filter(school=school, kind=kind).select_related("adopted_by").order_by("-version"))


def adopted(school: School) -> list[Wording]:
    """The newest version of every kind the school writes, by kind."""
    rows = Wording.objects.filter(school=school).select_related("adopted_by").order_by("kind", "version")
    newest = {row.kind: row for row in rows}
    return list(newest.values())


def kinds_in_use(school: School) -> list[Kind]:
    """The kinds that can be written about any pupil at any time, by title: no decision need stand behind them."""
    kinds = [wording.read for wording in adopted(school)]
    return sorted(
        (kind for kind in kinds if all(given.is_answered(blank) for blank in kind.given_blanks)),
        key=lambda kind: kind.title,
    )


def kinds_to_ask(school: School) -> list[Kind]:
    """The kinds that can be written once their questions are answered on a page, by title."""
    kinds = [wording.read for wording in adopted(school)]
    return sorted(
        (kind for kind in kinds if all(_can_be_had(blank) for blank in kind.given_blanks)), key=lambda kind: kind.title
    )


def asked(kind: Kind) -> list[str]:
    """The blanks of a kind that are asked of whoever drafts it."""
    return [name for name in kind.given_blanks if not given.is_answered(name)]


def _can_be_had(blank: str) -> bool:
    return given.is_answered(blank) or blanks.BLANKS[blank].entry is not None
