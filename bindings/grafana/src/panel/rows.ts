import { deviationOf, isRunning, isUnknown, meanOf, type NodeLoad, type Plan, type Status } from '../contract';
import type { Order } from './options';

/** What a node is in the rebalance that runs or is planned, or would be by its load. */
export type Part = 'donor' | 'recipient' | 'even' | 'out';

/** A node as the bars show it. */
export interface NodeRow {
  node: string;
  connections: number;
  /** Whether its connections were never read. */
  isUnread: boolean;
  /** Share over the mean; negative under it. Nodes that the mean is not of have none. */
  deviation?: number;
  part: Part;
  status: NodeLoad['status'];
  /** Connections when the plan was made. */
  before?: number;
  /** Connections at the end of the plan. */
  after?: number;
}

export interface Rows {
  rows: NodeRow[];
  mean: number;
}

/** The nodes in `order`. `away` clients are on their way. */
export function rowsOf(status: Status, plan: Plan | undefined, away: number, order: Order): Rows {
  const mean = meanOf(status.nodes, away);
  const rows = status.nodes.map((load) => {
    const deviation = deviationOf(load, mean);
    const { node, connections } = load;
    const known = plan && !isUnknown(plan.fingerprint, node) ? plan : undefined;
    const before = known?.fingerprint.nodes.find((count) => count.node === node)?.connections;
    const after = known?.forecast.final.find((end) => end.node === node)?.connections;
    const isUnread = load.status === 'unknown' && load.read_at_ms === undefined;
    const part = partOf(load, deviation ?? 0, status, plan);
    return { node, connections, isUnread, deviation, part, status: load.status, before, after };
  });
  const byLoad = (a: NodeRow, b: NodeRow) => (order === 'load' ? rank(b, mean) - rank(a, mean) : 0);
  return { rows: rows.sort((a, b) => byLoad(a, b) || byName(a, b)), mean };
}

/**
 * How full a node is, in steps that clients who come and go do not take a node over. With a plan it is how full the
 * node was before, so that bars stay where they are while clients move.
 */
function rank({ connections, before = connections, isUnread }: NodeRow, mean: number): number {
  return isUnread ? -1 : Math.round(before / Math.max(mean * STEP, 1));
}

/** The share of the fullest node over the mean. */
export function overOf(rows: NodeRow[]): number | undefined {
  const deviations = rows.flatMap(({ deviation }) => deviation ?? []);
  return deviations.length > 0 ? Math.max(...deviations) : undefined;
}

function partOf({ node, status }: NodeLoad, deviation: number, { runs }: Status, plan: Plan | undefined): Part {
  if (status === 'stopped' || status === 'evacuating' || status === 'unknown') {
    return 'out';
  }
  const roles = runs.some(isRunning) ? runs : plan?.decision === 'start' ? [plan] : undefined;
  if (roles) {
    const isDonor = roles.some(({ donors }) => donors.includes(node));
    const isRecipient = roles.some(({ recipients }) => recipients.includes(node));
    return isDonor ? 'donor' : isRecipient ? 'recipient' : 'even';
  }
  return deviation > NOTABLE ? 'donor' : deviation < -NOTABLE ? 'recipient' : 'even';
}

/** The order of names that people expect: node2 before node10. */
export function byName(a: NodeRow, b: NodeRow): number {
  return collator.compare(a.node, b.node);
}

const collator = new Intl.Collator('en', { numeric: true });
/** Nodes that are about as full keep the order of their names. */
const STEP = 0.005;
/** A node this far from the mean is coloured. */
const NOTABLE = 0.02;
