"""What plans, statuses and records are made of, for those who annotate or build them."""

from __future__ import annotations

from ._embedded import Embedded
from ._errors import Problem
from ._evacuation import EvacuationAsked
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
from ._plan import (
    Asked,
    Behind,
    Comparison,
    Fingerprint,
    Move,
    NodeCount,
    PilotRun,
    PlannedRun,
    Wave,
)
from ._reconnect import Reconnects
from ._status import (
    Cause,
    EvacuationStatus,
    EvictionCounts,
    Progress,
    RunView,
    Unread,
    WaveRecord,
)
from ._strategy import AskedOptions, Evacuation, EvacuationSurroundings
from ._value import Value

__all__ = [
    "Asked",
    "AskedOptions",
    "Balance",
    "BalanceChange",
    "Behind",
    "Bounds",
    "Cause",
    "Comparison",
    "Curve",
    "Embedded",
    "Evacuation",
    "EvacuationAsked",
    "EvacuationStatus",
    "EvacuationSurroundings",
    "EvictionCounts",
    "Fingerprint",
    "Forecast",
    "Move",
    "NodeCount",
    "NodeCurve",
    "NodeEnd",
    "Peak",
    "PhaseSpan",
    "PilotRun",
    "PlannedRun",
    "Problem",
    "Progress",
    "Reconnects",
    "RunView",
    "Unread",
    "Value",
    "Wave",
    "WaveRecord",
]
