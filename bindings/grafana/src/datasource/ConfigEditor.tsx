import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Alert, Field, FieldSet, Input, Stack, Switch } from '@grafana/ui';
import { KeyFields } from './KeyFields';
import type { RebalanceJsonData, RebalanceSecrets } from './types';

type Props = DataSourcePluginOptionsEditorProps<RebalanceJsonData, RebalanceSecrets>;

/** Where EMQX is and which two keys Grafana may use. Browsers get the secrets never again. */
export function ConfigEditor({ options, onOptionsChange }: Props) {
  const { jsonData } = options;
  const change = (part: Partial<RebalanceJsonData>) =>
    onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  return (
    <Stack direction="column" gap={0}>
      {(options.url !== '' || options.basicAuth) && <OpenDoor />}
      <FieldSet label="Connection">
        <Field label="API URL" description="EMQX's HTTP API, as Grafana's server reaches it" required>
          <Input
            id="api-url"
            width={50}
            placeholder="http://emqx:18083"
            value={jsonData.apiUrl ?? ''}
            onChange={({ currentTarget }) => change({ apiUrl: currentTarget.value.trim().replace(/\/+$/, '') })}
          />
        </Field>
        <Field label="Skip TLS verification" description="Takes any certificate, also a forged one">
          <Switch
            id="tls-skip"
            value={jsonData.tlsSkipVerify ?? false}
            onChange={({ currentTarget }) => change({ tlsSkipVerify: currentTarget.checked })}
          />
        </Field>
      </FieldSet>
      <FieldSet label="Read key">
        <KeyFields purpose="read" options={options} onOptionsChange={onOptionsChange} />
      </FieldSet>
      <FieldSet label="Control key">
        <KeyFields purpose="control" options={options} onOptionsChange={onOptionsChange} />
      </FieldSet>
    </Stack>
  );
}

function OpenDoor() {
  return (
    <Alert severity="error" title="Remove the URL and basic authentication that provisioning gave this data source">
      With them, Grafana sends every path that is none of this data source&apos;s routes to EMQX, for every viewer. The
      API URL and the keys below are all that it needs.
    </Alert>
  );
}
