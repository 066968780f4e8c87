"""Where a plan or a cluster stands, and how it ended."""

from __future__ import annotations

import html
import json
import os
from dataclasses import dataclass

from . import _native
from ._evacuation import EvacuationPlan
from ._extras import DataFrame, loads_table
from ._forecast import Balance
from ._options import wishes
from ._plan import Plan
from ._reconnect import Reconnects
from ._snapshot import NodeLoad
from ._text import count, duration, percent
from ._value import Value, Word, written
from ._words import ErrorKind, Guard, OutcomeKind, Phase

__all__ = ["Cause", "EvacuationPhase", "EvacuationStatus", "EvictionCounts", "JobKind", "Outcome"]
__all__ += ["Progress", "Record", "RunView", "Status", "Unread", "WaveRecord"]


class JobKind(Word):
    """What is done to a cluster."""

    REBALANCE = "rebalance"
    """The runs of a plan."""
    EVACUATION = "evacuation"
    """The evacuation of a node."""


class EvacuationPhase(Word):
    """What an evacuation does, under EMQX's names."""

    WAITING_HEALTH_CHECK = "waiting_health_check"
    """Waits for load balancers to notice; clients may still connect."""
    EVICTING_CONNS = "evicting_conns"
    """Drops clients and refuses new ones, as in every phase that follows."""
    WAITING_TAKEOVER = "waiting_takeover"
    """Waits for clients to take over their sessions elsewhere."""
    EVICTING_SESSIONS = "evicting_sessions"
    """Moves the sessions whose client is away."""
    PROHIBITING = "prohibiting"
    """Empty, and refusing clients until the evacuation is stopped."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cause(Value):
    """An error that led to an outcome or an event."""

    kind: ErrorKind
    """The word of the error's kind."""
    message: str
    """The error in one line."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Outcome(Value):
    """How a plan ended."""

    _what = "outcome"

    result: OutcomeKind
    """The verdict."""
    detail: str
    """The verdict in a sentence, with its numbers."""
    balance: Balance | None = None
    """The measured balance of the plan's nodes, unless their counts could not be read."""
    missing: int | None = None
    """Clients that were connected before the first start and are connected nowhere now. None if the
    counts of all nodes are not known."""
    missing_since_ms: int | None = None
    """Since when at least half of those have been missing, without a break, in milliseconds since
    1970."""
    unknown: tuple[str, ...] = ()
    """Nodes whose counts were not known."""
    read_at_ms: int | None = None
    """When the counts were read that this rests on, in milliseconds since 1970. None if none were
    read."""
    unchecked: tuple[str, ...] = ()
    """Donors that could not be asked whether they serve again. Look at them yourself."""
    guard: Guard | None = None
    """The guard that stopped the runs."""
    cause: Cause | None = None
    """What EMQX, or the network, said."""

    @property
    def is_success(self) -> bool:
        """Whether the cluster is as balanced as was asked for."""
        return self.result in (OutcomeKind.COMPLETED, OutcomeKind.ALREADY_BALANCED)

    def __str__(self) -> str:
        return f"{self.result.replace('_', ' ')}: {self.detail}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RunView(Value):
    """One EMQX rebalance."""

    coordinator: str
    """The node that runs it."""
    state: str
    """EMQX's word for what it does, one of :class:`RunPhase`; ``pending``, ``starting``, ``gone``,
    ``not_needed`` or ``refused`` before and after."""
    donors: tuple[str, ...]
    """The nodes that lose clients."""
    recipients: tuple[str, ...]
    """The nodes that gain clients."""
    conn_evict_rate: int | None = None
    """Clients that each donor drops per second."""
    sess_evict_rate: int | None = None
    """Disconnected sessions that each donor moves per second."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Progress(Value):
    """How far a plan is."""

    moved: int
    """Connections that have left the donors."""
    to_move: int
    """Connections that the plan moves."""
    expected: int | None = None
    """Connections that should have left the donors by now, by the forecast."""
    percent: float
    """``moved`` of ``to_move``, 0 to 100."""
    eta_s: int | None = None
    """Seconds to the end at the measured pace; None if that cannot be known."""
    elapsed_s: int
    """Seconds since the first start."""
    moved_unknown: bool | None = None
    """True if a donor could not be asked: more than ``moved`` may have moved."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Unread(Value):
    """A time in which the cluster could not be read."""

    since_ms: int
    """Since when, in milliseconds since 1970."""
    cause: Cause
    """Why the last poll did not come through."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Status(Value):
    """Where a plan, or a cluster, stands. ``print(status)`` shows what the command shows."""

    _what = "status"

    phase: Phase | None = None
    """``Processing`` while something runs, then ``Completed`` or ``Failed``. None if nothing runs
    and nothing is known of a plan: EMQX keeps no record."""
    outcome: Outcome | None = None
    """The verdict, once there is one."""
    wave: int
    """Which wave of a ``level`` plan this is, from 1."""
    runs: tuple[RunView, ...]
    """The rebalances, of the plan or found running."""
    nodes: tuple[NodeLoad, ...]
    """Every node as last seen."""
    progress: Progress
    """How far it is."""
    missing: int | None = None
    """Clients that were connected before the first start and are connected nowhere now, those on
    their way among them. None if that is not known, as of a cluster whose plan is not."""
    reconnects: Reconnects | None = None
    """How the dropped clients come back, as far as it was seen."""
    unread: Unread | None = None
    """Since when nothing could be read, and why, if the last poll did not come through: all else is
    as old as that."""
    version: int = 1
    """Version of this JSON: 1."""

    def to_pandas(self) -> DataFrame:
        """A ``pandas.DataFrame`` with a row for each node. Needs the extra ``pandas``."""
        return loads_table(load.to_dict() for load in self.nodes)

    def _repr_html_(self) -> str:
        from ._html import bar, names, page, table

        progress = self.progress
        head = "No rebalance is running." if self.outcome is None else str(self.outcome)
        if self.outcome is None and self.runs:
            left = "" if progress.eta_s is None else f", {duration(progress.eta_s)} to go"
            moved = f"{count(progress.moved)} of {count(progress.to_move)} clients moved"
            head = f"{len(self.runs)} run(s): {moved} ({progress.percent:.0f} %){left}."
        most = max((load.connections for load in self.nodes), default=0) or 1
        name = names([load.node for load in self.nodes])
        rows = (
            [
                name(load.node),
                _counted(load, load.connections),
                bar(load.connections / most),
                _counted(load, load.disconnected_sessions),
                html.escape(load.status),
            ]
            for load in self.nodes
        )
        shown = table(("node", "clients", "", "absent", "state"), rows, numbers=(1, 3))
        return page(head, [bar(progress.percent / 100, 400) if self.runs else "", shown])

    def __str__(self) -> str:
        return _native.text("status", json.dumps(self.to_dict())).rstrip("\n")

    def __repr__(self) -> str:
        if self.outcome is not None:
            return f"<Status: {self.outcome.result}>"
        if self.phase is None:
            return f"<Status: nothing runs, {len(self.nodes)} nodes>"
        moved = f"{count(self.progress.moved)} of {count(self.progress.to_move)} moved"
        return f"<Status: {self.phase}, {moved} ({percent(self.progress.percent / 100)})>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WaveRecord(Value):
    """A wave that is over."""

    runs: int
    """Runs of the wave."""
    disconnects: int
    """Clients that it was to drop."""
    moved: int
    """Connections that have left the donors in it."""
    expected_s: int
    """Seconds that it was to take."""
    expected_over: float
    """The fullest node over the mean, as forecast."""
    over: float
    """The fullest node over the mean, as measured."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Record(Value):
    """A plan that has ended: what is worth keeping, since EMQX keeps nothing."""

    _what = "record"

    began_at: int
    """When it began, in milliseconds since 1970."""
    ended_at: int
    """When it ended, in milliseconds since 1970."""
    who: str | None = None
    """The person or program that started it."""
    reason: str | None = None
    """Why."""
    kind: JobKind = JobKind.REBALANCE
    """What it was: a rebalance or an evacuation."""
    plan: Plan | EvacuationPlan
    """What was to be done and was promised of it, its curve in a few points: of several waves the
    first one's."""
    waves: tuple[WaveRecord, ...] = ()
    """The waves before the last one."""
    nodes: tuple[NodeLoad, ...]
    """Every node at the end."""
    moved: int
    """Connections that have left the donors, in all waves."""
    reconnects: Reconnects | None = None
    """How the dropped clients came back, as far as it was seen: what to plan the next one with."""
    expected_s: int
    """Seconds that it was to take, all waves together."""
    outcome: Outcome
    """The verdict."""
    version: int = 1
    """Version of this JSON: 1."""

    def report(
        self, path: str | os.PathLike[str] | None = None, *, title: str | None = None
    ) -> str:
        """The page about it: plan, verdict, and the counts at the end, as HTML that loads nothing.
        :meth:`Run.report` also has the course, of which a record keeps no more.

        Args:
            path: a file to write it to as well.
            title: its headline. Default: how many nodes were rebalanced.

        Raises:
            UnsupportedError: of an evacuation.
        """
        page = _native.report(json.dumps(self.to_dict()), wishes(title, self.ended_at / 1000))
        if path is not None:
            written(path, page)
        return page

    def __repr__(self) -> str:
        return f"<Record: {self.outcome.result}, {count(self.moved)} moved>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EvictionCounts(Value):
    """Counts of a node that evicts, as it reports them itself."""

    initial_connected: int | None = None
    """Connected clients when it began."""
    current_connected: int | None = None
    """Connected clients now."""
    initial_sessions: int | None = None
    """Sessions when it began."""
    current_sessions: int | None = None
    """Sessions now."""
    current_disconnected_sessions: int | None = None
    """Sessions without a client now. Only a donor of a rebalance reports it."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EvacuationStatus(Value):
    """One evacuation in progress. It lasts until it is stopped, over restarts of the node too."""

    node: str | None = None
    """The node that is emptied."""
    state: str
    """EMQX's word for what it does, one of :class:`EvacuationPhase`."""
    recipients: tuple[str, ...]
    """The nodes that get the sessions. Empty until EMQX has chosen them."""
    conn_evict_rate: int | None = None
    """Clients that the node drops per tick of one second."""
    sess_evict_rate: int | None = None
    """Sessions that the node moves per tick of one second."""
    counts: EvictionCounts
    """The node's counts, up to a second old."""


def _counted(load: NodeLoad, number: int) -> str:
    """A count of a node, unless it was never read."""
    is_read = load.status != "unknown" or load.read_at_ms is not None
    return count(number) if is_read else "?"
