// Written by `cargo xtask generate` from the core's tables: change those.

/**
 * One option, as the form shows it. What it may be, and its default, the planner itself says.
 *
 * @typedef {object} Option
 * @property {string} name EMQX's name, or the plan's.
 * @property {string} unit
 * @property {string} help
 * @property {string[]} [words] What to choose from.
 * @property {boolean} [profile] Whether it is a reconnect profile.
 */

/** All options, in groups. The first group is always open. @type {{ title: string, options: Option[] }[]} */
export const GROUPS = [
  {
    title: "",
    options: [
      { name: "conn_evict_rate", unit: "clients/s", help: "Clients that each donor drops per tick of one second." },
      { name: "wait_health_check", unit: "s", help: "Seconds between the start and the first eviction, for load balancers to notice that the donors are closed." },
      { name: "wait_takeover", unit: "s", help: "Seconds between the last connection evicted and the first session moved, for clients to come back and take over their sessions." },
      { name: "load_balancer", unit: "", help: "How the load balancer picks nodes.", words: ["round_robin", "random", "least_connections", "leastconn", "sticky", "auto"] },
    ],
  },
  {
    title: "How clients come back",
    options: [
      { name: "reconnect_delay_s", unit: "s", help: "Seconds that a dropped client takes to come back, on average." },
      { name: "reconnect", unit: "", help: "How dropped clients come back: a reconnect profile, a name of one, or an average delay.", profile: true },
    ],
  },
  {
    title: "When EMQX stops: connections",
    options: [
      { name: "abs_conn_threshold", unit: "clients", help: "Connections: donors' average may be this much over recipients' average." },
      { name: "rel_conn_threshold", unit: "times", help: "Connections: donors' average may be this many times recipients' average." },
    ],
  },
  {
    title: "Sessions of clients that are away",
    options: [
      { name: "sess_evict_rate", unit: "sessions/s", help: "Disconnected sessions that each donor moves per tick of one second." },
      { name: "abs_sess_threshold", unit: "sessions", help: "Sessions: donors' average may be this much over recipients' average." },
      { name: "rel_sess_threshold", unit: "times", help: "Sessions: donors' average may be this many times recipients' average." },
    ],
  },
  {
    title: "level: goal and limits",
    options: [
      { name: "max_reconnect_rate", unit: "clients/s", help: "Most clients per second that may come back to one node." },
      { name: "max_cluster_reconnect_rate", unit: "clients/s", help: "Most clients per second that may come back to the whole cluster." },
      { name: "max_unavailable", unit: "nodes", help: "Most nodes that may be closed to new clients at once." },
      { name: "target_over", unit: "share", help: "The fullest node may end this share over the mean." },
      { name: "max_duration_s", unit: "s", help: "Most seconds that the plan may take." },
    ],
  },
  {
    title: "EMQX 5.9 and later",
    options: [
      { name: "conn_evict_rpc_timeout", unit: "s", help: "Seconds that one round of evicting connections may take on the donors." },
      { name: "sess_evict_rpc_timeout", unit: "s", help: "Seconds that one round of moving sessions may take on the donors." },
    ],
  },
];

export const OPTIONS = GROUPS.flatMap(({ options }) => options);

/** Reconnect profiles with a name: points are seconds, and the share that is back by then. @type {{ name: string, help: string, points: [number, number][] }[]} */
export const PRESETS = [
  { name: "aws_iot_sdk", help: "MQTT 5 clients of the AWS IoT Device SDKs v2: any time up to minReconnectDelayMs, 1 s.", points: [[0, 0], [1.5, 1]] },
  { name: "azure_iot_sdk", help: "Azure IoT device SDKs for C#, Java and Node.js: the first retry is immediate.", points: [[0, 0], [0.5, 1]] },
  { name: "esp_mqtt", help: "esp-mqtt of ESP-IDF: reconnect_timeout_ms, 10 s.", points: [[10, 0], [10.5, 1]] },
  { name: "exponential_backoff", help: "Exponential backoff with jitter, 1 s to 2 min: each wait is half to all of 1 s, 2 s, 4 s and so on. That one attempt in ten fails is our assumption.", points: [[0.5, 0], [1.5, 0.9], [4, 0.99], [8.5, 0.999], [17, 0.9999], [33.5, 1]] },
  { name: "hivemq", help: "HiveMQ MQTT Client with automatic reconnect: 1 s, a quarter more or less.", points: [[0.75, 0], [1.75, 1]] },
  { name: "mobile_fleet", help: "A fleet on mobile networks, of which one client in fifty does not come while anybody waits. Our assumption, to be replaced by what you know of yours.", points: [[0.5, 0], [3, 0.6], [15, 0.85], [60, 0.95], [300, 0.98]] },
  { name: "mosquitto", help: "libmosquitto in mosquitto_loop_forever or after mosquitto_loop_start: 1 s.", points: [[1, 0], [1.5, 1]] },
  { name: "mqtt_js", help: "MQTT.js: reconnectPeriod, 1 s.", points: [[1, 0], [1.5, 1]] },
  { name: "mqttnet", help: "MQTTnet's managed client: it looks at its connection once a second, ConnectionCheckInterval, and tries at once.", points: [[0, 0], [1.5, 1]] },
  { name: "node_red", help: "Node-RED with the settings it comes with: mqttReconnectTime, 15 s.", points: [[15, 0], [15.5, 1]] },
  { name: "paho_c", help: "Eclipse Paho for C and C++ with automatic reconnect: minRetryInterval, 1 s.", points: [[1, 0], [1.5, 1]] },
  { name: "paho_java", help: "Eclipse Paho for Java with automatic reconnect: 1 s.", points: [[1, 0], [1.5, 1]] },
  { name: "paho_python", help: "Eclipse Paho for Python in loop_start or loop_forever: min_delay, 1 s.", points: [[1, 0], [1.5, 1]] },
  { name: "tasmota", help: "Tasmota: MqttRetry, 10 s.", points: [[10, 0], [10.5, 1]] },
];
