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
    description: 'Clients that a donor drops per second',
    placeholder: '500',
    min: 1,
  },
  {
    path: 'sessEvictRate',
    name: 'sess_evict_rate',
    description: 'Sessions that a donor moves per second',
    placeholder: '500',
    min: 1,
  },
  {
    path: 'waitHealthCheck',
    name: 'wait_health_check',
    description: 'Seconds for the load balancer to notice closed donors',
    placeholder: '60',
    min: 0,
  },
  {
    path: 'waitTakeover',
    name: 'wait_takeover',
    description: 'Seconds for clients to take over their sessions',
    placeholder: '60',
    min: 0,
  },
  {
    path: 'absConnThreshold',
    name: 'abs_conn_threshold',
    description: 'Single run: enough at this difference of connections',
    placeholder: '1000',
    min: 1,
  },
  {
    path: 'relConnThreshold',
    name: 'rel_conn_threshold',
    description: 'Single run: enough at this ratio of connections',
    placeholder: '1.1',
    min: 1,
    step: 0.01,
  },
  {
    path: 'absSessThreshold',
    name: 'abs_sess_threshold',
    description: 'Enough at this difference of disconnected sessions',
    placeholder: '1000',
    min: 1,
  },
  {
    path: 'relSessThreshold',
    name: 'rel_sess_threshold',
    description: 'Enough at this ratio of disconnected sessions',
    placeholder: '1.1',
    min: 1,
    step: 0.01,
  },
  {
    path: 'reconnectDelay',
    name: 'reconnect_delay_s',
    description: 'Seconds that a dropped client takes to come back, on average',
    placeholder: '1',
    min: 0,
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
    description: 'Most clients per second that may come back to the cluster',
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
    description: 'Share of the mean that the fullest node may end over it',
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
    min: 1,
    level: true,
  },
];
