import {
  applyFieldOverrides,
  dateTime,
  FieldType,
  LoadingState,
  rangeUtil,
  type DataFrame,
  type GrafanaTheme2,
  type PanelData,
  type PanelPlugin,
} from '@grafana/data';
import { PanelChrome } from '@grafana/ui';
import { useEffect, useMemo, useState } from 'react';
import { events, replaceVariables } from './grafana';

interface Props {
  plugin: PanelPlugin<any>;
  query: URLSearchParams;
  theme: GrafanaTheme2;
}

/** The panel in Grafana's frame, with the data, options and field options that a dashboard would give it. */
export function PanelPage({ plugin, query, theme }: Props) {
  const [width, height] = [Number(query.get('w') ?? 900), Number(query.get('h') ?? 460)];
  const Panel = plugin.panel!;
  const options = { ...(plugin.defaults as object), ...JSON.parse(query.get('options') ?? '{}') };
  const fieldConfig = useMemo(
    () => ({
      defaults: { ...plugin.fieldConfigDefaults.defaults, ...JSON.parse(query.get('field') ?? '{}') },
      overrides: [],
    }),
    [plugin, query]
  );
  const data = usePanelData(query.get('prometheus'), fieldConfig, theme);
  return (
    <div id="frame" style={{ padding: 8, width: width + 16, background: theme.colors.background.canvas }}>
      <PanelChrome width={width} height={height} title={query.get('title') ?? 'Rebalance'}>
        {(innerWidth, innerHeight) => (
          <Panel
            id={7}
            data={data}
            timeRange={data.timeRange}
            timeZone="utc"
            options={options}
            fieldConfig={fieldConfig}
            transparent={false}
            width={innerWidth}
            height={innerHeight}
            renderCounter={0}
            title="Rebalance"
            eventBus={events}
            replaceVariables={replaceVariables}
            onOptionsChange={() => undefined}
            onFieldConfigChange={() => undefined}
            onChangeTimeRange={(range) => ((window as any).zoomed = range)}
          />
        )}
      </PanelChrome>
    </div>
  );
}

/** The answer of a Prometheus query, as Grafana's Prometheus data source frames it, or of no query at all. */
function usePanelData(prometheus: string | null, fieldConfig: any, theme: GrafanaTheme2): PanelData {
  const [series, setSeries] = useState<DataFrame[]>([]);
  useEffect(() => {
    if (prometheus === null) {
      return;
    }
    const refresh = () => void ask(prometheus).then(setSeries);
    refresh();
    const timer = setInterval(refresh, 5000);
    return () => clearInterval(timer);
  }, [prometheus]);
  return useMemo(() => {
    const from = new URLSearchParams(location.search).get('from') ?? 'now-5m';
    const range = rangeUtil.convertRawToRange({ from, to: 'now' });
    const shown = applyFieldOverrides({ data: series, fieldConfig, theme, replaceVariables, timeZone: 'utc' });
    const dashboardUID = new URLSearchParams(location.search).get('dashboard') ?? 'harness';
    const request = { dashboardUID, targets: [], range } as any;
    return { state: LoadingState.Done, series: shown, timeRange: range, request };
  }, [series, fieldConfig, theme]);
}

async function ask(expression: string): Promise<DataFrame[]> {
  const now = Date.now() / 1000;
  const parameters = new URLSearchParams({ query: expression, start: String(now - 300), end: String(now), step: '1' });
  const { data } = await (await fetch(`/prometheus/api/v1/query_range?${parameters}`)).json();
  return data.result.map(({ metric, values }: { metric: Record<string, string>; values: Array<[number, string]> }) => {
    const { __name__, ...labels } = metric;
    return {
      refId: 'A',
      name: JSON.stringify(labels),
      length: values.length,
      fields: [
        {
          name: 'Time',
          type: FieldType.time,
          config: {},
          values: values.map(([time]) => dateTime(time * 1000).valueOf()),
        },
        {
          name: 'Value',
          type: FieldType.number,
          labels,
          config: { displayNameFromDS: labels.instance },
          values: values.map(([, value]) => Number(value)),
        },
      ],
    };
  });
}
