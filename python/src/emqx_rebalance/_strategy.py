"""How fast and how far EMQX levels."""

from __future__ import annotations

from dataclasses import dataclass

from ._value import Value, checked

__all__ = ["Evacuation", "Strategy"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Strategy(Value):
    """EMQX's rebalance options under EMQX's names, every one resolved.

    Checked by the core, all problems at once. For example::

        Strategy(conn_evict_rate=100, wait_takeover=30)
    """

    _what = "strategy"

    conn_evict_rate: int = 500
    """Clients that each donor drops per tick of one second. At least 1."""
    sess_evict_rate: int = 500
    """Disconnected sessions that each donor moves per tick of one second. At least 1."""
    wait_health_check: int = 60
    """Seconds between the start and the first eviction, for load balancers to notice that the
    donors are closed. 0 to 4294967."""
    wait_takeover: int = 60
    """Seconds between the last connection evicted and the first session moved, for clients to
    come back and take over their sessions. 0 to 4294967."""
    abs_conn_threshold: int = 1000
    """Connections: donors' average may be this much over recipients' average. At least 1."""
    rel_conn_threshold: float = 1.1
    """Connections: donors' average may be this many times recipients' average. More than 1.
    EMQX stops when **either** threshold is met, so the laxer one decides."""
    abs_sess_threshold: int = 1000
    """Sessions: donors' average may be this much over recipients' average. At least 1."""
    rel_sess_threshold: float = 1.1
    """Sessions: donors' average may be this many times recipients' average. More than 1."""
    conn_evict_rpc_timeout: int | None = None
    """Seconds that one round of evicting connections may take on the donors, from EMQX 5.9 on,
    whose own default is 15. Not sent if left out: older versions refuse it."""
    sess_evict_rpc_timeout: int | None = None
    """Seconds that one round of moving sessions may take on the donors, from EMQX 5.9 on."""

    def __post_init__(self) -> None:
        checked(self)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Evacuation(Value):
    """EMQX's options for emptying a node, under EMQX's names."""

    conn_evict_rate: int = 500
    """Clients that the node drops per tick of one second. At least 1."""
    sess_evict_rate: int = 500
    """Sessions that the node moves per tick of one second. At least 1."""
    wait_health_check: int | None = None
    """Seconds between the start and the first eviction, for load balancers to notice. 0 to
    4294967; EMQX's default is 60. Not sent if left out: EMQX before 5.1 has no such wait."""
    wait_takeover: int = 60
    """Seconds between the last connection evicted and the first session moved. 0 to 4294967."""
    migrate_to: tuple[str, ...] | None = None
    """The nodes that get the sessions. Default: every other running node."""
    redirect_to: str | None = None
    """MQTT 5 server reference for the dropped clients, such as ``host1:1883 host2:1883``.
    EMQX 4.4 honours it. EMQX 5 and 6 accept it over HTTP and ignore it."""
