"""How templates show what the rules say: percentages, codes and the class of a mark."""

from fractions import Fraction

from django import template

from registers.rules import ages, codes, figures

register = template.Library()


@register.filter
def percent(value: Fraction | None, places: int = 1) -> str:
    """A share as a percentage without its sign, to one decimal place unless told otherwise."""
    return figures.shown(value, places)


@register.filter
def meaning(symbol: str) -> str:
    """What a code means, in words."""
    return codes.code(symbol).meaning if symbol else "No mark"


@register.filter
def mark_class(symbol: str) -> str:
    """The style of a mark: its statistical class, or blank."""
    return codes.code(symbol).stat_class.replace(" ", "-") if symbol else "blank"


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def year_name(number: int) -> str:
    return ages.year_group_name(number)
