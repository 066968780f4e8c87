"""Pictures by matplotlib, which is an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._extra import needed
from ._html import lines

if TYPE_CHECKING:
    from ._evacuation import EvacuationPlan
    from ._forecast import Forecast
    from ._plan import Plan
    from ._run import BaseRun

__all__ = ["forecast", "run"]


def forecast(plan: Plan | EvacuationPlan, ax: Any = None) -> Any:
    """The clients of every node over time, as forecast."""
    ax = _axes(ax)
    _draw(plan.forecast, ax)
    ax.legend(loc="best", fontsize="small")
    return ax


def run(run: BaseRun, ax: Any = None) -> Any:
    """The forecast, and each node as it is now."""
    ax = _axes(ax)
    status = run.status
    colours = _draw(run.plan.forecast, ax) if run.plan is not None else {}
    now = {load.node: load.connections for load in status.nodes}
    for node, connections in now.items():
        marker = {"color": colours[node]} if node in colours else {}
        ax.plot(status.progress.elapsed_s, connections, "o", label=f"{node} now", **marker)
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


def _draw(forecast: Forecast, ax: Any) -> dict[str, str]:
    drawn = lines(forecast)
    for line in drawn:
        times, counts = zip(*line.points, strict=True)
        ax.plot(times, counts, label=line.name, color=line.colour)
    highest = max((y for line in drawn for _, y in line.points), default=0)
    ax.set_ylim(bottom=0, top=highest * 1.05 or 1)
    return {line.name: line.colour for line in drawn}
