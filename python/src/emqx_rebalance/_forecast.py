"""What a plan will do, second by second, and how far a cluster is from level."""

from __future__ import annotations

from dataclasses import dataclass

from ._extras import DataFrame, needed
from ._text import percent
from ._value import Value
from ._words import RunPhase

__all__ = ["Balance", "BalanceChange", "Bounds", "Curve", "Forecast", "NodeCurve", "NodeEnd"]
__all__ += ["Peak", "PhaseSpan", "table"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Balance(Value):
    """How unequal the load is. All 0 when every node carries its share, or there is no load."""

    over: float
    """The fullest node over the mean: max ÷ mean - 1. 0.25 is 25 % too much."""
    under: float
    """The emptiest node under the mean: 1 - min ÷ mean. 1 is an empty node."""
    cv: float
    """Coefficient of variation: standard deviation ÷ mean."""

    def __str__(self) -> str:
        return (
            f"fullest node {percent(self.over)} over the mean, emptiest {percent(self.under)} under"
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BalanceChange(Value):
    """The balance of a cluster before and after."""

    before: Balance
    """Now."""
    after: Balance
    """As forecast."""

    def __str__(self) -> str:
        return f"now: {self.before}; then: {self.after}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Bounds(Value):
    """What no plan can beat."""

    fewest_disconnects: int
    """Fewest clients that must be dropped to level: what each node has over its share."""
    shortest_s: int
    """Shortest time in seconds at the strategy's rate: both waits, and as many ticks as the
    fullest node needs to reach its share."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NodeEnd(Value):
    """A node at the end of a forecast."""

    node: str
    """The node."""
    connections: int
    """Connected clients."""
    disconnected_sessions: float
    """Sessions whose client is away. Fractional: EMQX moves each to a random recipient, and this
    is the mean."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PhaseSpan(Value):
    """When one phase of one run lasts."""

    run: int
    """Index of the run in the plan."""
    phase: RunPhase
    """The phase."""
    from_s: int
    """First second of it, from the start of the plan."""
    to_s: int
    """Its end, ``from_s`` if the phase is empty."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NodeCurve(Value):
    """The course of one node."""

    node: str
    """The node."""
    connections: tuple[int, ...]
    """Connected clients at each time."""
    disconnected_sessions: tuple[float, ...]
    """Sessions whose client is away, at each time."""

    def __repr__(self) -> str:
        return f"<NodeCurve of {self.node}, {len(self.connections)} points>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Curve(Value):
    """The course of every node. Between two times the counts run in a straight line."""

    times_s: tuple[int, ...]
    """Seconds from the start of the plan, ascending, the first 0."""
    nodes: tuple[NodeCurve, ...]
    """A series for each node, as long as ``times_s``, in the order of the snapshot."""
    away: tuple[int, ...] = ()
    """Clients that were dropped and are not back, at each time. Empty in curves of earlier
    versions."""

    def __repr__(self) -> str:
        return f"<Curve of {len(self.nodes)} nodes, {len(self.times_s)} points>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Peak(Value):
    """The most that a plan asks of the nodes at any time. All 0 in plans of earlier versions."""

    node_reconnects: float
    """Clients per second that come back to one node."""
    reconnects: float
    """Clients per second that come back in all."""
    away: int
    """Clients on their way."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Forecast(Value):
    """What a plan will do if the cluster behaves as EMQX's rules say."""

    _names = {"end": "final"}

    duration_s: int
    """Seconds from the first start to the last end."""
    conn_evict_s: int
    """Seconds in which connections are evicted: one for each tick."""
    sess_evict_s: int
    """Seconds in which sessions are moved: one for each tick."""
    disconnects: int
    """Clients dropped, counted again each time one is dropped."""
    back_s: int = 0
    """Seconds from the first start until 99 % of the clients are back that come back. 0 in plans
    of earlier versions, as are the next two."""
    missing: int = 0
    """Clients dropped that never come back, as the reconnect profile says."""
    peak: Peak = Peak(node_reconnects=0.0, reconnects=0.0, away=0)
    """The most that is asked of the nodes at any time."""
    sessions_moved: float
    """Disconnected sessions moved to another node."""
    end: tuple[NodeEnd, ...]
    """Every node at the end, in the order of the snapshot. ``final`` in the JSON."""
    phases: tuple[PhaseSpan, ...]
    """When which phase runs, in order."""
    curve: Curve
    """Every node over time."""

    def __repr__(self) -> str:
        return f"<Forecast: {self.disconnects:,} disconnects in {self.duration_s} s>"


def table(curve: Curve) -> DataFrame:
    """Clients: seconds down, nodes across."""
    pandas = needed("pandas", "pandas")
    columns = {node.node: list(node.connections) for node in curve.nodes}
    frame: DataFrame = pandas.DataFrame(columns, index=pandas.Index(curve.times_s, name="second"))
    return frame
