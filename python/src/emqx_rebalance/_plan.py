"""Plans: the starts to send, and what they will do."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from . import _native
from ._extras import Axes, DataFrame, Unpack
from ._forecast import Balance, BalanceChange, Bounds, Forecast, table
from ._options import PlanOptions, by_node, known, merged, number, spelled_out, whole
from ._snapshot import Snapshot
from ._strategy import AskedOptions, Strategy
from ._text import count, duration, percent
from ._value import Value, to_json
from ._words import Decision, FindingCode, LoadBalancer, Mode, ModeWord, Severity

__all__ = [
    "Asked",
    "Behind",
    "Comparison",
    "Finding",
    "Fingerprint",
    "Move",
    "NodeCount",
    "PilotRun",
    "Plan",
    "PlannedRun",
    "Wave",
    "plan",
    "request",
]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PlannedRun(Value):
    """One EMQX rebalance: one start call to one coordinator."""

    coordinator: str
    """The node that runs it. Need not be among ``nodes``."""
    nodes: tuple[str, ...]
    """The nodes to name in the start."""
    donors: tuple[str, ...]
    """Those of ``nodes`` that EMQX will empty: at or above their average."""
    recipients: tuple[str, ...]
    """Those of ``nodes`` that EMQX will fill."""
    strategy: Strategy
    """The options of the start, every one resolved."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PilotRun(Value):
    """The run that goes before all others, to see how clients come back."""

    run: PlannedRun
    """The start to send before all others."""
    clients: int
    """Clients that it drops."""
    most_s: int
    """Most seconds that it takes. It ends as soon as its clients are back."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Finding(Value):
    """One thing to know before starting."""

    severity: Severity
    """How much it matters."""
    code: FindingCode
    """What it is, for programs."""
    message: str
    """What it is and what to do, for people."""
    node: str | None = None
    """The node it is about."""

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Move(Value):
    """What a ``level`` plan does to one node."""

    _names = {"from_": "from"}

    node: str
    """The node."""
    from_: int
    """Connected clients now. ``from`` in the JSON."""
    to: int
    """Connected clients at the end, as forecast."""
    leave: int
    """Clients that the node drops."""
    arrive: int
    """Clients that come to it."""
    closes_at_s: int | None = None
    """When it stops taking clients, in seconds from the first start. None: it never does."""
    reopens_at_s: int | None = None
    """When it takes clients again."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Wave(Value):
    """One of the rounds that it takes to reach the goal. The first is the plan at hand."""

    over: float
    """The fullest node over the mean after it, with the noise that a balancer's chance adds."""
    disconnects: int
    """Clients dropped in it."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison(Value):
    """A way to level, in numbers to compare."""

    balance: Balance
    """Balance at the end."""
    disconnects: int
    """Clients dropped."""
    duration_s: int
    """Seconds from the start to the end."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Behind(Value):
    """How the plan ends behind one kind of load balancer."""

    load_balancer: LoadBalancer
    """The kind."""
    over: float
    """The fullest node over the mean at the end, with the noise of chance."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NodeCount(Value):
    """A node's counts when a plan was made."""

    node: str
    """The node."""
    connections: int
    """Connected clients."""
    weight: float | None = None
    """The weight that the node was given. EMQX knows nothing of it."""
    unknown: bool | None = None
    """True if the counts were not known."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fingerprint(Value):
    """What a plan was made from."""

    nodes: tuple[NodeCount, ...]
    """The counts of every node."""
    made_at_ms: int | None = None
    """When, in milliseconds since 1970. None if it was made offline."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Asked(Value):
    """What a plan was asked to do."""

    strategy: Strategy
    """How fast and how far."""
    options: AskedOptions
    """What else."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Plan(Value):
    """One or more EMQX rebalances and what they will do.

    ``print(plan)`` shows what the command shows; a notebook shows a table and a chart.
    """

    _what = "plan"

    mode: Mode
    """How the runs were found."""
    asked: Asked
    """What was asked for: all it takes to plan again from fresh counts."""
    fingerprint: Fingerprint
    """What it was made from."""
    decision: Decision
    """Whether there is anything to start."""
    reason: str | None = None
    """Why there is nothing to balance, with the numbers and the option that would change it."""
    donors: tuple[str, ...]
    """Nodes that lose clients, or would if the thresholds allowed it."""
    recipients: tuple[str, ...]
    """Nodes that gain clients, or would if the thresholds allowed it."""
    pilot: PilotRun | None = None
    """The run that goes before all others, to see how clients come back. Only of a ``level`` plan
    that was not told."""
    runs: tuple[PlannedRun, ...]
    """The starts to send, in this order. Empty if there is nothing to balance."""
    forecast: Forecast
    """What the runs will do."""
    balance: BalanceChange
    """The balance of the nodes that can take part, before and after."""
    bounds: Bounds
    """What no plan can beat."""
    findings: tuple[Finding, ...]
    """What to know before starting. One of severity ``error`` stops a start."""
    moves: tuple[Move, ...] = ()
    """What happens to each node. Only of a ``level`` plan."""
    waves: tuple[Wave, ...] = ()
    """The rounds expected until the goal is met, this plan first. Only of a ``level`` plan."""
    groups: int | None = None
    """In how many groups the donors are closed, one after the other, where ``max_unavailable``
    allows fewer at once. Each is a wave; so many of ``waves`` come first. None: all at once."""
    behind: tuple[Behind, ...] = ()
    """How the plan ends behind each kind of balancer, if the options do not name one. Only of a
    ``level`` plan."""
    comparison: Comparison | None = None
    """What EMQX's own run would do in the same circumstances. Only of a ``level`` plan."""
    version: int = 1
    """Version of this JSON: 1."""

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to start."""
        return self.decision == Decision.START

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that forbid a start unless it is forced."""
        return tuple(found for found in self.findings if found.severity == Severity.ERROR)

    def check_fits(
        self,
        snapshot: Snapshot | Mapping[str, Any],
        *,
        tolerance: float = 0.05,
        max_age_s: int | timedelta = 3600,
    ) -> None:
        """Makes sure that the plan can still be started on the cluster of ``snapshot``.

        Args:
            snapshot: the cluster as it is now.
            tolerance: how far a node's clients may have moved, as a share of the average, 0 to 1.
            max_age_s: how old the plan may be, in whole seconds. A plan made offline has no
                age: its counts alone are looked at.

        Raises:
            ConflictError: saying what has changed and by how much.
            ConfigInvalidError: if ``tolerance`` is no number from 0 to 1, or ``max_age_s`` is
                negative.
        """
        now = int(time.time() * 1000)
        if isinstance(max_age_s, timedelta):
            max_age_s = int(max_age_s.total_seconds())
        share, age_s = number("tolerance", tolerance), whole("max_age_s", max_age_s)
        _native.fits(_text(self), to_json(snapshot, "snapshot"), now, share, age_s)

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
        head = f"Nothing to do: {self.reason or 'EMQX would not move any client.'}"
        if self.is_needed:
            head = (
                f"Disconnects {count(forecast.disconnects)} clients once, takes "
                f"{duration(forecast.duration_s)}: fullest node {percent(self.balance.before.over)}"
                f" over the mean now, {percent(self.balance.after.over)} after."
            )
        unknown = {count.node for count in self.fingerprint.nodes if count.unknown}
        table = nodes(forecast, self.donors, self.recipients, unknown)
        drawn = forecast_chart(forecast) if self.is_needed else ""
        found = findings((found.severity, found.message) for found in self.findings)
        return page(head, [table, drawn, found])

    def __str__(self) -> str:
        return _native.text("plan", _text(self)).rstrip("\n")

    def __repr__(self) -> str:
        if not self.is_needed:
            return f"<Plan ({self.mode}): nothing to balance>"
        forecast = self.forecast
        cost = f"{count(forecast.disconnects)} disconnects in {duration(forecast.duration_s)}"
        over = f"{percent(self.balance.before.over)} over → {percent(self.balance.after.over)}"
        return f"<Plan ({self.mode}): {len(self.runs)} run(s), {cost}, {over}>"


def _text(value: Value) -> str:
    return json.dumps(value.to_dict())


def request(
    strategy: Strategy | Mapping[str, Any] | None,
    mode: str | None,
    options: Mapping[str, Any],
    **more: Any,
) -> str:
    """A ``PlanRequest`` of the core."""
    if strategy is not None and not isinstance(strategy, (Strategy, Mapping)):
        kind = type(strategy).__name__
        raise TypeError(f"strategy must be a Strategy or a dict of its options, not {kind}")
    weights = options.get("weights")
    if weights is not None:
        more["weights"] = by_node("weights", weights, number)
    return merged(options, {**more, "strategy": strategy, "mode": mode})


@spelled_out("PlanOptions")
def plan(
    snapshot: Snapshot | Mapping[str, Any],
    *,
    strategy: Strategy | Mapping[str, Any] | None = None,
    mode: ModeWord = "single",
    **options: Unpack[PlanOptions],
) -> Plan:
    """Plans the rebalance of ``snapshot``, without touching anything.

    Args:
        snapshot: each node's load, as a :class:`Snapshot` or a dict of the JSON contract.
        strategy: EMQX's options, as a :class:`Strategy` or a dict; or by name among ``options``.
        mode: ``"single"``, the one run that EMQX would do by itself, or ``"level"``, as many runs
            at once as it takes to end level.
        options: what is described at :class:`PlanOptions`.

    Raises:
        ConfigInvalidError: with every problem at once.
        UnknownNodeError: if an option names a node that is not in the snapshot.
    """
    if not isinstance(snapshot, (Snapshot, Mapping)):
        kind = type(snapshot).__name__
        raise TypeError(f"snapshot must be a Snapshot or a dict of the JSON contract, not {kind}")
    known("plan", options, "PlanOptions")
    return Plan._of(json.loads(_native.plan(request(strategy, mode, options, snapshot=snapshot))))
