"""Tables by pandas, which is an extra."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ._extra import needed
from ._typing import DataFrame

if TYPE_CHECKING:
    from ._forecast import Curve

__all__ = ["forecast", "loads"]


def forecast(curve: Curve) -> DataFrame:
    """Clients: seconds down, nodes across."""
    pandas = needed("pandas", "pandas")
    columns = {node.node: list(node.connections) for node in curve.nodes}
    frame: DataFrame = pandas.DataFrame(columns, index=pandas.Index(curve.times_s, name="second"))
    return frame


def loads(nodes: Iterable[Mapping[str, Any]]) -> DataFrame:
    """A row for each node, of its JSON."""
    pandas = needed("pandas", "pandas")
    frame: DataFrame = pandas.DataFrame(list(nodes)).set_index("node")
    return frame
