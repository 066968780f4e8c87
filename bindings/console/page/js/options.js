// Written by `cargo xtask generate` from the core's tables: change those.

/**
 * One option, as the form shows it. What it may be, and its default, the planner itself says.
 *
 * @typedef {object} Option
 * @property {string} name EMQX's name, or the plan's.
 * @property {string} unit
 * @property {string} help
 * @property {string[]} [words] What to choose from.
 */

/** All options, in groups. The first group is always open. @type {{ title: string, options: Option[] }[]} */
export const GROUPS = [
  {
    title: "",
    options: [
      { name: "conn_evict_rate", unit: "clients/s", help: "Clients that each donor drops per tick of one second." },
      { name: "wait_health_check", unit: "s", help: "Seconds between the start and the first eviction, for load balancers to notice that the donors are closed." },
      { name: "wait_takeover", unit: "s", help: "Seconds between the last connection evicted and the first session moved, for clients to come back and take over their sessions." },
      { name: "load_balancer", unit: "", help: "How the load balancer picks nodes.", words: ["round_robin", "random", "least_connections"] },
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
      { name: "reconnect_delay_s", unit: "s", help: "Seconds that a dropped client takes to come back, on average." },
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
