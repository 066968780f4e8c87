"""Options by name: what each means, and how they become a request of the core."""

from __future__ import annotations

import difflib
import inspect
import json
import math
import numbers
import operator
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex, TypedDict, TypeVar

from ._errors import ConfigInvalidError, Problem
from ._value import encode

if TYPE_CHECKING:
    from ._words import LoadBalancer

__all__ = ["DriverOptions", "EvacuationOptions", "PlanOptions", "by_node", "known", "merged"]
__all__ += ["number", "path", "spelled_out", "whole"]

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

#: What fits 64 bits: the core's counts, and times in milliseconds.
MAX_WHOLE = 2**64 - 1


class PlanOptions(TypedDict, total=False):
    """Options of a plan. The first ten are EMQX's, see :class:`Strategy`; waits may be text."""

    conn_evict_rate: int
    """Clients that each donor drops per second. At least 1, default 500."""
    sess_evict_rate: int
    """Disconnected sessions that each donor moves per second. At least 1, default 500."""
    wait_health_check: int | str
    """Wait before the first eviction: seconds, or "10s", "1m30s". 0 to 4294967 s, default 60."""
    wait_takeover: int | str
    """Wait after the last eviction: seconds, or "10s", "1m30s". 0 to 4294967 s, default 60."""
    abs_conn_threshold: int
    """Donors' average of connections may be this much over recipients'. Default 1000."""
    rel_conn_threshold: float
    """Donors' average of connections may be this many times recipients'. Over 1, default 1.1."""
    abs_sess_threshold: int
    """Donors' average of sessions may be this much over recipients'. Default 1000."""
    rel_sess_threshold: float
    """Donors' average of sessions may be this many times recipients'. Over 1, default 1.1."""
    conn_evict_rpc_timeout: int | str
    """Seconds for one round of evicting connections. EMQX 5.9 and later."""
    sess_evict_rpc_timeout: int | str
    """Seconds for one round of moving sessions. EMQX 5.9 and later."""
    nodes: Sequence[str]
    """The nodes to balance. Default: every running node of one role, replicants if there are
    any."""
    exclude: Sequence[str]
    """Nodes to leave out."""
    coordinator: str
    """The node to run it. Default: the emptiest recipient."""
    load_balancer: LoadBalancer | str
    """How the load balancer picks nodes: ``round_robin``, ``random`` or ``least_connections``.
    Default: not known; a level plan is then good under all three."""
    reconnect_delay_s: float
    """Seconds that a dropped client takes to come back, on average. 0 to 86400, default 1."""
    max_reconnect_rate: float
    """``level``: most clients per second that may come back to one node. At least 1."""
    max_cluster_reconnect_rate: float
    """``level``: most clients per second that may come back to the whole cluster. At least 1."""
    max_unavailable: int
    """``level``: most nodes that may be closed to new clients at once. At least 1."""
    target_over: float
    """``level``: the fullest node may end this share over the mean. 0 to 1, default 0.002."""
    max_duration_s: int | str
    """``level``: most seconds that the plan may take."""


class EvacuationOptions(TypedDict, total=False):
    """Options of an evacuation. The first six are EMQX's, see :class:`Evacuation`."""

    conn_evict_rate: int
    """Clients that the node drops per second. At least 1, default 500."""
    sess_evict_rate: int
    """Sessions that the node moves per second. At least 1, default 500."""
    wait_health_check: int | str
    """Wait before the first eviction: seconds, or "10s". EMQX's default is 60."""
    wait_takeover: int | str
    """Wait before sessions are moved: seconds, or "10s". Default 60."""
    migrate_to: Sequence[str]
    """The nodes that get the sessions. Default: every other running node."""
    redirect_to: str
    """MQTT 5 server reference for the dropped clients. EMQX 4.4 only."""
    load_balancer: LoadBalancer | str
    """How the load balancer picks nodes. Default: not known; taken to spread evenly."""
    reconnect_delay_s: float
    """Seconds that a dropped client takes to come back, on average. 0 to 86400, default 1."""


class DriverOptions(TypedDict, total=False):
    """How patiently a plan is driven, and what stops it."""

    poll_interval_ms: int
    """Milliseconds between two polls. 100 to 60000, default 1000: EMQX's own tick."""
    empty_polls: int
    """Polls in a row that must not show a run before it counts as gone. 1 to 100, default 3."""
    stall_after_s: int
    """Seconds without any count moving, while a run evicts, before it counts as stalled. 1 to
    86400, default 30."""
    settle_s: int
    """Seconds that donors may take to serve again, and clients to come back, after the last run
    is gone. 1 to 86400, default 30."""
    max_waves: int
    """Waves of a ``level`` plan at most, each planned afresh. 1 to 3, default 3."""
    max_missing_percent: int
    """Percent of the cluster's clients that may be missing before the runs are stopped. 1 to 100,
    default 10; 100 never stops them."""
    reconnect_grace_s: int
    """Seconds that dropped clients are given to come back before they count as missing. 1 to
    86400, default 5."""
    max_node_connections: int
    """Connections at which a recipient counts as full and the runs are stopped. Default: 90 % of
    the file descriptors that EMQX reports."""
    time_limit_s: int
    """Seconds for the whole plan. Default: twice the forecast and two minutes."""


_KNOWN = {cls.__name__: cls for cls in (PlanOptions, EvacuationOptions, DriverOptions)}


def known(call: str, options: Mapping[str, Any], *groups: str) -> None:
    """Raises the ``TypeError`` of a call with an argument that it does not have."""
    names = [name for group in groups for name in _KNOWN[group].__annotations__]
    for name in options:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f". Did you mean '{near[0]}'?" if near else ""
            raise TypeError(f"{call}() got an unexpected keyword argument '{name}'{hint}")


def merged(*parts: Mapping[str, Any]) -> str:
    """One request of several parts as JSON, without what is None."""
    given = {name: item for part in parts for name, item in part.items() if item is not None}
    return json.dumps({name: encode(item, name) for name, item in given.items()})


def number(name: str, given: Any) -> float:
    """A number as the core takes it; ``name`` is what errors call it."""
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        raise TypeError(f"{name} must be a number, not {type(given).__name__}")
    if not math.isfinite(given):
        raise _invalid(name, given, "a finite number")
    return float(given)


def whole(name: str, given: Any) -> int:
    """A whole number as the core takes it; ``name`` is what errors call it."""
    if isinstance(given, bool) or not isinstance(given, SupportsIndex):
        raise TypeError(f"{name} must be an int, not {type(given).__name__}")
    count = operator.index(given)
    if not 0 <= count <= MAX_WHOLE:
        raise _invalid(name, count, f"a whole number from 0 to {MAX_WHOLE}")
    return count


def by_node(name: str, given: Any, read: Callable[[str, Any], T]) -> dict[str, T]:
    """What is given for nodes, each as ``read`` takes it; ``name`` is what errors call it."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} must be a dict by node name, not {type(given).__name__}")
    return {node: read(f"{name}[{node!r}]", one) for node, one in given.items()}


def _invalid(name: str, value: object, bound: str) -> ConfigInvalidError:
    problem = Problem(field=name, value=str(value), bound=bound)
    return ConfigInvalidError(f"`{name}` is `{value}` but must be {bound}", problems=[problem])


def path(name: str, given: str | os.PathLike[str] | None) -> str | None:
    """A path as text; ``name`` is what errors call it."""
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return os.fspath(given)
    raise TypeError(f"{name} must be a path, not {type(given).__name__}")


def spelled_out(*groups: str) -> Callable[[F], F]:
    """Has ``help()`` and editors show every option by its name in place of ``**options``."""

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
            for group in groups
            for name, hint in _KNOWN[group].__annotations__.items()
        ]
        function.__signature__ = signature.replace(parameters=own + more)  # type: ignore[attr-defined]
        return function

    return decorate
