import { createDataFrame, FieldType, type DataFrame } from '@grafana/data';
import { plan } from 'emqx-rebalance';
import { profileOf } from '../../reconnect';
import type { Observation } from '../observations';
import { rateOf } from '../rate';
import type { RebalanceQuery } from '../types';

/** What a rebalance that started now would do: each node's connections, second by second, in the future. */
export function forecastFrame(query: RebalanceQuery, { time, status }: Observation): DataFrame {
  const { forecast } = plan({
    snapshot: { nodes: status.nodes },
    mode: query.mode ?? 'level',
    conn_evict_rate: rateOf(query.connEvictRate),
    load_balancer: query.loadBalancer,
    reconnect: profileOf(query.reconnect),
  });
  return createDataFrame({
    refId: query.refId,
    name: 'forecast',
    meta: { custom: { duration_s: forecast.duration_s, disconnects: forecast.disconnects } },
    fields: [
      { name: 'time', type: FieldType.time, values: forecast.curve.times_s.map((second) => time + second * 1000) },
      ...forecast.curve.nodes.map(({ node, connections }) => ({
        name: 'connections',
        type: FieldType.number,
        labels: { node },
        config: { displayName: `${node} (forecast)` },
        values: connections,
      })),
    ],
  });
}
