"""The cells of register sheets and certificates, drawn in Python: a sheet of the whole school has tens of thousands."""

from functools import lru_cache

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from registers.queries.certificates import Cell, Week
from registers.queries.register_sheets import SheetCell, SheetRow
from registers.rules.codes import LATE_CODES
from registers.rules.rights import ROLE_NAMES, Role
from registers.rules.taking import SEEN_NAMES, Seen

register = template.Library()


@register.simple_tag
def sheet_cells(row: SheetRow, school: str) -> SafeString:
    """The cells of one pupil's row; an amended one leads to its whole chain."""
    return mark_safe("".join(_cell(cell, school) for cell in row.cells))  # noqa: S308 - each part is escaped


@register.simple_tag
def certificate_cells(week: Week) -> SafeString:
    """The cells of one week of a certificate; a number leads from an amended one to its note."""
    return mark_safe("".join(_certificate_cell(cell) for cell in week.cells))  # noqa: S308 - each part is escaped


def _certificate_cell(cell: Cell) -> SafeString:
    style = _style(cell.kind) + (" certificate__late" if cell.symbol in LATE_CODES else "")
    if cell.footnote is None:
        return _plain(style, cell.symbol)
    return format_html('<td class="mark--{}">{}<sup>{}</sup></td>', style, cell.symbol, cell.footnote)


def _style(kind: str) -> str:
    return kind.replace(" ", "-")


def _cell(cell: SheetCell, school: str) -> SafeString:
    if not cell.is_amended and cell.now is None:
        return _plain(_style(cell.kind), cell.symbol)
    return format_html(
        '<td class="mark--{}{}"><a href="{}">{}</a>{}</td>',
        _style(cell.kind),
        " sheet__differs" if cell.now else "",
        reverse("mark", args=[school, cell.mark_id]),
        cell.symbol or format_html('<span aria-hidden="true">·</span><span class="visually-hidden">no mark</span>'),
        _now(cell),
    )


@lru_cache(maxsize=256)
def _plain(style: str, symbol: str) -> SafeString:
    """A cell that nothing has happened to; the same few stand everywhere."""
    return format_html('<td class="mark--{}">{}</td>', style, symbol)


def _now(cell: SheetCell) -> SafeString:
    if cell.now is None:
        return SafeString("")
    return format_html('<small><span class="visually-hidden">, now </span>{}</small>', cell.now_in_brief)


@register.filter
def role_name(role: str) -> str:
    """A role as people say it."""
    return ROLE_NAMES[Role(role)] if role in set(Role) else role


@register.filter
def seen_name(seen: str) -> str:
    """What a teacher saw, in words."""
    return SEEN_NAMES[Seen(seen)] if seen in set(Seen) else seen
