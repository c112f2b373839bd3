"""A letter put together: the paragraphs whose conditions hold, with every blank filled, as safe HTML."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from letters.rules import blanks, conditions, markup
from letters.rules.kinds import Block, Kind, Paragraph, Table
from letters.rules.refusals import LetterRefusedError

CHANGES_DAILY = frozenset({"date_of_printing", "figures_on", "reply_by"})
"""Values that follow the day by themselves; a letter need not be looked at again for them."""


@dataclass(frozen=True)
class Composed:
    """The letter from its greeting to its last paragraph, and the values and conditions that made it so."""

    body: str
    values: Mapping[str, str]
    conditions: frozenset[str]


@dataclass
class _Filler:
    """Fills blanks and remembers which."""

    values: Mapping[str, str]
    used: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str) -> str:
        value = blanks.value_of(name, self.values)
        self.used[blanks.canonical(name)] = value
        return value


@dataclass(frozen=True)
class _Child:
    """One child that a letter speaks of: what fills the blanks, and what is so."""

    fill: markup.Fill
    holding: Collection[str]


def compose(kind: Kind, values: Mapping[str, str], holding: Collection[str]) -> Composed:
    """Put a letter together, or refuse it: an unmet need, a blank without a value."""
    fill = _Filler(values)
    body = _body(kind, [_Child(fill, holding)])
    summary(kind, fill)
    conditions.check_needs(kind.needs, holding)
    asked = {conditions.plain(paragraph.when) for paragraph in kind.paragraphs if paragraph.when}
    return Composed(body, fill.used, frozenset(asked.union(kind.needs).intersection(holding)))


def together(kind: Kind, letters: Sequence[tuple[Mapping[str, str], Collection[str]]]) -> str:
    """The body of one letter about several children, from the values and conditions of the letter about each.

    What names a child, or depends on a condition, is said of each of them in turn; the rest is said once.
    """
    return _body(kind, [_Child(_Filler(values), holding) for values, holding in letters])


def summary(kind: Kind, fill: markup.Fill) -> str:
    """The letter summed up in another language, or nothing where the wording has no summary."""
    return markup.to_html(kind.summary.text, fill) if kind.summary else ""


def _body(kind: Kind, children: Sequence[_Child]) -> str:
    first = children[0]
    subject = [markup.inline(line, child.fill) for line in kind.subject for child in _named(line, children)]
    return "".join(
        [
            f'<p class="letter__dear">Dear {markup.value(first.fill("salutation"))}</p>',
            *(
                f'<{tag} class="letter__subject">{line}</{tag}>'
                for tag, line in zip(["h1"] + ["p"] * len(subject), subject, strict=False)
            ),
            *_said(kind.paragraphs, children),
        ]
    )


def _named(line: str, children: Sequence[_Child]) -> Sequence[_Child]:
    """The children for whom a line of the subject stands."""
    return children if blanks.is_of_one_child(line) else children[:1]


def _said(paragraphs: Sequence[Paragraph], children: Sequence[_Child]) -> Iterator[str]:
    if len(children) == 1:
        yield from _paragraphs(paragraphs, children[0])
        return
    for is_of_one, passage in groupby(_passages(paragraphs), key=_is_of_one_child):
        said = [paragraph for run in passage for paragraph in run]
        for child in children if is_of_one else children[:1]:
            yield from _paragraphs(said, child)


def _passages(paragraphs: Sequence[Paragraph]) -> list[list[Paragraph]]:
    """Each paragraph with those that run on in it."""
    found: list[list[Paragraph]] = []
    for paragraph in paragraphs:
        if paragraph.run_on and found:
            found[-1].append(paragraph)
        else:
            found.append([paragraph])
    return found


def _is_of_one_child(passage: Sequence[Paragraph]) -> bool:
    return any(paragraph.when or blanks.is_of_one_child(paragraph.text) for paragraph in passage)


def _paragraphs(paragraphs: Collection[Paragraph], child: _Child) -> Iterator[str]:
    for paragraph in _joined(paragraphs, child.holding):
        if paragraph.block is Block.HEADING:
            yield f"<h2>{markup.inline(paragraph.text, child.fill)}</h2>"
        elif paragraph.table is not None:
            yield _table(paragraph.table)
        else:
            yield markup.to_html(paragraph.text, child.fill)


def _joined(paragraphs: Collection[Paragraph], holding: Collection[str]) -> list[Paragraph]:
    """The paragraphs that are shown, with those that run on joined to the one before."""
    shown: list[Paragraph] = []
    for paragraph in paragraphs:
        if not conditions.is_met(paragraph.when, holding):
            continue
        if paragraph.run_on and shown and shown[-1].block is Block.TEXT:
            before = shown.pop()
            paragraph = Paragraph(f"{before.text} {paragraph.text}")  # noqa: PLW2901
        shown.append(paragraph)
    return shown


def _table(table: Table) -> str:
    head, *rows = table.rows
    top = "".join(f'<th scope="col">{markup.safe(cell)}</th>' for cell in head)
    lines = (
        f'<tr><th scope="row">{markup.safe(line[0])}</th>'
        + "".join(f"<td>{markup.safe(cell)}</td>" for cell in line[1:])
        + "</tr>"
        for line in rows
    )
    caption = f"<caption>{markup.safe(table.caption)}</caption>" if table.caption else ""
    return f"<table>{caption}<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


@dataclass(frozen=True)
class Change:
    """One thing a draft said that has changed since."""

    meaning: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.meaning}: {self.old or 'nothing'} before, now {self.new or 'nothing'}"


class FiguresChangedRefusedError(LetterRefusedError):
    """A draft whose facts have changed since it was written; it now shows the new ones."""

    def __init__(self, changes: Collection[Change]) -> None:
        self.changes = tuple(changes)
        said = "; ".join(str(change) for change in self.changes)
        super().__init__(
            f"What this letter says has changed since it was drafted ({said}). The draft now shows what is so today. "
            "Read it again, then issue it."
        )


def changes(
    old: Mapping[str, str], new: Mapping[str, str], old_conditions: Collection[str], new_conditions: Collection[str]
) -> tuple[Change, ...]:
    """What differs between the facts of a draft and those of now, but for the day itself."""
    names = [name for name in blanks.BLANKS if name in {*old, *new} and name not in CHANGES_DAILY]
    values = [
        Change(blanks.BLANKS[name].meaning, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]
    turned = sorted(set(old_conditions) ^ set(new_conditions))
    return (
        *values,
        *(
            Change(conditions.CONDITIONS[name].meaning, _so(name in old_conditions), _so(name in new_conditions))
            for name in turned
            if name in conditions.CONDITIONS
        ),
    )


def _so(holds: bool) -> str:
    return "so" if holds else "not so"
