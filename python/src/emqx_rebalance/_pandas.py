"""Tables by pandas, which is an extra."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ._extra import needed

if TYPE_CHECKING:
    from ._forecast import Curve

__all__ = ["forecast", "loads"]


def forecast(curve: Curve) -> Any:
    """Clients: seconds down, nodes across."""
    pandas = needed("pandas", "pandas")
    columns = {node.node: list(node.connections) for node in curve.nodes}
    return pandas.DataFrame(columns, index=pandas.Index(curve.times_s, name="second"))


def loads(nodes: Iterable[Mapping[str, Any]]) -> Any:
    """A row for each node, of its JSON."""
    pandas = needed("pandas", "pandas")
    return pandas.DataFrame(list(nodes)).set_index("node")
