/** @import { Asked } from "./question.js" */

/** @param {number[]} counts */
function cluster(counts) {
  return counts.map((connections, i) => ({ node: `emqx@10.0.0.${i + 1}`, connections }));
}

/** Situations that people meet. @type {Record<string, Asked>} */
export const EXAMPLES = {
  "A node joined": {
    nodes: cluster([3333, 3334, 3333, 0]),
    options: { conn_evict_rate: "10", abs_conn_threshold: "10", load_balancer: "round_robin" },
  },
  "Skewed after restarts": {
    nodes: cluster([1000, 600, 0, 0, 0]),
    options: { conn_evict_rate: "50", wait_health_check: "5s", wait_takeover: "5s", abs_conn_threshold: "1", rel_conn_threshold: "1.001", load_balancer: "round_robin" },
  },
  "Ten nodes, two new": {
    nodes: cluster([52000, 48500, 61000, 55200, 49800, 58300, 46100, 53900, 0, 0]),
    options: { conn_evict_rate: "200", wait_health_check: "10s", wait_takeover: "30s", load_balancer: "round_robin" },
  },
  "One node twice as big": {
    nodes: cluster([9000, 9000, 2000]).map((node, i) => (i === 2 ? { ...node, weight: 2 } : node)),
    options: { conn_evict_rate: "100", load_balancer: "least_connections" },
  },
  "Nothing to do": { nodes: cluster([2510, 2495, 2500, 2495]), options: {} },
};
