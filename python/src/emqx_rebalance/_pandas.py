"""Tables by pandas, which is an extra."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._extra import needed

if TYPE_CHECKING:
    from ._evacuation import EvacuationPlan
    from ._plan import Plan
    from ._snapshot import NodeLoad, Snapshot

__all__ = ["forecast", "loads", "snapshot"]


def forecast(plan: Plan | EvacuationPlan) -> Any:
    """Clients: seconds down, nodes across."""
    pandas = needed("pandas", "pandas")
    curve = plan.forecast.curve
    columns = {node.node: list(node.connections) for node in curve.nodes}
    return pandas.DataFrame(columns, index=pandas.Index(curve.times_s, name="second"))


def snapshot(snapshot: Snapshot) -> Any:
    """A row for each node."""
    return loads(snapshot.nodes)


def loads(nodes: Iterable[NodeLoad]) -> Any:
    """A row for each node."""
    pandas = needed("pandas", "pandas")
    return pandas.DataFrame([load.to_dict() for load in nodes]).set_index("node")
