"""Each node's load at one time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast, overload

from . import _native
from ._extras import DataFrame, loads_table
from ._options import by_node, number
from ._text import count, table
from ._value import Value, checked, encode
from ._words import NodeStatus, Role

__all__ = ["NodeLoad", "Snapshot"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NodeLoad(Value):
    """One node's load. Checked, and completed, by the core."""

    _what = "node"

    node: str
    """The node's name, such as ``emqx@10.0.0.1``."""
    connections: int = 0
    """Connected clients: EMQX's ``live_connections``, the only count its rebalancing looks at.
    0 to 2^53 - 1."""
    sessions: int = field(default=cast("int", None))
    """Sessions, with a connected client or without. Default: one for each client, and the
    disconnected ones."""
    disconnected_sessions: int = field(default=cast("int", None))
    """Sessions whose client is away. Default: sessions without a client."""
    role: Role | None = None
    """What the node does in its cluster, if known."""
    version: str | None = None
    """EMQX's version, such as "5.8.8", if known."""
    status: NodeStatus = NodeStatus.RUNNING
    """Whether the node takes part."""
    max_fds: int | None = None
    """File descriptors that EMQX may open on it: about as many clients as it can ever hold."""
    weight: float | None = None
    """Share of the load this node should carry, against the others' weights. More than 0; 1 if
    left out."""
    read_at_ms: int | None = None
    """When the counts were read, in milliseconds since 1970. None if they never were: a node of
    status ``unknown`` then has counts of 0 that mean nothing."""
    read_from: str | None = None
    """Who said so: the URL that answered. None if the counts were not read from a cluster."""

    def __post_init__(self) -> None:
        checked(self)


@dataclass(frozen=True, eq=False, repr=False)
class Snapshot(Value):
    """The load of every node of a cluster at one time, in EMQX's order.

    Never empty, no node twice. Checked, and completed, by the core::

        Snapshot((NodeLoad(node="emqx@a", connections=900), NodeLoad(node="emqx@b")))
        snapshot = Snapshot.of({"emqx@a": 900, "emqx@b": 0})
        print(len(snapshot), snapshot["emqx@a"].connections, [load.node for load in snapshot])
    """

    _what = "snapshot"

    nodes: tuple[NodeLoad, ...]
    """The nodes, in EMQX's order. Given as loads, or as dicts of the JSON contract."""
    version: int = 1
    """Version of this JSON: 1."""

    def __post_init__(self) -> None:
        if isinstance(self.nodes, (str, Mapping)) or not isinstance(self.nodes, Iterable):
            kind = type(self.nodes).__name__
            raise TypeError(f"nodes must be a list of NodeLoad or dicts, not {kind}")
        nodes = encode(list(self.nodes), "nodes")
        text = json.dumps({"version": self.version, "nodes": nodes})
        read = json.loads(_native.checked("snapshot", text))
        object.__setattr__(self, "nodes", tuple(NodeLoad._of(load) for load in read["nodes"]))

    @classmethod
    def of(cls, connections: Mapping[str, int]) -> Snapshot:
        """The snapshot of nodes of which only the connected clients are known, by name."""
        if not isinstance(connections, Mapping):
            kind = type(connections).__name__
            raise TypeError(f"connections must be a dict of clients by node name, not {kind}")
        loads = [{"node": node, "connections": count} for node, count in connections.items()]
        return cls(cast("tuple[NodeLoad, ...]", tuple(loads)))

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[NodeLoad]:
        return iter(self.nodes)

    def __contains__(self, node: object) -> bool:
        return any(node in (load, load.node) for load in self.nodes)

    @overload
    def __getitem__(self, key: int | str) -> NodeLoad: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[NodeLoad, ...]: ...
    def __getitem__(self, key: int | str | slice) -> NodeLoad | tuple[NodeLoad, ...]:
        """The load of a node by its name or its place.

        Raises:
            KeyError: if there is no node of that name.
            IndexError: if there are fewer nodes.
        """
        if not isinstance(key, str):
            return self.nodes[key]
        load = self.node(key)
        if load is None:
            raise KeyError(key)
        return load

    def node(self, name: str) -> NodeLoad | None:
        """The load of the node ``name``."""
        return next((load for load in self.nodes if load.node == name), None)

    @property
    def connections(self) -> int:
        """Connected clients of the whole cluster."""
        return sum(load.connections for load in self.nodes)

    def weighted(self, weights: Mapping[str, float]) -> Snapshot:
        """The same loads, of which those in ``weights`` should carry more or less than the others.

        Raises:
            UnknownNodeError: if ``weights`` names a node that is not here.
        """
        weights = by_node("weights", weights, number)
        unknown = [name for name in weights if self.node(name) is None]
        if unknown:
            from ._errors import UnknownNodeError

            message = f"no such node in the snapshot, node: `{unknown[0]}`"
            raise UnknownNodeError(message, context={"node": unknown[0]})
        loads = (
            dataclasses.replace(load, weight=weights.get(load.node, load.weight))
            for load in self.nodes
        )
        return Snapshot(tuple(loads))

    def __str__(self) -> str:
        rows = [
            [load.node, count(load.connections), count(load.disconnected_sessions), load.status]
            for load in self.nodes
        ]
        return table(["node", "clients", "absent", "state"], rows, numbers=(1, 2))

    def __repr__(self) -> str:
        return f"<Snapshot of {len(self.nodes)} nodes, {count(self.connections)} clients>"

    def to_pandas(self) -> DataFrame:
        """A ``pandas.DataFrame`` with a row for each node. Needs the extra ``pandas``."""
        return loads_table(load.to_dict() for load in self.nodes)
