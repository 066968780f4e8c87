import { FieldType, type DataFrame, type Field, type TimeRange, dateTime } from '@grafana/data';
import type { Plan } from '../contract';
import type { Observation } from '../datasource/observations';

/** A forecast and the time that it counts from. */
export interface Ahead {
  plan: Plan;
  /** Milliseconds since 1970. */
  from: number;
}

/** Time series of the panel's own queries, those of `refId` if it is given. */
export function queried(series: DataFrame[], refId: string | undefined): DataFrame[] {
  return series.filter(
    (frame) =>
      (refId === undefined || frame.refId === refId) &&
      frame.length > 0 &&
      frame.fields.some((field) => field.type === FieldType.time) &&
      frame.fields.some((field) => field.type === FieldType.number)
  );
}

/** What the panel saw itself, as one frame with a field for each node. */
export function polled(seen: Observation[], nodes: string[]): DataFrame {
  const times = seen.map(({ time }) => time);
  const of = (node: string) =>
    seen.map(({ status }) => status.nodes.find((load) => load.node === node)?.connections ?? null);
  return frame(
    'polled',
    times,
    nodes.map((node) => number(node, of(node), {}))
  );
}

/** The forecast, dashed, with the same colours and without a second entry in the legend. */
export function forecast({ plan, from }: Ahead, nodes: string[]): DataFrame {
  const { times_s, nodes: curves } = plan.forecast.curve;
  const fields = nodes.flatMap((node) => {
    const curve = curves.find((candidate) => candidate.node === node);
    return curve ? [number(node, curve.connections, FORECAST)] : [];
  });
  return frame(
    'forecast',
    times_s.map((second) => from + second * 1000),
    fields
  );
}

/** The range of the dashboard, or, where a forecast is drawn, one in which it can be seen. */
export function rangeOf(dashboard: TimeRange, ahead: Ahead | undefined): TimeRange {
  if (!ahead) {
    return dashboard;
  }
  const length = ahead.plan.forecast.duration_s * 1000;
  const from = dateTime(ahead.from - Math.max(length / 4, 20_000));
  const to = dateTime(Math.max(ahead.from + length * 1.05, Date.now()));
  return { from, to, raw: { from, to } };
}

/**
 * The node that a series is about: by its label `node`, or by an `instance` that is the node's host.
 *
 * Prometheus scrapes `10.0.0.1:18083`; EMQX calls that node `emqx@10.0.0.1`.
 */
export function nodeOf(field: Field, nodes: string[]): string | undefined {
  const { node, instance } = field.labels ?? {};
  if (node !== undefined && nodes.includes(node)) {
    return node;
  }
  const host = instance?.replace(/:\d+$/, '');
  const matches = nodes.filter((name) => name === instance || name.split('@')[1] === host);
  return matches.length === 1 ? matches[0] : undefined;
}

function frame(name: string, times: number[], fields: Field[]): DataFrame {
  const time: Field = { name: 'time', type: FieldType.time, config: {}, values: times };
  return { refId: name, name, fields: [time, ...fields], length: times.length };
}

function number(node: string, values: Array<number | null>, custom: object): Field {
  const config = { displayName: node, custom: { ...LINE, ...custom } };
  return { name: node, type: FieldType.number, labels: { node }, config, values };
}

export const LINE = { drawStyle: 'line', lineWidth: 2, showPoints: 'auto', pointSize: 4, spanNulls: true };
const FORECAST = {
  lineWidth: 1,
  showPoints: 'never',
  lineStyle: { fill: 'dash', dash: [6, 6] },
  hideFrom: { legend: true, tooltip: false, viz: false },
};
