import type { LoadBalancer, Mode } from './contract';

/** Something to choose, as Grafana's selects and radio buttons take it. */
interface Choice<T> {
  value: T;
  label: string;
  description?: string;
}

/** How the runs are found. */
export const MODES: Array<Choice<Mode>> = [
  { value: 'level', label: 'Level', description: 'several runs that end even' },
  { value: 'single', label: 'Single run', description: "EMQX's own rebalance" },
];

/** How the balancer before the cluster picks a node. */
export const LOAD_BALANCERS: Array<Choice<LoadBalancer>> = [
  { value: 'round_robin', label: 'Round robin' },
  { value: 'least_connections', label: 'Least connections' },
  { value: 'random', label: 'Random' },
];
