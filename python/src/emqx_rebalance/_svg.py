"""A line chart as SVG, without scripts or style sheets: notebooks strip those of what they show."""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from ._text import count, duration

__all__ = ["COLOURS", "Line", "chart", "ticks", "time_ticks"]

#: Told apart in light and dark themes and by people who do not see all colours (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f7f")

_LEFT, _TOP, _WIDTH, _RIGHT, _BOTTOM = 56, 12, 520, 170, 34
#: Of a chart with few lines; one with more is as high as their names need.
_HEIGHT, _LABEL_HEIGHT = 220, 15
#: Steps on an axis of time, below whole hours.
_TIMES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0)


@dataclass(frozen=True)
class Line:
    """A series of points: seconds and counts."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str
    dashes: tuple[float, float, float] | None = None
    """How long it is drawn, how long not, and where in that it begins; None is drawn through."""
    full_name: str | None = None
    """The name that ``name`` is short for."""


@dataclass(frozen=True)
class _Frame:
    """What the axes hold, and how high the chart is."""

    end: float
    top: float
    height: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        return x / self.end * _WIDTH, self.height * (1 - y / self.top)


def chart(title: str, lines: Sequence[Line]) -> str:
    """The chart of ``lines``; nothing if they have no points."""
    points = [point for line in lines for point in line.points]
    if not points:
        return ""
    counts = ticks(max(y for _, y in points))
    height = max(_HEIGHT, len(lines) * _LABEL_HEIGHT)
    frame = _Frame(max(x for x, _ in points) or 1.0, counts[-1], height)
    drawn = [_grid(frame, counts), *(_line(line, frame) for line in lines), _labels(lines, frame)]
    full_width, full_height = _LEFT + _WIDTH + _RIGHT, _TOP + height + _BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full_width} {full_height}" '
        f'width="{full_width}" '
        f'style="max-width:100%;height:auto;font:12px system-ui,sans-serif" role="img" '
        f'aria-label="{html.escape(title, quote=True)}"><title>{html.escape(title)}</title>'
        f'<g transform="translate({_LEFT} {_TOP})">{"".join(drawn)}</g></svg>'
    )


def ticks(highest: float) -> list[float]:
    """The values to name on an axis of counts: whole, round, and the last one at least
    ``highest``.
    """
    step = _step(max(highest, 1.0) / 4)
    return [step * i for i in range(math.ceil(max(highest, 1.0) / step) + 1)]


def time_ticks(end: float) -> list[float]:
    """The seconds to name on an axis of time up to ``end``: round, as people count time."""
    steps = itertools.chain(_TIMES, (3600.0 * hours for hours in itertools.count(1)))
    step = next(step for step in steps if step >= end / 6)
    return [step * i for i in range(math.floor(end / step) + 1)]


def _step(least: float) -> float:
    """1, 2 or 5 times a power of ten: the first that is at least ``least``."""
    steps = (digit * 10.0**power for power in itertools.count() for digit in (1.0, 2.0, 5.0))
    return next(step for step in steps if step >= least)


def _grid(frame: _Frame, counts: Sequence[float]) -> str:
    svg = []
    for value in counts:
        _, y = frame.at(0, value)
        svg.append(
            f'<line x1="0" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" '
            f'stroke-opacity="{0.12 if value else 0.4}"/>'
            f'<text x="-8" y="{y + 4:.1f}" text-anchor="end" fill="currentColor" '
            f'fill-opacity="0.75">{count(value)}</text>'
        )
    for second in time_ticks(frame.end):
        x, _ = frame.at(second, 0)
        svg.append(
            f'<text x="{x:.1f}" y="{frame.height + 20}" text-anchor="middle" fill="currentColor" '
            f'fill-opacity="0.75">{_time(second)}</text>'
        )
    return "".join(svg)


def _time(second: float) -> str:
    return duration(second).removesuffix(" 0 s").removesuffix(" 0 min")


def _line(line: Line, frame: _Frame) -> str:
    places = " ".join("{:.1f},{:.1f}".format(*frame.at(x, y)) for x, y in line.points)
    dashes = ""
    if line.dashes is not None:
        on, off, begin = line.dashes
        dashes = f'stroke-dasharray="{on:g} {off:g}" stroke-dashoffset="{0 - begin:g}" '
    return (
        f'<polyline fill="none" stroke="{line.colour}" stroke-width="2" stroke-linejoin="round" '
        f'{dashes}points="{places}">'
        f"<title>{html.escape(line.full_name or line.name)}</title></polyline>"
    )


def _labels(lines: Sequence[Line], frame: _Frame) -> str:
    """Names at the ends of the lines, moved apart where they would overlap."""
    ends = [(frame.at(*line.points[-1])[1], line) for line in lines if line.points]
    ends.sort(key=lambda end: end[0])
    places: list[float] = []
    for y, _ in ends:
        places.append(max(y, places[-1] + _LABEL_HEIGHT) if places else y)
    over = frame.height
    for i in reversed(range(len(places))):
        places[i] = over = min(places[i], over if i == len(places) - 1 else over - _LABEL_HEIGHT)
    svg = []
    for place, (y, line) in zip(places, ends, strict=True):
        name, full = html.escape(line.name), html.escape(line.full_name or line.name)
        svg.append(
            f'<line x1="{_WIDTH + 2}" y1="{y:.1f}" x2="{_WIDTH + 12}" y2="{place:.1f}" '
            f'stroke="{line.colour}"/>'
            f'<text x="{_WIDTH + 16}" y="{place + 4:.1f}" fill="currentColor">'
            f"{name}<title>{full}</title></text>"
        )
    return "".join(svg)
