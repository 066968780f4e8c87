"""Plan, drive and watch the rebalancing of EMQX clusters.

::

    from emqx_rebalance import Cluster

    cluster = Cluster("http://emqx:18083", api_key="…", api_secret="…")
    plan = cluster.plan(mode="level", load_balancer="round_robin")
    print(plan)
    outcome = cluster.start(plan, reason="scale-out 41").wait()

:func:`plan` needs no cluster; :meth:`Cluster.embedded` needs no EMQX; :class:`AsyncCluster` is for
asyncio. Every value is immutable, and is written and read as the same JSON as the command's.
"""

from __future__ import annotations

import atexit

from . import _native, sansio
from ._async import AsyncCluster, AsyncEmbeddedCluster, AsyncRun
from ._cluster import Cluster, EmbeddedCluster
from ._embedded import Embedded
from ._errors import (
    ConfigInvalidError,
    ConflictError,
    ForbiddenError,
    Problem,
    ProtocolError,
    RebalanceError,
    RefusedError,
    RequestTimeoutError,
    UnauthorizedError,
    UnknownNodeError,
    UnreachableError,
    UnsupportedError,
)
from ._evacuation import EvacuationAsked, EvacuationPlan, plan_evacuation
from ._events import (
    AnswerLost,
    Drifted,
    Ended,
    Event,
    ForeignRun,
    Gone,
    NextWave,
    PhaseEntered,
    StartDoubtful,
    Started,
    Starting,
    Stopping,
)
from ._forecast import (
    Balance,
    BalanceChange,
    Bounds,
    Curve,
    Forecast,
    NodeCurve,
    NodeEnd,
    Peak,
    PhaseSpan,
)
from ._options import DriverOptions, EvacuationOptions, PlanOptions
from ._plan import (
    Asked,
    Behind,
    Comparison,
    Finding,
    Fingerprint,
    Move,
    NodeCount,
    PilotRun,
    Plan,
    PlannedRun,
    Wave,
    plan,
)
from ._reconnect import ReconnectProfile, Reconnects
from ._run import Run
from ._snapshot import NodeLoad, Snapshot
from ._status import (
    Cause,
    EvacuationPhase,
    EvacuationStatus,
    EvictionCounts,
    JobKind,
    Outcome,
    Progress,
    Record,
    RunView,
    Status,
    Unread,
    WaveRecord,
)
from ._strategy import AskedOptions, Evacuation, EvacuationSurroundings, Strategy
from ._value import Value, Word
from ._words import (
    Decision,
    ErrorKind,
    FindingCode,
    Guard,
    LoadBalancer,
    Mode,
    NamedProfile,
    NodeStatus,
    OutcomeKind,
    Phase,
    Role,
    RunPhase,
    Severity,
)

__all__ = [
    "AnswerLost",
    "Asked",
    "AskedOptions",
    "AsyncCluster",
    "AsyncEmbeddedCluster",
    "AsyncRun",
    "Balance",
    "BalanceChange",
    "Behind",
    "Bounds",
    "Cause",
    "Cluster",
    "Comparison",
    "ConfigInvalidError",
    "ConflictError",
    "Curve",
    "Decision",
    "Drifted",
    "DriverOptions",
    "Embedded",
    "EmbeddedCluster",
    "Ended",
    "ErrorKind",
    "Evacuation",
    "EvacuationAsked",
    "EvacuationOptions",
    "EvacuationPhase",
    "EvacuationPlan",
    "EvacuationStatus",
    "EvacuationSurroundings",
    "Event",
    "EvictionCounts",
    "Finding",
    "FindingCode",
    "Fingerprint",
    "ForbiddenError",
    "Forecast",
    "ForeignRun",
    "Gone",
    "Guard",
    "JobKind",
    "LoadBalancer",
    "Mode",
    "Move",
    "NamedProfile",
    "NextWave",
    "NodeCount",
    "NodeCurve",
    "NodeEnd",
    "NodeLoad",
    "NodeStatus",
    "Outcome",
    "OutcomeKind",
    "Peak",
    "Phase",
    "PhaseEntered",
    "PhaseSpan",
    "PilotRun",
    "Plan",
    "PlanOptions",
    "PlannedRun",
    "Problem",
    "Progress",
    "ProtocolError",
    "RebalanceError",
    "ReconnectProfile",
    "Reconnects",
    "Record",
    "RefusedError",
    "RequestTimeoutError",
    "Role",
    "Run",
    "RunPhase",
    "RunView",
    "Severity",
    "Snapshot",
    "StartDoubtful",
    "Started",
    "Starting",
    "Status",
    "Stopping",
    "Strategy",
    "UnauthorizedError",
    "UnknownNodeError",
    "UnreachableError",
    "Unread",
    "UnsupportedError",
    "Value",
    "Wave",
    "WaveRecord",
    "Word",
    "__version__",
    "plan",
    "plan_evacuation",
    "sansio",
]

__version__ = _native.__version__

# The threads of the native half must not call an interpreter that ends.
atexit.register(_native.close)
