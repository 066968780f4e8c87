/**
 * One option, as the form shows it. What it may be, and its default, the planner itself says.
 *
 * @typedef {object} Option
 * @property {string} name EMQX's name, or the plan's.
 * @property {string} unit
 * @property {string} help
 * @property {string[]} [words] What to choose from.
 */

/** @param {string} name @param {string} unit @param {string} help @param {string[]} [words] @returns {Option} */
function option(name, unit, help, words) {
  return { name, unit, help, ...(words && { words }) };
}

/** All options, in groups. The first group is always open. @type {{ title: string, options: Option[] }[]} */
export const GROUPS = [
  {
    title: "",
    options: [
      option("conn_evict_rate", "clients/s", "Clients that each donor drops per second."),
      option("wait_health_check", "s", "Before the first eviction: load balancers notice that donors are closed."),
      option("wait_takeover", "s", "After the last eviction: clients come back to their sessions."),
      option("load_balancer", "", "How the load balancer picks a node.", ["round_robin", "random", "least_connections"]),
    ],
  },
  {
    title: "When EMQX stops: connections",
    options: [
      option("abs_conn_threshold", "clients", "Donors' average may be this much over recipients'."),
      option("rel_conn_threshold", "times", "Or this many times as much: the laxer one decides."),
    ],
  },
  {
    title: "Sessions of clients that are away",
    options: [
      option("sess_evict_rate", "sessions/s", "Sessions that each donor moves per second."),
      option("abs_sess_threshold", "sessions", "Donors' average may be this much over recipients'."),
      option("rel_sess_threshold", "times", "Or this many times as much: the laxer one decides."),
    ],
  },
  {
    title: "level: goal and limits",
    options: [
      option("target_over", "share", "The fullest node may end this share over the mean."),
      option("reconnect_delay_s", "s", "Time that a dropped client takes to come back."),
      option("max_reconnect_rate", "clients/s", "Most clients that may come back to one node."),
      option("max_cluster_reconnect_rate", "clients/s", "Most clients that may come back to the cluster."),
      option("max_unavailable", "nodes", "Most nodes closed to new clients at once."),
      option("max_duration_s", "s", "Most time that the plan may take."),
    ],
  },
  {
    title: "EMQX 5.9 and later",
    options: [
      option("conn_evict_rpc_timeout", "s", "Time for one round of evicting clients."),
      option("sess_evict_rpc_timeout", "s", "Time for one round of moving sessions."),
    ],
  },
];

export const OPTIONS = GROUPS.flatMap(({ options }) => options);
