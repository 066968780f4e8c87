"""What a driver does and sees, one class for each kind of event, and the log that tells of it:
``emqx_rebalance``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ._reconnect import Reconnects
from ._status import Cause, Outcome
from ._text import count, percent
from ._value import Value
from ._words import RunPhase

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
    "event",
    "log",
    "logger",
]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Event(Value):
    """One thing that a driver did or saw. ``str(event)`` says it to people."""

    type: str
    """What it is, such as ``started``."""

    #: Whether people should look at it.
    is_warning: ClassVar[bool] = False

    def __str__(self) -> str:
        return self.type.replace("_", " ")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _OfRun(Event):
    coordinator: str
    """The coordinator of the run."""

    def __str__(self) -> str:
        return f"{self.coordinator}: {self.type.replace('_', ' ')}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Starting(_OfRun):
    """A run is asked to start."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Started(_OfRun):
    """EMQX took the start, or shows the run."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StartDoubtful(_OfRun):
    """The answer to a start was lost; EMQX is asked whether it began."""

    is_warning = True

    cause: Cause
    """Why there is no answer."""

    def __str__(self) -> str:
        return f"{self.coordinator}: start in doubt, {self.cause.message}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PhaseEntered(_OfRun):
    """A run entered a phase."""

    phase: RunPhase
    """The phase."""

    def __str__(self) -> str:
        return f"{self.coordinator}: {self.phase.replace('_', ' ')}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AnswerLost(Event):
    """A question got no answer; it will be asked again."""

    is_warning = True

    cause: Cause
    """Why."""

    def __str__(self) -> str:
        return f"answer lost, will ask again: {self.cause.message}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Gone(_OfRun):
    """Enough polls in a row did not show a run any more."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ForeignRun(_OfRun):
    """A rebalance that is not of this plan is running."""

    is_warning = True

    def __str__(self) -> str:
        return f"{self.coordinator}: runs a rebalance that is not of this plan"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Drifted(Event):
    """The cluster has parted from the forecast by more than a fifth of what the plan moves;
    planning anew from the present counts may serve better.
    """

    is_warning = True

    moved: int
    """Connections that have left the donors."""
    expected: int
    """Connections that should have left them by now."""

    def __str__(self) -> str:
        return f"drifted: {count(self.moved)} moved, {count(self.expected)} expected by now"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NextWave(Event):
    """The wave, or the pilot, is over and leaves more than the goal: another one is planned from
    fresh counts.
    """

    over: float
    """The fullest node over the mean, as measured."""
    expected: float
    """The same after the next wave, as forecast."""
    reconnects: Reconnects | None = None
    """How the dropped clients come back, as far as it was seen: the next wave is planned for it,
    unless the plan was told and nothing speaks against it."""

    def __str__(self) -> str:
        return f"next wave: {percent(self.over)} over the mean, {percent(self.expected)} expected"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Opening(Event):
    """A node that was kept closed until others caught up with it is told to take clients again."""

    node: str
    """The node."""

    def __str__(self) -> str:
        return f"{self.node}: opened, others have caught up"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Stopping(_OfRun):
    """A run is told to stop."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Ended(Event):
    """The end."""

    outcome: Outcome
    """The verdict."""

    @property
    def is_failure(self) -> bool:
        """Whether it ended otherwise than asked."""
        return not self.outcome.is_success

    def __str__(self) -> str:
        return str(self.outcome)


_CLASSES: dict[str, type[Event]] = {
    "starting": Starting,
    "started": Started,
    "start_doubtful": StartDoubtful,
    "phase": PhaseEntered,
    "answer_lost": AnswerLost,
    "gone": Gone,
    "foreign_run": ForeignRun,
    "drifted": Drifted,
    "next_wave": NextWave,
    "opening": Opening,
    "stopping": Stopping,
    "ended": Ended,
}


def event(data: Mapping[str, Any]) -> Event:
    """The event of the JSON contract; a plain :class:`Event` for one of the future."""
    return _CLASSES.get(data["type"], Event)._of(data)


logger = logging.getLogger("emqx_rebalance")
logger.addHandler(logging.NullHandler())


def log(event: Event) -> None:
    """Logs an event; its fields are in ``record.event`` as well."""
    if isinstance(event, Ended) and event.is_failure:
        level = logging.ERROR
    elif event.is_warning:
        level = logging.WARNING
    else:
        level = logging.INFO
    logger.log(level, "%s", event, extra={"event": event.to_dict()})
