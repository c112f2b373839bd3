"""Where the points of a plot stand, so that a template can draw it in the page and in print alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 12, 34
LABEL_EVERY = 2
_PERCENT = 100
_STEPS = (1, 2, 5, 10, 20)
_MOST_RULES = 6


@dataclass(frozen=True)
class Point:
    """One value: where it stands, what it says and what is written under it ("" for nothing)."""

    x: float
    y: float
    value: Fraction
    name: str
    label: str


@dataclass(frozen=True)
class Line:
    """A curve of shares with its rules. The scale does not begin at nought; the caption has to say so."""

    points: tuple[Point, ...]
    rules: tuple[tuple[float, int], ...]

    @property
    def path(self) -> str:
        """The curve as an SVG polyline's points."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def line(values: Sequence[tuple[str, Fraction]]) -> Line:
    """Place shares from left to right, on a scale from a round percentage below the least up to 100."""
    if not values:
        return Line((), ())
    least = floor(min(value for _, value in values) * _PERCENT)
    step = next((size for size in _STEPS if (_PERCENT - least) / size <= _MOST_RULES), _STEPS[-1])
    bottom = max(0, (least // step) * step)
    height = HEIGHT - TOP - BOTTOM

    def y(percent: Fraction | int) -> float:
        return TOP + float(height * (_PERCENT - percent) / (_PERCENT - bottom)) if bottom < _PERCENT else TOP

    gap = (WIDTH - LEFT - RIGHT) / max(1, len(values) - 1)
    points = tuple(
        Point(LEFT + gap * place, y(value * _PERCENT), value, name, name if place % LABEL_EVERY == 0 else "")
        for place, (name, value) in enumerate(values)
    )
    return Line(points, tuple((y(percent), percent) for percent in range(bottom, _PERCENT + 1, step)))
