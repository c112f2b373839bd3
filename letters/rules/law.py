"""What a wording may no longer say, and what it must: each finding with its place and the source behind it.

An error keeps a wording from being saved; a warning is shown and leaves the decision to whoever saves.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from re import Pattern

from letters.rules.kinds import Kind, Paragraph, Statement


class Weight(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing about a wording that is wrong or doubtful."""

    weight: Weight
    place: str
    says: str
    source: str

    @property
    def is_error(self) -> bool:
        return self.weight is Weight.ERROR


@dataclass(frozen=True)
class Stale:
    """Words that the law has overtaken, or never bore out. `unless` words beside them make them right."""

    pattern: Pattern[str]
    weight: Weight
    says: str
    source: str
    unless: Pattern[str] | None = None
    only_if: frozenset[str] = frozenset()
    """Conditions under which the words may stand all the same."""


def _words(pattern: str) -> Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PN_REGULATIONS = "Education (Penalty Notices) (England) Regulations 2007 as amended by SI 2024/210"
_NOTICE_MAY_FOLLOW = frozenset({"penalty_notice_possible", "threshold_met"})

STALE: Sequence[Stale] = (
    Stale(
        _words(r"regulations(\s+of)?\s+2006|2006\s+regulations"),
        Weight.ERROR,
        "The Pupil Registration Regulations 2006 are no longer in force: name the 2024 Regulations.",
        "School Attendance (Pupil Registration) (England) Regulations 2024, SI 2024/208",
    ),
    Stale(
        _words(r"\b(september|amend\w*|regulations)\b[^.]{0,30}\b2013\b"),
        Weight.ERROR,
        "The amendment of 2013 went with the Regulations it amended: name the 2024 Regulations.",
        "SI 2024/208",
    ),
    Stale(
        _words(r"\b(100|hundred)\s+(school\s+)?sessions"),
        Weight.ERROR,
        "The threshold is 10 sessions within 10 school weeks; 100 school sessions is an older local rule.",
        "WTISA 2024 chapter 6",
    ),
    Stale(
        _words(r"\b200\s+(half[- ]day\s+)?sessions"),
        Weight.ERROR,
        "200 sessions are part of a defence in court and no target: say so beside the figure, or leave it out.",
        "Education Act 1996 section 444(6)",
        unless=_words(r"defence"),
    ),
    Stale(
        _words(r"common transfer form"),
        Weight.ERROR,
        "It is the Common Transfer File.",
        "Education (Pupil Information) (England) Regulations 2005",
    ),
    Stale(
        _words(r"\bcodes?\s+[HFJ]\b"),
        Weight.ERROR,
        "Codes H, F and J are not in use for new marks.",
        "SI 2024/208 regulation 10",
    ),
    Stale(
        _words(r"\b(I|we)\s+(shall|will|am going to|are going to)\b[^.]*\bpenalty notice"),
        Weight.ERROR,
        "A request for a penalty notice is announced whether or not one can follow: show this paragraph only when the "
        "threshold is met or would be.",
        "WTISA 2024 chapter 6",
        only_if=_NOTICE_MAY_FOLLOW,
    ),
    Stale(
        _words(
            r"\bwill\s+(be\s+(fined|prosecuted)|prosecute|instigate|receive\s+a\s+(fine|penalty)|"
            r"(lead\s+to|result\s+in)\s+(a\s+)?(prosecution|fine|penalty))"
        ),
        Weight.WARNING,
        "A penalty or prosecution is promised. Only the local authority decides about it: write “may”.",
        "Education Act 1996 sections 444 to 444B",
    ),
    Stale(
        _words(r"no option but"),
        Weight.WARNING,
        "The local authority always has a choice: write “may”.",
        "Education Act 1996 section 444",
    ),
    Stale(
        _words(r"only acceptable reasons"),
        Weight.WARNING,
        "The reasons the law accepts are more than those usually listed: that of travelling families is left out.",
        "Education Act 1996 section 444(6)",
    ),
    Stale(
        _words(r"parenting contract"),
        Weight.WARNING,
        "It is called an attendance contract since August 2024.",
        "WTISA 2024",
    ),
    Stale(
        _words(r"school attendance order"),
        Weight.WARNING,
        "A school attendance order is for children on no school's roll.",
        "Education Act 1996 section 437",
    ),
    Stale(
        _words(r"no longer (able to )?authorise"),
        Weight.WARNING,
        "Absence through illness is not refused beforehand: each absence is decided on its own.",
        "WTISA 2024: evidence of illness only where there is genuine doubt",
    ),
)

NOTICE_SUMS = frozenset({80, 160})
"""Pounds: what a penalty notice for absence costs since 19 August 2024."""
COURT_SUMS = frozenset({1000, 2500})
"""Pounds: the greatest fines under section 444(1) and (1A) of the Education Act 1996."""
_SUM = re.compile(r"£\s?([\d,]+(?:\.\d\d)?)")
_FIRST = re.compile(r"\bfirst\b", re.IGNORECASE)


def findings(kind: Kind, statements: Sequence[Statement]) -> list[Finding]:
    """All that is wrong or doubtful about what a kind says, errors first. `statements` are those it must make."""
    found = [*_stale(kind), *_sums(kind), *_missing(kind, statements)]
    return sorted(found, key=lambda finding: finding.weight is not Weight.ERROR)


def _stale(kind: Kind) -> Iterator[Finding]:
    for place, text, when in _places(kind):
        for row in STALE:
            if not row.pattern.search(text) or when in row.only_if:
                continue
            if row.unless is None or not row.unless.search(text):
                yield Finding(row.weight, place, row.says, row.source)


def _sums(kind: Kind) -> Iterator[Finding]:
    for place, text, _ in _places(kind):
        sums = {int(float(amount.replace(",", ""))) for amount in _SUM.findall(text) if amount.strip(",")}
        for amount in sorted(sums - NOTICE_SUMS - COURT_SUMS):
            yield Finding(
                Weight.ERROR,
                place,
                f"£{amount} is no sum in force: a penalty notice is £160, or £80 for a first one paid within 21 days.",
                _PN_REGULATIONS,
            )
        if 80 in sums and not _FIRST.search(text):
            yield Finding(Weight.ERROR, place, "£80 is for a parent's first notice only: say so.", _PN_REGULATIONS)


def _missing(kind: Kind, statements: Sequence[Statement]) -> Iterator[Finding]:
    everything = _flat(" ".join(text for _, text, _ in _places(kind)))
    for statement in statements:
        if any(_flat(phrase) in everything for phrase in statement.phrases):
            continue
        weight = Weight.ERROR if statement.by_law else Weight.WARNING
        looked_for = " or ".join(f"“{phrase}”" for phrase in statement.phrases)
        yield Finding(
            weight, "the letter", f"It no longer says {statement.name} (looked for: {looked_for}).", statement.source
        )


def _places(kind: Kind) -> Iterator[tuple[str, str, str]]:
    """Each place of a wording: its name, its text without the stars of bold, and its condition."""
    yield "the subject", " ".join(kind.subject), ""
    for number, paragraph in enumerate(kind.paragraphs, start=1):
        yield f"paragraph {number}", _plain(paragraph), paragraph.when
    if kind.summary:
        yield "the summary", kind.summary.text, ""


def _plain(paragraph: Paragraph) -> str:
    cells = [cell for row in paragraph.table.rows for cell in row] if paragraph.table else []
    return " ".join([paragraph.text, *cells]).replace("**", "")


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()
