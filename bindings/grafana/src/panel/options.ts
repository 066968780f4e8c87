import { FieldColorModeId, FieldConfigProperty, type PanelPlugin } from '@grafana/data';
import type { LoadBalancer, Mode, PlanWishes } from '../contract';
import { SourcePicker } from './SourcePicker';

/** What the panel can be told. Numbers that are left out are EMQX's defaults. */
export interface PanelOptions {
  /** Unique id or name of the data source, or a dashboard variable such as `${cluster}`. */
  datasource?: string;
  /** `refId` of the query that the curves are drawn from; without it, the first one that has time series. */
  curvesFrom?: string;
  pollSeconds: number;
  mode: Mode;
  loadBalancer?: LoadBalancer;
  connEvictRate?: number;
  sessEvictRate?: number;
  waitHealthCheck?: number;
  waitTakeover?: number;
  absConnThreshold?: number;
  relConnThreshold?: number;
  showBars: boolean;
  showCurves: boolean;
  donorColor: string;
  recipientColor: string;
  evenColor: string;
}

/** Milliseconds between two looks. A provisioned dashboard may hold what no editor takes: 0 would never rest. */
export function pollMs({ pollSeconds }: PanelOptions): number {
  const { min, max } = POLL_SECONDS;
  return 1000 * Math.min(Math.max(Number(pollSeconds) || DEFAULT_POLL_SECONDS, min), max);
}

/** The request for a plan of `mode`, under EMQX's own names. */
export function planRequest(options: PanelOptions, mode: Mode): PlanWishes {
  return {
    mode,
    load_balancer: options.loadBalancer,
    conn_evict_rate: options.connEvictRate,
    sess_evict_rate: options.sessEvictRate,
    wait_health_check: options.waitHealthCheck,
    wait_takeover: options.waitTakeover,
    abs_conn_threshold: options.absConnThreshold,
    rel_conn_threshold: options.relConnThreshold,
  };
}

/** Adds the options pane and the standard field options that the panel honours. */
export function withOptions(plugin: PanelPlugin<PanelOptions>): PanelPlugin<PanelOptions> {
  return plugin
    .useFieldConfig({
      disableStandardOptions: [
        FieldConfigProperty.Min,
        FieldConfigProperty.Max,
        FieldConfigProperty.Mappings,
        FieldConfigProperty.Thresholds,
        FieldConfigProperty.Links,
        FieldConfigProperty.Actions,
        FieldConfigProperty.Filterable,
      ],
      standardOptions: {
        [FieldConfigProperty.Color]: { defaultValue: { mode: FieldColorModeId.PaletteClassic } },
        [FieldConfigProperty.Unit]: { defaultValue: 'locale' },
        [FieldConfigProperty.Decimals]: { defaultValue: 0 },
      },
    })
    .setPanelOptions((builder) => {
      builder
        .addCustomEditor({
          id: 'datasource',
          path: 'datasource',
          name: 'EMQX data source',
          description: 'Without one: that of the panel’s query, or the only one there is',
          editor: SourcePicker,
        })
        .addNumberInput({
          path: 'pollSeconds',
          name: 'Poll every',
          description: 'Seconds between two looks at the cluster while the panel is visible',
          defaultValue: DEFAULT_POLL_SECONDS,
          settings: { ...POLL_SECONDS, integer: true },
        });
      strategyOptions(builder);
      displayOptions(builder);
    });
}

const DEFAULT_POLL_SECONDS = 2;
const POLL_SECONDS = { min: 1, max: 60 };

type Builder = Parameters<Parameters<PanelPlugin<PanelOptions>['setPanelOptions']>[0]>[0];

function strategyOptions(builder: Builder): void {
  const category = ['Strategy'];
  builder
    .addRadio({
      path: 'mode',
      name: 'Preselected plan',
      category,
      defaultValue: 'level',
      settings: {
        options: [
          { value: 'level', label: 'Level', description: 'Several runs that end even' },
          { value: 'single', label: 'Single run', description: 'What EMQX would do by itself' },
        ],
      },
    })
    .addSelect({
      path: 'loadBalancer',
      name: 'Load balancer',
      description: 'How the balancer before the cluster picks a node',
      category,
      settings: {
        isClearable: true,
        options: [
          { value: 'round_robin', label: 'Round robin' },
          { value: 'least_connections', label: 'Least connections' },
          { value: 'random', label: 'Random' },
        ],
      },
    });
  for (const [path, name, description, placeholder, settings] of NUMBERS) {
    builder.addNumberInput({ path, name, description, category, settings: { placeholder, ...settings } });
  }
}

function displayOptions(builder: Builder): void {
  const category = ['Display'];
  builder
    .addBooleanSwitch({ path: 'showBars', name: 'Bars', category, defaultValue: true })
    .addBooleanSwitch({ path: 'showCurves', name: 'Curves', category, defaultValue: true })
    .addSelect({
      path: 'curvesFrom',
      name: 'Curves from query',
      description: 'Connections of each node over time, such as emqx_live_connections_count; else what the panel polls',
      category,
      showIf: (options) => options.showCurves,
      settings: {
        isClearable: true,
        options: [],
        getOptions: async ({ data }) =>
          [...new Set(data.map((frame) => frame.refId ?? ''))].map((refId) => ({ value: refId, label: refId })),
      },
    })
    .addColorPicker({ path: 'donorColor', name: 'Donors', category, defaultValue: 'orange' })
    .addColorPicker({ path: 'recipientColor', name: 'Recipients', category, defaultValue: 'blue' })
    .addColorPicker({ path: 'evenColor', name: 'Even nodes', category, defaultValue: 'green' });
}

type NumberPath =
  'connEvictRate' | 'sessEvictRate' | 'waitHealthCheck' | 'waitTakeover' | 'absConnThreshold' | 'relConnThreshold';

/** Path, name, description, EMQX's default, bounds. */
const NUMBERS: Array<[NumberPath, string, string, string, { min: number; integer?: boolean; step?: number }]> = [
  ['connEvictRate', 'conn_evict_rate', 'Clients that a donor drops per second', '500', { min: 1, integer: true }],
  ['sessEvictRate', 'sess_evict_rate', 'Sessions that a donor moves per second', '500', { min: 1, integer: true }],
  [
    'waitHealthCheck',
    'wait_health_check',
    'Seconds for the load balancer to notice closed donors',
    '60',
    { min: 0, integer: true },
  ],
  ['waitTakeover', 'wait_takeover', 'Seconds for clients to take over their sessions', '60', { min: 0, integer: true }],
  [
    'absConnThreshold',
    'abs_conn_threshold',
    'Single run: enough at this difference',
    '1000',
    { min: 1, integer: true },
  ],
  ['relConnThreshold', 'rel_conn_threshold', 'Single run: enough at this ratio', '1.1', { min: 1, step: 0.01 }],
];
