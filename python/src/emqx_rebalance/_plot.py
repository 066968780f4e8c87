"""Pictures by matplotlib, which is an extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._extra import needed
from ._html import lines

if TYPE_CHECKING:
    from ._forecast import Forecast

__all__ = ["forecast", "run"]


def forecast(forecast: Forecast, ax: Any = None) -> Any:
    """The clients of every node over time, as forecast."""
    ax = _axes(ax)
    _draw(forecast, ax)
    ax.legend(loc="best", fontsize="small")
    return ax


def run(forecast: Forecast | None, course: Sequence[Mapping[str, Any]], ax: Any = None) -> Any:
    """The clients of every node as they were, over the forecast."""
    ax = _axes(ax)
    colours = {} if forecast is None else _draw(forecast, ax, linestyle="--", alpha=0.5)
    for node in dict.fromkeys(node for sample in course for node in sample["connections"]):
        seen = [sample for sample in course if node in sample["connections"]]
        times = [sample["elapsed_s"] for sample in seen]
        counts = [sample["connections"][node] for sample in seen]
        ax.plot(times, counts, label=f"{node} measured", color=colours.get(node))
    ax.legend(loc="best", fontsize="small")
    return ax


def _axes(ax: Any) -> Any:
    if ax is None:
        pyplot = needed("matplotlib.pyplot", "plot")
        _, ax = pyplot.subplots(figsize=(8, 4))
    ax.set_xlabel("seconds from the first start")
    ax.set_ylabel("clients")
    ax.set_ylim(bottom=0)
    ax.grid(visible=True, alpha=0.2)
    return ax


def _draw(forecast: Forecast, ax: Any, **style: Any) -> dict[str, str]:
    drawn = lines(forecast)
    for line in drawn:
        times, counts = zip(*line.points, strict=True)
        ax.plot(times, counts, label=line.name, color=line.colour, **style)
    highest = max((y for line in drawn for _, y in line.points), default=0)
    ax.set_ylim(bottom=0, top=highest * 1.05 or 1)
    return {line.name: line.colour for line in drawn}
