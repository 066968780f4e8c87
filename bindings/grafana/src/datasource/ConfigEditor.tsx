import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Alert, Field, FieldSet, Input, SecretTextArea, Stack, Switch, TextLink } from '@grafana/ui';
import { certificateProblem, urlProblem } from './checks';
import { KeyFields } from './KeyFields';
import type { RebalanceJsonData, RebalanceSecrets } from './types';

type Props = DataSourcePluginOptionsEditorProps<RebalanceJsonData, RebalanceSecrets>;

/** Where EMQX is and which two keys Grafana may use. Browsers get the secrets never again. */
export function ConfigEditor(props: Props) {
  const { options } = props;
  return (
    <Stack direction="column" gap={0}>
      <p>
        Reads the nodes of an EMQX cluster from its HTTP API, forecasts a rebalance, and starts and stops one for
        editors. EMQX&apos;s keys stay in Grafana&apos;s server.{' '}
        <TextLink href={DOCS} external>
          Documentation
        </TextLink>
      </p>
      {(options.url !== '' || options.basicAuth) && <OpenDoor />}
      <Connection {...props} />
      <FieldSet label="Read key">
        <KeyFields purpose="read" {...props} />
      </FieldSet>
      <FieldSet label="Control key">
        <KeyFields purpose="control" {...props} />
      </FieldSet>
    </Stack>
  );
}

function Connection({ options, onOptionsChange }: Props) {
  const { jsonData } = options;
  const change = (part: Partial<RebalanceJsonData>) =>
    onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  const problem = urlProblem(jsonData.apiUrl);
  return (
    <FieldSet label="Connection">
      <Field
        label="API URL"
        description="EMQX's HTTP API, as Grafana's server reaches it"
        required
        invalid={problem !== undefined}
        error={problem}
      >
        <Input
          id="api-url"
          width={50}
          placeholder="http://emqx:18083"
          value={jsonData.apiUrl ?? ''}
          onChange={({ currentTarget }) => change({ apiUrl: currentTarget.value.trim().replace(/\/+$/, '') })}
        />
      </Field>
      <Authority options={options} onOptionsChange={onOptionsChange} />
      <Field label="Skip TLS verification" description="Takes any certificate, also a forged one">
        <Switch
          id="tls-skip"
          value={jsonData.tlsSkipVerify ?? false}
          onChange={({ currentTarget }) => change({ tlsSkipVerify: currentTarget.checked })}
        />
      </Field>
    </FieldSet>
  );
}

/** The certificate authority that Grafana trusts beside those of its system, under Grafana's own names for it. */
function Authority({ options, onOptionsChange }: Props) {
  const { jsonData, secureJsonData, secureJsonFields } = options;
  const pem = secureJsonData?.tlsCACert ?? '';
  const problem = certificateProblem(pem);
  const change = (tlsCACert: string) =>
    onOptionsChange({
      ...options,
      jsonData: { ...jsonData, tlsAuthWithCACert: tlsCACert.trim() !== '' },
      secureJsonFields: { ...secureJsonFields, tlsCACert: false },
      secureJsonData: { ...secureJsonData, tlsCACert },
    });
  return (
    <Field
      label="CA certificate"
      description="Of the authority that signed EMQX's certificate, where Grafana's system does not know it"
      invalid={problem !== undefined}
      error={problem}
    >
      <SecretTextArea
        id="ca-certificate"
        cols={50}
        rows={4}
        placeholder="-----BEGIN CERTIFICATE-----"
        isConfigured={secureJsonFields.tlsCACert ?? false}
        value={pem}
        onReset={() => change('')}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      />
    </Field>
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

const DOCS = 'https://github.com/emqx-rebalance/emqx-rebalance/blob/main/docs/grafana.md#data-source';
