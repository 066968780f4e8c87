"""Options as the core has resolved them."""

# Written by `cargo xtask generate` from the core's tables: change those.

from __future__ import annotations

from dataclasses import dataclass

from ._reconnect import ReconnectProfile
from ._value import Value, checked
from ._words import LoadBalancer, Mode

__all__ = ["AskedOptions", "Evacuation", "EvacuationSurroundings", "Strategy"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Strategy(Value):
    """EMQX's rebalance options under EMQX's names, every one resolved.

    Checked by the core, all problems at once. For example::

        Strategy(conn_evict_rate=100, wait_takeover=30)
    """

    _what = "strategy"

    conn_evict_rate: int = 500
    """Clients that each donor drops per tick of one second. At least 1; default: 500."""
    sess_evict_rate: int = 500
    """Disconnected sessions that each donor moves per tick of one second. At least 1; default:
    500."""
    wait_health_check: int = 60
    """Seconds between the start and the first eviction, for load balancers to notice that the
    donors are closed. 0 to 4294967; default: 60."""
    wait_takeover: int = 60
    """Seconds between the last connection evicted and the first session moved, for clients to come
    back and take over their sessions. 0 to 4294967; default: 60."""
    abs_conn_threshold: int = 1000
    """Connections: donors' average may be this much over recipients' average. At least 1; default:
    1000."""
    rel_conn_threshold: float = 1.1
    """Connections: donors' average may be this many times recipients' average. EMQX stops when
    **either** threshold is met, so the laxer one decides. More than 1; default: 1.1."""
    abs_sess_threshold: int = 1000
    """Sessions: donors' average may be this much over recipients' average. At least 1; default:
    1000."""
    rel_sess_threshold: float = 1.1
    """Sessions: donors' average may be this many times recipients' average. More than 1; default:
    1.1."""
    conn_evict_rpc_timeout: int | None = None
    """Seconds that one round of evicting connections may take on the donors. Left out of the
    request if it is not given: older versions refuse it. 0 to 4294967; default: EMQX's own, 15.
    EMQX 5.9.0 and later."""
    sess_evict_rpc_timeout: int | None = None
    """Seconds that one round of moving sessions may take on the donors. Left out of the request if
    it is not given: older versions refuse it. 0 to 4294967; default: EMQX's own, 15. EMQX 5.9.0 and
    later."""

    def __post_init__(self) -> None:
        checked(self)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Evacuation(Value):
    """EMQX's options for emptying a node, under EMQX's names."""

    conn_evict_rate: int = 500
    """Clients that the node drops per tick of one second. At least 1; default: 500."""
    sess_evict_rate: int = 500
    """Sessions that the node moves per tick of one second. At least 1; default: 500."""
    wait_health_check: int | None = None
    """Seconds between the start and the first eviction, for load balancers to notice. Left out of
    the request if it is not given: EMQX before 5.1 has no such wait. 0 to 4294967; default: EMQX's
    own, 60."""
    wait_takeover: int = 60
    """Seconds between the last connection evicted and the first session moved. 0 to 4294967;
    default: 60."""
    migrate_to: tuple[str, ...] | None = None
    """The nodes that get the sessions. Default: every other running node."""
    redirect_to: str | None = None
    """MQTT 5 server reference for the dropped clients, such as ``host1:1883 host2:1883``. EMQX 4.4
    honours it. EMQX 5 and 6 accept it over HTTP and ignore it. 1 to 65535 bytes."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AskedOptions(Value):
    """What a plan was asked to do, beside the strategy; see the options of :func:`plan`."""

    mode: Mode = Mode.SINGLE
    """How to find the runs: ``single`` is the one run that EMQX would do by itself, ``level`` as
    many at once as it takes to end level. ``single`` or ``level``; default: single."""
    nodes: tuple[str, ...] | None = None
    """The nodes to balance. Default: every running node of one role, replicants if there are
    any."""
    exclude: tuple[str, ...] = ()
    """Nodes to leave out."""
    coordinator: str | None = None
    """The node to run it: a donor that dies as coordinator costs two nodes at once. Default: the
    emptiest recipient."""
    load_balancer: LoadBalancer | None = None
    """How the load balancer picks nodes. A ``level`` plan that does not know it is made for even
    spreading, which least connections does no worse with. ``round_robin``, ``random``,
    ``least_connections``, ``leastconn``, ``sticky`` or ``auto``; default: not known."""
    reconnect_delay_s: float | None = None
    """Seconds that a dropped client takes to come back, on average. 0 to 86400; default: 1."""
    reconnect: ReconnectProfile | None = None
    """How dropped clients come back: a reconnect profile, a name of one, or an average delay.
    Default: as ``reconnect_delay_s`` says."""
    pilot: int | str = "auto"
    """``level``: whether a small part goes first, of which the rest learns how clients come back.
    ``off``, ``auto``, or a number from 1; default: auto."""
    max_reconnect_rate: float | None = None
    """``level``: most clients per second that may come back to one node. At least 1; default: no
    limit."""
    max_cluster_reconnect_rate: float | None = None
    """``level``: most clients per second that may come back to the whole cluster. At least 1;
    default: no limit."""
    max_unavailable: int | None = None
    """``level``: most nodes that may be closed to new clients at once. Where more are to be
    levelled, they are closed in groups, one after the other. At least 1; default: no limit."""
    target_over: float | None = None
    """``level``: the fullest node may end this share over the mean. A cluster within it is left
    alone. 0 to 1; default: 0.002."""
    max_duration_s: int | None = None
    """``level``: most seconds that the plan may take. Default: no limit."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EvacuationSurroundings(Value):
    """What surrounds the cluster, for the forecast of an evacuation."""

    load_balancer: LoadBalancer | None = None
    """How the load balancer picks nodes. One that is not known is taken to spread evenly.
    ``round_robin``, ``random``, ``least_connections``, ``leastconn``, ``sticky`` or ``auto``;
    default: not known."""
    reconnect_delay_s: float | None = None
    """Seconds that a dropped client takes to come back, on average. 0 to 86400; default: 1."""
    reconnect: ReconnectProfile | None = None
    """How dropped clients come back: a reconnect profile, a name of one, or an average delay.
    Default: as ``reconnect_delay_s`` says."""
