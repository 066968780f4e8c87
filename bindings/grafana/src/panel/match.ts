import type { Labels } from '@grafana/data';

/** How series of a query are matched with nodes where the usual labels do not do. */
export interface Mapping {
  /** The label that says which node a series is of. */
  label?: string;
  /** Lines `value=node`. */
  names?: string[];
}

/** Labels that say which node a series is of, the surest first. */
const USUAL = ['node', 'pod', 'kubernetes_pod_name', 'instance'];

/** The node that a series with these labels is of; none where no label tells, or where it could be several. */
export function matchNode(labels: Labels, nodes: string[], { label, names = [] }: Mapping = {}): string | undefined {
  const told = new Map(names.map(assignment));
  const tried = label ? [label] : USUAL;
  for (const value of tried.flatMap((name) => labels[name] ?? [])) {
    const wanted = told.get(value) ?? told.get(hostOf(value)) ?? value;
    const found = only(nodes, (node) => node === wanted) ?? only(nodes, (node) => isOf(node, hostOf(wanted)));
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function assignment(line: string): [string, string] {
  const end = line.indexOf('=');
  return [line.slice(0, end).trim(), line.slice(end + 1).trim()];
}

/** `10.0.0.1` of `10.0.0.1:18083` */
function hostOf(value: string): string {
  return value.replace(/:\d+$/, '');
}

/**
 * Whether `name`, of a host or a pod, is the node's.
 *
 * EMQX calls the node at 10.0.0.1 `emqx@10.0.0.1`, in Kubernetes also `emqx@10-0-0-1.emqx.pod.cluster.local`, and that
 * of the pod emqx-core-0 `emqx@emqx-core-0.emqx-headless.emqx.svc.cluster.local`.
 */
function isOf(node: string, name: string): boolean {
  const [short, host = ''] = node.split('@');
  const shortHost = host.split('.')[0];
  return [short, host, shortHost].includes(name) || shortHost === name.replaceAll('.', '-');
}

/** The one that fits; none of several, since a wrong colour would lie. */
function only(nodes: string[], fits: (node: string) => boolean): string | undefined {
  const found = nodes.filter(fits);
  return found.length === 1 ? found[0] : undefined;
}
