import {
  dateTime,
  FieldColorModeId,
  FieldType,
  type DataFrame,
  type Field,
  type FieldConfig,
  type TimeRange,
} from '@grafana/data';
import type { NodeLoad, Plan } from '../contract';
import type { Observation } from '../datasource/observations';
import type { Look } from './colors';

/** A forecast and the time that it counts from. */
export interface Ahead {
  plan: Plan;
  /** Milliseconds since 1970. */
  from: number;
}

/** A node whose curve is drawn. */
export interface CurveNode {
  node: string;
  /** As the legend has it. */
  name: string;
  look: Look;
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

/** The clients of a node that answers. */
function known(load: NodeLoad | undefined): number | null {
  return load && load.status !== 'unknown' ? load.connections : null;
}

/** What the panel saw itself, as one frame with a field for each node. */
export function polled(seen: Observation[], nodes: CurveNode[]): DataFrame {
  const times = seen.map(({ time }) => time);
  const of = (node: string) => seen.map(({ status }) => known(status.nodes.find((load) => load.node === node)));
  return frame(
    'polled',
    times,
    nodes.map((curve) => number(curve, of(curve.node), {}))
  );
}

/** The forecast, dashed, with the same colours and without a second entry in the legend. */
export function forecast({ plan, from }: Ahead, nodes: CurveNode[]): DataFrame {
  const { times_s, nodes: curves } = plan.forecast.curve;
  const fields = nodes.flatMap((shown) => {
    const curve = curves.find((candidate) => candidate.node === shown.node);
    return curve ? [number(shown, curve.connections, FORECAST)] : [];
  });
  return frame(
    'forecast',
    times_s.map((second) => from + second * 1000),
    fields
  );
}

/**
 * The range of the dashboard, which follows the time if it ends now, or, where a forecast is drawn, one in which it
 * can be seen.
 */
export function rangeOf(dashboard: TimeRange, ahead: Ahead | undefined, now: number): TimeRange {
  if (!ahead) {
    const late = dashboard.raw.to === 'now' ? Math.max(now - dashboard.to.valueOf(), 0) : 0;
    return absolute(dashboard.from.valueOf() + late, dashboard.to.valueOf() + late);
  }
  const length = ahead.plan.forecast.duration_s * 1000;
  return absolute(ahead.from - Math.max(length / 4, 20_000), Math.max(ahead.from + length * 1.05, now));
}

function absolute(start: number, end: number): TimeRange {
  const [from, to] = [dateTime(start), dateTime(end)];
  return { from, to, raw: { from, to } };
}

/** The configuration of a curve of a node, seen or foreseen, of a query or of the panel. */
export function configOf({ name, look }: CurveNode, custom: object): FieldConfig {
  const color = { mode: FieldColorModeId.Fixed, fixedColor: look.color };
  return { displayName: name, color, custom: { ...LINE, lineWidth: look.lineWidth, ...custom } };
}

function frame(name: string, times: number[], fields: Field[]): DataFrame {
  const time: Field = { name: 'time', type: FieldType.time, config: {}, values: times };
  return { refId: name, name, fields: [time, ...fields], length: times.length };
}

function number(curve: CurveNode, values: Array<number | null>, custom: object): Field {
  const { node } = curve;
  return { name: node, type: FieldType.number, labels: { node }, config: configOf(curve, custom), values };
}

export const LINE = { drawStyle: 'line', lineWidth: 2, showPoints: 'auto', pointSize: 4, spanNulls: true };
const FORECAST = {
  lineWidth: 2,
  showPoints: 'never',
  lineStyle: { fill: 'dash', dash: [6, 6] },
  hideFrom: { legend: true, tooltip: false, viz: false },
};
