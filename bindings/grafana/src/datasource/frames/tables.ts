import { createDataFrame, FieldType, type DataFrame } from '@grafana/data';
import { deviationOf, meanOf } from '../../contract';
import type { Observation } from '../observations';

/** A row for each node: who it is, what it carries, and how far over the mean that is. */
export function nodesFrame(refId: string, { status: { nodes } }: Observation): DataFrame {
  const mean = meanOf(nodes);
  return createDataFrame({
    refId,
    name: 'nodes',
    fields: [
      { name: 'node', type: FieldType.string, values: nodes.map((load) => load.node) },
      { name: 'connections', type: FieldType.number, values: nodes.map((load) => load.connections) },
      {
        name: 'over_mean',
        type: FieldType.number,
        config: { displayName: 'over mean', unit: 'percentunit' },
        values: nodes.map((load) => deviationOf(load, mean) ?? null),
      },
      { name: 'sessions', type: FieldType.number, values: nodes.map((load) => load.sessions) },
      {
        name: 'disconnected_sessions',
        type: FieldType.number,
        config: { displayName: 'disconnected sessions' },
        values: nodes.map((load) => load.disconnected_sessions),
      },
      { name: 'status', type: FieldType.string, values: nodes.map((load) => load.status) },
      { name: 'role', type: FieldType.string, values: nodes.map((load) => load.role ?? null) },
      { name: 'version', type: FieldType.string, values: nodes.map((load) => load.version ?? null) },
    ],
  });
}

/** A row for each rebalance that runs. */
export function runsFrame(refId: string, { status: { runs } }: Observation): DataFrame {
  return createDataFrame({
    refId,
    name: 'runs',
    fields: [
      { name: 'coordinator', type: FieldType.string, values: runs.map((run) => run.coordinator) },
      { name: 'state', type: FieldType.string, values: runs.map((run) => run.state) },
      { name: 'donors', type: FieldType.string, values: runs.map((run) => run.donors.join(', ')) },
      { name: 'recipients', type: FieldType.string, values: runs.map((run) => run.recipients.join(', ')) },
      { name: 'conn_evict_rate', type: FieldType.number, values: runs.map((run) => run.conn_evict_rate ?? null) },
      { name: 'sess_evict_rate', type: FieldType.number, values: runs.map((run) => run.sess_evict_rate ?? null) },
    ],
  });
}
