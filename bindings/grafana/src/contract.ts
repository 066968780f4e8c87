import type { NodeLoad, Plan, RunView } from 'emqx-rebalance';

/** The JSON contract that every language of this project shares, as the planner's package declares it. */
export type { Balance, Finding, LoadBalancer, Mode, NodeLoad, Outcome, Plan, PlanWishes, Status } from 'emqx-rebalance';

/** Whether a run does something, or will. */
export function isRunning({ state }: RunView): boolean {
  return !OVER.includes(state);
}

/** What a driver says of runs that do nothing any more. */
const OVER = ['gone', 'not_needed', 'refused'];

/** The nodes that share the clients, and that balance and mean are of. Donors of a run on its way still do. */
export function sharing(nodes: NodeLoad[]): NodeLoad[] {
  return nodes.filter(({ status }) => status === 'running' || status === 'donor');
}

/** Connections of each node if all were even, with those `away` that will come back; 0 without nodes. */
export function meanOf(nodes: NodeLoad[], away = 0): number {
  const counted = sharing(nodes);
  return (total(counted) + away) / Math.max(counted.length, 1);
}

/** Whether a node did not answer when the plan was made: what it says of its counts means nothing. */
export function isUnknown(fingerprint: Plan['fingerprint'], node: string): boolean {
  return fingerprint.nodes.some((count) => count.node === node && count.unknown === true);
}

/** How many clients of the cluster of `plan` are on their way from one node to another, as far as nodes are known. */
export function awayOf(nodes: NodeLoad[], { fingerprint }: Plan): number {
  const known = nodes.filter(({ node, status }) => status !== 'unknown' && !isUnknown(fingerprint, node));
  const before = fingerprint.nodes.filter(({ node }) => known.some((load) => load.node === node));
  return Math.max(total(before) - total(known), 0);
}

function total(nodes: Array<Pick<NodeLoad, 'connections'>>): number {
  return nodes.reduce((sum, { connections }) => sum + connections, 0);
}

/** A node's share over the mean, negative under it; nothing of a node that the mean is not of. */
export function deviationOf(load: NodeLoad, mean: number): number | undefined {
  return sharing([load]).length === 0 ? undefined : mean > 0 ? load.connections / mean - 1 : 0;
}
