"""Options by name: what callers may give, and what each means."""

# Written by `cargo xtask generate` from the core's tables: change those.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal, TypedDict

from ._reconnect import ReconnectProfile
from ._words import LoadBalancerWord, NamedProfile

__all__ = ["DriverOptions", "EvacuationOptions", "PlanOptions"]


class PlanOptions(TypedDict, total=False):
    """Options of a plan. Those of EMQX come first, see :class:`Strategy`; durations may be text.

    Fields:
        conn_evict_rate: Clients that each donor drops per tick of one second. At least 1; default:
            500.
        sess_evict_rate: Disconnected sessions that each donor moves per tick of one second. At
            least 1; default: 500.
        wait_health_check: Seconds between the start and the first eviction, for load balancers to
            notice that the donors are closed. 0 to 4294967; default: 60.
        wait_takeover: Seconds between the last connection evicted and the first session moved, for
            clients to come back and take over their sessions. 0 to 4294967; default: 60.
        abs_conn_threshold: Connections: donors' average may be this much over recipients' average.
            At least 1; default: 1000.
        rel_conn_threshold: Connections: donors' average may be this many times recipients' average.
            EMQX stops when **either** threshold is met, so the laxer one decides. More than 1;
            default: 1.1.
        abs_sess_threshold: Sessions: donors' average may be this much over recipients' average. At
            least 1; default: 1000.
        rel_sess_threshold: Sessions: donors' average may be this many times recipients' average.
            More than 1; default: 1.1.
        conn_evict_rpc_timeout: Seconds that one round of evicting connections may take on the
            donors. Left out of the request if it is not given: older versions refuse it. 0 to
            4294967; default: EMQX's own, 15. EMQX 5.9.0 and later.
        sess_evict_rpc_timeout: Seconds that one round of moving sessions may take on the donors.
            Left out of the request if it is not given: older versions refuse it. 0 to 4294967;
            default: EMQX's own, 15. EMQX 5.9.0 and later.
        nodes: The nodes to balance. Default: every running node of one role, replicants if there
            are any.
        exclude: Nodes to leave out.
        weights: How much nodes should carry against the others, where the snapshot says nothing
            else. EMQX knows nothing of it. More than 0; default: 1.
        coordinator: The node to run it: a donor that dies as coordinator costs two nodes at once.
            Default: the emptiest recipient.
        load_balancer: How the load balancer picks nodes. A ``level`` plan that does not know it is
            made for even spreading, which least connections does no worse with. ``round_robin``,
            ``random``, ``least_connections``, ``leastconn``, ``sticky`` or ``auto``; default: not
            known.
        reconnect_delay_s: Seconds that a dropped client takes to come back, on average. 0 to 86400;
            default: 1.
        reconnect: How dropped clients come back: a reconnect profile, a name of one, or an average
            delay. Default: as ``reconnect_delay_s`` says.
        pilot: ``level``: whether a small part goes first, of which the rest learns how clients come
            back. ``off``, ``auto``, or a number from 1; default: auto.
        max_reconnect_rate: ``level``: most clients per second that may come back to one node. At
            least 1; default: no limit.
        max_cluster_reconnect_rate: ``level``: most clients per second that may come back to the
            whole cluster. At least 1; default: no limit.
        max_unavailable: ``level``: most nodes that may be closed to new clients at once. Where more
            are to be levelled, they are closed in groups, one after the other. At least 1; default:
            no limit.
        target_over: ``level``: the fullest node may end this share over the mean. A cluster within
            it is left alone. 0 to 1; default: 0.002.
        max_duration_s: ``level``: most seconds that the plan may take. Default: no limit.
    """

    conn_evict_rate: int
    """Clients that each donor drops per tick of one second. At least 1; default: 500."""
    sess_evict_rate: int
    """Disconnected sessions that each donor moves per tick of one second. At least 1; default:
    500."""
    wait_health_check: int | str | timedelta
    """Seconds between the start and the first eviction, for load balancers to notice that the
    donors are closed. 0 to 4294967; default: 60."""
    wait_takeover: int | str | timedelta
    """Seconds between the last connection evicted and the first session moved, for clients to come
    back and take over their sessions. 0 to 4294967; default: 60."""
    abs_conn_threshold: int
    """Connections: donors' average may be this much over recipients' average. At least 1; default:
    1000."""
    rel_conn_threshold: float
    """Connections: donors' average may be this many times recipients' average. EMQX stops when
    **either** threshold is met, so the laxer one decides. More than 1; default: 1.1."""
    abs_sess_threshold: int
    """Sessions: donors' average may be this much over recipients' average. At least 1; default:
    1000."""
    rel_sess_threshold: float
    """Sessions: donors' average may be this many times recipients' average. More than 1; default:
    1.1."""
    conn_evict_rpc_timeout: int | str | timedelta
    """Seconds that one round of evicting connections may take on the donors. Left out of the
    request if it is not given: older versions refuse it. 0 to 4294967; default: EMQX's own, 15.
    EMQX 5.9.0 and later."""
    sess_evict_rpc_timeout: int | str | timedelta
    """Seconds that one round of moving sessions may take on the donors. Left out of the request if
    it is not given: older versions refuse it. 0 to 4294967; default: EMQX's own, 15. EMQX 5.9.0 and
    later."""
    nodes: Sequence[str]
    """The nodes to balance. Default: every running node of one role, replicants if there are
    any."""
    exclude: Sequence[str]
    """Nodes to leave out."""
    weights: Mapping[str, float]
    """How much nodes should carry against the others, where the snapshot says nothing else. EMQX
    knows nothing of it. More than 0; default: 1."""
    coordinator: str
    """The node to run it: a donor that dies as coordinator costs two nodes at once. Default: the
    emptiest recipient."""
    load_balancer: LoadBalancerWord
    """How the load balancer picks nodes. A ``level`` plan that does not know it is made for even
    spreading, which least connections does no worse with. ``round_robin``, ``random``,
    ``least_connections``, ``leastconn``, ``sticky`` or ``auto``; default: not known."""
    reconnect_delay_s: float | timedelta
    """Seconds that a dropped client takes to come back, on average. 0 to 86400; default: 1."""
    reconnect: ReconnectProfile | Mapping[str, object] | NamedProfile | str | float | timedelta
    """How dropped clients come back: a reconnect profile, a name of one, or an average delay.
    Default: as ``reconnect_delay_s`` says."""
    pilot: int | Literal["off", "auto"]
    """``level``: whether a small part goes first, of which the rest learns how clients come back.
    ``off``, ``auto``, or a number from 1; default: auto."""
    max_reconnect_rate: float
    """``level``: most clients per second that may come back to one node. At least 1; default: no
    limit."""
    max_cluster_reconnect_rate: float
    """``level``: most clients per second that may come back to the whole cluster. At least 1;
    default: no limit."""
    max_unavailable: int
    """``level``: most nodes that may be closed to new clients at once. Where more are to be
    levelled, they are closed in groups, one after the other. At least 1; default: no limit."""
    target_over: float
    """``level``: the fullest node may end this share over the mean. A cluster within it is left
    alone. 0 to 1; default: 0.002."""
    max_duration_s: int | str | timedelta
    """``level``: most seconds that the plan may take. Default: no limit."""


class EvacuationOptions(TypedDict, total=False):
    """Options of an evacuation. Those of EMQX come first, see :class:`Evacuation`.

    Fields:
        conn_evict_rate: Clients that the node drops per tick of one second. At least 1; default:
            500.
        sess_evict_rate: Sessions that the node moves per tick of one second. At least 1; default:
            500.
        wait_health_check: Seconds between the start and the first eviction, for load balancers to
            notice. Left out of the request if it is not given: EMQX before 5.1 has no such wait. 0
            to 4294967; default: EMQX's own, 60.
        wait_takeover: Seconds between the last connection evicted and the first session moved. 0 to
            4294967; default: 60.
        migrate_to: The nodes that get the sessions. Default: every other running node.
        redirect_to: MQTT 5 server reference for the dropped clients, such as ``host1:1883
            host2:1883``. EMQX 4.4 honours it. EMQX 5 and 6 accept it over HTTP and ignore it. 1 to
            65535 bytes.
        load_balancer: How the load balancer picks nodes. One that is not known is taken to spread
            evenly. ``round_robin``, ``random``, ``least_connections``, ``leastconn``, ``sticky`` or
            ``auto``; default: not known.
        reconnect_delay_s: Seconds that a dropped client takes to come back, on average. 0 to 86400;
            default: 1.
        reconnect: How dropped clients come back: a reconnect profile, a name of one, or an average
            delay. Default: as ``reconnect_delay_s`` says.
    """

    conn_evict_rate: int
    """Clients that the node drops per tick of one second. At least 1; default: 500."""
    sess_evict_rate: int
    """Sessions that the node moves per tick of one second. At least 1; default: 500."""
    wait_health_check: int | str | timedelta
    """Seconds between the start and the first eviction, for load balancers to notice. Left out of
    the request if it is not given: EMQX before 5.1 has no such wait. 0 to 4294967; default: EMQX's
    own, 60."""
    wait_takeover: int | str | timedelta
    """Seconds between the last connection evicted and the first session moved. 0 to 4294967;
    default: 60."""
    migrate_to: Sequence[str]
    """The nodes that get the sessions. Default: every other running node."""
    redirect_to: str
    """MQTT 5 server reference for the dropped clients, such as ``host1:1883 host2:1883``. EMQX 4.4
    honours it. EMQX 5 and 6 accept it over HTTP and ignore it. 1 to 65535 bytes."""
    load_balancer: LoadBalancerWord
    """How the load balancer picks nodes. One that is not known is taken to spread evenly.
    ``round_robin``, ``random``, ``least_connections``, ``leastconn``, ``sticky`` or ``auto``;
    default: not known."""
    reconnect_delay_s: float | timedelta
    """Seconds that a dropped client takes to come back, on average. 0 to 86400; default: 1."""
    reconnect: ReconnectProfile | Mapping[str, object] | NamedProfile | str | float | timedelta
    """How dropped clients come back: a reconnect profile, a name of one, or an average delay.
    Default: as ``reconnect_delay_s`` says."""


class DriverOptions(TypedDict, total=False):
    """How patiently a plan is driven, and what stops it.

    Fields:
        poll_interval_ms: Milliseconds between two polls: EMQX's own tick is 1000. 100 to 60000;
            default: 1000.
        empty_polls: Polls in a row that must not show a run before it counts as gone: a node that
            is slow to answer another is left out of EMQX's answer. 1 to 100; default: 3.
        stall_after_s: Seconds without any count moving, while a run evicts, before it counts as
            stalled. 1 to 86400; default: 30.
        settle_s: Seconds that donors may take to serve again, and clients to come back, after the
            last run is gone. 1 to 86400; default: 30.
        max_waves: ``level``: most waves of a plan, each planned afresh from the counts that the
            last one left: EMQX bears few starts an hour. Donors that are closed in groups, since
            ``max_unavailable`` allows no more at once, are one wave in all; 1 allows nothing after
            the first runs. 1 to 3; default: 3.
        max_disconnects: ``level``: clients that may be dropped in all waves together, as a ratio to
            the fewest that any plan must drop or as a number: no further wave begins that would
            take more. A ratio from 1x, or a number from 1; default: 1.1x.
        max_missing_percent: Percent of the cluster's clients that may be missing before the runs
            are stopped; 100 never stops them. 1 to 100; default: 10.
        reconnect_grace_s: Seconds that dropped clients are given to come back before they count as
            missing, and to settle after a wave. Never more than a quarter of all clients is taken
            to be on its way. 1 to 86400; default: 5.
        max_node_connections: Connections at which a recipient counts as full and the runs are
            stopped. At least 1; default: 90 % of its file descriptors.
        time_limit_s: Seconds for the whole plan, from the last start of a wave on; what cannot be
            seen by then is given 150 s more. At least 1; default: twice the forecast and two
            minutes.
    """

    poll_interval_ms: int | timedelta
    """Milliseconds between two polls: EMQX's own tick is 1000. 100 to 60000; default: 1000."""
    empty_polls: int
    """Polls in a row that must not show a run before it counts as gone: a node that is slow to
    answer another is left out of EMQX's answer. 1 to 100; default: 3."""
    stall_after_s: int | timedelta
    """Seconds without any count moving, while a run evicts, before it counts as stalled. 1 to
    86400; default: 30."""
    settle_s: int | timedelta
    """Seconds that donors may take to serve again, and clients to come back, after the last run is
    gone. 1 to 86400; default: 30."""
    max_waves: int
    """``level``: most waves of a plan, each planned afresh from the counts that the last one left:
    EMQX bears few starts an hour. Donors that are closed in groups, since ``max_unavailable``
    allows no more at once, are one wave in all; 1 allows nothing after the first runs. 1 to 3;
    default: 3."""
    max_disconnects: float | str
    """``level``: clients that may be dropped in all waves together, as a ratio to the fewest that
    any plan must drop or as a number: no further wave begins that would take more. A ratio from 1x,
    or a number from 1; default: 1.1x."""
    max_missing_percent: int
    """Percent of the cluster's clients that may be missing before the runs are stopped; 100 never
    stops them. 1 to 100; default: 10."""
    reconnect_grace_s: int | timedelta
    """Seconds that dropped clients are given to come back before they count as missing, and to
    settle after a wave. Never more than a quarter of all clients is taken to be on its way. 1 to
    86400; default: 5."""
    max_node_connections: int
    """Connections at which a recipient counts as full and the runs are stopped. At least 1;
    default: 90 % of its file descriptors."""
    time_limit_s: int | timedelta
    """Seconds for the whole plan, from the last start of a wave on; what cannot be seen by then is
    given 150 s more. At least 1; default: twice the forecast and two minutes."""
