import {
  applyFieldOverrides,
  dateTimeFormat,
  FieldType,
  getFieldDisplayName,
  type AbsoluteTimeRange,
  type DataFrame,
  type FieldConfigSource,
  type InterpolateFunction,
  type TimeRange,
} from '@grafana/data';
import type { VizLegendOptions } from '@grafana/schema';
import { LegendDisplayMode, SeriesTable, TimeSeries, TooltipPlugin2, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import type { Observation } from '../../datasource/observations';
import { configOf, forecast, LINE, polled, queried, rangeOf, type Ahead, type CurveNode } from '../curves';
import { matchNode, type Mapping } from '../match';
import { useRevision } from '../state/steady';

export interface CurvesProps {
  series: DataFrame[];
  curvesFrom?: string;
  mapping: Mapping;
  seen: Observation[];
  nodes: CurveNode[];
  ahead?: Ahead;
  /** Milliseconds since 1970. */
  now: number;
  timeRange: TimeRange;
  timeZone: string;
  fieldConfig: FieldConfigSource;
  replaceVariables: InterpolateFunction;
  onZoom: (range: AbsoluteTimeRange) => void;
}

interface Props extends CurvesProps {
  width: number;
  height: number;
}

/** Each node's connections over time, with the forecast ahead of them. */
export function Curves(props: Props) {
  const { width, height, ahead, now, timeRange, timeZone, onZoom } = props;
  const frames = useFrames(props);
  const structureRev = useRevision(frames.map(structure));
  const legend = useLegend(height >= 140);
  return (
    <TimeSeries
      frames={frames}
      structureRev={structureRev}
      width={width}
      height={height}
      timeRange={rangeOf(timeRange, ahead, now)}
      timeZone={timeZone}
      legend={legend}
    >
      {(config, aligned) => (
        <TooltipPlugin2
          config={config}
          hoverMode={HOVER_ALL}
          // A forecast brings its own range.
          queryZoom={ahead ? undefined : onZoom}
          render={(_plot, indices) => <Reading frame={aligned} indices={indices} timeZone={timeZone} />}
        />
      )}
    </TimeSeries>
  );
}

/** What the chart is made for, and must be made again for when it changes; values may come and go. */
function structure({ fields }: DataFrame) {
  return fields.map(({ name, type, labels, config, state }) => [name, type, labels, config, state?.seriesIndex]);
}

function useLegend(showLegend: boolean): VizLegendOptions {
  return useMemo(
    () => ({ showLegend, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] }),
    [showLegend]
  );
}

/** Colours, units and names come from the panel's field options, as in Grafana's own panels. */
function useFrames(props: Props): DataFrame[] {
  const { series, curvesFrom, mapping, seen, nodes, ahead, fieldConfig, replaceVariables, timeZone } = props;
  const theme = useTheme2();
  return useMemo(() => {
    const given = queried(series, curvesFrom).map((frame) => named(frame, nodes, mapping));
    const actual = given.length > 0 ? given : [polled(seen, nodes)];
    const all = ahead ? [...actual, forecast(ahead, nodes)] : actual;
    const data = all.map((frame) => ({ ...frame, fields: frame.fields.map((field) => ({ ...field, state: null })) }));
    return applyFieldOverrides({ data, fieldConfig, theme, replaceVariables, timeZone });
  }, [series, curvesFrom, mapping, seen, nodes, ahead, fieldConfig, replaceVariables, theme, timeZone]);
}

/** Series of a query under the names and in the colours of the nodes that they are about. */
function named(frame: DataFrame, nodes: CurveNode[], mapping: Mapping): DataFrame {
  const names = nodes.map(({ node }) => node);
  const fields = frame.fields.map((field) => {
    const node = field.type === FieldType.number ? matchNode(field.labels ?? {}, names, mapping) : undefined;
    const curve = nodes.find((candidate) => candidate.node === node);
    const labels = curve ? { ...field.labels, node: curve.node } : field.labels;
    const config = { custom: LINE, ...field.config, ...(curve && configOf(curve, field.config.custom)) };
    return { ...field, labels, config };
  });
  return { ...frame, fields };
}

interface ReadingProps {
  frame: DataFrame;
  indices: Array<number | null>;
  timeZone: string;
}

function Reading({ frame, indices, timeZone }: ReadingProps) {
  const theme = useTheme2();
  const at = indices.find((index) => index !== null) ?? 0;
  const rows = frame.fields.slice(1).flatMap((field, i) => {
    const index = indices[i + 1];
    const value: unknown = index === null || index === undefined ? null : field.values[index];
    if (typeof value !== 'number') {
      return [];
    }
    const isForecast = field.config.custom?.lineStyle !== undefined;
    const name = getFieldDisplayName(field, frame);
    const shown = field.display?.(value);
    const color = theme.visualization.palette[(field.state?.seriesIndex ?? i) % theme.visualization.palette.length];
    const text = shown ? `${shown.prefix ?? ''}${shown.text}${shown.suffix ?? ''}` : String(value);
    return [{ color: shown?.color ?? color, label: isForecast ? `${name} (forecast)` : name, value: text }];
  });
  const time: unknown = frame.fields[0]?.values[at];
  return (
    <div style={{ padding: theme.spacing(1) }} data-testid="reading">
      <SeriesTable
        series={rows}
        timestamp={typeof time === 'number' ? dateTimeFormat(time, { timeZone }) : undefined}
      />
    </div>
  );
}

/** `TooltipHoverMode.xAll`, which is a constant of a type only. */
const HOVER_ALL = 1;
