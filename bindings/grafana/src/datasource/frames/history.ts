import { createDataFrame, FieldType, type DataFrame } from '@grafana/data';
import { isRunning } from '../../contract';
import type { Observation } from '../observations';

/** The balance at every time that was seen. Grafana reduces it to the newest for a stat or gauge. */
export function balanceFrame(refId: string, seen: Observation[]): DataFrame {
  const share = { unit: 'percentunit' };
  return createDataFrame({
    refId,
    name: 'balance',
    fields: [
      { name: 'time', type: FieldType.time, values: times(seen) },
      { name: 'over', type: FieldType.number, config: share, values: seen.map(({ balance }) => balance?.over ?? null) },
      {
        name: 'under',
        type: FieldType.number,
        config: share,
        values: seen.map(({ balance }) => balance?.under ?? null),
      },
      { name: 'cv', type: FieldType.number, config: share, values: seen.map(({ balance }) => balance?.cv ?? null) },
    ],
  });
}

/** What the rebalance and every node did over time, for a state timeline. */
export function statesFrame(refId: string, seen: Observation[]): DataFrame {
  const nodes = [...new Set(seen.flatMap(({ status }) => status.nodes.map((load) => load.node)))].sort();
  const stateOf = (node: string) => (observation: Observation) =>
    observation.status.nodes.find((load) => load.node === node)?.status ?? null;
  return createDataFrame({
    refId,
    name: 'states',
    fields: [
      { name: 'time', type: FieldType.time, values: times(seen) },
      { name: 'rebalance', type: FieldType.string, values: seen.map(rebalanceState) },
      ...nodes.map((node) => ({ name: node, type: FieldType.string, values: seen.map(stateOf(node)) })),
    ],
  });
}

/** EMQX's word for what its rebalances do; they differ for a moment only. */
export function rebalanceState({ status: { runs } }: Observation): string {
  return runs.find(isRunning)?.state ?? 'idle';
}

function times(seen: Observation[]): number[] {
  return seen.map(({ time }) => time);
}
