import type { QueryEditorProps } from '@grafana/data';
import { Combobox, InlineField, InlineFieldRow, Input, type ComboboxOption } from '@grafana/ui';
import { LOAD_BALANCERS, MODES } from '../choices';
import { PRESETS } from '../presets';
import { RECONNECT_HELP } from '../reconnect';
import type { RebalanceDataSource } from './datasource';
import { DEFAULT_QUERY, type RebalanceJsonData, type RebalanceQuery, type Subject } from './types';

type Props = QueryEditorProps<RebalanceDataSource, RebalanceQuery, RebalanceJsonData>;

export function QueryEditor({ query, onChange, onRunQuery }: Props) {
  const subject = query.subject ?? DEFAULT_QUERY.subject;
  const change = (part: Partial<RebalanceQuery>) => {
    onChange({ ...query, ...part });
    onRunQuery();
  };
  return (
    <>
      <InlineFieldRow>
        <InlineField label="Query" labelWidth={16}>
          <Combobox
            aria-label="Query"
            width={40}
            options={SUBJECTS}
            value={subject}
            onChange={({ value }) => change({ subject: value })}
          />
        </InlineField>
      </InlineFieldRow>
      {subject === 'forecast' && <ForecastFields query={query} change={change} />}
    </>
  );
}

interface FieldsProps {
  query: RebalanceQuery;
  change: (part: Partial<RebalanceQuery>) => void;
}

function ForecastFields({ query, change }: FieldsProps) {
  return (
    <InlineFieldRow>
      <InlineField label="Mode" labelWidth={16} tooltip={MODE_HELP}>
        <Combobox
          aria-label="Mode"
          width={20}
          options={MODES}
          value={query.mode ?? 'level'}
          onChange={({ value }) => change({ mode: value })}
        />
      </InlineField>
      <InlineField label="Evict rate" tooltip="Clients that each donor drops per second; may be a dashboard variable">
        <Input
          aria-label="Evict rate"
          width={12}
          placeholder="500"
          defaultValue={query.connEvictRate ?? ''}
          onBlur={({ currentTarget }) => change({ connEvictRate: currentTarget.value.trim() || undefined })}
        />
      </InlineField>
      <InlineField label="Load balancer" tooltip="How the balancer before the cluster picks a node">
        <Combobox
          aria-label="Load balancer"
          width={24}
          isClearable
          placeholder="not known"
          options={LOAD_BALANCERS}
          value={query.loadBalancer ?? null}
          onChange={(option) => change({ loadBalancer: option?.value })}
        />
      </InlineField>
      <InlineField label="Clients come back" tooltip={`${RECONNECT_HELP}; may be a dashboard variable`}>
        <Combobox
          aria-label="Clients come back"
          width={28}
          isClearable
          createCustomValue
          placeholder="0.5 to 1.5 s"
          options={PROFILES}
          value={query.reconnect ?? null}
          onChange={(option) => change({ reconnect: option?.value })}
        />
      </InlineField>
    </InlineFieldRow>
  );
}

const SUBJECTS: Array<ComboboxOption<Subject>> = [
  { value: 'nodes', label: 'Nodes', description: 'A row for each node: connections, sessions, status' },
  { value: 'runs', label: 'Rebalances', description: 'A row for each rebalance that runs' },
  { value: 'states', label: 'States over time', description: 'For a state timeline, since this tab was opened' },
  { value: 'balance', label: 'Balance over time', description: 'Fullest and emptiest node against the mean' },
  { value: 'forecast', label: 'Forecast', description: 'What a rebalance that started now would do' },
  { value: 'events', label: 'Starts and ends', description: 'For annotations' },
];
const PROFILES = PRESETS.map(({ value = '', label, description }) => ({ value, label, description }));
const MODE_HELP = "Level: several runs that end even. Single run: what EMQX's own rebalance does";
