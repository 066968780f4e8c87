"""The words of the JSON contract, as enumerations whose members are also text."""

# Written by `cargo xtask generate` from the core's tables: change those.

from __future__ import annotations

from typing import Literal, TypeAlias

from ._value import Word

__all__ = [
    "Decision",
    "ErrorKind",
    "FindingCode",
    "Guard",
    "LoadBalancer",
    "LoadBalancerWord",
    "Mode",
    "ModeWord",
    "NamedProfile",
    "NodeStatus",
    "OutcomeKind",
    "Phase",
    "Role",
    "RunPhase",
    "Severity",
]


class Decision(Word):
    """Whether a plan starts anything."""

    START = "start"
    """EMQX would begin a rebalance."""
    NOTHING_TO_BALANCE = "nothing_to_balance"
    """EMQX would answer ``nothing_to_balance``."""


class ErrorKind(Word):
    """What went wrong, as one word that is the same in every language and in Kubernetes."""

    CONFIG_INVALID = "config_invalid"
    """An option, snapshot or plan that the caller gave is not valid. Nothing was sent."""
    CONFLICT = "conflict"
    """The state of the cluster forbids the call: a foreign run, a plan that is out of date."""
    FORBIDDEN = "forbidden"
    """EMQX knows the caller but the key may not do this: its role or scopes are too narrow."""
    PROTOCOL = "protocol"
    """An answer that is not EMQX's: HTML, truncated JSON, a body over the limit."""
    REFUSED = "refused"
    """EMQX understood the request and said no."""
    TIMEOUT = "timeout"
    """No answer within the time limit. Whether the request was carried out is not known."""
    UNAUTHORIZED = "unauthorized"
    """The API key, secret or token is wrong, disabled or expired."""
    UNKNOWN_NODE = "unknown_node"
    """EMQX does not know a node that was named."""
    UNREACHABLE = "unreachable"
    """No connection: refused, reset, no such host, TLS failure."""
    UNSUPPORTED = "unsupported"
    """This version of EMQX has no such endpoint or field."""


class FindingCode(Word):
    """What a finding is, as a stable word."""

    CLOSED_WHILE_WAITING = "closed_while_waiting"
    """Donors refuse clients for the whole health-check wait (EMQX before 5.4.0 and 4.4.24)."""
    DONOR_GROUPS = "donor_groups"
    """The donors are closed in groups, one after the other, since ``max_unavailable`` allows no
    more at once."""
    DURABLE_SESSIONS = "durable_sessions"
    """EMQX counts sessions that the whole cluster stores durably as the node's (5.8 and later)."""
    EVACUATION_IN_PROGRESS = "evacuation_in_progress"
    """A node is being evacuated."""
    FULLER_AT_FIRST = "fuller_at_first"
    """The first wave leaves the fullest node fuller than it is; a later one mends that."""
    LAX_THRESHOLDS = "lax_thresholds"
    """The thresholds end the run with a node more than 10 % over the mean."""
    LEFT_OUT_BY_ROLE = "left_out_by_role"
    """A node is left out because it has another role than the others."""
    LOAD_BALANCER_UNKNOWN = "load_balancer_unknown"
    """The load balancer's policy was not given, so the plan is one for all."""
    MIXED_ROLES = "mixed_roles"
    """The nodes to balance are cores and replicants."""
    MIXED_VERSIONS = "mixed_versions"
    """Nodes up to 5.2 and from 5.3 on in one cluster: taking over a session can crash."""
    NO_HEALTH_CHECK_WAIT = "no_health_check_wait"
    """Load balancers get no time to notice that the donors are closed."""
    NODE_DOWN = "node_down"
    """A node is stopped."""
    NODE_UNKNOWN = "node_unknown"
    """A node belongs to the cluster and does not answer: its counts are not known."""
    NO_OPEN_NODE = "no_open_node"
    """No node accepts the clients, or the sessions, of the node to evacuate."""
    ONE_RUN_ENOUGH = "one_run_enough"
    """One run is as good as several."""
    ONE_RECIPIENT = "one_recipient"
    """One recipient takes every client that the donors drop."""
    OVERSHOOT = "overshoot"
    """One tick moves so many clients that the recipients end fuller than the donors were."""
    RECIPIENT_FULL = "recipient_full"
    """A node would get more clients than it can hold."""
    RECONNECT_RATE = "reconnect_rate"
    """More clients come back per second than the options allow."""
    RECONNECTS_REMEMBERED = "reconnects_remembered"
    """How clients come back was learned in an earlier rebalance of this cluster."""
    REDIRECT_IGNORED = "redirect_ignored"
    """``redirect_to`` does nothing over HTTP on EMQX 5 and 6."""
    RESTART_KEEPS_EVACUATING = "restart_keeps_evacuating"
    """An evacuation goes on when the node restarts, until it is stopped."""
    RUN_IN_PROGRESS = "run_in_progress"
    """A rebalance is running already."""
    SESSIONS_COUNTED = "sessions_counted"
    """EMQX counts sessions of absent clients as clients (4.4.12 to 4.4.18)."""
    SESSIONS_LOST = "sessions_lost"
    """Sessions are lost in an evacuation by this EMQX."""
    SESSIONS_STAY = "sessions_stay"
    """Disconnected sessions stay uneven, since EMQX moves them from donors alone."""
    STICKY_BALANCER = "sticky_balancer"
    """The load balancer sends each client to a node of its own, so that nothing stays level."""
    STOP_BEFORE_RESTART = "stop_before_restart"
    """A node that restarts while it is evacuated does not boot (EMQX before 5.7)."""
    TOO_LONG = "too_long"
    """The plan takes longer than the options allow."""
    UNSUPPORTED_VERSION = "unsupported_version"
    """A node's EMQX has no usable ``load_rebalance``."""
    UNSUPPORTED_OPTION = "unsupported_option"
    """An option that this EMQX refuses."""
    VERSION_UNKNOWN = "version_unknown"
    """The version of a node is not known, so what it can do is not checked."""


class Guard(Word):
    """What a driver stops its runs for."""

    CLIENTS_MISSING = "clients_missing"
    """Clients that were dropped do not come back."""
    EVACUATION = "evacuation"
    """Somebody evacuates a node of the plan."""
    FOREIGN_RUN = "foreign_run"
    """A rebalance that is not of this plan is running."""
    NODE_DOWN = "node_down"
    """A node of the plan is down or has left the cluster."""
    RECIPIENT_FULL = "recipient_full"
    """A recipient is close to the most it can hold."""


class LoadBalancer(Word):
    """How a load balancer picks the node for a new connection."""

    ROUND_ROBIN = "round_robin"
    """One node after the other."""
    RANDOM = "random"
    """Any node: as many to each on average, with the noise of chance."""
    LEAST_CONNECTIONS = "least_connections"
    """The node with the fewest connections."""
    STICKY = "sticky"
    """The same client to the same node, by its address or otherwise. What is levelled does not stay
    so."""
    AUTO = "auto"
    """Learned from where the clients of a pilot go."""


class Mode(Word):
    """How the runs of a plan are found."""

    SINGLE = "single"
    """The one run that EMQX would do by itself."""
    LEVEL = "level"
    """As many runs at once as it takes to end level."""


class NamedProfile(Word):
    """A reconnect profile by name: a library's own rule, or our assumption of a kind of fleet."""

    AWS_IOT_SDK = "aws_iot_sdk"
    """MQTT 5 clients of the AWS IoT Device SDKs v2: any time up to ``minReconnectDelayMs``, 1 s."""
    AZURE_IOT_SDK = "azure_iot_sdk"
    """Azure IoT device SDKs for C#, Java and Node.js: the first retry is immediate."""
    ESP_MQTT = "esp_mqtt"
    """esp-mqtt of ESP-IDF: ``reconnect_timeout_ms``, 10 s."""
    EXPONENTIAL_BACKOFF = "exponential_backoff"
    """Exponential backoff with jitter, 1 s to 2 min: each wait is half to all of 1 s, 2 s, 4 s and
    so on. That one attempt in ten fails is our assumption."""
    HIVEMQ = "hivemq"
    """HiveMQ MQTT Client with automatic reconnect: 1 s, a quarter more or less."""
    MOBILE_FLEET = "mobile_fleet"
    """A fleet on mobile networks, of which one client in fifty does not come while anybody waits.
    Our assumption, to be replaced by what you know of yours."""
    MOSQUITTO = "mosquitto"
    """libmosquitto in ``mosquitto_loop_forever`` or after ``mosquitto_loop_start``: 1 s."""
    MQTT_JS = "mqtt_js"
    """MQTT.js: ``reconnectPeriod``, 1 s."""
    MQTTNET = "mqttnet"
    """MQTTnet's managed client: it looks at its connection once a second,
    ``ConnectionCheckInterval``, and tries at once."""
    NODE_RED = "node_red"
    """Node-RED with the settings it comes with: ``mqttReconnectTime``, 15 s."""
    PAHO_C = "paho_c"
    """Eclipse Paho for C and C++ with automatic reconnect: ``minRetryInterval``, 1 s."""
    PAHO_JAVA = "paho_java"
    """Eclipse Paho for Java with automatic reconnect: 1 s."""
    PAHO_PYTHON = "paho_python"
    """Eclipse Paho for Python in ``loop_start`` or ``loop_forever``: ``min_delay``, 1 s."""
    TASMOTA = "tasmota"
    """Tasmota: ``MqttRetry``, 10 s."""


class NodeStatus(Word):
    """Whether a node takes part."""

    RUNNING = "running"
    """It serves clients."""
    STOPPED = "stopped"
    """It is down, or left the cluster. Its counts are 0."""
    EVACUATING = "evacuating"
    """It is being emptied by an evacuation."""
    DONOR = "donor"
    """It loses clients in a rebalance that is running."""
    UNKNOWN = "unknown"
    """It belongs to the cluster, and nobody says how it is: it hangs, or its network does. Neither
    down nor empty. Its counts are the last that were read, see ``NodeLoad.read_at_ms``."""


class OutcomeKind(Word):
    """The verdict."""

    COMPLETED = "completed"
    """Every run ended, the donors serve again and the counts are within the goal."""
    ALREADY_BALANCED = "already_balanced"
    """There was nothing to balance."""
    STOPPED = "stopped"
    """The user stopped it, and the donors serve again."""
    VANISHED = "vanished"
    """A run is gone, but its goal is not reached: its coordinator crashed, a node died, somebody
    else stopped it, or clients did not come back."""
    STALLED = "stalled"
    """Nothing moved any more while a run was evicting; it was told to stop."""
    ABORTED = "aborted"
    """A guard saw harm being done and stopped the runs; see ``Outcome.guard``."""
    REFUSED = "refused"
    """EMQX, or the state of the cluster, did not allow the start."""
    TIMED_OUT = "timed_out"
    """The time limit passed and what still ran was told to stop, or the cluster could not be read
    for so long that nobody knows how it ended."""


class Phase(Word):
    """The phases of EMQX's ``Rebalance`` resource."""

    PROCESSING = "Processing"
    """Something runs."""
    COMPLETED = "Completed"
    """It ended as asked."""
    FAILED = "Failed"
    """It ended otherwise."""


class Role(Word):
    """What a node does in its cluster."""

    CORE = "core"
    """Holds the cluster's database."""
    REPLICANT = "replicant"
    """Follows the cores; in such clusters it carries the clients."""


class RunPhase(Word):
    """The four phases of an EMQX rebalance, under EMQX's names."""

    WAIT_HEALTH_CHECK = "wait_health_check"
    """Donors are closed, or about to be; nothing is evicted yet."""
    EVICTING_CONNS = "evicting_conns"
    """Donors drop clients."""
    WAIT_TAKEOVER = "wait_takeover"
    """Clients come back and take over their sessions."""
    EVICTING_SESSIONS = "evicting_sessions"
    """Donors hand over the sessions whose client is away."""


class Severity(Word):
    """How much a finding matters."""

    ERROR = "error"
    """Starting would do harm or fail; ``start`` refuses unless forced."""
    WARNING = "warning"
    """Starting may do less, or cost more, than expected."""
    INFO = "info"
    """Good to know."""


LoadBalancerWord: TypeAlias = (
    LoadBalancer
    | Literal["round_robin", "random", "least_connections", "leastconn", "sticky", "auto"]
)
"""What callers may give as a :class:`LoadBalancer`."""

ModeWord: TypeAlias = Mode | Literal["single", "level"]
"""What callers may give as a :class:`Mode`."""
