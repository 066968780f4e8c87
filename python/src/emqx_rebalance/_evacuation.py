"""Emptying one node."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import _native
from ._extras import Axes, DataFrame, Unpack
from ._forecast import BalanceChange, Forecast, table
from ._options import EvacuationOptions, known, merged, spelled_out
from ._plan import Finding
from ._snapshot import Snapshot
from ._strategy import Evacuation, EvacuationSurroundings
from ._text import count, duration
from ._value import Value
from ._words import Severity

__all__ = ["EvacuationAsked", "EvacuationPlan", "plan_evacuation"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EvacuationAsked(Value):
    """What an evacuation was asked to do."""

    node: str
    """The node to empty."""
    evacuation: Evacuation
    """How fast, and where to."""
    options: EvacuationSurroundings
    """What the plan was made for."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EvacuationPlan(Value):
    """The evacuation of one node and what it will do."""

    _what = "evacuation plan"

    asked: EvacuationAsked
    """What was asked for."""
    clients_to: tuple[str, ...]
    """The nodes that get the clients: every other one that serves clients."""
    sessions_to: tuple[str, ...]
    """The nodes that get the sessions whose client is away."""
    forecast: Forecast
    """What it will do, up to the empty node. It then stays closed."""
    balance: BalanceChange
    """The balance of the nodes that get the clients, before and after."""
    findings: tuple[Finding, ...]
    """What to know before starting. One of severity ``error`` stops a start."""
    reminder: str
    """What to do afterwards."""
    version: int = 1
    """Version of this JSON: 1."""

    @property
    def node(self) -> str:
        """The node to empty."""
        return self.asked.node

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that forbid a start unless it is forced."""
        return tuple(found for found in self.findings if found.severity == Severity.ERROR)

    def to_pandas(self) -> DataFrame:
        """The forecast as a ``pandas.DataFrame``: seconds down, nodes across. Needs the extra
        ``pandas``.
        """
        return table(self.forecast.curve)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draws the forecast on matplotlib axes, which it returns. Needs the extra ``plot``."""
        from ._plot import forecast

        return forecast(self.forecast, ax)

    def _repr_html_(self) -> str:
        from ._html import findings, forecast_chart, nodes, page

        forecast = self.forecast
        head = (
            f"Empties {self.node}: disconnects {count(forecast.disconnects)} clients in "
            f"{duration(forecast.duration_s)}. Then {self.reminder}."
        )
        unknown = {found.node for found in self.findings if found.code == "node_unknown"}
        table = nodes(forecast, (self.node,), self.clients_to, unknown)
        found = findings((found.severity, found.message) for found in self.findings)
        return page(head, [table, forecast_chart(forecast), found])

    def __str__(self) -> str:
        return _native.text("evacuation plan", json.dumps(self.to_dict())).rstrip("\n")

    def __repr__(self) -> str:
        clients = count(self.forecast.disconnects)
        time = duration(self.forecast.duration_s)
        return f"<EvacuationPlan of {self.node}: {clients} disconnects in {time}>"


@spelled_out("EvacuationOptions")
def plan_evacuation(
    snapshot: Snapshot | Mapping[str, Any], node: str, **options: Unpack[EvacuationOptions]
) -> EvacuationPlan:
    """Plans to empty ``node``, without touching anything.

    Args:
        snapshot: each node's load, as a :class:`Snapshot` or a dict of the JSON contract.
        node: the node to empty.
        options: what is described at :class:`EvacuationOptions`.

    Raises:
        ConfigInvalidError: with every problem at once.
        UnknownNodeError: if ``node``, or an option, names one that is not in the snapshot.
    """
    if not isinstance(snapshot, (Snapshot, Mapping)):
        kind = type(snapshot).__name__
        raise TypeError(f"snapshot must be a Snapshot or a dict of the JSON contract, not {kind}")
    known("plan_evacuation", options, "EvacuationOptions")
    request = merged({"snapshot": snapshot, "node": node}, options)
    return EvacuationPlan._of(json.loads(_native.plan_evacuation(request)))
