"""Pictures by matplotlib, which is an extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _native
from ._extras import Axes, needed
from ._html import LABEL_LENGTH, lines
from ._svg import Line

if TYPE_CHECKING:
    from ._forecast import Forecast

__all__ = ["forecast", "run"]

#: Lines whose names have room within the axes.
_FEW = 10


def forecast(forecast: Forecast, ax: Axes | None = None) -> Axes:
    """The clients of every node over time, as forecast."""
    ax = _axes(ax)
    _draw(forecast, ax)
    _legend(ax)
    legend = ax.get_legend()
    for shown in [] if legend is None else legend.get_lines():
        # There is no room for stripes.
        shown.set_linestyle("-")
    return ax


def run(
    forecast: Forecast | None, course: Sequence[Mapping[str, Any]], ax: Axes | None = None
) -> Axes:
    """The clients of every node as they were, over the forecast."""
    ax = _axes(ax)
    colours = {} if forecast is None else _draw(forecast, ax, linestyle="--", alpha=0.5)
    nodes = list(dict.fromkeys(node for sample in course for node in sample["connections"]))
    names = dict(zip(nodes, _native.short_names(nodes, LABEL_LENGTH), strict=True))
    for node in nodes:
        seen = [sample for sample in course if node in sample["connections"]]
        times = [sample["elapsed_s"] for sample in seen]
        counts = [sample["connections"][node] for sample in seen]
        ax.plot(times, counts, label=f"{names[node]} measured", color=colours.get(node))
    _legend(ax)
    return ax


def _legend(ax: Axes) -> None:
    """Within the axes while there is room, beside them if there are many lines."""
    if len(ax.lines) > _FEW:
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize="x-small")
    else:
        ax.legend(loc="best", fontsize="small")


def _axes(ax: Axes | None) -> Axes:
    if ax is None:
        pyplot = needed("matplotlib.pyplot", "plot")
        _, ax = pyplot.subplots(figsize=(8, 4))
    ax.set_xlabel("seconds from the first start")
    ax.set_ylabel("clients")
    ax.set_ylim(bottom=0)
    ax.grid(visible=True, alpha=0.2)
    return ax


def _draw(forecast: Forecast, ax: Axes, **style: Any) -> dict[str, str]:
    """Draws the forecast; the colour of each node, by its whole name."""
    drawn = lines(forecast)
    for line in drawn:
        times, counts = zip(*line.points, strict=True)
        shown = {**_dashes(line), **style}
        ax.plot(times, counts, label=line.name, color=line.colour, **shown)
    highest = max((y for line in drawn for _, y in line.points), default=0)
    ax.set_ylim(bottom=0, top=highest * 1.05 or 1)
    return {line.full_name or line.name: line.colour for line in drawn}


def _dashes(line: Line) -> dict[str, Any]:
    if line.dashes is None:
        return {}
    on, off, begin = line.dashes
    # In widths of the line, which is 1.5 points wide.
    return {"linestyle": (-begin / 1.5, (on / 1.5, off / 1.5))}
