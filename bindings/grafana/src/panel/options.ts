import { FieldColorModeId, FieldConfigProperty, type PanelPlugin } from '@grafana/data';
import { LOAD_BALANCERS, MODES } from '../choices';
import type { LoadBalancer, Mode, PlanWishes } from '../contract';
import { PRESETS } from '../presets';
import { profileOf, RECONNECT_HELP } from '../reconnect';
import { NUMBERS, type NumberPath } from './numbers';
import { SourcePicker } from './SourcePicker';

/** In which order the bars are. */
export type Order = 'load' | 'name';

/** What the panel can be told. Numbers that are left out are EMQX's defaults. */
export interface PanelOptions extends Partial<Record<NumberPath, number>> {
  /** Unique id or name of the data source, or a dashboard variable such as `${cluster}`. */
  datasource?: string;
  /** `refId` of the query that the curves are drawn from; without it, the first one that has time series. */
  curvesFrom?: string;
  /** Label of a query's series that says which node they are of; without it, the usual ones are tried. */
  nodeLabel?: string;
  /** Which node a label's value is, as `value=node`, where names do not tell. */
  nodeNames?: string[];
  pollSeconds: number;
  mode: Mode;
  loadBalancer?: LoadBalancer;
  /** How clients come back: a preset, a time such as `1m30s`, or a profile as JSON. */
  reconnect?: string;
  /** Nodes that no plan touches. */
  exclude?: string[];
  showBars: boolean;
  order: Order;
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

/** The request for a plan of `mode`, under the names of EMQX and of the planner. */
export function planRequest(options: PanelOptions, mode: Mode): PlanWishes {
  const numbers = NUMBERS.map(({ path, name }) => [name, options[path]]);
  const { loadBalancer: load_balancer, exclude } = options;
  return { ...Object.fromEntries(numbers), mode, load_balancer, reconnect: profileOf(options.reconnect), exclude };
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
      settings: { options: MODES },
    })
    .addSelect({
      path: 'loadBalancer',
      name: 'Load balancer',
      description: 'How the balancer before the cluster picks a node',
      category,
      settings: { isClearable: true, options: LOAD_BALANCERS },
    })
    .addSelect({
      path: 'reconnect',
      name: 'Clients come back',
      description: RECONNECT_HELP,
      category,
      settings: { isClearable: true, allowCustomValue: true, options: PRESETS },
    })
    .addStringArray({ path: 'exclude', name: 'exclude', description: 'Nodes that no plan touches', category });
  for (const { path, name, description, placeholder, level, ...settings } of NUMBERS) {
    const section = level ? ['Level plans'] : category;
    const shown = { placeholder, integer: settings.step === undefined, ...settings };
    builder.addNumberInput({ path, name, description, category: section, settings: shown });
  }
}

function displayOptions(builder: Builder): void {
  const category = ['Display'];
  builder
    .addBooleanSwitch({ path: 'showBars', name: 'Bars', category, defaultValue: true })
    .addRadio({
      path: 'order',
      name: 'Order of bars',
      category,
      defaultValue: 'load',
      showIf: (options) => options.showBars,
      settings: {
        options: [
          { value: 'load', label: 'Fullest first' },
          { value: 'name', label: 'By name' },
        ],
      },
    })
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
    .addTextInput({
      path: 'nodeLabel',
      name: 'Label of the node',
      description: 'Of the query’s series. Without it: node, pod, instance',
      category,
      showIf: (options) => options.showCurves,
    })
    .addStringArray({
      path: 'nodeNames',
      name: 'Names of nodes',
      description: 'Where labels do not tell: 10.0.0.7:18083=emqx@emqx-core-0.emqx.svc',
      category,
      showIf: (options) => options.showCurves,
    })
    .addColorPicker({ path: 'donorColor', name: 'Donors', category, defaultValue: 'orange' })
    .addColorPicker({ path: 'recipientColor', name: 'Recipients', category, defaultValue: 'blue' })
    .addColorPicker({ path: 'evenColor', name: 'Even nodes', category, defaultValue: 'green' });
}
