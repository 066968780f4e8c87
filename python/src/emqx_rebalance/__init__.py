"""Plan, drive and watch the rebalancing of EMQX clusters.

::

    from emqx_rebalance import Cluster

    with Cluster("http://emqx:18083", api_key="…", api_secret="…") as cluster:
        plan = cluster.plan(mode="level", load_balancer="round_robin")
        print(plan)
        outcome = cluster.start(plan, reason="scale-out 41").wait()

:func:`plan` needs no cluster; :meth:`Cluster.embedded` needs no EMQX; :class:`AsyncCluster` is for
asyncio. Every value is immutable, and is written and read as the same JSON as the command's.

What is rarely named is in submodules: :mod:`events`, :mod:`words`, :mod:`options` and :mod:`parts`.
``emqx_rebalance.Started`` is the same as ``emqx_rebalance.events.Started``, and so is every other.
"""

from __future__ import annotations

import atexit
import importlib
from typing import TYPE_CHECKING

from . import _native, sansio
from ._async import AsyncCluster, AsyncEmbeddedCluster, AsyncRun
from ._cluster import Cluster, EmbeddedCluster
from ._errors import (
    ConfigInvalidError,
    ConflictError,
    ForbiddenError,
    ProtocolError,
    RebalanceError,
    RefusedError,
    RequestTimeoutError,
    UnauthorizedError,
    UnknownNodeError,
    UnreachableError,
    UnsupportedError,
)
from ._evacuation import EvacuationPlan, plan_evacuation
from ._events import Event
from ._plan import Finding, Plan, plan
from ._reconnect import ReconnectProfile
from ._run import Run
from ._snapshot import NodeLoad, Snapshot
from ._status import Outcome, Record, Status
from ._strategy import Strategy
from ._words import LoadBalancer, Mode, OutcomeKind

if TYPE_CHECKING:
    from . import events, options, parts, words
    from .events import (
        AnswerLost as AnswerLost,
        Drifted as Drifted,
        Ended as Ended,
        ForeignRun as ForeignRun,
        Gone as Gone,
        NextWave as NextWave,
        Opening as Opening,
        PhaseEntered as PhaseEntered,
        StartDoubtful as StartDoubtful,
        Started as Started,
        Starting as Starting,
        Stopping as Stopping,
    )
    from .options import (
        DriverOptions as DriverOptions,
        EvacuationOptions as EvacuationOptions,
        PlanOptions as PlanOptions,
    )
    from .parts import (
        Asked as Asked,
        AskedOptions as AskedOptions,
        Balance as Balance,
        BalanceChange as BalanceChange,
        Behind as Behind,
        Bounds as Bounds,
        Cause as Cause,
        Comparison as Comparison,
        Curve as Curve,
        Embedded as Embedded,
        Evacuation as Evacuation,
        EvacuationAsked as EvacuationAsked,
        EvacuationStatus as EvacuationStatus,
        EvacuationSurroundings as EvacuationSurroundings,
        EvictionCounts as EvictionCounts,
        Fingerprint as Fingerprint,
        Forecast as Forecast,
        Move as Move,
        NodeCount as NodeCount,
        NodeCurve as NodeCurve,
        NodeEnd as NodeEnd,
        Peak as Peak,
        PhaseSpan as PhaseSpan,
        PilotRun as PilotRun,
        PlannedRun as PlannedRun,
        Problem as Problem,
        Progress as Progress,
        Reconnects as Reconnects,
        RunView as RunView,
        Unread as Unread,
        Value as Value,
        Wave as Wave,
        WaveRecord as WaveRecord,
    )
    from .words import (
        Decision as Decision,
        ErrorKind as ErrorKind,
        EvacuationPhase as EvacuationPhase,
        FindingCode as FindingCode,
        Guard as Guard,
        JobKind as JobKind,
        NamedProfile as NamedProfile,
        NodeStatus as NodeStatus,
        Phase as Phase,
        Role as Role,
        RunPhase as RunPhase,
        Severity as Severity,
        Word as Word,
    )
else:
    _MODULES = ("events", "options", "parts", "words")

    def __getattr__(name: str) -> object:
        """What is in a submodule, which is imported when it is first asked for."""
        if name in _MODULES:
            return importlib.import_module(f".{name}", __name__)
        if not name.startswith("_"):
            for module in map(__getattr__, _MODULES):
                if name in module.__all__:
                    return getattr(module, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "AsyncCluster",
    "AsyncEmbeddedCluster",
    "AsyncRun",
    "Cluster",
    "ConfigInvalidError",
    "ConflictError",
    "EmbeddedCluster",
    "EvacuationPlan",
    "Event",
    "Finding",
    "ForbiddenError",
    "LoadBalancer",
    "Mode",
    "NodeLoad",
    "Outcome",
    "OutcomeKind",
    "Plan",
    "ProtocolError",
    "RebalanceError",
    "ReconnectProfile",
    "Record",
    "RefusedError",
    "RequestTimeoutError",
    "Run",
    "Snapshot",
    "Status",
    "Strategy",
    "UnauthorizedError",
    "UnknownNodeError",
    "UnreachableError",
    "UnsupportedError",
    "__version__",
    "events",
    "options",
    "parts",
    "plan",
    "plan_evacuation",
    "sansio",
    "words",
]

__version__ = _native.__version__

# The threads of the native half must not call an interpreter that ends.
atexit.register(_native.close)
