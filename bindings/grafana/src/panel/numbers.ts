// Written by `cargo xtask generate` from the core's tables: change those.

/** A number that the panel can be told for its plans. Without it, the default of EMQX or of the planner counts. */
interface NumberOption {
  path: NumberPath;
  /** As EMQX or the planner calls it. */
  name: string;
  description: string;
  /** The default, in words. */
  placeholder: string;
  min: number;
  max?: number;
  /** Of numbers that need not be whole. */
  step?: number;
  /** Whether it concerns level plans only. */
  level?: boolean;
}

export type NumberPath =
  | 'connEvictRate'
  | 'sessEvictRate'
  | 'waitHealthCheck'
  | 'waitTakeover'
  | 'absConnThreshold'
  | 'relConnThreshold'
  | 'absSessThreshold'
  | 'relSessThreshold'
  | 'connEvictRpcTimeout'
  | 'sessEvictRpcTimeout'
  | 'reconnectDelay'
  | 'maxReconnectRate'
  | 'maxClusterReconnectRate'
  | 'maxUnavailable'
  | 'targetOver'
  | 'maxDuration';

export const NUMBERS: NumberOption[] = [
  {
    path: 'connEvictRate',
    name: 'conn_evict_rate',
    description: 'Clients that each donor drops per tick of one second',
    placeholder: '500',
    min: 1,
  },
  {
    path: 'sessEvictRate',
    name: 'sess_evict_rate',
    description: 'Disconnected sessions that each donor moves per tick of one second',
    placeholder: '500',
    min: 1,
  },
  {
    path: 'waitHealthCheck',
    name: 'wait_health_check',
    description:
      'Seconds between the start and the first eviction, for load balancers to notice that the donors are closed',
    placeholder: '60',
    min: 0,
    max: 4294967,
  },
  {
    path: 'waitTakeover',
    name: 'wait_takeover',
    description:
      'Seconds between the last connection evicted and the first session moved, for clients to come back and take over their sessions',
    placeholder: '60',
    min: 0,
    max: 4294967,
  },
  {
    path: 'absConnThreshold',
    name: 'abs_conn_threshold',
    description: "Connections: donors' average may be this much over recipients' average",
    placeholder: '1000',
    min: 1,
  },
  {
    path: 'relConnThreshold',
    name: 'rel_conn_threshold',
    description: "Connections: donors' average may be this many times recipients' average",
    placeholder: '1.1',
    min: 1,
    step: 0.01,
  },
  {
    path: 'absSessThreshold',
    name: 'abs_sess_threshold',
    description: "Sessions: donors' average may be this much over recipients' average",
    placeholder: '1000',
    min: 1,
  },
  {
    path: 'relSessThreshold',
    name: 'rel_sess_threshold',
    description: "Sessions: donors' average may be this many times recipients' average",
    placeholder: '1.1',
    min: 1,
    step: 0.01,
  },
  {
    path: 'connEvictRpcTimeout',
    name: 'conn_evict_rpc_timeout',
    description: 'Seconds that one round of evicting connections may take on the donors',
    placeholder: "EMQX's own, 15",
    min: 0,
    max: 4294967,
  },
  {
    path: 'sessEvictRpcTimeout',
    name: 'sess_evict_rpc_timeout',
    description: 'Seconds that one round of moving sessions may take on the donors',
    placeholder: "EMQX's own, 15",
    min: 0,
    max: 4294967,
  },
  {
    path: 'reconnectDelay',
    name: 'reconnect_delay_s',
    description: 'Seconds that a dropped client takes to come back, on average',
    placeholder: '1',
    min: 0,
    max: 86400,
    step: 0.1,
  },
  {
    path: 'maxReconnectRate',
    name: 'max_reconnect_rate',
    description: 'Most clients per second that may come back to one node',
    placeholder: 'no limit',
    min: 1,
    step: 1,
    level: true,
  },
  {
    path: 'maxClusterReconnectRate',
    name: 'max_cluster_reconnect_rate',
    description: 'Most clients per second that may come back to the whole cluster',
    placeholder: 'no limit',
    min: 1,
    step: 1,
    level: true,
  },
  {
    path: 'maxUnavailable',
    name: 'max_unavailable',
    description: 'Most nodes that may be closed to new clients at once',
    placeholder: 'no limit',
    min: 1,
    level: true,
  },
  {
    path: 'targetOver',
    name: 'target_over',
    description: 'The fullest node may end this share over the mean',
    placeholder: '0.002',
    min: 0,
    max: 1,
    step: 0.001,
    level: true,
  },
  {
    path: 'maxDuration',
    name: 'max_duration_s',
    description: 'Most seconds that the plan may take',
    placeholder: 'no limit',
    min: 0,
    level: true,
  },
];
