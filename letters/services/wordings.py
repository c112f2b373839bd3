"""Adopting and editing what a school's letters say. A version is added; none is ever changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from letters.models import Wording
from letters.queries import wordings as queries
from letters.rules import kinds, law
from letters.rules.law import Finding
from letters.rules.refusals import LetterRefusedError
from registers.models import Membership, School
from registers.rules import rights
from registers.rules.rights import Right, Role
from registers.services import record

PACKAGED, OWN = "packaged", "school"
_PRODUCTS = ("slug", "needs", "corrections", "statements", "siblings_share")
"""What the product says of a kind and a school's own words do not change."""


class LawRefusedError(LetterRefusedError):
    """A wording that says what the law has overtaken, or leaves out what it asks for."""

    def __init__(self, errors: Sequence[Finding]) -> None:
        self.errors = tuple(errors)
        said = " ".join(f"{error.place[:1].upper()}{error.place[1:]}: {error.says}" for error in errors)
        super().__init__(f"Not saved. {said}")


class OvertakenRefusedError(LetterRefusedError):
    """A wording that somebody else has changed since it was opened."""


@transaction.atomic
def adopt(school: School, slugs: Iterable[str], *, by: Membership, at: datetime) -> list[Wording]:
    """Adopt the texts that come with the product; one that is already adopted unchanged is left alone.

    Returns the versions added. Raises WordingRefusedError for an unknown kind or a text that cannot be used.
    """
    School.objects.select_for_update().get(pk=school.pk)
    return [added for slug in dict.fromkeys(slugs) if (added := _adopt_one(school, slug, by, at)) is not None]


@transaction.atomic
def save(
    school: School, kind: str, document: Mapping[str, Any], *, based_on: int, by: Membership, at: datetime
) -> Wording:
    """Make a school's own words the next version of a letter; what says the same as the current one adds none.

    Raises WordingRefusedError for what cannot be read, LawRefusedError for what the law forbids or misses, and
    OvertakenRefusedError when the version it is based on is no longer the newest.
    """
    current = _current(school, kind, by)
    if current.version != based_on:
        raise OvertakenRefusedError(
            f"{current.adopted_by.name} has saved version {current.version} since you opened version {based_on}. "
            "Compare the two, then enter your change in the newer one."
        )
    kept = {name: current.document[name] for name in _PRODUCTS if name in current.document}
    words = {name: value for name, value in document.items() if name not in _PRODUCTS} | kept
    errors = [finding for finding in findings(words) if finding.is_error]
    if errors:
        raise LawRefusedError(errors)
    return (
        current
        if _bare(words) == _bare(current.document)
        else _add(school, kind, words, OWN, current.version + 1, by, at)
    )


@transaction.atomic
def adopt_again(school: School, kind: str, version: int | None, *, by: Membership, at: datetime) -> Wording:
    """Make an earlier version, or the product's own text (None), the newest again. Nothing is taken away.

    Raises KindRefusedError for a version the school never had, WordingRefusedError for a kind that does not exist.
    """
    rights.check(Role(by.role), Right.EDIT_WORDING)
    School.objects.select_for_update().get(pk=school.pk)
    if version is None:
        document, origin = kinds.packaged(kind), PACKAGED
    else:
        document = queries.version(school, kind, version).document
        origin = PACKAGED if kind in kinds.KINDS and document == kinds.packaged(kind) else OWN
    newest = Wording.objects.filter(school=school, kind=kind).order_by("-version").first()
    if newest is not None and newest.document == document:
        return newest
    kinds.read(document)
    return _add(school, kind, document, origin, newest.version + 1 if newest else 1, by, at)


def findings(document: Mapping[str, Any]) -> list[Finding]:
    """What the law says about a document's words, measured by what the product asks of its kind."""
    kind = kinds.read(document)
    packaged = kinds.KINDS.get(kind.slug)
    return law.findings(kind, packaged.statements if packaged else kind.statements)


def _bare(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without the blank space around its paragraphs, which says nothing."""
    paragraphs = [
        {name: value.strip() if isinstance(value, str) else value for name, value in paragraph.items()}
        for paragraph in document["paragraphs"]
    ]
    return {**document, "paragraphs": paragraphs}


def _current(school: School, kind: str, by: Membership) -> Wording:
    rights.check(Role(by.role), Right.EDIT_WORDING)
    School.objects.select_for_update().get(pk=school.pk)
    return queries.current(school, kind)


def _adopt_one(school: School, slug: str, by: Membership, at: datetime) -> Wording | None:
    document = kinds.packaged(slug)
    kinds.read(document)
    versions = list(Wording.objects.filter(school=school, kind=slug).order_by("version"))
    if versions and versions[-1].origin == OWN:
        return None  # A school's own words stay until somebody there takes the product's.
    packaged = [row for row in versions if row.origin == PACKAGED]
    if packaged and packaged[-1].document == document:
        return None
    return _add(school, slug, document, PACKAGED, versions[-1].version + 1 if versions else 1, by, at)


def _add(
    school: School, kind: str, document: Mapping[str, Any], origin: str, version: int, by: Membership, at: datetime
) -> Wording:
    wording = Wording.objects.create(
        school=school,
        kind=kind,
        version=version,
        document=document,
        origin=origin,
        adopted_at=at,
        adopted_by_id=by.user_id,
    )
    record.write(
        "wording adopted",
        by=by,
        at=at,
        subject=f"wording:{wording.pk}",
        facts={"kind": kind, "version": version},
    )
    return wording
