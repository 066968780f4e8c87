"""A line chart as SVG, without scripts or style sheets: notebooks strip those of what they show."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from ._text import count, duration

__all__ = ["COLOURS", "Line", "chart"]

#: Told apart in light and dark themes and by people who do not see all colours (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f7f")

_LEFT, _TOP, _WIDTH, _HEIGHT, _RIGHT, _BOTTOM = 56, 12, 520, 220, 170, 34


@dataclass(frozen=True)
class Line:
    """A series of points: seconds and counts."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str


def chart(title: str, lines: Sequence[Line]) -> str:
    """The chart of ``lines``; nothing if they have no points."""
    points = [point for line in lines for point in line.points]
    if not points:
        return ""
    end = max(x for x, _ in points) or 1.0
    top = _nice(max(y for _, y in points))
    width, height = _LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM
    drawn = [
        _grid(end, top),
        *(_line(line, end, top) for line in lines),
        _labels(lines, top),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'style="max-width:100%;height:auto;font:12px system-ui,sans-serif" role="img" '
        f'aria-label="{html.escape(title, quote=True)}"><title>{html.escape(title)}</title>'
        f'<g transform="translate({_LEFT} {_TOP})">{"".join(drawn)}</g></svg>'
    )


def _nice(highest: float) -> float:
    """The end of an axis that holds ``highest``: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(highest, 1.0)))
    return next(n * power for n in (1.0, 2.0, 2.5, 5.0, 10.0) if n * power >= highest)


def _grid(end: float, top: float) -> str:
    svg = []
    for i in range(5):
        y = _HEIGHT * (1 - i / 4)
        svg.append(
            f'<line x1="0" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" '
            f'stroke-opacity="{0.4 if i == 0 else 0.12}"/>'
            f'<text x="-8" y="{y + 4:.1f}" text-anchor="end" fill="currentColor" '
            f'fill-opacity="0.75">{count(top * i / 4)}</text>'
        )
    for i in range(5):
        x = _WIDTH * i / 4
        svg.append(
            f'<text x="{x:.1f}" y="{_HEIGHT + 20}" text-anchor="middle" fill="currentColor" '
            f'fill-opacity="0.75">{duration(end * i / 4)}</text>'
        )
    return "".join(svg)


def _line(line: Line, end: float, top: float) -> str:
    places = " ".join(
        f"{x / end * _WIDTH:.1f},{_HEIGHT * (1 - y / top):.1f}" for x, y in line.points
    )
    return (
        f'<polyline fill="none" stroke="{line.colour}" stroke-width="2" stroke-linejoin="round" '
        f'points="{places}"><title>{html.escape(line.name)}</title></polyline>'
    )


def _labels(lines: Sequence[Line], top: float) -> str:
    """Names at the ends of the lines, moved apart where they would overlap."""
    ends = [(_HEIGHT * (1 - line.points[-1][1] / top), line) for line in lines if line.points]
    ends.sort(key=lambda end: end[0])
    places: list[float] = []
    for y, _ in ends:
        places.append(max(y, places[-1] + 15) if places else y)
    over = max(places[-1] - _HEIGHT, 0.0)
    svg = []
    for place, (y, line) in zip(places, ends, strict=True):
        at = place - over
        name = line.name if len(line.name) <= 24 else line.name[:23] + "…"
        svg.append(
            f'<line x1="{_WIDTH + 2}" y1="{y:.1f}" x2="{_WIDTH + 12}" y2="{at:.1f}" '
            f'stroke="{line.colour}"/>'
            f'<text x="{_WIDTH + 16}" y="{at + 4:.1f}" fill="currentColor">'
            f"{html.escape(name)}</text>"
        )
    return "".join(svg)
