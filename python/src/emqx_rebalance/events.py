"""Every kind of event of a run, as :meth:`Run.watch_events` and ``on_event`` tell them."""

from __future__ import annotations

from ._events import (
    AnswerLost,
    Drifted,
    Ended,
    Event,
    ForeignRun,
    Gone,
    NextWave,
    Opening,
    PhaseEntered,
    StartDoubtful,
    Started,
    Starting,
    Stopping,
)

__all__ = [
    "AnswerLost",
    "Drifted",
    "Ended",
    "Event",
    "ForeignRun",
    "Gone",
    "NextWave",
    "Opening",
    "PhaseEntered",
    "StartDoubtful",
    "Started",
    "Starting",
    "Stopping",
]
