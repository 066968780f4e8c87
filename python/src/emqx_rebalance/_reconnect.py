"""How dropped clients come back."""

from __future__ import annotations

from dataclasses import dataclass

from ._value import Value, checked
from ._words import NamedProfile

__all__ = ["ReconnectProfile", "Reconnects"]


@dataclass(frozen=True, eq=False, repr=False)
class ReconnectProfile(Value):
    """Which share of the clients that were dropped is back after which time.

    A curve through points, straight between them and flat after the last: what is missing to 1
    there is the share that never comes. Checked, and completed, by the core::

        ReconnectProfile(((0.5, 0), (1.5, 0.5), (10, 0.5), (60, 1)))
        plan(snapshot, reconnect=ReconnectProfile.load("fleet.json"))
    """

    _what = "reconnect profile"

    points: tuple[tuple[float, float], ...]
    """Pairs of seconds and the share that is back by then: 1 to 64, times from 0 to 86,400 s that
    never go back, shares from 0 to 1 that never fall."""
    name: NamedProfile | None = None
    """The preset that it is, if it is one."""
    version: int = 1
    """Version of this JSON: 1."""

    def __post_init__(self) -> None:
        checked(self)

    def __repr__(self) -> str:
        points = ", ".join(f"({at_s:g}, {share:g})" for at_s, share in self.points)
        return f"ReconnectProfile(({points},))"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Reconnects(Value):
    """How clients come back, as a driver has seen it so far, of those that were dropped in its job.

    What was not seen yet is taken to go on at the pace of late.
    """

    clients: int
    """Clients dropped that this is learned of."""
    watched_s: float
    """How long the first of them was watched, in seconds."""
    half_s: float | None = None
    """Seconds after which half of all dropped clients are back. None if fewer ever come."""
    most_s: float | None = None
    """Seconds after which 90 % of all dropped clients are back. None if fewer ever come."""
    missing: float
    """The share of the dropped clients that does not come back, for all that was seen: 0 to 1."""
    profile: ReconnectProfile
    """The whole curve, to plan the next job with."""
